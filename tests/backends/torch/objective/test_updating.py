"""Updates in mid-training: what stays keeps module, parameters and optimizer state, bit for bit."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.optim.lr_scheduler import LambdaLR, StepLR

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile, fit
from update_regime import (
    both,
    classify,
    code,
    decode,
    digit,
    encode,
    image,
    measure,
    measured,
    restored,
    size,
    supervised,
    x,
)

torch.set_num_threads(1)
torch.manual_seed(0)
SPACES = {image: Euclidean(6), code: Euclidean(4), digit: Finite(3)}
X, Y, Z = torch.randn(16, 6), torch.arange(16) % 3, torch.randn(16, 2)
BATCH = {"rows": {"x": X, "y": Y}}
EVERY, LBFGS = ["decode", "encode", "classify"], torch.optim.LBFGS([nn.Parameter(torch.ones(1))])


def modules():
    torch.manual_seed(1)
    return {
        encode: nn.Sequential(nn.Linear(6, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Dropout(0.2)),
        classify: nn.Linear(4, 3), decode: nn.Linear(4, 6),
    }


pytestmark = pytest.mark.filterwarnings("ignore:the modules of")


def begin(kind=torch.optim.AdamW, diagram=both):
    ar = {box: module for box, module in modules().items() if box in diagram.boxes}
    objective = compile(diagram, TorchFunctor(ob=SPACES, ar=ar))
    optimizer = kind(objective.trainable_parameters(), lr=0.05, weight_decay=0.1)
    return objective, optimizer


def step(objective, optimizer, batch=BATCH, times=1):
    totals = []
    for _ in range(times):
        optimizer.zero_grad()
        total, _ = objective(batch)
        total.backward()
        optimizer.step()
        totals.append(total.item())
    return totals


def state(objective, optimizer):
    weights = {key: value.clone() for key, value in objective.state_dict().items()}
    moments = [
        {k: v.clone() if isinstance(v, torch.Tensor) else v for k, v in s.items()} for s in optimizer.state.values()
    ]
    return weights, moments


def equal(left, right):
    if isinstance(left, torch.Tensor):
        return torch.equal(left, right)
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(equal, left, right))
    return left == right


@pytest.mark.parametrize("kind", [torch.optim.AdamW, torch.optim.Adam])
@pytest.mark.parametrize("there", [None, lambda d: d.reweight({"restored": 3.0}), lambda d: d.freeze(decode)])
def test_an_update_that_changes_nothing_changes_no_bit_of_the_next_20_steps(kind, there):
    """Nor do two, of which the second takes the first back."""
    plain, changed = begin(kind), begin(kind)
    for objective, optimizer in (plain, changed):
        torch.manual_seed(3)
        step(objective, optimizer, times=5)
    objective, optimizer = changed
    if there is not None:
        assert objective.update(there(both), optimizer=optimizer) is objective
    objective.update(ld.LearningDiagram(restored, supervised), optimizer=optimizer)
    assert equal(state(*plain), state(*changed))
    totals = []
    for run in (plain, changed):
        torch.manual_seed(4)
        totals.append(step(*run, times=20))
    assert totals[0] == totals[1] and equal(state(*plain), state(*changed))


def test_an_update_in_mid_training_equals_a_loop_by_hand():
    """Five steps; then classify is frozen, decode gets a new module, a weight changes, and a new box comes."""
    objective, optimizer = begin()
    torch.manual_seed(5)
    step(objective, optimizer, times=5)
    torch.manual_seed(6)
    fresh, gauge = nn.Linear(4, 6), nn.Linear(4, 2)
    theirs_fresh, theirs_gauge = copy.deepcopy(fresh), copy.deepcopy(gauge)
    after = both.add(measured).reweight({"restored": 0.25}).freeze(classify)
    objective.update(after, optimizer=optimizer, modules={decode: fresh, measure: gauge}, spaces={size: Euclidean(2)})
    torch.manual_seed(7)
    totals = step(objective, optimizer, {"rows": {"x": X, "y": Y, "z": Z}}, times=10)

    ar = modules()
    e, c, d = ar[encode], ar[classify], ar[decode]
    by_hand = torch.optim.AdamW([*c.parameters(), *d.parameters(), *e.parameters()], lr=0.05, weight_decay=0.1)

    def forward(decoder, weight, more=None):
        h = e(X)
        gauged = 0.0 if more is None else functional.mse_loss(more(h), Z, reduction="sum") / 16
        mine = functional.mse_loss(decoder(h), X, reduction="sum") / 16
        labels = functional.cross_entropy(c(h), Y)
        return weight * mine + labels if more is None else 2.0 * gauged + weight * mine + labels

    torch.manual_seed(5)
    for _ in range(5):
        by_hand.zero_grad()
        forward(d, 0.5).backward()
        by_hand.step()
    c.requires_grad_(False)
    for p in [*c.parameters(), *d.parameters()]:
        p.grad = None
    by_hand.param_groups[0]["params"] = [*e.parameters(), *theirs_fresh.parameters(), *theirs_gauge.parameters()]
    torch.manual_seed(7)
    expected = []
    for _ in range(10):
        by_hand.zero_grad()
        loss = forward(theirs_fresh, 0.25, theirs_gauge)
        loss.backward()
        by_hand.step()
        expected.append(loss.item())
    assert totals == expected
    pairs = {"encode": e, "classify": c, "decode": theirs_fresh, "measure": theirs_gauge}
    for name, module in pairs.items():
        assert equal(dict(objective.boxes.of(name).state_dict()), dict(module.state_dict())), name
    assert not any(p is old for old in d.parameters() for p in optimizer.state)


def test_what_is_frozen_keeps_its_state_and_goes_on_where_it_was():
    objective, optimizer = begin()
    step(objective, optimizer, times=3)
    weight = objective.boxes.of("decode").weight
    moments = {key: value.clone() for key, value in optimizer.state[weight].items()}
    before = weight.detach().clone()
    objective.update(both.freeze(decode), optimizer=optimizer)
    optimizer.zero_grad(set_to_none=False)
    total, _ = objective(BATCH)
    total.backward()
    optimizer.step()
    assert torch.equal(weight, before) and equal(moments, optimizer.state[weight]), "no decay, no momentum"
    objective.update(both, optimizer=optimizer)
    assert weight.requires_grad
    step(objective, optimizer)
    assert optimizer.state[weight]["step"] == moments["step"] + 1 and not torch.equal(weight, before)


def test_a_box_that_leaves_must_be_forgotten_by_name_and_nothing_has_changed_before():
    objective, optimizer = begin()
    step(objective, optimizer, times=2)
    before, code_before, groups = state(objective, optimizer), objective.code, len(optimizer.param_groups[0]["params"])
    with pytest.raises(ld.CompileError, match=r"removes 'decode', and the optimizer still holds.*forget=\['decode'\]"):
        objective.update(both.without("restored"), optimizer=optimizer)
    assert objective.code == code_before and objective.diagram == both and equal(before, state(objective, optimizer))
    objective.update(both.without("restored"), optimizer=optimizer, forget=[decode])
    assert len(optimizer.param_groups[0]["params"]) == groups - 2 and len(optimizer.state) == groups - 2
    assert "decode" not in objective.code
    step(objective, optimizer, {"rows": {"x": X, "y": Y}})
    objective.update(both, optimizer=optimizer)  # it comes back with its module, and no state
    assert len(optimizer.param_groups[0]["params"]) == groups and len(optimizer.state) == groups - 2
    step(objective, optimizer)


def test_a_box_replaced_by_a_diagram():
    objective, optimizer = begin()
    step(objective, optimizer)
    first, second = ld.Box("first", code, code), ld.Box("second", code, image)
    deeper = both.substitute({decode: first >> second})
    new = {first: nn.Linear(4, 4), second: nn.Linear(4, 6)}
    objective.update(deeper, optimizer=optimizer, modules=new, forget=["decode"])
    step(objective, optimizer, times=2)
    assert len(optimizer.state) == len(objective.trainable_parameters()) == 10


@pytest.mark.parametrize("scheduler", [lambda o: StepLR(o, 2, 0.5), lambda o: LambdaLR(o, lambda n: 1 / (1 + n))])
def test_schedulers_go_on(scheduler):
    objective, optimizer = begin()
    schedule = scheduler(optimizer)
    for _ in range(3):
        step(objective, optimizer)
        schedule.step()
    added = both.add(measured)
    objective.update(added, optimizer=optimizer, modules={measure: nn.Linear(4, 2)}, spaces={size: Euclidean(2)})
    for _ in range(3):
        step(objective, optimizer, {"rows": {"x": X, "y": Y, "z": Z}})
        schedule.step()
    assert len(optimizer.param_groups) == 1 and len(schedule.get_last_lr()) == 1


def test_fit_goes_on_with_the_same_optimizer():
    objective, optimizer = begin()
    fit(objective, {"rows": {"x": X, "y": Y}}, steps=4, optimizer=optimizer, progress=False)
    objective.update(both.freeze(encode), optimizer=optimizer)
    before = copy.deepcopy(objective.boxes.of("encode").state_dict())
    fit(objective, {"rows": {"x": X, "y": Y}}, steps=4, optimizer=optimizer, progress=False)
    assert equal(dict(before), dict(objective.boxes.of("encode").state_dict()))
    assert optimizer.state[objective.boxes.of("classify").weight]["step"] == 8


def test_hooks_modes_and_averages_come_along():
    objective, optimizer = begin()
    seen = []
    objective.register_forward_hook(lambda *_: seen.append(1))
    objective.eval()
    old = ld.Kernel("old", code, digit)
    steady = ld.Constraint("steady", x >> encode >> classify, x >> encode >> old)
    averaged = ld.LearningDiagram(supervised, restored, steady, ema={old: (classify, 0.5)})
    objective.update(averaged, optimizer=optimizer, modules={old: nn.Linear(4, 3)})
    objective(BATCH)
    assert seen == [1] and not objective.training and not objective.boxes.of("encode").training
    before = objective.boxes.of("old").weight.detach().clone()
    objective.after_step()
    assert not torch.equal(before, objective.boxes.of("old").weight)
    assert len(optimizer.param_groups[0]["params"]) == 8, "an average is not trained"


def test_hooks_on_the_way_back_stay():
    objective, optimizer = begin()
    seen = []
    objective.register_full_backward_hook(lambda *_: seen.append(1))
    objective.update(both.reweight({"restored": 2.0}), optimizer=optimizer)
    step(objective, optimizer)
    assert seen == [1]


def test_a_box_that_is_trained_again_is_in_the_mode_of_the_objective():
    objective, optimizer = begin(diagram=both.freeze(encode))
    objective.update(both, optimizer=optimizer)
    assert objective.boxes.of("encode").training, "as it came"
    objective.update(both.freeze(encode), optimizer=optimizer).eval()
    objective.update(both, optimizer=optimizer)
    assert not any(part.training for part in objective.boxes.modules())


def test_in_a_game_each_player_has_its_optimizer_changed():
    players = {
        "a": {"terms": ["supervised"], "boxes": [classify, encode]},
        "b": {"terms": ["restored"], "boxes": [decode]},
    }
    game = ld.LearningDiagram(supervised, restored, players=players)
    objective, _ = begin(diagram=game)
    optimizers = {n: torch.optim.Adam(p.trainable_parameters(), lr=0.1) for n, p in objective.players.items()}
    moved = {
        "a": {"terms": ["supervised"], "boxes": [classify]},
        "b": {"terms": ["restored"], "boxes": [decode, encode]},
    }
    objective.update(ld.LearningDiagram(supervised, restored, players=moved), optimizer=optimizers)
    for name, player in objective.players.items():
        held = {id(p) for group in optimizers[name].param_groups for p in group["params"]}
        assert held == {id(p) for p in player.trainable_parameters()}, name
    with pytest.raises(ld.UnknownName, match="give optimizers by player"):
        objective.update(game, optimizer=optimizers["a"])
    with pytest.raises(ld.CompileError, match=r"loss of player 'a'; update the objective of the game"):
        objective.players["a"].update(both)


def test_one_optimizer_for_a_game_is_refused():
    first = {"terms": ["supervised"], "boxes": [encode, classify]}
    players = {"a": first, "b": {"terms": ["restored"], "boxes": [decode]}}
    game = ld.LearningDiagram(supervised, restored, players=players)
    objective, optimizer = begin(diagram=game)
    with pytest.raises(ld.UnknownName, match="give optimizers by player"):
        objective.update(game.reweight({"supervised": 2.0}), optimizer=optimizer)
    own = {n: torch.optim.Adam(p.trainable_parameters()) for n, p in objective.players.items()}
    objective.update(game.reweight({"supervised": 2.0}), optimizer=own)
    fit(objective, BATCH, steps=2, optimizer=own, progress=False)


def test_another_space_is_a_change_though_the_diagram_is_the_same():
    objective, optimizer = begin()
    drawn = {image: Euclidean(6), code: Euclidean(4), digit: Finite(3, sample="expectation")}
    objective.update(both, optimizer=optimizer, spaces=drawn)
    assert objective.functor.spaces["digit"] == drawn[digit]


def test_parameters_that_a_new_module_takes_over_keep_their_state():
    """A deeper decoder around the old one: what was learned stays, with its moments, and only the new part joins."""
    objective, optimizer = begin()
    step(objective, optimizer, times=3)
    old = objective.boxes.of("decode")
    moments = {key: value.clone() for key, value in optimizer.state[old.weight].items()}
    objective.update(both, optimizer=optimizer, modules={decode: nn.Sequential(nn.Linear(4, 4), old)})
    assert equal(moments, optimizer.state[old.weight])
    held = [id(p) for group in optimizer.param_groups for p in group["params"]]
    assert sorted(held) == sorted(id(p) for p in objective.trainable_parameters())
    step(objective, optimizer)


def test_options_of_a_group_go_to_the_module_that_replaces_one_of_it():
    ar = modules()
    objective = compile(both, TorchFunctor(ob=SPACES, ar=ar))
    slow = list(ar[decode].parameters())
    rest = [p for p in objective.trainable_parameters() if all(p is not parameter for parameter in slow)]
    optimizer = torch.optim.SGD([{"params": rest}, {"params": slow, "lr": 1e-4}], lr=0.1)
    fresh = nn.Linear(4, 6)
    objective.update(both, optimizer=optimizer, modules={decode: fresh})
    assert [id(p) for p in optimizer.param_groups[1]["params"]] == [id(p) for p in fresh.parameters()]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (lambda o: {"diagram": both.add(measured)}, ld.UnknownName, "size"),
        (lambda o: {"diagram": both.add(measured), "spaces": {size: Euclidean(2)}}, ld.UnknownName, "has no module"),
        (lambda o: {"diagram": both, "modules": {decode: nn.Linear(4, 5)}}, ld.CompileError, "decode"),
        (lambda o: {"diagram": both, "modules": {"decoed": nn.Linear(4, 6)}}, ld.UnknownName, "did you mean 'decode'"),
        (lambda o: {"diagram": both.freeze(decode), "optimizer": torch.optim.Adam}, ld.TypeMismatch, "made already"),
        (lambda o: {"diagram": both.freeze(decode), "optimizer": {"a": o}}, ld.TypeMismatch, "not a game"),
        (lambda o: {"diagram": both, "forget": [decode]}, ld.CompileError, "stays in the learning diagram"),
        (lambda o: {"diagram": both, "forget": "decode"}, ld.TypeMismatch, "takes a list"),
        (lambda o: {"diagram": None}, ld.TypeMismatch, "takes a learning diagram"),
        (lambda o: {"diagram": both, "modules": [decode]}, ld.TypeMismatch, "modules= of update is a mapping"),
        (lambda o: {"diagram": both.freeze(decode), "optimizer": LBFGS}, ld.TypeMismatch, "LBFGS"),
        (lambda o: {"diagram": both.without("restored", "supervised"), "forget": EVERY}, ld.CompileError, "no constr"),
    ],
)
def test_an_update_that_fails_changes_nothing(arguments, error, message):
    objective, optimizer = begin()
    step(objective, optimizer, times=2)
    functor, before, names = objective.functor, state(objective, optimizer), dict(objective.functor.modules)
    flags = [p.requires_grad for p in objective.parameters()]
    options = arguments(optimizer)
    with pytest.raises(error, match=message):
        objective.update(options.pop("diagram"), **options)
    assert objective.diagram == both and functor.modules == names and equal(before, state(objective, optimizer))
    assert flags == [p.requires_grad for p in objective.parameters()] and not functor.freezing.frozen
    step(objective, optimizer)
