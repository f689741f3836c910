"""The weight of a constraint: the number that multiplies its term in the loss."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from numbers import Real
from typing import Any, NewType

from learning_diagrams.errors import InvalidWeight, brief
from learning_diagrams.presentation.fields.constraint_field import ConstraintField, Sides
from learning_diagrams.presentation.fields.transport import Transport

NonNegative = NewType("NonNegative", float)


class Weight(ConstraintField):
    """The field `weight`: a finite float ≥ 0."""

    name = "weight"
    default = 1.0
    shape = NonNegative
    description = "what its term is multiplied by"

    def read(self, value: Any, constraint: Sides) -> float:
        real = isinstance(value, Real) and not isinstance(value, bool)
        number = value if isinstance(value, int) else float(value) if real else -1.0
        if not real or not 0 <= number <= sys.float_info.max:
            raise InvalidWeight(
                f"the weight of constraint {constraint.name!r} must be a finite number ≥ 0, got {brief(value)}"
            )
        return float(value) + 0.0  # and -0.0 is 0.0

    def canonical(self, value: float, to: Transport) -> list[Any]:
        return [value.hex()]

    def phrases(self, value: float) -> list[str]:
        return [] if value == self.default else [f"weight {value:g}"]

    def title(self, value: float) -> str:
        return ""  # the total multiplies by a named constant

    def explanations(self, value: float) -> Mapping[str, str]:
        return {"weight": repr(value)}
