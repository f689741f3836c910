"""Plates: the boxes of pictures. The shape says the kind of a box, stroke and filling say how it is trained.

>>> look = Look("kernel", "trained", hue=1)
>>> plate_size("student", look, 1)
(82, 32)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import shown_label, text_width
from learning_diagrams.drawing.elements.label import is_struck

PORT = 36  # pixels between two wires
HEIGHT = 32
SIZE = 14  # of a name
NOTE = 12  # size of what stands behind a name
CRYSTAL = 22  # the room of a snow crystal before a name
POINT = 14

Kind = Literal["function", "kernel", "column"]
Training = Literal["given", "trained", "frozen", "follower", "resting"]


@dataclass(frozen=True)
class Look:
    """How a box is drawn.

    Parameters
    ----------
    training : "given" where no training is in sight, "follower" for a moving average, "resting" for what another player
        trains.
    hue : int, 1 to 4, of a trained box.
    pointed : bool, whether the box starts from I, so that its left side is a point.
    times : int, how often a side applies the box, where the picture draws it once.
    label : str, what stands in place of its name; "" for the name.
    stopped : bool, whether the box passes no gradient in the term that is drawn.
    """

    kind: Kind
    training: Training = "given"
    hue: int = 1
    pointed: bool = False
    times: int = field(default=1, repr=False)
    label: str = field(default="", repr=False)
    stopped: bool = field(default=False, repr=False)

    @property
    def note(self) -> str:
        """What stands behind the name."""
        return f" ×{self.times}" if self.times > 1 else ""

    @property
    def dashes(self) -> dict[str, str]:
        """The attributes of a dashed stroke; none for a stroke in one piece."""
        dashes = "2 3" if is_struck(self.label) else "5 3" if self.training == "follower" else ""
        return {"stroke_dasharray": dashes} if dashes else {}

    def shown(self, name: str) -> str:
        """What stands on the plate of a box of a name."""
        return shown_label(self.label or name)


def plate_size(name: str, look: Look, ports: float) -> tuple[float, float]:
    """Width and height of the plate of a box with so many ports on its busier side, in pixels."""
    crystal = CRYSTAL if look.training == "frozen" else 0
    point = POINT if look.pointed else 0
    width = max(56, round(text_width(look.shown(name), SIZE) + text_width(look.note, NOTE)) + 28 + crystal) + point
    return width, HEIGHT + PORT * (max(ports, 1) - 1)


def plate(x: float, y: float, name: str, look: Look, ports: float, least: float = 0.0) -> str:
    """The plate whose middle is (x, y), of a least width where its ports lie at its upper and lower edge."""
    width, height = plate_size(name, look, ports)
    width = max(width, least)
    parts = outline(x - width / 2, y - height / 2, width, height, look)
    note = text_width(look.note, NOTE)
    middle = x + (POINT / 2 if look.pointed else 0) - note / 2
    name_width = text_width(look.shown(name), SIZE)
    if look.training == "frozen":
        parts.append(crystal(middle - (name_width + CRYSTAL) / 2 + 7, y))
        middle += CRYSTAL / 2
    parts.append(svg.text(middle, y + 5, look.label or name, SIZE, "ink", anchor="middle"))
    if note:
        parts.append(svg.line_of_text(middle + name_width / 2 + 4, y + 5, look.note.strip(), NOTE, "ink"))
    return svg.group(parts, data_box=name)


def small_plate(left: float, y: float, name: str, look: Look) -> tuple[str, float]:
    """The plate of a box within a line of text, which starts at `left`, and its width."""
    point, ice = POINT / 2 if look.pointed else 0.0, 17 if look.training == "frozen" else 0
    width = text_width(look.shown(name), NOTE) + 14 + point + ice
    parts = outline(left, y - 8, width, 16, look)
    parts += [crystal(left + point + 13, y)] if ice else []
    parts.append(svg.text(left + 7 + point + ice, y + 4.5, look.label or name, NOTE, "ink"))
    return svg.group(parts, data_box=name), width


def outline(left: float, top: float, width: float, height: float, look: Look) -> list[str]:
    """A plate without its name."""
    shape = _shape(left, top, width, height, look)
    stroke, weight = {
        "given": ("line", 1.5), "trained": (f"hue{look.hue}", 2.5)
    }.get(look.training, ("soft", 1.25))  # fmt: skip
    filling = "data" if look.kind == "column" else f"tint{look.hue}" if look.training == "trained" else "paper"
    parts = [svg.path(shape, filling), svg.path(shape, stroke, weight, **look.dashes)]
    if look.kind == "column":
        inner = min(5.0, height / 4)
        parts.append(
            svg.path(f"M{svg.number(left + inner)} {svg.number(top)}V{svg.number(top + height)}", stroke, weight)
        )
    return parts


def stop(x: float, y: float, turn: float = 0.0) -> str:
    """Two strokes across a line where no gradient passes; the line runs right, turned clockwise by degrees."""
    place = f"translate({svg.number(x)} {svg.number(y)}) rotate({turn:g})"
    return svg.path("M-2 -5V5M2 -5V5", "line", 1.6, transform=place, data_stop="")


def crystal(x: float, y: float) -> str:
    """A snow crystal with six arms, the mark of a frozen box."""
    return svg.path(
        _CRYSTAL, "soft", 1.1, stroke_linecap="round", transform=f"translate({svg.number(x)} {svg.number(y)})"
    )


def _shape(left: float, top: float, width: float, height: float, look: Look) -> str:
    n = svg.number
    right, bottom, middle = left + width, top + height, top + height / 2
    point = min(POINT, height / 2)
    radius = min(HEIGHT, height) / 2 if look.kind == "kernel" else 0
    if look.pointed:
        start = f"M{n(left)} {n(middle)}L{n(left + point)} {n(top)}H{n(right - radius)}"
        end = f"H{n(left + point)}Z"
    else:
        start = f"M{n(left + radius)} {n(top)}H{n(right - radius)}"
        turn = f"A{n(radius)} {n(radius)} 0 0 1 {n(left)} {n(bottom - radius)}V{n(top + radius)}"
        turn += f"A{n(radius)} {n(radius)} 0 0 1 {n(left + radius)} {n(top)}Z"
        end = f"H{n(left + radius)}{turn}" if radius else f"H{n(left)}Z"
    if not radius:
        return f"{start}V{n(bottom)}{end}"
    corner = f"A{n(radius)} {n(radius)} 0 0 1 "
    return (
        f"{start}{corner}{n(right)} {n(top + radius)}V{n(bottom - radius)}{corner}{n(right - radius)} {n(bottom)}{end}"
    )


def _arms() -> str:
    from math import cos, pi, sin

    parts = []
    for arm in range(6):
        angle = arm * pi / 3 + pi / 2
        tip = (7 * cos(angle), 7 * sin(angle))
        parts.append(f"M0 0 {tip[0]:.1f} {tip[1]:.1f}")
        for side in (-1, 1):
            start = (3.4 * cos(angle), 3.4 * sin(angle))
            twig = (start[0] + 2.7 * cos(angle + side * pi / 4), start[1] + 2.7 * sin(angle + side * pi / 4))
            parts.append(f"M{start[0]:.1f} {start[1]:.1f} {twig[0]:.1f} {twig[1]:.1f}")
    return "".join(parts)


_CRYSTAL = _arms()
