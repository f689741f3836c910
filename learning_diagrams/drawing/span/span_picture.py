"""A span: the shared part above, the parts below it, and below these what they become, with arrows between them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product

from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.stacking import below, in_rows
from learning_diagrams.drawing.elements.svg import CONTENT, MARGIN, Scene
from learning_diagrams.drawing.graph.plane import curve
from learning_diagrams.drawing.span.panel import Item, framed, panel_of

BETWEEN = 56  # pixels for arrows
BESIDE = 32  # pixels between parts
BESIDE_MOST = 3  # parts beside each other

Part = tuple[str, Sequence[Item]]


def span_scene(title: str, shared: Sequence[Item], parts: Sequence[Part], result: Part) -> Scene:
    """The panels of a span, at most 1,000 pixels wide; more than three parts stand in further rows.

    shared : the glued symbols; where there are none, the shared part is left out.
    """
    count = max(1, min(len(parts), BESIDE_MOST))
    width = (CONTENT - BESIDE * (count - 1)) / count
    legs = in_rows(framed([panel_of(*part, width) for part in parts]), BESIDE) if parts else []
    levels = [below(legs, BESIDE), *framed([panel_of(*result, CONTENT)])]
    if shared:
        levels = [*framed([panel_of("shared", shared, CONTENT / 2)]), *levels]
    elements, y = [svg.text(0, 15, title, 18, "ink", bold=True)], 44.0
    ends: list[tuple[float, list[float], float]] = []  # of each level its top, the middles of its panels, its end
    for level in levels:
        left = (CONTENT - level.width) / 2
        elements.append(level.at(left, y))
        ends.append((y, [left + level.width / 2], y + level.height))
        y += level.height + BETWEEN
    at = bool(shared)
    if len(legs) == 1:
        left, step = (CONTENT - legs[0].width) / 2, (legs[0].width + BESIDE) / max(len(parts), 1)
        ends[at] = ends[at][0], [left + (i + 0.5) * step - BESIDE / 2 for i in range(len(parts))], ends[at][2]
    for (_, above, low), (top, under, _) in pairwise(ends):
        for x, x_ in product(above, under):
            way = curve.line((x, low + 6), (x_, top - 6))
            elements += [svg.path(curve.path_data(way), "line", 1.5), curve.head(way, "ink")]
    inner = Scene(CONTENT, y - BETWEEN, tuple(elements))
    return Scene(CONTENT + 2 * MARGIN, inner.height + 2 * MARGIN, (inner.at(MARGIN, MARGIN),))
