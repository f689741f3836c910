"""The divergences that the constraints of a plan name: every fault of a name, or of an option, is told at once."""

from __future__ import annotations

from collections.abc import Sequence

from learning_diagrams.backends.torch.plans.rehearsal import at_stage
from learning_diagrams.files.experiment import Experiment, Faults
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.choice import Divergence
from learning_diagrams.semantics.divergences import divergence


def check_divergences(experiment: Experiment, diagrams: Sequence[LearningDiagram | None], faults: Faults) -> bool:
    """Whether there is no fault of a divergence; what there is, is kept.

    diagrams : one a stage, or None where it could not be read.
    """
    count = len(faults.errors)
    for i, diagram in enumerate(diagrams):
        for constraint in diagram.constraints if diagram is not None else ():
            where = f"constraint {constraint.name!r}"
            chosen = constraint.divergence if isinstance(constraint.divergence, tuple) else [constraint.divergence]
            for each in chosen:
                with at_stage(experiment, faults, i):
                    if isinstance(each, Divergence):
                        divergence(each.name, where).check(dict(each.options), where)
    return len(faults.errors) == count
