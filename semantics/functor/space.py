"""The space of an object, as a program sees it in any back end.

A column holds *points* of a space, and a deterministic box returns them. A kernel returns a *distribution* on a space.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from learning_diagrams.errors.short_text import short_repr

# A "vector" is a label in the form in which boxes of a one-hot space take it.
Kind = Literal["point", "distribution", "vector"]
Cell = tuple[str, str, int]  # a column in one draw of rows: sample space, column, by how many rows it is rolled


@dataclass(frozen=True)
class Sampling:
    """The way to draw from a distribution.

    Parameters
    ----------
    function : str, the name of a function of the back end.
    arguments : tuple of numbers and strings, the arguments after the distribution.
    exact : bool, whether the function returns points of the space.
    """

    function: str
    arguments: tuple[float | str, ...] = ()
    exact: bool = True

    __repr__ = short_repr


@dataclass(frozen=True)
class Positions:
    """The positions of a row that a divergence compares, and the columns whose masks say which of these are present.

    Parameters
    ----------
    keys : tuple of (space, column, shift).
    ndim : int, the number of dimensions of the positions of a row.
    size : int or None, the number of positions of a row; None where the data gives it.
    sized_by : (space, column, shift) or None, a column whose values have all dimensions of the positions.
    counted : bool, whether a term is a mean over all present positions, not over rows.
    """

    keys: tuple[Cell, ...]
    ndim: int
    size: int | None
    sized_by: Cell | None = None
    counted: bool = False

    __repr__ = short_repr


class Space(Protocol):
    """The space of one object.

    Attributes
    ----------
    divergence : str or None, the divergence of its points where a constraint names no divergence.
    outcomes : int or None, the number of outcomes of a discrete space, whose points are labels.
    logits : bool, whether a kernel into it returns a tensor of logits; otherwise a kernel returns a Distribution.
    one_hot : bool, whether points enter boxes as one-hot vectors, as draws do.
    """

    @property
    def divergence(self) -> str | None: ...

    @property
    def outcomes(self) -> int | None: ...

    @property
    def logits(self) -> bool: ...

    @property
    def one_hot(self) -> bool: ...

    def sampling(self, box: str) -> Sampling | None:
        """The way to draw the output of a kernel that feeds a box; None where the space does not give a way."""

    def ndim(self, kind: Kind) -> int | None:
        """The number of dimensions of one row of a point or of a distribution; None where it is not known."""

    def compared(self, columns: Mapping[Cell, Any]) -> Positions | None:
        """The positions that a term into the space compares, by the spaces of the columns that it reads."""


def default_in_law(spaces: Sequence[Space]) -> str:
    """The divergence of distributions on some output wires together, where a constraint in law names none."""
    labels = len(spaces) == 1 and spaces[0].outcomes is not None and spaces[0].ndim("point") == 0
    return "kl" if labels else "energy_distance"
