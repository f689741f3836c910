"""What a plan says otherwise than the plan of a run, and which of these changes a run cannot go on with.

A run goes on where it then ends as a run that had the new plan from the start.

>>> from learning_diagrams.files.experiment_shape import read_shape
>>> form = {"format": "learning-plan/2"}
>>> shapes = [read_shape(form | {"stages": [{"steps": n, "lr": r}]})[0] for n, r in ((5, 0.1), (9, 0.2))]
>>> found = plan_changes(*shapes)
>>> for change in found: print(change.place, change)
('stages', 0, 'lr') was 0.1 in the run, and is 0.2 here
('stages', 0, 'steps') was 5 in the run, and is 9 here
>>> [change.place[-1] for change in found if hinders(change, *shapes, begun=1)]
['lr']
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from learning_diagrams.documents.document import Place
from learning_diagrams.errors import brief
from learning_diagrams.files.experiment_shape import ExperimentShape, StageShape, name_and_options

# No training depends on these parts.
FREE = ("name", "device", "trackers", "checkpoints")
MEASURED_AT_THE_END = ("test", "sweep")
# What is added to these parts is read by no stage that has begun.
NAMED = ("spaces", "modules", "splits", "data", "metrics")


class _Unwritten:
    """What stands for a value that a plan does not write; it differs from each text that a plan may have."""

    def __init__(self, words: str) -> None:
        self.words = words

    def __repr__(self) -> str:
        return self.words


ABSENT = _Unwritten("absent")
OF_SCHEDULE = _Unwritten("where the schedule of the stage before ends")


@dataclass(frozen=True)
class PlanChange:
    """A place of a plan with two values; `ABSENT` where a plan has none."""

    place: Place
    before: Any
    now: Any

    def __str__(self) -> str:
        before, now = ("null" if v is None else brief(v) for v in (self.before, self.now))
        return f"was {before} in the run, and is {now} here"


def plan_changes(before: ExperimentShape, now: ExperimentShape) -> list[PlanChange]:
    """The places in which two plans differ; a key that is left out has its default."""
    plain = before.model_dump(), now.model_dump()
    for number, stages in enumerate(zip(before.stages, now.stages, strict=False)):
        inherit = [_inherits_rate(stage, number) for stage in stages]
        for shape, data in zip((before, now), plain, strict=True):
            data["stages"][number]["lr"] = None if all(inherit) else _rate(shape, number)
    return [*_compared((), *plain)]


def hinders(change: PlanChange, before: ExperimentShape, now: ExperimentShape, begun: int) -> bool:
    """Whether a run cannot go on with a change.

    Parameters
    ----------
    begun : int, the number of stages that have begun.
    """
    root, *rest = change.place
    if not begun or root in FREE or root in MEASURED_AT_THE_END:
        return False
    if root in NAMED and len(rest) == 1 and change.before is ABSENT:
        return False
    if root == "metrics":
        return any(rest[0] in _validated(shape) for shape in (before, now))
    if root == "stages" and rest:
        stage, *key = rest
        if stage >= begun or key == ["name"]:  # type: ignore[operator]
            return False
        numbers = isinstance(change.before, int | float) and isinstance(change.now, int | float)
        grows = key[:1] == ["max_time"] or (key[:1] in (["steps"], ["epochs"]) and change.before < change.now)
        return not (stage == begun - 1 and numbers and grows)  # a later stage has begun from the end of this one
    return True


def is_of_diagram(change: PlanChange) -> bool:
    """Whether a change is one of how a learning diagram is written, which may be the same one in a file of its own."""
    root, *rest = change.place
    return root == "diagram" or (root == "stages" and rest[1:2] == ["diagram"])


def _inherits_rate(stage: StageShape, number: int) -> bool:
    """Whether the learning rate of a stage is that of the stage before."""
    return number > 0 and stage.optimizer is None and "lr" not in stage.model_fields_set


def _rate(shape: ExperimentShape, number: int) -> float | _Unwritten:
    """The learning rate that a stage begins with."""
    while _inherits_rate(stage := shape.stages[number], number):
        number -= 1
        if shape.stages[number].scheduler is not None:
            return OF_SCHEDULE
    own = {} if stage.optimizer is None else name_and_options(stage.optimizer)[1]
    rate: float = own.get("lr", stage.lr)
    return rate


def _validated(shape: ExperimentShape) -> list[str]:
    """The metrics that validation measures."""
    if shape.validation is None:
        return []
    return [*shape.metrics] if shape.validation.metrics is None else shape.validation.metrics


def _compared(place: Place, before: Any, now: Any) -> Iterator[PlanChange]:
    if isinstance(before, dict) and isinstance(now, dict):
        for key in sorted(before.keys() | now.keys()):
            yield from _compared((*place, key), before.get(key, ABSENT), now.get(key, ABSENT))
    elif place == ("stages",):
        for i in range(max(len(before), len(now))):
            yield from _compared((*place, i), *(stages[i] if i < len(stages) else ABSENT for stages in (before, now)))
    elif before != now:
        yield PlanChange(place, before, now)
