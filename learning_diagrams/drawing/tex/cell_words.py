"""The words of a 2-cell: what a constraint says beside its sides, and its sides where no arrows say them.

Each line has the form of a file, so that it is read back: `weight 0.5`, `divergence {name: kl, temperature: 4.0}`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from learning_diagrams.diagrams.box import Diagram, Ty
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.documents.serialization import to_dict
from learning_diagrams.drawing.tex.cell_sides import End, shown_sides
from learning_diagrams.errors import ParseError, TypeMismatch
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.presentation.presentation import Presentation
from learning_diagrams.terms.printer import is_name, print_term


def plain_words(value: Any) -> str:
    """Plain data in one line, as YAML reads it.

    >>> plain_words({"name": "kl", "temperature": 4.0}), plain_words(["a b", True, "true"])
    ('{name: kl, temperature: 4.0}', '["a b", true, "true"]')
    """
    if isinstance(value, dict):
        return f"{{{', '.join(f'{plain_words(key)}: {plain_words(part)}' for key, part in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(plain_words, value))}]"
    is_bare = isinstance(value, str) and value.isascii() and is_name(value) and value not in ("true", "false", "null")
    return value if is_bare else json.dumps(value, ensure_ascii=False)


def document_of(diagram: Presentation) -> dict[str, Any]:
    """The learning diagram as a file holds it; empty where a name cannot stand in a file."""
    try:
        return to_dict(diagram)
    except ParseError:
        return {}


def words_of(
    statement: Constraint | Equation,
    data: Mapping[str, Any],
    signature: Signature,
    objects: Sequence[Ty],
    arrows: Sequence[Diagram],
    places: Sequence[tuple[int, int]],
    ends: tuple[End, End],
) -> tuple[tuple[str, bool], ...]:
    """What stands below the name of a 2-cell: the fields of a constraint, and its sides where the ends do not say them.

    Each comes with whether it is a term, in which names may have symbols.
    """
    if not data:
        return ()
    fields = {} if isinstance(statement, Equation) else dict(data["constraints"][statement.name])
    from_data = not isinstance(statement, Equation) and "over" not in fields
    try:
        sides = Equation(*shown_sides(objects, arrows, places, ends, from_data))
    except TypeMismatch:
        sides = None
    written_sides = [print_term(side, signature) for side in (statement.lhs, statement.rhs)]
    words = [] if sides and sides.forms == statement.forms[:2] else [(" = ".join(written_sides), True)]
    for key, value in fields.items():
        if key not in ("lhs", "rhs"):
            words.append((f"{key} {value if isinstance(value, str) else plain_words(value)}", key == "over"))
    return tuple(words)
