"""Equations between diagrams, and constraints: equations that training is to make true.

>>> from learning_diagrams.box import Kernel, Ty
>>> from learning_diagrams.sample_space import SampleSpace
>>> image, digit = Ty("image"), Ty("digit")
>>> digits = SampleSpace("digits")
>>> pixels, label = digits.column("pixels", image), digits.column("label", digit)
>>> student = Kernel("student", image, digit)
>>> Constraint("supervised", pixels >> student, label, weight=0.5)
Constraint('supervised', pixels >> student = label, weight=0.5)
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from numbers import Real
from typing import Any, Literal

from discopy import monoidal

from learning_diagrams.box import Diagram, Id, Ty
from learning_diagrams.canonical_form import canonical, digest_of
from learning_diagrams.errors import InvalidWeight, LearningDiagramError, TypeMismatch, number, shown
from learning_diagrams.sample_space import is_sample_space

Plain = str | bool | int | float
Option = Plain | tuple[Plain, ...]


class Canonical(ABC):
    """What is equal when its canonical form is: sides are compared in the theory "markov", not as they are written."""

    @property
    @abstractmethod
    def canonical(self) -> list[Any]:
        """Nested lists of strings and numbers, equal exactly for equals."""

    def __getstate__(self) -> dict[str, Any]:
        # The form is made anew where a pickle is read, by the version that reads it.
        return {key: value for key, value in self.__dict__.items() if key != "canonical"}

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.canonical == other.canonical

    def __hash__(self) -> int:
        return hash(digest_of(self.canonical))


@dataclass(frozen=True, eq=False, repr=False)
class Equation(Canonical):
    """A parallel pair of diagrams: `rhs` is the reference, `lhs` the prediction.

    Two equations are equal when their sides are, each with each, in the theory "markov".

    Raises
    ------
    TypeMismatch : the sides do not have the same domain and codomain.
    """

    lhs: Diagram
    rhs: Diagram
    name: str = ""

    def __post_init__(self) -> None:
        _require_parallel(self.lhs, self.rhs, f"equation {self.name!r}" if self.name else "an equation")

    @cached_property
    def canonical(self) -> list[Any]:
        return [canonical(self.lhs), canonical(self.rhs)]

    def __repr__(self) -> str:
        return f"Equation({self.lhs} = {self.rhs})"


@dataclass(frozen=True)
class Divergence:
    """The name of a divergence and its options, as a constraint asks for it.

    >>> Divergence.read({"name": "kl", "temperature": 4, "class_weight": [1, 2]})
    Divergence(name='kl', options=(('class_weight', (1, 2)), ('temperature', 4)))
    """

    name: str
    options: tuple[tuple[str, Option], ...] = ()

    @classmethod
    def read(cls, given: Any) -> Divergence:
        """Read a name, or a mapping with the key `name` and the options beside it."""
        if isinstance(given, Divergence):
            return given
        if isinstance(given, str):
            return cls(given)
        if isinstance(given, Mapping) and isinstance(given.get("name"), str):
            options = {
                key: tuple(value) if isinstance(value, list) else value for key, value in given.items() if key != "name"
            }
            for key, value in options.items():
                _require_option(given["name"], key, value)
            return cls(given["name"], tuple(sorted(options.items())))
        raise TypeMismatch(
            f"a divergence is a name or a mapping as {{'name': 'kl', 'temperature': 4.0}}, got {shown(given)}"
        )

    def to_dict(self) -> str | dict[str, Any]:
        options = {key: list(value) if isinstance(value, tuple) else value for key, value in self.options}
        return {"name": self.name, **options} if options else self.name

    @property
    def canonical(self) -> list[Any]:
        return [self.name, [[key, _exact(value)] for key, value in self.options]]


@dataclass(frozen=True, eq=False, repr=False)
class Constraint(Canonical):
    """An equation to be learned: a name, its two sides, how their distance is measured, and where.

    It is tested over `over` if given: a draw a of dom(over) ≫ over is shared by both sides. Otherwise its domain is a
    product of sample spaces, and it is tested point by point; or its domain is I, and it is tested in law.

    Parameters
    ----------
    name : the name of its term in the loss.
    lhs, rhs : prediction and reference, parallel diagrams with a non-empty codomain.
    over : a diagram from sample spaces, or from I, into the domain of the sides.
    divergence : a name, a mapping {"name": …, options…}, or one of these for each output wire; by default each
        output wire is measured by the divergence of its space.
    weight : a finite number ≥ 0; it multiplies the term in the total.

    Raises
    ------
    TypeMismatch : the sides are not parallel, end in I, or do not start from data and no `over` is given.
    InvalidWeight : the weight is negative, infinite, NaN or no number.
    """

    name: str
    lhs: Diagram
    rhs: Diagram
    over: Diagram | None = field(default=None, kw_only=True)
    divergence: Any = field(default=None, kw_only=True)
    weight: float = field(default=1.0, kw_only=True)

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise TypeMismatch(f"the name of a constraint must be a string, got {shown(self.name)}")
        who = f"constraint {self.name!r}"
        _require_parallel(self.lhs, self.rhs, who)
        if len(self.lhs.cod) == 0:
            raise TypeMismatch(f"{who} ends in I, so there is nothing to compare; let its sides end in an object")
        object.__setattr__(self, "weight", _weight(self.weight, who))
        object.__setattr__(self, "divergence", self._read_divergence())
        self._require_source()

    def _read_divergence(self) -> Divergence | tuple[Divergence, ...] | None:
        given = self.divergence
        if given is None:
            return None
        if isinstance(given, Sequence) and not isinstance(given, str):
            if len(given) != len(self.lhs.cod):
                raise TypeMismatch(
                    f"constraint {self.name!r} gives {number(len(given), 'divergence')} for "
                    f"{number(len(self.lhs.cod), 'output wire')} ({self.lhs.cod}); give one, or one for each wire"
                )
            return tuple(map(self._read_one, given))
        return self._read_one(given)

    def _read_one(self, given: Any) -> Divergence:
        try:
            return Divergence.read(given)
        except LearningDiagramError as error:
            raise type(error)(f"constraint {self.name!r}: {error}") from None

    def _require_source(self) -> None:
        dom = self.lhs.dom
        if self.over is None:
            if len(dom) and not is_sample_space(dom):
                raise TypeMismatch(
                    f"constraint {self.name!r} has no source: its domain {dom} is not a product of sample spaces; "
                    f"give over=, a diagram from a sample space into {dom}, such as a column"
                )
            return
        if not isinstance(self.over, monoidal.Diagram):
            raise TypeMismatch(f"over= of constraint {self.name!r} must be a diagram, got {shown(self.over)}")
        if self.over.cod != dom:
            raise TypeMismatch(
                f"over= of constraint {self.name!r} ends in {self.over.cod or 'I'}, its sides start from {dom or 'I'}"
            )
        if len(self.over.dom) and not is_sample_space(self.over.dom):
            raise TypeMismatch(
                f"over= of constraint {self.name!r} must start from sample spaces or from I, not from {self.over.dom}"
            )

    @property
    def equation(self) -> Equation:
        return Equation(self.lhs, self.rhs, self.name)

    @property
    def tested(self) -> Literal["over", "pointwise", "in law"]:
        """Where the equation is tested: over a given source, at each row of its domain, or in law."""
        if self.over is not None:
            return "over"
        return "pointwise" if len(self.lhs.dom) else "in law"

    @property
    def source(self) -> Diagram:
        """The diagram from data to the test points, shared by both sides."""
        return Id(self.lhs.dom) if self.over is None else self.over

    @property
    def diagrams(self) -> tuple[Diagram, ...]:
        return (self.lhs, self.rhs) if self.over is None else (self.lhs, self.rhs, self.over)

    @cached_property
    def canonical(self) -> list[Any]:
        given = self.divergence
        return [
            self.name,
            self.equation.canonical,
            None if self.over is None else canonical(self.over),
            [one.canonical for one in given] if isinstance(given, tuple) else given and given.canonical,
            self.weight.hex(),
        ]

    @property
    def options(self) -> dict[str, Any]:
        """Those of over, divergence (as plain data) and weight that are not the default."""
        given = self.divergence
        plain = [one.to_dict() for one in given] if isinstance(given, tuple) else given and given.to_dict()
        options = {"over": self.over, "divergence": plain, "weight": None if self.weight == 1.0 else self.weight}
        return {key: value for key, value in options.items() if value is not None}

    def __repr__(self) -> str:
        options = [f"{key}={value}" for key, value in self.options.items()]
        return f"Constraint({', '.join([repr(self.name), f'{self.lhs} = {self.rhs}', *options])})"


def name_axioms(axioms: Mapping[str, Equation] | Iterable[Equation]) -> tuple[Equation, ...]:
    """The axioms in order of name; one without a name is called after its digest, and counted once."""
    if not isinstance(axioms, Iterable):
        raise TypeMismatch(f"axioms= takes a mapping from names to equations, or a list of them; got {shown(axioms)}")
    given = axioms.items() if isinstance(axioms, Mapping) else ((getattr(a, "name", ""), a) for a in axioms)
    named, unnamed = [], {}
    for name, axiom in given:
        if not isinstance(axiom, Equation) or not isinstance(name, str):
            raise TypeMismatch(f"an axiom is an Equation(lhs, rhs) under a name, got {shown(axiom)} as {shown(name)}")
        if name:
            named.append(Equation(axiom.lhs, axiom.rhs, name))
        else:
            name = f"axiom_{digest_of(axiom.canonical)[:8]}"
            unnamed[name] = Equation(axiom.lhs, axiom.rhs, name)
    return tuple(sorted([*named, *unnamed.values()], key=lambda axiom: axiom.name))


def _require_parallel(lhs: Any, rhs: Any, who: str) -> None:
    for side, given in (("left", lhs), ("right", rhs)):
        if not isinstance(given, monoidal.Diagram):
            hint = f"; write Id({given}) for the identity on a type" if isinstance(given, Ty) else ""
            raise TypeMismatch(f"the {side} side of {who} must be a diagram, got {shown(given)}{hint}")
    if lhs.dom != rhs.dom or lhs.cod != rhs.cod:
        raise TypeMismatch(
            f"the sides of {who} are not parallel:\n"
            + "\n".join(f"  {side} : {d.dom or 'I'} → {d.cod or 'I'}" for side, d in (("lhs", lhs), ("rhs", rhs)))
        )


def _weight(given: Any, who: str) -> float:
    real = isinstance(given, Real) and not isinstance(given, bool)
    value = given if isinstance(given, int) else float(given) if real else -1.0
    if not real or not 0 <= value <= sys.float_info.max:
        raise InvalidWeight(f"the weight of {who} must be a finite number ≥ 0, got {shown(given)}")
    return float(given) + 0.0  # and -0.0 is 0.0


def _require_option(divergence: str, key: Any, value: Any) -> None:
    parts = value if isinstance(value, tuple) else (value,)
    if not isinstance(key, str) or not all(isinstance(part, Plain) for part in parts):
        raise TypeMismatch(
            f"option {key!r} of divergence {divergence!r} must be a string, a number, or a list of these, "
            f"got {shown(value)}"
        )
    for part in parts:
        if isinstance(part, int | float) and not abs(part) <= sys.float_info.max:
            raise TypeMismatch(f"option {key!r} of divergence {divergence!r} must be a finite float, got {shown(part)}")


def _exact(value: Option) -> Any:
    """A number as its exact value, so that 4 and 4.0 are one option."""
    if isinstance(value, tuple):
        return ["list", *map(_exact, value)]
    return ["number", float(value).hex()] if isinstance(value, int | float) and not isinstance(value, bool) else value
