"""Sources that are read while they are trained on: faults are found before, at their places."""

import copy

import numpy as np
import pytest

import learning_diagrams as ld
import small_plan
from learning_diagrams.backends.torch.plans import Experiment, prepare, train
from learning_diagrams.backends.torch.plans.names.registry import DATA
from learning_diagrams.backends.torch.plans.reading import sources

pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
SOURCES = {
    "parquet": {"name": "parquet", "path": "rows.parquet", "shuffle": 16},
    "npz": {"name": "npz", "path": "rows.npz"},
    "own stream": "own_stream",
}


class Rows:
    """A part that is held in memory."""

    rows = 40

    def __init__(self, columns):
        self.columns = columns

    def pieces(self, start):
        yield {name: (values[start:], None) for name, values in self.columns.items()}


def own_stream(folder):
    arrays = {"x": np.zeros((40, 2)), "y": np.arange(40) % 3, "z": np.arange(40) % 2}
    return sources.Streamed(lambda names: [Rows({name: arrays[name] for name in names})], ("x", "y", "z"), 16)


def written(folder, source, change=lambda plan: None):
    """The path of a plan whose rows come from a source, with a Parquet file beside it."""

    def changed(plan):
        plan["data"]["rows"]["source"] = source
        change(plan)

    DATA.register("own_stream", own_stream)
    x = pyarrow.FixedSizeListArray.from_arrays(np.zeros(80), 2)
    table = pyarrow.table({"x": x, "y": np.arange(40) % 3, "z": np.arange(40) % 2})
    parquet.write_table(table, folder / "rows.parquet")
    path = small_plan.written(folder, changed)
    np.savez(folder / "rows.npz", x=np.zeros((40, 2)), y=np.arange(40) % 3, z=np.arange(40) % 2)
    return path


def faults(path):
    with pytest.raises(ld.LearningDiagramError) as caught:
        prepare(Experiment.load(path))
    return [line.partition(": ")[2] for line in str(caught.value).splitlines()]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("place", ["data", "validation", "test"])
def test_a_column_that_the_source_does_not_have_is_a_fault_at_its_place(tmp_path, source, place):
    def change(plan):
        other = {"rows": {"columns": {"y": "yy"}}}
        if place == "data":
            plan["data"]["rows"]["columns"]["y"] = "yy"
        else:
            plan |= {"validation": {"data": other}} if place == "validation" else {"test": other}

    where = "validation.data" if place == "validation" else place
    fault = f"{where}.rows.columns.y: the source has no column 'yy'; did you mean 'y'?"
    (found,) = faults(written(tmp_path, SOURCES[source], change))
    assert found.startswith(fault)


def read_from(table):
    """For each column of a sample space, the column of the source."""
    if hasattr(table, "parts"):
        return {name: shape.column for name, shape in table.parts[0].columns.items()}
    return {name: ("y" if 2 in values else "z") if name != "x" else "x" for name, values in table.items()}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("place", ["validation", "test"])
@pytest.mark.parametrize("named", [False, True], ids=["", "the source is named again"])
def test_an_entry_changes_one_column_where_the_data_leave_columns_out(tmp_path, source, place, named):
    def change(plan):
        del plan["data"]["rows"]["columns"]
        entry = {"rows": {"columns": {"y": "z"}} | ({"source": copy.copy(SOURCES[source])} if named else {})}
        plan[place] = {"data": entry} if place == "validation" else entry

    prepared = prepare(Experiment.load(written(tmp_path, SOURCES[source], change)))
    assert read_from(prepared.data["rows"]) == {"x": "x", "y": "y"}
    assert read_from(getattr(prepared, place)["rows"]) == {"x": "x", "y": "z"}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("place", ["validation", "test"])
@pytest.mark.parametrize("columns", [{"y": "z"}, {"other": "y"}], ids=["of its name", "of another name"])
def test_a_column_that_a_metric_alone_reads_is_merged_too(tmp_path, source, place, columns):
    extra = "z" if "y" in columns else "other"

    def change(plan):
        del plan["data"]["rows"]["columns"]
        plan["diagram"]["sample_spaces"]["rows"][extra] = "kind"
        plan["metrics"]["accuracy"]["target"] = extra
        entry = {"rows": {"columns": columns}}
        plan[place] = {"data": entry} if place == "validation" else entry

    prepared = prepare(Experiment.load(written(tmp_path, SOURCES[source], change)))
    assert read_from(prepared.data["rows"]) == {"x": "x", "y": "y"}
    assert read_from(getattr(prepared, place)["rows"]) == {"x": "x", "y": "y"} | {extra: extra} | columns


def test_a_column_of_the_diagram_that_the_source_does_not_have_is_missed_where_it_is_read(tmp_path):
    def change(plan):
        del plan["data"]["rows"]["columns"]
        plan["diagram"]["sample_spaces"]["rows"]["other"] = "kind"
        plan["metrics"]["accuracy"]["target"] = "other"
        plan["validation"] = {"data": {"rows": {"columns": {"y": "z"}}}}

    (fault,) = faults(written(tmp_path, SOURCES["npz"], change))
    missing = "column 'other' of sample space 'rows' is missing; known: 'x', 'y'"
    assert fault == f"validation: stage 1, 'first': {missing}; a stage with validation: false is not validated"


@pytest.mark.parametrize("source", SOURCES)
def test_each_column_has_its_own_fault(tmp_path, source):
    def both(plan):
        plan["data"]["rows"]["columns"] = {"x": {"column": ["y", "xx"]}, "y": "yy"}

    def one(plan):
        plan["data"]["rows"]["columns"] = {"x": "xx", "y": {"column": "y", "subtract": -1}}

    x, y = faults(written(tmp_path, SOURCES[source], both))
    assert x.startswith("data.rows.columns.x: the source has no column 'xx'")
    assert y.startswith("data.rows.columns.y: the source has no column 'yy'")
    x, y = faults(written(tmp_path, SOURCES[source], one))
    assert x.startswith("data.rows.columns.x: the source has no column 'xx'")
    assert y.startswith("data.rows.columns.y: column 'y' has labels from 1 to 3")


def test_a_first_file_without_a_row_is_passed_over_and_a_source_without_a_row_is_a_fault(tmp_path):
    path = written(tmp_path, {"name": "parquet", "path": "files", "shuffle": 16})
    (tmp_path / "files").mkdir()
    table = parquet.read_table(tmp_path / "rows.parquet")
    parquet.write_table(table.slice(0, 0), tmp_path / "files" / "a.parquet")
    assert len(faults(path)) == 1 and faults(path)[0].startswith("data.rows.source: the source has 0 rows")
    parquet.write_table(table, tmp_path / "files" / "b.parquet")
    assert len(train(Experiment.load(path), progress=False).histories[0].steps) == 10


def test_a_stream_in_file_order_is_noted_unless_the_plan_says_that_it_is_meant(tmp_path):
    source = {"name": "parquet", "path": "rows.parquet"}
    path = written(tmp_path, source)
    (note,) = prepare(Experiment.load(path)).notes
    assert note.partition(": ")[2].startswith("data.rows.source: the rows of 'rows' are trained on in the order")
    with pytest.warns(UserWarning, match="shuffle: 10000 in the source shuffles them anew in each epoch"):
        train(Experiment.load(path), progress=False)
    for shuffle in (0, 16):
        assert prepare(Experiment.load(written(tmp_path, source | {"shuffle": shuffle}))).notes == ()


def test_only_a_stream_of_training_that_can_be_shuffled_is_noted(tmp_path):
    def in_order(folder):
        stream = own_stream(folder)
        return sources.Streamed(stream.parts, stream.names, 0)

    def split(plan):
        plan["splits"] = {"s": {"parts": {"train": 0.5}}}
        plan["data"]["rows"]["rows"] = {"split": "s", "part": "train"}

    def measured(plan):
        source = {"name": "parquet", "path": "rows.parquet"}
        plan["validation"] = {"data": {"rows": {"source": source, "columns": {"x": "x", "y": "y"}}}}

    DATA.register("in_order", in_order)
    for source, change in (
        ("in_order", lambda plan: None),
        ({"name": "parquet", "path": "rows.parquet"}, split),
        (SOURCES["npz"], measured),
    ):
        assert prepare(Experiment.load(written(tmp_path, source, change))).notes == ()
