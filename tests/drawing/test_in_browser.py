"""Pictures as a browser draws them: texts do not meet, wires run beside plates, labels lie in their faces."""

import xml.etree.ElementTree as ElementTree
from collections import Counter

import pytest

import learning_diagrams as ld
from learning_diagrams import regimes
from picture_measures import faults, measured
from random_pictures import random_learning_diagram

BATCH = 5


def require_good(diagrams, visit, folder):
    pictures = [diagram.draw(theme="light").svg for diagram in diagrams]
    for svg in pictures:
        ElementTree.fromstring(svg)
    bad = []
    for diagram, picture in zip(diagrams, measured(visit, folder, pictures), strict=True):
        terms = Counter(term for player in diagram.players for term, _ in player.terms)
        rows = Counter(constraint.name for constraint in diagram.constraints)
        assert Counter(picture["named"]) == rows + (terms if diagram.players else rows)
        bad += [f"{diagram.name}: {line}" for line in faults(picture)]
    assert not bad, "\n".join(bad[:20])


@pytest.mark.parametrize("first", [0, *(pytest.param(n, marks=pytest.mark.thorough) for n in (1, 2))])
def test_the_regimes_keep_the_rules_of_pictures(first, visit, tmp_path):
    require_good([getattr(regimes, name)() for name in regimes.__all__[first::3]], visit, tmp_path)


def test_faces_of_axioms_keep_the_rules_of_pictures(visit, tmp_path):
    x, y = ld.Ty("x"), ld.Ty("y")
    f, g, h = ld.Box("f", x, y), ld.Box("g", y, x), ld.Kernel("h", x, y)
    laws = [ld.Equation(g >> f, ld.Id(y), "left inverse"), ld.Equation(f >> g, ld.Id(x), "right inverse")]
    data = ld.SampleSpace("rows").column("c", x)
    told = ld.Constraint("told", data >> f >> g, data, weight=ld.Box("w", ld.Ty(), y), detach="lhs")
    diagrams = [ld.LearningDiagram(axioms=[ld.Equation(h, f, "same")]), ld.LearningDiagram(axioms=laws)]
    require_good([*diagrams, ld.LearningDiagram(told, axioms=laws[:1])], visit, tmp_path)


@pytest.mark.parametrize("first", [0, *(pytest.param(n, marks=pytest.mark.thorough) for n in range(BATCH, 200, BATCH))])
def test_random_learning_diagrams_keep_the_rules_of_pictures(first, visit, tmp_path):
    require_good([random_learning_diagram(seed) for seed in range(first, first + BATCH)], visit, tmp_path)
