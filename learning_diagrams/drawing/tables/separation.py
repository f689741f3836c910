"""What tells two sides of an equation apart: both as string diagrams, tables below, and one outcome that differs.

>>> side_tables((2,), (2,), [lambda a: {a: 1}, lambda a: {(0,): 1}], ((1,), (1,)))[1].entries
(('1', '·'), ('1', '·'))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import product
from math import prod

from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import shown_label, text_width
from learning_diagrams.drawing.elements.label import phrase
from learning_diagrams.drawing.elements.plates import Look
from learning_diagrams.drawing.elements.stacking import below, framed, in_rows
from learning_diagrams.drawing.elements.svg import Scene
from learning_diagrams.drawing.page.equations import Row, equation_rows
from learning_diagrams.drawing.strings.pen import Direction
from learning_diagrams.drawing.tables.table import Elements, Table, Weights, elements_text, table_of, table_scene
from learning_diagrams.equality.separation import brief_weight
from learning_diagrams.errors import LimitExceeded

APART, PART = 40, 28  # pixels between tables, and between parts
SIZE = 14
MOST_INPUTS, MOST_OUTCOMES = 100, 10_000  # at which both sides are evaluated, and which they may have
SIDES = ("left-hand side", "right-hand side")

Map = Callable[[Elements], Weights]


def separation_scene(
    rows: Sequence[Row],
    tables: Sequence[Table],
    looks: Mapping[str, Look],
    direction: Direction = "right",
    sides: Sequence[Table] = (),
    difference: Scene | None = None,
) -> Scene:
    """Equations, the tables of boxes, the tables of both sides, and the line that says where the sides differ."""
    parts = [equation_rows(rows, looks, direction), *in_rows(map(table_scene, tables), APART)]
    parts += [*in_rows(map(table_scene, sides), APART), *([difference] if difference else [])]
    return framed(below([part for part in parts if part.elements], PART))


def side_tables(
    dom: Sequence[int],
    cod: Sequence[int],
    sides: Sequence[Map],
    marked: tuple[Elements, Elements],
    named: Callable[[int, Elements], str] = elements_text,
) -> list[Table]:
    """The tables of both sides, with the entries that differ on sand; none where they are too large to compute."""
    if prod(cod) > MOST_OUTCOMES:
        return []
    inputs = [*product(*map(range, dom))] if prod(dom) <= MOST_INPUTS else [marked[0]]
    try:
        rows = [{line: side(line) for line in inputs} for side in sides]
    except LimitExceeded:
        return []
    differ = [line for line in inputs if rows[0][line] != rows[1][line]]
    reached = {outcome for own in rows for line in differ for outcome in own[line]}
    rest = "the sides agree at all other inputs" if len(inputs) > 1 else "and other inputs"
    return [
        table_of(
            name, "", dom, cod, own.__getitem__, listed=differ, rest=rest, named=named, marked=marked, reached=reached
        )
        for name, own in zip(SIDES, rows, strict=True)
    ]


def difference_line(inputs: str, outcome: str, weights: Sequence[Fraction | int]) -> Scene:
    """The line "at 0, outcome 1: 1/2 ≠ 1/4", with both weights on sand."""
    words = phrase("at ", shown_label(inputs), ", outcome ", shown_label(outcome), ":")
    elements = [svg.text(0, 16, words, SIZE, "ink", longest=len(words))]
    x = text_width(words, SIZE) + 10
    lhs, rhs = map(brief_weight, weights)
    for text in (lhs, "≠", rhs):
        width = text_width(text, SIZE) + 12
        if text != "≠":
            elements.append(svg.rectangle(x, 0, width, 22, "sand", rx=4))
        elements.append(svg.line_of_text(x + 6, 16, text, SIZE, "ink"))
        x += width
    return Scene(x, 22, tuple(elements))
