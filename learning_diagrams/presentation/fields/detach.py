"""The detached parts of a constraint: the sides and boxes that pass no gradient in its term."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from discopy import markov, monoidal

from learning_diagrams.diagrams.symbol import Symbol
from learning_diagrams.errors import TypeMismatch, UnknownName, brief, did_you_mean
from learning_diagrams.presentation.fields.constraint_field import ConstraintField, Sides
from learning_diagrams.presentation.fields.transport import Transport

SIDES = frozenset({"lhs", "rhs"})


class Detach(ConstraintField):
    """The field `detach`: a sorted tuple of names of boxes, with "lhs" or "rhs" for a side."""

    name = "detach"
    default = ()
    shape = list[str]
    description = "lhs, rhs, or boxes: what passes no gradient in this term"

    def read(self, value: Any, constraint: Sides) -> tuple[str, ...]:
        parts: Any = (value,) if isinstance(value, str | monoidal.Diagram) else value
        who = f"detach= of constraint {constraint.name!r}"
        if not isinstance(parts, Iterable):
            raise TypeMismatch(f"{who} takes 'lhs', 'rhs', boxes, or a list of these; got {brief(parts)}")
        used = constraint.boxes if parts else {}
        names = set()
        for part in parts:
            name = part.name if isinstance(part, markov.Box) else part
            if not isinstance(name, str):
                raise TypeMismatch(f"{who} takes 'lhs', 'rhs', boxes, or a list of these; got {brief(part)}")
            if name in SIDES and (name in used or name is not part):
                raise TypeMismatch(f"{who}: {name!r} is a side, and a box of that name is used; rename the box")
            if name in used and name not in constraint.applied:
                raise TypeMismatch(f"{who}: {name!r} is only used by another box there; detach the box that uses it")
            if name not in SIDES and name not in used:
                known = did_you_mean(name, [*sorted(SIDES), *used])
                raise UnknownName(f"{who}: {name!r} is no side and no box that it uses; {known}")
            names.add(name)
        if names >= SIDES:
            raise TypeMismatch(f"{who} names both sides, so that the constraint would train nothing; detach one")
        return tuple(sorted(names))

    def map(self, value: tuple[str, ...], to: Transport) -> tuple[str, ...]:
        images = set(SIDES.intersection(value))
        for name in self.boxes(value):
            boxes = to.applied(name)
            if not boxes:
                raise TypeMismatch(f"box {name!r} is detached, and no box stands in its place; detach a side instead")
            images.update(boxes)
        return tuple(sorted(images))

    def canonical(self, value: tuple[str, ...], to: Transport) -> list[Any]:
        return [list(self.map(value, to))] if value else []  # an entry in every digest would change the older ones

    def plain(self, value: tuple[str, ...]) -> list[str] | None:
        return list(value) or None

    def boxes(self, value: tuple[str, ...]) -> Iterable[str]:
        return (name for name in value if name not in SIDES)

    def stopped(self, value: tuple[str, ...]) -> Iterable[str]:
        return value

    def phrases(self, value: tuple[str, ...]) -> list[str]:
        return [f"{name} detached" for name in value]

    def title(self, value: tuple[str, ...], shared: Collection[Symbol] = ()) -> str:
        return f", {' and '.join(value)} detached" if value else ""

    def explanations(self, value: tuple[str, ...]) -> Mapping[str, str]:
        return {"detached": f"{', '.join(value)}: no gradient of this term passes there"} if value else {}
