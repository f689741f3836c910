"""Bare equations: what a question takes as its goal and its axioms.

A constraint stands for its equation everywhere, without its source, its divergence and its weight.

>>> from learning_diagrams import Box, SampleSpace, Ty
>>> x = Ty("x")
>>> f = Box("f", x, x)
>>> undone = Constraint("undone", f >> f, f, over=SampleSpace("rows").column("a", x))
>>> bare(undone), bare_axioms([undone])
(Equation(f >> f = f), [Equation(f >> f = f)])
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from learning_diagrams.errors import TypeMismatch, brief
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.presentation import Presentation


def bare(statement: Any) -> Any:
    """The equation of a constraint; anything else as it is."""
    return statement.equation if isinstance(statement, Constraint) else statement


def bare_axioms(axioms: Any) -> Any:
    """A mapping or a list of axioms, with the equation of each constraint in its place.

    Raises `TypeMismatch` for a learning diagram, whose constraints may be meant or not, and for what is no collection.
    """
    if isinstance(axioms, Presentation):
        hint = "write d.axioms, or [*d.axioms, *d.constraints] to assume each constraint everywhere, without its over="
        raise TypeMismatch(f"axioms= takes equations, and d = {brief(axioms)} has axioms and constraints; {hint}")
    if isinstance(axioms, Mapping):
        return {name: bare(axiom) for name, axiom in axioms.items()}
    if not isinstance(axioms, Iterable):
        raise TypeMismatch(f"axioms= takes a list of equations, or a mapping from names to them; got {brief(axioms)}")
    return [bare(axiom) for axiom in axioms]
