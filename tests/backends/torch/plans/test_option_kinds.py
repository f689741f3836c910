"""An option of a wrong kind is told by its name, its value and the kind that is needed, at its own place."""

import inspect
import json

import pytest
import torch

import learning_diagrams as ld
import small_plan
from learning_diagrams.backends.torch.optimizers.named_optimizer import OPTIMIZERS, optimizer_of
from learning_diagrams.backends.torch.plans import Experiment, prepare
from learning_diagrams.backends.torch.plans.names.registry import MODULES, Registry
from learning_diagrams.backends.torch.plans.names.schedulers import KINDS, scheduler_of
from learning_diagrams.backends.torch.step.optimization import _require_options
from learning_diagrams.files.setting import Setting
from learning_diagrams.presentation.choice import Optimizer

NEEDED = {
    "cosine": {"T_max": 3}, "exponential": {"gamma": 0.1}, "multi_step": {"milestones": [1]},
    "one_cycle": {"max_lr": 1.0, "total_steps": 3}, "step": {"step_size": 1},
}  # fmt: skip
OWN = [name for name, maker in MODULES._makers.items() if maker.__module__.startswith("learning_diagrams.")]
MAKERS = [
    *((name, kind, lambda name, options: optimizer_of(Optimizer.read({"name": name, **options})))
      for name, kind in OPTIMIZERS.items()),
    *((name, kind, lambda name, options: scheduler_of(name, NEEDED.get(name, {}) | options))
      for name, kind in KINDS.items()),
    *((name, MODULES.maker(name), lambda name, options: MODULES.require(name, options, 1)) for name in OWN),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kind", "make"), MAKERS, ids=[name for name, _, _ in MAKERS])
@pytest.mark.parametrize("value", ["fast", ["a"]], ids=["a text", "a list of texts"])
def test_every_option_says_what_it_takes(name, kind, make, value):
    options = [*inspect.signature(kind).parameters][1:]
    assert options
    for option in options:
        if option in ("foreach", "fused"):  # which are no options of a file
            continue
        with pytest.raises(ld.TypeMismatch) as caught:
            make(name, {option: value})
        assert str(caught.value).startswith(f"option {option!r} of {name!r} must be ")
        assert f"got {value!r}" in str(caught.value) and caught.value.place == (option,)


@pytest.mark.parametrize(
    ("options", "place", "message"),
    [
        ({"lr": -1, "eps": 1e-8}, ("lr",), "refuses its options: Invalid learning rate: -1"),
        ({"weight_decay": -0.5, "lr": 0.1}, ("weight_decay",), "Invalid weight_decay value: -0.5"),
        ({"capturable": True, "lr": 0.1, "betas": [0.9, 1.5]}, ("betas",), "Invalid beta parameter at index 1: 1.5"),
    ],
)
def test_what_pytorch_refuses_has_the_place_of_its_option(options, place, message):
    with pytest.raises(ld.TypeMismatch) as caught:
        optimizer_of(Optimizer.read({"name": "adam", **options}))
    assert caught.value.place == place and message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "options", "place", "message"),
    [
        ("one_cycle", {"max_lr": 1.0}, (), "You must define either total_steps"),
        ("one_cycle", {"max_lr": 1.0, "total_steps": 3, "pct_start": -1}, ("pct_start",), "but got -1"),
        ("constant", {"factor": -2.5}, ("factor",), "to be between 0 and 1.; factor is -2.5"),
        ("exponential", {"gamma": 0.5, "last_epoch": 3}, ("last_epoch",), "'initial_lr' is not specified"),
    ],
)
def test_what_a_schedule_refuses_has_the_place_of_its_option(name, options, place, message):
    with pytest.raises(ld.TypeMismatch) as caught:
        scheduler_of(name, options)
    assert caught.value.place == place and message in str(caught.value) and "\n" not in str(caught.value)


def test_a_tensor_and_a_tuple_are_taken_in_python_and_a_text_is_not():
    _require_options(torch.optim.Adam, {"lr": torch.tensor(0.1), "betas": (0.9, 0.99), "eps": torch.tensor(1e-8)}, "")
    for options, message in (({"betas": 3}, "a list of 2 finite numbers, got 3"), ({"eps": "small"}, "got 'small'")):
        with pytest.raises(ld.TypeMismatch, match=message):
            _require_options(torch.optim.Adam, options, "groups= of box 'f': ")


def test_an_annotation_that_data_cannot_have_is_not_checked():
    made = Registry("a thing")

    class Own:
        pass

    def thing(ends, own: Own, either: Own | float, free, pair: tuple[int, str] = (1, "a")):
        return own, either, free, pair

    made.register("thing", thing)
    assert made.make("thing", {"own": 1, "either": 2.5, "free": "x", "pair": ["b", 2]}, "ends")[1] == 2.5
    with pytest.raises(ld.TypeMismatch, match="option 'either' of 'thing' must be a finite number, got 'x'"):
        made.make("thing", {"own": 1, "either": "x", "free": "x"}, "ends")


def test_all_options_of_a_stage_are_told_at_once_and_each_once(tmp_path):
    def change(plan):
        plan["modules"]["f"] = {"name": "mlp", "widths": "wide", "dropout": "much"}
        plan["stages"][0] |= {
            "optimizer": {"name": "adam", "lr": "fast", "betas": 0.9},
            "groups": {"f": {"weight_decay": 0.5}},
            "scheduler": {"name": "step", "step_size": "two", "gamma": "half"},
        }

    with pytest.raises(ld.TypeMismatch) as caught:
        prepare(Experiment.load(small_plan.written(tmp_path, change)))
    places = [line.split(": ")[1] for line in str(caught.value).splitlines()]
    assert places == [
        "stages[0].optimizer.betas", "stages[0].optimizer.lr", "stages[0].scheduler.step_size",
        "stages[0].scheduler.gamma", "modules.f.widths", "modules.f.dropout",
    ]  # fmt: skip


def test_the_optimizer_of_a_player_has_its_place_in_the_plan(tmp_path):
    def change(plan):
        players = {"one": {"terms": ["fit"], "boxes": ["f"], "optimizer": {"name": "adam", "lr": "fast"}}}
        plan["diagram"]["players"] = players
        for stage in plan["stages"]:
            stage.pop("lr", None)
            stage.pop("optimizer", None)

    path = small_plan.written(tmp_path, change)
    with pytest.raises(ld.TypeMismatch) as caught:
        prepare(Experiment.load(path))
    (line,) = str(caught.value).splitlines()
    assert ": diagram.players.one.optimizer.lr: player 'one': option 'lr' of 'adam' must be a finite number" in line
    plan = Experiment.load(path)
    (tmp_path / "own.json").write_text(json.dumps({"format": "learning-diagram/1", **plan.data["diagram"]}))
    with pytest.raises(ld.TypeMismatch, match=r"stages\[0\]: player 'one': option 'lr' of 'adam'"):
        prepare(Experiment.load(path, [Setting.read("diagram=own.json")]))
