"""Optimizers of single boxes, weight decay, schedules, closures and sparse gradients, beside loops by hand."""

import copy
import pickle

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import ExponentialLR, LambdaLR, ReduceLROnPlateau

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Tokens, TorchFunctor, Validation, compile, fit
from learning_diagrams.backends.torch.optimizers.joined import JoinedOptimizer
from learning_diagrams.backends.torch.step.optimization import make_optimizer

torch.set_num_threads(1)
X, W = ld.Ty("x"), ld.Ty("word")
s = ld.SampleSpace("s")
a, b, word = s.column("a", X), s.column("b", X), s.column("word", W)
f, g, look = ld.Box("f", X, X), ld.Box("g", X, X), ld.Box("look", W, X)
SGD, Adam, AdamW, LBFGS = torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW, torch.optim.LBFGS
ROWS = torch.randn(2, 8, 2, generator=torch.Generator().manual_seed(0)).double()
DATA = {"s": {"a": ROWS[0], "b": ROWS[1]}}
FIT = [ld.Constraint("fit", a >> f >> g, b)]


def objective_of(constraints=FIT, ar=None, **options):
    torch.manual_seed(0)
    nets = {f: nn.Linear(2, 2).double(), g: nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2)).double(), **(ar or {})}
    diagram = ld.LearningDiagram(*constraints, **options)
    used = {box: net for box, net in nets.items() if box.name in diagram.signature.boxes}
    return compile(diagram, TorchFunctor(ob={X: Euclidean(2), W: Tokens(5, 3)}, ar=used)), used


def train(o, data=DATA, **options):
    return fit(o, data, **{"steps": 4, "batch_size": 8, "progress": False, **options})


def weights(nets):
    return torch.cat([p.detach().flatten() for net in nets.values() for p in net.parameters()])


def loss(nets, data=DATA):
    return (nets[g](nets[f](data["s"]["a"])) - data["s"]["b"]).square().sum(1).mean()


def loop(nets, optimizers, schedulers=(), steps=4):
    for _ in range(steps):
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss(nets).backward()
        for optimizer in optimizers:
            optimizer.step()
        for scheduler in schedulers:
            scheduler.step()


# ---- several optimizers ----------------------------------------------------------------------------------------------


def test_a_box_has_an_optimizer_and_a_schedule_of_its_own():
    o, nets = objective_of()
    mine = copy.deepcopy(nets)
    halve = lambda optimizer: ExponentialLR(optimizer, 0.5)  # noqa: E731
    tenth = lambda optimizer: ExponentialLR(optimizer, 0.1)  # noqa: E731
    groups = {g: {"optimizer": SGD, "lr": 0.2, "momentum": 0.9, "scheduler": tenth}}
    seen = []
    train(o, optimizer=Adam, lr=0.01, groups=groups, scheduler=halve, callbacks=[lambda p: seen.append(p.optimizer)])
    nets_by_hand = dict(zip(nets, mine.values(), strict=True))
    optimizers = [
        Adam(nets_by_hand[f].parameters(), lr=0.01),
        SGD(nets_by_hand[g].parameters(), lr=0.2, momentum=0.9),
    ]
    loop(nets_by_hand, optimizers, [halve(optimizers[0]), tenth(optimizers[1])])
    assert torch.allclose(weights(nets), weights(nets_by_hand), rtol=1e-12, atol=1e-14)
    assert [group["lr"] for group in seen[0].param_groups] == pytest.approx([0.01 * 0.5**4, 0.2 * 0.1**4])


def test_a_schedule_of_its_own_gives_a_box_an_optimizer_of_the_common_class():
    o, _ = objective_of()
    optimizer = make_optimizer(o, Adam, 0.1, {"g": {"scheduler": None, "lr": 0.5}})
    assert isinstance(optimizer, JoinedOptimizer) and [type(part) for part in optimizer.parts.values()] == [Adam, Adam]
    train(o, groups={"g": {"scheduler": None, "lr": 0.0}}, scheduler=lambda opt: LambdaLR(opt, lambda step: 0.0))


def test_the_state_of_joined_optimizers_is_one_state():
    o, _ = objective_of()
    optimizer = make_optimizer(o, Adam, 0.1, {"g": {"optimizer": SGD, "momentum": 0.9}})
    train(o, optimizer=optimizer)
    state = optimizer.state_dict()
    other = make_optimizer(o, Adam, 0.3, {"g": {"optimizer": SGD, "momentum": 0.9}})
    other.load_state_dict(copy.deepcopy(state))
    assert [group["lr"] for part in other.parts.values() for group in part.param_groups] == [0.1, 0.1]
    assert all(part.state is other.state for part in other.parts.values()) and len(other.state) == 6
    for twin in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        assert [
            part.param_groups[0] is group for part, group in zip(twin.parts.values(), twin.param_groups, strict=True)
        ]
        assert all(part.state is twin.state for part in twin.parts.values())


def test_an_update_edits_joined_optimizers():
    o, _ = objective_of()
    optimizer = make_optimizer(o, Adam, 0.1, {"g": {"optimizer": SGD, "momentum": 0.9}})
    train(o, optimizer=optimizer)
    o.update(ld.LearningDiagram(ld.Constraint("fit", a >> f, b)), optimizer=optimizer, forget=["g"])
    assert optimizer.parts["g"].param_groups[0]["params"] == [] and len(optimizer.state) == 2
    train(o, optimizer=optimizer)


def test_an_instance_may_stand_among_the_groups():
    o, nets = objective_of()
    own = SGD(nets[g].parameters(), lr=0.0)
    before = weights({g: nets[g]})
    train(o, groups={"g": {"optimizer": own}})
    assert torch.equal(before, weights({g: nets[g]}))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"groups": {"g": {"optimizer": LBFGS}}}, ld.TypeMismatch, "LBFGS steps with a closure, so no other optimizer"),
        ({"groups": {"g": {"optimizer": 3}}}, ld.TypeMismatch, r"^groups= of box 'g': optimizer= takes a class"),
        ({"groups": {"g": {"optimizer": SGD, "betas": 3, "lr": -1}}}, ld.UnknownName, "SGD has no option 'betas'"),
        (
            {"groups": {"g": {"optimizer": SGD([nn.Parameter(torch.ones(1))])}}},
            ld.CompileError,
            "'g': the optimizer holds",
        ),
        ({"groups": {"g": {"scheduler": 3}}}, ld.TypeMismatch, r"^groups= of box 'g': scheduler= takes a function"),
        ({"optimizer": LBFGS, "groups": {"g": {"lr": 0.1}}}, ld.TypeMismatch, "optimizer= refuses its options: LBFGS"),
        ({"no_decay": 3}, ld.TypeMismatch, "no_decay= is True, False or a function"),
        ({"no_decay": True, "optimizer": torch.optim.Rprop}, ld.TypeMismatch, "no_decay= has no effect on Rprop"),
        ({"scheduler_every": "week"}, ld.DataError, "scheduler_every= is 'step' or 'epoch', got 'week'"),
        ({"precision": "fp8"}, ld.DataError, "precision= is 'bf16', 'fp16' or None, got 'fp8'"),
        ({"aggregator": "UPGrad"}, ld.TypeMismatch, "aggregator= takes a function of a Jacobian"),
    ],
)
def test_errors(options, error, message):
    with pytest.raises(error, match=message):
        train(objective_of()[0], **options)


def test_an_instance_takes_no_groups_and_no_decay():
    o, _ = objective_of()
    for option in ({"groups": {"g": {"lr": 0.1}}}, {"no_decay": True}):
        with pytest.raises(ld.TypeMismatch, match="has no effect on an optimizer that is made already"):
            train(o, optimizer=SGD(o.trainable_parameters(), lr=0.1), **option)


# ---- weight decay ----------------------------------------------------------------------------------------------------


def test_biases_and_norms_do_not_decay():
    o, nets = objective_of()
    optimizer = make_optimizer(o, AdamW, 0.1, {"g": {"lr": 0.2}}, no_decay=True)
    groups = [(group["lr"], group["weight_decay"], len(group["params"])) for group in optimizer.param_groups]
    assert groups == [(0.1, 0.01, 1), (0.1, 0.0, 1), (0.2, 0.01, 1), (0.2, 0.0, 3)]
    bent, _ = objective_of(ar={f: nn.PReLU(2).double()})
    assert len(make_optimizer(bent, AdamW, 0.1, no_decay=True).param_groups[1]["params"]) == 4  # its slopes, too
    names = []
    choice = make_optimizer(o, AdamW, 0.1, no_decay=lambda name, parameter: names.append(name) or name == "g.0.weight")
    assert names == ["f.weight", "f.bias", "g.0.weight", "g.0.bias", "g.1.weight", "g.1.bias"]
    assert [p is nets[g][0].weight for p in choice.param_groups[1]["params"]] == [True]


# ---- schedules -------------------------------------------------------------------------------------------------------


def test_a_schedule_goes_by_steps_or_by_epochs():
    for every, power in (("step", 12), ("epoch", 3)):
        o, _ = objective_of()
        optimizer = SGD(o.trainable_parameters(), lr=1.0)
        halve = lambda optimizer: ExponentialLR(optimizer, 0.5)  # noqa: E731
        options = {"epochs": 3, "steps": None, "batch_size": 2, "scheduler": halve, "scheduler_every": every}
        train(o, optimizer=optimizer, clip_norm=1e-3, **options)
        assert optimizer.param_groups[0]["lr"] == 0.5**power


def test_a_plateau_is_left_after_validations():
    o, _ = objective_of()
    rates = []
    plateau = lambda optimizer: ReduceLROnPlateau(optimizer, factor=0.5, patience=1)  # noqa: E731
    values = iter([3.0, 2.0, 2.0, 2.0, 1.0, 1.0])
    checks = Validation(metrics={"m": lambda objective: next(values)}, monitor="m", restore=False)
    watch = [lambda p: rates.append(p.optimizer.param_groups[0]["lr"])]
    train(o, epochs=6, steps=None, optimizer=SGD, lr=1.0, scheduler=plateau, validation=checks, callbacks=watch)
    assert rates == [1.0, 1.0, 1.0, 0.5, 0.5, 0.5]
    with pytest.raises(ld.TypeMismatch, match=r"mode 'min' .* validation= has mode 'max'"):
        most = Validation(metrics={"m": lambda objective: 1.0}, monitor="m", mode="max")
        train(objective_of()[0], scheduler=plateau, validation=most)


# ---- closures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_lbfgs_steps_as_in_a_loop_by_hand(search):
    o, nets = objective_of()
    theirs = dict(zip(nets, copy.deepcopy(nets).values(), strict=True))
    optimizer = LBFGS([p for net in theirs.values() for p in net.parameters()], lr=0.1, line_search_fn=search)
    for _ in range(3):

        def closure():
            optimizer.zero_grad()
            value = loss(theirs)
            value.backward()
            return value

        optimizer.step(closure)
    make = lambda groups, lr: LBFGS(groups, lr=lr, line_search_fn=search)  # noqa: E731
    history = train(o, {"s": [DATA["s"]]}, steps=3, optimizer=make, lr=0.1)
    # A line search makes much of the last bits, in which processors differ.
    assert torch.allclose(weights(nets), weights(theirs), rtol=0, atol=1e-6 if search else 1e-12)
    assert len(history.steps) == 3 and o.steps_made == 3


def test_lbfgs_instances_class_games_and_parts():
    o, nets = objective_of()
    before = loss(nets).item()
    train(o, optimizer=LBFGS(o.trainable_parameters(), lr=0.1), steps=2)
    middle = loss(nets).item()
    train(o, optimizer=LBFGS, lr=0.1, steps=2, accumulate=2, batch_size=4)
    assert loss(nets).item() < middle < before
    players = {"one": {"terms": ["fit"], "boxes": [f]}, "two": {"terms": ["fit"], "boxes": [g]}}
    game, nets = objective_of(players=players)
    train(game, optimizer=LBFGS, lr=0.1, steps=4)
    assert loss(nets).item() < before


def test_schedules_and_averages_move_once_a_step_and_not_once_a_closure():
    slow = ld.Box("slow", X, X)
    o, nets = objective_of(
        [ld.Constraint("fit", a >> f, b), ld.Constraint("near", a >> f, a >> slow)],
        ar={slow: nn.Linear(2, 2).double()},
        ema={slow: (f, 0.5)},
    )
    start, fast = nets[slow].weight.detach().clone(), []
    halve = lambda optimizer: ExponentialLR(optimizer, 0.5)  # noqa: E731
    train(o, steps=1, optimizer=LBFGS, lr=0.1, scheduler=halve, callbacks=[lambda p: fast.append(p.optimizer)])
    assert torch.allclose(nets[slow].weight, 0.5 * start + 0.5 * nets[f].weight, rtol=1e-12)
    assert fast[0].param_groups[0]["lr"] == 0.05 and o.steps_made == 1


def test_weights_are_put_back_where_lbfgs_runs_away():
    cliff = ld.Box("cliff", X, X)
    o, nets = objective_of(
        [ld.Constraint("fit", a >> f >> cliff, b)],
        ar={cliff: lambda v: torch.where(v.abs().amax(1, keepdim=True) < 3, v, v.square().exp().exp())},
    )
    nets = {f: nets[f]}
    before = weights(nets)
    with pytest.raises((ld.NonFiniteGradient, ld.NonFiniteTerm)) as caught:
        train(o, optimizer=LBFGS, lr=50.0)
    assert torch.equal(before, weights(nets)) and caught.value.history is not None


# ---- gradients -------------------------------------------------------------------------------------------------------


def test_sparse_gradients_are_checked_and_clipped():
    table = nn.Embedding(5, 2, sparse=True).double()
    mean = lambda words: table(words).mean(1)  # noqa: E731

    class Look(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = table

        def forward(self, words):
            return mean(words)

    o, _ = objective_of([ld.Constraint("fit", word >> look, b)], ar={look: Look()})
    data = {"s": {"word": torch.arange(24).view(8, 3) % 5, "b": ROWS[1]}}
    before = table.weight.detach().clone()
    train(o, data, steps=1, optimizer=SGD, lr=1.0, clip_norm=0.01)
    assert (table.weight - before).norm().item() == pytest.approx(0.01, rel=1e-3)
    train(o, data, steps=2, optimizer=torch.optim.SparseAdam)
    with torch.no_grad():
        table.weight[2] = torch.nan
    with pytest.raises(ld.NonFiniteTerm):
        train(o, data, steps=1, optimizer=SGD)


def test_parameters_that_the_optimizer_does_not_hold_do_not_count():
    o, nets = objective_of([ld.Constraint("fit", a >> f, b), ld.Constraint("two", a >> g, b)])
    nets[g].register_full_backward_hook(
        lambda module, into, out: tuple(x * torch.inf if x is not None else x for x in into)
    )
    with torch.no_grad():
        for p in nets[g].parameters():
            p.register_hook(lambda gradient: gradient * torch.inf)
    optimizer = SGD(nets[f].parameters(), lr=0.1)
    history = train(o, steps=3, optimizer=optimizer, clip_norm=1.0)
    assert len(history.steps) == 3 and torch.isfinite(weights(nets)).all()


# ---- what an error advises -------------------------------------------------------------------------------------------

HALVES = {name: {"terms": {"fit": 1.0}, "boxes": [box]} for name, box in (("one", f), ("two", g))}
ADVICE = {
    "lower lr, set clip_norm, or look": {},
    "lower lr, lower clip_norm=0.5, or look": {"clip_norm": 0.5},
    "lower lr, set clip_norm, leave out precision, or look": {"precision": "bf16"},
    "lower lr, lower clip_norm=2, leave out precision, or look": {"precision": "bf16", "clip_norm": 2.0},
    "lower lr, give LBFGS line_search_fn='strong_wolfe', or look": {"optimizer": LBFGS},
    "lower lr, or look": {"optimizer": lambda groups, lr: LBFGS(groups, lr, line_search_fn="strong_wolfe")},
    "lower lr, set clip_norm, or look at": {"accumulate": 2, "batch_size": 4},
    "lower lr, set clip_norm, or look at the": {"aggregator": lambda jacobian: jacobian.sum(0)},
    "lower lr of player 'one', set clip_norm, or look": {"players": HALVES},
}


@pytest.mark.parametrize("advice", ADVICE)
def test_the_error_of_a_term_advises_what_these_options_admit(advice):
    options = dict(ADVICE[advice])
    players = options.pop("players", {})
    o, _ = objective_of([ld.Constraint("fit", a >> f >> g, b)], players=players)
    data = {"s": {"a": ROWS[0].clone().fill_(float("nan")), "b": ROWS[1]}}
    with pytest.raises(ld.NonFiniteTerm, match=f"term 'fit' became nan at step 1; .*{advice}"):
        train(o, data, **{"steps": 1, **options})
