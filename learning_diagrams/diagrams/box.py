"""Objects, generators and morphisms of the free symmetric monoidal category with copy and discard.

The diagrams are DisCoPy's Markov diagrams; ours are only the generators: a `Box` is deterministic (a function), a
`Kernel` is stochastic. Nothing is assumed of a plain DisCoPy box, so it counts as a kernel.

>>> image, feature, digit = Ty("image"), Ty("feature"), Ty("digit")
>>> encode, classify = Box("encode", image, feature), Kernel("classify", feature, digit)
>>> print(encode >> Copy(feature) >> feature @ classify)
encode >> Copy(feature) >> feature @ classify

Source: Fritz, *A synthetic approach to Markov kernels* (2020); Fritz & Liang, *Free gs-monoidal categories and free
Markov categories* (2022).
"""

from __future__ import annotations

import copyreg
from typing import Any, ClassVar

from discopy import markov, monoidal
from discopy.markov import Diagram as Diagram
from discopy.monoidal import Ty as Ty

from learning_diagrams.errors import TypeMismatch, shown

Id = Diagram.id


class Generator(markov.Box):
    """A named box of a diagram; `Box` and `Kernel` are its two public kinds.

    Composition is DisCoPy's; a generator on either side of `>>` checks the types first, so that the error is ours.
    """

    name: str
    deterministic: ClassVar[bool]
    __ambiguous_inheritance__ = (markov.Box,)

    def __init__(self, name: str, dom: Ty, cod: Ty, **params: Any) -> None:
        for what, ty in (("domain", dom), ("codomain", cod)):
            if not isinstance(ty, Ty):
                raise TypeMismatch(
                    f"the {what} of box {name!r} must be a type, as in Box({name!r}, Ty('x'), Ty('y')); got {shown(ty)}"
                )
        if not isinstance(name, str):
            raise TypeMismatch(f"the name of a box must be a string, got {shown(name)}")
        super().__init__(name, dom, cod, **params)

    def then(self, *others: Diagram) -> Diagram:
        left: Diagram = self
        for right in others:
            _require_composable(left, right)
            left = right
        return super().then(*others)

    def __rrshift__(self, left: Diagram) -> Diagram:
        _require_composable(left, self)
        return left.then(self)

    def __call__(self, *wires: Any) -> Any:
        """Apply the box to wires, inside a function under `@ld.diagram`."""
        from learning_diagrams.diagrams.tracing import apply

        return apply(self, *wires)


class Box(Generator):
    """A deterministic generator: a function, which may be copied along its output.

    >>> Box("encode", Ty("image"), Ty("feature")).deterministic
    True
    """

    deterministic = True


class Kernel(Generator):
    """A stochastic generator: for every input a probability distribution over outputs.

    >>> Kernel("student", Ty("image"), Ty("digit")).deterministic
    False
    """

    deterministic = False


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
    # DisCoPy's own copy of a product takes minutes for a hundred copies.
    from learning_diagrams.diagrams.port_graph import PortGraph

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
    # DisCoPy's own swap of products takes minutes for a hundred wires.
    from learning_diagrams.diagrams.layers import stack_layers

    swaps = {(a, b): markov.Swap(Ty(a), Ty(b)) for a in dict.fromkeys(left.inside) for b in dict.fromkeys(right.inside)}
    return stack_layers(
        left @ right,
        [(i + j, swaps[a, b]) for i, a in reversed(list(enumerate(left.inside))) for j, b in enumerate(right.inside)],
    )


def is_deterministic(box: markov.Box) -> bool:
    """Whether copying commutes with the box; nothing is assumed of a plain DisCoPy box or of a dagger.

    >>> x = Ty("x")
    >>> is_deterministic(Box("f", x, x)), is_deterministic(markov.Box("f", x, x)), is_deterministic(Kernel("f", x, x))
    (True, False, False)
    """
    return bool(getattr(box, "deterministic", False)) and not box.is_dagger


def _require_type(x: object, who: str) -> None:
    if not isinstance(x, Ty):
        raise TypeMismatch(f"{who} takes types, as Ty('x') or Ty('x', 'y'); got {shown(x)}")


def _require_composable(left: Any, right: Any) -> None:
    for side in (left, right):
        if not isinstance(side, monoidal.Diagram):
            hint = "; a type stands beside a diagram, as in f @ x" if isinstance(side, Ty) else ""
            raise TypeMismatch(f"only diagrams compose by >>, got {shown(side)}{hint}")
    if left.cod != right.dom:
        raise TypeMismatch(
            f"these do not compose: the left side ends in {left.cod or 'I'}, the right side starts from "
            f"{right.dom or 'I'}\n  left:  {left}\n  right: {right}"
        )


# Copies have a constructor that pickle cannot call without arguments (DisCoPy 1.2.2), so pickle is told them.
copyreg.pickle(markov.Copy, lambda box: (markov.Copy, (box.dom, len(box.cod))))
copyreg.pickle(markov.Discard, lambda box: (markov.Discard, (box.dom,)))
