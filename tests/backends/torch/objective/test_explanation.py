"""What is explained of a learning diagram with spaces is what compiles and runs."""

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Bernoulli, Euclidean, Finite, Mask, Tokens, TorchFunctor, compile
from learning_diagrams.backends.torch.objective.explanation import explain, parse_space

torch.set_num_threads(1)
image, digit = ld.Ty("image"), ld.Ty("digit")
digits = ld.SampleSpace("digits")
pixels, label = digits.column("pixels", image), digits.column("label", digit)
teacher, student = ld.Kernel("teacher", image, digit), ld.Kernel("a/b", image, digit)
diagram = ld.LearningDiagram(
    ld.Constraint("supervised", pixels >> student, label),
    ld.Constraint("balanced", digits.state >> pixels >> student, digits.state >> label),
    ld.Constraint("distilled", pixels >> student, pixels >> teacher, divergence={"name": "kl", "temperature": 4.0}),
    frozen=[teacher],
)
SPACES = {"image": "Euclidean(2, 3)", "digit": "Finite(10)"}


class Flat(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(6, 10)
        self.calls = 0

    def forward(self, value):
        self.calls += 1
        return self.linear(value.flatten(1))


def objective():
    nets = {teacher: Flat(), student: Flat()}
    return compile(diagram, TorchFunctor({image: Euclidean(2, 3), digit: Finite(10)}, nets)), nets


def test_the_loss_that_is_shown_is_the_code_that_runs():
    assert objective()[0].code.strip() in explain(diagram, SPACES)


def test_the_calls_that_are_counted_are_made():
    loss, nets = objective()
    for net in nets.values():
        net.calls = 0
    loss({"digits": {"pixels": torch.randn(4, 2, 3), "label": torch.zeros(4, dtype=torch.int64)}})
    assert [net.calls for net in nets.values()] == [1, 1]
    assert "2 calls of a box a step (a/b 1, teacher 1); 4 if nothing were shared" in explain(diagram, SPACES)


def test_sizes_and_parameters_are_told(tmp_path):
    assert "teacher: 6 numbers a row in, 10 out; an affine map has 70 parameters" in explain(diagram, SPACES)
    objective()[0].save(tmp_path / "w.safetensors")
    text = explain(diagram, SPACES, str(tmp_path / "w.safetensors"))
    lines = [line for line in text.splitlines() if line.endswith(("in the weights", "none trained"))]
    assert lines == ["  a/b: 70 numbers in the weights", "  teacher: 70 numbers in the weights, none trained"]


def test_weights_of_another_learning_diagram_are_refused(tmp_path):
    objective()[0].save(tmp_path / "w.safetensors")
    with pytest.raises(ld.FileError, match="another learning diagram"):
        explain(diagram.without("balanced"), SPACES, str(tmp_path / "w.safetensors"))


def test_spaces_may_be_given_for_some_objects_only():
    text = explain(diagram, {"image": "Euclidean(6)"})
    assert "divergence_of['digit'](label, a_b_out)" in text and "affine" not in text


@pytest.mark.parametrize(
    "space",
    [
        Euclidean(),
        Euclidean(3, 32, 32),
        Finite(10),
        Finite(10, sample="gumbel", temperature=0.5),
        Bernoulli(3, sample="straight-through"),
        Tokens(100, 7, padding=0, reduction="mean"),
        Tokens(100, 7, sample="expectation"),
        Tokens(100, None, padding=-100, reduction="tokens", positions="words"),
        Finite(21, shape=(None, 32), padding=255, reduction="mean"),
        Finite(3, shape=(2,), soft=True, sample="gumbel"),
        Bernoulli(3, positions="bits"),
        Euclidean(None, 3, dtype=torch.complex64, positions="points"),
        Mask(3, None),
    ],
)
def test_a_space_is_read_as_it_is_printed(space):
    assert parse_space(repr(space)) == space


@pytest.mark.parametrize(
    "text",
    ["", "Finite", "Finite()", "Finite(0)", "Finite(-1)", "Finite(1e9)", "os.system('x')", "Finite(__import__('os'))",
     "Tokens(5)", "Finite(3, n=3)", "Finite(3, sample='no')", "Space((3,))", "Euclidean(3)(4)", "Finite(3", "object()",
     "Finite(3, soft='yes')", "Finite(3, shape=2)", "Finite(3, shape=(-1,))", "Euclidean(3, dtype=torch.int64)",
     "Euclidean(3, dtype=torch.save)", "Euclidean(3, dtype=os.path)",
     "Finite(*[3])", "Finite(**{})", "Finite(3, shape=[2])"],
)  # fmt: skip
def test_what_is_no_space_is_a_typed_error(text):
    with pytest.raises(ld.LearningDiagramError):
        parse_space(text)


def test_the_options_of_a_space_are_named_where_one_is_misspelt_or_lacks():
    with pytest.raises(ld.ParseError, match="Finite has no option 'smaple'; did you mean 'sample'"):
        parse_space("Finite(4, smaple='x', sample='gumbel')")
    with pytest.raises(ld.ParseError, match="Tokens takes \\(vocabulary, length, \\*, padding=None"):
        parse_space("Tokens(5)")
    with pytest.raises(ld.ParseError, match="Euclidean has no option 'shape'; known: 'dtype', 'positions'"):
        parse_space("Euclidean(shape=3)")


def test_a_space_for_no_object_is_an_unknown_name():
    with pytest.raises(ld.UnknownName, match="did you mean 'digit'"):
        explain(diagram, {"digits": "Finite(10)"})
