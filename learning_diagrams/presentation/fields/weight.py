"""The weight of a constraint: what multiplies its term in the loss, a number, a schedule, or a diagram from I."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from numbers import Real
from typing import Any, NewType

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.symbol import Symbol
from learning_diagrams.errors import InvalidWeight, brief
from learning_diagrams.presentation.fields import quantity
from learning_diagrams.presentation.fields.constraint_field import ConstraintField, Sides
from learning_diagrams.presentation.fields.quantity import Moving, is_moving, read_moving
from learning_diagrams.presentation.fields.transport import Transport
from learning_diagrams.schedule import Schedule

NonNegative = NewType("NonNegative", float)


class Weight(ConstraintField):
    """The field `weight`: a finite float ≥ 0, a schedule of such numbers, or a diagram from I."""

    name = "weight"
    default = 1.0
    shape = NonNegative
    description = "what its term is multiplied by: a number, a schedule, or a box from I"

    def read(self, value: Any, constraint: Sides) -> float | Moving:
        what = f"the weight of constraint {constraint.name!r}"
        moving = read_moving(value, what)
        if moving is not None and not isinstance(moving, Schedule):
            return moving
        number = value if moving is None else min(moving.numbers)
        real = isinstance(number, Real) and not isinstance(number, bool)
        number = number if isinstance(number, int) else float(number) if real else -1.0
        if not real or not 0 <= number <= sys.float_info.max:
            hint = "; a weight that moves is a schedule, as ld.schedule.linear(0, 1, steps=1000)" * callable(value)
            if real and -sys.float_info.max <= number < 0:
                hint = "; a factor below 0 is what the module of a box from I returns: weight=BOX, in files {box: BOX}"
            raise InvalidWeight(f"{what} must be a finite number ≥ 0, got {brief(value)}{hint}")
        return moving or float(number) + 0.0  # and -0.0 is 0.0

    def map(self, value: float | Moving, to: Transport) -> float | Moving:
        return quantity.mapped(value, to)

    def canonical(self, value: float | Moving, to: Transport) -> list[Any]:
        return [value.hex() if isinstance(value, float) else quantity.canonical(value, to)]

    def plain(self, value: float | Moving) -> Any:
        return None if value == self.default else quantity.plain(value)

    def diagrams(self, value: float | Moving) -> tuple[Diagram, ...]:
        return quantity.diagrams(value)

    def words(self, value: float | Moving) -> Any:
        return value if is_moving(value) else self.plain(value)

    def phrases(self, value: float | Moving) -> list[str]:
        return [] if value == self.default else [f"weight {value:g}" if isinstance(value, float) else f"weight {value}"]

    def factor(self, value: float | Moving) -> str:
        return "" if value == self.default else f"{value:g}" if isinstance(value, float) else str(value)

    def title(self, value: float | Moving, shared: Collection[Symbol] = ()) -> str:
        return ""  # the total shows the weight

    def explanations(self, value: float | Moving) -> Mapping[str, str]:
        return {"weight": str(value)}
