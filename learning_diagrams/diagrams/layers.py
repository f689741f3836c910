"""Diagrams from steps: one box in each layer, with the number of wires to its left.

DisCoPy's own constructor of a layer looks at every wire several times, which takes a minute for 1,400 boxes side by
side. The constructor in this file makes the same layers without the checks. A test compares both.

>>> from learning_diagrams.diagrams.box import Box
>>> x = Ty("x")
>>> f = Box("f", x, x)
>>> stack_layers(x @ x, [(0, f), (1, f)]) == f @ f
True
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from discopy import cat, markov, monoidal

from learning_diagrams.diagrams.box import Diagram, Ty
from learning_diagrams.diagrams.on_wires import Composite


def stack_layers(dom: Ty, steps: Iterable[tuple[int, markov.Box]]) -> Diagram:
    """The diagram that applies boxes to the wires at their offsets, in order. Types are not checked.

    Parameters
    ----------
    dom : Ty, the domain of the diagram.
    steps : iterable of (int, box), for each layer the number of wires to the left of its box, and the box.
    """
    layers: list[monoidal.Layer] = []
    alone: dict[int, monoidal.Layer] = {}  # all occurrences of a box without neighbours share a layer
    here = dom
    for offset, box in steps:
        is_alone = len(here) == len(box.dom)
        layer = alone.get(id(box)) if is_alone else None
        if layer is None:
            layer = _layer(here, offset, box)
            if is_alone:
                alone[id(box)] = layer
        layers.append(layer)
        here = layer.cod
    return Composite(tuple(layers), dom, here, _scan=False)


def _layer(dom: Ty, offset: int, box: markov.Box) -> monoidal.Layer:
    left, right = dom.inside[:offset], dom.inside[offset + len(box.dom) :]
    before, after = _type(left), _type(right)
    layer = monoidal.Layer.__new__(monoidal.Layer)
    layer.__dict__.update(
        boxes_or_types=(before, box, after),
        name=" @ ".join([*([before.name] if left else []), str(box), *([after.name] if right else [])]),
        data=None,
        is_dagger=False,
        dom=dom,
        cod=_type(left + box.cod.inside + right),
        inside=(layer,),
    )
    return layer


def _type(inside: tuple[cat.Ob, ...]) -> Ty:
    if not inside:
        return Ty()
    ty = Ty.__new__(Ty)
    ty.__dict__.update(inside=inside, name=" @ ".join([str(ob) for ob in inside]))
    return ty


def steps(diagram: Diagram) -> Iterator[tuple[int, markov.Box]]:
    """The boxes of a diagram, with its wiring, each with the number of wires to its left."""
    for layer in diagram.inside:
        offset = 0
        for i, part in enumerate(layer.boxes_or_types):
            if i % 2:
                yield offset, part
            offset += len(part.cod if i % 2 else part)
