"""The rehearsal of an experiment: every stage is made ready for its first step, and none is trained."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from learning_diagrams.backends.torch.plans.reading.prepared import Prepared
from learning_diagrams.backends.torch.plans.stage_options import stage_run
from learning_diagrams.backends.torch.training.plan_run import rehearse_stages
from learning_diagrams.backends.torch.training.seeds import seeded
from learning_diagrams.errors import LearningDiagramError
from learning_diagrams.files.experiment import Experiment, Faults
from learning_diagrams.files.experiment_shape import StageShape

WORDS = {"scheduler": r"\bscheduler\b|ReduceLROnPlateau"}  # by which a message names a key in another way


def rehearse(prepared: Prepared, faults: Faults) -> None:
    """Keep the faults by which a stage would fail before its first step; validation is checked elsewhere."""
    shape, device = prepared.experiment.shape, own_device(prepared.device)
    stages = [stage_run(prepared, i, device=device, strict=True) for i in range(len(shape.stages))]

    with seeded(0, device):
        rehearse_stages(stages, prepared.functor, lambda i: at_stage(prepared.experiment, faults, i), validates=False)


@contextmanager
def at_stage(experiment: Experiment, faults: Faults, stage: int) -> Iterator[None]:
    """An error inside belongs to a constraint that the plan states, or to a key of a stage, and is kept."""
    try:
        yield
    except LearningDiagramError as error:
        stated = constraint_in(str(error), experiment.data, stage)
        with faults.at(*(stated or ("stages", stage, *key_in(str(error), experiment.shape.stages[stage])))):
            raise


def own_device(device: torch.device) -> torch.device:
    """The device of this process, of those that a launcher has started on a machine."""
    rank = int(os.environ.get("LOCAL_RANK", "0"))
    if device.type != "cuda" or device.index is not None or not rank:
        return device
    return torch.device("cuda", rank % torch.cuda.device_count())


def constraint_in(message: str, plan: Mapping[str, Any], stage: int) -> tuple[str | int, ...]:
    """The place of the constraint that a message begins with, if the plan states it itself.

    >>> plan = {"diagram": {"constraints": {"law": {}}}, "stages": [{}]}
    >>> constraint_in("constraint 'law': no divergence is named 'mse'", plan, 0)
    ('diagram', 'constraints', 'law')
    """
    named = re.match("constraint '(.+?)'", message)
    own = plan["stages"][stage].get("diagram")
    diagram, place = (plan.get("diagram"), ("diagram",)) if own is None else (own, ("stages", stage, "diagram"))
    stated = diagram.get("constraints") if isinstance(diagram, Mapping) else None
    is_stated = named is not None and isinstance(stated, Mapping) and named[1] in stated
    return (*place, "constraints", named[1]) if is_stated and named else ()


def key_in(message: str, stage: StageShape) -> tuple[str, ...]:
    """The key of a stage that a message names first, of those that the plan gives.

    >>> key_in("accumulate=2 joins means", StageShape(accumulate=2, batch_size=8))
    ('accumulate',)
    """
    keys = stage.model_fields_set - {"name", "diagram"}
    found = {key: re.search(WORDS.get(key, rf"\b{key}\b"), message) for key in keys}
    starts = {key: match.start() for key, match in found.items() if match is not None}
    return (min(starts, key=lambda key: starts[key]),) if starts else ()
