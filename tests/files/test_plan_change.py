"""A run goes on with those changes of its plan after which it ends as a run that had the new plan from the start."""

import copy

import pytest

import small_plan
from learning_diagrams.files.experiment_shape import read_shape
from learning_diagrams.files.plan_change import hinders, plan_changes
from small_plan import put

VALIDATED = {**small_plan.PLAN, "validation": {"data": {"rows": {}}, "metrics": ["accuracy"]}}


# a change of a plan, and for 0, 1, 2 stages that have begun whether it hinders
CASES = {
    "title": (put("name", to="other"), "000"),
    "title of a stage": (put("stages", 0, "name", to="other"), "000"),
    "device": (put("device", to="cpu"), "000"),
    "trackers": (put("trackers", to=["csv"]), "000"),
    "checkpoints": (put("checkpoints", to={"every": 3}), "000"),
    "test": (put("test", to={"rows": {}}), "000"),
    "sweep": (put("sweep", to={"grid": {"seed": [1]}}), "000"),
    "seed": (put("seed", to=1), "011"),
    "modules": (put("modules", "f", "widths", to=[9]), "011"),
    "further modules": (put("modules", "g", to="linear"), "000"),
    "spaces": (put("spaces", "point", to="Euclidean(2, positions='p')"), "011"),
    "data": (put("data", "rows", "source", "path", to="other.npz"), "011"),
    "columns": (put("data", "rows", "columns", "x", to="more"), "011"),
    "diagram": (put("diagram", "constraints", "fit", "weight", to=2.0), "011"),
    "more epochs": (put("stages", 0, "epochs", to=3), "001"),
    "fewer epochs": (put("stages", 0, "epochs", to=1), "011"),
    "more steps": (put("stages", 1, "steps", to=9), "000"),
    "fewer steps": (put("stages", 1, "steps", to=2), "001"),
    "batches": (put("stages", 0, "batch_size", to=4), "011"),
    "optimizer": (put("stages", 0, "optimizer", to={"name": "adam", "eps": 1e-3}), "011"),
    "rate": (put("stages", 0, "lr", to=0.5), "011"),
    "rate of a later stage": (put("stages", 1, "lr", to=0.5), "001"),
    "schedule": (put("stages", 0, "scheduler", to={"name": "step", "step_size": 2}), "011"),
    "a further stage": (lambda plan: plan["stages"].append({"steps": 3}), "000"),
    "a stage less": (lambda plan: plan["stages"].pop(), "001"),
    "validation": (put("validation", "mode", to="max"), "011"),
    "a metric that validation measures": (put("metrics", "accuracy", "target", to="x >> f"), "011"),
    "a further metric": (put("metrics", "more", to={"name": "accuracy", "prediction": "x", "target": "y"}), "000"),
    "nothing": (lambda plan: plan.update(seed=0), "000"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_change_hinders_once_training_has_depended_on_what_it_changes(case):
    change, expected = CASES[case]
    before, after = copy.deepcopy(VALIDATED), copy.deepcopy(VALIDATED)
    change(after)
    shapes = read_shape(before)[0], read_shape(after)[0]
    changes = plan_changes(*shapes)
    assert bool(changes) == (case != "nothing")
    assert "".join(str(int(any(hinders(each, *shapes, begun) for each in changes))) for begun in range(3)) == expected


def test_a_metric_that_is_measured_at_the_end_only_may_change():
    shapes = []
    for target in ("y", "x >> f"):
        plan = copy.deepcopy(small_plan.PLAN)
        plan["metrics"]["accuracy"]["target"] = target
        shapes.append(read_shape(plan)[0])
    (change,) = plan_changes(*shapes)
    assert str(change) == "was 'y' in the run, and is 'x >> f' here" and not hinders(change, *shapes, begun=2)


def test_the_time_of_a_stage_may_change_while_it_is_the_last_that_has_begun():
    shapes = [read_shape({"format": "learning-plan/2", "stages": [{"max_time": t}, {"steps": 1}]})[0] for t in (1, 0.5)]
    (change,) = plan_changes(*shapes)
    assert [hinders(change, *shapes, begun) for begun in range(3)] == [False, False, True]


@pytest.mark.parametrize(
    ("later", "said"),
    [
        ({}, []),
        ({"lr": 0.01}, []),
        ({"lr": 0.1}, ["was 0.01 in the run, and is 0.1 here"]),
        ({"optimizer": "adam"}, ["lr was 0.01 in the run, and is 0.001 here", "optimizer was null"]),
        ({"optimizer": {"name": "adam", "lr": 0.01}}, ["optimizer was null"]),
    ],
)
def test_the_learning_rate_of_a_stage_that_names_none_is_that_before(later, said):
    """The default 0.001 is no rate of a stage that goes on with an optimizer."""
    first = {"steps": 1, "optimizer": {"name": "adam", "lr": 0.01}}
    plans = [[first, {"steps": 1}, {"steps": 1}], [first, {"steps": 1} | later, {"steps": 1}]]
    changes = plan_changes(*(read_shape({"format": "learning-plan/2", "stages": stages})[0] for stages in plans))
    shown = [f"{each.place[2]} {each}" for each in changes if each.place[:2] == ("stages", 1)]
    assert len(shown) == len(said) and all(text in line for text, line in zip(said, shown, strict=True))


def test_the_rate_after_a_schedule_is_where_it_ends():
    first = {"steps": 1, "optimizer": "adam", "scheduler": {"name": "cosine", "T_max": 9}}
    plans = [[first, {"steps": 1}], [first, {"steps": 1, "lr": 0.1}]]
    (change,) = plan_changes(*(read_shape({"format": "learning-plan/2", "stages": stages})[0] for stages in plans))
    assert str(change) == "was where the schedule of the stage before ends in the run, and is 0.1 here"
