"""Learning diagrams with hardly anything, or with very much, have a picture; a file is written whole or not at all."""

import ast
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import learning_diagrams as ld
from learning_diagrams import drawing, regimes
from learning_diagrams.drawing.graph import arrows
from learning_diagrams.presentation.constraint import Constraint

x = ld.Ty("x")
f, scalar = ld.Box("f", x, x), ld.Box("s", ld.Ty(), ld.Ty())
column = ld.SampleSpace("rows").column("c", x)


@pytest.mark.parametrize(
    "diagram",
    [
        ld.LearningDiagram(),
        ld.LearningDiagram(name="nothing"),
        ld.LearningDiagram(axioms=[ld.Equation(f >> f, f, "twice")]),
        ld.LearningDiagram(axioms=[ld.Equation(scalar, ld.Id(ld.Ty()), "one")]),
        ld.LearningDiagram(ld.Constraint("scaled", column >> f @ scalar, column)),
        ld.LearningDiagram(ld.Constraint("trivial", column, column)),
        ld.LearningDiagram(ld.Constraint("law", ld.Kernel("n", ld.Ty(), x), ld.Kernel("m", ld.Ty(), x))),
        ld.LearningDiagram(ld.Constraint("many", column >> ld.Box("g", x, x @ x), column >> ld.Copy(x))),
    ],
)
def test_hardly_anything_has_a_picture(diagram, tmp_path):
    picture = diagram.draw(tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert text == picture.svg and picture.scene.width == 1000
    for each in (*diagram.constraints, *diagram.axioms):
        assert f">{each.name}</text>" in text


@pytest.mark.parametrize("n", [2000, pytest.param(5000, marks=pytest.mark.thorough)])
def test_very_much_is_folded_and_no_arrow_of_it_is_sought(n, monkeypatch):
    sought = []
    monkeypatch.setattr(arrows, "cost_of", lambda *parts: sought.append(parts) or 0.0)
    boxes = [ld.Box(f"b{i}", x, x) for i in range(n)]
    picture = ld.LearningDiagram(ld.Constraint("long", column >> ld.Id(x).then(*boxes), column)).draw()
    assert picture.scene.width == 1000 and picture.scene.height > 1000 and not sought
    assert picture.svg.count("data-box") >= 2 * n


def test_the_routes_that_are_tried_are_linear_in_the_constraints(monkeypatch):
    sought = []
    original = arrows.cost_of
    monkeypatch.setattr(arrows, "cost_of", lambda *parts: sought.append(parts) or original(*parts))

    def cost(n):
        sought.clear()
        boxes = [ld.Box(f"b{i}", x, ld.Ty("y")) for i in range(2 * n)]
        terms = [ld.Constraint(f"c{i}", column >> boxes[2 * i], column >> boxes[2 * i + 1]) for i in range(n)]
        ld.LearningDiagram(*terms).draw()
        return len(sought)

    assert cost(80) <= 2 * cost(40) + 10


def test_a_missing_folder_and_a_full_disk_are_typed_errors_and_leave_the_old_file(tmp_path, monkeypatch):
    diagram, path = regimes.supervised(), tmp_path / "a.svg"
    with pytest.raises(ld.FileError, match="there is no folder"):
        diagram.draw(tmp_path / "missing" / "a.svg")
    with pytest.raises(ld.TypeMismatch, match=r"a picture is drawn to a path, .*, got 3"):
        diagram.draw(3)
    path.write_text("old", encoding="utf-8")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ld.FileError, match="No space left on device"):
        diagram.draw(path)
    assert path.read_text(encoding="utf-8") == "old" and [each.name for each in tmp_path.iterdir()] == ["a.svg"]


def test_pictures_are_the_same_bytes_in_every_process():
    code = (
        "import hashlib; from learning_diagrams import regimes\n"
        "print([hashlib.sha256(getattr(regimes, n)().draw().svg.encode()).hexdigest() for n in ('gan', 'lens_laws')])"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1


def test_drawing_reads_no_field_of_a_constraint_by_its_name():
    """What a picture says of a constraint are its phrases, its factor and its measure."""
    names = {meaning.name for meaning in Constraint.listed()}
    for path in Path(drawing.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                assert node.attr not in names, f"{path.name}, line {node.lineno}: .{node.attr}"
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "getattr":
                assert not {getattr(part, "value", None) for part in node.args} & names, f"{path.name}: getattr"


@pytest.mark.parametrize("name", ["\x00\x1b[31m", "\ud800", "\ufffe\uffff", "]]></title>", "&", "\u202e", "a" * 200])
def test_every_name_is_a_well_formed_picture(name):
    a, rows = ld.Ty(f"{name}a"), ld.SampleSpace(f"{name}s")
    read, box = rows.column(f"{name}c", a), ld.Kernel(f"{name}k", a, a)
    diagram = ld.LearningDiagram(ld.Constraint(name, read >> box, read), name=name)
    for picture in (diagram.draw(), ld.draw(read >> box), ld.difference(diagram, ld.LearningDiagram()).draw()):
        ElementTree.fromstring(picture.svg)
