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
from itertools import count

from discopy import markov

from learning_diagrams.diagrams.box import Ty, is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.sample_space import SampleObject
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.diagrams.symbol import box_symbol, object_symbol
from learning_diagrams.drawing.elements.look import look_of, looks_of, written
from learning_diagrams.drawing.elements.plates import Look
from learning_diagrams.drawing.graph.arrangement import Edge, arrange
from learning_diagrams.drawing.graph.node import Node
from learning_diagrams.drawing.graph.walk import Walk
from learning_diagrams.drawing.tex.cell_sides import End, shown_sides
from learning_diagrams.drawing.tex.letters import symbol
from learning_diagrams.equality.normal_form import normalise
from learning_diagrams.errors import ParseError, TypeMismatch
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.presentation.presentation import Presentation
from learning_diagrams.presentation.reading import Pair
from learning_diagrams.terms.printer import print_term


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


@dataclass(frozen=True)
class Commutative:
    """A commutative diagram, and in sentences what of the learning diagram it does not show."""

    objects: tuple[Place, ...]
    arrows: tuple[Bow, ...]
    cells: tuple[Cell, ...]
    missing: tuple[str, ...]


def commutative_diagram(diagram: Presentation) -> Commutative:
    """The commutative diagram of a learning diagram: each equation whose two sides are paths of arrows is a 2-cell."""
    looks = looks_of(diagram)
    equations: list[tuple[Constraint | Equation, Pair]] = [
        *((c, c.reading.composite_graphs) for c in diagram.constraints),
        *((axiom, axiom.graphs) for axiom in diagram.axioms),
    ]
    boxes = {(written(b), b.dom, b.cod): b for _, pair in equations for graph in pair for b in graph.boxes}
    arrows = [boxes[key] for key in sorted(boxes, key=str)]
    types = {_name(ty): ty for box in arrows for ty in (box.dom, box.cod)}
    names = sorted(types)
    places = _grid(names, arrows, {space.name for space in diagram.sample_spaces})
    objects = tuple(
        Place(name, _latex(types[name], diagram), *place) for name, place in zip(names, places, strict=True)
    )
    drawn = [look_of(box, looks) for box in arrows]
    ends = [(names.index(_name(box.dom)), names.index(_name(box.cod))) for box in arrows]
    bends = _bends(objects, [(*pair, look) for pair, look in zip(ends, drawn, strict=True)])
    bows = tuple(
        Bow(name := look.shown(written(box)), diagram.notation.get(box_symbol(box)) or symbol(name), *pair, look, bend)
        for box, look, pair, bend in zip(arrows, drawn, ends, bends, strict=True)
    )
    cells: list[Cell] = []
    missing: list[str] = []
    for statement, graphs in equations:
        name, is_axiom = statement.name, isinstance(statement, Equation)
        kind = "axiom" if is_axiom else "constraint"
        sides = _sides([_path(normalise(graph)) for graph in graphs])
        if sides is None:
            missing.append(f"{kind} {name}: a side is no path of arrows")
            continue
        start, paths = sides
        if not any(paths):
            missing.append(f"{kind} {name}: both sides are one path")
            continue
        at = _name(start if start is not None else graphs[0].dom)
        source, target = (_middle(path, names.index(at), arrows, names) for path in paths)
        if source == target:
            source = True, arrows.index((paths[0] or paths[1])[0])
        offset = sum({cell.source, cell.target} == {source, target} for cell in cells)
        words = _words(statement, diagram.signature, [types[name] for name in names], arrows, ends, (source, target))
        cells.append(Cell(name, words, source, target, is_axiom, offset))
    missing += [f"player {player.name} lowers only its own terms" for player in diagram.players]
    missing += [
        f"{target} is the moving average of {source}, decay {decay}" for target, (source, decay) in diagram.ema.items()
    ]
    return Commutative(objects, bows, tuple(cells), tuple(missing))


def label_right(bow: Bow, arrows: Sequence[Bow]) -> bool:
    """Whether the name of an arrow stands right of its way: where it bends right, or another one bends left of it."""
    ends = bow.source, bow.target
    return bow.bend > 0 or (not bow.bend and any(b.bend < 0 and (b.source, b.target) == ends for b in arrows))


def _latex(ty: Ty, diagram: Presentation) -> str:
    """What an object is called; a frame says that it is a data set."""
    return r" \otimes ".join(
        f"\\boxed{{{latex}}}" if isinstance(ob, SampleObject) else latex
        for ob in ty.inside
        for latex in [diagram.notation.get(object_symbol(ob)) or symbol(ob.name)]
    ) or "I"  # fmt: skip


def _words(
    statement: Constraint | Equation,
    signature: Signature,
    objects: Sequence[Ty],
    boxes: Sequence[markov.Box],
    arrows: Sequence[tuple[int, int]],
    ends: tuple[End, End],
) -> tuple[str, ...]:
    """What stands below the name of a 2-cell: the fields of a constraint, and its sides where the ends do not say them.
    """  # fmt: skip
    reading = None if isinstance(statement, Equation) else statement.reading
    over = reading.source if reading and reading.tested == "over" else None
    from_data = not isinstance(statement, Equation) and over is None
    try:
        sides = Equation(*shown_sides(objects, boxes, arrows, ends, from_data))
    except TypeMismatch:
        sides = None
    try:
        words = [] if over is None else [f"over {print_term(over, signature)}"]
        if sides is None or sides.forms != statement.forms[:2]:
            words.append(" = ".join(print_term(side, signature) for side in (statement.lhs, statement.rhs)))
    except ParseError:  # a name that no term can carry
        words = []
    if isinstance(statement, Equation):
        return tuple(words)
    for meaning, value in statement.annotations:
        is_rounded = isinstance(value, float) and float(f"{value:g}") != value
        words += [f"{meaning.name} {value!r}"] if is_rounded else meaning.phrases(value)
    return tuple(words)


def _name(ty: Ty) -> str:
    return " ⊗ ".join(ob.name for ob in ty.inside) or "I"


def _path(graph: PortGraph) -> Walk | None:
    """The boxes of a graph, where each reads all wires that the one before has written; None for another graph."""
    wires = tuple(range(len(graph.dom)))
    for _, arguments, written_wires in graph.applications():
        if arguments != wires:
            return None
        wires = tuple(written_wires)
    return graph.boxes if graph.outputs == wires else None


def _sides(paths: Sequence[Walk | None]) -> tuple[Ty | None, tuple[Walk, Walk]] | None:
    """Two paths without what both begin and end with, and where they part; None for a side that is no path."""
    lhs, rhs = paths
    if lhs is None or rhs is None:
        return None
    start = None
    while lhs and rhs and lhs[0] == rhs[0] and is_deterministic(lhs[0]):
        start, lhs, rhs = lhs[0].cod, lhs[1:], rhs[1:]
    while lhs and rhs and lhs[-1] == rhs[-1] and (len(lhs) > 1 or len(rhs) > 1):
        lhs, rhs = lhs[:-1], rhs[:-1]
    return start, (lhs, rhs)


def _middle(path: Walk, start: int, arrows: Sequence[markov.Box], names: Sequence[str]) -> End:
    """The arrow in the middle of a path, or the object between two arrows."""
    if len(path) % 2:
        box = path[len(path) // 2]
        return True, next(i for i, arrow in enumerate(arrows) if arrow == box)
    return False, names.index(_name(path[len(path) // 2 - 1].cod)) if path else start


def _grid(names: Sequence[str], boxes: Sequence[markov.Box], spaces: set[str]) -> list[tuple[int, int]]:
    """The columns and rows in which the learning graph has the objects."""
    nodes = {name: Node(name, name in spaces) for name in names}
    edges = [Edge(box, _name(box.dom), _name(box.cod), Look("function")) for box in boxes]
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


def _between(first: Place, last: Place, other: Place) -> bool:
    """Whether a place lies on the straight line between two others."""
    across, down = last.column - first.column, last.row - first.row
    a, b = other.column - first.column, other.row - first.row
    return across * b == down * a and 0 < a * across + b * down < across**2 + down**2
