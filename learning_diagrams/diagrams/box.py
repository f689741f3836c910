"""Objects, generators and morphisms of the free symmetric monoidal category with copy and discard.

The diagrams are DisCoPy's Markov diagrams. Only the generators are ours: a `Box` is deterministic (a function), a
`Kernel` is stochastic. A plain DisCoPy box counts as a kernel, because the library assumes nothing of such a box.

>>> image, feature, digit = Ty("image"), Ty("feature"), Ty("digit")
>>> encode, classify = Box("encode", image, feature), Kernel("classify", feature, digit)
>>> print(encode @ image >> classify @ image)
encode @ image >> classify @ image

Source: Fritz, *A synthetic approach to Markov kernels* (2020); Fritz & Liang, *Free gs-monoidal categories and free
Markov categories* (2022).
"""

from __future__ import annotations

import copyreg
from typing import Any, ClassVar

from discopy import markov, monoidal
from discopy.markov import Diagram as Diagram
from discopy.monoidal import Ty as Ty

from learning_diagrams.diagrams.composite import Id as Id
from learning_diagrams.diagrams.composite import OnWires, composite
from learning_diagrams.errors import TypeMismatch, brief


class Generator(OnWires, markov.Box):
    """A named box of a diagram; `Box` and `Kernel` are its two public kinds.

    Composition is DisCoPy's. A generator on either side of `>>` checks the types first and raises the error of this
    library.
    """

    name: str
    deterministic: ClassVar[bool]
    __ambiguous_inheritance__ = (markov.Box,)

    def __init__(self, name: str, dom: Ty, cod: Ty, **params: Any) -> None:
        for end, ty in (("domain", dom), ("codomain", cod)):
            if not isinstance(ty, Ty):
                raise TypeMismatch(
                    f"the {end} of box {name!r} must be a type, as in Box({name!r}, Ty('x'), Ty('y')); got {brief(ty)}"
                )
        if not isinstance(name, str):
            raise TypeMismatch(f"the name of a box must be a string, got {brief(name)}")
        super().__init__(name, dom, cod, **params)

    def then(self, *others: Diagram) -> Diagram:
        left: Diagram = self
        for right in others:
            _require_composable(left, right)
            left = right
        return super().then(*others)

    def __rrshift__(self, left: Diagram) -> Diagram:
        _require_composable(left, self)
        return composite(left.then(self))


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


def is_deterministic(box: markov.Box) -> bool:
    """Whether copying commutes with the box. A plain DisCoPy box and a dagger do not count as deterministic.

    >>> x = Ty("x")
    >>> is_deterministic(Box("f", x, x)), is_deterministic(markov.Box("f", x, x)), is_deterministic(Kernel("f", x, x))
    (True, False, False)
    """
    return bool(getattr(box, "deterministic", False)) and not box.is_dagger


def _require_composable(left: Any, right: Any) -> None:
    for side in (left, right):
        if not isinstance(side, monoidal.Diagram):
            hint = "; a type stands beside a diagram, as in f @ x" if isinstance(side, Ty) else ""
            raise TypeMismatch(f"only diagrams compose by >>, got {brief(side)}{hint}")
    if left.cod != right.dom:
        raise TypeMismatch(
            f"these do not compose: the left side ends in {left.cod or 'I'}, the right side starts from "
            f"{right.dom or 'I'}\n  left:  {left}\n  right: {right}"
        )


# Pickle calls a constructor without arguments, which fails for the copies of DisCoPy 1.2.2.
copyreg.pickle(markov.Copy, lambda box: (markov.Copy, (box.dom, len(box.cod))))
copyreg.pickle(markov.Discard, lambda box: (markov.Discard, (box.dom,)))
