"""No curve of the graph comes near to the name of an object, or to a drum or a plate, that is not its end."""

import re
from itertools import pairwise
from math import dist

import pytest

import learning_diagrams as ld
from column_ways import random_diagram
from drawn_plates import two_way_diagram
from learning_diagrams import regimes
from learning_diagrams.drawing.graph import graph_picture
from learning_diagrams.drawing.graph.graph_picture import learning_graph
from learning_diagrams.drawing.graph.places.node import Node
from over_sources import sourced

NAMES = [name for name in regimes.__all__ if name != "regimes"]
NEAR = 2  # pixels
x, t = ld.Ty("x"), ld.Ty("t")
rows = ld.SampleSpace("rows")
here, clock = rows.column("here", x), ld.Kernel("clock", ld.Ty(), t)


def dense(curve):
    """Points of a cubic that are at most 1.5 pixels apart."""
    pieces = 2 + int(sum(dist(a, b) for a, b in pairwise(curve)) * 2)
    for i in range(pieces + 1):
        s, r = i / pieces, 1 - i / pieces
        weights = r**3, 3 * r * r * s, 3 * r * s * s, s**3
        yield tuple(sum(w * point[axis] for w, point in zip(weights, curve, strict=True)) for axis in (0, 1))


def comes_near(curve, box, near=NEAR):
    left, top, right, low = box
    return any(left - near < a < right + near and top - near < b < low + near for a, b in dense(curve))


def dotted_curves(marks):
    """The curves of moving averages, and of what leads to the start of a chart."""
    for mark in marks:
        if 'stroke-dasharray="1 4"' in mark:
            numbers = [float(each) for each in re.findall(r"-?[\d.]+", re.search(r' d="([^"]*)"', mark)[1])]
            yield list(zip(numbers[::2], numbers[1::2], strict=True))


def ends_at(curve, node, by=5):
    left, top, right, low = node.area
    return any(left - by < a < right + by and top - by < b < low + by for a, b in (curve[0], curve[3]))


def meetings(nodes, arrows, faces=(), marks=(), *_):
    """What comes near to a node, and to which one; and what runs under the plate of an arrow."""
    free = [face.closing.curve for face in faces if face.closing] + list(dotted_curves(marks))
    for key, node in nodes.items():
        for arrow in arrows:
            if key not in (arrow.edge.source, arrow.edge.target) and comes_near(arrow.curve, node.area):
                yield arrow.edge.name, key
        ways = [way for way in free if not ends_at(way, node)]
        yield from (("a dotted line", key) for way in ways if comes_near(way, node.area))
    for arrow in arrows:
        for other in arrows:
            if other is not arrow and not other.edge.port and comes_near(arrow.curve, other.area):
                yield arrow.edge.name, f"the plate of {other.edge.name}"


def met_in(diagram, frames):
    """The meetings in a picture, and how many graphs and charts it has; a layout that a better one replaced is none."""
    frames.clear()
    text = "".join(learning_graph(diagram).elements)
    drawn = [parts for parts, scene in frames if "".join(scene.elements) in text]
    return [meeting for parts in drawn for meeting in meetings(*parts)], len(drawn)


@pytest.mark.sampled(8)
@pytest.mark.parametrize("name", NAMES)
def test_no_curve_of_a_regime_meets_a_name(name, frames):
    met, drawn = met_in(getattr(regimes, name)(), frames)
    assert met == [] and drawn


def test_a_strand_goes_round_the_name_that_stands_in_its_way(frames):
    """The strand from x to f ran behind the name of t, and read as one from t."""
    f, g = ld.Box("f", x @ t, x), ld.Box("g", x @ t, x)
    met, drawn = met_in(ld.LearningDiagram(ld.Constraint("c", f, g, over=here @ clock), frozen=[clock, g]), frames)
    assert met == [] and drawn == 1


def seeds_of(first):
    return pytest.param(range(first, first + 20), id=str(first), marks=pytest.mark.thorough)


@pytest.mark.parametrize("seeds", [(0, 38), *map(seeds_of, range(1, 201, 20))])
@pytest.mark.parametrize("strategy", [sourced, random_diagram, two_way_diagram])
def test_no_curve_of_a_random_diagram_meets_a_name(strategy, seeds, frames):
    drawn = 0
    for seed in seeds:
        met, count = met_in(strategy(seed), frames)
        assert met == [], seed
        drawn += count
    assert drawn > len(seeds) / 2


def averages_in(diagram, monkeypatch):
    """The moving averages of the first layout, its nodes and its arrows, and the function that draws them anew."""
    layouts, original = [], graph_picture.averages_of
    monkeypatch.setattr(graph_picture, "averages_of", lambda *parts: layouts.append(parts) or original(*parts))
    learning_graph(diagram)
    return original(*layouts[0]), layouts[0], original


def test_a_moving_average_goes_round_what_stands_between(monkeypatch):
    """A name is put on the straight way between the two plates."""
    f, slow = ld.Box("f", x, t), ld.Box("slow", x, t)
    diagram = ld.LearningDiagram(ld.Constraint("c", here >> f, here >> slow), ema={slow: (f, 0.9)})
    (straight,), (averages, nodes, arrows), draw = averages_in(diagram, monkeypatch)
    between = Node("z", False, *((a + b) / 2 for a, b in zip(straight.curve[0], straight.curve[3], strict=True)))
    (bowed,) = draw(averages, {**nodes, "z": between}, arrows)
    assert (straight.met, bowed.met) == (0, 0)
    assert comes_near(straight.curve, between.area) and not comes_near(bowed.curve, between.area)


def test_a_moving_average_of_a_box_with_two_inputs_leads_from_plate_to_plate(monkeypatch):
    f, slow = ld.Box("f", x @ t, t), ld.Box("slow", x @ t, t)
    constraint = ld.Constraint("c", f, slow, over=here @ clock)
    (average,), (_, nodes, _), _ = averages_in(ld.LearningDiagram(constraint, ema={slow: (f, 0.9)}), monkeypatch)
    for (a, b), key in zip((average.curve[0], average.curve[3]), ("\0f", "\0slow"), strict=True):
        left, top, right, low = nodes[key].area
        assert left - 4 < a < right + 4 and top - 4 < b < low + 4


def test_the_test_sees_a_strand_behind_a_name():
    """Between the points of a bow there were 61 pixels, and a name is 44 high."""
    way = (0.0, 0.0), (0.0, 490.0), (120.0, 490.0), (160.0, 150.0)
    assert comes_near(way, (0.0, 90.0, 20.0, 110.0)) and not comes_near(way, (60.0, 90.0, 80.0, 110.0))
