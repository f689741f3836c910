"""A finite map as a table: rows are inputs, columns are outcomes, and entries are exact weights.

>>> half = Fraction(1, 2)
>>> coin = table_of("coin", "I → bit", (), (2,), lambda inputs: {(0,): half, (1,): half})
>>> table_scene(coin).elements[-1].count(">1/2<")
2
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, product
from math import prod

from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import shown_label, text_width
from learning_diagrams.drawing.elements.label import Label, joined_by, phrase
from learning_diagrams.drawing.elements.plates import HEIGHT, Look, plate, plate_size
from learning_diagrams.drawing.elements.stacking import below
from learning_diagrams.drawing.elements.svg import CONTENT, Scene
from learning_diagrams.equality.separation import brief_weight
from learning_diagrams.errors import plural

SIZE = 12  # pixels of a text
ROW, PAD, LEAST = 22, 18, 40  # pixels: the height of a row, the room in a cell, the width of a cell
MANY = 12  # columns of a table that shows all of them
MOST_ROWS, MOST_COLUMNS = 30, 24
ZERO = "·"

Elements = tuple[int, ...]
Weights = Mapping[Elements, Fraction | int]


@dataclass(frozen=True)
class Table:
    """What a table shows.

    Parameters
    ----------
    name, ty : str, the name of the map and its type, as "x → y".
    inputs, outcomes : names of the rows and of the columns.
    entries : the texts of a row, for each row; "·" for 0.
    look : Look of the box; None where the table is that of no box.
    notes : lines about what is not shown.
    marked : the places of a row and a column, whose entry lies on sand.
    """

    name: str
    ty: str
    inputs: tuple[str, ...]
    outcomes: tuple[str, ...]
    entries: tuple[tuple[str, ...], ...]
    look: Look | None = None
    notes: tuple[str, ...] = ()
    marked: tuple[int, int] | None = None


def elements_text(role: int, elements: Sequence[object]) -> str:
    """Elements as the name of a row or a column."""
    texts = [element if isinstance(element, Label) else str(element) for element in elements]
    return texts[0] if len(texts) == 1 else phrase("(", joined_by(", ", texts), ")")


def table_of(
    name: str,
    ty: str,
    dom: Sequence[int],
    cod: Sequence[int],
    row: Callable[[Elements], Weights],
    *,
    listed: Sequence[Elements] | None = None,
    rest: str = "",
    named: Callable[[int, Elements], str] = elements_text,
    look: Look | None = None,
    marked: tuple[Elements, Elements] | None = None,
    reached: Iterable[Elements] = (),
) -> Table:
    """The table of a map between finite sets.

    Parameters
    ----------
    dom, cod : sizes of the sets.
    row : function from an input to its outcomes with their weights; other outcomes have weight 0.
    listed, rest : the inputs to show where there are more than 12 outcomes or more than 30 inputs, and what holds of
        the other inputs.
    named : function from 0 for inputs or 1 for outcomes, and from elements, to a text.
    marked : the input and the outcome that are shown in any case, on sand.
    reached : outcomes that count as reached where there are more than 12, besides those of weight > 0.
    """
    count, total, notes = prod(dom), prod(cod), []
    inputs: Iterator[Elements] = product(*map(range, dom))
    left = count
    if listed is not None and (total > MANY or count > MOST_ROWS) and len(listed) < count:
        inputs, left = iter(listed), len(listed)
        notes = [rest]
    lines = _first(inputs, MOST_ROWS, marked and marked[0])
    rows = [row(line) for line in lines]
    if (hidden := left - len(lines)) > 0:
        notes.insert(0, f"and {plural(hidden, 'more input')}")
    columns = [*product(*map(range, cod))] if total <= MANY else []
    if total > MANY:
        seen = {outcome for weights in rows for outcome, weight in weights.items() if weight}.union(reached)
        columns = _first(iter(sorted(seen)), MOST_COLUMNS, marked and marked[1])
        if hidden := total - len(columns):
            zero = " of weight 0" if len(columns) >= len(seen) else ""
            notes.insert(0, f"and {plural(hidden, 'more outcome')}{zero}")
    return Table(
        name,
        ty,
        tuple(named(0, line) for line in lines),
        tuple(named(1, column) for column in columns),
        tuple(tuple(_text(weights.get(column, 0)) for column in columns) for weights in rows),
        look,
        tuple(notes),
        marked and (lines.index(marked[0]), columns.index(marked[1])),
    )


def table_scene(table: Table) -> Scene:
    """The table under its name; a table that is wider than a page goes on below."""
    labels = max(map(_width, table.inputs), default=0.0) + PAD
    blocks, block, total = [], list[tuple[int, float]](), labels
    for j, outcome in enumerate(table.outcomes):
        width = max(LEAST, PAD + max(map(_width, (outcome, *(entries[j] for entries in table.entries)))))
        if block and total + width > CONTENT:
            blocks.append(_block(table, labels, block))
            block, total = [], labels
        block.append((j, width))
        total += width
    blocks.append(_block(table, labels, block))
    blocks += [
        Scene(text_width(note, SIZE), 14, (svg.line_of_text(0, 12, note, SIZE, "muted"),)) for note in table.notes
    ]
    body = below(blocks, 8)
    return below([_heading(table), Scene(body.width, body.height, (svg.group(body.elements, data_box=table.name),))], 8)


def _first(places: Iterator[Elements], most: int, wanted: Elements | None) -> list[Elements]:
    """The first places, and the one that is wanted in any case."""
    first = [*islice(places, most)]
    return first if wanted is None or wanted in first else [*first[: most - 1], wanted]


def _heading(table: Table) -> Scene:
    middle = HEIGHT / 2
    if table.look is None:
        width = text_width(shown_label(table.name), 14, bold=True)
        parts = [svg.text(0, middle + 5, table.name, 14, "ink", bold=True)]
    else:
        width, _ = plate_size(table.name, table.look, 1)
        parts = [plate(width / 2, middle, table.name, table.look, 1)]
    if table.ty:
        parts.append(svg.text(width + 12, middle + 5, table.ty, SIZE, "muted"))
        width += 12 + _width(table.ty)
    return Scene(width, HEIGHT, tuple(parts))


def _block(table: Table, labels: float, columns: list[tuple[int, float]]) -> Scene:
    """Some columns of a table with its rows, between rules."""
    total, height, n = labels + sum(width for _, width in columns), ROW * (len(table.inputs) + 1), svg.number
    parts = [svg.path(f"M0 {n(ROW)}H{n(total)}M{n(labels)} 0V{n(height)}M0 {n(height)}H{n(total)}", "rule", 1)]
    parts += [svg.text(0, ROW * i + 15, name, SIZE, "muted") for i, name in enumerate(table.inputs, start=1)]
    left = labels
    for j, width in columns:
        middle = left + width / 2
        parts.append(svg.text(middle, 15, table.outcomes[j], SIZE, "muted", anchor="middle"))
        for i, entries in enumerate(table.entries):
            top, is_marked = ROW * (i + 1), (i, j) == table.marked
            if is_marked:
                parts.append(svg.rectangle(left + 2, top + 2, width - 4, ROW - 4, "sand", rx=4))
            look = "muted" if entries[j] == ZERO and not is_marked else "ink"
            parts.append(svg.text(middle, top + 15, entries[j], SIZE, look, anchor="middle"))
        left += width
    return Scene(total, height, tuple(parts))


def _text(weight: Fraction | int) -> str:
    return brief_weight(weight) if weight else ZERO


def _width(text: str) -> float:
    return text_width(shown_label(text), SIZE)
