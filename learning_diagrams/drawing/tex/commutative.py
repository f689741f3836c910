"""Commutative diagrams: objects on a grid, boxes as arrows, and the equations between paths of arrows as 2-cells.

>>> from learning_diagrams.regimes import distillation
>>> diagram = commutative_diagram(distillation())
>>> [(place.name, place.column, place.row) for place in diagram.objects]
[('digit', 2, 0), ('digits', 0, 0), ('image', 1, 0)]
>>> [(cell.name, diagram.arrows[cell.source[1]].name, diagram.arrows[cell.target[1]].name) for cell in diagram.cells]
[('distilled', 'student', 'teacher'), ('supervised', 'student', 'label')]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, groupby
from typing import Any

from discopy import markov

from learning_diagrams.diagrams.box import Diagram, Ty
from learning_diagrams.diagrams.sample_space import SampleObject
from learning_diagrams.diagrams.symbol import box_symbol, object_symbol
from learning_diagrams.diagrams.uses import uses_of
from learning_diagrams.drawing.elements.look import look_of, looks_of
from learning_diagrams.drawing.elements.plates import Look
from learning_diagrams.drawing.graph.arrangement import Edge, arrange
from learning_diagrams.drawing.graph.node import Node
from learning_diagrams.drawing.tex.cell_routes import Step, is_function, routes_of, step_key
from learning_diagrams.drawing.tex.cell_sides import End
from learning_diagrams.drawing.tex.cell_words import document_of, plain_words, words_of
from learning_diagrams.drawing.tex.letters import in_latex, symbol
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.presentation.presentation import Presentation
from learning_diagrams.terms.printer import is_name


@dataclass(frozen=True)
class Place:
    """An object, or a product of objects, on the grid; `latex` is what it is called in math mode."""

    name: str
    latex: str
    column: int
    row: int


@dataclass(frozen=True)
class Bow:
    """A box as an arrow between two places; it bends to the left of its way by steps < 0, to the right by steps > 0."""

    name: str
    latex: str
    source: int
    target: int
    look: Look
    bend: int


@dataclass(frozen=True)
class Cell:
    """An equation as an arrow from the middle of one path to the middle of the other."""

    name: str
    words: tuple[str, ...]
    source: End
    target: End
    is_axiom: bool
    offset: int  # steps to the side, where several equations have these ends
    is_bent: bool = False  # whether its straight line would meet an object, or the middle of an arrow


@dataclass(frozen=True)
class Commutative:
    """A commutative diagram.

    stated : tuple of str, what the learning diagram says beside its boxes and equations, as in a file.
    missing : tuple of str, in sentences, what is not carried.
    """

    objects: tuple[Place, ...]
    arrows: tuple[Bow, ...]
    cells: tuple[Cell, ...]
    stated: tuple[str, ...]
    missing: tuple[str, ...]


def commutative_diagram(diagram: Presentation) -> Commutative:
    """The commutative diagram of a learning diagram: each box is an arrow, and each equation a 2-cell.

    A side that is no path of boxes is a path of slices, such as `copy(x) >> f @ id(x)`, and each slice is an arrow
    between products of objects.
    """
    looks, signature = looks_of(diagram), diagram.signature
    data = document_of(diagram)
    statements = diagram.equations
    walks = [routes_of(statement, signature) for statement in statements]
    applied = [box for statement in statements for graph in statement.graphs for box in graph.boxes]
    steps: dict[Any, Step] = {step_key(box, signature): box for box in (*diagram.boxes, *applied)}
    steps |= {step_key(step, signature): step for _, paths in filter(None, walks) for path in paths for step in path}
    keys = sorted(steps, key=str)
    arrows, number = [steps[key] for key in keys], {key: i for i, key in enumerate(keys)}
    starts = [start for start, _ in filter(None, walks)]
    types = {_name(ty): ty for ty in (*starts, *(end for arrow in arrows for end in (arrow.dom, arrow.cod)))}
    names = sorted(types)
    places = _grid(names, arrows, {space.name for space in diagram.sample_spaces})
    objects = tuple(
        Place(name, _latex(types[name], diagram), *place) for name, place in zip(names, places, strict=True)
    )
    drawn = [look_of(arrow, looks) if isinstance(arrow, markov.Box) else _look(arrow) for arrow in arrows]
    ends = [(names.index(_name(arrow.dom)), names.index(_name(arrow.cod))) for arrow in arrows]
    bends = _bends(objects, [(*pair, look) for pair, look in zip(ends, drawn, strict=True)])
    bows = tuple(
        Bow(name := _shown(key[0], arrow, look), _called(name, arrow, diagram), *pair, look, bend)
        for key, arrow, look, pair, bend in zip(keys, arrows, drawn, ends, bends, strict=True)
    )
    cells: list[Cell] = []
    missing: list[str] = []
    for statement, walk in zip(statements, walks, strict=True):
        is_axiom = isinstance(statement, Equation)
        if walk is None:
            kind = "axiom" if is_axiom else "constraint"
            missing.append(f"{kind} {statement.name}: a side has a name that no term can carry")
            continue
        start, paths = walk
        routes = [[number[step_key(step, signature)] for step in path] for path in paths]
        source, target = (_middle(route, names.index(_name(start)), ends) for route in routes)
        if source == target:  # both sides are one path
            source = False, names.index(_name(start))
        offset = sum({cell.source, cell.target} == {source, target} for cell in cells)
        words = words_of(statement, data, signature, [types[name] for name in names], arrows, ends, (source, target))
        is_bent = _meets(source, target, objects, bows)
        cells.append(Cell(statement.name, words, source, target, is_axiom, offset, is_bent))
    shown = {"format", "name", "objects", "sample_spaces", "boxes", "frozen", "constraints", "axioms"}
    stated = tuple(f"{key} {plain_words(value)}" for key, value in data.items() if key not in shown)
    return Commutative(objects, bows, tuple(cells), stated, tuple(missing))


def label_right(bow: Bow, arrows: Sequence[Bow]) -> bool:
    """Whether the name of an arrow stands right of its way: where it bends right, or another one bends left of it."""
    ends = bow.source, bow.target
    return bow.bend > 0 or (not bow.bend and any(b.bend < 0 and (b.source, b.target) == ends for b in arrows))


def _latex(ty: Ty, diagram: Presentation) -> str:
    """What an object is called; a frame says that it is a data set, and an exponent how often it stands in a row."""
    factors: list[str] = []
    for ob, row in groupby(ty.inside):
        latex, times = diagram.notation.get(object_symbol(ob)) or symbol(ob.name), len(list(row))
        latex = f"\\boxed{{{latex}}}" if isinstance(ob, SampleObject) else latex
        factors += [f"{{{latex}}}^{{\\otimes {times}}}"] if times > 2 else [latex] * times
    return r" \otimes ".join(factors) or "I"


def _shown(text: str, arrow: Step, look: Look) -> str:
    """The name of an arrow: whole, so that it is read back, where a term can carry it."""
    is_whole = not isinstance(arrow, markov.Box) or is_name(arrow.name)
    return str(look.label or text) if is_whole else look.shown(text)


def _called(name: str, arrow: Step, diagram: Presentation) -> str:
    """What an arrow is called in math mode; the boxes that a box uses stand behind its symbol."""
    if not isinstance(arrow, markov.Box):
        return f"\\textrm{{{in_latex(name)}}}"
    latex, uses = diagram.notation.get(box_symbol(arrow)), ", ".join(use.name for use in uses_of(arrow))
    return symbol(name) if latex is None else latex + (f"[\\textrm{{{in_latex(uses)}}}]" if uses else "")


def _name(ty: Ty) -> str:
    return " ⊗ ".join(ob.name for ob in ty.inside) or "I"


def _look(part: Diagram) -> Look:
    return Look("function" if is_function(part) else "kernel")


def _middle(route: Sequence[int], start: int, ends: Sequence[tuple[int, int]]) -> End:
    """The arrow in the middle of a path, or the object between two arrows."""
    if len(route) % 2:
        return True, route[len(route) // 2]
    return False, ends[route[len(route) // 2 - 1]][1] if route else start


def _grid(names: Sequence[str], boxes: Sequence[Step], spaces: set[str]) -> list[tuple[int, int]]:
    """The columns and rows in which the learning graph has the objects."""
    nodes = {name: Node(name, name in spaces) for name in names}
    named = [
        box if isinstance(box, markov.Box) else markov.Box(f"slice {i}", box.dom, box.cod)
        for i, box in enumerate(boxes)
    ]
    edges = [Edge(box, _name(box.dom), _name(box.cod), Look("function")) for box in named]
    places = arrange(nodes, edges, {}, 0.0) if nodes else {}
    columns = {x: i for i, x in enumerate(sorted({round(node.x) for node in places.values()}))}
    rows = {y: i for i, y in enumerate(sorted({round(node.y) for node in places.values()}))}
    return [(columns[round(places[name].x)], rows[round(places[name].y)]) for name in names]


def _bends(objects: Sequence[Place], arrows: Sequence[tuple[int, int, Look]]) -> Iterator[int]:
    """For each arrow the least bend with which it meets no object and no other arrow: columns bend down first.

    Arrows that run to and fro both bend, so that there is room for an equation between them.
    """
    taken: set[tuple[int, int, int]] = set()
    ways = {(source, target) for source, target, _ in arrows}
    for source, target, look in arrows:
        a, b = objects[source], objects[target]
        blocked = (target, source) in ways or any(_between(a, b, c) for c in objects)
        down = 1 if (b.column, b.row) >= (a.column, a.row) else -1
        for step in count(1 if blocked else 0):
            for bend in sorted({step, -step}, reverse=(look.kind == "column") == (down > 0)):
                key = (source, target, bend) if source <= target else (target, source, -bend)
                if key not in taken:
                    break
            else:
                continue
            break
        taken.add(key)
        yield bend


def _meets(source: End, target: End, objects: Sequence[Place], arrows: Sequence[Bow]) -> bool:
    """Whether the straight line of a 2-cell meets an object, or the middle of another arrow that is straight."""
    middles = [
        None
        if arrow.bend or arrow.source == arrow.target
        else Place("", "", *map(sum, zip(_at(objects[arrow.source]), _at(objects[arrow.target]), strict=True)))
        for arrow in arrows
    ]
    corners = [Place("", "", *(2 * x for x in _at(place))) for place in objects]
    ends = [middles[end[1]] if end[0] else corners[end[1]] for end in (source, target)]
    others = [place for place in (*corners, *middles) if place is not None and place not in ends]
    first, last = ends
    return first is not None and last is not None and any(_between(first, last, place) for place in others)


def _at(place: Place) -> tuple[int, int]:
    return place.column, place.row


def _between(first: Place, last: Place, other: Place) -> bool:
    """Whether a place lies on the straight line between two others."""
    across, down = last.column - first.column, last.row - first.row
    a, b = other.column - first.column, other.row - first.row
    return across * b == down * a and 0 < a * across + b * down < across**2 + down**2
