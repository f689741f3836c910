"""A step of training: its gradient, the finite check before it, and the record of what it measured."""

import copy

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile, fit
from learning_diagrams.backends.torch.step.joined_loss import JoinedLoss
from learning_diagrams.backends.torch.step.player_step import PlayerStep

torch.set_num_threads(1)
X, H = ld.Ty("x"), ld.Ty("h")
s = ld.SampleSpace("s")
a, b, unit = s.column("a", X), s.column("b", X), s.column("unit", H)
f, slope, away = ld.Box("f", X, X), ld.Box("slope", X, H), ld.Box("away", ld.Ty(), H)
SGD = torch.optim.SGD
# A function with a finite value and an infinite slope, and where.
SLOPES = {
    "root of 0": (lambda v: v.square().sum(1, keepdim=True).sqrt(), 0.0),
    "power": (lambda v: v[:, :1].abs() ** 0.5, 0.0),
    "log above 0": (lambda v: torch.log(v[:, :1]), 1e-39),
    "acos of 1": (lambda v: torch.acos(v[:, :1]), 1.0),
}


def objective_of(*constraints, ar, **options):
    diagram = ld.LearningDiagram(*constraints, **options)
    return compile(diagram, TorchFunctor(ob={X: Euclidean(2), H: Euclidean(1)}, ar=ar))


def steep(kind, **options):
    """An objective with an infinite slope on the data, the data, and the module that is trained."""
    function, where = SLOPES[kind]
    net = nn.Linear(2, 2, bias=False)
    net.weight.data.copy_(torch.eye(2))
    o = objective_of(
        ld.Constraint("fine", a >> f, b),
        ld.Constraint("unit", a >> f >> slope, unit),
        ar={f: net, slope: function},
        **options,
    )
    rows = torch.tensor([[0.5, 0.25], [where, 0.0]])
    return o, {"s": {"a": rows, "b": torch.zeros(2, 2), "unit": torch.full((2, 1), 2.0)}}, net


@pytest.mark.parametrize("kind", SLOPES)
@pytest.mark.parametrize("clip_norm", [None, 1.0])
def test_an_infinite_slope_is_named_before_the_step(kind, clip_norm):
    o, data, net = steep(kind)
    before = net.weight.detach().clone()
    with pytest.raises(
        ld.NonFiniteGradient,
        match=r"^the gradient of term 'unit' is not finite in parameter 'weight' of box 'f' at step 1, and no step",
    ) as caught:
        fit(o, data, epochs=1, clip_norm=clip_norm, progress=False)
    assert torch.equal(net.weight, before)
    history = caught.value.history
    assert len(history.steps) == 1 and history.stopped.startswith("the gradient of term 'unit' is not finite")


def test_in_a_game_the_player_s_gradient_is_checked():
    o, data, net = steep("root of 0", players={"first": {"terms": ["unit"], "boxes": [f]}})
    before = net.weight.detach().clone()
    with pytest.raises(ld.NonFiniteGradient, match="box 'f'"):
        fit(o, data, epochs=1, progress=False)
    assert torch.equal(net.weight, before)


def test_a_step_of_a_player_computes_no_gradient_for_the_others():
    g = ld.Box("g", X, X)
    players = {"first": {"terms": ["one"], "boxes": [f]}, "second": {"terms": ["one"], "boxes": [g]}}
    nets = {f: nn.Linear(2, 2), g: nn.Linear(2, 2)}
    o = objective_of(ld.Constraint("one", a >> f >> g, b), ar=nets, players=players)
    own = o.players["second"]
    optimizer = SGD(own.trainable_parameters(), lr=0.1)
    PlayerStep("second", o, JoinedLoss(own, own), optimizer).make(
        [{"s": {"a": torch.ones(2, 2), "b": torch.ones(2, 2)}}]
    )
    assert all(p.grad is None for p in nets[f].parameters()) and all(p.grad is not None for p in nets[g].parameters())
    assert o.steps_made == own.steps_made == 1


def test_the_draws_of_the_step_are_repeated_to_find_the_term():
    drop = lambda v: nn.functional.dropout(v, 0.5).square().sum(1, keepdim=True).sqrt()  # noqa: E731
    for seed in range(8):
        torch.manual_seed(seed)
        net = nn.Linear(2, 2)
        o = objective_of(ld.Constraint("unit", a >> f >> slope, unit), ar={f: net, slope: drop})
        rows = {"a": torch.randn(3, 2), "unit": torch.ones(3, 1)}
        draws = torch.get_rng_state()
        try:
            PlayerStep(None, o, JoinedLoss(o, o), SGD(net.parameters(), lr=0.1)).make([{"s": rows}])
        except ld.NonFiniteGradient as error:
            assert "term 'unit'" in str(error)
            after = torch.get_rng_state()
            torch.set_rng_state(draws)
            o({"s": rows})
            assert torch.equal(torch.get_rng_state(), after)  # the search for the term draws nothing
            return
    raise AssertionError("no mask of 8 dropped a whole row")


def test_the_norm_of_a_large_gradient_does_not_overflow():
    net = nn.Linear(2, 2, bias=False)
    o = objective_of(ld.Constraint("c", a >> f, b), ar={f: net})
    rows = {"a": torch.full((1, 2), 1e12), "b": torch.zeros(1, 2)}
    net.weight.data.fill_(1e-3)
    before = net.weight.detach().clone()
    record = PlayerStep(None, o, JoinedLoss(o, o), SGD(net.parameters(), lr=1.0), clip_norm=1.0).make([{"s": rows}])
    assert record.gradient_norm.item() == pytest.approx(8e21, rel=1e-2)  # its square is no float32
    assert (net.weight - before).norm().item() == pytest.approx(1.0, rel=1e-2)


def test_the_record_is_what_the_step_measured():
    torch.manual_seed(0)
    net = nn.Linear(2, 2)
    o = objective_of(ld.Constraint("c", a >> f, b, weight=0.5), ar={f: net})
    twin = copy.deepcopy(net)
    optimizers = [SGD(module.parameters(), lr=0.1) for module in (net, twin)]
    rows = {"a": torch.randn(6, 2), "b": torch.randn(6, 2)}
    record = PlayerStep(None, o, JoinedLoss(o, o), optimizers[0]).make([{"s": rows}])
    loss = 0.5 * (twin(rows["a"]) - rows["b"]).square().sum(1).mean()
    loss.backward()
    norm = torch.cat([p.grad.flatten() for p in twin.parameters()]).norm()
    optimizers[1].step()
    assert all(torch.equal(*pair) for pair in zip(net.parameters(), twin.parameters(), strict=True))
    assert record.total.item() == pytest.approx(loss.item(), rel=1e-6)
    assert record.terms["c"].item() == pytest.approx(2 * loss.item(), rel=1e-6)
    assert record.counts["c"].item() == 6 and record.learning_rate == 0.1 and record.skipped is False
    assert record.gradient_norm.item() == pytest.approx(norm.item(), rel=1e-6)
    assert o.steps_made == 1


def test_weights_that_an_optimizer_leaves_infinite_are_put_back_and_named():
    class Wild(torch.optim.LBFGS):
        def step(self, closure):
            closure()
            self.param_groups[0]["params"][0].data.fill_(torch.inf)

    o = objective_of(ld.Constraint("c", a >> f, b), ar={f: nn.Linear(2, 2)})
    before = copy.deepcopy(o.state_dict())
    batch = {"s": {"a": torch.ones(4, 2), "b": torch.ones(4, 2)}}
    with pytest.raises(ld.NonFiniteGradient, match=r"Wild left weights that are not finite at step 1, .* put back"):
        fit(o, batch, steps=2, optimizer=Wild, progress=False)
    assert all(torch.equal(value, before[key]) for key, value in o.state_dict().items() if "boxes" in key)


def test_nothing_to_differentiate_is_an_error_that_says_where_to_look():
    o = objective_of(ld.Constraint("c", a >> f, b), ar={f: nn.Linear(2, 2)})
    o.boxes.of("f").register_forward_hook(lambda module, inputs, output: output.detach())
    with pytest.raises(ld.CompileError, match="depends on no parameter that is trained"):
        fit(o, {"s": {"a": torch.randn(4, 2), "b": torch.randn(4, 2)}}, epochs=1, progress=False)


def test_an_optimizer_with_its_own_way_to_forget_gradients_keeps_it():
    class Watched(SGD):
        def zero_grad(self, set_to_none=True):
            forgotten.append(set_to_none)
            super().zero_grad(set_to_none)

    forgotten = []
    nets = [nn.Linear(2, 2), nn.Linear(2, 2)]
    nets[1].load_state_dict(nets[0].state_dict())
    for net, kind in zip(nets, (SGD, Watched), strict=True):
        o = objective_of(ld.Constraint("c", a >> f, b), ar={f: net})
        fit(o, {"s": {"a": torch.ones(4, 2), "b": torch.zeros(4, 2)}}, steps=3, optimizer=kind, progress=False)
    assert forgotten == [True] * 3 and torch.equal(nets[0].weight, nets[1].weight)
