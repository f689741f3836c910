"""A strip: one diagram a row, between two rows "=" and a reason; what a step rewrites lies on sand, above and below.

Diagrams that run down or up stand beside one another, each behind the reason that leads to it. A box that a step does
not touch has the same place before and after the step. Where a strip would become too wide, or a box would have to move
behind another one, the last diagram is drawn again, and the strip goes on anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError
from math import inf

from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import shown_label, text_width
from learning_diagrams.drawing.elements.plates import Look
from learning_diagrams.drawing.elements.stacking import below, beside, in_rows
from learning_diagrams.drawing.elements.svg import CONTENT, Scene
from learning_diagrams.drawing.strings.pen import Direction
from learning_diagrams.drawing.strings.string_picture import no_room, string_diagram
from learning_diagrams.drawing.strip.change import Change, threads
from learning_diagrams.drawing.strip.joint_layout import shared_layouts
from learning_diagrams.drawing.strip.row import Row

APART = 22  # pixels between a row and what stands below it
WIDER = 1.25  # how much wider than its widest diagram a strip may be that is wider than the page


def strip(
    rows: Sequence[PortGraph],
    changes: Sequence[Change | str],
    looks: Mapping[str, Look],
    direction: Direction = "right",
) -> Scene:
    """The picture of some diagrams, at most 936 pixels wide.

    changes : what happens between two rows; a text stands in place of steps that are left out.

    Raises `LimitExceeded` for diagrams that run down or up and are too wide.
    """
    scenes: list[Scene] = []
    start = 0
    for end, change in enumerate([*changes, ""]):
        if isinstance(change, str):
            steps = [step for step in changes[start:end] if isinstance(step, Change)]
            for i, block in enumerate(blocks(rows[start : end + 1], steps, looks, direction)):
                scenes += [_words("the same diagram, in new places:")] if i else []
                parts = list(_scenes(block, steps))
                pairs = [beside(pair, APART) for pair in zip(parts[1::2], parts[2::2], strict=True)]
                scenes += parts if direction == "right" else in_rows([parts[0], *pairs], APART)
                steps = steps[len(block) - 1 :]
            scenes += [_words(change)] if change else []
            start = end + 1
    return below(scenes, APART)


def blocks(
    rows: Sequence[PortGraph], steps: Sequence[Change], looks: Mapping[str, Look], direction: Direction = "right"
) -> Iterator[list[Row]]:
    """The rows in layouts that hold as many of them as can be; the last row of a block is the first of the next one."""
    start = 0
    while start < max(len(steps), 1):
        taken, block = len(steps) - start, list[Row]()
        while not block:
            block = _in_one_layout(rows[start : start + taken + 1], steps[start : start + taken], looks, direction)
            taken = taken if block else (taken + 1) // 2
        yield block
        start += max(taken, 1)


def _scenes(block: Sequence[Row], steps: Sequence[Change]) -> Iterator[Scene]:
    """The rows of a block on their sand, and the reasons between them."""
    for i, row in enumerate(block):
        patches, lit = [], frozenset[int]()
        if i:
            patches.append((row.lit(steps[i - 1], True, block[i - 1]), True))
            lit |= steps[i - 1].lit[1]
        if i + 1 < len(block):
            patches.append((row.lit(steps[i], False, block[i + 1]), False))
            lit |= steps[i].lit[0]
        if i:
            yield _reason(steps[i - 1], row)
        yield row.with_sand(patches, lit)


def _in_one_layout(
    rows: Sequence[PortGraph], steps: Sequence[Change], looks: Mapping[str, Look], direction: Direction
) -> list[Row]:
    """The rows in one layout; nothing where there is none, or where a shorter strip is not too wide."""
    numbers, upright = threads([len(graph.boxes) for graph in rows], steps), direction != "right"
    try:
        layouts = shared_layouts(rows, numbers, looks, upright)
    except CycleError:
        if len(steps) < 2:  # the context of one step has one order
            raise
        return []
    block = [Row(layout, direction) for layout in layouts]
    Row.share(block)
    if upright:
        if (widest := max(row.breadth for row in block)) > CONTENT and len(steps) < 2:
            raise no_room(direction, widest, CONTENT)
        return block if widest <= CONTENT else []
    return block if len(steps) < 2 or _is_narrow(block, looks) else []


def _is_narrow(block: Sequence[Row], looks: Mapping[str, Look]) -> bool:
    if block[0].length <= CONTENT:
        return True
    return block[0].length <= WIDER * max(string_diagram(row.graph, looks, inf).width for row in block)


def _reason(change: Change, row: Row) -> Scene:
    """ "=", the name of an axiom, and the direction of its use: above a row, or left of a row that runs down or up."""
    width = text_width(shown_label(change.name), 14, bold=True)
    elements = [svg.text(28, 15, change.name, 14, "ink", bold=True)]
    elements += [svg.text(28 + width + 8, 15, change.arrow, 14, "muted")] if change.arrow else []
    if row.direction == "right":
        return Scene(width + 56, 20, (svg.text(6, 16, "=", 18, "ink"), *elements))
    size, middle = width + 22 * bool(change.arrow), max(part.height for part in row.parts) / 2
    sign = svg.text(max(size, 20) / 2, middle, "=", 18, "ink", anchor="middle")
    return Scene(max(size, 20), middle + 28, (sign, Scene(size, 20, tuple(elements)).at(-28, middle + 6)))


def _words(text: str) -> Scene:
    return Scene(28 + text_width(text, 12), 18, (svg.line_of_text(28, 13, text, 12, "muted"),))
