"""Equations between diagrams: parallel pairs, equal when their sides are.

>>> from learning_diagrams.diagrams.box import Box, Id, Ty
>>> x = Ty("x")
>>> f = Box("f", x, x)
>>> Equation(f >> f, Id(x), "involution")
Equation(f >> f = Id(x))
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from discopy import monoidal

from learning_diagrams.diagrams.box import Diagram, Ty
from learning_diagrams.diagrams.labels import used_names
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.symbol import Symbol, shared_names, text_of
from learning_diagrams.equality.canonical_form import canonical, canonical_of_normal_form, digest_of
from learning_diagrams.equality.normal_form import normalise
from learning_diagrams.errors import DuplicateName, TypeMismatch, brief
from learning_diagrams.errors.short_text import one_line
from learning_diagrams.presentation.fields.transport import Transport


class Canonical(ABC):
    """A statement about diagrams, equal to another one of its type when their canonical forms are equal.

    Diagrams are compared in the theory "markov", not as they are written.
    """

    @property
    @abstractmethod
    def diagrams(self) -> tuple[Diagram, ...]:
        """The diagrams that the statement is about."""

    @abstractmethod
    def content(self, to: Transport) -> list[Any]:
        """The statement after a transport, without its name: plain data, equal exactly for equals."""

    @property
    @abstractmethod
    def graphs(self) -> tuple[PortGraph, ...]:
        """The port graph of each diagram, as it is written."""

    @property
    @abstractmethod
    def forms(self) -> tuple[list[Any], ...]:
        """The canonical form of each diagram."""

    @property
    def live_boxes(self) -> frozenset[str]:
        """The names of the boxes in the normal forms of the diagrams, and of those that these use."""
        return frozenset(
            name
            for _, _, labels, *_ in self.forms
            for label in labels
            if label[0] in ("box", "kernel")
            for name in (label[1], *used_names(label))
        )

    @cached_property
    def canonical(self) -> list[Any]:
        """Nested lists of strings and numbers, equal exactly for equals."""
        return self.content(OwnForms(self))

    def __getstate__(self) -> dict[str, Any]:
        # Cached values are computed anew by the version that reads a pickle.
        return {field.name: self.__dict__[field.name] for field in fields(self)}  # type: ignore[arg-type]

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.canonical == other.canonical

    def __hash__(self) -> int:
        return hash(digest_of(self.canonical))


class OwnForms(Transport):
    """The identity, which looks up the canonical forms of a statement's own diagrams."""

    def __init__(self, statement: Canonical) -> None:
        self.forms = {id(diagram): form for diagram, form in zip(statement.diagrams, statement.forms, strict=True)}

    def canonical(self, diagram: Diagram) -> list[Any]:
        return self.forms[id(diagram)]


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
    def forms(self) -> tuple[list[Any], ...]:
        return tuple(map(canonical_of_normal_form, self.normal_forms))

    @cached_property
    def effects(self) -> str:
        """A digest of both sides in the theory "symmetric", where "markov" would discard a part of them; else "".

        In "markov" a box into I is equal to the discard, so that equations of other effects and scalars are equal.
        """
        graphs = self.graphs
        if all(box.cod for graph in graphs for box in graph.boxes) or not all(graph.is_linear for graph in graphs):
            return ""
        return digest_of([canonical(graph, "symmetric") for graph in graphs])

    def named(self, name: str) -> Equation:
        """The same equation under a name; computed port graphs and forms are shared."""
        if name == self.name:
            return self
        equation = Equation(self.lhs, self.rhs, name)
        equation.__dict__.update({k: v for k, v in self.__dict__.items() if k not in ("lhs", "rhs", "name")})
        return equation

    @property
    def diagrams(self) -> tuple[Diagram, ...]:
        return self.lhs, self.rhs

    def content(self, to: Transport) -> list[Any]:
        return [to.canonical(self.lhs), to.canonical(self.rhs)]

    def map(self, to: Transport) -> Equation:
        """The axiom after a transport."""
        return Equation(to.diagram(self.lhs), to.diagram(self.rhs), to.name("axiom", self.name))

    def __repr__(self) -> str:
        return one_line(f"Equation({sides_text(self)})")


def sides_text(statement: Any, shared: Collection[Symbol] | None = None) -> str:
    """Both sides of an equation or a constraint as they print.

    shared : symbols that `text_of` writes in full; by default the `shared_names` of this statement.
    """
    shared = shared_names(statement.diagrams) if shared is None else shared
    return f"{text_of(statement.lhs, shared)} = {text_of(statement.rhs, shared)}"


def name_axioms(axioms: Mapping[str, Equation] | Iterable[Equation]) -> tuple[Equation, ...]:
    """The axioms in order of name; an axiom without a name is named after its digest, and counted once.

    Axioms that are equal in "markov" alone are two, since the theory "symmetric" tells their effects apart.
    """
    if not isinstance(axioms, Iterable):
        raise TypeMismatch(f"axioms= takes a mapping from names to equations, or a list of them; got {brief(axioms)}")
    pairs = axioms.items() if isinstance(axioms, Mapping) else ((getattr(a, "name", ""), a) for a in axioms)
    named, unnamed = [], {}
    for name, axiom in pairs:
        if not isinstance(axiom, Equation) or not isinstance(name, str):
            lemma = "; a proof is a lemma: give it to prove or interprets beside the axioms, or its .statement here"
            hint = lemma if hasattr(axiom, "statement") else ""
            raise TypeMismatch(
                f"an axiom is an Equation(lhs, rhs) under a name, got {brief(axiom)} as {brief(name)}{hint}"
            )
        if name:
            named.append(axiom.named(name))
        else:
            content = [axiom.canonical, axiom.effects] if axiom.effects else axiom.canonical
            name = f"axiom_{digest_of(content)[:8]}"
            unnamed[name] = axiom.named(name)
    return tuple(sorted([*named, *unnamed.values()], key=lambda axiom: axiom.name))


def with_effects_apart(axioms: Iterable[Equation]) -> list[Equation]:
    """Axioms in which "markov" alone makes two of one name equal: the second one has its effects in its name."""
    by_name: dict[str, Equation] = {}
    result = []
    for axiom in axioms:
        known = by_name.setdefault(axiom.name, axiom)
        apart = known == axiom and known.effects and axiom.effects not in ("", known.effects)
        result.append(axiom.named(f"{axiom.name}_{axiom.effects[:8]}") if apart else axiom)
    return result


def require_distinct(names: Iterable[str], what: str) -> None:
    """Raise `DuplicateName` for a repeated name.

    what : str, the plural noun of the named statements, for the message.
    """
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise DuplicateName(f"two {what} are named {name!r}; give each a name of its own")
        seen.add(name)


def require_parallel(lhs: Any, rhs: Any, who: str) -> None:
    """Raise `TypeMismatch` where the sides are not diagrams with equal domains and equal codomains."""
    for side, diagram in (("left", lhs), ("right", rhs)):
        if not isinstance(diagram, monoidal.Diagram):
            hint = f"; write Id({diagram}) for the identity on a type" if isinstance(diagram, Ty) else ""
            hint = "; parse reads a diagram from text" if isinstance(diagram, str) else hint
            raise TypeMismatch(f"the {side} side of {who} must be a diagram, got {brief(diagram)}{hint}")
    if lhs.dom != rhs.dom or lhs.cod != rhs.cod:
        raise TypeMismatch(
            f"the sides of {who} are not parallel:\n"
            + "\n".join(f"  {side} : {d.dom or 'I'} → {d.cod or 'I'}" for side, d in (("lhs", lhs), ("rhs", rhs)))
        )
