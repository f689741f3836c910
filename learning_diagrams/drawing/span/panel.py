"""A panel: the symbols of a learning diagram in rows, those that are glued on sand, renamed ones with both names.

>>> from learning_diagrams.drawing.elements.svg import Scene
>>> panel = panel_of("a", [Item(Scene(100, 40, ()), True, "→ b")], 200)
>>> panel.width, "sand" in "".join(panel.elements)
(200, True)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import shown_label, text_width
from learning_diagrams.drawing.elements.svg import Scene

INSIDE = 20  # pixels between the frame and what it holds
APART = 24  # pixels between items
OUT, ROUND = 8, 12  # of sand
NOTE = 18  # pixels for a second name below an item
MOST = 40  # items of a panel


class Item(NamedTuple):
    """A symbol as it is drawn, whether it is glued, and its other names."""

    scene: Scene
    is_glued: bool
    note: str

    @property
    def width(self) -> float:
        return max(self.scene.width, text_width(self.note, 12))

    @property
    def height(self) -> float:
        return self.scene.height + (NOTE if self.note else 0)

    def elements(self, x: float, y: float) -> list[str]:
        middle = x + self.width / 2
        elements = [self.scene.at(middle - self.scene.width / 2, y)]
        if self.note:
            low, longest = y + self.height - 3, len(self.note)
            elements.append(svg.text(middle, low, self.note, 12, "muted", anchor="middle", longest=longest))
        if self.is_glued:
            area = x - OUT, y - OUT, self.width + 2 * OUT, self.height + 2 * OUT
            elements.insert(0, svg.rectangle(*area, "sand", rx=ROUND))
        return elements


def panel_of(title: str, items: Sequence[Item], width: float) -> Scene:
    """The items in rows, glued ones first, at most as wide as a width; wider where an item is wider."""
    shown = sorted(items, key=lambda item: not item.is_glued)[:MOST]
    width = max([width, text_width(shown_label(title), 14, bold=True) + 2 * INSIDE])
    width = max([width, *(item.width + 2 * (INSIDE + OUT) for item in shown)])
    elements = [svg.text(INSIDE, INSIDE + 10, title, 14, "ink", bold=True)]
    rows: list[list[Item]] = []
    for item in shown:
        taken = sum(other.width + APART for other in rows[-1]) if rows else width
        if taken + item.width > width - 2 * (INSIDE + OUT):
            rows.append([])
        rows[-1].append(item)
    y = INSIDE + 36.0
    for row in rows:
        x, height = float(INSIDE + OUT), max(item.height for item in row)
        for item in row:
            elements += item.elements(x, y + (height - item.height) / 2)
            x += item.width + APART
        y += height + APART
    if len(items) > MOST:
        elements.append(svg.line_of_text(INSIDE, y, f"… {len(items) - MOST} more", 12, "muted"))
        y += APART
    return Scene(width, y, tuple(elements))


def framed(panels: Sequence[Scene]) -> list[Scene]:
    """Panels in frames of one height."""
    height = max(panel.height for panel in panels)
    return [
        Scene(p.width, height, (svg.rectangle(0, 0, p.width, height, "rule", 1, rx=ROUND), *p.elements)) for p in panels
    ]
