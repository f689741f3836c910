"""Scenes below one another, and in rows that are no wider than a page.

>>> below([Scene(100, 20, ()), Scene(60, 10, ())], apart=5).height
35.0
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from learning_diagrams.drawing.elements.svg import CONTENT, MARGIN, Scene


def framed(scene: Scene, margin: float = MARGIN) -> Scene:
    """The scene with a margin on all sides."""
    return Scene(scene.width + 2 * margin, scene.height + 2 * margin, (scene.at(margin, margin),))


def below(scenes: Sequence[Scene], apart: float, centred: bool = False) -> Scene:
    """Scenes below one another, with so many pixels between two of them."""
    elements, top = [], 0.0
    widest = max((scene.width for scene in scenes), default=0)
    for scene in scenes:
        elements.append(scene.at((widest - scene.width) / 2 if centred else 0, top))
        top += scene.height + apart
    return Scene(widest, max(top - apart, 0), tuple(elements))


def beside(scenes: Sequence[Scene], apart: float) -> Scene:
    """Scenes beside one another, with so many pixels between two of them."""
    elements, left = [], 0.0
    for scene in scenes:
        elements.append(scene.at(left, 0))
        left += scene.width + apart
    return Scene(left - apart, max(scene.height for scene in scenes), tuple(elements))


def in_rows(scenes: Iterable[Scene], apart: float) -> list[Scene]:
    """Scenes beside one another, as many in a row as there is room for on a page; one scene for each row."""
    rows: list[list[Scene]] = []
    for scene in scenes:
        if not rows or sum(other.width + apart for other in rows[-1]) + scene.width > CONTENT:
            rows.append([])
        rows[-1].append(scene)
    return [beside(row, apart) for row in rows]
