"""String diagrams: crossings are least, nothing overlaps, wide ones are folded."""

import re
from collections import Counter
from itertools import combinations, pairwise, permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams import regimes
from learning_diagrams.diagrams.port_graph import PortGraph, PortGraphBuilder
from learning_diagrams.drawing.elements.font import text_width
from learning_diagrams.drawing.elements.plates import Look, plate_size
from learning_diagrams.drawing.strings import fewest_crossings, string_picture
from learning_diagrams.drawing.strings.fewest_crossings import arrange
from learning_diagrams.drawing.strings.layering import Layering
from learning_diagrams.drawing.strings.pen import DIRECTIONS, Pen
from learning_diagrams.drawing.strings.string_picture import string_diagram

x = ld.Ty("x")


def arranged(graph):
    layout = Layering.first(graph)
    arrange(layout)
    return layout


@st.composite
def graphs(draw, boxes=6):
    """Port graphs of boxes with up to two inputs and outputs, whose wires go anywhere."""
    builder = PortGraphBuilder(x ** draw(st.integers(0, 3)))
    wires = list(builder.inputs)
    for i in range(draw(st.integers(0, boxes))):
        inputs = draw(st.integers(0, 2)) if wires else 0
        box = ld.Box(f"b{i}", x**inputs, x ** draw(st.integers(0, 2)))
        wires += builder.add(box, [draw(st.sampled_from(wires)) for _ in range(inputs)])
    outputs = [draw(st.sampled_from(wires)) for _ in range(draw(st.integers(0, 3)))] if wires else []
    return builder.build(x ** len(outputs), outputs)


def crossings(layers, strands):
    """Pairs of strands between neighbouring layers that cross, counted one by one."""
    count = 0
    for (first, second), between in zip(pairwise(layers), strands, strict=True):
        for s, t in combinations(between, 2):
            above = (first.index(s.source), s.out_port), (first.index(t.source), t.out_port)
            below = (second.index(s.target), s.in_port), (second.index(t.target), t.in_port)
            if above[0] != above[1]:
                count += (above[0] < above[1]) != (below[0] < below[1])
    return count


@given(graphs())
def test_crossings_are_least_over_all_orders_of_the_layers(graph):
    layout = arranged(graph)
    assert layout.crossings() == crossings(layout.layers, layout.strands)
    last = len(layout.layers) - 1
    orders = [list(permutations(layer)) if 0 < i < last else [tuple(layer)] for i, layer in enumerate(layout.layers)]
    size = 1
    for choices in orders:
        size *= len(choices)
    if size <= 3000:
        assert layout.crossings() == min(crossings(choice, layout.strands) for choice in product(*orders))


@given(graphs())
def test_every_box_stands_behind_what_it_reads(graph):
    layout = arranged(graph)
    layer = {node: i for i, nodes in enumerate(layout.layers) for node in nodes}
    for i, strands in enumerate(layout.strands):
        assert all(layer[s.source] == i and layer[s.target] == i + 1 for s in strands)


def shapes(scene):
    """The plates and texts of a scene that is not folded, as rectangles (left, top, right, bottom)."""
    plates, texts = [], []
    for element in "".join(scene.elements).replace("<g data", "\0<g data").replace("</g>", "</g>\0").split("\0"):
        for match in re.finditer(r'<text class="ink" x="([-\d.]+)" y="([-\d.]+)" font-size="12">([^<]*)<', element):
            left, low, text = float(match[1]), float(match[2]), match[3]
            texts.append((left, low - 9, left + text_width(text, 12), low + 2))
        if match := re.search(r'data-box="b(\d+)".*?text-anchor="middle"', element, re.S):
            x_of, y_of = re.search(r'<text[^>]* x="([-\d.]+)" y="([-\d.]+)"', element).groups()
            plates.append((int(match[1]), float(x_of), float(y_of) - 5))
    return plates, texts


def meet(first, second):
    return first[0] < second[2] and second[0] < first[2] and first[1] < second[3] and second[1] < first[3]


@pytest.mark.parametrize("direction", DIRECTIONS)
@given(graphs())
def test_no_plate_meets_a_plate_and_no_name_meets_a_name_or_a_plate(direction, graph):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(string_picture, "PAGE", 1e5)  # not folded
        plates, texts = shapes(string_diagram(graph, {}, 1e5, direction))
    areas = []
    for number, middle, y in plates:
        box = graph.boxes[number]
        look = Look("function", pointed=not box.dom)
        ports = max(len(box.dom), len(box.cod))
        width, height = plate_size(box.name, look, ports if direction == "right" else 1)
        left = middle - width / 2 - (7 if look.pointed else 0)
        areas.append((left, y - height / 2, left + width, y + height / 2))
    assert len(areas) == len(graph.boxes) and len(texts) == len(graph.wire_objects)
    for first, second in [*combinations(areas, 2), *combinations(texts, 2), *product(areas, texts)]:
        assert not meet(first, second)


def test_a_picture_is_folded_and_its_open_wires_have_tags():
    f, g = ld.Box("f", x, x), ld.Box("g", x @ x, x @ x)
    long = PortGraph.from_diagram(ld.Id(x @ x).then(*[f @ f, g] * 12))
    scene = string_diagram(long, {})
    assert scene.width <= 1000 and scene.height > 200
    text = "".join(scene.elements)
    tags = re.findall(r'font-size="10"[^>]*>(\d)<', text)
    assert len(tags) % 4 == 0 and tags == ["1", "2"] * (len(tags) // 2)
    assert text.count("data-box") == 36


def test_straight_is_straight():
    f = ld.Box("f", x, x)
    scene = string_diagram(PortGraph.from_diagram(ld.Id(x).then(*[f] * 3)), {})
    assert not any(
        "C" in data for element in scene.elements for data in re.findall(r' d="(M[^"]*)"', element) if "A" not in data
    )


def test_a_draw_used_twice_and_two_draws_look_different():
    k, f = ld.Kernel("k", x, x), ld.Box("f", x, x)
    once, twice = k >> ld.Copy(x) >> f @ f, ld.Copy(x) >> k @ k >> f @ f
    diamonds = [
        "".join(string_diagram(PortGraph.from_diagram(d), {}).elements).count("l4.5 -4.5l4.5 4.5") // 2
        for d in (once, twice)
    ]
    assert diamonds == [1, 2]


@pytest.mark.parametrize(
    "diagram", [ld.Id(ld.Ty()), ld.Id(x), ld.Box("s", ld.Ty(), ld.Ty()), ld.Discard(x), ld.Swap(x, x), ld.Copy(x, 3)]
)
def test_diagrams_without_much_are_drawn(diagram):
    scene = string_diagram(PortGraph.from_diagram(diagram), {})
    assert scene.width >= 0 and scene.height >= 0


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_layout_work_is_linear_in_the_boxes(direction, monkeypatch):
    """Counted in comparisons of places and in points of wires, not in seconds."""
    calls = []
    count, at = fewest_crossings._inversions, Pen.at
    monkeypatch.setattr(fewest_crossings, "_inversions", lambda *ends: calls.append(ends) or count(*ends))
    monkeypatch.setattr(Pen, "at", lambda *point: calls.append(point) or at(*point))
    f, g = ld.Box("f", x @ x, x), ld.Box("g", x, x @ x)
    for n in (50, 100):
        string_diagram(PortGraph.from_diagram(ld.Id(x).then(*[g, ld.Swap(x, x), f] * n)), {}, direction=direction)
        calls.append(None)
    first = calls.index(None)
    assert len(calls) - first <= 2.1 * first + 10


def lines_of(scene, direction):
    """The wires of a scene, as (start, across there, end, across there) along the direction."""
    text = "".join(scene.elements)
    curves = re.findall(r'class="line" d="M([-\d.]+) ([-\d.]+)C(?:[-\d.]+ ){4}([-\d.]+) ([-\d.]+)"', text)
    lines = [tuple(map(float, curve)) for curve in curves]
    for a, b, way, end in re.findall(r'class="line" d="M([-\d.]+) ([-\d.]+)([HV])([-\d.]+)" stroke-width="1.5"', text):
        lines.append((float(a), float(b), *((float(end), float(b)) if way == "H" else (float(a), float(end)))))
    return lines if direction == "right" else [(abs(b), a, abs(d), c) for a, b, c, d in lines]


@pytest.mark.parametrize("direction", DIRECTIONS)
@given(graphs())
def test_the_wires_that_are_drawn_cross_as_often_as_the_strands(direction, graph):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(string_picture, "PAGE", 1e5)  # not folded
        lines = lines_of(string_diagram(graph, {}, 1e5, direction), direction)
    drawn = 0
    curves = [line for line in lines if line[1] != line[3]]
    for start, first, end, last in curves:
        for a, b, c, d in lines:
            if a <= start and c >= end and (first - b) * (last - d) < 0:
                drawn += 1 if b == d else 0.5  # a pair of curves is seen twice
    assert drawn == arranged(graph).crossings()


@pytest.mark.parametrize("direction", ["down", "up"])
def test_what_is_too_wide_is_laid_out_in_more_layers_and_refused_where_wires_have_no_room(direction):
    f = ld.Box("f", x, x)
    scene = string_diagram(PortGraph.from_diagram(ld.Id(ld.Ty()).tensor(*[f] * 18)), {}, direction=direction)
    assert scene.width <= 1000 and "".join(scene.elements).count("data-box") == 18
    with pytest.raises(ld.LimitExceeded, match="take direction='right'"):
        string_diagram(PortGraph.from_diagram(ld.Id(x**40)), {}, direction=direction)


def test_a_direction_is_one_of_three():
    with pytest.raises(ld.TypeMismatch, match="'right', 'down' or 'up', got 'left'"):
        string_diagram(PortGraph.from_diagram(ld.Id(x)), {}, direction="left")


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_learning_diagram_turns_its_string_diagrams(direction):
    shown = regimes.lens_laws().draw(direction=direction)
    assert shown.scene.width <= 1000
    assert shown.svg.count("data-constraint") == regimes.lens_laws().draw().svg.count("data-constraint")
    assert (shown.svg == regimes.lens_laws().draw().svg) == (direction == "right")


@pytest.mark.sampled(1)
@pytest.mark.parametrize("direction", DIRECTIONS)
@settings(max_examples=4)
@given(graphs(boxes=25))
def test_a_folded_picture_is_as_wide_as_a_page_at_most(direction, graph):
    scene = string_diagram(graph, {}, 600 if direction == "right" else 1000, direction)
    assert scene.width <= (600 if direction == "right" else 1000)
    assert "".join(scene.elements).count("data-box") == len(graph.boxes)
    tags = Counter(re.findall(r'font-size="10"[^>]*>(\d+)<', "".join(scene.elements)))
    assert all(count % 2 == 0 for count in tags.values())  # a tag where a wire ends, and one where it goes on


@pytest.mark.sampled(1)
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_five_thousand_boxes_are_folded(direction, monkeypatch):
    """Counted in points of wires: at most 20 a box."""
    calls = []
    at = Pen.at
    monkeypatch.setattr(Pen, "at", lambda *point: calls.append(point) or at(*point))
    f = ld.Box("f", x, x)
    scene = string_diagram(PortGraph.from_diagram(ld.Id(x).then(*[f] * 5000)), {}, direction=direction)
    assert scene.width <= 1000 and len(calls) < 20 * 5000


def test_an_option_that_draw_does_not_take_is_named():
    with pytest.raises(ld.UnknownName, match=r"has no option 'directon'; did you mean 'direction'"):
        regimes.lens_laws().draw(directon="down")
    known = "known: 'direction', 'notation', 'path', 'theme', 'width'"
    with pytest.raises(ld.UnknownName, match=known):
        regimes.lens_laws().draw(colour="red")


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_of_two_wires_that_cross_the_one_that_goes_down_or_right_has_a_halo(direction):
    x_y = ld.Swap(x, ld.Ty("y"))
    text = "".join(string_diagram(PortGraph.from_diagram(x_y), {}, direction=direction).elements)
    (first, last) = re.search(r'class="halo" d="M([-\d.]+ [-\d.]+)C.* ([-\d.]+ [-\d.]+)"', text).groups()
    across = 1 if direction == "right" else 0
    assert text.count('class="halo"') == 1
    assert float(first.split()[across]) < float(last.split()[across])


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_an_equation_with_a_side_of_several_columns_is_drawn(direction):
    """A side that is to stand beside another one has endless room, in which the first column was lost."""
    boxes = [ld.Box(f"s{i}", x, x) for i in range(20)]
    svg = ld.draw(ld.Equation(ld.Id(x).then(*boxes), ld.Id(x)), direction=direction).svg
    assert Counter(re.findall(r'data-box="(s\d+)"', svg)) == Counter(box.name for box in boxes)
