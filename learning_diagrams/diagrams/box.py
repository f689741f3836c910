"""Objects, generators and morphisms of the free CD category: symmetric monoidal, with copy and discard on each object.

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
from collections.abc import Iterable
from typing import Any, ClassVar

from discopy import markov
from discopy.markov import Diagram as Diagram
from discopy.monoidal import Ty as Ty

from learning_diagrams.diagrams.on_wires import Id as Id
from learning_diagrams.diagrams.on_wires import OnWires
from learning_diagrams.diagrams.uses import alike, read_uses
from learning_diagrams.errors import TypeMismatch, brief, printable
from learning_diagrams.errors.short_text import one_line


class Generator(OnWires, markov.Box):
    """A named box of a diagram; `Box` and `Kernel` are its two public kinds.

    Composition is DisCoPy's. A generator, or a composite of some, on either side of `>>` or `@` checks the other side
    first, and raises the error of this library.

    Parameters
    ----------
    uses : list of boxes, which the module of this box may call: a derivative `u_xx` uses `u`. The module gets them
        after its inputs, as a mapping from the name of each box to a callable. The order of the list counts. To proofs
        a box with uses is a generator like others, and equal to boxes with equal uses only.

    Raises
    ------
    TypeMismatch : the name, an end or a used box has the wrong type; a box would use itself, or is a dagger.
    DuplicateName : two used boxes of one name differ.
    LimitExceeded : more than 100 boxes are used, those that used boxes use among them.
    """

    name: str
    deterministic: ClassVar[bool]
    reads_data: ClassVar[bool] = False
    uses: tuple[Generator, ...] = ()
    __ambiguous_inheritance__ = (markov.Box,)

    def __init__(self, name: str, dom: Ty, cod: Ty, *, uses: Iterable[Generator] = (), **params: Any) -> None:
        for end, ty in (("domain", dom), ("codomain", cod)):
            if not is_type(ty):
                wanted = f"the {end} of box {name!r} must be a type, as in Box({name!r}, Ty('x'), Ty('y'))"
                raise TypeMismatch(f"{wanted}; got {brief(ty)}{how_types_are_joined(ty)}")
        if not isinstance(name, str):
            raise TypeMismatch(f"the name of a box must be a string, got {brief(name)}")
        super().__init__(name, dom, cod, **params)
        require_no_dagger(self)
        if uses := read_uses(name, uses, Generator):
            self.uses = uses
            self.drawing_name = params.get("drawing_name", f"{name}[{', '.join(use.name for use in uses)}]")

    def __eq__(self, other: object) -> bool:
        return bool(super().__eq__(other)) and (not isinstance(other, Generator) or alike(self, other))

    __hash__ = markov.Box.__hash__

    def __repr__(self) -> str:
        text = super().__repr__()
        return one_line(f"{text[:-1]}, uses={[box.name for box in self.uses]})" if self.uses else text)

    def __str__(self) -> str:
        return printable(super().__str__())


class Box(Generator):
    """A deterministic generator: a function, which may be copied along its output.

    >>> Box("encode", Ty("image"), Ty("feature")).deterministic
    True
    >>> u = Box("u", Ty("x"), Ty("x"))
    >>> Box("u_x", Ty("x"), Ty("x"), uses=[u]) == Box("u_x", Ty("x"), Ty("x"))
    False
    """

    deterministic = True


class Kernel(Generator):
    """A stochastic generator: for every input a probability distribution over outputs.

    Several outputs may be correlated in the theory and under `FiniteFunctor`. A module of PyTorch returns one
    distribution for each output, so there they are independent, given the input; a correlated pair is a composite.

    >>> Kernel("student", Ty("image"), Ty("digit")).deterministic
    False
    """

    deterministic = False


def is_type(ty: object) -> bool:
    """Whether something is a type of objects. DisCoPy also makes types of types, which compose with no other type.

    >>> x, y = Ty("x"), Ty("y")
    >>> is_type(x @ y), is_type(Ty(x, y)), is_type("x")
    (True, False, False)
    """
    return isinstance(ty, Ty) and not any(isinstance(ob, Ty) for ob in ty.inside)


def how_types_are_joined(ty: object) -> str:
    """The end of a message about a type of types; empty for all else."""
    if not isinstance(ty, Ty) or is_type(ty):
        return ""
    return f", a type of types: write {' @ '.join(map(str, ty.inside))}"


def require_no_dagger(box: markov.Box) -> None:
    """Raise `TypeMismatch` for a dagger, as k[::-1]: a kernel has no reverse that its name alone determines."""
    if box.is_dagger:
        hint = "name the inverse as a box and state an axiom"
        raise TypeMismatch(f"{box} is a dagger, which a Markov category does not have; {hint}")


def is_deterministic(box: markov.Box) -> bool:
    """Whether copying commutes with the box. A plain DisCoPy box and a dagger do not count as deterministic.

    >>> x = Ty("x")
    >>> is_deterministic(Box("f", x, x)), is_deterministic(markov.Box("f", x, x)), is_deterministic(Kernel("f", x, x))
    (True, False, False)
    """
    return bool(getattr(box, "deterministic", False)) and not box.is_dagger


# Pickle calls a constructor without arguments, which fails for the copies of DisCoPy 1.2.2.
copyreg.pickle(markov.Copy, lambda box: (markov.Copy, (box.dom, len(box.cod))))
copyreg.pickle(markov.Discard, lambda box: (markov.Discard, (box.dom,)))
