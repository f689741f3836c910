"""The definition of a divergence by a user: its kind, and the function that computes it."""

from __future__ import annotations

from dataclasses import dataclass

from learning_diagrams.backends.torch.divergences.row_function import Ends, Key, RowFunction
from learning_diagrams.backends.torch.functor.space import Carrier
from learning_diagrams.semantics.divergences import DivergenceKind


@dataclass(frozen=True, kw_only=True)
class Definition(DivergenceKind):
    """A user's divergence. A pickle of a definition refers to the user's function by module and name.

    Parameters
    ----------
    function : RowFunction, computes the values.
    carrier : str, the spaces on which the divergence is defined.
    ends : tuple of pairs, the kinds of (reference, prediction) that the function takes.
    """

    function: RowFunction
    carrier: Carrier
    ends: tuple[Ends, ...]

    @property
    def entries(self) -> dict[Key, RowFunction]:
        """The function under each of its keys, as in the library's table."""
        return {(self.name, self.carrier, *ends): self.function for ends in self.ends}
