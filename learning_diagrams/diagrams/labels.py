"""Labels: two boxes are the same generator if and only if their labels are equal.

>>> from learning_diagrams.diagrams.box import Box, Kernel
>>> x = Ty("x")
>>> label(Box("f", x, x)) == label(Box("f", x, x)), label(Box("f", x, x)) == label(Kernel("f", x, x))
(True, False)
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Any

from discopy import cat, markov

from learning_diagrams.diagrams.box import Ty
from learning_diagrams.diagrams.sample_space import Column, SampleObject, State
from learning_diagrams.diagrams.uses import uses_of, with_uses
from learning_diagrams.errors import TypeMismatch

PLAIN = 6  # the length of the label of a box without uses


def label(box: markov.Box) -> tuple[Any, ...]:
    """The label of a box: kind, name, types, dagger and data; before the data the boxes that it uses, if there are any.

    >>> from learning_diagrams.diagrams.box import Box, Kernel
    >>> x = Ty("x")
    >>> label(Box("f", x, x, uses=[Box("u", x, x)])) == label(Box("f", x, x, uses=[Kernel("u", x, x)]))
    False
    """
    *own, data = _own(box)
    used = with_uses(box)[:-1]
    return (*own, tuple(map(_own, used)), data) if used else (*own, data)


def used_names(label: Sequence[Any]) -> Iterator[str]:
    """The names of the boxes, at any depth, that the box of a label uses."""
    return (name for _, name, *_ in (label[-2] if len(label) > PLAIN else ()))


def _own(box: markov.Box) -> tuple[Any, ...]:
    kinds = ((Column, "column"), (State, "state"))
    kind = next((name for of, name in kinds if isinstance(box, of)), None)
    if kind is None:
        kind = "box" if getattr(box, "deterministic", False) else "kernel"
    names = tuple(use.name for use in uses_of(box))
    ends = object_names(box.dom), object_names(box.cod)
    return kind, box.name, *ends, bool(box.is_dagger), *([names] if names else ()), exact(box.data)


class LabelTable:
    """Numbers for labels: equal labels have equal numbers. The table reads each box object once."""

    def __init__(self) -> None:
        self._of_box: dict[int, tuple[int, markov.Box]] = {}
        self._of_label: dict[Hashable, int] = {}

    def number(self, box: markov.Box) -> int:
        known = self._of_box.get(id(box))
        if known is None:
            try:
                known = self._of_label.setdefault(label(box), len(self._of_label)), box
            except TypeError as error:
                raise TypeMismatch(
                    f"the data of box {box.name!r} must be hashable to be compared, got {box.data!r}; use a tuple"
                ) from error
            self._of_box[id(box)] = known
        return known[0]


def object_names(ty: Ty) -> tuple[str, ...]:
    """The objects of a type, by name."""
    # Adjoints and other decorated objects of richer DisCoPy types differ in their printed form.
    return tuple(ob.name if type(ob) in (cat.Ob, SampleObject) else str(ob) for ob in ty.inside)


def exact(data: Any) -> Any:
    """The data of a box with the type of each value, so that 1, 1.0 and True are different."""
    if isinstance(data, tuple):
        return tuple(map(exact, data))
    if data is None:
        return None
    plain = data.hex() if isinstance(data, float) else data
    return type(data).__name__, plain if isinstance(data, str | bool | int | float) else data
