"""The fields of a presentation beside its name, constraints and axioms: what it states about the training of its boxes.

A field states in one place how its value is read, compared, written, changed, glued and printed. A subclass of
`LearningDiagram` gets a further field by adding it to `listed` and to its `__init__`; no other file needs to know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Protocol, TypeVar

from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.errors import DuplicateName
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.fields.transport import Transport


class Described(Protocol):
    """The part of a presentation that its fields may read."""

    constraints: tuple[Constraint, ...]
    signature: Signature
    ema: Mapping[str, tuple[str, float]]


class PresentationField:
    """The meaning of one field.

    Attributes
    ----------
    name : str, the name of the field, of its keyword argument and of its key in a file.
    default : the value of a presentation that does not give the field; it is empty.
    shape : the type of the field in a file, which pydantic or `documents` knows.
    description : str, the text for the JSON Schema.
    """

    name: ClassVar[str]
    default: ClassVar[Any]
    shape: ClassVar[Any]
    description: ClassVar[str]

    def read(self, value: Any, presentation: Described) -> Any:
        """The value in its stored form; a typed error for a value that does not fit the presentation."""
        return value

    def map(self, value: Any, to: Transport) -> Any:
        """The value after a transport, as `read` takes it."""
        return value

    def restricted(self, value: Any, presentation: Described) -> Any:
        """The part of the value that speaks of boxes and constraints of a presentation, as `read` takes it."""
        return value

    def joined(self, values: Sequence[Any]) -> Any:
        """The value of a presentation that is glued of several; by default the first that is not empty.

        values : as `map` returns them.

        Raises `DuplicateName` where the values contradict each other.
        """
        return next((value for value in values if value), self.default)

    def canonical(self, value: Any, live: frozenset[str]) -> Any:
        """The value in the digest, as plain data; None where it adds nothing.

        live : names of the boxes in the normal forms of constraints and axioms.
        """
        return self.plain(value)

    def plain(self, value: Any) -> Any:
        """The value as a file holds it; None where the file does not mention it."""
        return value or None

    def argument(self, plain: Any) -> Any:
        """The value of a file as `read` takes it."""
        return plain

    def boxes(self, value: Any) -> Iterable[str]:
        """The names of boxes that the value annotates: a normal form must not drop them."""
        return ()

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
