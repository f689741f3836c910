"""Monitors that cannot move: a validation that chooses the state by what no trained box changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from learning_diagrams.backends.torch.measuring.measurement import heading
from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.backends.torch.plans.reading.prepared import Prepared
from learning_diagrams.diagrams.signature import Signature


def notes_of_monitors(prepared: Prepared, objectives: Sequence[Objective]) -> Iterator[str]:
    """A note for each validated stage whose monitor reads no box that the stage trains; each with its place.

    objectives : one a stage.
    """
    shape = prepared.experiment.shape
    validation = shape.validation
    for i, objective in enumerate(objectives):
        if validation is None or not shape.stages[i].validation or objective.loss.learnt_divergences:
            continue
        read = _boxes_of(prepared, objective, validation.monitor)
        if read is not None and read.isdisjoint({*objective.trained, *objective.diagram.ema}):
            yield (
                f"{prepared.experiment.where(('validation', 'monitor'))}: {shape.title_of(i)}: {validation.monitor!r} "
                "reads no box that this stage trains, so it does not move, and the first state stays the best one; "
                "monitor another measurement, or give the stage validation: false"
            )


def _boxes_of(prepared: Prepared, objective: Objective, monitor: str) -> set[str] | None:
    """The boxes that a metric or a term reads; None for the total, which trained boxes move."""
    if monitor in prepared.metrics:
        _, *terms = prepared.metrics[monitor]
        return {*Signature.of(terms).boxes}
    terms = [constraint for constraint in objective.diagram.constraints if heading(constraint.name) == monitor]
    return {*terms[0].boxes} if terms else None
