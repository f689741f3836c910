"""Unknown spaces: the spaces and divergences of a learning diagram for which no back end is chosen.

>>> NamedDivergences().pointwise(None, UnknownSpace("digit"), "point", "point", "").function
"divergence_of['digit']"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from learning_diagrams.presentation.choice import Divergence
from learning_diagrams.semantics.divergences import DivergenceKind, divergence
from learning_diagrams.semantics.functor.space import Cell, Kind, Sampling
from learning_diagrams.semantics.program.lowering import DivergenceCall


@dataclass(frozen=True)
class UnknownSpace:
    """The space of an object that has no space yet: it has a divergence of its own, and draws are possible."""

    name: str
    divergence: None = None
    outcomes: None = None
    logits: bool = False
    one_hot: bool = False

    def sampling(self, box: str) -> Sampling:
        return Sampling("draw", (box,))

    def ndim(self, kind: Kind) -> None:
        return None

    def compared(self, columns: Mapping[Cell, Any]) -> None:
        return None


class NamedDivergences:
    """The divergence table of unknown spaces: each divergence is called by its name."""

    def kind(self, name: str, where: str = "") -> DivergenceKind:
        return divergence(name, where)

    def pointwise(
        self, asked: Divergence | None, space: Any, reference: Kind, prediction: Kind, where: str
    ) -> DivergenceCall:
        return _named(asked, f"divergence_of[{getattr(space, 'name', '')!r}]")

    def in_law(self, asked: Divergence | None, spaces: tuple[Any, ...], where: str) -> DivergenceCall:
        # The joint law of several outputs is compared by samples: the outputs of one draw, and not their distributions.
        drawn = len(spaces) > 1 if asked is None else divergence(asked.name).compares == "in law"
        return replace(_named(asked, "divergence_in_law"), drawn=drawn)


def _named(asked: Divergence | None, default: str) -> DivergenceCall:
    if asked is None:
        return DivergenceCall(default)
    fixed = tuple((key, repr(value)) for key, value in asked.options if key not in asked.moving)
    return DivergenceCall(asked.name, fixed, tuple(asked.moving.items()))
