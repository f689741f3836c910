"""Moving averages: boxes whose parameters follow those of another box, and are not trained.

After each step a target becomes decay · target + (1 − decay) · source, parameter by parameter. The decay is a number, a
schedule, or a box from I into an object of one number.

>>> from learning_diagrams.diagrams.box import Kernel, Ty
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> from learning_diagrams.learning_diagram import LearningDiagram
>>> from learning_diagrams.presentation.constraint import Constraint
>>> image = SampleSpace("rows").column("image", Ty("image"))
>>> student, teacher = (Kernel(name, Ty("image"), Ty("digit")) for name in ("student", "teacher"))
>>> dict(LearningDiagram(Constraint("agree", image >> student, image >> teacher), ema={teacher: (student, 0.99)}).ema)
{'teacher': ('student', 0.99)}

Source: Tarvainen & Valpola, *Mean teachers are better role models* (2017).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from discopy import markov

from learning_diagrams.diagrams.box import Box, Diagram
from learning_diagrams.diagrams.labels import label
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.signature import describe
from learning_diagrams.errors import DuplicateName, InvalidWeight, TypeMismatch, UnknownName, brief, did_you_mean
from learning_diagrams.presentation.fields import quantity
from learning_diagrams.presentation.fields.quantity import read_moving
from learning_diagrams.presentation.fields.transport import Transport
from learning_diagrams.presentation.presentation_field import Described, PresentationField
from learning_diagrams.schedule import Schedule

Decay = float | Schedule | Box
# For each target, by name, its source and the decay.
MovingAverages = Mapping[str, tuple[str, Decay]]


class Averages(PresentationField):
    """The field `ema`: a mapping from the name of each target to the name of its source and the decay."""

    name = "ema"
    default = MappingProxyType[Any, Any]({})
    shape = MovingAverages
    description = "the boxes that follow another box"

    def read(self, value: Any, presentation: Described) -> MovingAverages:
        if not isinstance(value, Mapping):
            raise TypeMismatch(f"ema= takes a mapping as {{teacher: (student, 0.99)}}, got {brief(value)}")
        read: dict[str, tuple[str, Decay]] = {}
        for key, average in value.items():
            if not isinstance(average, tuple | list) or len(average) != 2:
                wrong = f"ema= gives {brief(key)} {brief(average)}"
                raise TypeMismatch(f"{wrong}; give (source, decay), as (student, 0.99)")
            _require_used(key, average[0], presentation)
            (target, source), decay = map(presentation.signature.box, (key, average[0])), average[1]
            if label(target)[0] != label(source)[0] or (target.dom, target.cod) != (source.dom, source.cod):
                raise TypeMismatch(
                    f"box {target.name!r} : {describe(target)} cannot follow box {source.name!r} : {describe(source)}; "
                    "a moving average has the kind and the type of its source"
                )
            if target.name in read:
                raise DuplicateName(f"ema= gives box {target.name!r} two sources; one box follows one other")
            read[target.name] = source.name, _read_decay(decay, f"the decay of {target.name!r}")
            for box in _decay_boxes(read):
                presentation.signature.add_box(box)
        for name in read:
            walk, at = [name], name
            while at in read and read[at][0] not in walk:
                at = read[at][0]
                walk.append(at)
            if at in read:
                loop = " follows ".join([*walk, read[at][0]])
                raise TypeMismatch(
                    f"the moving averages of ema= go round in a loop: {loop}; let one of these boxes be trained"
                )
        return MappingProxyType(dict(sorted(read.items())))

    def map(self, value: MovingAverages, to: Transport) -> MovingAverages:
        return {
            _box(target, to): (_box(source, to), _mapped(decay, to) if isinstance(decay, Box) else decay)
            for target, (source, decay) in value.items()
        }

    def restricted(self, value: MovingAverages, presentation: Described) -> MovingAverages:
        live = presentation.signature.boxes.keys()
        return {target: (source, decay) for target, (source, decay) in value.items() if {target, source} <= live}

    def of_box(self, value: MovingAverages, box: markov.Box, to: Transport) -> str:
        if box.name not in value:
            return ""
        source, decay = value[box.name]
        shown = repr(_box(decay.name, to)) if isinstance(decay, Box) else decay
        return f"follows {_box(source, to)!r}, decay {shown}"

    def joined(self, values: Sequence[MovingAverages]) -> MovingAverages:
        return {target: average for value in values for target, average in value.items()}

    def canonical(self, value: MovingAverages, live: frozenset[str]) -> Any:
        return [[target, source, _canonical(decay)] for target, (source, decay) in value.items()] or None

    def plain(self, value: MovingAverages) -> Any:
        entries = {t: {"source": source, "decay": quantity.plain(decay)} for t, (source, decay) in value.items()}
        return entries or None

    def argument(self, plain: Any) -> Any:
        return {target: (average["source"], average["decay"]) for target, average in plain.items()}

    def boxes(self, value: MovingAverages) -> Iterable[str]:
        followed = [name for target, (source, _) in value.items() for name in (target, source)]
        return [*followed, *(box.name for box in _decay_boxes(value))]

    def live(self, value: MovingAverages) -> Iterable[str]:
        return (box.name for box in _decay_boxes(value))

    def lines(self, value: MovingAverages) -> list[str]:
        return [f"{target} follows {source}, decay {decay}" for target, (source, decay) in value.items()]


def _require_used(target: Any, source: Any, presentation: Described) -> None:
    """Raise `UnknownName` for a target that no term uses, though its source is there."""
    names = [box.name if isinstance(box, markov.Box) else box for box in (target, source)]
    known = presentation.signature.boxes
    if isinstance(names[0], str) and names[0] not in known and names[1] in known:
        raise UnknownName(
            f"ema= lets box {brief(names[0])} follow box {names[1]!r}, and no term uses {brief(names[0])}; "
            f"{did_you_mean(names[0], known)}; an average that is evaluated and trains nothing stands in a constraint "
            "of weight 0"
        )


def _decay_boxes(value: MovingAverages) -> list[Box]:
    return [decay for _, decay in value.values() if isinstance(decay, Box)]


def _canonical(decay: Decay) -> Any:
    return decay.hex() if isinstance(decay, float) else quantity.canonical(decay, Transport())


def _read_decay(value: Any, what: str) -> Decay:
    moving = read_moving(value, what)
    if moving is not None and not isinstance(moving, Schedule):
        return _only_box(moving, what)
    for number in (value,) if moving is None else moving.numbers:
        if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= 1:
            raise InvalidWeight(f"{what} must be a number from 0 to 1, got {brief(value)}")
    return float(value) if moving is None else moving


def _mapped(decay: Box, to: Transport) -> Box:
    return _only_box(to.diagram(decay), f"the decay {decay.name!r}")


def _only_box(diagram: Diagram, what: str) -> Box:
    boxes = PortGraph.from_diagram(diagram).boxes
    if len(boxes) != 1 or not isinstance(boxes[0], Box):
        raise TypeMismatch(
            f"{what} is a number, a schedule or one box, and not {brief(diagram)}; give a composite a name of its own"
        )
    return boxes[0]


def _box(name: str, to: Transport) -> str:
    if (image := to.box_for(name)) is None:
        raise TypeMismatch(
            f"box {name!r} is part of a moving average (ema=), so it can only be replaced by one box, not by a "
            f"composite of {', '.join(to.boxes(name)) or 'wires'}; give the composite a name of its own"
        )
    return image
