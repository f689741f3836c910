"""Conflicts and flow: cosines between the gradients of terms, and boxes without a gradient, beside autograd by hand."""

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile

torch.set_num_threads(1)
X = ld.Ty("x")
s = ld.SampleSpace("s")
a, b = s.column("a", X), s.column("b", X)
f, g, h, k = (ld.Box(name, X, X) for name in "fghk")
BATCH = {"s": {"a": torch.randn(6, 2, generator=torch.Generator().manual_seed(0)).double()}}
BATCH["s"]["b"] = BATCH["s"]["a"].flip(0)


def objective_of(*constraints, ar=None, **options):
    torch.manual_seed(0)
    modules = {box: nn.Linear(2, 2).double() for box in (f, g, h, k)} | (ar or {})
    diagram = ld.LearningDiagram(*constraints, **options)
    used = {box: module for box, module in modules.items() if box.name in diagram.signature.boxes}
    return compile(diagram, TorchFunctor(ob={X: Euclidean(2)}, ar=used)), used


def test_conflicts_are_cosines_of_gradients_by_hand():
    o, nets = objective_of(
        ld.Constraint("one", a >> f, b, weight=3.0),
        ld.Constraint("two", a >> f, a),
        ld.Constraint("three", a >> f >> g, a),
    )
    found = o.conflicts(BATCH)
    A, B = BATCH["s"]["a"], BATCH["s"]["b"]
    losses = {
        "one": (nets[f](A) - B).square().sum(1).mean(),
        "two": (nets[f](A) - A).square().sum(1).mean(),
        "three": (nets[g](nets[f](A)) - A).square().sum(1).mean(),
    }
    vectors = {
        name: torch.cat([p.flatten() for p in torch.autograd.grad(loss, list(nets[f].parameters()), retain_graph=True)])
        for name, loss in losses.items()
    }
    assert found["g"] == {}  # one term alone reaches it
    assert set(found["f"]) == {("one", "three"), ("one", "two"), ("three", "two")}
    for (first, second), value in found["f"].items():
        by_hand = vectors[first] @ vectors[second] / vectors[first].norm() / vectors[second].norm()
        assert value == pytest.approx(by_hand.item(), abs=1e-12)


def test_a_weight_that_a_box_gives_turns_the_gradient_and_its_cosine():
    number = ld.Ty("number")
    sign = ld.Box("sign", ld.Ty(), number)

    def found(value):
        torch.manual_seed(0)
        one, two = ld.Constraint("one", a >> f, b, weight=3.0), ld.Constraint("two", a >> f, a, weight=sign)
        nets = {f: nn.Linear(2, 2).double(), sign: lambda: torch.full((1, 1), value).double()}
        o = compile(ld.LearningDiagram(one, two), TorchFunctor(ob={X: Euclidean(2), number: Euclidean(1)}, ar=nets))
        return o.conflicts(BATCH)["f"]["one", "two"]

    plain = objective_of(ld.Constraint("one", a >> f, b), ld.Constraint("two", a >> f, a))[0].conflicts(BATCH)
    plain = plain["f"]["one", "two"]
    assert abs(plain) > 0.01
    assert found(0.5) == pytest.approx(plain, abs=1e-12) and found(-0.5) == pytest.approx(-plain, abs=1e-12)
    assert found(0.0) == 0


def test_in_a_game_only_the_terms_of_the_player_of_a_box_are_compared_there():
    """`two` and `three` reach `g`, and the player that trains `g` lowers one of them."""
    constraints = [
        ld.Constraint("one", a >> f >> g, b),
        ld.Constraint("two", a >> f >> g >> h, a),
        ld.Constraint("three", a >> g, a),
        ld.Constraint("left", a >> f >> g >> h, b),
    ]
    players = {"p": {"terms": ["one", "two"], "boxes": [f]}, "q": {"terms": ["three"], "boxes": [g]}}
    o, _ = objective_of(*constraints, players=players)
    found, alone = o.conflicts(BATCH), objective_of(*constraints)[0].conflicts(BATCH)
    assert ("one", "two") in alone["g"] and alone["f"].keys() > {("one", "two")} and alone["h"]
    assert found == {"f": {("one", "two"): alone["f"]["one", "two"]}, "g": {}, "h": {}}


def test_a_factor_below_0_of_a_player_turns_the_gradient_in_its_boxes():
    constraints = [ld.Constraint("one", a >> f >> g, b), ld.Constraint("two", a >> f >> g, a)]
    players = {"p": {"terms": {"one": -1, "two": 2}, "boxes": [f]}, "q": {"terms": ["one", "two"], "boxes": [g]}}
    found = objective_of(*constraints, players=players)[0].conflicts(BATCH)
    alone = objective_of(*constraints)[0].conflicts(BATCH)
    assert found["f"]["one", "two"] == pytest.approx(-alone["f"]["one", "two"], abs=1e-12)
    assert found["g"]["one", "two"] == pytest.approx(alone["g"]["one", "two"], abs=1e-12)


def test_a_learned_weight_is_pulled_by_its_term_and_by_its_price():
    number, pulled = ld.Ty("number"), ld.Box("pulled", ld.Ty(), ld.Ty("number"))
    zero = ld.Box("zero", ld.Ty(), number)

    class Learned(nn.Module):
        def __init__(self):
            super().__init__()
            self.value = nn.Parameter(torch.ones(1, 1).double())

        def forward(self):
            return self.value

    fit, price = ld.Constraint("fit", a >> f, b, weight=pulled), ld.Constraint("price", pulled, zero, weight=0.5)
    nets = {f: nn.Linear(2, 2).double(), pulled: Learned(), zero: lambda: torch.zeros(1, 1).double()}
    diagram = ld.LearningDiagram(fit, price, frozen=[zero])
    o = compile(diagram, TorchFunctor(ob={X: Euclidean(2), number: Euclidean(1)}, ar=nets))
    assert o.conflicts(BATCH) == {"f": {}, "pulled": {("fit", "price"): 1.0}}


def test_equal_terms_of_opposite_weights_are_opposed():
    number = ld.Ty("number")
    minus = ld.Box("minus", ld.Ty(), number)
    one, two = ld.Constraint("one", a >> f, b), ld.Constraint("two", a >> f, b, weight=minus)
    nets = {f: nn.Linear(2, 2).double(), minus: lambda: -torch.ones(1, 1).double()}
    o = compile(ld.LearningDiagram(one, two), TorchFunctor(ob={X: Euclidean(2), number: Euclidean(1)}, ar=nets))
    assert o.conflicts(BATCH)["f"]["one", "two"] == pytest.approx(-1)


def test_a_function_that_learns_nothing_has_no_cosines():
    o, _ = objective_of(ld.Constraint("one", a >> f >> h, b), ld.Constraint("two", a >> f >> h, a), ar={h: torch.neg})
    assert set(o.conflicts(BATCH)) == {"f"}


def test_flow_says_which_box_gets_no_gradient_and_why():
    class Zero(nn.Linear):
        def forward(self, values):
            return 0 * super().forward(values)

    class Cut(nn.Linear):
        def forward(self, values):
            return super().forward(values).detach()

    stuck = nn.Linear(2, 2).double().requires_grad_(False)
    o, _ = objective_of(
        ld.Constraint("a", a >> f, b),
        ld.Constraint("cut", a >> g, b, detach=g),
        ld.Constraint("none", a >> h, b, weight=0.0),
        ld.Constraint("zero", a >> k, b),
        ld.Constraint("frozen", a >> ld.Box("teacher", X, X), a >> f),
        ld.Constraint("inside", a >> ld.Box("inside", X, X), b),
        ld.Constraint("stuck", a >> ld.Box("stuck", X, X), b),
        frozen=["teacher"],
        ar={
            k: Zero(2, 2).double(),
            ld.Box("teacher", X, X): nn.Linear(2, 2).double(),
            ld.Box("inside", X, X): Cut(2, 2).double(),
            ld.Box("stuck", X, X): stuck,
        },
    )
    assert o.flow(BATCH) == {
        "g": "detach= cuts it off in 'cut'",
        "h": "what reads it has weight 0: 'none'",
        "inside": "its output reaches no value of 'inside': it is a label, or a module detaches it",
        "k": "its gradient is 0 on this batch",
        "stuck": "no parameter of its module requires a gradient",
        "teacher": "it is frozen",
    }


def test_flow_names_a_weight_that_has_moved_to_0():
    gone = ld.Constraint("gone", a >> g, b, weight=ld.schedule.linear(1, 0, steps=2))
    o, _ = objective_of(ld.Constraint("a", a >> f, b), gone)
    assert o.flow(BATCH) == {}
    o.after_step(), o.after_step()
    assert o.flow(BATCH) == {"g": "what reads it has weight 0: 'gone'"}


def test_flow_names_the_box_that_a_moving_average_follows():
    o, _ = objective_of(ld.Constraint("a", a >> f, b), ld.Constraint("agree", a >> f, a >> g), ema={g: (f, 0.9)})
    assert o.flow(BATCH) == {"g": "it follows 'f'"}
    game = {"first": {"terms": ["a"], "boxes": [f]}, "second": {"terms": ["b"], "boxes": [h]}}
    terms = ld.Constraint("a", a >> f, a >> g), ld.Constraint("b", a >> h, b)
    o, _ = objective_of(*terms, ema={g: (f, 0.9)}, players=game)
    assert o.flow(BATCH) == {"g": "it follows 'f'"}


def test_in_a_game_each_box_is_asked_of_its_player():
    o, _ = objective_of(
        ld.Constraint("free", a >> f, b),
        ld.Constraint("one", a >> f >> g, b, detach=f),
        ld.Constraint("two", a >> g, b),
        players={"first": {"terms": ["one"], "boxes": [f]}, "second": {"terms": ["two"], "boxes": [g]}},
    )
    assert o.flow(BATCH) == {"f": "detach= cuts it off in 'one'"}


def test_a_look_leaves_no_trace():
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Dropout(0.5)).double()
    o, _ = objective_of(ld.Constraint("c", a >> f, b), ld.Constraint("d", a >> f, a), ar={f: net})
    before = {name: value.clone() for name, value in o.state_dict().items()}
    draws = torch.get_rng_state()
    with torch.no_grad():
        o.conflicts(BATCH), o.flow(BATCH)
    assert all(torch.equal(value, before[name]) for name, value in o.state_dict().items())
    assert all(p.grad is None for p in o.parameters()) and torch.equal(draws, torch.get_rng_state())
