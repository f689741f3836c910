"""Moving averages of parameters, against the formula written out, by hand and in `fit`."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile, fit

torch.set_num_threads(1)
image, digit = ld.Ty("image"), ld.Ty("digit")
rows = ld.SampleSpace("rows")
x, y = rows.column("x", image), rows.column("y", digit)
student, teacher, elder = (ld.Kernel(name, image, digit) for name in ("student", "teacher", "elder"))
taught = [
    ld.Constraint("consistent", x >> student, x >> teacher),
    ld.Constraint("supervised", x >> student, y),
]
mean_teacher = ld.LearningDiagram(*taught, ema={teacher: (student, 0.9)})
SPACES = {image: Euclidean(4), digit: Finite(3)}
DATA = {"x": torch.randn(40, 4, generator=torch.Generator().manual_seed(0)), "y": torch.arange(40) % 3}


def net(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 3))


def objective(a, b, diagram=mean_teacher):
    return compile(diagram, TorchFunctor(ob=SPACES, ar={student: a, teacher: b}))


@pytest.mark.filterwarnings("ignore:the modules of")
def test_thirty_steps_equal_a_loop_by_hand():
    ours, theirs = (net(), net(1)), (net(), net(1))
    made = objective(*ours)
    fit(made, {"rows": DATA}, steps=30, batch_size=40, optimizer=torch.optim.SGD, lr=0.1, progress=False)
    a, b = theirs
    b.eval().requires_grad_(False)
    optimizer = torch.optim.SGD(a.parameters(), lr=0.1)
    for _ in range(30):  # all rows are in every batch, so that their order matters to rounding only
        optimizer.zero_grad()
        opinion, answer = b(DATA["x"]), a(DATA["x"])
        loss = functional.kl_div(answer.log_softmax(1), opinion.softmax(1), reduction="batchmean")
        (loss + functional.cross_entropy(answer, DATA["y"])).backward()
        optimizer.step()
        with torch.no_grad():
            for old, new in zip(b.state_dict().values(), a.state_dict().values(), strict=True):
                old.copy_(0.9 * old + 0.1 * new if old.dtype.is_floating_point else new)
    for mine, his in zip(ours, theirs, strict=True):
        for key, value in his.state_dict().items():
            torch.testing.assert_close(mine.state_dict()[key], value, atol=2e-5, rtol=1e-4)


def test_a_target_is_not_trained_and_nothing_moves_without_after_step():
    a, b = nn.Linear(4, 3), nn.Linear(4, 3)
    made = objective(a, b)
    before = copy.deepcopy(b.state_dict())
    total, _ = made({"rows": DATA})
    total.backward()
    assert b.weight.grad is None and not b.weight.requires_grad and {"student"} == set(made.trained)
    assert all(torch.equal(before[key], value) for key, value in b.state_dict().items())
    made.after_step()
    torch.testing.assert_close(b.weight, 0.9 * before["weight"] + 0.1 * a.weight.detach())


def test_in_a_chain_every_target_follows_what_its_source_was():
    also = ld.Constraint("also", x >> student, x >> elder)
    chain = ld.LearningDiagram(*taught, also, ema={teacher: (student, 0.5), elder: (teacher, 0.5)})
    a, b, c = nn.Linear(4, 3), nn.Linear(4, 3), nn.Linear(4, 3)
    made = compile(chain, TorchFunctor(ob=SPACES, ar={student: a, teacher: b, elder: c}))
    before = [m.weight.detach().clone() for m in (a, b, c)]
    made.after_step()
    torch.testing.assert_close(c.weight, (before[2] + before[1]) / 2)
    torch.testing.assert_close(b.weight, (before[1] + before[0]) / 2)


def test_modules_that_differ_are_refused_by_name():
    with pytest.raises(ld.CompileError, match=r"'teacher' is a moving average of box 'student'.*deepcopy"):
        objective(nn.Linear(4, 3), nn.Sequential(nn.Linear(4, 3)))
    with pytest.raises(ld.CompileError, match="function without parameters"):
        objective(nn.Linear(4, 3), lambda x: x[:, :3])


def test_a_copy_of_an_objective_averages_its_own_modules():
    a, b = nn.Linear(4, 3), nn.Linear(4, 3)
    other = copy.deepcopy(objective(a, b))
    before = b.weight.detach().clone()
    other.after_step()
    assert torch.equal(b.weight, before) and not torch.equal(other.boxes.of("teacher").weight, before)
