"""No plate of the graph, or of a chart, lies on another one, as their rectangles in the scene say."""

import pytest

import learning_diagrams as ld
from column_ways import random_diagram
from drawn_plates import covered, plates, two_way_diagram
from learning_diagrams import regimes
from learning_diagrams.drawing.elements.plates import Look, plate
from learning_diagrams.drawing.elements.svg import Scene
from learning_diagrams.drawing.graph.arrows import COLLISION, Arrow, bowed, collide, cost_of
from learning_diagrams.drawing.graph.graph_picture import learning_graph
from learning_diagrams.drawing.graph.places.arrangement import Edge
from learning_diagrams.drawing.graph.places.node import Node
from learning_diagrams.drawing.graph.plane import curve
from over_sources import sourced
from random_pictures import random_learning_diagram

NAMES = [name for name in regimes.__all__ if name != "regimes"]


def few(seed):
    """A random learning diagram of few boxes."""
    return random_learning_diagram(seed, 2, 14)


def two_rows():
    """A retract of states onto images in one row, and one of kinds onto colours in the row below it."""
    state, image, kind, colour = map(ld.Ty, ("state", "image", "kind", "colour"))
    obs, bases = ld.SampleSpace("obs"), ld.SampleSpace("bases")
    seen, at, tint = obs.column("seen", state), bases.column("at", image), bases.column("tint", colour)
    e, r, s = ld.Box("e", state, state), ld.Box("r", state, image), ld.Box("s", image, state)
    q, t = ld.Kernel("q", kind, colour), ld.Kernel("t", colour, kind)
    return ld.LearningDiagram(
        ld.Constraint("section", s >> e, s, over=at, weight=0.5),
        ld.Constraint("soft retract", tint >> t >> q, tint),
        ld.Constraint("splits", r >> s, e, over=seen, weight=2.0),
    )


def test_a_bow_does_not_end_on_the_plate_of_the_row_below():
    """The plate of s stood on that of q: their lines were far apart, and each line from the other plate."""
    scene = learning_graph(two_rows())
    assert covered(scene) == [] and {"q", "s"} <= {name for name, _ in plates(scene)}


def test_two_plates_meet_where_their_lines_do_not():
    """The line of the one is 22 pixels above that of the other, and each plate reaches 16 pixels from its line."""
    x, y = ld.Ty("x"), ld.Ty("y")
    nodes = {"x": Node("x", False, y=-150), "y": Node("y", False, x=300, y=-150)}
    nodes |= {"a": Node("a", False), "b": Node("b", False, x=300)}
    over = Arrow(Edge(ld.Box("s", x, y), "x", "y", Look("function")), bowed(nodes["x"], nodes["y"], 112, 1))
    under = Arrow(Edge(ld.Box("q", x, y), "a", "b", Look("function")), curve.line((20, 0), (280, 0)))
    assert over.bounds[3] < under.bounds[1] - 16 and over.area[3] > under.area[1]
    for one, other in ((over, under), (under, over)):
        assert cost_of(one, [other], nodes, 2 * COLLISION) >= COLLISION
        assert collide([one, other], nodes)


@pytest.mark.sampled(8)
@pytest.mark.parametrize("name", NAMES)
def test_plates_of_a_regime_are_apart(name):
    scene = learning_graph(getattr(regimes, name)())
    assert covered(scene) == [] and plates(scene)


def seeds_of(first):
    return pytest.param(range(first, first + 25), id=str(first), marks=pytest.mark.thorough)


THOROUGH = [*map(seeds_of, range(0, 200, 25))]
FOUND = [(two_way_diagram, (9, 30, 35, 49)), (random_diagram, (1, 24)), (few, (182,)), (sourced, (0, 1))]


@pytest.mark.parametrize("strategy, seeds", FOUND)
def test_plates_of_random_diagrams_are_apart(strategy, seeds):
    """Plates lay on each other in those of the first three."""
    for seed in seeds:
        assert covered(learning_graph(strategy(seed))) == [], seed


@pytest.mark.parametrize("seeds", THOROUGH)
@pytest.mark.parametrize("strategy", [two_way_diagram, random_diagram, few, sourced])
def test_plates_of_many_random_diagrams_are_apart(strategy, seeds):
    for seed in seeds:
        assert covered(learning_graph(strategy(seed))) == [], seed


def test_the_test_sees_a_plate_on_another_one():
    look, rounded = Look("function"), Look("kernel", "trained")
    shown = [plate(40, 20, "f", look, 1), plate(80, 40, "g", rounded, 1), plate(200, 20, "h", look, 1)]
    scene = Scene(300, 60, (Scene(300, 60, tuple(shown)).at(10, 5),))
    assert covered(scene) == [("f", "g")]
    assert dict(plates(scene))["g"] == (62, 29, 118, 61)
