"""Moving averages: boxes whose parameters follow those of another box, and are not trained.

After each step a target becomes decay · target + (1 − decay) · source, parameter by parameter.

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

from learning_diagrams.diagrams.labels import label
from learning_diagrams.diagrams.signature import describe
from learning_diagrams.errors import DuplicateName, InvalidWeight, TypeMismatch, brief
from learning_diagrams.presentation.fields.transport import Transport
from learning_diagrams.presentation.presentation_field import Described, PresentationField

# For each target, by name, its source and the decay.
MovingAverages = Mapping[str, tuple[str, float]]


class Averages(PresentationField):
    """The field `ema`: a mapping from the name of each target to the name of its source and the decay."""

    name = "ema"
    default = MappingProxyType[Any, Any]({})
    shape = MovingAverages
    description = "the boxes that follow another box"

    def read(self, value: Any, presentation: Described) -> MovingAverages:
        if not isinstance(value, Mapping):
            raise TypeMismatch(f"ema= takes a mapping as {{teacher: (student, 0.99)}}, got {brief(value)}")
        read: dict[str, tuple[str, float]] = {}
        for key, average in value.items():
            if not isinstance(average, tuple | list) or len(average) != 2:
                wrong = f"ema= gives {brief(key)} {brief(average)}"
                raise TypeMismatch(f"{wrong}; give (source, decay), as (student, 0.99)")
            (target, source), decay = map(presentation.signature.box, (key, average[0])), average[1]
            if label(target)[0] != label(source)[0] or (target.dom, target.cod) != (source.dom, source.cod):
                raise TypeMismatch(
                    f"box {target.name!r} : {describe(target)} cannot follow box {source.name!r} : {describe(source)}; "
                    "a moving average has the kind and the type of its source"
                )
            if isinstance(decay, bool) or not isinstance(decay, int | float) or not 0 <= decay <= 1:
                raise InvalidWeight(f"the decay of {target.name!r} must be a number from 0 to 1, got {brief(decay)}")
            if target.name in read:
                raise DuplicateName(f"ema= gives box {target.name!r} two sources; one box follows one other")
            read[target.name] = source.name, float(decay)
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
        return {_box(target, to): (_box(source, to), decay) for target, (source, decay) in value.items()}

    def restricted(self, value: MovingAverages, presentation: Described) -> MovingAverages:
        live = presentation.signature.boxes.keys()
        return {target: (source, decay) for target, (source, decay) in value.items() if {target, source} <= live}

    def of_box(self, value: MovingAverages, box: markov.Box, to: Transport) -> str:
        averages = self.map({box.name: value[box.name]}, to).values() if box.name in value else ()
        return "".join(f"follows {source!r}, decay {decay}" for source, decay in averages)

    def joined(self, values: Sequence[MovingAverages]) -> MovingAverages:
        return {target: average for value in values for target, average in value.items()}

    def canonical(self, value: MovingAverages, live: frozenset[str]) -> Any:
        return [[target, source, decay.hex()] for target, (source, decay) in value.items()] or None

    def plain(self, value: MovingAverages) -> Any:
        return {target: {"source": source, "decay": decay} for target, (source, decay) in value.items()} or None

    def argument(self, plain: Any) -> Any:
        return {target: (average["source"], average["decay"]) for target, average in plain.items()}

    def boxes(self, value: MovingAverages) -> Iterable[str]:
        return (name for target, (source, _) in value.items() for name in (target, source))

    def lines(self, value: MovingAverages) -> list[str]:
        return [f"{target} follows {source}, decay {decay}" for target, (source, decay) in value.items()]


def _box(name: str, to: Transport) -> str:
    boxes = to.boxes(name)
    if len(boxes) != 1:
        raise TypeMismatch(
            f"box {name!r} is part of a moving average (ema=), so it can only be replaced by one box, not by "
            f"{', '.join(boxes) or 'none'}"
        )
    return boxes[0]
