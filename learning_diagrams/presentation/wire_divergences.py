"""The divergences of a constraint: one for all its output wires, one for each wire, or those of the spaces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from learning_diagrams.errors import LearningDiagramError, TypeMismatch, plural
from learning_diagrams.presentation.choice import Divergence
from learning_diagrams.presentation.constraint_field import ConstraintField, Sides
from learning_diagrams.presentation.transport import Transport

Divergences = Divergence | tuple[Divergence, ...] | None


class WireDivergences(ConstraintField):
    """The field `divergence`: a `Divergence`, a tuple of one for each output wire, or None."""

    name = "divergence"
    default = None
    shape = Divergences
    description = "a name, a mapping with a name and options, or a list of these, one for each output wire"

    def read(self, value: Any, constraint: Sides) -> Divergences:
        if value is None:
            return None
        wires = constraint.lhs.cod
        try:
            if not isinstance(value, Sequence) or isinstance(value, str):
                return Divergence.read(value)
            if len(value) == len(wires):
                return tuple(map(Divergence.read, value))
        except LearningDiagramError as error:
            raise type(error)(f"constraint {constraint.name!r}: {error}") from None
        raise TypeMismatch(
            f"constraint {constraint.name!r} gives {plural(len(value), 'divergence')} for "
            f"{plural(len(wires), 'output wire')} ({wires}); give one, or one for each wire"
        )

    def canonical(self, value: Divergences, to: Transport) -> list[Any]:
        return [[each.canonical for each in value] if isinstance(value, tuple) else value and value.canonical]

    def plain(self, value: Divergences) -> Any:
        return [each.to_dict() for each in value] if isinstance(value, tuple) else value and value.to_dict()

    def phrases(self, value: Divergences) -> list[str]:
        return []
