"""Two gradients that meet in one box, and their sum: lengths and angles true to scale."""

from __future__ import annotations

from cmath import phase, rect
from math import acos

from torch import Tensor

from learning_diagrams.drawing.elements.font import text_width
from learning_diagrams.drawing.elements.stacking import framed
from learning_diagrams.drawing.elements.svg import Scene, circle, line_of_text, path
from learning_diagrams.drawing.picture import Picture

WIDTH, HEIGHT, SIZE = 420, 240, 14  # pixels


def meeting(box: str, gradients: dict[str, Tensor]) -> Picture:
    """The picture of two gradients in the plane that holds both.

    Parameters
    ----------
    box : str, the name of the box whose parameters they move.
    gradients : two names, each with a tensor [parameters] that is not 0.
    """
    (first, a), (second, b) = gradients.items()
    lengths = a.norm().item(), b.norm().item()
    angle = acos(max(-1.0, min(1.0, (a @ b).item() / (lengths[0] * lengths[1]))))
    upper, lower = rect(lengths[0], -angle / 2), rect(lengths[1], angle / 2)
    total, fall = upper + lower, lower.imag - upper.imag
    scale = min(WIDTH / total.real if total.real else WIDTH, HEIGHT / fall if fall else WIDTH)
    start = complex(text_width(box, SIZE) + 16, SIZE - scale * upper.imag)
    ends = {first: upper, second: lower, "the sum": total}
    tips = {name: start + scale * end for name, end in ends.items()}
    elements = [
        path(f"M{_at(tips[name])}L{_at(tips['the sum'])}", "soft", 1, stroke_dasharray="4 4")
        for name in (first, second)
    ]
    for name, tip in tips.items():
        words = f"{name}: {abs(ends[name]):.3f}"
        back = [tip - rect(12, phase(ends[name]) + turn) for turn in (0.35, -0.35)]
        elements += [
            path(f"M{_at(start)}L{_at(tip)}", "line", 3 if name == "the sum" else 1.5),
            path(f"M{_at(tip)}L{_at(back[0])}L{_at(back[1])}Z", "ink"),
            line_of_text(tip.real + 8, tip.imag + 5, words, SIZE, "ink", bold=name == "the sum"),
        ]
    elements += [circle(start.real, start.imag, 4, "ink"), line_of_text(0, start.imag + 5, box, SIZE, "ink", bold=True)]
    room = max(tip.real + 16 + text_width(f"{name}: 0.000", SIZE) for name, tip in tips.items())
    scene = Scene(room + 24, scale * fall + 2 * SIZE, tuple(elements))
    return Picture(framed(scene, 16), f"two gradients in {box}", f"{first}, {second} and their sum, to scale")


def _at(point: complex) -> str:
    return f"{point.real:.1f} {point.imag:.1f}"
