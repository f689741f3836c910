"""Columns and paths of files of rows are what they should be, or are refused."""

import pytest

import learning_diagrams as ld
from learning_diagrams.backends.torch import ParquetRows

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


@pytest.mark.parametrize("columns", [[["x"]], {"x": ["y"]}, {3: "x"}, ["x", "x"], "x", 3])
def test_names_of_columns_are_different_texts(tmp_path, columns):
    parquet.write_table(pa.table({"x": [1.0]}), tmp_path / "rows.parquet")
    with pytest.raises(ld.TypeMismatch, match="columns="):
        ParquetRows(tmp_path / "rows.parquet", columns)
    with pytest.raises(ld.FileError, match="cannot read"):
        ParquetRows(tmp_path / ("long" * 100))
