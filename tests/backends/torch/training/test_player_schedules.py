"""The schedule of a player counts the player's own updates, and a schedule that does not reach its end is told."""

import warnings
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR
from typer.testing import CliRunner

import learning_diagrams as ld
import small_plan
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile, fit
from learning_diagrams.backends.torch.plans import Experiment, prepare, train
from learning_diagrams.cli import app

torch.set_num_threads(1)
x = ld.Ty("x")
a = ld.SampleSpace("rows").column("a", x)
f, g = ld.Box("f", x, x), ld.Box("g", x, x)


def one_cycle(steps):
    return lambda optimizer: OneCycleLR(optimizer, 0.01, total_steps=steps)


def trained(turns=2, steps=12, **options):
    """The warnings of schedules in a run with a player of one step a round and a player of some."""
    players = {
        "friends": {"terms": ["one"], "boxes": [f]},
        "spy": {"terms": ["two"], "boxes": [g], "steps": turns},
    }
    constraints = [ld.Constraint("one", a >> f >> g, a), ld.Constraint("two", a >> g >> f, a)]
    diagram = ld.LearningDiagram(*constraints, players=players)
    objective = compile(diagram, TorchFunctor(ob={x: Euclidean(2)}, ar={f: nn.Linear(2, 2), g: nn.Linear(2, 2)}))
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        fit(objective, {"rows": {"a": torch.randn(8, 2)}}, steps=steps, progress=False, device="cpu", **options)
    return [text for each in given if "reach its end" in (text := str(each.message))]


def test_fit_warns_of_each_schedule_that_does_not_reach_its_end():
    friends, spy = trained(scheduler=one_cycle(12))
    assert friends.startswith(
        "the scheduler OneCycleLR of player 'friends' has total_steps=12, and the player makes 4 updates, so the "
        "schedule does not reach its end"
    )
    assert "player 'spy' has total_steps=12, and the player makes 8 updates" in spy
    (friends,) = trained(scheduler=lambda optimizer: CosineAnnealingLR(optimizer, 8))
    assert "CosineAnnealingLR of player 'friends' has T_max=8" in friends
    (own,) = trained(scheduler=one_cycle(8), groups={f: {"scheduler": one_cycle(5)}})
    alike = trained(scheduler=one_cycle(12), turns=1)
    assert len(alike) == 2 and all("the player makes 6 updates" in text for text in alike)
    assert all(text.endswith("give it total_steps=6") for text in alike)
    assert own.startswith("groups= of box 'f': the scheduler OneCycleLR of player 'friends' has total_steps=5")


@pytest.mark.parametrize(
    "options",
    [
        {"groups": {f: {"scheduler": one_cycle(4)}, g: {"scheduler": one_cycle(8)}}},
        {"scheduler": one_cycle(8), "groups": {f: {"scheduler": one_cycle(4)}}},
        {"scheduler": one_cycle(6), "turns": 1},
        {"scheduler": one_cycle(12), "fast_dev_run": 2},
        {"scheduler": one_cycle(12), "scheduler_every": "epoch"},
    ],
    ids=["own lengths", "one of its own", "equal turns", "a trial", "by epochs"],
)
def test_no_other_schedule_is_told(options):
    assert trained(**options) == []


def game(plan, **options):
    small = plan["diagram"]
    small["boxes"]["g"] = {"dom": ["point"], "cod": ["point"]}
    small["constraints"]["fit"]["lhs"] = "x >> g >> f"
    small["players"] = {
        "friends": {"terms": ["fit"], "boxes": ["f"]},
        "spy": {"terms": ["fit"], "boxes": ["g"], "steps": 2},
    }
    plan["modules"]["g"] = {"name": "mlp", "widths": [4]}
    plan["stages"] = [{"steps": 12, "optimizer": "adam", "lr": 0.01, **options}]


LONG, OF_SPY, OF_FRIENDS = ({"name": "one_cycle", "max_lr": 0.01, "total_steps": n} for n in (12, 8, 4))


def test_check_notes_the_schedule_of_a_player_at_its_line_and_training_warns(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = small_plan.written(tmp_path, lambda plan: game(plan, scheduler=LONG))
    done = CliRunner().invoke(app, ["check", str(path)])
    assert done.exit_code == 1 and len(done.stdout.splitlines()) == 2
    line = int(done.stdout.partition(".yaml:")[2].partition(":")[0])
    assert Path(path).read_text().splitlines()[line - 1].strip().startswith(("scheduler:", "name: one_cycle"))
    assert "stages[0].scheduler: the scheduler OneCycleLR of player 'friends' has total_steps: 12, and" in done.stdout
    with pytest.warns(UserWarning) as given:
        assert train(Experiment.load(path), progress=False).finished
    assert sum("does not reach its end" in str(each.message) for each in given) == 2


def test_check_notes_a_schedule_of_a_box_at_its_place(tmp_path):
    groups = {"f": {"scheduler": LONG}}
    path = small_plan.written(tmp_path, lambda plan: game(plan, scheduler=OF_SPY, groups=groups))
    (note,) = prepare(Experiment.load(path)).unfinished
    assert "stages[0].groups.f.scheduler: the scheduler OneCycleLR of player 'friends' has" in note


def test_a_schedule_of_each_length_is_fine(tmp_path):
    groups = {"f": {"scheduler": OF_FRIENDS}}
    path = small_plan.written(tmp_path, lambda plan: game(plan, scheduler=OF_SPY, groups=groups))
    assert prepare(Experiment.load(path)).unfinished == ()
    assert "fine, 1 stage" in CliRunner().invoke(app, ["check", str(path)]).stdout
