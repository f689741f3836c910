"""A box that no program holds: the error names it among others, with PyTorch's reason and what to write instead."""

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile

image, code, label = (ld.Ty(name) for name in ("image", "code", "label"))
digits = ld.SampleSpace("digits")
pixels, right = digits.column("pixels", image), digits.column("label", label)
first, second = ld.Box("encode", image, code), ld.Kernel("decode", code, label)


def objective_of(encode):
    torch.manual_seed(0)
    spaces = {image: Euclidean(4), code: Euclidean(2), label: Finite(3)}
    functor = TorchFunctor(ob=spaces, ar={first: encode, second: nn.Linear(2, 3)})
    return compile(ld.LearningDiagram(ld.Constraint("fit", pixels >> first >> second, right)), functor)


class Peeking(nn.Module):
    def forward(self, x):
        return x[:, :2] if x.sum() > 0 else -x[:, :2]


class Counting(nn.Module):
    def forward(self, x):
        return x[:, :2] * float(len(x.tolist()) if not torch.compiler.is_compiling() else 3)


class Nearest(nn.Module):
    def __init__(self, **options):
        super().__init__()
        self.register_buffer("book", torch.rand(9, 4))
        self.options = options

    def forward(self, x):
        return torch.cdist(x, self.book, **self.options)[:, :2]


NO_PROGRAM = {
    "box 'encode' .* data-dependent .* in the line `return x.*; a box may not look at .* by torch.where": Peeking(),
    "box 'encode' .* specialized it to be a constant .3.; len.x., .* fix it; write x.shape": (
        lambda x: x[:, :2] / len(x)
    ),
    "box 'encode' .* Not all .* satisfy the guard .* rows <= 25; write torch.cdist.*compute_mode=": Nearest(),
    "box 'encode' .* Not all values of rows .* branch on x.shape.0.": (
        lambda x: x[:, :2] * (1 if x.shape[0] > 2 else 2)
    ),
    "has other values than the model on other points; box 'encode' computes from the number": Counting(),
}


@pytest.mark.parametrize("message", NO_PROGRAM)
def test_the_box_that_no_program_holds_is_named_among_others(tmp_path, message):
    objective = objective_of(NO_PROGRAM[message])
    assert len(objective.boxes.names) > 1
    with pytest.raises(ld.CompileError, match=message):
        objective.export(tmp_path / "box.pt2")


def test_what_is_advised_instead_of_a_mode_of_cdist_is_a_program(tmp_path):
    module = Nearest(compute_mode="donot_use_mm_for_euclid_dist")
    objective = objective_of(module)
    objective.export(tmp_path / "box.pt2")
    x = torch.rand(40, 4)
    program = torch.export.load(tmp_path / "box.pt2").module()
    torch.testing.assert_close(program(x)[0], objective.eval().model(first >> second)(x))
