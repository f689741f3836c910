"""Choices: a divergence or an optimizer of a back end, as a name with options.

The back end defines the valid names and options. A choice is plain data that can be compared and written.

>>> Divergence.read({"name": "kl", "temperature": 4, "class_weight": [1, 2]})
Divergence(name='kl', options=(('class_weight', (1, 2)), ('temperature', 4)))
>>> Optimizer.read("adam").to_dict()
'adam'
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import FunctionType
from typing import Any, ClassVar, Self, TypeAlias

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.symbol import Symbol
from learning_diagrams.errors import LearningDiagramError, TypeMismatch, brief, plural
from learning_diagrams.errors.short_text import short_repr
from learning_diagrams.presentation.fields import quantity
from learning_diagrams.presentation.fields.constraint_field import ConstraintField, Sides
from learning_diagrams.presentation.fields.quantity import Moving, is_moving, read_moving
from learning_diagrams.presentation.fields.transport import Transport

Plain = str | bool | int | float
Option: TypeAlias = Plain | tuple[Plain, ...] | Moving


@dataclass(frozen=True)
class Choice:
    """A name with options.

    Parameters
    ----------
    name : str, a name that the back end knows.
    options : pairs (key, value), sorted by key; a value is a string, a number, a bool, or a tuple of these.
    """

    what: ClassVar[str]
    example: ClassVar[str]

    name: str
    options: tuple[tuple[str, Option], ...] = ()

    __repr__ = short_repr

    @classmethod
    def read(cls, choice: Any) -> Self:
        """Read a name, or a mapping with the key `name` and the options beside it."""
        if isinstance(choice, cls):
            return choice
        if isinstance(choice, str):
            return cls(choice)
        if isinstance(choice, Mapping) and isinstance(choice.get("name"), str):
            name, options = choice["name"], {}
            for key, value in choice.items():
                if key != "name":
                    options[key] = cls._read_option(name, key, value)
            return cls(name, tuple(sorted(options.items())))
        hint = f"; write its name, {choice.__name__!r}" if isinstance(choice, FunctionType) else ""
        raise TypeMismatch(f"{cls.what} is a name or a mapping as {cls.example}, got {brief(choice)}{hint}")

    def to_dict(self) -> str | dict[str, Any]:
        """The choice as plain data, with diagrams in place of terms."""
        options = {key: list(v) if isinstance(v, tuple) else quantity.plain(v) for key, v in self.options}
        return {"name": self.name, **options} if options else self.name

    @property
    def canonical(self) -> list[Any]:
        return self.content(Transport())

    def content(self, to: Transport) -> list[Any]:
        """The canonical form after a transport."""
        options = [[key, quantity.canonical(v, to) if is_moving(v) else _exact(v)] for key, v in self.options]
        return [self.name, options]

    @classmethod
    def _read_option(cls, name: str, key: Any, value: Any) -> Option:
        value = tuple(value) if isinstance(value, list) else value
        parts = value if isinstance(value, tuple) else (value,)
        which = f"option {key!r} of {cls.__name__.lower()} {name!r}"
        if not isinstance(key, str) or not all(isinstance(part, Plain) for part in parts):
            raise TypeMismatch(f"{which} must be a string, a number, or a list of these, got {brief(value)}")
        for part in parts:
            if isinstance(part, int | float) and not abs(part) <= sys.float_info.max:
                raise TypeMismatch(f"{which} must be a finite float, got {brief(part)}")
        return tuple(map(_builtin, value)) if isinstance(value, tuple) else _builtin(value)


@dataclass(frozen=True)
class Divergence(Choice):
    """A measure of the distance of two sides; a number among its options may be a schedule, or a diagram from I."""

    what = "a divergence"
    example = "{'name': 'kl', 'temperature': 4.0}"

    __repr__ = short_repr

    @classmethod
    def _read_option(cls, name: str, key: Any, value: Any) -> Option:
        moving = read_moving(value, f"option {key!r} of divergence {name!r}")
        return super()._read_option(name, key, value) if moving is None else moving

    @property
    def moving(self) -> dict[str, Moving]:
        """The options that are not fixed."""
        return {key: value for key, value in self.options if is_moving(value)}

    def map(self, to: Transport) -> Self:
        """The divergence after a transport."""
        return replace(self, options=tuple((key, quantity.mapped(value, to)) for key, value in self.options))


@dataclass(frozen=True)
class Optimizer(Choice):
    """A rule that updates parameters by their gradient."""

    what = "an optimizer"
    example = "{'name': 'adam', 'lr': 1e-3}"

    __repr__ = short_repr


Divergences = Divergence | tuple[Divergence, ...] | None


class WireDivergences(ConstraintField):
    """The field `divergence`: a `Divergence`, a tuple of one for each output wire, or None."""

    name = "divergence"
    default = None
    shape = Divergences
    description = "a name, a mapping with a name and options, or a list of these, one for each output wire"

    def read(self, value: Any, constraint: Sides) -> Divergences:
        if value is None:
            return None
        wires = constraint.lhs.cod
        try:
            if not isinstance(value, Sequence) or isinstance(value, str):
                return Divergence.read(value)
            if len(value) == len(wires):
                return tuple(map(Divergence.read, value))
        except LearningDiagramError as error:
            raise type(error)(f"constraint {constraint.name!r}: {error}") from None
        raise TypeMismatch(
            f"constraint {constraint.name!r} gives {plural(len(value), 'divergence')} for "
            f"{plural(len(wires), 'output wire')} ({wires}); give one, or one for each wire"
        )

    def map(self, value: Divergences, to: Transport) -> Divergences:
        return tuple(each.map(to) for each in value) if isinstance(value, tuple) else value and value.map(to)

    def canonical(self, value: Divergences, to: Transport) -> list[Any]:
        return [[each.content(to) for each in value] if isinstance(value, tuple) else value and value.content(to)]

    def plain(self, value: Divergences) -> Any:
        return [each.to_dict() for each in value] if isinstance(value, tuple) else value and value.to_dict()

    def diagrams(self, value: Divergences) -> tuple[Diagram, ...]:
        return quantity.diagrams(*(number for _, number in self._moving(value)))

    def words(self, value: Divergences) -> Any:
        if isinstance(value, tuple):
            return [self.words(each) for each in value]
        moving = {key: str(number) for key, number in self._moving(value)}
        return {**self.plain(value), **moving} if moving else self.plain(value)

    def phrases(self, value: Divergences) -> list[str]:
        return [measure] if (measure := self.measure(value)) else []

    def measure(self, value: Divergences) -> str:
        return "" if value is None else " and ".join(map(_in_words, value if isinstance(value, tuple) else [value]))

    def title(self, value: Divergences, shared: Collection[Symbol] = ()) -> str:
        return "".join(f", {key} {number}" for key, number in self._moving(value))

    def explanations(self, value: Divergences) -> Mapping[str, str]:
        return {}

    def _moving(self, value: Divergences) -> Iterable[tuple[str, Moving]]:
        choices = value if isinstance(value, tuple) else [value] if value else []
        return (item for choice in choices for item in choice.moving.items())


def _builtin(value: Plain) -> Plain:
    """A number of a subclass, as NumPy's float64, as the number itself."""
    return float(value) if isinstance(value, float) else value


def _exact(value: Any) -> Any:
    """A number as its exact value, so that 4 and 4.0 are one option."""
    if isinstance(value, tuple):
        return ["list", *map(_exact, value)]
    return ["number", float(value).hex()] if isinstance(value, int | float) and not isinstance(value, bool) else value


_ABBREVIATIONS = {"kl": "KL", "reverse_kl": "reverse KL", "nll": "NLL", "mmd": "MMD", "info_nce": "InfoNCE"}


def _in_words(divergence: Divergence) -> str:
    """A divergence with its options: "KL, temperature 4"."""
    # Of smoothed labels the value is the cross-entropy, which is not 0 where the sides are equal.
    smoothed = divergence.name in ("kl", "nll") and dict(divergence.options).get("label_smoothing")
    name = "CE" if smoothed else _ABBREVIATIONS.get(divergence.name, divergence.name.replace("_", " "))
    return ", ".join([name, *(f"{key} {_number(value)}" for key, value in divergence.options)])


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
