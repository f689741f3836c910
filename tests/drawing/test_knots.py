"""Three strands that cross each other have three crossings that a reader tells apart."""

import re
from itertools import combinations, permutations
from math import dist

import pytest
from hypothesis import given
from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams.drawing.strings.knots import EARLY, LATE, MIDDLE, turns

x = ld.Ty("x")
CURVE = re.compile(r'class="line" d="M([-.\d]+) ([-.\d]+)C([-.\d ]+)"')


def curves(svg):
    """The curves of a picture, each as points on it."""
    for *start, rest in CURVE.findall(svg):
        points = [*map(float, start), *map(float, rest.split())]
        yield [tuple(sum(w * c for w, c in zip(weights(i / 200), points[k::2], strict=True)) for k in (0, 1))
               for i in range(201)]  # fmt: skip


def weights(t):
    return (1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3


def meeting(first, second):
    return min(((dist(a, b), a) for a in first for b in second), key=lambda pair: pair[0])


@pytest.mark.parametrize("direction", ["right", "down", "up"])
def test_the_crossings_of_three_reversed_wires_lie_apart(direction):
    swap = ld.Swap(x, x)
    strands = list(curves(ld.draw(swap @ x >> x @ swap >> swap @ x, direction=direction).svg))
    assert len(strands) == 3  # one of them is straight
    met = [meeting(*pair) for pair in combinations(strands, 2)]
    assert max(gap for gap, _ in met) < 1 and min(dist(*pair) for pair in combinations([at for _, at in met], 2)) > 8


@given(st.lists(st.sampled_from(range(0, 200, 36)), min_size=2, max_size=2, unique=True))
def test_two_strands_turn_in_the_middle(lanes):
    assert turns([(lanes[0], lanes[1]), (lanes[1], lanes[0])]) == [MIDDLE, MIDDLE]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_only_three_that_cross_each_other_turn_one_after_another(order):
    found = turns([(36.0 * i, 36.0 * place) for i, place in enumerate(order)])
    assert found == ([EARLY, MIDDLE, LATE] if order == (2, 1, 0) else [MIDDLE] * 3)


def test_crossings_that_lie_apart_already_stay():
    assert turns([(0.0, 400.0), (36.0, 0.0), (390.0, 350.0)]) == [MIDDLE] * 3
    assert turns([(0.0, 400.0), (200.0, 20.0), (390.0, 0.0)]) == [MIDDLE] * 3
    assert turns([(0.0, 400.0), (200.0, 200.0), (400.0, 0.0)]) == [EARLY, MIDDLE, LATE]
