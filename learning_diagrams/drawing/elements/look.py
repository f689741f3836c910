"""How the boxes of a learning diagram look: their kinds, and how each is trained.

>>> from learning_diagrams.diagrams.box import Box, Kernel, Ty
>>> from learning_diagrams.presentation.constraint import Constraint
>>> from learning_diagrams.presentation.presentation import Presentation
>>> x = Ty("x")
>>> f, g = Box("f", x, x), Kernel("g", x, x)
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> looks_of(Presentation(Constraint("c", f, g, over=SampleSpace("s").column("x", x)), frozen=[g]))["g"]
Look(kind='kernel', training='frozen', hue=2, pointed=False)
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from discopy import markov, symmetric

from learning_diagrams.diagrams.box import Diagram, Ty, is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.sample_space import Column, State
from learning_diagrams.diagrams.symbol import Symbol, box_symbol, object_symbol, shared_columns
from learning_diagrams.drawing.elements.label import Label, joined_by, phrase, read_label
from learning_diagrams.drawing.elements.palette import HUES
from learning_diagrams.drawing.elements.plates import Kind, Look, Training
from learning_diagrams.presentation.notation import notation_for
from learning_diagrams.presentation.presentation import Presentation


class Looks(dict[str, Look]):
    """The looks of boxes by name, and the labels of what is not written by its bare name."""

    def __init__(
        self,
        looks: Mapping[str, Look],
        boxes: Iterable[markov.Box],
        notation: Mapping[Symbol, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(looks)
        self.labels: dict[Symbol, str] = {symbol: symbol.called for symbol in shared_columns(boxes)}
        self.labels |= {symbol: read_label(latex) for symbol, latex in notation.items()}

    def __or__(self, other: Mapping[str, Look]) -> Looks:  # type: ignore[override]
        joined = Looks(super().__or__(dict(other)), ())
        joined.labels = self.labels
        return joined


def looks_of(diagram: Presentation) -> Looks:
    """The look of each box by name; trained boxes get the hues in the order of their names, again from the fifth on.

    Constraints train boxes. A box that stands in axioms alone is plain.
    """
    looks, hue = dict[str, Look](), 0
    learned = frozenset[str]().union(*(constraint.boxes for constraint in diagram.constraints))
    for box in diagram.boxes:
        training: Training = "trained" if box.name in learned else "given"
        if box in diagram.frozen:
            training = "frozen"
        if box.name in diagram.ema:
            training = "follower"
        looks[box.name] = plain_look(box, training, hue % HUES + 1)
        hue += training == "trained"
    return Looks(looks, [*diagram.boxes, *diagram.columns], diagram.notation)


def named_looks(graphs: Iterable[PortGraph], notation: Mapping[Any, str]) -> Looks:
    """The looks of the boxes of some graphs by their kinds, with the symbols of the author."""
    graphs = list(graphs)
    return Looks({}, [box for graph in graphs for box in graph.boxes], notation_for(graphs, notation))


def plain_look(box: markov.Box, training: Training = "given", hue: int = 1) -> Look:
    """The look of a box by its kind."""
    if isinstance(box, Column):
        return Look("column")
    kind: Kind = "function" if is_deterministic(box) else "kernel"
    return Look(kind, training, hue, pointed=not box.dom)


def look_of(box: markov.Box, looks: Mapping[str, Look]) -> Look:
    """The look of a box: that of its name where there is one, otherwise that of its kind."""
    named = not isinstance(box, Column | State) and looks.get(box.name)
    look = named or plain_look(box)
    label = label_of(box_symbol(box), looks)
    return look if label == box.name and not isinstance(label, Label) else replace(look, label=label)


def in_term(looks: Mapping[str, Look], stopped: Collection[str]) -> Mapping[str, Look]:
    """The looks in the row and the chart of a term, which show the boxes that pass no gradient in it."""
    marked = {name: replace(looks[name], stopped=True) for name in sorted(stopped) if name in looks}
    return looks | marked if isinstance(looks, Looks) else {**looks, **marked}


def label_of(symbol: Symbol, looks: Mapping[str, Look]) -> str:
    """What an object, a sample space, a column or a box is called in a picture."""
    return looks.labels.get(symbol, symbol.name) if isinstance(looks, Looks) else symbol.name


def type_text(ty: Ty, looks: Mapping[str, Look]) -> str:
    """A type as a text, with the symbols of the author."""
    return joined_by(" @ ", [label_of(object_symbol(ob), looks) for ob in ty.inside]) or "I"


def diagram_text(diagram: Diagram, looks: Mapping[str, Look]) -> str:
    """A diagram as it prints, with the symbols of the author."""

    def box_text(box: markov.Box) -> str:
        if is_structure(box):
            return structure_text(box, looks)
        label = label_of(box_symbol(box), looks)
        return label if isinstance(label, Label) else str(box)

    def layer_text(parts: Sequence[Any]) -> str:
        texts = [box_text(part) if i % 2 else type_text(part, looks) for i, part in enumerate(parts) if i % 2 or part]
        return joined_by(" @ ", texts)

    if not diagram.inside:
        return phrase("Id(", type_text(diagram.dom, looks), ")") if diagram.dom else str(diagram)
    return joined_by(" >> ", [layer_text(layer.boxes_or_types) for layer in diagram.inside])


def is_structure(box: markov.Box) -> bool:
    """Whether a box is a copy, a discard or a swap, which every type has and no name."""
    return isinstance(box, markov.Copy | symmetric.Swap)


def structure_text(box: markov.Box, looks: Mapping[str, Look]) -> str:
    """A copy, a discard or a swap as it prints, with the symbols of the author for its objects.

    >>> x, y = Ty("x"), Ty("y")
    >>> structure_text(markov.Copy(x, 3), {}), structure_text(markov.Swap(x, y), {})
    ('Copy(x, 3)', 'Swap(x, y)')
    """
    types = [box.left, box.right] if isinstance(box, symmetric.Swap) else [box.dom]
    copies = [] if len(types) == 2 or len(box.cod) == 2 else [str(len(box.cod))]
    word = "Swap" if len(types) == 2 else "Copy"
    return phrase(f"{word}(", joined_by(", ", [*(type_text(ty, looks) for ty in types), *copies]), ")")


def written(box: markov.Box) -> str:
    """The name of a box with the boxes that its module calls, as "u_x[u]"."""
    name: str = getattr(box, "drawing_name", "") or box.name
    return name
