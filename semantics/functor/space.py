"""The space of an object, as a program sees it in any back end.

A column holds *points* of a space, and a deterministic box returns them. A kernel returns a *distribution* on a space.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

# A "vector" is a label in the form in which boxes of a one-hot space take it.
Kind = Literal["point", "distribution", "vector"]


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
