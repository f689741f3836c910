"""The double arrow of a face lies in it, and no arrow comes into a face that is not its own, also not at an object."""

from itertools import pairwise
from math import cos, dist, hypot, radians, sin

import pytest

import learning_diagrams as ld
from column_ways import random_diagram
from learning_diagrams import regimes
from learning_diagrams.drawing.graph.caption import LYING
from learning_diagrams.drawing.graph.graph_picture import learning_graph
from learning_diagrams.drawing.graph.plane import curve
from operations_on_columns import random_theory

NAMES = [name for name in regimes.__all__ if name != "regimes"]
OUTLINE = [(0, -18), (8, -9), (-8, -9), (2, 19), (-2, 19)]  # of a double arrow that points up
DEEP = 2  # pixels from the edge of a face, which has a halo of 6

image, secret = ld.Ty("image"), ld.Ty("secret")
covers, secrets = ld.SampleSpace("covers"), ld.SampleSpace("secrets")
pix, bits = covers.column("pix", image), secrets.column("bits", secret)
embed, extract = ld.Box("embed", image @ secret, image), ld.Kernel("extract", image, secret)
channel = ld.Kernel("channel", image, image)
read = ld.Discard(covers.ty) @ bits
invisible = ld.Constraint("invisible", pix @ bits >> embed, pix @ ld.Discard(secrets.ty))
reveal = ld.Constraint("reveal", pix @ bits >> embed >> extract, read)
robust = ld.Constraint("robust", pix @ bits >> embed >> channel >> extract, read)


def lies_in(point, polygon):
    """Whether a line from the point to the right leaves the polygon once more than it comes into it."""
    edges = [(a, b) for a, b in pairwise([*polygon, polygon[0]]) if (a[1] <= point[1]) != (b[1] <= point[1])]
    cuts = [a[0] + (point[1] - a[1]) * (b[0] - a[0]) / (b[1] - a[1]) for a, b in edges]
    return sum(cut > point[0] for cut in cuts) % 2 == 1


def far_from(point, polygon):
    """The distance of a point from the edge of a polygon."""

    def far(a, b):
        along = ((point[0] - a[0]) * (b[0] - a[0]) + (point[1] - a[1]) * (b[1] - a[1])) / dist(a, b) ** 2
        share = min(max(along, 0), 1)
        return hypot(a[0] + share * (b[0] - a[0]) - point[0], a[1] + share * (b[1] - a[1]) - point[1])

    return min(far(a, b) for a, b in pairwise([*polygon, polygon[0]]) if a != b)


def double_arrow_of(face):
    """Points round the double arrow of a face."""
    (x, y), turn = face.start or face.place, radians(face.turn)
    if face.start is None:  # it stands left of its texts
        more = LYING if face.turn % 180 else 0
        x += 8 + more / 2 - (face.caption.width + more) / 2
    return [(x + a * cos(turn) - b * sin(turn), y + a * sin(turn) + b * cos(turn)) for a, b in OUTLINE]


def dense(arrow):
    pieces = 2 + int(sum(dist(a, b) for a, b in pairwise(arrow.curve)) / 2)
    return [curve.at(arrow.curve, i / pieces) for i in range(pieces + 1)]


def crossing(face, nodes, arrows):
    """The names of the arrows that come into a face, and are none of its sides, nor strands of their boxes."""
    ring, areas = {*face.polygon}, [node.area for node in nodes.values()]
    own = {arrow.edge.box for arrow in arrows if {*arrow.points[10:15]} <= ring}
    for arrow in arrows:
        if arrow.edge.box in own and (arrow.edge.port or {*arrow.points[10:15]} <= ring):
            continue
        for x, y in dense(arrow):
            if any(left < x < right and top < y < low for left, top, right, low in areas):
                continue
            if lies_in((x, y), face.polygon) and far_from((x, y), face.polygon) > DEEP:
                yield arrow.edge.name
                break


def covered(face, arrows):
    """The names of the boxes of which a strand runs under the caption of a face, and is not at its edge."""
    (x, y), (width, height) = face.place, face.size
    for arrow in arrows:
        is_other = arrow.edge.port and not {*arrow.points[10:15]} <= {*face.polygon}
        if is_other and any(abs(a - x) < width / 2 and abs(b - y) < height / 2 for a, b in dense(arrow)):
            yield arrow.edge.name


def faults_in(diagram, frames):
    """What is wrong with the faces of a picture, and their names; a layout that a better one replaced is none."""
    frames.clear()
    text = "".join(learning_graph(diagram).elements)
    drawn = [parts for parts, scene in frames if "".join(scene.elements) in text]
    faults, names = [], []
    for nodes, arrows, faces, *_ in drawn:
        for face in faces:
            names.append(face.caption.name)
            if not all(lies_in(point, face.polygon) for point in double_arrow_of(face)):
                faults.append((face.caption.name, "outside"))
            faults += [(face.caption.name, name) for name in crossing(face, nodes, arrows)]
            faults += [(face.caption.name, "over", name) for name in covered(face, arrows)]
    return faults, names


@pytest.mark.parametrize("laws", [(invisible, reveal), (invisible, robust), (invisible, reveal, robust)])
def test_a_hidden_message(laws, frames):
    """The double arrow stood outside of a narrow face; the loop `channel` came to its object through the face."""
    assert faults_in(ld.LearningDiagram(*laws), frames) == ([], ["invisible"])


@pytest.mark.sampled(8)
@pytest.mark.parametrize("name", NAMES)
def test_faces_of_the_regimes(name, frames):
    faults, _ = faults_in(getattr(regimes, name)(), frames)
    assert faults == []


def seeds_of(first):
    return pytest.param(range(first, first + 20), id=str(first), marks=pytest.mark.thorough)


@pytest.mark.parametrize("seeds", [(0, 1, 4, 6, 10, 15, 17, 57, 64), *map(seeds_of, range(0, 200, 20))])
@pytest.mark.parametrize("strategy", [random_theory, random_diagram])
def test_faces_of_random_diagrams(strategy, seeds, frames):
    count = 0
    for seed in seeds:
        faults, names = faults_in(strategy(seed), frames)
        assert faults == [], seed
        count += len(names)
    assert count > len(seeds)


def test_a_loop_comes_to_its_object_beside_its_start(frames):
    """The head of `channel` moves away from the face, and the start of the loop with it: they stood 1 pixel apart."""
    faults_in(ld.LearningDiagram(invisible, robust), frames)
    (loop,) = {arrow.curve for (_, arrows, *_), _ in frames for arrow in arrows if arrow.edge.name == "channel"}
    assert loop[3][0] - loop[0][0] >= 10


def test_the_tests_see_what_is_outside():
    corners = [(0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0)]
    assert lies_in((4.0, 4.0), corners) and not lies_in((-1.0, 4.0), corners) and not lies_in((4.0, 12.0), corners)
    assert far_from((4.0, 1.0), corners) == 1
