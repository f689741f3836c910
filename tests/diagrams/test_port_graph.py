"""Port graphs: reading and drawing are inverse to each other, and meaningless structure is refused by name."""

import pytest
from discopy import braided, frobenius, markov, rigid
from hypothesis import given
from hypothesis import strategies as st

from learning_diagrams.diagrams.box import Box, Id, Ty
from learning_diagrams.diagrams.port_graph import PortGraph, PortGraphBuilder
from learning_diagrams.diagrams.structure import Copy, Discard, Swap
from learning_diagrams.equality.canonical_form import digest
from learning_diagrams.errors import LearningDiagramError, LimitExceeded, TypeMismatch
from strategies import boxes, diagrams, steps_of, types

x, y = Ty("x"), Ty("y")
f, g = Box("f", x, y), Box("g", x, y)
read = PortGraph.from_diagram


def test_many_copies_of_an_object_are_one_box_made_without_the_quadratic_way(monkeypatch):
    copies = []
    init = markov.Copy.__init__

    def counted(self, *arguments, **named):
        copies.append(init(self, *arguments, **named))

    monkeypatch.setattr(markov.Copy, "__init__", counted)
    monkeypatch.setattr(markov.Diagram, "copy", lambda *_: pytest.fail("DisCoPy's own copy"))
    wide = Copy(x, 2000)
    assert len(wide.boxes) == len(copies) == 1 and len(wide.cod) == 2000


def test_drawing_ends_at_its_limit():
    """Four wires turned round are 6 swaps, of four wires each."""
    turned = PortGraph(x**4, x**4, (), (), (3, 2, 1, 0))
    assert turned.to_diagram(limit=24) == turned.to_diagram()
    with pytest.raises(LimitExceeded, match="more than 23 wires in all layers"):
        turned.to_diagram(limit=23)


@st.composite
def port_graphs(draw):
    """Graphs that do not come from a diagram: arguments and outputs are any wires, with repetition."""
    builder = PortGraphBuilder(draw(types()))
    wires = list(zip(builder.inputs, builder.dom.inside, strict=True))
    for _ in range(draw(st.integers(0, 5))):
        arguments = draw(st.lists(st.sampled_from(wires), max_size=3)) if wires else []
        box = draw(boxes(dom=Ty(*(ob for _, ob in arguments))))
        wires += zip(builder.add(box, [wire for wire, _ in arguments]), box.cod.inside, strict=True)
    outputs = draw(st.lists(st.sampled_from(wires), max_size=4)) if wires else []
    return builder.build(Ty(*(ob for _, ob in outputs)), [wire for wire, _ in outputs])


def assert_well_typed(diagram):
    """Each layer starts where the layer before ends."""
    end = diagram.dom
    for layer in diagram.inside:
        assert layer.dom == end
        end = layer.cod
    assert end == diagram.cod


def generators(diagram):
    return sorted(box.name for _, box in steps_of(diagram) if box.name[0] in "fkp")


@given(port_graphs())
def test_drawing_then_reading_is_the_identity(graph):
    drawn = graph.to_diagram()
    assert_well_typed(drawn)
    assert read(drawn) == graph


@given(diagrams())
def test_reading_then_drawing_keeps_type_and_meaning(diagram):
    drawn = read(diagram).to_diagram()
    assert_well_typed(drawn)
    assert (drawn.dom, drawn.cod) == (diagram.dom, diagram.cod)
    assert digest(drawn) == digest(diagram)
    assert generators(drawn) == generators(diagram)


@given(diagrams())
def test_every_wire_is_made_before_it_is_used(diagram):
    graph = read(diagram)
    objects = graph.wire_objects
    for box, arguments, wires in graph.applications():
        assert all(wire < wires.start for wire in arguments)
        assert [objects[wire] for wire in arguments] == list(box.dom.inside)
    assert [objects[wire] for wire in graph.outputs] == list(graph.cod.inside)


@given(diagrams())
def test_foliated_layers_are_read(diagram):
    """DisCoPy's `foliation` puts as many boxes as possible side by side in a layer."""
    wide = diagram.foliation()
    assert generators(wide) == generators(diagram)
    assert digest(wide) == digest(diagram)


def test_boxes_side_by_side_in_one_layer():
    wide = (f @ g @ Copy(x) >> Swap(y, y) @ Discard(x) @ x).foliation()
    assert len(wide.inside[0].boxes_or_types) == 7  # three boxes and the four types around them
    assert read(wide).outputs == (4, 3, 2)


def test_structural_maps_are_absorbed_into_wires():
    graph = read(Copy(x @ y, 2) >> x @ Swap(y, x) @ Discard(y))
    assert (graph.boxes, graph.outputs) == ((), (0, 0, 1))
    assert read(Swap(x, y)[::-1]).outputs == (1, 0)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("Sum", lambda: f + g),
        ("Sum", lambda: (f + g) >> Copy(y)),
        ("Bubble", lambda: f.bubble()),
        ("Trace", lambda: Box("h", x @ x, y @ x).trace()),
        ("Merge", lambda: markov.Merge(x, 2)),
        ("Merge", lambda: f @ g >> markov.Merge(y, 2)),
        ("Braid", lambda: braided.Braid(x, y)),
        ("Braid", lambda: braided.Braid(x, y)[::-1]),
    ],
)
def test_what_has_no_meaning_is_refused_by_name(name, make):
    with pytest.raises(TypeMismatch, match=name):
        read(make())


@pytest.mark.parametrize(
    "other", [rigid.Cup(rigid.Ty("n"), rigid.Ty("n").r), frobenius.Spider(1, 2, frobenius.Ty("n"))], ids=type
)
def test_structure_of_other_categories_is_no_kernel(other):
    """A cup or a spider has laws, which an opaque box would lose silently."""
    with pytest.raises(TypeMismatch):
        read(other)


@pytest.mark.parametrize("thing", [None, "f", x, 3, [f]])
def test_what_is_no_diagram_is_refused(thing):
    with pytest.raises(LearningDiagramError):
        read(thing)


def test_pasting_a_graph_is_composition():
    builder = PortGraphBuilder(x @ x)
    ends = builder.paste(read(Copy(x) >> f @ g), builder.inputs[:1])
    graph = builder.build(y @ y @ x, [*ends, builder.inputs[1]])
    assert graph == read((Copy(x) >> f @ g) @ x)


def test_the_identity_and_the_empty_diagram():
    assert read(Id(Ty())).to_diagram() == Id(Ty())
    assert read(Id(x @ y)).to_diagram() == Id(x @ y)
