"""The two sides of a face do not cross, and no two of its arrows lie on each other where they meet a node."""

import re
from fractions import Fraction
from itertools import combinations, pairwise
from math import dist

import pytest

import learning_diagrams as ld
from column_ways import random_diagram
from learning_diagrams import regimes
from learning_diagrams.drawing.graph.graph_picture import learning_graph

NAMES = [name for name in regimes.__all__ if name != "regimes"]
SPACE = ld.SampleSpace("machine")


def crossings_of(polygon):
    """The pairs of edges that share a point inside of both, in exact numbers."""
    edges = [(a, b) for a, b in pairwise([*polygon, polygon[0]]) if a != b]
    pairs = []
    for (a, b), (c, d) in combinations(edges, 2):
        if max(a[0], b[0]) < min(c[0], d[0]) or max(c[0], d[0]) < min(a[0], b[0]):
            continue
        if max(a[1], b[1]) < min(c[1], d[1]) or max(c[1], d[1]) < min(a[1], b[1]):
            continue
        a, b, c, d = (tuple(map(Fraction, point)) for point in (a, b, c, d))
        u, v, w = ((q[0] - p[0], q[1] - p[1]) for p, q in ((a, b), (c, d), (a, c)))
        if bottom := u[0] * v[1] - u[1] * v[0]:  # otherwise they are parallel
            along, other = (w[0] * v[1] - w[1] * v[0]) / bottom, (w[0] * u[1] - w[1] * u[0]) / bottom
            if 0 < along < 1 and 0 < other < 1:
                pairs.append(((a, b), (c, d)))
    return pairs


def heaps_of(face, nodes, arrows):
    """The nodes at which two arrows of a face stay within 4 pixels of each other for 40 pixels."""
    ring = {*face.polygon}
    mine = [arrow for arrow in arrows if {*arrow.points[3:-3]} <= ring]
    ends = [(arrow, arrow.edge.source, dense(arrow.points)) for arrow in mine]
    ends += [(arrow, arrow.edge.target, dense(arrow.points[::-1])) for arrow in mine]
    ends = [end for end in ends if not nodes[end[1]].look]  # strands at a plate have places of their own

    def lie(first, second):
        near, other = ([point for point in points if dist(point, points[0]) <= 40] for points in (first, second))
        return max(min(dist(point, end) for end in other) for point in near) < 4

    return [
        key
        for (arrow, key, first), (beside, other, second) in combinations(ends, 2)
        if arrow is not beside and key == other and lie(first, second)
    ]


def dense(points):
    return [(a[0] + (b[0] - a[0]) * i / 8, a[1] + (b[1] - a[1]) * i / 8) for a, b in pairwise(points) for i in range(9)]


def check(diagram, frames, told=None):
    """The names of all constraints in the picture, and of its faces, after each polygon has been looked at."""
    text = "".join(learning_graph(diagram).elements)
    for (nodes, arrows, faces, *_), _ in frames:  # also of a graph that a better one replaced
        for face in faces:
            assert crossings_of(face.polygon) == [], (told, face.caption.name)
            assert heaps_of(face, nodes, arrows) == [], (told, face.caption.name)
    frames.clear()
    return re.findall(r'data-constraint="([^"]*)"', text), re.findall(r'data-face="([^"]*)"', text)


def machine(*left_out):
    """Two sensors, an encoder for each, a step in time, a head, a gauge and a decoder."""
    vib, cam, pose, mode, load = map(ld.Ty, ("vib", "cam", "pose", "mode", "load"))
    v, n, c = SPACE.column("v", vib), SPACE.column("v_next", vib), SPACE.column("c", cam)
    y, w = SPACE.column("label", mode), SPACE.column("weight", load)
    e, f = ld.Box("enc_v", vib, pose), ld.Box("enc_c", cam, pose)
    d, s = ld.Box("dec_v", pose, vib), ld.Box("step", pose, pose)
    h, g = ld.Kernel("head", pose, mode), ld.Kernel("gauge", pose, load)
    constraints = [
        ld.Constraint("aligned", c >> f, v >> e),
        ld.Constraint("dynamics", v >> e >> s, n >> e),
        ld.Constraint("labelled", v >> e >> h, y),
        ld.Constraint("loaded", v >> e >> g, w, divergence="nll"),
        ld.Constraint("restored", v >> e >> d, v),
        ld.Constraint("next", n >> e >> d, n),
    ]
    return ld.LearningDiagram(*(constraint for constraint in constraints if constraint.name not in left_out))


@pytest.mark.sampled(8)
@pytest.mark.parametrize("name", NAMES)
def test_faces_of_the_regimes_are_simple(name, frames):
    check(getattr(regimes, name)(), frames, name)


TERMS = ("aligned", "dynamics", "labelled", "loaded", "restored", "next")


@pytest.mark.sampled(3)
@pytest.mark.parametrize("left_out", [None, *TERMS])
def test_faces_of_a_machine_are_simple(left_out, frames):
    """Here a way from the sample space through an encoder crossed the column that its end is compared with."""
    shown, faces = check(machine(left_out), frames)
    assert sorted(shown) == sorted({*TERMS} - {left_out})
    assert {"restored", "next"} - {left_out} <= {*faces}


def seeds_of(first):
    return pytest.param(range(first, first + 20), id=str(first), marks=pytest.mark.thorough)


@pytest.mark.parametrize("seeds", [(*range(8), 11, 21, 54, 89), *map(seeds_of, range(0, 400, 20))])
def test_faces_of_random_diagrams_are_simple(seeds, frames):
    """Without the tests of polygons and of heaps, the faces of 11, 21, 54 and 89 are not."""
    faces = 0
    for seed in seeds:
        diagram = random_diagram(seed)
        shown, drawn = check(diagram, frames, seed)
        assert sorted(shown) == sorted(constraint.name for constraint in diagram.constraints)
        faces += len(drawn)
    assert faces > len(seeds)


def test_the_tests_see_what_is_not_simple():
    corners = [(0.0, 0.0), (9.0, 9.0), (9.0, 0.0), (0.0, 9.0)]
    assert len(crossings_of(corners)) == 1 and crossings_of([corners[i] for i in (0, 2, 1, 3)]) == []
