"""Squares and pastings as pictures: the whole grid, then each layer with its cell in hand and its whiskers.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.presentation.pasting import TwoCell, whisker
>>> x = Ty("x")
>>> f, g, h = (Box(name, x, x) for name in "fgh")
>>> print(pasting_description("pasting", whisker(h, TwoCell("law", f, g), h)))
pasting: 1 layer. law: f becomes g, before it h, behind it h.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from learning_diagrams.diagrams.box import Diagram, Ty
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.drawing.cells.grid import LAW, Grid, Line, Tile
from learning_diagrams.drawing.cells.grid_picture import GridPicture
from learning_diagrams.drawing.cells.wide_layer import layer_in_strings, path_in_strings
from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import PHRASE, shown_label, text_width
from learning_diagrams.drawing.elements.label import joined_by, phrase
from learning_diagrams.drawing.elements.look import Looks, named_looks, type_text
from learning_diagrams.drawing.elements.plates import Look
from learning_diagrams.drawing.elements.stacking import below, in_rows
from learning_diagrams.drawing.elements.svg import MARGIN, Scene
from learning_diagrams.drawing.strings.pen import Direction
from learning_diagrams.errors import LimitExceeded, TypeMismatch, brief, plural
from learning_diagrams.presentation.pasting import Alongside, Pasting, TwoCell, composite

MOST_STEPS = 12  # pictures of a whole grid with one cell in hand
MOST_LAYERS = 100
MOST_CELLS = 200
APART = 32


def square_scene(tile: Tile, pasting: Pasting, looks: Mapping[str, Look], direction: Direction = "right") -> Scene:
    """The picture of a square, or of squares beside and above each other.

    direction : that of string diagrams, which show what is too wide for a grid.

    Raises `LimitExceeded` for more than 200 cells, and for string diagrams that run down or up and are too wide.
    """
    if len(pasting.inside) > MOST_CELLS:
        has = f"{brief(tile.name)} has {len(pasting.inside)}; draw the squares of which it is made"
        raise LimitExceeded(f"a picture shows at most {MOST_CELLS} cells, and {has}")
    grid = Grid()
    outer, cells = grid.lay(tile)
    picture = GridPicture.of(grid, cells, looks)
    own = tile.parts is None and len(pasting.inside) > 1  # a pasting of another kind fills the boundary
    if picture is None or own or not picture.is_whole:
        layers = _layers(pasting, looks, direction, "square.pasting")
        return _framed(tile.name, [*([picture.scene()] if picture else []), *layers])
    scenes, path = [picture.scene()], outer.lhs
    steps: list[Scene] = []
    for cell in cells:
        path = _replaced(path, cell.lhs, cell.rhs)
        if cell.name != LAW and len(steps) < MOST_STEPS:
            steps.append(_titled(f"{len(steps) + 1}  {cell.name}", picture.scene(cell, (*path, *cell.lhs))))
    if len(steps) > 1:
        more = len([cell for cell in cells if cell.name != LAW]) - len(steps)
        scenes += in_rows(steps, APART)
        scenes += [_words(f"… {plural(more, 'more layer')}: ld.draw(square.pasting) draws each layer")] if more else []
    return _framed(tile.name, scenes)


def is_pasting(diagram: Diagram) -> bool:
    """Whether a diagram consists of 2-cells, or is the identity of 1-cells."""
    return isinstance(diagram, Pasting) or (bool(diagram.boxes) and all(isinstance(c, TwoCell) for c in diagram.boxes))


def pasting_looks(pasting: Pasting, notation: Mapping[Any, str], sides: Sequence[Diagram] = ()) -> Looks:
    """The looks of the boxes in the sides of 2-cells, and in some more diagrams."""
    cells = [side for cell in pasting.boxes for side in cell.equation.diagrams]
    cells += [cell.diagram for cell in pasting.dom.inside]
    return named_looks(map(PortGraph.from_diagram, (*cells, *sides)), notation)


def pasting_scene(
    pasting: Pasting,
    notation: Mapping[Any, str] = MappingProxyType({}),
    name: str = "pasting",
    direction: Direction = "right",
) -> Scene:
    """The picture of any pasting of 2-cells: its layers, in order, under a name.

    direction : that of string diagrams, which show what is too wide for a grid.

    Raises `TypeMismatch` for another diagram, and `LimitExceeded` for string diagrams that run down or up and are too
    wide.
    """
    if not is_pasting(pasting):
        raise TypeMismatch(f"the picture of a pasting shows its 2-cells, and there are none in {brief(pasting)}")
    looks = pasting_looks(pasting, notation)
    if not len(pasting.inside):
        return _framed(name, [_identity(pasting.dom, looks, direction)])
    return _framed(name, _layers(pasting, looks, direction))


def pasting_description(name: str, pasting: Pasting) -> str:
    """The cells in sentences, for readers who do not see the picture."""
    sentences = [f"{name}: {plural(len(pasting.inside), 'layer') if pasting.inside else f'identity of {pasting.dom}'}"]
    for layer in pasting.inside:
        before, cell, after = layer.boxes_or_types
        whiskers = [f"before it {before}"] * bool(before) + [f"behind it {after}"] * bool(after)
        sides = f"{cell.name}: {cell.equation.lhs} becomes {cell.equation.rhs}"
        sentences.append(", ".join([sides, *whiskers]))
    return ". ".join(sentences) + "."


def _layers(
    pasting: Pasting, looks: Mapping[str, Look], direction: Direction, called: str = "pasting"
) -> list[Scene]:
    """The layers in order; called : str, what the pasting is called in the words that say how to see the others."""
    layers = [layer.boxes_or_types for layer in pasting.inside]
    scenes = [
        _titled(phrase(f"{number}  ", _title(cell, looks)), _layer(before, cell, after, looks, direction))
        for number, (before, cell, after) in enumerate(layers[:MOST_LAYERS], start=1)
    ]
    if more := len(layers) - len(scenes):
        shown = f"ld.draw({called}[{MOST_LAYERS}:]) draws {'it' if more == 1 else 'them'}"
        scenes.append(_words(f"… {plural(more, 'more layer')}: {shown}"))
    return in_rows(scenes, APART)


def _title(cell: TwoCell, looks: Mapping[str, Look]) -> str:
    """The name of a 2-cell, with the symbols of the author for wires beside it."""
    if isinstance(cell, Alongside):
        left, right = ([type_text(ty, looks)] if ty else [] for ty in (cell.left, cell.right))
        return joined_by(" ⊗ ", [*left, cell.cell.name, *right])
    return cell.name if cell.name != LAW else "by the laws of the theory"


def _identity(cells: Ty, looks: Mapping[str, Look], direction: Direction) -> Scene:
    """The 1-cells in a row, of which an identity changes none."""
    if not len(cells):
        return _words("the identity of an identity")
    grid, path = Grid(), composite(cells, Ty())
    grid.across.append(grid.line(path, grid.vertex(path.dom)))
    picture = GridPicture.of(grid, [], looks)
    return picture.scene() if picture and picture.is_whole else path_in_strings(path, looks, direction)


def _layer(before: Ty, cell: TwoCell, after: Ty, looks: Mapping[str, Look], direction: Direction) -> Scene:
    """A 2-cell between its whiskers: on a grid, or in string diagrams where a grid is too wide or cuts a text."""
    lhs, rhs = cell.equation.diagrams
    sides = rhs[: len(rhs) - 1], rhs[len(rhs) - 1 :], lhs[:1], lhs[1:]
    if not len(rhs):
        sides = rhs, rhs, *sides[2:]
    if not len(lhs):
        sides = *sides[:2], lhs, lhs
    grid = Grid()
    square = grid.cell(cell.name, sides, label=_title(cell, looks) if isinstance(cell, Alongside) else "")
    first, last = composite(before, lhs.dom), composite(after, lhs.cod)
    if len(before):
        grid.across.append(grid.line(first, grid.vertex(first.dom), square.lhs[0].source))
    if len(after):
        grid.across.append(grid.line(last, square.lhs[-1].target))
    picture = GridPicture.of(grid, [square], looks)
    return picture.scene() if picture and picture.is_whole else layer_in_strings(before, cell, after, looks, direction)


def _replaced(path: Line, old: Line, new: Line) -> Line:
    """A path with some of its segments replaced by others."""
    start = path.index(old[0])
    return path[:start] + new + path[start + len(old) :]


def _titled(title: str, scene: Scene) -> Scene:
    line = svg.text(0, 14, title, 14, "ink", bold=True, longest=PHRASE)
    width = text_width(shown_label(title, PHRASE), 14, bold=True)
    return Scene(max(scene.width, width), scene.height + 30, (line, scene.at(0, 30)))


def _words(text: str) -> Scene:
    return Scene(text_width(text, 12), 16, (svg.line_of_text(0, 12, text, 12, "muted"),))


def _framed(title: str, scenes: Sequence[Scene]) -> Scene:
    inner = below(scenes, APART)
    heading = svg.text(MARGIN, MARGIN + 15, title, 18, "ink", bold=True)
    width = max(inner.width, text_width(title[:24], 18, bold=True)) + 2 * MARGIN
    return Scene(width, inner.height + 2 * MARGIN + 44, (heading, inner.at(MARGIN, MARGIN + 44)))
