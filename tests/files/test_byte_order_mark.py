"""Every reader of files takes a byte order mark, which some editors write before UTF-8."""

import codecs
import json

import pytest

import learning_diagrams as ld
from learning_diagrams.files.column_file import read_columns

x, rows = ld.Ty("x"), ld.SampleSpace("rows")
f = ld.Box("f", x, x)
diagram = ld.LearningDiagram(ld.Constraint("c", rows.column("u", x) >> f, rows.column("v", x)))
plan = ld.Plan(ld.Stage(diagram, steps=1))


def mark(path):
    path.write_bytes(codecs.BOM_UTF8 + path.read_bytes())
    return path


@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_learning_diagrams_and_plans(tmp_path, suffix):
    for thing, load in ((diagram, ld.load), (plan, ld.Plan.load)):
        path = tmp_path / f"file.{suffix}"
        thing.save(path) if thing is plan else ld.save(diagram, path)
        assert load(mark(path)) == thing


def test_columns(tmp_path):
    path = tmp_path / "data.json"
    path.write_text(json.dumps({"rows": {"u": [1, 2]}}), encoding="utf-8")
    assert read_columns(mark(path), {"rows": ["u"]}) == {"rows": {"u": [1, 2]}}
