"""Schedules: numbers that move with the steps of training, in place of a fixed weight, option or decay.

>>> warm_up = linear(0, 1, steps=1000)
>>> warm_up(0), warm_up(250), warm_up(5000)
(0.0, 0.25, 1.0)
>>> print(warm_up, round(cosine(0.996, 1, steps=100)(50), 6), piecewise([(10, 0), (20, 1), (40, 0.5)])(30))
linear(0, 1, 1000) 0.998 0.75

The argument is the number of steps that were made before: the first step sees the value at 0. The learning diagram
writes a schedule as `{schedule: linear, start: 0, end: 1, steps: 1000}`.

Source: Loshchilov & Hutter, *SGDR: stochastic gradient descent with warm restarts* (2017), for half a cosine.
"""

from __future__ import annotations

import inspect
import math
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from learning_diagrams.errors import InvalidWeight, TypeMismatch, UnknownName, brief, did_you_mean, require_count


@dataclass(frozen=True, repr=False)
class Schedule:
    """A path through points; before the first point and after the last one the number stands still.

    Parameters
    ----------
    points : tuple of pairs (steps, number), in order of steps, at least one.
    smooth : bool, whether the path between two points is half a cosine; otherwise it is straight.
    """

    points: tuple[tuple[int, float], ...]
    smooth: bool = False

    def __call__(self, steps: int) -> float:
        """The number after so many steps."""
        (before, number), *later = self.points
        for after, target in later:
            if steps < after:
                way = max(steps - before, 0) / (after - before)
                return number + (target - number) * ((1 - math.cos(math.pi * way)) / 2 if self.smooth else way)
            before, number = after, target
        return number

    @property
    def numbers(self) -> tuple[float, ...]:
        """The numbers at the points. All others lie between these."""
        return tuple(number for _, number in self.points)

    def scaled(self, factor: float) -> Schedule:
        """The schedule times a factor."""
        return Schedule(tuple((steps, factor * number) for steps, number in self.points), self.smooth)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Schedule:
        """Read what `to_dict` wrote; errors as of `linear`, `cosine` and `piecewise`.

        Raises `UnknownName` for an unknown schedule or key, `TypeMismatch` where a key is missing.
        """
        name, options = data["schedule"], {key: value for key, value in data.items() if key != "schedule"}
        if not isinstance(name, str) or name not in _SCHEDULES:
            raise UnknownName(f"no schedule is named {brief(name)}; {did_you_mean(str(name), _SCHEDULES)}")
        keys = inspect.signature(_SCHEDULES[name]).parameters
        for key in options:
            if key not in keys:
                raise UnknownName(f"schedule {name!r} has no key {brief(key)}; {did_you_mean(str(key), keys)}")
        for key in keys:
            if key not in options:
                raise TypeMismatch(f"schedule {name!r} lacks the key {key!r}")
        return _SCHEDULES[name](**options)

    def to_dict(self) -> dict[str, Any]:
        """The schedule as plain data."""
        name, arguments = self._call
        return {"schedule": name, **dict(zip(inspect.signature(_SCHEDULES[name]).parameters, arguments, strict=True))}

    @property
    def canonical(self) -> list[Any]:
        """Plain data, equal exactly for equals."""
        return ["cosine" if self.smooth else "linear", *([steps, number.hex()] for steps, number in self.points)]

    @property
    def _call(self) -> tuple[str, tuple[Any, ...]]:
        """The function that makes the schedule, and its arguments."""
        if len(self.points) == 2 and self.points[0][0] == 0:
            (_, start), (steps, end) = self.points
            return ("cosine" if self.smooth else "linear"), (start, end, steps)
        return "piecewise", ([list(point) for point in self.points],)

    def __repr__(self) -> str:
        name, arguments = self._call
        return f"{name}({', '.join(str(argument).removesuffix('.0') for argument in arguments)})"


def linear(start: float, end: float, steps: int) -> Schedule:
    """From `start` to `end` in equal parts, and then `end`.

    Parameters
    ----------
    start, end : finite float.
    steps : int ≥ 1, the number of steps after which `end` is reached.

    Raises
    ------
    TypeMismatch : `steps` is not a whole number ≥ 1.
    InvalidWeight : a number is not finite.
    """
    require_count("steps of a schedule", steps)
    return Schedule(((0, _number(start)), (steps, _number(end))))


def cosine(start: float, end: float, steps: int) -> Schedule:
    """From `start` to `end` along half a cosine, slowly at both ends; parameters and errors as of `linear`."""
    return Schedule(linear(start, end, steps).points, smooth=True)


def piecewise(points: Iterable[tuple[int, float]] | Mapping[int, float]) -> Schedule:
    """Straight from point to point.

    Parameters
    ----------
    points : list of pairs (steps, number), or mapping from steps to numbers, at least one; steps are whole, ≥ 0 and
        increase.

    Raises
    ------
    TypeMismatch : the points have another form.
    InvalidWeight : a number is not finite.
    """
    pairs = points.items() if isinstance(points, Mapping) else points
    if not isinstance(pairs, Iterable) or isinstance(pairs, str):
        raise TypeMismatch(f"{_POINTS}; got {brief(points)}")
    read: list[tuple[int, float]] = []
    for pair in pairs:
        steps = pair[0] if isinstance(pair, tuple | list) and len(pair) == 2 else None
        if isinstance(steps, bool) or not isinstance(steps, int) or steps < 0 or (read and steps <= read[-1][0]):
            raise TypeMismatch(f"{_POINTS}; steps are whole, ≥ 0 and increase; got {brief(pair)}")
        read.append((steps, _number(pair[1])))
    if not read:
        raise TypeMismatch(f"{_POINTS}; got none")
    return Schedule(tuple(read))


_POINTS = "piecewise takes a list of points (steps, number), as [(0, 0.0), (1000, 1.0)]"
_SCHEDULES: dict[str, Callable[..., Schedule]] = {"linear": linear, "cosine": cosine, "piecewise": piecewise}


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= sys.float_info.max:
        raise InvalidWeight(f"a schedule goes through finite numbers, got {brief(value)}")
    return float(value) + 0.0  # and -0.0 is 0.0
