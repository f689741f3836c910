"""Axioms that a certificate may assume unasked: an equation of a diagram with itself, of what the question speaks of.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> c = PortGraph.from_diagram(Box("c", Ty(), Ty("y")))
>>> require_trivial((c, c), True, symbols([c]), "axioms.there is c")
>>> require_trivial((c, c), True, {}, "axioms.there is c")
Traceback (most recent call last):
...
learning_diagrams.errors.ProofError: axioms.there is c: this equation is not among those that may be assumed; \
give signature=c (boxes that the proof may speak of), or the axiom c = c
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.errors import ProofError
from learning_diagrams.errors.door import by_door
from learning_diagrams.proof.rules.question import Symbols, symbols
from learning_diagrams.terms.printer import is_name

_MOST = 5  # names in a message


def require_trivial(sides: tuple[PortGraph, PortGraph], equal: bool, question: Symbols, place: str) -> None:
    """Raise `ProofError` for an axiom that nobody gave, unless its sides are equal and only speak of the question.

    equal : bool, whether the sides are equal by the theory alone.
    """
    strangers = symbols(sides).keys() - question.keys()
    if strangers or not equal:
        advice = f"; {_advice(strangers)}" if equal else ""
        raise ProofError(f"{place}: this equation is not among those that may be assumed{advice}")


def _advice(strangers: Iterable[tuple[Any, ...]]) -> str:
    """How a question comes to speak of some symbols. A box brings its objects, and a column its sample space."""
    names: dict[str, set[str]] = {"boxes": set(), "sample spaces": set(), "objects": set()}
    for kind, name, *_ in strangers:
        group = {"object": "objects", "sample space": "sample spaces", "state": "sample spaces"}.get(kind, "boxes")
        names[group].add(name if name.isascii() and is_name(name) else ascii(name))
    group, found = next((group, sorted(found)) for group, found in names.items() if found)
    text = ", ".join([*found[:_MOST], *["…"] * (len(found) > _MOST)])
    axiom = "an axiom that equates each with itself"
    if len(found) == 1:
        side = text if group == "boxes" else f"Id({text})"
        axiom = f"the axiom {side} = {side}"
    listed = text if len(found) == 1 else f"[{text}]"
    return by_door(
        f"give signature={listed} ({group} that the proof may speak of), or {axiom}",
        plan=f"the file does not declare {text}, and would need to",
    )
