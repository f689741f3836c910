"""What a plan declares and no term uses: a metric reads such a column, and of a box an error says what is missing."""

import pytest

import learning_diagrams as ld
import small_plan
from learning_diagrams.backends.torch.plans import Experiment, prepare, train


def loaded(folder, change):
    return Experiment.load(small_plan.written(folder, change))


def with_truth(plan):
    plan["diagram"]["sample_spaces"]["rows"]["truth"] = "kind"
    plan["metrics"]["accuracy"]["target"] = "truth"
    plan["validation"] = {"data": {"rows": {"columns": {"truth": "y"}}}, "monitor": "accuracy", "mode": "max"}


def test_a_metric_reads_a_column_that_no_constraint_reads(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()

    def plain(plan):
        plan["validation"] = {"data": {"rows": {}}, "monitor": "accuracy", "mode": "max"}

    run, same = (train(loaded(tmp_path / at, how), progress=False) for at, how in (("a", with_truth), ("b", plain)))
    assert dict(run.measured) == dict(same.measured) and "validation/accuracy" in run.measured
    prepared = prepare(loaded(tmp_path / "a", with_truth))
    assert "truth" not in prepared.data["rows"] and "truth" in prepared.validation["rows"]


def test_the_column_of_a_metric_is_missed_where_it_is_measured(tmp_path):
    def without(plan):
        with_truth(plan)
        plan["validation"]["data"] = {"rows": {}}
        plan["data"]["rows"]["columns"] = None

    with pytest.raises(ld.UnknownName) as caught:
        prepare(loaded(tmp_path, without))
    assert str(caught.value).count("validation.data.rows.columns.truth: the source has no column 'truth'") == 1
    assert "\n" not in str(caught.value)

    def unmeasured(plan):
        without(plan)
        plan["validation"] |= {"metrics": [], "monitor": "total"}

    assert prepare(loaded(tmp_path, unmeasured)).validation["rows"].keys() == {"x", "y"}


def test_a_sample_space_that_metrics_alone_read_needs_no_training_data(tmp_path):
    def apart(plan):
        plan["diagram"]["sample_spaces"]["others"] = {"u": "point", "v": "kind"}
        plan["metrics"]["accuracy"] |= {"prediction": "u >> f", "target": "v"}
        others = {"source": {"name": "npz", "path": "rows.npz"}, "columns": {"u": "x", "v": "y"}}
        plan["test"] = {"rows": {}, "others": others}

    run = train(loaded(tmp_path, apart), progress=False)
    assert 0 <= run.measured["test/accuracy"] <= 1


UNUSED = "is declared, but no constraint, no axiom and no metric uses it, so it is no part of the learning diagram; "
BOX = "box 'half' is declared, but no constraint and no axiom uses it, so it is no part of the learning diagram; use "
CASES = {
    "modules.half: " + BOX: lambda plan: plan["modules"].update(half="linear"),
    "modules.f: " + BOX: lambda plan: plan["modules"].update(f={"copy_of": "half"}),
    "metrics.accuracy.prediction: " + BOX: lambda plan: plan["metrics"]["accuracy"].update(prediction="x >> half >> f"),
    "spaces.other: object 'other' " + UNUSED: lambda plan: plan["spaces"].update(other="Mask(3)"),
    "data.more: sample space 'more' " + UNUSED: lambda plan: plan["data"].update(more={"source": "mnist5k"}),
    "data.rows.columns.z: column 'z' " + UNUSED: lambda plan: plan["data"]["rows"]["columns"].update(z="x"),
}


@pytest.mark.parametrize("message", CASES)
def test_a_name_that_no_term_uses_is_told_from_one_that_there_is_not(tmp_path, message):
    def change(plan):
        diagram = plan["diagram"]
        diagram["objects"] += ["other"]
        diagram["boxes"]["half"] = {"dom": ["point"], "cod": ["point"]}
        diagram["sample_spaces"] = {"rows": {"x": "point", "y": "kind", "z": "point"}, "more": {"w": "point"}}
        CASES[message](plan)

    with pytest.raises(ld.UnknownName) as caught:
        prepare(loaded(tmp_path, change))
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_bare_name_stays_that_of_the_column_which_terms_read(tmp_path):
    def change(plan):
        plan["diagram"]["sample_spaces"]["more"] = {"y": "kind"}
        plan["diagram"]["constraints"]["fit"] = {"lhs": "x >> f", "rhs": "rows.y"}

    assert "rows" in str(prepare(loaded(tmp_path, change)).metrics["accuracy"][2].dom)
