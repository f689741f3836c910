"""The difference of two learning diagrams as a page: one graph and its equations, with marks, and all else in words.

What only the first one has is dashed and struck, what only the second one has carries "+", a change is "0.5 → 2".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from textwrap import wrap
from types import MappingProxyType
from typing import Any

from learning_diagrams.diagrams.symbol import GENERATORS, Symbol
from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import LONGEST, shown_label, text_width
from learning_diagrams.drawing.elements.label import label_from, pieces_of
from learning_diagrams.drawing.elements.look import Looks, label_of, looks_of
from learning_diagrams.drawing.elements.stacking import below
from learning_diagrams.drawing.elements.svg import MARGIN, Scene
from learning_diagrams.drawing.graph.caption import Caption, caption_of
from learning_diagrams.drawing.graph.graph_picture import Turn, game, learning_graph, lowered
from learning_diagrams.drawing.page.equations import equation_rows, rows_of
from learning_diagrams.drawing.page.layout import parts_on_page
from learning_diagrams.drawing.page.marks import legend
from learning_diagrams.drawing.strings.pen import Direction
from learning_diagrams.editing.changes import Change, Mark, constraint_fields
from learning_diagrams.editing.overlay import Overlay, overlay_of
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.presentation import Presentation

SHOWN = ("constraint", "axiom", *GENERATORS)  # what the graph and the equations show
KEY = "dashed and struck: only in the first   ·   +: only in the second   ·   0.5 → 2: changed"


def page_of_difference(
    a: Presentation,
    b: Presentation,
    changes: Sequence[Change],
    direction: Direction = "right",
    notation: Mapping[Any, str] = MappingProxyType({}),
) -> Scene:
    """The page of two learning diagrams without idle boxes, and of their changes."""
    names = " → ".join(shown_label(part.name or "learning diagram") for part in (a, b))
    title = svg.line_of_text(MARGIN, MARGIN + 14, names, 18, "ink", bold=True)
    both = overlay_of(a, b)
    looks = _looks(both, notation)
    if not changes:
        return parts_on_page(title, [_lines(["no difference"])], Scene(0, 0, ()))
    old = {constraint.name: constraint for constraint in a.constraints}

    def phrases(constraint: Constraint) -> tuple[str, ...]:
        if both.marks.get(Symbol("constraint", constraint.name)) != "~":
            return caption_of(constraint).lines
        told = constraint_fields(old[constraint.name], constraint, ())
        fields = ((told.get(m.name), m.phrases(value)) for m, value in constraint.annotations)
        return tuple(phrase for change, phrases in fields for phrase in ([change] if change else phrases))

    def caption(constraint: Constraint) -> Caption:
        symbol = Symbol("constraint", constraint.name)
        return Caption(constraint.name, phrases(constraint), label_of(symbol, looks), constraint.stopped)

    spoken = {constraint.name: phrases(constraint) for constraint in both.diagram.constraints}
    rows = []
    for row in rows_of(both.diagram):
        label = label_of(Symbol("axiom" if row.is_axiom else "constraint", row.name), looks)
        rows.append(replace(row, label=label, phrases=() if row.is_axiom else spoken[row.name]))
    words = [str(c) for c in changes if c.kind not in SHOWN or (c.mark == "~" and c.kind in GENERATORS)]
    turns = _turns(a, b, both)
    told = both.diagram
    if a.players and b.players:  # one graph shows what no player lowers, or all where only one of the two is a game
        terms = {name for turn in turns for name in turn.terms}
        told = Presentation(*(c for c in told.constraints if c.name not in terms), axioms=told.axioms)
    graph = learning_graph(told, looks, caption, direction)
    games = [game(both.diagram, turns, looks, caption, direction)] if turns else []
    drawn = [graph, *games, equation_rows(rows, looks, direction)]
    marks = legend(both.diagram, looks, drawn, loss=False)
    return parts_on_page(title, [*drawn, _lines(words)], below([marks, _lines([KEY])], 6))


def _turns(a: Presentation, b: Presentation, both: Overlay) -> list[Turn]:
    """The turns of the players of both, with their marks in the titles."""
    old, new = ({player.name: player for player in part.players} for part in (a, b))
    here = {(symbol.kind, name): symbol.name for symbol, name in both.names.items()}
    turns = []
    for name in sorted(old.keys() | new.keys()):
        first, second = old.get(name), new.get(name)
        boxes, terms = set(second.boxes if second else ()), set(dict(second.terms) if second else ())
        if first:
            boxes |= {here.get(("box", box), box) for box in first.boxes}
            terms |= {here.get(("constraint", term), term) for term, _ in first.terms}
        was, now = (lowered(player) if player else "" for player in (first, second))
        title = f"{name} lowers: {' → '.join(dict.fromkeys(filter(None, (was, now))))}"
        mark: Mark = "~" if was and now else "-" if was else "+"
        turns.append(Turn(_marked(title, mark, len(title)), frozenset(boxes), frozenset(terms)))
    return turns


def _looks(both: Overlay, notation: Mapping[Any, str]) -> Looks:
    """The looks of an overlay with the symbols of the author, and with the marks in the labels."""
    looks = looks_of(both.diagram.edited(notation=both.diagram.with_notation(notation)))
    old = {symbol: label_of(symbol._replace(name=name), looks) for symbol, name in both.names.items()}
    for symbol, mark in both.marks.items():
        looks.labels[symbol] = _marked(old.get(symbol) or label_of(symbol, looks), mark)
    return looks


def _marked(label: str, mark: Mark, longest: int = LONGEST) -> str:
    """A label as its mark says: struck, or with a plus before it."""
    if mark == "-":
        return label_from(replace(piece, struck=True) for piece in pieces_of(shown_label(label, longest)))
    return label_from([*pieces_of("+ "), *pieces_of(label)]) if mark == "+" else label


def _lines(texts: Sequence[str]) -> Scene:
    """Texts below one another, folded at the margin."""
    lines = [line for text in texts for line in wrap(text, 120, subsequent_indent="      ")]
    elements = [svg.line_of_text(0, 12 + 18 * i, line, 12, "ink") for i, line in enumerate(lines)]
    return Scene(max((text_width(line, 12) for line in lines), default=0.0), 18 * len(lines), tuple(elements))
