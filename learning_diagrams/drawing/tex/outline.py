"""Outlines: the path data of SVG as a path of TikZ, moved by an affine map.

>>> outlined("M0 0H10V5l-10 0Z", (1, 0, 0, -1, 0, 20))
'(0,20) -- (10,20) -- (10,15) -- (0,15) -- cycle'
"""

from __future__ import annotations

import re
from math import atan2, ceil, copysign, cos, degrees, hypot, pi, sin, sqrt, tan

from learning_diagrams.drawing.graph.plane.curve import Point

Map = tuple[float, float, float, float, float, float]  # as in matrix(a b c d e f) of SVG
_STEP = re.compile(r"([MLHVCAZl])([^MLHVCAZl]*)")
_TRANSFORM = re.compile(r"(translate|rotate|scale)\(([^)]*)\)")
_TAKES = {"M": 2, "L": 2, "l": 2, "H": 1, "V": 1, "C": 6, "A": 7}


def moved(place: Map, x: float, y: float) -> Point:
    a, b, c, d, e, f = place
    return a * x + c * y + e, b * x + d * y + f


def within(place: Map, transform: str) -> Map:
    """The map of what stands in a group with a transform."""
    for name, numbers in _TRANSFORM.findall(transform):
        values = [float(number) for number in numbers.replace(",", " ").split()]
        a, b, c, d, e, f = place
        if name == "translate":
            place = (a, b, c, d, *moved(place, values[0], values[1]))
        else:
            turn = values[0] * pi / 180 if name == "rotate" else 0.0
            size = values[0] if name == "scale" else 1.0
            p, q = size * cos(turn), size * sin(turn)
            place = a * p + c * q, b * p + d * q, c * p - a * q, d * p - b * q, e, f
    return place


def scale_of(place: Map) -> float:
    return sqrt(abs(place[0] * place[3] - place[1] * place[2]))


def point(place: Map, x: float, y: float) -> str:
    return "({:g},{:g})".format(*(round(value, 2) + 0.0 for value in moved(place, x, y)))


def outlined(data: str, place: Map) -> str:
    """The path of TikZ for path data with the commands M L H V C A Z and l."""
    pieces: list[str] = []
    x = y = 0.0
    for command, numbers in _STEP.findall(data):
        values = [float(number) for number in numbers.replace(",", " ").split()]
        if command == "Z":
            pieces.append("-- cycle")
        for i in range(0, len(values), _TAKES.get(command, 1)):
            piece = values[i : i + _TAKES[command]]
            start = x, y
            x, y = {"H": (piece[0], y), "V": (x, piece[0]), "l": (x + piece[0], y + piece[-1])}.get(
                command, (piece[-2] if len(piece) > 1 else 0.0, piece[-1])
            )
            if command == "C":
                pieces.append(_curve(place, piece))
            elif command == "A":
                pieces += [_curve(place, cubic) for cubic in _arc(start, piece)]
            else:
                pieces.append(f"{'-- ' if command != 'M' or i else ''}{point(place, x, y)}")
    return " ".join(pieces)


def _curve(place: Map, values: list[float]) -> str:
    first, second, end = (point(place, *values[i : i + 2]) for i in (0, 2, 4))
    return f".. controls {first} and {second} .. {end}"


def _arc(start: Point, values: list[float]) -> list[list[float]]:
    """An arc of an upright ellipse as cubics, none longer than a quarter."""
    rx, ry, _, large, clockwise, x, y = values
    u, v = (start[0] - x) / 2 / rx, (start[1] - y) / 2 / ry
    half = hypot(u, v)
    if not half:
        return []
    grow = max(1.0, half)  # radii that are too small for their ends grow, as in SVG
    rx, ry, u, v, half = rx * grow, ry * grow, u / grow, v / grow, half / grow
    side = copysign(sqrt(max(0.0, 1 / half**2 - 1)), 1 if large != clockwise else -1)
    middle = (start[0] + x) / 2 + rx * side * v, (start[1] + y) / 2 - ry * side * u
    first = atan2((start[1] - middle[1]) / ry, (start[0] - middle[0]) / rx)
    last = atan2((y - middle[1]) / ry, (x - middle[0]) / rx)
    turn = (last - first) % (2 * pi) if clockwise else -((first - last) % (2 * pi))
    count = ceil(round(abs(degrees(turn)) / 90, 6)) or 1
    pull = 4 / 3 * tan(turn / count / 4)
    cubics = []
    for i in range(count):
        a, b = first + turn * i / count, first + turn * (i + 1) / count
        points = [
            (cos(a) - pull * sin(a), sin(a) + pull * cos(a)), (cos(b) + pull * sin(b), sin(b) - pull * cos(b)),
            (cos(b), sin(b)),
        ]  # fmt: skip
        cubics.append([value for p, q in points for value in (middle[0] + rx * p, middle[1] + ry * q)])
    return cubics
