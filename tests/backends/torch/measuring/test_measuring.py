"""Evaluation and prediction: exact on all rows, whatever the batches, the masks and the form of the data."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import Independent, Normal
from torch.utils.data import DataLoader

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile

x, y, z = ld.Ty("x"), ld.Ty("y"), ld.Ty("z")
s, t = ld.SampleSpace("s"), ld.SampleSpace("t")
a, b, label, far = s.column("a", x), s.column("b", x), s.column("label", y), t.column("far", x)
f, k, noisy = ld.Box("f", x, x), ld.Kernel("k", x, y), ld.Kernel("noisy", x, z)
fitted, supervised = ld.Constraint("fitted", a >> f, b, weight=0.25), ld.Constraint("supervised", a >> k, label)
unlabelled = ld.Constraint("unlabelled", far >> f, far, weight=2.0)

N, M = 11, 7
rng = torch.Generator().manual_seed(0)
A, B, FAR = (torch.randn(n, 2, generator=rng, dtype=torch.float64) for n in (N, N, M))
LABEL = torch.arange(N) % 3
MASK = torch.tensor([False] * 3 + [True, False, True, True, True, False, True, True])
PLAIN = {"s": {"a": A, "b": B, "label": LABEL}, "t": {"far": FAR}}
MASKED = {"s": {"a": A, "b": (B, MASK), "label": (LABEL, ~MASK)}, "t": {"far": FAR}}


class Gaussian(nn.Linear):
    def forward(self, rows):
        return Independent(Normal(super().forward(rows), 1.0), 1)


def objective_of(*constraints):
    torch.manual_seed(0)
    modules = {f: nn.Linear(2, 2), k: nn.Sequential(nn.Dropout(0.5), nn.BatchNorm1d(2), nn.Linear(2, 3))}
    modules = {box: module.double() for box, module in modules.items()} | {noisy: Gaussian(2, 2).double()}
    diagram = ld.LearningDiagram(*constraints or (fitted, supervised, unlabelled))
    return compile(diagram, TorchFunctor(ob={x: Euclidean(2), y: Finite(3), z: Euclidean(2)}, ar=modules))


pytestmark = pytest.mark.filterwarnings("ignore:the modules of")
SIZES = [None, 1, 2, 3, 4, 5, 11, {"s": 2, "t": 7}]


def by_hand(objective, mask):
    """Total and terms of all rows, and the accuracy."""
    functor, keep = objective.functor, torch.ones(N, dtype=torch.bool) if mask is None else mask
    with torch.no_grad():
        line, net = functor.module("f"), functor.module("k").eval()
        labelled = slice(None) if mask is None else ~mask
        terms = {
            "fitted": (line(A) - B).square().sum(1)[keep].mean().item(),
            "supervised": F.cross_entropy(net(A)[labelled], LABEL[labelled]).item(),
            "unlabelled": (line(FAR) - FAR).square().sum(1).mean().item(),
        }
        accuracy = (net(A)[labelled].argmax(1) == LABEL[labelled]).double().mean().item()
    total = 0.25 * terms["fitted"] + terms["supervised"] + 2 * terms["unlabelled"]
    return {"total": total, **terms, "accuracy": accuracy}


class Accuracy:
    """A metric of the protocol of torchmetrics, which counts the rows that it sees."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.right = self.rows = 0

    def update(self, prediction, target):
        self.right += int((prediction.argmax(1) == target).sum())
        self.rows += len(target)

    def compute(self):
        return torch.tensor(self.right / self.rows, dtype=torch.float64)


@pytest.mark.parametrize("mask", [None, MASK], ids=["plain", "masked"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_evaluation_is_the_loss_by_hand_on_all_rows(size, mask):
    objective = objective_of()
    data, metric = PLAIN if mask is None else MASKED, Accuracy()
    measured = objective.evaluate(data, {"accuracy": (metric, a >> k, label)}, batch_size=size)
    assert measured == pytest.approx(by_hand(objective, mask), rel=1e-12)
    assert metric.rows == (N if mask is None else int((~mask).sum()))
    assert objective.evaluate(data, {"accuracy": (metric, a >> k, label)}) == pytest.approx(measured)  # it was reset


def test_weights_that_move_weigh_the_terms_of_all_rows():
    """A schedule, and a number that a box computes, times a factor; the terms have unequal batches."""
    number = ld.Ty("number")
    learnt, squared = ld.Box("learnt", ld.Ty(), number), ld.Box("squared", number, number)
    constraints = (
        ld.Constraint("fitted", a >> f, b, weight=learnt >> squared),
        ld.Constraint("supervised", a >> k, label, weight=ld.schedule.linear(1, 3, steps=4)),
        unlabelled,
        ld.Constraint("off", a >> f, a, weight=0.0),
    )
    torch.manual_seed(0)
    modules = {f: nn.Linear(2, 2), k: nn.Linear(2, 3), learnt: Number()}
    functor = TorchFunctor(
        ob={x: Euclidean(2), y: Finite(3), number: Euclidean(1)},
        ar={box: module.double() for box, module in modules.items()} | {squared: torch.square},
    )
    objective = compile(ld.LearningDiagram(*constraints), functor)
    objective.after_step()
    with torch.no_grad():
        total, terms = objective(PLAIN)
    expected = 2.25 * terms["fitted"] + 1.5 * terms["supervised"] + 2 * terms["unlabelled"]
    assert total.item() == pytest.approx(expected.item(), rel=1e-12)
    for size in (None, 1, 4):
        measured = objective.evaluate(PLAIN, batch_size=size)
        assert measured == pytest.approx({"total": total.item()} | {n: v.item() for n, v in terms.items()}, rel=1e-12)


class Number(nn.Module):
    def __init__(self):
        super().__init__()
        self.number = nn.Parameter(torch.tensor([[1.5]]))

    def forward(self):
        return self.number


def test_a_game_each_of_its_players_and_a_compiled_objective_are_measured():
    torch.manual_seed(0)
    players = {"line": {"terms": {"fitted": 3.0}, "boxes": [f]}, "net": {"terms": ["supervised"], "boxes": [k]}}
    modules = {f: nn.Linear(2, 2).double(), k: nn.Linear(2, 3).double()}
    functor = TorchFunctor(ob={x: Euclidean(2), y: Finite(3)}, ar=modules)
    game = compile(ld.LearningDiagram(fitted, supervised, players=players), functor)
    data = {"s": PLAIN["s"]}
    plain = compile(ld.LearningDiagram(fitted, supervised), functor)
    for objective in (game, *game.players.values(), plain, torch.compile(plain, backend="eager")):
        with torch.no_grad():
            total, terms = objective(data)
        expected = {"total": total.item(), **{name: term.item() for name, term in terms.items()}}
        assert objective.evaluate(data, batch_size=4) == pytest.approx(expected, rel=1e-12)
    assert torch.equal(game.players["net"].predict(data, a >> k), plain.predict(data, a >> k))


def test_a_data_loader_keeps_its_batches_and_a_single_space_may_stand_alone():
    objective = objective_of(fitted, supervised)
    rows = [{"a": A[i], "b": B[i], "label": LABEL[i]} for i in range(N)]
    whole = objective.evaluate({"s": PLAIN["s"]})
    for data in ({"s": DataLoader(rows, batch_size=4)}, DataLoader(rows, batch_size=3, shuffle=True), rows):
        assert objective.evaluate(data) == pytest.approx(whole, rel=1e-12)


def test_a_term_without_a_present_row_is_0():
    data = {"s": {"a": A, "b": (B, MASK & False), "label": LABEL}}
    for size in (None, 4):
        assert objective_of(fitted, supervised).evaluate(data, batch_size=size)["fitted"] == 0.0


@pytest.mark.parametrize("training", [True, False])
def test_measuring_changes_nothing(training):
    objective = objective_of().train(training)
    before = {key: value.clone() for key, value in objective.state_dict().items()}
    objective.evaluate(PLAIN, batch_size=2)
    objective.predict(PLAIN)
    assert {part.training for part in objective.modules()} == {training}
    assert all(torch.equal(before[key], value) for key, value in objective.state_dict().items())
    assert all(parameter.grad is None for parameter in objective.parameters())


def test_columns_that_only_metrics_read_are_known():
    objective, names = objective_of(fitted), s.column("names", y)
    data = {"s": {"a": A, "b": B, "names": LABEL}}
    with pytest.raises(ld.DataError, match="a column 'names' that the learning diagram does not have"):
        objective.evaluate(data)
    measured = objective.evaluate(data, {"rows": (Rows(), a, names), "parameters": lambda o: len(list(o.parameters()))})
    assert (measured["rows"], measured["parameters"]) == (N, 2)
    with pytest.raises(ld.DataError, match="column 'names' of sample space 's' is missing"):
        objective.evaluate({"s": {"a": A, "b": B}}, {"rows": (Rows(), a, names)})
    with pytest.raises(ld.DataError, match=r"column 'names' of sample space 's' holds labels 3 … 5"):
        objective.evaluate({"s": {"a": A, "b": B, "names": LABEL + 3}}, {"rows": (Rows(), a, names)})


class Rows(Accuracy):
    """A metric that counts rows."""

    def update(self, *values):
        self.rows += len(values[0])
        self.shapes = [list(value.shape[1:]) for value in values]

    def compute(self):
        return self.rows


def test_a_metric_may_read_one_morphism_several_wires_or_a_pair_of_spaces():
    objective, metric = objective_of(), Rows()
    both = ld.Copy(s.ty) >> a @ (a >> k)
    assert objective.evaluate(PLAIN, {"rows": (metric, both)})["rows"] == N and metric.shapes == [[2], [3]]
    for size in (2, 7):  # its sample space ends before the other one
        assert objective.evaluate(PLAIN, {"rows": (metric, far)}, batch_size=size)["rows"] == M
    paired = {"s": {name: column[:M] for name, column in PLAIN["s"].items()}, "t": PLAIN["t"]}
    for size in (None, 3):
        measured = objective.evaluate(paired, {"rows": (metric, a @ far, label @ far)}, batch_size=size)
        assert measured["rows"] == M and metric.shapes == [[2], [2], [], [2]]


def test_metrics_of_torchmetrics():
    torchmetrics = pytest.importorskip("torchmetrics")
    objective = objective_of()
    metrics = {
        "accuracy": (torchmetrics.classification.MulticlassAccuracy(3, average="micro"), a >> k, label),
        "error": (torchmetrics.MeanSquaredError(), a >> f, b),
    }
    expected = by_hand(objective, None)
    for size in (None, 4):
        measured = objective.evaluate(PLAIN, metrics, batch_size=size)
        assert measured["accuracy"] == pytest.approx(expected["accuracy"])
        assert measured["error"] == pytest.approx(expected["fitted"] / 2, rel=1e-6)


ACROSS = ld.Constraint("nce", a >> f, b, divergence="info_nce")


def test_a_term_across_rows_is_measured_whole_or_refused():
    objective = objective_of(ACROSS, unlabelled)
    data = {"s": {"a": A, "b": B}, "t": PLAIN["t"]}
    whole = objective.evaluate(data)
    assert objective.evaluate(data, batch_size={"s": N, "t": 2}) == pytest.approx(whole, rel=1e-12)
    loader = DataLoader([{"a": A[i], "b": B[i]} for i in range(N)], batch_size=N)
    assert objective.evaluate({"s": loader, "t": PLAIN["t"]}) == pytest.approx(whole, rel=1e-12)
    for size in (4, {"s": 10, "t": 7}):
        with pytest.raises(ld.DataError, match=r"^constraint 'nce' compares each row with the other rows, so .*=None"):
            objective.evaluate(data, batch_size=size)


def test_a_sample_space_that_is_repeated_for_a_longer_one_is_not_measured_alone():
    """Its rows would count unequally. In its pair, and in the longer one, each row of the longer one counts once."""
    pair = ld.Constraint("pair", (a >> f) @ ld.Discard(t.ty), ld.Discard(s.ty) @ far)
    objective = objective_of(pair, fitted)
    data = {"s": {"a": A, "b": B}, "t": {"far": FAR}}
    repeated = FAR[torch.arange(N) % M]
    with torch.no_grad():
        _, terms = objective({"s": data["s"], "t": {"far": repeated}})
    assert objective.evaluate(data) == pytest.approx(objective.evaluate({**data, "t": {"far": repeated}}), rel=1e-12)
    assert objective.evaluate(data)["fitted"] == pytest.approx(terms["fitted"].item(), rel=1e-12)
    metric = (Rows(), far)
    for refused in (
        lambda: objective_of(pair, unlabelled).evaluate({"s": {"a": A}, "t": {"far": FAR}}),
        lambda: objective.evaluate(data, {"m": metric}),
    ):
        with pytest.raises(ld.DataError, match=r"reads sample space 't', which is repeated because .* longer 's'"):
            refused()
    even = {"s": {"a": A[:M], "b": B[:M]}, "t": {"far": FAR}}
    assert objective.evaluate(even, {"m": metric}, batch_size=2)["m"] == M


FAULTS = {
    "a metric object; say which morphisms": (Accuracy(), ld.TypeMismatch),
    r"say which morphisms it compares, as in \(Accuracy\(": (Accuracy, ld.TypeMismatch),
    "is a tuple": ((Accuracy(),), ld.TypeMismatch),
    "a function of the objective stands alone": ((len, a >> k, label), ld.TypeMismatch),
    "starts from x": ((Accuracy(), f, label), ld.TypeMismatch),
    "starts from s @ s": ((Accuracy(), a @ a, label), ld.TypeMismatch),
    "takes a morphism from data": ((Accuracy(), "k", label), ld.TypeMismatch),
    r"'m': update of values \[3\], \[2\] failed: ": ((Accuracy(), label >> ld.Copy(y, 1), a), ld.DataError),
    "must give a number, got None": (lambda objective: None, ld.DataError),
    "must be a function of the objective alone": (lambda prediction, target: 0.0, ld.DataError),
}


@pytest.mark.parametrize("text", FAULTS)
def test_a_metric_that_makes_no_sense_is_a_typed_error(text):
    metric, kind = FAULTS[text]
    text = text.replace(r"\[3\], \[2\]", ".*")
    with pytest.raises(kind, match=text):
        objective_of().evaluate(PLAIN, {"m": metric})


def test_a_distribution_reaches_a_metric_whole_or_not_at_all():
    objective = objective_of(ld.Constraint("c", a >> noisy, s.column("c", z), divergence="nll"))

    class Spread(Rows):
        def update(self, law):
            self.rows += len(law.variance)

    metrics = {"spread": (Spread(), a >> noisy)}
    assert objective.evaluate({"s": {"a": A, "c": A}}, metrics, batch_size=4)["spread"] == N
    with pytest.raises(ld.DataError, match="is fed with an Independent, which cannot be cut to what"):
        objective.evaluate({"s": {"a": (A, MASK), "c": A}}, metrics)


def test_a_metric_with_the_name_of_a_term_is_refused():
    with pytest.raises(ld.DuplicateName, match="the metric 'fitted' has the name of a term"):
        objective_of().evaluate(PLAIN, {"fitted": lambda objective: 1})


# ---- prediction ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 4, 64])
def test_predictions_are_the_outputs_for_all_rows_in_order(size):
    objective = objective_of().train()
    expected = objective.functor.module("k").eval()(A).detach()
    objective.train()
    got = objective.predict(PLAIN, a >> k, batch_size=size)
    torch.testing.assert_close(got, expected, rtol=1e-12, atol=1e-12)
    assert not got.requires_grad
    logits, points = objective.predict(PLAIN, ld.Copy(s.ty) >> (a >> k) @ a, batch_size=size)
    assert torch.equal(points, A) and torch.allclose(logits, expected)


def test_predictions_of_a_loader():
    objective = objective_of()
    rows = [{"a": A[i], "b": B[i], "label": LABEL[i]} for i in range(N)]
    expected = objective.predict(PLAIN, a >> k)
    for data in (DataLoader(rows, batch_size=4), rows, {"s": PLAIN["s"]}, {"s": {"a": A}}):
        torch.testing.assert_close(objective.predict(data, a >> k), expected)


def test_without_a_morphism_the_predictions_of_all_constraints_on_data_are_given():
    objective = objective_of(fitted, supervised, unlabelled, ld.Constraint("law", t.state >> far >> f, t.state >> far))
    predictions = objective.predict(PLAIN)
    assert {name: list(value.shape) for name, value in predictions.items()} == {
        "fitted": [N, 2], "supervised": [N, 3], "unlabelled": [M, 2],
    }  # fmt: skip
    torch.testing.assert_close(predictions["supervised"], objective.predict(PLAIN, a >> k))
    over = objective_of(ld.Constraint("over", f, ld.Id(x), over=b), supervised, fitted)
    torch.testing.assert_close(over.predict({"s": PLAIN["s"]})["over"], over.predict({"s": PLAIN["s"]}, b >> f))


def test_predictions_where_a_column_is_absent_say_so():
    values, present = objective_of().predict({"s": {"a": (A, MASK)}}, a >> k, batch_size=3)
    assert torch.equal(present, MASK)
    torch.testing.assert_close(values[MASK], objective_of().predict(PLAIN, a >> k)[MASK])


def test_predictions_that_cannot_be_made_are_typed_errors():
    objective = objective_of()
    with pytest.raises(ld.TypeMismatch, match=r"starts from x; for tensors of your own, call objective.model"):
        objective.predict(PLAIN, k)
    with pytest.raises(ld.TypeMismatch, match="predict takes a morphism from data, as pixels >> student; got 'k'"):
        objective.predict(PLAIN, "k")
    with pytest.raises(ld.UnknownName, match="no box is named 'other'"):
        objective.predict(PLAIN, a >> ld.Box("other", x, x))
    with pytest.raises(ld.DataError, match="column 'a' of sample space 's' is missing"):
        objective.predict({"s": {"b": B}}, a >> k)
    with pytest.raises(ld.DataError, match="has no length"):
        objective.predict(iter([{"a": A}]), a >> k)


def test_a_distribution_is_not_joined():
    objective = objective_of(ld.Constraint("c", a >> noisy, s.column("c", z), divergence="nll"))
    with pytest.raises(ld.DataError, match="predict joins tensors, and the morphism ends in an Independent"):
        objective.predict({"s": {"a": A, "c": A}}, a >> noisy)
