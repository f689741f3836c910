"""Data in files: which columns are read, and what is refused where."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import learning_diagrams as ld
from learning_diagrams.cli import app
from learning_diagrams.files.column_file import read_columns

SPACES = {"rows": ["x", "y", "z"], "others": ["w"]}
TWICE = """\
format: learning-diagram/1
objects: [a, b]
sample_spaces: {rows: {x: a, y: b, z: b}}
boxes: {f: {dom: [a], cod: [b]}}
constraints: {one: {lhs: x >> f, rhs: y}, two: {lhs: x >> f, rhs: z}}
"""


def test_columns_with_and_without_absent_rows(tmp_path):
    data = {"rows": {"x": [[1, 2.5], [0, 0]], "y": ["cat", None]}, "others": {"w": [True]}}
    path = tmp_path / "data.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    assert read_columns(path, SPACES) == {
        "rows": {"x": [[1, 2.5], [0, 0]], "y": (["cat", None], [True, False])},
        "others": {"w": [True]},
    }


BAD = {
    "": ("not JSON", ld.FileError),
    '{"rows": ': ("not JSON", ld.FileError),
    "[1, 2]": ('expected the columns of sample spaces, as {"space"', ld.FileError),
    '{"rows": [1]}': ("data.json:1: rows: expected a mapping from columns to values", ld.FileError),
    '{"rows": {"x": 1}}': ("data.json:1: rows.x: expected a list with a value for each row, got 1", ld.FileError),
    '{"rows": {"x": [1, {}]}}': (r"data.json:1: rows.x\[1\]: expected finite numbers, strings", ld.FileError),
    '{"rows": {"x": [[1, null]]}}': (r"data.json:1: rows.x\[0\]: expected finite numbers", ld.FileError),
    '{"rows": {"x": [1e999]}}': (r"data.json:1: rows.x\[0\]: expected finite numbers", ld.FileError),
    '{"rows": {"x": [NaN]}}': ("data.json:1: NaN is not JSON", ld.FileError),
    '{"rows": {"x": [1], "x": [2]}}': ("data.json:1: the key 'x' is given twice", ld.FileError),
    '{"rows": {"x": ' + "[" * 50 + "]" * 50 + "}}": (r"rows.x\[0\]: expected finite numbers", ld.FileError),
    "[" * 100_000: ("data.json:1: lists and mappings are nested more than 200 deep", ld.FileError),
    '{"row": {}}': ("data.json:1: row: no sample space is named 'row'; did you mean 'rows'", ld.UnknownName),
    '{"rows": {"w": []}}': ("sample space 'rows' has no column 'w'; known: 'x', 'y', 'z'", ld.UnknownName),
    '{"rows": {"x": [1, 2], "y": [1]}}': (
        "data.json:1: rows: the columns have unequal numbers of rows: 'x' has 2, 'y' has 1; write null",
        ld.DataError,
    ),
    '{"rows": {"x": [null, [1], [1, 2]]}}': (
        r"rows.x\[2\]: .* one shape; this is a list of 2 values, .* and row 1 is a list of 1 value",
        ld.DataError,
    ),
    '{"rows": {"x": [1, [1]]}}': ("and row 0 is a single value", ld.DataError),
    '{"rows": {"x": [[[1], [1, 2]]]}}': ("the parts of a value have one shape", ld.DataError),
}


@pytest.mark.parametrize("text", BAD, ids=lambda text: text[:40])
def test_what_is_none_is_a_typed_error(tmp_path, text):
    path = tmp_path / "data.json"
    path.write_text(text, encoding="utf-8")
    message, kind = BAD[text]
    with pytest.raises(kind, match=message):
        read_columns(path, SPACES)


def test_a_fault_is_named_with_its_line(tmp_path):
    path = tmp_path / "data.json"
    path.write_text('{"rows": {\n"x": [1,\n2],\n"y": [1,\n[]]}}', encoding="utf-8")
    with pytest.raises(ld.DataError, match=r"data\.json:5: rows\.y\[1\]: the rows of a column"):
        read_columns(path, SPACES)
    path.write_text('{"rows": {"x":\n[1,\n' + "[" * 300 + "]" * 300 + "]}}", encoding="utf-8")  # `read_json` refuses it
    with pytest.raises(ld.FileError, match=r"data\.json:3: rows\.x\[1\]: expected finite numbers"):
        read_columns(path, SPACES)


def test_a_missing_file_and_a_folder(tmp_path):
    for path, message in ((tmp_path / "none.json", "there is no file"), (tmp_path, "cannot read")):
        with pytest.raises(ld.FileError, match=message):
            read_columns(path, SPACES)


@pytest.fixture
def review(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("twice.yaml").write_text(TWICE, encoding="utf-8")

    def run(data):
        Path("data.json").write_text(json.dumps(data), encoding="utf-8")
        return CliRunner().invoke(app, ["review", "twice.yaml", "--data", "data.json"])

    return run


def test_a_review_of_data(review):
    refuted = review({"rows": {"y": [1, 2, 3], "z": [1, 2, 4]}})
    assert refuted.exit_code == 1
    assert "inconsistent" in refuted.stdout and "the data refute, first in row 2: 3 and 4" in refuted.stdout
    agreed = review({"rows": {"y": [1, 2, 3], "z": [1, 2, 3]}})
    assert (agreed.exit_code, agreed.stdout) == (0, "twice.yaml: nothing found\n")
    assert "forced: the constraints prove" in review({"rows": {"y": [1, 2, 3]}}).stdout


def test_a_review_of_absent_rows(review):
    """Constraints over masked rows prove nothing of the others, and an equation of those that they share."""
    agreed = {"rows": {"y": [1, 2, 3], "z": [1, None, 3]}}
    assert review(agreed).stdout == "twice.yaml: nothing found\n"
    apart = {"rows": {"y": [1, None, 3], "z": [None, 2, 3]}}
    assert review(apart).stdout == "twice.yaml: nothing found\n"
    refuted = {"rows": {"y": [1, None, 3], "z": [None, 2, 4]}}
    assert "the data refute, first in row 2: 3 and 4" in review(refuted).stdout
    assert review({"rows": {"x": [1, 2, None]} | refuted["rows"]}).stdout == "twice.yaml: nothing found\n"


def test_a_review_of_no_data(review):
    done = review({"rows": {"why": [1]}})
    assert done.exit_code == 2 and done.stdout == ""
    assert "data.json:1: rows.why: sample space 'rows' has no column 'why'" in done.stderr
    done = CliRunner().invoke(app, ["review", "twice.yaml", "--data", "nowhere.json"])
    assert done.exit_code == 2 and "there is no file 'nowhere.json'" in done.stderr
