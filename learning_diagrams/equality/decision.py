"""The decision whether two diagrams are equal, in linear time: in the theories "symmetric", "markov" and "cartesian".

The shape of a diagram fixes a walk, which writes a list of numbers: see `normal_form` for "markov" and "cartesian", and
`symmetric_form`. Two diagrams are equal if and only if their lists are equal.

>>> from learning_diagrams import Box, Copy, Discard, Kernel, Ty
>>> x = Ty("x")
>>> f, k = Box("f", x, x), Kernel("k", x, x)
>>> equal(f >> Copy(x), Copy(x) >> f @ f), equal(k >> Copy(x), Copy(x) >> k @ k), equal(k >> Discard(x), Discard(x))
(True, False, True)
>>> equal(k >> Copy(x), Copy(x) >> k @ k, theory="cartesian"), equal(f @ x >> x @ k, x @ k >> f @ x, theory="symmetric")
(True, True)

Source: Fritz & Liang, *Free gs-monoidal categories and free Markov categories* (2022), for the free Markov category;
the forms are ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from discopy import markov

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.equality.theory import Theory, TheoryOps
from learning_diagrams.errors import TypeMismatch

Boxes = Iterable[markov.Box | str]
Side: TypeAlias = Diagram | PortGraph


def equal(lhs: Side, rhs: Side, theory: Theory = "markov", deterministic: Boxes = ()) -> bool:
    """Whether two parallel diagrams are equal in a theory.

    lhs, rhs : Diagram of this library, a symmetric or Markov diagram of DisCoPy, or the PortGraph of one of these.
    theory : "symmetric": the laws of symmetric monoidal categories, without copy and discard; "markov": discarding is
        natural for all boxes, copying for deterministic boxes; "cartesian": every box is deterministic.
    deterministic : iterable of boxes or names, deterministic in "markov" besides those of kind `Box`.

    Raises `TypeMismatch`: the diagrams are not parallel, contain structure that the theory does not have (copies and
    discards in "symmetric"; sums, bubbles, traces and merges anywhere), or contain boxes whose data is not hashable.
    """
    ops = TheoryOps(theory, deterministic)
    left, right = ops.graph(lhs), ops.graph(rhs)
    if left.dom != right.dom or left.cod != right.cod:
        ends = (f"\n  {graph.dom or 'I'} → {graph.cod or 'I'}" for graph in (left, right))
        raise TypeMismatch(f"only parallel diagrams can be equal:{''.join(ends)}")
    return ops.form(left) == ops.form(right)
