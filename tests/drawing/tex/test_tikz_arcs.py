"""Arcs of TikZ begin at borders and keep the middle of the layout; the pieces of a line in a box are found."""

from math import hypot

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from learning_diagrams.drawing.tex.meetings import pieces_in
from learning_diagrams.drawing.tex.tikz_arcs import arc_of

numbers = st.integers(-40, 40).map(lambda n: n / 2)
points = st.tuples(numbers, numbers)
sizes = st.tuples(st.integers(1, 8), st.integers(1, 3))


@given(points, points, st.integers(-8, 8), sizes, sizes)
def test_an_arc_keeps_the_middle_of_the_layout_and_begins_at_the_borders(first, last, height, size, other):
    across, down = last[0] - first[0], last[1] - first[1]
    length = hypot(across, down)
    assume(length > 12)
    arc = arc_of(first, last, height, (size, other))
    if height:
        middle = (first[0] + last[0]) / 2, (first[1] + last[1]) / 2
        assert arc.at(0.5) == pytest.approx((middle[0] - height * down / length, middle[1] + height * across / length))
    for end, at, (width, tall) in ((first, 0, size), (last, 1, other)):
        x, y = abs(arc.at(at)[0] - end[0]), abs(arc.at(at)[1] - end[1])
        assert max(2 * x / width, 2 * y / tall) == pytest.approx(1)


@given(st.lists(points, min_size=2, max_size=5), points, sizes)
def test_a_piece_in_a_box_is_one_of_which_a_point_is_inside(line, corner, size):
    left, top = corner[0] + 0.1234, corner[1] + 0.0567  # away from the halves, on which the line has its points
    box = left, top, left + size[0], top + size[1]

    def is_inside(a, b):
        """Whether an interval of times is left where both coordinates lie within."""
        low, high = 0.0, 1.0
        for start, step, least, most in ((a[k], b[k] - a[k], box[k], box[k + 2]) for k in (0, 1)):
            if not step:
                if not least < start < most:
                    return False
                continue
            times = sorted(((least - start) / step, (most - start) / step))
            low, high = max(low, times[0]), min(high, times[1])
        return low < high

    assert pieces_in(line, box) == sum(map(is_inside, line, line[1:]))
