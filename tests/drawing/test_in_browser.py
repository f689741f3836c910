"""Pictures as a browser draws them: texts do not meet, wires run beside plates, labels lie in their faces."""

import xml.etree.ElementTree as ElementTree
from collections import Counter

import pytest

from learning_diagrams import regimes
from picture_measures import faults, measured
from random_pictures import random_learning_diagram

BATCH = 10


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


def test_the_regimes_keep_the_rules_of_pictures(visit, tmp_path):
    require_good([getattr(regimes, name)() for name in regimes.__all__], visit, tmp_path)


@pytest.mark.parametrize("first", [0, *(pytest.param(n, marks=pytest.mark.thorough) for n in range(BATCH, 200, BATCH))])
def test_random_learning_diagrams_keep_the_rules_of_pictures(first, visit, tmp_path):
    require_good([random_learning_diagram(seed) for seed in range(first, first + BATCH)], visit, tmp_path)
