"""Scopes: the values whose names a term may use, gathered into one signature.

>>> from learning_diagrams.diagrams.box import Box
>>> x, y = Ty("x"), Ty("y")
>>> signature = signature_of([Box("f", x, y), {"more": [SampleSpace("rows")]}])
>>> sorted(signature.objects), sorted(signature.boxes), sorted(signature.sample_spaces)
(['x', 'y'], ['f'], ['rows'])
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from discopy import monoidal

from learning_diagrams.diagrams.box import Ty
from learning_diagrams.diagrams.sample_space import SampleSpace
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.errors import TypeMismatch, brief

NESTING = 100


def signature_of(scope: Iterable[Any]) -> Signature:
    """The signature of all values in a scope; `parse` lists the types of values.

    Raises `TypeMismatch` for a value of another type, and `DuplicateName` where one name has two meanings.
    """
    signature = Signature()
    waiting = [(item, 1) for item in reversed(list(scope))]
    while waiting:
        item, depth = waiting.pop()
        match item:
            case Signature():
                signature.update(item)
            case _ if isinstance(written_in := getattr(item, "signature", None), Signature):  # a learning diagram
                signature.update(written_in)
            case monoidal.Diagram():
                signature.update(Signature.of([item]))
            case Ty():
                signature.add_type(item)
            case SampleSpace():
                signature.add_type(item.ty)
            case Mapping() | Iterable() if depth <= NESTING and not isinstance(item, str | bytes):
                inner = item.values() if isinstance(item, Mapping) else item
                waiting.extend((each, depth + 1) for each in reversed(list(inner)))
            case _:
                parts = "boxes, columns, diagrams, types, sample spaces and learning diagrams, or lists of these"
                raise TypeMismatch(f"a scope is made of {parts}; got {brief(item)}")
    return signature
