"""Moving averages of parameters, against the formula written out, by hand and in `fit`."""

import copy
import pickle

import pytest
import torch
from torch import nn
from torch.nn import functional

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile, fit
from learning_diagrams.backends.torch.functor.averaging import Averaging

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


x_ = ld.Ty("x")
a_ = ld.SampleSpace("s").column("a", x_)
f, g, e = (ld.Box(name, x_, x_) for name in "fge")


def number(value, dtype):
    module = nn.Linear(1, 1, bias=False).to(dtype)
    with torch.no_grad():
        module.weight.fill_(value)
    return module


def following(ar, ema):
    constraints = [ld.Constraint(f"c_{target.name}", a_ >> source, a_ >> target) for target, (source, _) in ema.items()]
    return compile(ld.LearningDiagram(*constraints, ema=ema), TorchFunctor(ob={x_: Euclidean(1)}, ar=ar))


def steps(made, count):
    for _ in range(count):
        made.after_step()


DTYPES = [torch.bfloat16, torch.float16, torch.float32, torch.float64]


@pytest.mark.parametrize("source", DTYPES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_average_is_exact_in_every_dtype_whatever_that_of_its_source(dtype, source):
    """1,500 steps, each smaller than the last digit of a number in half precision; a buffer moves as a parameter."""
    modules = number(1.5, source), number(1.0, dtype)
    for module, value in zip(modules, (3.0, 1.0), strict=True):
        module.register_buffer("mean", torch.full((2,), value, dtype=module.weight.dtype))
    made = following({f: modules[0], g: modules[1]}, {g: (f, 0.999)})
    steps(made, 1500)
    left = 0.999**1500
    assert modules[1].weight.dtype == dtype
    assert modules[1].weight.item() == pytest.approx(1.5 - 0.5 * left, rel=max(torch.finfo(dtype).eps, 1e-4))
    assert modules[1].mean[1].item() == pytest.approx(3.0 - 2.0 * left, rel=max(torch.finfo(dtype).eps, 1e-4))


def test_in_a_chain_in_half_precision_the_source_is_the_exact_average():
    ar = {f: number(2.0, torch.bfloat16), g: number(1.0, torch.bfloat16), e: number(1.0, torch.bfloat16)}
    made = following(ar, {g: (f, 0.99), e: (g, 0.99)})
    first = second = 1.0
    for _ in range(300):
        made.after_step()
        first, second = 0.99 * first + 0.01 * 2.0, 0.99 * second + 0.01 * first
    for box, exact in ((g, first), (e, second)):
        assert made._averaging.exact[box.name, "weight"].item() == pytest.approx(exact, rel=1e-5)
        assert ar[box].weight.item() == torch.tensor(exact).bfloat16().item()


def test_a_complex_target_follows_and_is_not_copied():
    class Turn(nn.Module):
        def __init__(self, value):
            super().__init__()
            self.factor = nn.Parameter(torch.tensor(value, dtype=torch.complex64))

        def forward(self, v):
            return (self.factor * v).real

    ar = {f: Turn(2 + 2j), g: Turn(0j)}
    following(ar, {g: (f, 0.75)}).after_step()
    assert ar[g].factor.item() == pytest.approx(0.5 + 0.5j)


def test_a_tied_parameter_moves_once_a_step():
    def tied(value):
        first, second = number(value, torch.float32), number(value, torch.float32)
        second.weight = first.weight
        return nn.Sequential(first, second)

    ar = {f: tied(1.0), g: tied(0.0)}
    following(ar, {g: (f, 0.75)}).after_step()
    assert ar[g][0].weight.item() == ar[g][1].weight.item() == 0.25


WRITES = {
    "load_state_dict": lambda made, target: target.load_state_dict({"weight": torch.full((1, 1), 4.0)}),
    "in place": lambda made, target: target.weight.data.fill_(4.0),
    "another tensor": lambda made, target: setattr(target, "weight", number(4.0, torch.bfloat16).weight),
    "another module": lambda made, target: made.update(made.diagram, modules={g: number(4.0, torch.bfloat16)}),
}


@pytest.mark.parametrize("write", WRITES)
def test_what_someone_else_wrote_is_where_the_average_goes_on(write):
    target = number(1.0, torch.bfloat16)
    made = following({f: number(1.5, torch.bfloat16), g: target}, {g: (f, 0.999)})
    steps(made, 100)
    WRITES[write](made, target)
    steps(made, 500)
    exact = 1.5 + 2.5 * 0.999**500
    assert made.boxes.of("g").weight.item() == pytest.approx(exact, rel=0.004)


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    "through",
    [copy.deepcopy, lambda made: pickle.loads(pickle.dumps(made)), lambda made: made.to("cpu"),
     lambda made: made.update(made.diagram.reweight({"c_g": made.diagram.constraints[0].weight + 1}))],
    ids=["copy", "pickle", "device", "update"],
)  # fmt: skip
def test_an_average_goes_on_through(through):
    """A step is a sixteenth of the last digit, so an average that is rounded on the way would stand still."""
    made = following({f: number(1.5, torch.bfloat16), g: number(1.0, torch.bfloat16)}, {g: (f, 0.999)})
    for _ in range(100):
        steps(made, 2)
        made = through(made)
    assert made.boxes.of("g").weight.item() == pytest.approx(1.5 - 0.5 * 0.999**200, rel=0.004)
    assert made.boxes.of("g").weight.item() > 1.05


def test_infinite_entries_that_both_have_stay():
    """The mask of an attention holds −∞, and −∞ − (−∞) is no number."""
    mask = torch.full((2, 2), -torch.inf).triu(1)
    nets = {name: torch.nn.Linear(2, 2) for name in "st"}
    for net in nets.values():
        net.register_buffer("mask", mask.clone())
    Averaging({"t": ("s", 0.5)}, nets.get).step()
    assert torch.equal(nets["t"].mask, mask) and nets["t"].weight.isfinite().all()
