"""The fields of a presentation beside its name, constraints and axioms: what it states about the training of its boxes.

A subclass of `LearningDiagram` gets a further field by adding it to `listed` and to its `__init__`; no other file needs
to know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, Protocol, TypeVar

from discopy import markov

from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.diagrams.symbol import Symbol
from learning_diagrams.errors import DuplicateName
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.fields.constraint_field import Field
from learning_diagrams.presentation.fields.transport import Transport


class Described(Protocol):
    """The part of a presentation that its fields may read."""

    constraints: tuple[Constraint, ...]
    signature: Signature
    ema: Mapping[str, tuple[str, Any]]
    notation: Mapping[Symbol, str]


class PresentationField(Field):
    """The meaning of one field of a presentation; its `default` is empty."""

    def restricted(self, value: Any, presentation: Described) -> Any:
        """The part of the value that speaks of boxes and constraints of a presentation, as `read` takes it."""
        return value

    def joined(self, values: Sequence[Any]) -> Any:
        """The value of a presentation that is glued of several; by default the first that is not empty.

        values : as `map` returns them.

        Raises `DuplicateName` where the values contradict each other.
        """
        return next((value for value in values if value), self.default)

    def of_box(self, value: Any, box: markov.Box, to: Transport) -> str:
        """What the value says of a box, after a transport: a phrase, "" for nothing. A morphism keeps what is said."""
        alone, nothing = (SimpleNamespace(constraints=(), signature=Signature.of(part), ema={}) for part in ([box], []))
        part = self.restricted(value, alone)
        return "" if part == self.restricted(value, nothing) else f"has {self.name} {self.plain(self.map(part, to))}"

    def canonical(self, value: Any, live: frozenset[str]) -> Any:
        """The value in the digest, as plain data; None where it adds nothing.

        live : names of the boxes in the normal forms of constraints and axioms.
        """
        return self.plain(value)

    def live(self, value: Any) -> Iterable[str]:
        """The names of boxes that the value applies, beside those in constraints and axioms."""
        return ()

    def plain(self, value: Any) -> Any:
        return value or None

    def argument(self, plain: Any) -> Any:
        """The value of a file as `read` takes it."""
        return plain

    def lines(self, value: Any) -> list[str]:
        """Lines of the printed summary."""
        return [f"{self.name}: {value}"] if value else []


class Named(Protocol):
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=Named)


def require_one_meaning(kind: str, statements: Iterable[N]) -> list[N]:
    """Statements without repetition; `DuplicateName` where one name stands for two different statements."""
    by_name: dict[str, N] = {}
    for statement in statements:
        known = by_name.setdefault(statement.name, statement)
        if known != statement:
            raise DuplicateName(f"{kind} {statement.name!r} has two meanings, {known} and {statement}; {RENAME}")
    return list(by_name.values())


RENAME = "rename one of them: .rename({old: new})"
