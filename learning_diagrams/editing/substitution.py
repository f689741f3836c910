"""Substitution: boxes replaced by diagrams, layer by layer, so that the drawing is kept.

>>> from learning_diagrams.diagrams.box import Box
>>> x, y = Ty("x"), Ty("y")
>>> f, g, h = Box("f", x, x), Box("g", x, y), Box("h", y, x)
>>> print(substitute(f >> f, {f: g >> h}))
g >> h >> g >> h
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from discopy import cat, markov, monoidal

from learning_diagrams.diagrams.box import Diagram, Ty, is_deterministic
from learning_diagrams.diagrams.labels import label
from learning_diagrams.diagrams.on_wires import Composite
from learning_diagrams.diagrams.port_graph import PortGraph, first_kernel
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.diagrams.uses import mapped_uses, uses_of
from learning_diagrams.errors import TypeMismatch, brief
from learning_diagrams.presentation.fields.transport import Transport
from learning_diagrams.presentation.presentation import Presentation

P = TypeVar("P", bound=Presentation)


def substitute(diagram: Diagram, replacements: Mapping[markov.Box, Diagram]) -> Diagram:
    """Replace each box by a parallel diagram: the functor that is the identity on every other box and on objects.

    Raises `TypeMismatch` where box and diagram are not parallel, or where the box is a `Box` and the diagram is not
    deterministic; and where a box uses another that goes to a composite, which no box can call by name.
    """
    for box, replacement in replacements.items():
        _require_substitutable(box, replacement)
    by_label = {label(box): replacement for box, replacement in replacements.items()}

    def kept(box: markov.Box) -> Sequence[markov.Box]:
        return () if label(box) in by_label else uses_of(box)

    def remake(box: markov.Box, uses: Sequence[Diagram]) -> Diagram:
        if all(map(operator.is_, uses, uses_of(box))):
            return by_label.get(label(box), box)
        return type(box)(box.name, box.dom, box.cod, data=box.data, uses=[_single(use, box) for use in uses])

    return map_layers(diagram, lambda ob: ob, lambda box: mapped_uses(box, remake, kept))


@dataclass(frozen=True)
class Substitution(Transport):
    """The transport that replaces boxes by diagrams."""

    replacements: Mapping[markov.Box, Diagram]

    def diagram(self, diagram: Diagram) -> Diagram:
        return substitute(diagram, self.replacements)

    @cached_property
    def _names(self) -> dict[str, tuple[str, ...]]:
        return {box.name: tuple(Signature.of([part]).boxes) for box, part in self.replacements.items()}

    @cached_property
    def _applied(self) -> dict[str, tuple[str, ...]]:
        graphs = {box.name: PortGraph.from_diagram(part) for box, part in self.replacements.items()}
        return {name: tuple({box.name: box for box in graph.boxes}) for name, graph in graphs.items()}

    def boxes(self, name: str) -> tuple[str, ...]:
        return self._names.get(name, (name,))

    def applied(self, name: str) -> tuple[str, ...]:
        return self._applied.get(name, (name,))

    def box_for(self, name: str) -> str | None:
        part = {box.name: part for box, part in self.replacements.items()}.get(name)
        if part is None:
            return name
        graph = PortGraph.from_diagram(part)
        alone = len(graph.boxes) == 1 and graph == PortGraph.from_diagram(graph.boxes[0])
        return graph.boxes[0].name if alone else None


def substitute_boxes(diagram: P, replacements: Mapping[markov.Box | str, Diagram]) -> P:
    """See `LearningDiagram.substitute`."""
    to = Substitution({diagram.box(box): replacement for box, replacement in replacements.items()})
    # A box that keeps its own place stays trained, even where it also stands in place of a frozen box.
    here = diagram.signature.boxes
    pairs = [(box.name, new) for box in diagram.frozen for new in to.boxes(box.name)]
    frozen = {new for old, new in pairs if new == old or new not in here or new not in to.boxes(new)}
    return diagram.map(to, frozen=frozen)


def map_layers(
    diagram: Diagram, on_object: Callable[[cat.Ob], cat.Ob], on_box: Callable[[markov.Box], Diagram]
) -> Diagram:
    """Apply a map of objects, and a map of boxes other than copies, discards and swaps, to every layer."""

    def on_type(ty: Ty) -> Ty:
        return Ty(*map(on_object, ty.inside))

    layers: list[monoidal.Layer] = []
    for layer in diagram.inside:
        parts = layer.boxes_or_types
        done = on_type(parts[0])
        for i in range(1, len(parts), 2):
            box, between = parts[i], on_type(parts[i + 1])
            further = (on_type(part if j % 2 else part.dom) for j, part in enumerate(parts[i + 2 :]))
            rest = Ty().tensor(between, *further)
            if isinstance(box, markov.Copy):
                image: Diagram = markov.Copy(on_type(box.dom), len(box.cod))
            elif isinstance(box, monoidal.Box) and isinstance(box, markov.Swap):
                image = markov.Swap(on_type(box.left), on_type(box.right))
            else:
                image = on_box(box)
            for inner in image.inside:
                layers.append(done @ inner @ rest)
            done = done @ image.cod @ between
    return Composite(tuple(layers), on_type(diagram.dom), on_type(diagram.cod), _scan=False)


def _require_substitutable(box: markov.Box, replacement: Diagram) -> None:
    if not isinstance(replacement, monoidal.Diagram):
        raise TypeMismatch(f"box {box.name!r} can only be replaced by a diagram, got {brief(replacement)}")
    if (box.dom, box.cod) != (replacement.dom, replacement.cod):
        raise TypeMismatch(
            f"box {box.name!r} : {box.dom or 'I'} → {box.cod or 'I'} cannot be replaced by a diagram "
            f"{replacement.dom or 'I'} → {replacement.cod or 'I'}: {replacement}"
        )
    if is_deterministic(box) and (kernel := first_kernel(replacement)) is not None:
        reason = f"box {box.name!r} is deterministic, and {replacement} is not, because of the kernel {kernel!r}"
        raise TypeMismatch(f"{reason}; declare {box.name!r} as a Kernel, or {kernel!r} as a Box")


def _single(image: Diagram, user: markov.Box) -> markov.Box:
    """The box that a diagram is, for a user that calls it; `TypeMismatch` for a composite."""
    graph = PortGraph.from_diagram(image)
    inputs, outputs = range(len(graph.dom)), range(len(graph.dom), len(graph.dom) + len(graph.cod))
    if len(graph.boxes) == 1 and (graph.arguments, graph.outputs) == (((*inputs,),), (*outputs,)):
        return graph.boxes[0]
    raise TypeMismatch(
        f"box {user.name!r} uses a box that would be replaced by {image}, and it can only call a box by its name; "
        f"replace {user.name!r} too, or give the composite a name as a box of its own"
    )
