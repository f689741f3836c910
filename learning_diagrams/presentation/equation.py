"""Equations between diagrams: parallel pairs, equal when their sides are.

>>> from learning_diagrams.diagrams.box import Box, Id, Ty
>>> x = Ty("x")
>>> f = Box("f", x, x)
>>> Equation(f >> f, Id(x), "involution")
Equation(f >> f = Id(x))
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from discopy import monoidal

from learning_diagrams.diagrams.box import Diagram, Ty
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.equality.canonical_form import canonical_of_normal_form, digest_of
from learning_diagrams.equality.normal_form import normalise
from learning_diagrams.errors import (
    DuplicateName,
    TypeMismatch,
    brief,
)
from learning_diagrams.presentation.choice import Divergence as Divergence

SIDES = frozenset({"lhs", "rhs"})


class Canonical(ABC):
    """What is equal when its canonical form is: sides are compared in the theory "markov", not as they are written."""

    @property
    @abstractmethod
    def canonical(self) -> list[Any]:
        """Nested lists of strings and numbers, equal exactly for equals."""

    def __getstate__(self) -> dict[str, Any]:
        # Computed values are made anew where a pickle is read, by the version that reads it.
        kind = type(self)
        return {k: v for k, v in self.__dict__.items() if not isinstance(getattr(kind, k, None), cached_property)}

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
        require_parallel(self.lhs, self.rhs, f"equation {self.name!r}" if self.name else "an equation")

    @cached_property
    def graphs(self) -> tuple[PortGraph, PortGraph]:
        """The port graphs of both sides, as they are written."""
        return PortGraph.from_diagram(self.lhs), PortGraph.from_diagram(self.rhs)

    @cached_property
    def normal_forms(self) -> tuple[PortGraph, PortGraph]:
        """The normal forms of both sides, in the theory "markov"."""
        lhs, rhs = map(normalise, self.graphs)
        return lhs, rhs

    @cached_property
    def canonical(self) -> list[Any]:
        return list(map(canonical_of_normal_form, self.normal_forms))

    def named(self, name: str) -> Equation:
        """The same equation under a name; computed port graphs and forms are shared."""
        if name == self.name:
            return self
        equation = Equation(self.lhs, self.rhs, name)
        equation.__dict__.update({k: v for k, v in self.__dict__.items() if k not in ("lhs", "rhs", "name")})
        return equation

    def __repr__(self) -> str:
        return f"Equation({self.lhs} = {self.rhs})"


def name_axioms(axioms: Mapping[str, Equation] | Iterable[Equation]) -> tuple[Equation, ...]:
    """The axioms in order of name; one without a name is called after its digest, and counted once."""
    if not isinstance(axioms, Iterable):
        raise TypeMismatch(f"axioms= takes a mapping from names to equations, or a list of them; got {brief(axioms)}")
    given = axioms.items() if isinstance(axioms, Mapping) else ((getattr(a, "name", ""), a) for a in axioms)
    named, unnamed = [], {}
    for name, axiom in given:
        if not isinstance(axiom, Equation) or not isinstance(name, str):
            raise TypeMismatch(f"an axiom is an Equation(lhs, rhs) under a name, got {brief(axiom)} as {brief(name)}")
        if name:
            named.append(axiom.named(name))
        else:
            name = f"axiom_{digest_of(axiom.canonical)[:8]}"
            unnamed[name] = axiom.named(name)
    return tuple(sorted([*named, *unnamed.values()], key=lambda axiom: axiom.name))


def require_distinct(names: Iterable[str], what: str) -> None:
    """Raise `DuplicateName` where two have one name."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise DuplicateName(f"two {what} are named {name!r}; give each a name of its own")
        seen.add(name)


def require_parallel(lhs: Any, rhs: Any, who: str) -> None:
    """Raise `TypeMismatch` where two sides are not diagrams of equal domain and codomain."""
    for side, given in (("left", lhs), ("right", rhs)):
        if not isinstance(given, monoidal.Diagram):
            hint = f"; write Id({given}) for the identity on a type" if isinstance(given, Ty) else ""
            raise TypeMismatch(f"the {side} side of {who} must be a diagram, got {brief(given)}{hint}")
    if lhs.dom != rhs.dom or lhs.cod != rhs.cod:
        raise TypeMismatch(
            f"the sides of {who} are not parallel:\n"
            + "\n".join(f"  {side} : {d.dom or 'I'} → {d.cod or 'I'}" for side, d in (("lhs", lhs), ("rhs", rhs)))
        )
