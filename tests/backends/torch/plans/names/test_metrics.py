"""The metrics by name on bits, labels and distributions, against numbers that are computed by hand."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributions import Beta, Independent, LogNormal, MultivariateNormal, Normal, RelaxedBernoulli

import learning_diagrams as ld
import small_plan
from learning_diagrams.backends.torch import Bernoulli, Euclidean, Finite, Space, Tokens, TorchFunctor, compile
from learning_diagrams.backends.torch.measuring.compared_ends import readings_of
from learning_diagrams.backends.torch.plans import Experiment, prepare, train
from learning_diagrams.backends.torch.plans.names.registry import METRICS

pytestmark = pytest.mark.filterwarnings("ignore:constraint 'held' is proved")  # it holds the box for the metric
ROWS = 6
x, y, rows = ld.Ty("x"), ld.Ty("y"), ld.SampleSpace("rows")
a, target = rows.column("a", x), rows.column("target", y)
KERNEL, FUNCTION = ld.Kernel("k", x, y), ld.Box("f", x, y)
A = torch.randn(ROWS, 2, generator=torch.Generator().manual_seed(0))


def measure(name, space, box, module, targets, size=None, prediction=None, against=target):
    functor = TorchFunctor({x: Euclidean(2), y: space}, {box: module, ld.Box("g", x, x): nn.Linear(2, 2)})
    held = ld.Constraint("held", a >> ld.Box("g", x, x) >> box, a >> ld.Box("g", x, x) >> box, divergence=None)
    objective = compile(ld.LearningDiagram(held), functor)
    data = {"rows": {"a": A, "target": targets}}
    metric = METRICS.make(name, {}), prediction or a >> box, against
    return objective.evaluate(data, {"measured": metric}, batch_size=size)["measured"]


class Returns(nn.Module):
    """A module that returns the same function of its rows, with a parameter, as boxes that learn have."""

    def __init__(self, function):
        super().__init__()
        self.function, self.unused = function, nn.Parameter(torch.zeros(()))

    def forward(self, rows):
        return self.function(rows)


def logits_of(rows):
    return torch.cat([rows, rows.sum(1, keepdim=True)], 1)


BITS = (torch.arange(ROWS * 3).reshape(ROWS, 3) % 2).float()


@pytest.mark.parametrize("size", [None, 4])
def test_the_accuracy_of_bits_is_the_share_of_bits_whose_logit_has_the_right_sign(size):
    by_hand = ((logits_of(A) > 0) == (BITS == 1)).double().mean().item()
    assert 0 < by_hand < 1
    assert measure("accuracy", Bernoulli(3), KERNEL, Returns(logits_of), BITS, size) == pytest.approx(by_hand)


def test_a_bit_whose_logit_is_0_counts_as_0():
    zeros = Returns(lambda rows: 0 * logits_of(rows))
    assert measure("accuracy", Bernoulli(3), KERNEL, zeros, torch.zeros(ROWS, 3)) == 1
    assert measure("accuracy", Bernoulli(3), KERNEL, zeros, torch.ones(ROWS, 3)) == 0


def test_bits_that_a_box_returns_are_no_logits():
    bits = Returns(lambda rows: logits_of(rows).sigmoid())
    by_hand = ((logits_of(A) > 0) == (BITS == 1)).double().mean().item()
    assert measure("accuracy", Bernoulli(3), FUNCTION, bits, BITS) == pytest.approx(by_hand)


@pytest.mark.parametrize("mask", [torch.arange(ROWS) < 5, torch.arange(ROWS * 3).reshape(ROWS, 3) % 4 > 0])
def test_absent_bits_do_not_count(mask):
    right = ((logits_of(A) > 0) == (BITS == 1))[mask].double().mean().item()
    measured = measure("accuracy", Bernoulli(3), KERNEL, Returns(logits_of), (BITS, mask))
    assert measured == pytest.approx(right)
    everything = measure("accuracy", Bernoulli(3), KERNEL, Returns(logits_of), BITS)
    assert measured != pytest.approx(everything)


def test_the_accuracy_of_labels_and_tokens_is_as_it_was():
    labels = torch.arange(ROWS) % 3
    right = (logits_of(A).argmax(1) == labels).double().mean().item()
    assert measure("accuracy", Finite(3), KERNEL, Returns(logits_of), labels) == pytest.approx(right)
    tokens, here = torch.stack([labels, 2 - labels], 1), torch.arange(ROWS * 2).reshape(ROWS, 2) % 3 > 0
    each = Returns(lambda rows: torch.stack([logits_of(rows), -logits_of(rows)], 1))
    right = (torch.stack([logits_of(A), -logits_of(A)], 1).argmax(2) == tokens)[here].double().mean().item()
    assert measure("accuracy", Tokens(3, 2), KERNEL, each, (tokens, here)) == pytest.approx(right)


def test_labels_and_logits_may_stand_on_either_side():
    labels = logits_of(A).argmax(1)
    known = Returns(lambda rows: logits_of(rows).argmax(1))
    assert measure("accuracy", Finite(3), FUNCTION, known, labels) == 1
    assert measure("accuracy", Finite(3), FUNCTION, known, (labels + 1) % 3) == 0
    teacher = {"prediction": target, "against": a >> KERNEL}
    assert measure("accuracy", Finite(3), KERNEL, Returns(logits_of), labels, **teacher) == 1


def normal(rows):
    return Independent(Normal(rows, rows.abs() + 1), 1)


def log_normal(rows):
    return Independent(LogNormal(rows, torch.ones_like(rows)), 1)


def joint_normal(rows):
    return MultivariateNormal(rows, torch.eye(2))


def beta(rows):
    return Independent(Beta(rows.exp(), 2 * rows.exp()), 1)


CENTRES = [
    ("mean_squared_error", normal, A),
    ("mean_absolute_error", normal, A),
    ("mean_squared_error", log_normal, (A + 0.5).exp()),
    ("mean_absolute_error", log_normal, A.exp()),  # the median
    ("mean_squared_error", joint_normal, A),
    ("mean_absolute_error", joint_normal, A),
    ("mean_absolute_error", beta, torch.full((ROWS, 2), 1 / 3)),  # PyTorch has no median of it
]
POWER = {"mean_squared_error": 2, "mean_absolute_error": 1}


@pytest.mark.parametrize(("name", "law", "centre"), CENTRES)
@pytest.mark.parametrize("mask", [None, torch.arange(ROWS) < 4, torch.arange(ROWS * 2).reshape(ROWS, 2) % 3 > 0])
def test_the_error_of_a_distribution_is_that_of_its_centre(name, law, centre, mask):
    targets = torch.arange(ROWS * 2).reshape(ROWS, 2) / 4
    distances = (centre - targets).abs() ** POWER[name]
    by_hand = (distances if mask is None else distances[mask]).double().mean().item()
    given = targets if mask is None else (targets, mask)
    for size in (None, 4):
        assert measure(name, Euclidean(2), KERNEL, Returns(law), given, size) == pytest.approx(by_hand, rel=1e-5)


def test_a_distribution_without_a_mean_is_a_fault():
    relaxed = Returns(lambda rows: RelaxedBernoulli(torch.tensor(1.0), logits=rows))
    for name in POWER:
        with pytest.raises(ld.DataError, match="metric 'measured': no mean is known of a RelaxedBernoulli; let a box"):
            measure(name, Euclidean(2), KERNEL, relaxed, torch.ones(ROWS, 2))


MISFITS = [
    ("accuracy", Euclidean(2), KERNEL, normal, r"a kernel into Euclidean\(2\); it compares labels and bits"),
    ("accuracy", Euclidean(2), FUNCTION, torch.exp, r"points of Euclidean\(2\); it compares labels and bits"),
    ("accuracy", Finite(3, soft=True), KERNEL, logits_of, r"a kernel into Finite\(3, soft=True\); it compares labels"),
    ("mean_squared_error", Finite(3), KERNEL, logits_of, r"a kernel into Finite\(3\); it compares numbers"),
    ("mean_absolute_error", Bernoulli(3), KERNEL, logits_of, r"a kernel into Bernoulli\(3\); it compares numbers"),
    ("mean_squared_error", Finite(3), FUNCTION, lambda rows: rows[:, 0].long() * 0, r"points of Finite\(3\); it comp"),
    ("mean_squared_error", Space((2,), torch.bool), FUNCTION, lambda rows: rows > 0, r"points of Space\(.*bool"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "space", "box", "function", "says"), MISFITS)
def test_a_metric_says_what_it_does_not_fit(name, space, box, function, says):
    functor = TorchFunctor({x: Euclidean(2), y: space}, {box: Returns(function)})
    with pytest.raises(ld.TypeMismatch, match=f"metric 'measured' does not fit {says}"):
        readings_of("measured", METRICS.make(name, {}), [a >> box, target], functor.space)


def test_a_metric_compares_one_output():
    twice = a >> ld.Copy(x, 2)
    with pytest.raises(ld.TypeMismatch, match="and a side has 2 outputs; make a metric for each"):
        readings_of("measured", METRICS.make("mean_squared_error", {}), [twice, twice], lambda name: Euclidean(2))


def test_an_error_of_points_is_as_it_was():
    targets = torch.ones(ROWS, 2)
    by_hand = (A.exp() - 1).square().double().mean().item()
    assert measure("mean_squared_error", Euclidean(2), FUNCTION, Returns(torch.exp), targets) == pytest.approx(by_hand)


def normal_into_points(plan):
    plan["diagram"]["boxes"]["g"] = {"dom": ["point"], "cod": ["point"], "kernel": True}
    plan["diagram"]["constraints"]["near"] = {"lhs": "x >> g", "rhs": "x", "divergence": "nll"}
    plan["modules"]["g"] = "linear"
    plan["metrics"]["far"] = {"name": "mean_squared_error", "prediction": "x >> g", "target": "x"}


FAULTS = [
    ({"far": {"name": "accuracy"}}, "metrics.far: metric 'far' does not fit a kernel into Euclidean(2); it compares"),
    ({"accuracy": {"name": "mean_squared_error"}}, "metrics.accuracy: metric 'accuracy' does not fit a kernel into Fi"),
    ({"accuracy": {"name": "mean_absolute_error"}}, "metrics.accuracy: metric 'accuracy' does not fit a kernel into F"),
]


@pytest.mark.parametrize(("change", "says"), FAULTS, ids=str)
def test_a_metric_that_does_not_fit_is_found_before_training_also_where_nothing_is_validated(tmp_path, change, says):
    def changed(plan):
        normal_into_points(plan)
        for name, entry in change.items():
            plan["metrics"][name] |= entry

    experiment = Experiment.load(small_plan.written(tmp_path, changed))
    for begin in (prepare, lambda each: train(each, progress=False)):
        with pytest.raises(ld.TypeMismatch) as caught:
            begin(experiment)
        (line,) = str(caught.value).splitlines()
        assert "plan.yaml:" in line and says in line


def test_a_plan_measures_how_far_a_normal_distribution_is(tmp_path):
    def changed(plan):
        normal_into_points(plan)
        plan["test"] = {"rows": {}}

    run = train(Experiment.load(small_plan.written(tmp_path, changed)), progress=False)
    points = torch.from_numpy(np.load(tmp_path / "rows.npz")["x"]).float()
    with torch.no_grad():
        distances = (run.objective.functor.module("g")(points).mean - points).square()
    assert run.measured["test/far"] == pytest.approx(distances.mean().item(), rel=1e-5)
