"""A learning diagram that reads no sample space is trained for a number of steps, each of which has no rows."""

import pytest
import torch
import yaml
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import (
    Euclidean,
    TorchFunctor,
    Validation,
    batches,
    compile,
    fit,
    plans,
    run_plan,
)
from learning_diagrams.report import run_folder

x, y = ld.Ty("x"), ld.Ty("y")
c, f, g = ld.Box("c", ld.Ty(), x), ld.Box("f", x, y), ld.Box("g", x, y)
ALIKE = ld.LearningDiagram(ld.Constraint("alike", c >> f, c >> g), frozen=[c, g])


def functor():
    torch.manual_seed(0)
    modules = {c: lambda: torch.ones(1, 2), f: nn.Linear(2, 2), g: nn.Linear(2, 2)}
    return TorchFunctor({x: Euclidean(2), y: Euclidean(2)}, modules)


def train(**options):
    objective = compile(ALIKE, functor())
    return objective, fit(objective, {}, progress=False, **{"lr": 0.1, **options})


def test_steps_say_how_long_it_is_trained():
    objective, history = train(steps=60)
    assert len(history.steps) == 60 and {row["epoch"] for row in history.steps} == {1}
    assert history.steps[0]["total"] > 0.1 and objective.evaluate({})["total"] < 1e-3


@pytest.mark.parametrize("options", [{"max_time": 0.02}, {"fast_dev_run": 2}, {"steps": 2, "accumulate": 2}])
def test_other_ways_to_say_how_long_it_is_trained(options):
    assert train(**options)[1].steps


def test_validation_has_one_batch_without_rows():
    _, history = train(steps=4, validation=Validation({}, metrics={"one": lambda _: 1.0}), validate_every=2)
    assert [row["step"] for row in history.validations] == [2, 4]
    assert history.validations[0]["validation/total"] > history.validations[1]["validation/total"]


def test_a_run_is_kept_and_goes_on(tmp_path):
    _, whole = train(steps=6)
    train(steps=3, run=tmp_path / "run", resume=True)
    _, rest = train(steps=6, run=tmp_path / "run", resume=True)
    assert [row["total"] for row in rest.steps] == [row["total"] for row in whole.steps]
    assert "there are no rows" in (tmp_path / "run" / run_folder.WORST).read_text(encoding="utf-8")


def test_a_plan_and_batches_by_hand():
    run = run_plan(ld.Plan(ld.Stage(ALIKE, steps=3)), functor(), {}, progress=False)
    assert len(run.histories[0].steps) == 3
    assert list(batches({}, steps=2, objective=compile(ALIKE, functor()))) == [{}, {}]


@pytest.mark.parametrize("strict", [True, False])
def test_epochs_are_refused_with_the_advice_to_give_steps(strict):
    data = {} if strict else {"rows": {"x": torch.zeros(3, 2)}}
    objective = compile(ALIKE, functor())
    for call in (
        lambda: fit(objective, data, epochs=2, strict=strict),
        lambda: next(batches(data, epochs=2, objective=objective, strict=strict)),
    ):
        with pytest.raises(ld.DataError, match=r"reads no sample space, .* give steps= instead of epochs="):
            call()


def test_data_are_needed_where_a_sample_space_is_read_or_nothing_says_what_is_read():
    at = ld.SampleSpace("rows").column("at", x)
    objective = compile(ld.LearningDiagram(ld.Constraint("alike", at >> f, at >> g), frozen=[g]), functor())
    for call in (lambda: fit(objective, {}, steps=1), lambda: next(batches({}, steps=1))):
        with pytest.raises(ld.DataError, match="data maps sample spaces to their data"):
            call()
    with pytest.raises(ld.DataError, match="has a sample space 'rows' that the learning diagram does not have"):
        fit(compile(ALIKE, functor()), {"rows": {"at": torch.zeros(3, 2)}}, steps=1, progress=False)


PLAN = {
    "format": "learning-plan/2",
    "name": "free",
    "spaces": {"x": "Euclidean(2)", "y": "Euclidean(2)"},
    "modules": {"c": {"name": "constant", "value": 1.0}, "f": {"name": "linear"}, "g": {"name": "linear"}},
    "data": {},
    "diagram": {
        "objects": ["x", "y"],
        "boxes": {"c": {"dom": [], "cod": ["x"]}, **{n: {"dom": ["x"], "cod": ["y"]} for n in ("f", "g")}},
        "frozen": ["c", "g"],
        "constraints": {"alike": {"lhs": "c >> f", "rhs": "c >> g"}},
    },
    "validation": {"data": {}},
    "test": {},
}


def written(folder, **stage):
    path = folder / "plan.yaml"
    path.write_text(yaml.safe_dump({**PLAN, "stages": [stage]}, sort_keys=False), encoding="utf-8")
    return path


def test_an_experiment_is_trained_validated_and_tested(tmp_path):
    run = plans.train(plans.Experiment.load(written(tmp_path, name="one", steps=5)), progress=False)
    assert len(run.histories[0].steps) == 5 and "validation/alike" in run.histories[0].validations[0]
    assert {"test/total", "test/alike"} <= run.measured.keys()


def test_epochs_of_an_experiment_are_refused_in_the_words_of_plans(tmp_path):
    experiment = plans.Experiment.load(written(tmp_path, name="one", epochs=2))
    with pytest.raises(ld.DataError, match=r"reads no sample space, .* give steps instead of epochs"):
        plans.train(experiment, progress=False)
