"""No fault of a plan hides another one, and none is told twice."""

import copy
import json

import pytest

import learning_diagrams as ld
import small_plan
from learning_diagrams.backends.torch.plans import Experiment, prepare
from small_plan import put

DATA = ("data", "rows")


def places_of(tmp_path, *changes):
    """The places of all faults of a plan."""
    path = small_plan.written(tmp_path, lambda plan: [change(plan) for change in changes])
    with pytest.raises(ld.LearningDiagramError) as caught:
        prepare(Experiment.load(path))
    return [line.split(": ")[1] for line in str(caught.value).splitlines() if line.startswith(str(path))]


WIDTH = put("modules", "f", to={"name": "mlp", "width": 3})
COLUMN = put(*DATA, "columns", "x", to="z")
MONITOR = put("validation", to={"data": {"rows": {}}, "monitor": "fitt"})
MEASURE = put("sweep", to={"grid": {"seed": [0, 1]}, "measure": "fitt"})
DIVERGENCE = put("diagram", "constraints", "fit", "divergence", to="mse")


@pytest.mark.parametrize(
    ("changes", "places"),
    [
        ([WIDTH, MONITOR], ["modules.f.width", "validation"]),
        ([COLUMN, MONITOR], ["data.rows.columns.x", "validation"]),  # and the same column of validation is not told
        ([WIDTH, COLUMN, MONITOR], ["modules.f.width", "data.rows.columns.x", "validation"]),
        ([WIDTH, MEASURE], ["modules.f.width", "sweep.measure"]),
        ([MONITOR, MEASURE], ["validation", "sweep.measure"]),
        ([put("device", to="gpu"), MONITOR, MEASURE], ["device", "validation", "sweep.measure"]),
        ([WIDTH, DIVERGENCE], ["modules.f.width", "diagram.constraints.fit"]),
        ([put("stages", 0, "optimizer", to="adm"), DIVERGENCE], ["stages[0].optimizer", "diagram.constraints.fit"]),
        ([put("spaces", "point", to="Euclid(2)"), WIDTH, MONITOR], ["spaces.point", "modules.f.width", "validation"]),
        ([put("spaces", "kind", to="Finite(4)"), put("device", to="gpu"),
          put("diagram", "boxes", "f", "kernel", to=False)], ["device", "diagram.boxes.f"]),
    ],
)  # fmt: skip
def test_a_fault_hides_no_other_one(tmp_path, changes, places):
    assert places_of(tmp_path, *changes) == places


def test_divergences_of_several_constraints_are_told_at_once(tmp_path):
    def change(plan):
        DIVERGENCE(plan)
        plan["diagram"]["constraints"]["again"] = {"lhs": "x >> f", "rhs": "y", "divergence": {"name": "kl", "t": 1}}

    assert places_of(tmp_path, change) == ["diagram.constraints.again", "diagram.constraints.fit"]


def test_what_is_wrong_in_every_learning_diagram_stands_beside_one_that_cannot_be_read(tmp_path):
    def change(plan):
        laws = {"fit": {"lhs": "x >> g", "rhs": "y"}, "again": {"lhs": "z >> f", "rhs": "y"}}
        plan["diagram"]["constraints"] = laws
        plan["stages"][0]["optimizer"] = {"name": "adam", "lr": "fast"}
        plan["test"] = {"rows": {"rows": {"split": "a", "part": "b"}}, "row": {}}
        plan["metrics"] = {"hits": {"name": "accuracy", "prediction": "x >> g", "target": "y", "top": 5}}

    assert places_of(tmp_path, change, WIDTH, COLUMN) == [
        "diagram.constraints.fit.lhs", "diagram.constraints.again.lhs", "stages[0].optimizer.lr", "modules.f.width",
        "data.rows.columns.x", "test.rows.rows.split", "metrics.hits.top",
    ]  # fmt: skip


def test_faults_of_a_file_stand_apart(tmp_path):
    text = {"format": "learning-diagram/1", **copy.deepcopy(small_plan.PLAN["diagram"])}
    text["constraints"] = {name: {"lhs": "x >> g", "rhs": "y"} for name in ("one", "two")}
    (tmp_path / "own.json").write_text(json.dumps(text), encoding="utf-8")
    assert places_of(tmp_path, put("diagram", to="own.json")) == ["diagram"] * 2


def test_the_names_that_are_known_without_a_module_are_those_that_are_measured(tmp_path):
    def known(*changes):
        path = small_plan.written(tmp_path, lambda plan: [change(plan) for change in changes])
        with pytest.raises(ld.LearningDiagramError) as caught:
            prepare(Experiment.load(path))
        return [line for line in str(caught.value).splitlines() if "does not measure" in line]

    law = put("diagram", "constraints", "total", to={"lhs": "x >> f", "rhs": "y"})
    for change in (MONITOR, MEASURE):
        assert len(known(law, change)) == 1 and "term/total" in known(law, change)[0]
        # The line is another one where the file is.
        cut = [line.partition(": ")[2] for line in (*known(law, change), *known(law, change, WIDTH))]
        assert cut[0] == cut[1]
