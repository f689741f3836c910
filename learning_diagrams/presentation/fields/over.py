"""The source of a constraint, `over`: a diagram from data into the domain of both sides, which share its draws."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from discopy import monoidal

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.sample_space import is_sample_space
from learning_diagrams.diagrams.symbol import Symbol, text_of
from learning_diagrams.errors import TypeMismatch, brief
from learning_diagrams.presentation.fields.constraint_field import ConstraintField, Sides
from learning_diagrams.presentation.fields.transport import Transport


class Over(ConstraintField):
    """The field `over`: a diagram or None."""

    name = "over"
    default = None
    shape = Diagram
    description = "a term from data into the domain of both sides"

    def read(self, value: Any, constraint: Sides) -> Diagram | None:
        dom = constraint.lhs.dom
        who = f"over= of constraint {constraint.name!r}"
        if value is None:
            if len(dom) and not is_sample_space(dom):
                hint = ", or Copy(rows.ty) >> a @ b for two columns of one row" if len(dom) > 1 else ""
                raise TypeMismatch(
                    f"constraint {constraint.name!r} has no source: its domain {dom} is not a product of sample "
                    f"spaces; give over=, a diagram from a sample space into {dom}, such as a column{hint}"
                )
            return None
        if not isinstance(value, monoidal.Diagram):
            raise TypeMismatch(f"{who} must be a diagram, got {brief(value)}")
        if value.cod != dom:
            raise TypeMismatch(f"{who} ends in {value.cod or 'I'}, its sides start from {dom or 'I'}")
        if len(value.dom) and not is_sample_space(value.dom):
            raise TypeMismatch(f"{who} must start from sample spaces or from I, not from {value.dom}")
        return value

    def map(self, value: Diagram | None, to: Transport) -> Diagram | None:
        return None if value is None else to.diagram(value)

    def canonical(self, value: Diagram | None, to: Transport) -> list[Any]:
        return [None if value is None else to.canonical(value)]

    def plain(self, value: Diagram | None) -> Diagram | None:
        return value

    def diagrams(self, value: Diagram | None) -> tuple[Diagram, ...]:
        return () if value is None else (value,)

    def phrases(self, value: Diagram | None) -> list[str]:
        return []

    def title(self, value: Diagram | None, shared: Collection[Symbol] = ()) -> str:
        return "" if value is None else f" over {text_of(value, shared)}"

    def explanations(self, value: Diagram | None) -> Mapping[str, str]:
        return {}
