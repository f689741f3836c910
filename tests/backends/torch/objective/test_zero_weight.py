"""A term of weight 0 is reported, and puts neither its value nor its gradient into the total."""

import math
from dataclasses import replace

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile, fit

torch.set_num_threads(1)
x, y, rows = ld.Ty("x"), ld.Ty("y"), ld.SampleSpace("rows")
a, label = rows.column("a", x), rows.column("label", y)
f, student, teacher = ld.Box("f", x, x), ld.Kernel("student", x, y), ld.Kernel("teacher", x, y)
SUPERVISED = ld.Constraint("sup", a >> f >> student, label)
ENDLESS = ld.Constraint("kd", a >> f >> student, a >> teacher)  # the value is infinite
STEEP = ld.Constraint("norm", a >> f, a, divergence="absolute", weight=0.0)
BATCH = {"rows": {"a": torch.ones(2, 2), "label": torch.tensor([0, 1])}}
MASKED = {"rows": {"a": torch.ones(2, 2), "label": (torch.tensor([0, 7]), torch.tensor([True, False]))}}


class Sure(nn.Module):
    """A student that excludes the third outcome, which the teacher admits."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.net = nn.Linear(2, 3)

    def forward(self, v):
        return self.net(v).masked_fill(torch.tensor([False, False, True]), -math.inf)


def objective(diagram):
    torch.manual_seed(1)
    return compile(diagram, TorchFunctor(ob={x: Euclidean(2), y: Finite(3)},
        ar={f: nn.Linear(2, 2), student: Sure(), teacher: lambda v: torch.zeros(len(v), 3)}))  # fmt: skip


PAIR = ld.LearningDiagram(SUPERVISED, ENDLESS)
PLAYERS = {"one": {"terms": {"sup": 1.0, "kd": 0.0}, "boxes": [f, student]}}
WAYS = {
    "constraint": lambda: objective(ld.LearningDiagram(SUPERVISED, ENDLESS).reweight({"kd": -0.0})),
    "update": lambda: objective(PAIR).update(PAIR.reweight({"kd": 0})),
    "factor of a player": lambda: objective(ld.LearningDiagram(SUPERVISED, ENDLESS, players=PLAYERS)).players["one"],
    "weight times factor": lambda: objective(
        ld.LearningDiagram(SUPERVISED, ENDLESS, players={"one": {**PLAYERS["one"], "terms": {"sup": 1.0, "kd": -3.0}}})
        .reweight({"kd": 0.0})
    ).players["one"],
}  # fmt: skip


@pytest.mark.parametrize("batch", [BATCH, MASKED], ids=["whole", "masked"])
@pytest.mark.parametrize("way", WAYS)
def test_an_infinite_term_of_weight_zero_leaves_value_and_gradient_alone(way, batch):
    silent, alone = WAYS[way](), objective(ld.LearningDiagram(SUPERVISED))
    total, terms = silent(batch)
    assert terms["kd"].item() == math.inf and not terms["kd"].requires_grad
    assert total.item() == terms["sup"].item() == alone(batch)[0].item()
    total.backward()
    alone(batch)[0].backward()
    for name in ("f", "student"):
        for ours, theirs in zip(silent.boxes.of(name).parameters(), alone.boxes.of(name).parameters(), strict=True):
            assert torch.equal(ours.grad, theirs.grad) and ours.grad.isfinite().all()


def test_a_gradient_that_is_not_finite_does_not_enter_either():
    root = ld.Constraint("root", a >> ld.Box("root", x, x) >> f, a, weight=0.0)

    class Root(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.zeros(2))

        def forward(self, v):
            return (v * self.scale).sqrt()  # finite, of infinite slope

    also = ld.Constraint("small", a >> ld.Box("root", x, x), a, weight=0.0)
    parts = {f: nn.Linear(2, 2), "root": Root()}
    diagram = ld.LearningDiagram(root, also, ld.Constraint("fit", a >> f, a))
    for batch in ({"rows": {"a": torch.ones(2, 2)}}, {"rows": {"a": (torch.ones(2, 2), torch.tensor([True, False]))}}):
        loss = compile(diagram, TorchFunctor(ob={x: Euclidean(2)}, ar=parts))
        total, terms = loss(batch)
        total.backward()
        assert terms["small"].item() == 2 and parts["root"].scale.grad is None
        assert parts[f].weight.grad.isfinite().all()


def test_the_code_says_so_and_that_of_other_weights_stays():
    silent = compile(ld.LearningDiagram(STEEP), TorchFunctor(ob={x: Euclidean(2)}, ar={f: nn.Linear(2, 2)})).code
    assert silent.splitlines()[3:] == [
        "    f_out = boxes['f'](a)",
        "    with torch.no_grad():  # weight 0: no part of the total",
        "        norm = absolute(a, f_out)",
        "",
        "    total = constants['zero']",
        "    return total, {",
        "        'norm': norm,",
        "    }",
    ]
    assert "no_grad" not in objective(PAIR).code


@pytest.mark.parametrize("batch", [BATCH, MASKED], ids=["whole", "masked"])
def test_all_weights_zero_is_a_total_of_zero_with_nothing_to_train(batch):
    silent = objective(PAIR.reweight({"kd": 0.0, "sup": 0.0}))
    total, terms = silent(batch)
    assert total.item() == 0 and terms["sup"].item() > 0 and not total.requires_grad
    with pytest.raises(ld.CompileError, match="no gradient"):
        fit(silent, BATCH, epochs=1, progress=False)


def test_fit_and_defects_report_it():
    silent = objective(PAIR.reweight({"kd": 0.0}))
    history = fit(silent, BATCH, epochs=2, progress=False)
    assert history.epochs[-1]["kd"] == math.inf and math.isfinite(history.epochs[-1]["total"])
    assert silent.defects(BATCH)["kd"].tolist() == [math.inf, math.inf]


# ---- a schedule that stands at 0 -------------------------------------------------------------------------------------

LATE, EARLY = ld.schedule.piecewise([(2, 0.0), (4, 2.0)]), ld.schedule.piecewise([(0, 1.0), (2, 0.0)])
FITTED = ld.Constraint("fit", a >> f, a)
ROOT = ld.Constraint("root", a >> ld.Box("root", x, x), a)  # its slope is infinite


class Root(nn.Module):
    """The root of 0, finite and of infinite slope."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.zeros(2))

    def forward(self, v):
        return (v * self.scale).sqrt()


def rooted(*constraints, **options):
    torch.manual_seed(1)
    diagram = ld.LearningDiagram(*constraints, **options)
    parts = {"f": nn.Linear(2, 2), "root": Root()}
    used = {box.name: parts[box.name] for box in diagram.boxes}
    return compile(diagram, TorchFunctor(ob={x: Euclidean(2)}, ar=used))


ONES = {"rows": {"a": torch.ones(2, 2)}}
PARTLY = {"rows": {"a": (torch.ones(2, 2), torch.tensor([True, False]))}}


@pytest.mark.parametrize("batch", [ONES, PARTLY], ids=["whole", "masked"])
@pytest.mark.parametrize("game", [False, True])
def test_a_schedule_at_zero_puts_neither_value_nor_gradient_into_the_total(batch, game):
    players = {"one": {"terms": {"fit": 1.0, "root": 3.0}, "boxes": ["f", "root"], "optimizer": "sgd"}}
    whole = rooted(FITTED, replace(ROOT, weight=LATE), **({"players": players} if game else {}))
    loss = whole.players["one"] if game else whole
    for step in range(5):
        loss.zero_grad()
        total, terms = loss(batch)
        total.backward()
        scale = whole.boxes.of("root").scale
        if step <= 2:
            assert total.item() == terms["fit"].item()
            assert not terms["root"].requires_grad and scale.grad is None
        else:
            weight = (step - 2) * (3 if game else 1)
            assert total.item() == pytest.approx((terms["fit"] + weight * terms["root"]).item())
            assert not scale.grad.isfinite().any()
        whole.after_step("one" if game else None)
    assert "constants['weight_root'] * root" in loss.code  # the code is that of all steps


def test_zero_times_infinity_does_not_enter_total_validation_or_accumulated_steps():
    diagram = ld.LearningDiagram(SUPERVISED, replace(ENDLESS, weight=LATE))
    for options in ({}, {"accumulate": 2}, {"aggregator": lambda jacobian: jacobian.sum(0)}):
        loss = objective(diagram)
        history = fit(loss, BATCH, steps=1, batch_size=1, progress=False, optimizer=torch.optim.SGD, **options)
        assert math.isfinite(history.epochs[-1]["total"])
        measured = loss.evaluate(BATCH)
        assert math.isfinite(measured["total"]) and measured["kd"] == math.inf
    masked = objective(diagram)
    fit(masked, MASKED, steps=2, batch_size=1, accumulate=2, progress=False)
    assert masked.steps_made == 2


def test_a_run_may_begin_and_end_at_zero_and_a_state_brings_its_schedule_along():
    loss = rooted(replace(FITTED, weight=LATE))
    before = loss.boxes.of("f").weight.clone()
    fit(loss, ONES, steps=2, optimizer=torch.optim.SGD, lr=0.1, progress=False, device="cpu")
    assert torch.equal(loss.boxes.of("f").weight, before)  # a gradient of 0
    fit(loss, ONES, steps=2, optimizer=torch.optim.SGD, lr=0.1, progress=False, device="cpu")
    assert not torch.equal(loss.boxes.of("f").weight, before)
    other = rooted(replace(FITTED, weight=LATE), replace(ROOT, weight=EARLY))
    assert other(ONES)[0].item() == other(ONES)[1]["root"].item()
    state = other.state_dict() | {"constants.steps": torch.tensor(3)}
    other.load_state_dict(state)
    assert other(ONES)[0].item() == other(ONES)[1]["fit"].item()


def test_a_box_that_computes_zero_multiplies_because_it_learns_from_the_term():
    number = ld.Ty("number")
    s = ld.Box("s", ld.Ty(), number)

    class Zero(nn.Module):
        def __init__(self):
            super().__init__()
            self.value = nn.Parameter(torch.zeros(1, 1))

        def forward(self):
            return self.value

    functor = TorchFunctor(ob={x: Euclidean(2), number: Euclidean(1)}, ar={f: nn.Linear(2, 2), s: Zero()})
    loss = compile(ld.LearningDiagram(replace(FITTED, weight=s)), functor)
    total, terms = loss(ONES)
    total.backward()
    assert total.item() == 0 and loss.boxes.of("s").value.grad.item() == terms["fit"].item() > 0
