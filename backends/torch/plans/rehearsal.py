"""The rehearsal of an experiment: every stage is made ready for its first step, and none is trained."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from learning_diagrams.backends.torch.plans.reading.prepared import Prepared
from learning_diagrams.backends.torch.plans.stage_options import stage_run
from learning_diagrams.backends.torch.training.plan_run import rehearse_stages
from learning_diagrams.backends.torch.training.seeds import seeded
from learning_diagrams.errors import FalseAxiom, LearningDiagramError
from learning_diagrams.files.experiment import Experiment, Faults
from learning_diagrams.files.experiment_shape import StageShape

OF_MODULE = re.compile(
    "the module of (?:box|kernel) '(.+?)'|(?:box|kernel) '(.+?)' (?:is|ends) .*, (?:and|so) its module"
)
OF_BOX = re.compile("groups= of box '(.+?)': |(?:groups= names box|no box is named) '(.+?)'")
STATED: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("constraint '(.+?)'", "constraints", ()),
    ("box '(.+?)' is trained and ", "boxes", ()),
    ("player '(.+?)': (?:option '|optimizer '|no optimizer is)", "players", ("optimizer",)),
)
WORDS = {"scheduler": r"\bscheduler\b|ReduceLROnPlateau"}  # by which a message names a key in another way


def rehearse(prepared: Prepared, faults: Faults) -> list[str]:
    """Keep the faults by which a stage would fail before its first step; validation is checked elsewhere.

    Returned are the notes on schedules that do not reach their end, each with its place.
    """
    shape, device = prepared.experiment.shape, own_device(prepared.device)
    stages = [stage_run(prepared, i, device=device, strict=True) for i in range(len(shape.stages))]

    with seeded(0, device):
        notes = rehearse_stages(
            stages, prepared.functor, lambda i: at_axiom(prepared, faults, i), validates=False, reads=True
        )
    return [_placed(prepared.experiment, stage, note) for stage, note in notes]


def _placed(experiment: Experiment, stage: int, note: str) -> str:
    """A note with the place of the option that it is about, in place of the name of a box."""
    shape = experiment.shape.stages[stage]
    if option := option_in(note, shape):
        note = note.replace(f"groups= of box {option[1]!r}: ", "", 1)
    return f"{experiment.where(('stages', stage, *(option or key_in(note, shape))))}: {note}"


@contextmanager
def at_stage(experiment: Experiment, faults: Faults, stage: int) -> Iterator[None]:
    """An error inside belongs to a constraint or a module that the plan states, or to a key of a stage, and is kept."""
    try:
        yield
    except LearningDiagramError as error:
        message, shape = str(error), experiment.shape.stages[stage]
        stated, option = stated_in(message, experiment.data, stage), option_in(message, shape)
        if not stated:  # the option is that of a player, in another file
            error.place = ()
        if option:  # the place says the box
            error.args = (message.replace(f"groups= of box {option[1]!r}: ", "", 1),)
        module = module_in(message, experiment.shape.modules)
        with faults.at(*(stated or module or ("stages", stage, *(option or key_in(message, shape))))):
            raise


@contextmanager
def at_axiom(prepared: Prepared, faults: Faults, stage: int) -> Iterator[None]:
    """A false axiom inside belongs to the axiom where the learning diagram states it; else as `at_stage`."""
    with at_stage(prepared.experiment, faults, stage):
        try:
            yield
        except FalseAxiom as error:
            reading = prepared.readings[stage]
            if reading.document is None or not error.axiom:  # the learning diagram is named, and not written
                own = prepared.experiment.shape.stages[stage].diagram is not None
                where = prepared.experiment.where(("stages", stage, "diagram") if own else ("diagram",))
            else:
                where = reading.where(("axioms", error.axiom))
            error.args = (f"{where}: {error}",)
            with faults.placed():
                raise


def own_device(device: torch.device) -> torch.device:
    """The device of this process, of those that a launcher has started on a machine."""
    rank = int(os.environ.get("LOCAL_RANK", "0"))
    if device.type != "cuda" or device.index is not None or not rank:
        return device
    return torch.device("cuda", rank % torch.cuda.device_count())


def stated_in(message: str, plan: Mapping[str, Any], stage: int) -> tuple[str | int, ...]:
    """The place of the constraint, or of the player's optimizer, that a message begins with, if the plan states it.

    >>> plan = {"diagram": {"constraints": {"law": {}}, "players": {"one": {"optimizer": "adm"}}}, "stages": [{}]}
    >>> stated_in("constraint 'law': no divergence is named 'mse'", plan, 0)
    ('diagram', 'constraints', 'law')
    >>> stated_in("player 'one': no optimizer is named 'adm'", plan, 0)
    ('diagram', 'players', 'one', 'optimizer')
    """
    own = plan["stages"][stage].get("diagram")
    diagram, place = (plan.get("diagram"), ("diagram",)) if own is None else (own, ("stages", stage, "diagram"))
    for pattern, key, below in STATED:
        named = re.match(pattern, message)
        stated = diagram.get(key) if isinstance(diagram, Mapping) else None
        if named is not None and isinstance(stated, Mapping) and named[1] in stated:
            return (*place, key, named[1], *below)
    return ()


def module_in(message: str, modules: Collection[str]) -> tuple[str, ...]:
    """The place of the module that a message is about, if the plan names it.

    >>> module_in("the module of box 'f' returned dtype float32, where Finite(3) needs int64", {"f"})
    ('modules', 'f')
    """
    named = OF_MODULE.match(message)
    return ("modules", name) if named and (name := named[1] or named[2]) in modules else ()


def option_in(message: str, stage: StageShape) -> tuple[str, ...]:
    """The place in a stage of an option of a single box that a message is about.

    >>> option_in("groups= of box 'f': lr is -1; give a number ≥ 0", StageShape(groups={"f": {"lr": -1}}))
    ('groups', 'f', 'lr')
    """
    of_box = OF_BOX.search(message)
    box = "" if of_box is None else of_box[1] or of_box[2]
    if of_box is None or box not in stage.groups:
        return ()
    return ("groups", box, *(_first(stage.groups[box].model_fields_set, message[of_box.end() :]) if of_box[1] else ()))


def key_in(message: str, stage: StageShape) -> tuple[str, ...]:
    """The key of a stage that a message names first, of those that the plan gives.

    >>> key_in("accumulate=2 joins means", StageShape(accumulate=2, batch_size=8))
    ('accumulate',)
    """
    return _first(stage.model_fields_set - {"name", "diagram"}, message)


def _first(keys: Collection[str], message: str) -> tuple[str, ...]:
    found = {key: re.search(WORDS.get(key, rf"\b{key}\b"), message) for key in keys}
    starts = {key: match.start() for key, match in found.items() if match is not None}
    return (min(starts, key=lambda key: starts[key]),) if starts else ()
