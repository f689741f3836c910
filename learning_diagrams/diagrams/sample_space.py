"""Sample spaces: the data sets of a learning diagram.

A sample space Ω has a column Ω → X for each random variable on its rows, and a state I → Ω, its empirical distribution.
Only columns, states and structural maps touch Ω.

>>> from learning_diagrams.diagrams.box import Kernel
>>> digits = SampleSpace("digits")
>>> pixels = digits.column("pixels", Ty("image"))
>>> print((pixels >> Kernel("student", Ty("image"), Ty("digit"))).dom)
digits
"""

from __future__ import annotations

from typing import Any

from discopy import cat

from learning_diagrams.diagrams.box import Box, Diagram, Kernel, Ty
from learning_diagrams.errors import TypeMismatch, brief, printable
from learning_diagrams.errors.short_text import one_line

_PRESENCE = ".presence"


class SampleObject(cat.Ob):
    """The object of a sample space; it equals any object of its name."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, cat.Ob) and self.name == other.name

    def __repr__(self) -> str:
        return repr(cat.Ob(self.name))

    def __hash__(self) -> int:
        return hash(repr(self))


class SampleSpace:
    """A sample space Ω: the rows of one data set, with a column Ω → X for each random variable on it.

    >>> digits = SampleSpace("digits")
    >>> digits.column("label", Ty("digit")).space == digits
    True

    Parameters
    ----------
    name : str, the key of the data in a batch. No object may have the same name.
    """

    def __init__(self, name: str) -> None:
        if not isinstance(name, str):
            raise TypeMismatch(f"the name of a sample space must be a string, got {brief(name)}")
        self.name = name

    @property
    def ty(self) -> Ty:
        """Ω as a type."""
        return Ty(SampleObject(self.name))

    @property
    def state(self) -> State:
        """The empirical distribution of the data: a kernel I → Ω."""
        return State(self.name)

    def column(self, name: str, cod: Ty) -> Column:
        """The random variable Ω → cod whose values are the column `name` of the data."""
        return Column(self.name, name, cod)

    def presence(self, name: str, cod: Ty | None = None) -> Column:
        """The random variable Ω → cod that says at which positions of a row the column `name` is present.

        It is the column `name.presence`, which a batch need not have: the mask of the column gives its values, bool
        [rows, *positions], all True if the column has neither mask nor padding.

        >>> print(SampleSpace("texts").presence("words").cod)
        words.presence

        Parameters
        ----------
        cod : Ty, an object that is sent to bits of this shape; by default the object `name.presence`.
        """
        full = presence_name(name)
        return self.column(full, Ty(full) if cod is None else cod)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SampleSpace) and self.name == other.name

    def __hash__(self) -> int:
        return hash((SampleSpace, self.name))

    def __repr__(self) -> str:
        return one_line(f"SampleSpace({self.name!r})")


class Column(Box):
    """A deterministic box Ω → X that reads data. `SampleSpace.column` makes columns."""

    reads_data = True

    def __init__(self, space: str, name: str, cod: Ty) -> None:
        if not isinstance(name, str):
            raise TypeMismatch(f"the name of a column of sample space {space!r} must be a string, got {brief(name)}")
        if not isinstance(cod, Ty) or len(cod) != 1 or is_sample_space(cod):
            raise TypeMismatch(
                f"column {name!r} of sample space {space!r} must end in one object, as in "
                f"column({name!r}, Ty('image')), got {brief(cod)}; use a column for each object"
            )
        super().__init__(name, SampleSpace(space).ty, cod)

    @property
    def space(self) -> SampleSpace:
        return SampleSpace(self.dom.inside[0].name)

    def dagger(self) -> Diagram:
        raise TypeMismatch(f"column {self.name!r} of sample space {self.space.name!r} has no dagger: data is only read")

    def __repr__(self) -> str:
        return one_line(f"{self.space!r}.column({self.name!r}, {self.cod!r})")

    def __reduce__(self) -> tuple[Any, ...]:
        return Column, (self.space.name, self.name, self.cod)


class State(Kernel):
    """The empirical distribution I → Ω of a sample space, which `SampleSpace.state` returns."""

    reads_data = True

    def __init__(self, space: str) -> None:
        super().__init__(space, Ty(), SampleSpace(space).ty)

    @property
    def space(self) -> SampleSpace:
        return SampleSpace(self.cod.inside[0].name)

    def dagger(self) -> Diagram:
        raise TypeMismatch(f"the state of sample space {self.space.name!r} has no dagger: data is only read")

    def __repr__(self) -> str:
        return one_line(f"{self.space!r}.state")

    def __str__(self) -> str:
        return printable(f"state({self.name})")  # the bare name is that of a wire

    def __reduce__(self) -> tuple[Any, ...]:
        return State, (self.space.name,)


def is_sample_space(x: Ty) -> bool:
    """Whether a type is a non-empty product of sample spaces.

    >>> is_sample_space(SampleSpace("a").ty @ SampleSpace("b").ty), is_sample_space(Ty())
    (True, False)
    """
    return len(x) > 0 and all(isinstance(ob, SampleObject) for ob in x.inside)


def presence_name(column: str) -> str:
    """The name of the presence of a column."""
    return f"{column}{_PRESENCE}"


def presence_of(column: str) -> str | None:
    """The name of the column whose presence a column says by its name; None for other columns.

    >>> presence_of("words.presence"), presence_of("words")
    ('words', None)
    """
    return column.removesuffix(_PRESENCE) if column.endswith(_PRESENCE) else None
