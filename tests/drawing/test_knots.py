"""Three strands that cross each other have three crossings that a reader tells apart. Strands that do not cross do not
come near each other."""

import re
from itertools import combinations, pairwise, permutations
from math import dist, inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams.diagrams.port_graph import PortGraph, PortGraphBuilder
from learning_diagrams.drawing.strings.knots import EARLY, LATE, MIDDLE, PIXELS, turns
from learning_diagrams.drawing.strings.string_picture import string_diagram

STROKE = 1.5
x = ld.Ty("x")
m = ld.Box("m", x**3, x)
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


@st.composite
def copied(draw):
    """Port graphs of boxes with 2 to 4 inputs, most of which read copies of a few wires."""
    builder = PortGraphBuilder(x ** draw(st.integers(3, 5)))
    wires, outputs = list(builder.inputs), []
    for i in range(draw(st.integers(3, 5))):
        read = [*wires[:2], *draw(st.lists(st.sampled_from(wires), max_size=2))]
        outputs += builder.add(ld.Box(f"b{i}", x ** len(read), x), draw(st.just(read) | st.permutations(read)))
        wires += draw(st.just([]) | st.just(outputs[-1:]))
    return builder.build(x ** len(outputs), outputs)


def beside(strands, direction):
    """The pairs of strands between the same two layers: for each strand the pixels across, at equal steps along."""
    along = 0 if direction == "right" else 1
    for pair in combinations([np.array(strand) for strand in strands], 2):
        start, end = pair[0][[0, -1], along]
        if (pair[1][[0, -1], along] == (start, end)).all():
            steps = np.linspace(0, 1, 400)
            yield pair, [np.interp(steps, (s[:, along] - start) / (end - start), s[:, 1 - along]) for s in pair]


def near_or_crossed(graph, direction):
    """The pairs that cross twice, or cross although their order stays, or come nearer than their ends."""
    drawn = "".join(string_diagram(graph, {}, inf if direction == "right" else 5000, direction).elements)
    for pair, (first, second) in beside(curves(drawn), direction):
        gap = first - second
        start, end = gap[[0, -1]]
        signs = np.sign(gap[abs(gap) > 1e-6])
        crossings = sum(a != b for a, b in pairwise(signs))
        if crossings != (start * end < 0):
            yield crossings, pair
        elif not crossings and abs(gap).min() < min(abs(start), abs(end), PIXELS) - 0.1:
            yield abs(gap).min(), pair


@pytest.mark.parametrize("direction", ["right", "down", "up"])
@given(graph=copied())
def test_strands_whose_order_stays_keep_the_distance_of_their_ends(graph, direction):
    assert list(near_or_crossed(graph, direction)) == []


@pytest.mark.parametrize("direction", ["right", "down", "up"])
@pytest.mark.parametrize("boxes", [3, 4, 5])
def test_copies_that_run_beside_one_another_do_not_merge(boxes, direction):
    """Two copies of x and y ran into each other, and m(x, y, w) read as m(y, x, w)."""
    same = ld.diagram(x ** (2 + boxes), x**boxes)(lambda a, b, *rest: tuple(m(a, b, each) for each in rest))
    graph = PortGraph.from_diagram(same)
    assert list(near_or_crossed(graph, direction)) == []
    drawn = "".join(string_diagram(graph, {}, inf, direction).elements)
    for pair, (first, second) in beside(curves(drawn), direction):
        if (first[0] - second[0]) * (first[-1] - second[-1]) > 0:
            assert meeting(*(strand[::4] for strand in pair))[0] > 4 * STROKE


def test_a_strand_turns_with_what_it_would_run_into_or_what_would_run_into_it():
    knot = [(0.0, 72.0), (36.0, 36.0), (72.0, 0.0)]
    before_and_behind = [(36.0, 108.0), (-36.0, 36.0), (36.0, -36.0), (108.0, 36.0)]
    assert turns([*knot, *before_and_behind]) == [EARLY, MIDDLE, LATE, EARLY, MIDDLE, MIDDLE, LATE]
    assert turns([*knot, (80.0, 152.0), (152.0, 80.0)]) == [EARLY, MIDDLE, LATE, EARLY, LATE]
    assert turns([*knot, (90.0, 162.0), (162.0, 90.0)]) == [EARLY, MIDDLE, LATE, MIDDLE, MIDDLE]
