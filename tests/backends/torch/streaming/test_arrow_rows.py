"""Columns and paths of files of rows are what they should be, or are refused."""

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset

import learning_diagrams as ld
from learning_diagrams.backends.torch import ArrowRows, Euclidean, ParquetRows, TorchFunctor, compile, fit

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


@pytest.mark.parametrize("columns", [[["x"]], {"x": ["y"]}, {3: "x"}, ["x", "x"], "x", 3])
def test_names_of_columns_are_different_texts(tmp_path, columns):
    parquet.write_table(pa.table({"x": [1.0]}), tmp_path / "rows.parquet")
    with pytest.raises(ld.TypeMismatch, match="columns="):
        ParquetRows(tmp_path / "rows.parquet", columns)
    with pytest.raises(ld.FileError, match="cannot read"):
        ParquetRows(tmp_path / ("long" * 100))


@pytest.fixture
def table(tmp_path):
    numbers = {"a": [1.0, 2.0, 3.0, 4.0], "b": [5.0, None, 7.0, 8.0], "n": [1, 2, 3, 4]}
    parquet.write_table(pa.table({**numbers, "s": ["x"] * 4, "l": [[1.0]] * 4}), tmp_path / "rows.parquet")
    with (
        pa.OSFile(str(tmp_path / "rows.arrow"), "wb") as file,
        pa.ipc.new_file(file, pa.schema(numbers_types())) as out,
    ):
        out.write_table(pa.table(numbers))
    return tmp_path


def numbers_types():
    return {"a": pa.float64(), "b": pa.float64(), "n": pa.int64()}


def trained(source, size, **options):
    x, y = ld.Ty("x"), ld.Ty("y")
    rows, box = ld.SampleSpace("rows"), ld.Box("f", x, y)
    diagram = ld.LearningDiagram(ld.Constraint("fit", rows.column("x", x) >> box, rows.column("y", y)))
    module = nn.Linear(size, 1)
    nn.init.ones_(module.weight)
    objective = compile(diagram, TorchFunctor(ob={x: Euclidean(size), y: Euclidean(1)}, ar={box: module}))
    return fit(objective, {"rows": source}, progress=False, lr=0.0, **{"steps": 1, **options})


@pytest.mark.parametrize("make", [ParquetRows, ArrowRows])
def test_a_tuple_of_columns_is_a_vector_in_its_order(table, make):
    file = table / f"rows.{'parquet' if make is ParquetRows else 'arrow'}"
    (batch,) = make(file, {("b", "n", "b"): "x", ("a",): "y"})
    values, present = batch["x"]
    assert values.tolist() == [[5, 1, 5], [0, 2, 0], [7, 3, 7], [8, 4, 8]]
    assert present.tolist() == [True, False, True, True] and batch["y"].tolist() == [[1.0], [2.0], [3.0], [4.0]]


@pytest.mark.parametrize("name, fault", [("s", "holds texts, the first"), ("l", r"has rows of the shape \[1\]")])
def test_a_vector_is_made_of_columns_of_numbers(table, name, fault):
    with pytest.raises(ld.FileError, match=f"'x' .* is made of 'a', '{name}', and '{name}' {fault}"):
        next(iter(ParquetRows(table / "rows.parquet", {("a", name): "x"})))


@pytest.mark.parametrize("columns, error", [({("a", "z"): "x"}, ld.UnknownName), ({(): "x"}, ld.TypeMismatch)])
def test_a_vector_has_columns_of_the_file(table, columns, error):
    with pytest.raises(error):
        ParquetRows(table / "rows.parquet", columns)


def test_a_column_of_numbers_is_one_of_points_of_the_line(table):
    rows = ParquetRows(table / "rows.parquet", {"a": "x", "b": "y"}, batch_size=4)
    vectors = ParquetRows(table / "rows.parquet", {("a",): "x", ("b",): "y"}, batch_size=4)
    torch.manual_seed(0)
    first = trained(rows, 1)
    torch.manual_seed(0)
    assert first.steps[0] == trained(vectors, 1).steps[0] and first.counts[0] == {"fit": 3}


def test_a_file_with_another_type_of_a_column_is_refused_by_its_name(tmp_path):
    parquet.write_table(pa.table({"x": [1.0], "y": [1]}), tmp_path / "a.parquet")
    parquet.write_table(pa.table({"x": [1.0], "y": ["one"]}), tmp_path / "b.parquet")
    assert len(ParquetRows(tmp_path, ["x"]).parts) == 2
    with pytest.raises(
        ld.FileError, match=r"column 'y' of .*b\.parquet' has the type string, and in .*a\.parquet' int64"
    ):
        ParquetRows(tmp_path)


def test_an_arrow_file_without_a_row_has_its_columns(table):
    types = pa.schema(numbers_types())
    with pa.OSFile(str(table / "empty.arrow"), "wb") as file, pa.ipc.new_file(file, types):
        pass
    assert ArrowRows([table / "empty.arrow", table / "rows.arrow"], ["a"]).rows == 4


def test_a_loader_gives_the_batches_as_tensors_in_one_process(table):
    rows = ParquetRows(table / "rows.parquet", {("a", "n"): "x", ("b",): "y"}, batch_size=2)
    loader = DataLoader(rows, batch_size=None)
    assert isinstance(rows, IterableDataset) and len(loader) == 2
    assert [batch["x"].tolist() for batch in loader] == [[[1, 1], [2, 2]], [[3, 3], [4, 4]]]
    half = ParquetRows(table / "rows.parquet", {("a",): "x", ("n",): "y"}, batch_size=2)
    doubles = [{"x": batch["x"].float(), "y": batch["y"].float()} for batch in DataLoader(half, batch_size=None)]
    torch.manual_seed(0)
    by_hand = trained(doubles, 1, steps=2)
    torch.manual_seed(0)
    assert by_hand.steps == trained(half, 1, steps=2).steps
    for options in ({}, {"batch_size": None, "num_workers": 1}):
        with pytest.raises(ld.DataError, match="DataLoader of a ParquetRows, which makes the batches itself"):
            trained(DataLoader(rows, **options), 2)
    with pytest.raises(ld.DataError, match="read by one process"):
        next(iter(DataLoader(rows, batch_size=None, num_workers=1)))


def test_another_batch_size_than_that_of_the_source_is_refused(table):
    rows = ParquetRows(table / "rows.parquet", {"a": "x", "n": "y"}, batch_size=2)
    for size in (3, {"rows": 3}):
        with pytest.raises(ld.DataError, match="'rows' is 3, and its data come in batches of 2"):
            trained(rows, 1, batch_size=size)
    assert len(trained(rows, 1, steps=None, epochs=1, batch_size={"rows": 2}).steps) == 2
