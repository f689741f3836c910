"""The theories in which diagrams are compared, and their deterministic boxes.

"symmetric": the laws of symmetric monoidal categories, without copy and discard. Scalars are counted.
"markov": discarding is natural for all boxes, copying for deterministic boxes. "cartesian": every box is deterministic.

>>> from learning_diagrams.diagrams.box import Kernel, Ty
>>> k = Kernel("k", Ty("x"), Ty("x"))
>>> determinism("markov")(k), determinism("markov", ["k"])(k), determinism("cartesian")(k)
(False, True, True)

Source: Fritz, *A synthetic approach to Markov kernels* (2020); Fox, *Coalgebras and cartesian categories* (1976).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

from discopy import markov

from learning_diagrams.diagrams.box import is_deterministic
from learning_diagrams.errors import TypeMismatch, UnknownName, brief

Theory = Literal["symmetric", "markov", "cartesian"]
THEORIES = ("symmetric", "markov", "cartesian")


def determinism(theory: Theory, also: Iterable[markov.Box | str] = ()) -> Callable[[markov.Box], bool]:
    """A function that tells whether a box commutes with copying in a theory.

    Parameters
    ----------
    also : iterable of boxes or names, deterministic in "markov" besides those of kind `Box`.

    Raises `UnknownName` for another theory, and `TypeMismatch` where `also` is not a list of boxes or names.
    """
    if theory not in THEORIES:
        raise UnknownName(f"theory must be one of {', '.join(map(repr, THEORIES))}, got {brief(theory)}")
    listed = isinstance(also, Iterable) and not isinstance(also, str | markov.Diagram)
    boxes = tuple(also) if listed else ()
    if not listed or not all(isinstance(box, str | markov.Box) for box in boxes):
        raise TypeMismatch(f"deterministic= takes a list of boxes or names, got {brief(also)}")
    names = {box if isinstance(box, str) else box.name for box in boxes}
    if theory == "cartesian":
        return lambda box: True
    return lambda box: is_deterministic(box) or (box.name in names and not box.is_dagger)
