"""What a program asks of the space that an object is sent to, whatever the back end keeps there.

A *point* of a space is what a column holds or a deterministic box returns; a *law* on it is what a kernel returns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

# A "vector" is a label as boxes of a one-hot space see it.
Kind = Literal["point", "distribution", "vector"]


@dataclass(frozen=True)
class Sampling:
    """How one draws from a law: a function of the back end, what it is told besides, whether it gives points."""

    function: str
    arguments: tuple[float | str, ...] = ()
    exact: bool = True


class Space(Protocol):
    """The space of one object.

    Attributes
    ----------
    divergence : the divergence by which its points are compared where a constraint names none.
    outcomes : how many outcomes a discrete space has, whose points are labels; None for others.
    logits : whether a kernel into it returns logits, a tensor; otherwise it returns a Distribution.
    one_hot : whether points enter boxes as one-hot vectors, as its draws do.
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
        """How a kernel's output is drawn where it feeds a box; None where nothing says how."""

    def ndim(self, kind: Kind) -> int | None:
        """How many dimensions one row of a point or of a law has."""
