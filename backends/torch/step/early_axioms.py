"""The axioms of the stages of a plan, before any stage is trained.

Each stage evaluates its axioms on its first batch. An axiom that is false there would end the plan after all the
stages before it. So an axiom is evaluated at once if no earlier stage can change what it compares: if every box of the
axiom is frozen in all earlier stages, follows no other box, and shares no parameter with a box that they train, or has
nothing that training changes. The test points too come from data and from such boxes alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace

import torch
from torch import nn

from learning_diagrams.backends.torch.axioms.axiom_check import AxiomCheck
from learning_diagrams.backends.torch.data.device import to_device
from learning_diagrams.backends.torch.data.mask import Batch
from learning_diagrams.backends.torch.data.stream import Stream, batches_of
from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.diagrams.uses import with_uses
from learning_diagrams.errors import FalseAxiom, LearningDiagramError
from learning_diagrams.presentation.equation import sides_text


class EarlyAxioms:
    """Judges the axioms of one stage after the other, each false axiom once.

    Parameters
    ----------
    reads : bool, whether a batch may be read of data that are no tables; False where that would use them up.
    """

    def __init__(self, reads: bool) -> None:
        self.reads = reads
        self._changed: set[str] = set()  # boxes that an earlier stage changes
        self._parameters: set[int] = set()  # the parameters of these boxes, by identity
        self._false: set[tuple[str, str]] = set()

    def judge(
        self,
        objective: Objective,
        streams: Mapping[str, Stream],
        device: torch.device,
        precision: Callable[[], AbstractContextManager[object]],
        at: Callable[[], AbstractContextManager[object]],
    ) -> None:
        """Evaluate the axioms of a stage, as far as no earlier stage changes their boxes; no draw is left behind.

        Parameters
        ----------
        precision : function that makes the context in which the stage is trained, as `torch.autocast`.
        at : function that makes a context, which may keep the error of one axiom.
        """
        plan, devices = objective.loss.axioms, [device] if device.type == "cuda" else []
        changed = frozenset(self._changed | self._sharing(objective))
        fixed = {
            name: sides
            for name, sides in plan.sides.items()
            if changed.isdisjoint(part.name for box in sides.boxes for part in with_uses(box))
            and (name, sides_text(plan.axioms[name])) not in self._false
        }
        if not fixed or not (self.reads or all(stream.columns is not None for stream in streams.values())):
            return
        batch: Batch | None = None
        with torch.random.fork_rng(devices), at():
            batch = to_device(next(batches_of(streams, 1, objective.layout)), device)
        for name, sides in fixed.items() if batch is not None else ():
            check = AxiomCheck(replace(plan, sides={name: sides}, reasons={}, changed=changed), objective.functor)
            with torch.random.fork_rng(devices), at(), precision():
                try:
                    check(batch, objective.layout)
                except FalseAxiom as error:
                    error.axiom = name
                    self._false.add((name, sides_text(plan.axioms[name])))
                    raise
                except LearningDiagramError:
                    raise
                except Exception:  # of a module itself, which training explains
                    continue

    def passed(self, objective: Objective) -> None:
        """Keep what the stage of an objective changes, for the stages after it."""
        boxes = objective.boxes
        moving = {name for name in boxes.trained if _learns(boxes.of(name))} | self._sharing(objective)
        for name in moving:
            self._parameters |= {id(parameter) for parameter in boxes.of(name).parameters()}
        self._changed |= moving | {*objective.diagram.ema}

    def _sharing(self, objective: Objective) -> set[str]:
        """The boxes that have a parameter of a box which an earlier stage changes."""
        boxes = objective.boxes
        held = {name: {id(parameter) for parameter in boxes.of(name).parameters()} for name in boxes.names}
        return {name for name, own in held.items() if own & self._parameters}


def _learns(module: nn.Module) -> bool:
    """Whether training changes a module that is not frozen: a parameter, or a buffer, as a running mean."""
    return any(each.requires_grad for each in module.parameters()) or any(True for _ in module.buffers())
