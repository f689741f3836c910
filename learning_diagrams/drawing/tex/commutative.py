"""Commutative diagrams: objects on a grid, boxes as arrows, and the equations between paths of arrows as 2-cells.

>>> from learning_diagrams.regimes import distillation
>>> diagram = commutative_diagram(distillation())
>>> [place.name for place in sorted(diagram.objects, key=lambda place: place.column)]
['digits', 'image', 'digit']
>>> [(cell.name, diagram.arrows[cell.source[1]].name, diagram.arrows[cell.target[1]].name) for cell in diagram.cells]
[('distilled', 'student', 'teacher'), ('supervised', 'student', 'label')]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeAlias

from discopy import markov

from learning_diagrams.diagrams.box import Diagram, Ty
from learning_diagrams.diagrams.sample_space import SampleObject
from learning_diagrams.diagrams.symbol import box_symbol, object_symbol
from learning_diagrams.diagrams.uses import uses_of
from learning_diagrams.drawing.elements.look import look_of, looks_of
from learning_diagrams.drawing.elements.plates import Look
from learning_diagrams.drawing.graph.places.arrangement import Edge, arrange
from learning_diagrams.drawing.graph.places.node import Node
from learning_diagrams.drawing.tex.cell_routes import Step, is_function, routes_of, step_key
from learning_diagrams.drawing.tex.cell_sides import End
from learning_diagrams.drawing.tex.cell_words import document_of, plain_words, words_of
from learning_diagrams.drawing.tex.letters import in_latex, symbol
from learning_diagrams.drawing.tex.lines import in_lines, label, object_size, size_of, stacked
from learning_diagrams.drawing.tex.shapes import Strand
from learning_diagrams.drawing.tex.term_symbols import in_symbols
from learning_diagrams.drawing.tex.uncrowded import Way, sheet_of
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.presentation.notation import notation_of
from learning_diagrams.presentation.presentation import Presentation
from learning_diagrams.terms.printer import is_name

Symbols: TypeAlias = tuple[Mapping[str, str], Mapping[str, str]]  # LaTeX of boxes and of objects, by name


@dataclass(frozen=True)
class Place:
    """An object, or a product of objects, on the grid; `latex` is what it is called in math mode."""

    name: str
    latex: str
    column: int
    row: int


@dataclass(frozen=True)
class Bow:
    """A box as an arrow between two places."""

    name: str
    latex: str
    source: int
    target: int
    look: Look
    way: Way


@dataclass(frozen=True)
class Cell:
    """An equation as an arrow from the middle of one path to the middle of the other.

    words : tuple of str, the lines that stand below its name, as LaTeX.
    """

    name: str
    words: tuple[str, ...]
    source: End
    target: End
    is_axiom: bool
    way: Way


@dataclass(frozen=True)
class Commutative:
    """A commutative diagram; `size` is its width and its height in cells of the grid.

    met : int, how many names meet something else.
    stated : tuple of str, what the learning diagram says beside its boxes and equations, as in a file.
    missing : tuple of str, in sentences, what is not carried.
    """

    objects: tuple[Place, ...]
    arrows: tuple[Bow, ...]
    cells: tuple[Cell, ...]
    stated: tuple[str, ...]
    missing: tuple[str, ...]
    size: tuple[float, float]
    met: int


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
    called = [_latex(types[name], diagram) for name in names]
    drawn = [look_of(arrow, looks) if isinstance(arrow, markov.Box) else _look(arrow) for arrow in arrows]
    ends = [(names.index(_name(arrow.dom)), names.index(_name(arrow.cod))) for arrow in arrows]
    shown = [_shown(key[0], arrow, look) for key, arrow, look in zip(keys, arrows, drawn, strict=True)]
    symbols = notation_of(diagram), _object_symbols(diagram)
    spelled = [_called(name, arrow, diagram, symbols) for name, arrow in zip(shown, arrows, strict=True)]
    strands = [
        Strand((False, source), (False, target), size_of(latex))
        for (source, target), latex in zip(ends, spelled, strict=True)
    ]
    equations: list[tuple[str, tuple[str, ...], End, End, bool]] = []
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
        words = words_of(statement, data, signature, [types[name] for name in names], arrows, ends, (source, target))
        lines = tuple(
            in_symbols(line, *(symbols if is_term else ({}, {}))) for text, is_term in words for line in in_lines(text)
        )
        equations.append((statement.name, lines, source, target, is_axiom))
        strands.append(Strand(source, target, size_of(label(statement.name, lines)), is_cell=True))
    fields = {"format", "name", "objects", "sample_spaces", "boxes", "frozen", "constraints", "axioms"}
    stated = tuple(f"{key} {plain_words(value)}" for key, value in data.items() if key not in fields)
    sheet = sheet_of(tuple(places), tuple(object_size(latex) for latex in called), tuple(strands))
    objects = tuple(Place(name, latex, *at) for name, latex, at in zip(names, called, sheet.places, strict=True))
    bows = tuple(
        Bow(name, latex, *pair, look, way)
        for name, latex, pair, look, way in zip(shown, spelled, ends, drawn, sheet.ways[: len(arrows)], strict=True)
    )
    cells = tuple(Cell(*equation, way) for equation, way in zip(equations, sheet.ways[len(arrows) :], strict=True))
    return Commutative(objects, bows, cells, stated, tuple(missing), sheet.size, sheet.met)


def _object_symbols(diagram: Presentation) -> dict[str, str]:
    return {s.name: latex for s, latex in diagram.notation.items() if s.kind in ("object", "sample space")}


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


def _called(name: str, arrow: Step, diagram: Presentation, symbols: Symbols) -> str:
    """What an arrow is called in math mode; the boxes that a box uses stand behind its symbol."""
    if not isinstance(arrow, markov.Box) or isinstance(arrow, markov.Copy | markov.Swap):
        return stacked([in_symbols(line, *symbols) for line in in_lines(name)])
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
