"""What a stage of an experiment is trained with: the options of `fit` that its keys say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from learning_diagrams.backends.torch.plans.experiment_folder import steps_made
from learning_diagrams.backends.torch.plans.reading.data_reading import opened
from learning_diagrams.backends.torch.plans.reading.prepared import Prepared
from learning_diagrams.backends.torch.plans.stage_choices import choice_of, chosen_groups, chosen_scheduler
from learning_diagrams.backends.torch.training.plan_run import StageRun
from learning_diagrams.files.experiment_shape import StageShape


def stage_run(prepared: Prepared, number: int, **options: Any) -> StageRun:
    """What the stage of a number is trained with.

    options : further arguments of `fit`.
    """
    shape, diagram = prepared.experiment.shape, prepared.diagrams[number]
    stage: StageShape = shape.stages[number]
    seed = shape.seed + number
    validates = shape.validation is not None and stage.validation
    return StageRun(
        diagram,
        None if stage.optimizer is None else choice_of(stage.optimizer),
        opened(prepared.data, prepared.columns(diagram), stage.batch_size, seed, stage.drop_last),
        {"lr": stage.lr, "no_decay": stage.no_decay, "groups": chosen_groups(stage)},
        {
            **{name: getattr(stage, name) for name in ("steps", "epochs", "max_time", "batch_size", "drop_last")},
            **{name: getattr(stage, name) for name in ("scheduler_every", "clip_norm", "accumulate", "precision")},
            "scheduler": chosen_scheduler(stage),
            "validation": prepared.validation_for(diagram) if validates else None,
            "validate_every": shape.validation.every if shape.validation is not None and validates else None,
            "device": prepared.device,
            "seed": seed,
            **options,
        },
        stage.lr if number > 0 and stage.optimizer is None and "lr" in stage.model_fields_set else None,
    )


def kept_in(folder: Path, prepared: Prepared, number: int, resume: bool, ended: bool) -> dict[str, Any]:
    """The options by which the run of a stage is kept in the folder of an experiment.

    ended : bool, whether a later stage has begun, so that time which is over stays over.
    """
    shape = prepared.experiment.shape
    run = folder / str(number + 1)
    kept: dict[str, Any] = {"checkpoint_every": shape.checkpoints.every, "keep": shape.checkpoints.keep}
    kept |= {"resume": resume, "run": run}
    over = ended and shape.stages[number].max_time is not None
    return kept | ({"max_time": None, "steps": steps_made(run)} if over else {})
