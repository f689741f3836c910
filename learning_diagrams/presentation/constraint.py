"""Constraints: equations that training is to make true.

>>> from learning_diagrams.diagrams.box import Kernel, Ty
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> image, digit = Ty("image"), Ty("digit")
>>> digits = SampleSpace("digits")
>>> pixels, label = digits.column("pixels", image), digits.column("label", digit)
>>> student = Kernel("student", image, digit)
>>> Constraint("supervised", pixels >> student, label, weight=0.5)
Constraint('supervised', pixels >> student = label, weight=0.5)
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from numbers import Real
from typing import Any, Literal

from discopy import markov, monoidal

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.sample_space import is_sample_space
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.errors import (
    InvalidWeight,
    LearningDiagramError,
    TypeMismatch,
    UnknownName,
    brief,
    did_you_mean,
    plural,
)
from learning_diagrams.presentation.choice import Divergence
from learning_diagrams.presentation.equation import Canonical, Equation, require_parallel
from learning_diagrams.presentation.reading import Reading

SIDES = frozenset({"lhs", "rhs"})


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
    detach : what passes no gradient in this term: "lhs" or "rhs", a side as a whole; a box or its name, each of its
        applications in this constraint. Values and equality of diagrams do not change.

    Raises
    ------
    TypeMismatch : the sides are not parallel, end in I, or do not start from data and no `over` is given; both sides
        are detached.
    InvalidWeight : the weight is negative, infinite, NaN or no number.
    UnknownName : `detach` names a box that the constraint does not use.
    """

    name: str
    lhs: Diagram
    rhs: Diagram
    over: Diagram | None = field(default=None, kw_only=True)
    divergence: Any = field(default=None, kw_only=True)
    weight: float = field(default=1.0, kw_only=True)
    detach: Any = field(default=(), kw_only=True)

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise TypeMismatch(f"the name of a constraint must be a string, got {brief(self.name)}")
        who = f"constraint {self.name!r}"
        require_parallel(self.lhs, self.rhs, who)
        if len(self.lhs.cod) == 0:
            raise TypeMismatch(f"{who} ends in I, so there is nothing to compare; let its sides end in an object")
        object.__setattr__(self, "weight", _weight(self.weight, who))
        object.__setattr__(self, "divergence", self._read_divergence())
        self._require_source()
        object.__setattr__(self, "detach", self._read_detach())

    def _read_detach(self) -> tuple[str, ...]:
        """The names of what is detached, sides among them, in order."""
        given: Any = (self.detach,) if isinstance(self.detach, str | monoidal.Diagram) else self.detach
        who = f"detach= of constraint {self.name!r}"
        if not isinstance(given, Iterable):
            raise TypeMismatch(f"{who} takes 'lhs', 'rhs', boxes, or a list of these; got {brief(given)}")
        used = self.boxes if given else {}
        names = set()
        for one in given:
            name = one.name if isinstance(one, markov.Box) else one
            if not isinstance(name, str):
                raise TypeMismatch(f"{who} takes 'lhs', 'rhs', boxes, or a list of these; got {brief(one)}")
            if name in SIDES and (name in used or name is not one):
                raise TypeMismatch(f"{who}: {name!r} is a side, and a box of that name is used; rename the box")
            if name not in SIDES and name not in used:
                raise UnknownName(f"{who}: no box that it uses is named {name!r}; {did_you_mean(name, used)}")
            names.add(name)
        if names >= SIDES:
            raise TypeMismatch(f"{who} names both sides, so that the constraint would train nothing; detach one")
        return tuple(sorted(names))

    def _read_divergence(self) -> Divergence | tuple[Divergence, ...] | None:
        given = self.divergence
        if given is None:
            return None
        if isinstance(given, Sequence) and not isinstance(given, str):
            if len(given) != len(self.lhs.cod):
                raise TypeMismatch(
                    f"constraint {self.name!r} gives {plural(len(given), 'divergence')} for "
                    f"{plural(len(self.lhs.cod), 'output wire')} ({self.lhs.cod}); give one, or one for each wire"
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
            raise TypeMismatch(f"over= of constraint {self.name!r} must be a diagram, got {brief(self.over)}")
        if self.over.cod != dom:
            raise TypeMismatch(
                f"over= of constraint {self.name!r} ends in {self.over.cod or 'I'}, its sides start from {dom or 'I'}"
            )
        if len(self.over.dom) and not is_sample_space(self.over.dom):
            raise TypeMismatch(
                f"over= of constraint {self.name!r} must start from sample spaces or from I, not from {self.over.dom}"
            )

    @cached_property
    def equation(self) -> Equation:
        return Equation(self.lhs, self.rhs, self.name)

    @cached_property
    def reading(self) -> Reading:
        """The port graphs and normal forms of its diagrams."""
        return Reading(self.equation, self.over)

    @property
    def tested(self) -> Literal["over", "pointwise", "in law"]:
        """Where the equation is tested: over a given source, at each row of its domain, or in law."""
        return self.reading.tested

    @property
    def source(self) -> Diagram:
        """The diagram from data to the test points, shared by both sides."""
        return self.reading.source

    @property
    def diagrams(self) -> tuple[Diagram, ...]:
        return (self.lhs, self.rhs) if self.over is None else (self.lhs, self.rhs, self.over)

    @property
    def boxes(self) -> dict[str, markov.Box]:
        """The boxes that stand in it, by name."""
        return Signature.of(self.reading.graphs).boxes

    @cached_property
    def canonical(self) -> list[Any]:
        given = self.divergence
        return [
            self.name,
            self.equation.canonical,
            self.reading.over_form,
            [one.canonical for one in given] if isinstance(given, tuple) else given and given.canonical,
            self.weight.hex(),
            *([list(self.detach)] if self.detach else []),  # digests of what has none are older than the option
        ]

    @property
    def options(self) -> dict[str, Any]:
        """Those of over, divergence (as plain data), weight and detach that are not the default."""
        given = self.divergence
        plain = [one.to_dict() for one in given] if isinstance(given, tuple) else given and given.to_dict()
        options = {"over": self.over, "divergence": plain, "weight": None if self.weight == 1.0 else self.weight}
        options["detach"] = list(self.detach) or None
        return {key: value for key, value in options.items() if value is not None}

    def __repr__(self) -> str:
        options = [f"{key}={value}" for key, value in self.options.items()]
        return f"Constraint({', '.join([repr(self.name), f'{self.lhs} = {self.rhs}', *options])})"


def _weight(given: Any, who: str) -> float:
    real = isinstance(given, Real) and not isinstance(given, bool)
    value = given if isinstance(given, int) else float(given) if real else -1.0
    if not real or not 0 <= value <= sys.float_info.max:
        raise InvalidWeight(f"the weight of {who} must be a finite number ≥ 0, got {brief(given)}")
    return float(given) + 0.0  # and -0.0 is 0.0
