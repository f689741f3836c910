"""Games: each player lowers its own terms in its own boxes, in turn, as a loop by hand does."""

import copy

import pytest
import torch
from torch import nn
from torch.distributions import Independent, Normal
from torch.nn import functional

import learning_diagrams as ld
from learning_diagrams.backends.torch import Bernoulli, Euclidean, TorchFunctor, batches, compile, fit

torch.set_num_threads(1)
image, latent, verdict = ld.Ty("image"), ld.Ty("latent"), ld.Ty("verdict")
rows = ld.SampleSpace("rows")
x = rows.column("x", image)
noise, maker = ld.Kernel("noise", ld.Ty(), latent), ld.Box("maker", latent, image)
critic = ld.Kernel("critic", image, verdict)
yes, no = ld.Box("yes", ld.Ty(), verdict), ld.Box("no", ld.Ty(), verdict)
anywhere = ld.Discard(rows.ty)
forgery = anywhere >> noise >> maker
CONSTRAINTS = [
    ld.Constraint("real", x >> critic, anywhere >> yes),
    ld.Constraint("fake", forgery >> critic, anywhere >> no, detach=maker),
    ld.Constraint("fools", forgery >> critic, anywhere >> yes),
]
PLAYERS = {
    "critic": {"terms": ["real", "fake"], "boxes": [critic], "optimizer": {"name": "adam", "lr": 0.01}},
    "maker": {"terms": ["fools"], "boxes": [maker], "optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.5}},
}
DATA = torch.randn(32, 3, generator=torch.Generator().manual_seed(0))


class Noise(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(1, 2))

    def forward(self):
        return Independent(Normal(self.mean, 1.0), 1)


def modules():
    torch.manual_seed(0)
    return {
        maker: nn.Linear(2, 3),
        critic: nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)),
        noise: Noise(),
        yes: lambda: torch.ones(1, 1),
        no: lambda: torch.zeros(1, 1),
    }


def game(players=PLAYERS, constraints=CONSTRAINTS, ar=None):
    ar = modules() if ar is None else ar
    diagram = ld.LearningDiagram(*constraints, players=players)
    spaces = {image: Euclidean(3), latent: Euclidean(2), verdict: Bernoulli(1)}
    return compile(diagram, TorchFunctor(ob=spaces, ar=ar)), ar


def bce(logits, value):
    return functional.binary_cross_entropy_with_logits(logits, torch.full_like(logits, value), reduction="sum") / len(
        logits
    )


def by_hand(steps, moves):
    """A GAN as everybody writes it, on the same batches and the same noise."""
    ar = modules()
    optimizers = {
        "critic": torch.optim.Adam(ar[critic].parameters(), lr=0.01),
        "maker": torch.optim.SGD(ar[maker].parameters(), lr=0.1, momentum=0.5),
    }
    losses = []
    torch.manual_seed(0)  # as fit does
    for step, batch in enumerate(batches({"rows": {"x": DATA}}, steps=steps, batch_size=8, seed=0)):
        real, name = batch["rows"]["x"], moves[step % len(moves)]
        fake = ar[maker](torch.distributions.Normal(torch.zeros(len(real), 2), 1.0).rsample())
        optimizers[name].zero_grad()
        if name == "critic":
            loss = bce(ar[critic](fake.detach()), 0.0) + bce(ar[critic](real), 1.0)
        else:
            loss = bce(ar[critic](fake), 1.0)
        loss.backward()
        optimizers[name].step()
        losses.append(loss.item())
    return losses, ar


@pytest.mark.parametrize("steps", [1, 3])
def test_thirty_updates_equal_a_loop_by_hand(steps):
    players = copy.deepcopy(PLAYERS)
    players["critic"]["steps"] = steps
    objective, ar = game(players)
    history = fit(objective, {"rows": {"x": DATA}}, steps=30, batch_size=8, progress=False)
    losses, theirs = by_hand(30, ["critic"] * steps + ["maker"])
    assert [row["total"] for row in history.steps] == losses
    for box in (maker, critic):
        for mine, his in zip(ar[box].parameters(), theirs[box].parameters(), strict=True):
            assert torch.equal(mine, his)
    assert set(history.steps[0]) == {"step", "epoch", "total", "real", "fake", "gradient_norm", "learning_rate"}
    assert {"real", "fake", "fools"} < set(history.epochs[0])


@pytest.mark.parametrize(
    "options, message",
    [
        ({"optimizer": torch.optim.AdamW}, "name their own optimizers, so optimizer= is used by none; leave it out"),
        ({"lr": 1e-3}, "players 'critic', 'maker' name their own learning rates, so lr= is used by none; leave it out"),
    ],
)
def test_a_choice_that_no_player_uses_is_an_error(options, message):
    with pytest.raises(ld.TypeMismatch, match=message):
        fit(game()[0], {"rows": {"x": DATA}}, steps=1, progress=False, **options)
    own = {"groups": {"maker": {"optimizer": torch.optim.SGD}}} if "lr" in options else {}
    bare = {**PLAYERS, "maker": {k: v for k, v in PLAYERS["maker"].items() if k != "optimizer" or own}}
    fit(game(bare)[0], {"rows": {"x": DATA}}, steps=2, progress=False, **options, **own)


def test_a_stage_whose_optimizer_no_player_uses_is_an_error():
    from learning_diagrams.backends.torch import run_plan

    objective, _ = game()
    plan = ld.Plan(ld.Stage(objective.diagram, steps=1, optimizer="sgd"))
    with pytest.raises(ld.TypeMismatch, match="stage 1 of the plan: players 'critic', 'maker' name their own"):
        run_plan(plan, objective.functor, {"rows": {"x": DATA}}, progress=False)


def test_a_loop_of_ones_own_over_the_players():
    objective, ar = game()
    optimizers = {
        name: torch.optim.SGD(player.trainable_parameters(), lr=0.1) for name, player in objective.players.items()
    }
    for name, player in objective.players.items():
        before = {box: [p.detach().clone() for p in ar[box].parameters()] for box in (maker, critic)}
        optimizers[name].zero_grad()
        total, terms = player({"rows": {"x": DATA}})
        total.backward()
        optimizers[name].step()
        moved = {box.name for box in (maker, critic) if not all(map(torch.equal, before[box], ar[box].parameters()))}
        assert moved == {name} and set(terms) == {term for term, _ in objective.diagram.players[name == "maker"].terms}


def test_a_factor_makes_one_player_increase_what_another_decreases():
    """min over maker, max over critic of one and the same value: with gradients of opposite sign."""
    value = [ld.Constraint("value", forgery >> critic, anywhere >> yes)]
    players = {
        "critic": {"terms": {"value": -1.0}, "boxes": [critic]},
        "maker": {"terms": ["value"], "boxes": [maker]},
    }
    objective, _ = game(players, value, {k: m for k, m in modules().items() if k != no})
    assert "# -1.0" in objective.players["critic"].code
    totals = {}
    for name, player in objective.players.items():
        torch.manual_seed(5)
        totals[name], terms = player({"rows": {"x": DATA}}, strict=False)
        torch.testing.assert_close(totals[name], terms["value"] * (-1.0 if name == "critic" else 1.0))


def test_an_optimizer_that_the_diagram_does_not_name_comes_from_fit():
    bare = {name: {k: v for k, v in player.items() if k != "optimizer"} for name, player in PLAYERS.items()}
    results = []
    for optimizer in ("class", "instances"):
        objective, ar = game(bare)
        options = {"optimizer": torch.optim.SGD, "lr": 0.05}
        if optimizer == "instances":
            options = {"optimizer": {
                name: torch.optim.SGD(p.trainable_parameters(), lr=0.05) for name, p in objective.players.items()
            }}  # fmt: skip
        fit(objective, {"rows": {"x": DATA}}, steps=4, progress=False, seed=1, **options)
        results.append(ar[maker].weight.detach().clone())
    assert torch.equal(*results)


def test_options_of_single_boxes_go_to_the_player_that_trains_them():
    objective, _ = game()
    seen = []
    groups = {"critic": {"lr": 0.5}}
    fit(
        objective, {"rows": {"x": DATA}}, steps=2, groups=groups, progress=False,
        callbacks=[lambda progress: seen.append(progress.optimizer)],
    )  # fmt: skip
    assert [optimizer.param_groups[0]["lr"] for optimizer in seen[0].values()] == [0.5, 0.1]
    with pytest.raises(ld.UnknownName, match="'noise', which no player trains"):
        fit(objective, {"rows": {"x": DATA}}, steps=2, groups={noise: {"lr": 0.5}}, progress=False)


def test_everything_moves_and_saves_with_the_game(tmp_path):
    objective, _ = game()
    objective.double()
    total, _ = objective.players["critic"]({"rows": {"x": DATA.double()}})
    assert total.dtype == torch.float64
    assert not any("players" in key for key in objective.state_dict())
    objective.save(tmp_path / "w.safetensors")
    objective.load(tmp_path / "w.safetensors")
    other = copy.deepcopy(objective)
    assert other.players["maker"].trainable_parameters()[0] is other.boxes.of("maker").weight


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"optimizer": lambda o: torch.optim.SGD(o.trainable_parameters(), lr=0.1)}, ld.TypeMismatch, "of its own"),
        ({"optimizer": {"judge": None}}, ld.UnknownName, "'judge', which is not a player"),
        ({"optimizer": {}}, ld.UnknownName, "no optimizer for player 'critic'"),
    ],
)
def test_bad_optimizers_are_refused(options, error, message):
    bare = {name: {k: v for k, v in player.items() if k != "optimizer"} for name, player in PLAYERS.items()}
    objective, _ = game(bare)
    optimizer = options["optimizer"](objective) if callable(options["optimizer"]) else options["optimizer"]
    with pytest.raises(error, match=message):
        fit(objective, {"rows": {"x": DATA}}, steps=4, optimizer=optimizer, progress=False)


@pytest.mark.parametrize(
    ("chosen", "error", "message"),
    [
        ("adamm", ld.UnknownName, "player 'maker': no optimizer is named 'adamm'; did you mean 'adam'"),
        ({"name": "sgd", "momentun": 0.9}, ld.UnknownName, "no option 'momentun'"),
        ({"name": "sgd", "lr": -1.0}, ld.TypeMismatch, "refuses its options"),
        ({"name": "adam", "betas": 3}, ld.TypeMismatch, "option 'betas' of 'adam' must be a list of 2 finite"),
    ],
)
def test_optimizers_by_name_are_checked_at_compilation(chosen, error, message):
    with pytest.raises(error, match=message):
        game(PLAYERS | {"maker": PLAYERS["maker"] | {"optimizer": chosen}})


def test_a_player_whose_boxes_are_frozen_has_nothing_to_train():
    objective, _ = game()
    still = compile(objective.diagram.freeze(maker), objective.functor)
    with pytest.raises(ld.CompileError, match="player 'maker': there is nothing to train"):
        fit(still, {"rows": {"x": DATA}}, steps=2, progress=False)


def test_one_optimizer_for_each_player_is_no_option_without_a_game():
    d = ld.LearningDiagram(CONSTRAINTS[0])
    ar = {box: m for box, m in modules().items() if box in (critic, yes)}
    objective = compile(d, TorchFunctor(ob={image: Euclidean(3), verdict: Bernoulli(1)}, ar=ar))
    with pytest.raises(ld.TypeMismatch, match="not a game"):
        fit(objective, {"rows": {"x": DATA}}, steps=2, optimizer={}, progress=False)
