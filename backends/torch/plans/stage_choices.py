"""What a stage of a plan chooses by name: optimizers and schedulers, its own and those of single boxes.

>>> stage = StageShape(groups={"f": {"lr": 0.1, "optimizer": "sgd"}})
>>> {key: getattr(value, "name", value) for key, value in chosen_groups(stage)["f"].items()}
{'lr': 0.1, 'optimizer': 'sgd'}
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from learning_diagrams.backends.torch.optimizers.named_optimizer import NamedOptimizer, optimizer_of
from learning_diagrams.backends.torch.plans.names.schedulers import scheduler_of
from learning_diagrams.documents.document import Place
from learning_diagrams.errors import DataError
from learning_diagrams.files.experiment import Faults
from learning_diagrams.files.experiment_shape import BoxOptionsShape, NamedShape, StageShape, name_and_options
from learning_diagrams.presentation.choice import Optimizer


def choice_of(named: str | NamedShape) -> Optimizer:
    """An optimizer by name, as data."""
    name, options = name_and_options(named)
    return Optimizer.read({"name": name, **options})


def chosen_optimizer(shape: StageShape | BoxOptionsShape) -> NamedOptimizer | None:
    """The optimizer that a stage, or a box in it, names; errors as `optimizer_of`."""
    return None if shape.optimizer is None else optimizer_of(choice_of(shape.optimizer))


def chosen_scheduler(shape: StageShape | BoxOptionsShape) -> Callable[..., Any] | None:
    """The scheduler that a stage, or a box in it, names; errors as `scheduler_of`."""
    return None if shape.scheduler is None else scheduler_of(*name_and_options(shape.scheduler))


def chosen_groups(stage: StageShape) -> dict[str, dict[str, Any]]:
    """The options of single boxes, as `groups=` of `fit` takes them."""
    groups = {}
    for box, shape in stage.groups.items():
        own = {"optimizer": chosen_optimizer(shape), "scheduler": chosen_scheduler(shape)}
        groups[box] = shape.options | {key: value for key, value in own.items() if value is not None}
    return groups


def check_choices(stage: StageShape, number: int, faults: Faults) -> None:
    """Keep the faults of the names in a stage, and of options that no optimizer takes, or that are said twice."""
    place: Place = ("stages", number)
    fine = _check(stage, place, {"lr"} & stage.model_fields_set, "the stage", faults)
    for box, shape in stage.groups.items():
        own: Place = (*place, "groups", box)
        named = shape.optimizer or stage.optimizer
        its = _check(shape, own, {*shape.options}, f"box {box!r}", faults)
        if named is not None and its and (fine or shape.optimizer is not None):
            with faults.at(*own):
                together = dict(choice_of(named).options) | shape.options
                optimizer_of(Optimizer.read({**together, "name": name_and_options(named)[0]}))


def _check(shape: StageShape | BoxOptionsShape, place: Place, said: set[str], owner: str, faults: Faults) -> bool:
    """Whether the choices have no fault; `said` are options beside the optimizer, in what is called `owner`."""
    count = len(faults.errors)
    with faults.at(*place, "optimizer"):
        if shape.optimizer is not None:
            optimizer_of(choice_of(shape.optimizer))
            for option in sorted(said & name_and_options(shape.optimizer)[1].keys()):
                raise DataError(f"the optimizer says its {option}, and {owner} says another one; write one of them")
    with faults.at(*place, "scheduler"):
        chosen_scheduler(shape)
    return len(faults.errors) == count
