"""A strip: one diagram a row, between two rows "=" and a reason; what a step rewrites lies on sand, above and below.

A box that a step does not touch has the same place in the rows above and below the step. Where a strip would become
too wide, or a box would have to move behind another one, the last diagram is drawn again, and the strip goes on anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError
from math import inf

from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import shown_label, text_width
from learning_diagrams.drawing.elements.plates import Look
from learning_diagrams.drawing.elements.stacking import below
from learning_diagrams.drawing.elements.svg import CONTENT, Scene
from learning_diagrams.drawing.strings.string_picture import string_diagram
from learning_diagrams.drawing.strip.change import Change, threads
from learning_diagrams.drawing.strip.joint_layout import shared_layouts
from learning_diagrams.drawing.strip.row import Row

APART = 22  # pixels between a row and what stands below it
WIDER = 1.25  # how much wider than its widest diagram a strip may be that is wider than the page


def strip(rows: Sequence[PortGraph], changes: Sequence[Change | str], looks: Mapping[str, Look]) -> Scene:
    """The picture of some diagrams below one another, at most 936 pixels wide.

    changes : what happens between two rows; a text stands in place of steps that are left out.
    """
    scenes: list[Scene] = []
    start = 0
    for end, change in enumerate([*changes, ""]):
        if isinstance(change, str):
            steps = [step for step in changes[start:end] if isinstance(step, Change)]
            for i, block in enumerate(blocks(rows[start : end + 1], steps, looks)):
                scenes += [_words("the same diagram, in new places:")] if i else []
                scenes += _scenes(block, steps)
                steps = steps[len(block) - 1 :]
            scenes += [_words(change)] if change else []
            start = end + 1
    return below(scenes, APART)


def blocks(rows: Sequence[PortGraph], steps: Sequence[Change], looks: Mapping[str, Look]) -> Iterator[list[Row]]:
    """The rows in layouts that hold as many of them as can be; the last row of a block is the first of the next one."""
    start = 0
    while start < max(len(steps), 1):
        taken = len(steps) - start
        while not (block := _in_one_layout(rows[start : start + taken + 1], steps[start : start + taken], looks)):
            taken = (taken + 1) // 2
        yield block
        start += max(taken, 1)


def _scenes(block: Sequence[Row], steps: Sequence[Change]) -> Iterator[Scene]:
    """The rows of a block on their sand, and the reasons between them."""
    for i, row in enumerate(block):
        patches, lit = [], frozenset[int]()
        if i:
            yield _reason(steps[i - 1])
            patches.append((row.lit(steps[i - 1], True, block[i - 1]), True))
            lit |= steps[i - 1].lit[1]
        if i + 1 < len(block):
            patches.append((row.lit(steps[i], False, block[i + 1]), False))
            lit |= steps[i].lit[0]
        yield row.with_sand(patches, lit)


def _in_one_layout(rows: Sequence[PortGraph], steps: Sequence[Change], looks: Mapping[str, Look]) -> list[Row]:
    """The rows in one layout; nothing where there is none, or where a shorter strip is not too wide."""
    try:
        layouts = shared_layouts(rows, threads([len(graph.boxes) for graph in rows], steps))
    except CycleError:
        if len(steps) < 2:  # the context of one step has one order
            raise
        return []
    block = [Row(graph, looks, layout) for graph, layout in zip(rows, layouts, strict=True)]
    Row.share(block)
    return block if len(steps) < 2 or _is_narrow(block, looks) else []


def _is_narrow(block: Sequence[Row], looks: Mapping[str, Look]) -> bool:
    if block[0].length <= CONTENT:
        return True
    return block[0].length <= WIDER * max(string_diagram(row.graph, looks, inf).width for row in block)


def _reason(change: Change) -> Scene:
    """ "=", the name of an axiom, and the direction in which the axiom is used."""
    name = shown_label(change.name)
    end = 28 + text_width(name, 14, bold=True)
    elements = [svg.text(6, 16, "=", 18, "ink"), svg.text(28, 15, change.name, 14, "ink", bold=True)]
    if change.arrow:
        elements.append(svg.text(end + 8, 15, change.arrow, 14, "muted"))
    return Scene(end + 28, 20, tuple(elements))


def _words(text: str) -> Scene:
    return Scene(28 + text_width(text, 12), 18, (svg.line_of_text(28, 13, text, 12, "muted"),))
