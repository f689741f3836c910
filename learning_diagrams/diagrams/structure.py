"""The structure maps of every type: copies, discards and swaps.

>>> x, y = Ty("x"), Ty("y")
>>> print(Copy(x @ y).cod, "|", Swap(x, y).cod, "|", len(Discard(x).cod))
x @ y @ x @ y | y @ x | 0

Source: Fritz, *A synthetic approach to Markov kernels* (2020), definition 2.1.
"""

from __future__ import annotations

from discopy import markov

from learning_diagrams.diagrams.box import Diagram, Id, Ty, how_types_are_joined, is_type
from learning_diagrams.diagrams.layers import stack_layers
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.errors import TypeMismatch, brief


def Copy(x: Ty, n: int = 2) -> Diagram:
    """The diagram x → x ⊗ … ⊗ x of `n` copies of any type: the identity for n = 1, discard for n = 0.

    >>> print(Copy(Ty("x", "y")).cod, "|", Copy(Ty("x"), 1) == Id(Ty("x")), "|", Copy(Ty("x"), 0) == Discard(Ty("x")))
    x @ y @ x @ y | True | True
    """
    _require_type(x, "Copy")
    if not isinstance(n, int) or isinstance(n, bool) or n < 0:
        raise TypeMismatch(f"Copy needs a number of copies ≥ 0, got {n!r}")
    if n == 1:
        return Id(x)
    if len(x) == 1:
        return Id(Ty()).tensor(markov.Copy(x, n))
    # DisCoPy's copy of a product takes minutes for a hundred copies.
    return PortGraph(x, x**n, (), (), tuple(range(len(x))) * n).to_diagram()


def Discard(x: Ty) -> Diagram:
    """The diagram x → I that forgets any type.

    >>> len(Discard(Ty("x", "y")).cod)
    0
    """
    _require_type(x, "Discard")
    return Copy(x, 0)


def Swap(left: Ty, right: Ty) -> Diagram:
    """The diagram left ⊗ right → right ⊗ left for any two types.

    >>> print(Swap(Ty("x", "y"), Ty("z")).cod)
    z @ x @ y
    """
    _require_type(left, "Swap")
    _require_type(right, "Swap")
    # DisCoPy's swap of products takes minutes for a hundred wires.
    swaps = {(a, b): markov.Swap(Ty(a), Ty(b)) for a in dict.fromkeys(left.inside) for b in dict.fromkeys(right.inside)}
    return stack_layers(
        left @ right,
        [(i + j, swaps[a, b]) for i, a in reversed(list(enumerate(left.inside))) for j, b in enumerate(right.inside)],
    )


def _require_type(x: object, who: str) -> None:
    if not is_type(x):
        hint = "; .ty is its type" if isinstance(getattr(x, "ty", None), Ty) else how_types_are_joined(x)
        raise TypeMismatch(f"{who} takes types, as Ty('x') or Ty('x', 'y'); got {brief(x)}{hint}")
