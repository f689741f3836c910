"""Layouts of commutative diagrams measure few lines, and find what they would find if they measured all."""

from itertools import pairwise
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning_diagrams import regimes
from learning_diagrams.drawing.tex import meetings
from learning_diagrams.drawing.tex.commutative import commutative_diagram
from learning_diagrams.drawing.tex.meetings import crossings
from learning_diagrams.drawing.tex.uncrowded import _Layout, sheet_of

points = st.tuples(st.integers(-6, 6), st.integers(-6, 6))
lines = st.lists(points, min_size=2, max_size=6, unique=True)


@pytest.fixture(autouse=True)
def _no_sheet_is_known():
    """Sheets are kept from one diagram to the next."""
    sheet_of.cache_clear()
    yield
    sheet_of.cache_clear()


@pytest.mark.parametrize("name", ["mean_teacher", "uncertainty_weighting"])
def test_few_points_are_compared_with_pieces_of_lines(name, monkeypatch):
    """Where each choice was measured whole and anew, it was 49 000 and 83 000 times."""
    count, side = 0, meetings._side

    def counted(*where):
        nonlocal count
        count += 1
        return side(*where)

    monkeypatch.setattr(meetings, "_side", counted)
    commutative_diagram(getattr(regimes, name)())
    assert 0 < count < 20_000


@pytest.mark.parametrize("name", ["mean_teacher", "equivariance", "gan"])
def test_a_choice_that_is_given_up_would_not_be_taken(name, monkeypatch):
    drawn, cost = commutative_diagram(getattr(regimes, name)()), _Layout._cost
    sheet_of.cache_clear()
    monkeypatch.setattr(_Layout, "_cost", lambda *arguments: cost(*arguments[:-1], inf))
    assert commutative_diagram(getattr(regimes, name)()) == drawn


@given(lines, lines)
def test_pieces_cross_where_each_has_its_ends_on_both_sides_of_the_other(first, second):
    def side(a, b, c):
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    def are_near(a, b, c, d):
        return all(max(a[k], b[k]) >= min(c[k], d[k]) and max(c[k], d[k]) >= min(a[k], b[k]) for k in (0, 1))

    def cross(a, b, c, d):
        is_shared = {a, b} & {c, d} & {first[0], first[-1]} & {second[0], second[-1]}
        is_through = side(a, b, c) * side(a, b, d) <= 0 and side(c, d, a) * side(c, d, b) <= 0
        return is_through and are_near(a, b, c, d) and not is_shared

    assert crossings(first, second) == sum(cross(*p, *q) for p in pairwise(first) for q in pairwise(second))
