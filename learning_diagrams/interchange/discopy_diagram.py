"""DisCoPy: diagrams of plain boxes, and back.

Our diagrams are DisCoPy's, with boxes of our own. `to_discopy` makes the boxes plain, and `from_discopy` gives them
their meaning back.

>>> from learning_diagrams.diagrams.box import Box
>>> f = Box("f", Ty("x"), Ty("y"))
>>> plain = to_discopy(f)
>>> type(plain.boxes[0]).__module__, print(from_discopy(plain, f))
f
('discopy.markov', None)

Source: de Felice, Toumi & Coecke, *DisCoPy: monoidal categories in Python* (2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from discopy import cat, markov, monoidal, symmetric

from learning_diagrams.diagrams.box import Diagram, Ty
from learning_diagrams.diagrams.layers import steps
from learning_diagrams.errors import TypeMismatch, brief
from learning_diagrams.interchange.wired_boxes import WiredBoxes, require_plain

WHERE = "the DisCoPy diagram"


def to_discopy(diagram: Diagram) -> markov.Diagram:
    """The same diagram of `discopy.markov`, layer by layer, whose boxes are plain and whose objects have only names.

    Raises `TypeMismatch` for a dagger, for a box that carries data, and for what is no diagram of boxes, copies,
    discards and swaps.
    """
    WiredBoxes.of(diagram)
    plain = markov.Diagram.id(_plain(diagram.dom))
    for offset, box in steps(diagram):
        before, after = plain.cod[:offset], plain.cod[offset + len(box.dom) :]
        plain = plain >> before @ _plain_box(box) @ after
    return plain


def from_discopy(diagram: monoidal.Diagram, scope: Any = None) -> Diagram:
    """The diagram of a diagram of `discopy.monoidal`, `symmetric` or `markov`.

    Parameters
    ----------
    scope : the meanings of names, as `parse` takes them; by default each box is a kernel, of which nothing is assumed.

    Raises
    ------
    TypeMismatch : the diagram has structure of a richer category (cups, caps, spiders, traces, sums, bubbles, adjoint
        objects), a dagger, or a box that carries data.
    FileError : a name cannot stand in a term, or the scope lacks it.
    DuplicateName : one name has two types.
    """
    if not isinstance(diagram, monoidal.Diagram) or isinstance(diagram, monoidal.Sum):
        raise TypeMismatch(
            f"{WHERE}: expected a diagram of discopy.monoidal, symmetric or markov, got {brief(diagram)}"
        )
    for box in (diagram, *(box for _, box in steps(diagram))):
        for ob in (*_objects(box.dom), *_objects(box.cod)):
            if getattr(ob, "z", 0):
                raise TypeMismatch(f"{WHERE}: {ob} is an adjoint object, which a Markov category does not have")
    return WiredBoxes.of(diagram).diagram(WHERE, scope)


def _objects(ty: Any) -> Sequence[Any]:
    if not isinstance(ty, Ty) or not all(isinstance(ob, cat.Ob) for ob in ty.inside):
        raise TypeMismatch(f"{WHERE}: its types are lists of named objects, as in discopy.monoidal, got {brief(ty)}")
    inside: Sequence[Any] = ty.inside
    return inside


def _plain(ty: Ty) -> Ty:
    return Ty(*(ob.name for ob in ty.inside))


def _plain_box(box: markov.Box) -> markov.Box:
    if isinstance(box, markov.Copy):
        return markov.Copy(_plain(box.dom), len(box.cod))
    if isinstance(box, symmetric.Swap):
        return markov.Swap(_plain(box.left), _plain(box.right))
    require_plain(box)
    return markov.Box(box.name, _plain(box.dom), _plain(box.cod))
