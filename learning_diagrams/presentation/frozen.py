"""The frozen boxes of a learning diagram: training leaves their parameters as they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from discopy import markov

from learning_diagrams.errors import TypeMismatch, UnknownName, brief, did_you_mean
from learning_diagrams.presentation.fields.transport import Transport
from learning_diagrams.presentation.presentation_field import Described, PresentationField


class Frozen(PresentationField):
    """The field `frozen`: a set of boxes, with every box that follows another one (`ema`)."""

    name = "frozen"
    default = ()
    shape = list[str]
    description = "the boxes that are not trained"

    def read(self, value: Any, presentation: Described) -> frozenset[markov.Box]:
        if not isinstance(value, Iterable) or isinstance(value, str | markov.Diagram):
            raise TypeMismatch(f"frozen= takes a list of boxes, as in frozen=[teacher]; got {brief(value)}")
        signature = presentation.signature
        boxes = [*value, *presentation.ema]
        for box in boxes:
            if isinstance(box, str) and box not in signature.boxes:
                known = did_you_mean(box, signature.boxes)
                raise UnknownName(f"no box that a term uses is named {brief(box)}; {known}")
        return frozenset(map(signature.box, boxes))

    def map(self, value: Iterable[markov.Box | str], to: Transport) -> list[str]:
        return sorted(new for name in self.plain(value) for new in to.boxes(name))

    def restricted(self, value: Iterable[markov.Box | str], presentation: Described) -> list[str]:
        return [name for name in self.plain(value) if name in presentation.signature.boxes]

    def of_box(self, value: Iterable[markov.Box], box: markov.Box, to: Transport) -> str:
        return "is frozen" if box in value else ""

    def joined(self, values: Sequence[Iterable[str]]) -> list[str]:
        return sorted({name for value in values for name in value})

    def canonical(self, value: Iterable[markov.Box | str], live: frozenset[str]) -> Any:
        return [name for name in self.plain(value) if name in live]

    def plain(self, value: Iterable[markov.Box | str]) -> list[str]:
        return sorted({box if isinstance(box, str) else box.name for box in value})

    def lines(self, value: Iterable[markov.Box | str]) -> list[str]:
        return [f"frozen: {', '.join(self.plain(value))}"] if value else []
