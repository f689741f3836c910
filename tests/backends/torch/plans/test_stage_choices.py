"""A box of a plan with an optimizer or a schedule of its own: trained as by `fit`, resumed, and checked by line."""

import signal

import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, StepLR

import learning_diagrams as ld
import small_plan
from learning_diagrams.backends.torch import compile, fit
from learning_diagrams.backends.torch.plans import Experiment, prepare, train
from learning_diagrams.backends.torch.plans.names import trackers
from learning_diagrams.backends.torch.plans.stage_choices import chosen_groups
from learning_diagrams.files.setting import Setting

OWN = {"optimizer": {"name": "sgd", "momentum": 0.9}, "lr": 0.1, "scheduler": {"name": "cosine", "T_max": 10}}


def two_boxes(plan, own=OWN):
    """Two boxes one after the other, the first with options of its own."""
    diagram = plan["diagram"]
    diagram["boxes"]["g"] = {"dom": ["point"], "cod": ["point"]}
    diagram["constraints"]["fit"]["lhs"] = "x >> g >> f"
    plan["modules"]["g"] = {"name": "mlp", "widths": [4], "dropout": 0.2}
    plan["stages"][0] |= {"groups": {"g": own}, "scheduler": {"name": "step", "step_size": 3}}
    plan["checkpoints"] = {"every": 2}


def load(folder, change=two_boxes, settings=()):
    folder.mkdir(exist_ok=True)
    return Experiment.load(small_plan.written(folder, change), [Setting.read(text) for text in settings])


def weights(objective):
    return {name: value.clone() for name, value in objective.state_dict().items()}


def test_an_own_optimizer_trains_as_that_of_fit(tmp_path):
    experiment = load(tmp_path)
    trained = train(experiment, progress=False)
    prepared = prepare(experiment)
    objective = compile(prepared.diagrams[0], prepared.functor)
    seen = []
    g = {
        "optimizer": lambda groups, lr: torch.optim.SGD(groups, lr, momentum=0.9),
        "lr": 0.1,
        "scheduler": lambda optimizer: CosineAnnealingLR(optimizer, 10),
    }
    options = {"batch_size": 8, "progress": False, "step_callbacks": [lambda p: seen.append(p.optimizer)]}
    first = fit(
        objective, prepared.data, epochs=2, seed=0, optimizer=torch.optim.Adam, lr=0.01, groups={"g": g},
        scheduler=lambda optimizer: StepLR(optimizer, 3), **options,
    )  # fmt: skip
    assert first.steps == trained.histories[0].steps
    assert {type(part) for part in seen[0].parts.values()} == {torch.optim.Adam, torch.optim.SGD}
    seen[0].schedulers = {}  # a schedule is of its stage
    fit(objective, prepared.data, steps=5, seed=1, optimizer=seen[0], **options)
    assert all(value.equal(weights(trained.objective)[name]) for name, value in objective.state_dict().items())


def test_a_schedule_of_a_box_is_of_its_stage(tmp_path, monkeypatch):
    rates = []

    def change(plan):
        two_boxes(plan, OWN | {"scheduler": {"name": "step", "step_size": 5}})
        plan["stages"][1] |= {"scheduler": {"name": "step", "step_size": 2}}
        plan["trackers"] = ["csv"]

    look = lambda self, progress: rates.append(progress.optimizer.param_groups[1]["lr"])  # noqa: E731
    monkeypatch.setattr(trackers.Tracking, "__call__", look)
    train(load(tmp_path, change), tmp_path / "out", progress=False)
    powers = [0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 3, 3, 4, 4]
    assert rates == pytest.approx([0.1 ** (1 + power) for power in powers])


def test_a_stopped_run_goes_on_with_the_optimizer_of_its_box(tmp_path, monkeypatch):
    def change(plan):
        two_boxes(plan)
        plan["trackers"] = ["csv"]

    train(load(tmp_path, change), tmp_path / "whole", progress=False)

    def press(self, progress):
        if progress.step == 5:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(trackers.Tracking, "__call__", press)
    assert not train(load(tmp_path, change), tmp_path / "out", progress=False).finished
    monkeypatch.undo()
    with pytest.raises(ld.FileError, match=r"groups\.g\.optimizer\.momentum=0\.5: was 0\.9 in the run, and is 0\.5"):
        other = load(tmp_path, change, ["stages.0.groups.g.optimizer.momentum=0.5"])
        train(other, tmp_path / "out", resume=True, progress=False)
    with pytest.raises(ld.FileError, match=r"stages\.0\.groups\.g\.scheduler=None: .*is null here"):
        train(load(tmp_path, change, ["stages.0.groups.g.scheduler=null"]), tmp_path / "out", resume=True)
    train(load(tmp_path, change), tmp_path / "out", resume=True, progress=False)
    whole, resumed = (tmp_path / place / "weights.safetensors" for place in ("whole", "out"))
    assert resumed.read_bytes() == whole.read_bytes()


def test_a_setting_changes_the_rate_of_a_box(tmp_path):
    experiment = load(tmp_path, settings=["stages.0.groups.g.lr=0.5", "stages.0.groups.g.optimizer.momentum=0.25"])
    choice = chosen_groups(experiment.shape.stages[0])["g"]
    assert choice["lr"] == 0.5 and choice["optimizer"].options == {"momentum": 0.25}


AT = "stages[0].groups.g"
FAULTS = [
    ({"optimizer": "sgdd"}, f"{AT}.optimizer: no optimizer is named 'sgdd'; did you mean 'sgd'?"),
    ({"optimizer": {"name": "sgd", "momentm": 1}}, f"{AT}.optimizer.momentm: optimizer 'sgd' has no option 'momentm'"),
    ({"optimizer": 3}, f"{AT}.optimizer: must be a mapping, got 3"),
    ({"optimizer": {"lr": 3}}, f"{AT}.optimizer: lacks the key 'name'"),
    ({"optimizer": {"name": "sgd", "lr": 0.1}, "lr": 0.2}, "the optimizer says its lr, and box 'g' says another one"),
    ({"optimizer": "sgd", "betas": [0.9, 0.9]}, f"{AT}.betas: optimizer 'sgd' has no option 'betas'"),
    ({"betas": [0.9]}, f"{AT}.betas: option 'betas' of 'adam' must be a list of 2 finite numbers, got [0.9]"),
    ({"momentum": 0.9}, f"{AT}.momentum: optimizer 'adam' has no option 'momentum'"),
    ({"lr": -1}, f"{AT}.lr: optimizer 'adam' refuses its options: Invalid learning rate: -1"),
    ({"lr": "0.003"}, f"{AT}.lr: option 'lr' of 'adam' must be a finite number, got '0.003'; this is a text; write it"),
    ({"optimizer": {"name": "sgd", "nesterov": True}}, f"{AT}.optimizer.nesterov: optimizer 'sgd' refuses its options"),
    ({"scheduler": {"name": "cosine", "T_max": 0.5}}, f"{AT}.scheduler.T_max: option 'T_max' of 'cosine' must be"),
    ({"scheduler": "cosin"}, f"{AT}.scheduler: a scheduler named 'cosin' is not registered; did you mean 'cosine'?"),
    ({"scheduler": "cosine"}, f"{AT}.scheduler: 'cosine' needs the option 'T_max'"),
    ({"scheduler": "plateau"}, f"{AT}.scheduler: a ReduceLROnPlateau of mode 'min' is stepped with the value"),
    (
        {"scheduler": {"name": "one_cycle", "max_lr": 0.1, "total_steps": 3}},
        f"{AT}.scheduler: the scheduler OneCycleLR is made for 3 steps, and the run has 10; give it total_steps: 10",
    ),
]


@pytest.mark.parametrize(("own", "message"), FAULTS)
def test_a_fault_of_a_box_names_its_line_and_place(tmp_path, own, message):
    with pytest.raises(ld.LearningDiagramError) as caught:
        prepare(load(tmp_path, lambda plan: two_boxes(plan, own)))
    text = str(caught.value)
    assert message in text and "groups=" not in text and len(text.splitlines()) == 1
    line = int(text.partition("plan.yaml:")[2].partition(":")[0])
    lines = (tmp_path / "plan.yaml").read_text().splitlines()
    at = next(i for i, each in enumerate(lines, 1) if each.strip() == "groups:")
    assert at < line <= at + 6


def test_a_box_that_a_player_trains_has_an_own_optimizer(tmp_path):
    def change(plan):
        two_boxes(plan, {"optimizer": "sgd", "lr": 0.5})
        plan["diagram"]["players"] = {
            "first": {"terms": ["fit"], "boxes": ["f"], "optimizer": {"name": "adam", "lr": 0.1}},
            "second": {"terms": ["fit"], "boxes": ["g"]},
        }

    assert train(load(tmp_path, change), progress=False).finished
    with pytest.raises(ld.UnknownName, match=r"stages\[0\]\.groups\.h: groups= names box 'h', which no player trains"):
        prepare(load(tmp_path, lambda plan: change(plan) or plan["stages"][0]["groups"].update(h={"lr": 0.1})))
