"""The overlay of two learning diagrams: one with all that either has, and what each part comes from.

What the first one says otherwise stands beside that of the second one, under a name of its own.

>>> from learning_diagrams import Box, Constraint, LearningDiagram, SampleSpace, Ty
>>> a = SampleSpace("rows").column("a", Ty("x"))
>>> f, g = (Box(name, Ty("x"), Ty("x")) for name in "fg")
>>> both = overlay_of(LearningDiagram(Constraint("c", a >> f, a)), LearningDiagram(Constraint("c", a >> g, a)))
>>> print(*(f"{mark} {symbol}" for symbol, mark in both.marks.items()), *both.names.values(), sep=", ")
- box 'f', + box 'g', + constraint 'c', - constraint 'c′', c
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass

from learning_diagrams.diagrams.sample_space import presence_of
from learning_diagrams.diagrams.symbol import Symbol, generators
from learning_diagrams.editing.changes import Mark, beyond, has_same_sides, is_retyped
from learning_diagrams.editing.symbol import symbols
from learning_diagrams.editing.symbol_map import rename
from learning_diagrams.presentation.presentation import Presentation


@dataclass(frozen=True)
class Overlay:
    """A learning diagram with all that two have.

    Parameters
    ----------
    marks : dict from symbols, also of constraints and axioms, to "-", "+" or "~"; none for what both have alike.
    names : dict from symbols that have a name of their own here to their name in the first learning diagram.
    """

    diagram: Presentation
    marks: dict[Symbol, Mark]
    names: dict[Symbol, str]


def overlay_of(a: Presentation, b: Presentation) -> Overlay:
    """The overlay; what both have is as the second one says it. Players are left out."""
    taken = {name for part in (a, b) for symbol in symbols(part) for name in (symbol.name, symbol.called)}
    new = {symbol: _fresh(symbol.name, taken) for symbol in _clashes(a, b)}
    only = rename(a, new)
    theirs = {constraint.name for constraint in b.constraints}
    only = only.edited([c for c in only.constraints if c.name not in theirs], beyond(only.axioms, b.axioms))
    diagram = b.edited(
        [*b.constraints, *only.constraints],
        [*b.axioms, *only.axioms],
        frozen={*b.frozen, *(box for box in only.frozen if box.name not in b.signature.boxes)},
        ema={target: way for target, way in only.ema.items() if target not in b.signature.boxes} | dict(b.ema),
        notation={**only.notation, **b.notation},
        players=(),
    )
    names = {symbol._replace(name=name): symbol.name for symbol, name in new.items()}
    return Overlay(diagram, dict(_marks(a, b, diagram, new)), names)


def _marks(
    a: Presentation, b: Presentation, both: Presentation, new: Container[Symbol]
) -> Iterator[tuple[Symbol, Mark]]:
    here, there = set(symbols(a)), set(symbols(b))
    old, theirs = ({constraint.name: constraint for constraint in part.constraints} for part in (a, b))
    added = {Symbol("axiom", axiom.name) for axiom in beyond(b.axioms, a.axioms)}
    for symbol in symbols(both):
        if symbol not in there:
            yield symbol, "-"
        elif symbol in added or (symbol.kind != "axiom" and (symbol not in here or symbol in new)):
            yield symbol, "+"
        elif symbol.kind == "constraint" and old[symbol.name] != theirs[symbol.name]:
            yield symbol, "~"


def _clashes(a: Presentation, b: Presentation) -> Iterator[Symbol]:
    """The symbols of the first whose names mean something else in the second."""
    theirs = {constraint.name: constraint for constraint in b.constraints}
    there, atoms = set(generators(b.signature)), {*b.signature.objects, *b.signature.sample_spaces}
    for symbol in generators(a.signature):
        base = presence_of(symbol.name) if symbol.kind == "column" else None
        if symbol in there and is_retyped(symbol, a, b):
            yield symbol if base is None else symbol._replace(name=base)  # a presence is named after its column
        elif symbol not in there and symbol.kind in ("object", "sample space") and symbol.name in atoms:
            yield symbol
    yield from (Symbol("constraint", c.name) for c in a.constraints if not has_same_sides(c, theirs.get(c.name, c)))
    kept = {axiom.name for axiom in b.axioms}
    yield from (Symbol("axiom", axiom.name) for axiom in beyond(a.axioms, b.axioms) if axiom.name in kept)


def _fresh(name: str, taken: Container[str]) -> str:
    while name in taken:
        name += "′"
    return name
