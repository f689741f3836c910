"""Fields: what a constraint, or a presentation, states beside its name and its diagrams. Each has one meaning.

A field states in one place how its value is read, compared, written, changed and printed. A subclass of `Constraint`
gets a further field by declaring `tag: str = field(default="", kw_only=True, metadata={MEANING: Tag()})`; no other file
needs to know.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, ClassVar, Protocol

from discopy import markov

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.symbol import Symbol
from learning_diagrams.errors.short_text import short_repr
from learning_diagrams.presentation.fields.transport import Transport

MEANING = "meaning"  # the key in the metadata of a dataclass field


class Sides(Protocol):
    """The part of a constraint that its fields may read."""

    @property
    def name(self) -> str: ...

    @property
    def lhs(self) -> Diagram: ...

    @property
    def boxes(self) -> Mapping[str, markov.Box]: ...

    @property
    def applied(self) -> frozenset[str]: ...


class Field:
    """The meaning of one field.

    Attributes
    ----------
    name : str, the name of the field, of its keyword argument and of its key in a file.
    default : the value where the field is not given.
    shape : the type of the field in a file: `Diagram` for a term, or a type that pydantic or `documents` knows.
    description : str, the text for the JSON Schema.
    """

    name: ClassVar[str]
    default: ClassVar[Any]
    shape: ClassVar[Any]
    description: ClassVar[str]

    __repr__ = short_repr

    def read(self, value: Any, owner: Any) -> Any:
        """The value in its stored form; a typed error for a value that the constraint or presentation cannot have."""
        return value

    def map(self, value: Any, to: Transport) -> Any:
        """The value after a transport, as `read` takes it."""
        return value

    def plain(self, value: Any) -> Any:
        """The value as a file holds it, with diagrams in place of terms; None where the file does not mention it."""
        return None if value == self.default else value

    def boxes(self, value: Any) -> Iterable[str]:
        """The names of boxes that the value annotates: a normal form must not drop them."""
        return ()


class ConstraintField(Field):
    """The meaning of one field of a constraint."""

    def canonical(self, value: Any, to: Transport) -> list[Any]:
        """The entries of the transported value in the canonical form: plain data, no entry for a default."""
        return [] if value == self.default else [{self.name: self.plain(self.map(value, to))}]

    def diagrams(self, value: Any) -> tuple[Diagram, ...]:
        """The diagrams that the value contains."""
        return ()

    def words(self, value: Any) -> Any:
        """The value as a printed constraint shows it."""
        return self.plain(value)

    def phrases(self, value: Any) -> list[str]:
        """Short texts for a title, such as "weight 0.5"; an empty list for a value that the picture shows."""
        return [] if value == self.default else [f"{self.name} {self.plain(value)}"]

    def factor(self, value: Any) -> str:
        """What multiplies the term in the loss written in one line; "" for nothing."""
        return ""

    def measure(self, value: Any) -> str:
        """What the term is called in the loss written in one line; "" for nothing."""
        return ""

    def stopped(self, value: Any) -> Iterable[str]:
        """What passes no gradient in the term: "lhs", "rhs" and names of boxes."""
        return ()

    def title(self, value: Any, shared: Collection[Symbol] = ()) -> str:
        """What the comment over the printed term adds to the equation; `shared` as for `text_of`."""
        return "" if value == self.default else f", {self.name} {self.plain(value)}"

    def explanations(self, value: Any) -> Mapping[str, str]:
        """Texts by heading, for a reviewer; none for a value that the texts about tests and measures tell."""
        return {} if value == self.default else {self.name: str(self.plain(value))}
