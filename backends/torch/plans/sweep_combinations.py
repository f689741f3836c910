"""The combinations of a sweep: the settings of each, and the full check of each before any is trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from learning_diagrams.backends.torch.plans.preparation import prepare
from learning_diagrams.backends.torch.plans.reading.prepared import Prepared
from learning_diagrams.errors import DataError, LearningDiagramError, brief, plural
from learning_diagrams.errors.door import in_words_of_plans
from learning_diagrams.errors.short_text import short_repr
from learning_diagrams.files.experiment import Experiment
from learning_diagrams.files.setting import Setting, place_of


@dataclass(frozen=True)
class PreparedSweep:
    """A sweep whose combinations can all be trained.

    Attributes
    ----------
    prepared : Prepared, the plan without the settings of a combination.
    combinations : list of dict from place to value.
    experiments : list of Experiment, the plan with the settings of each combination.
    """

    prepared: Prepared
    combinations: Sequence[Mapping[str, Any]]
    experiments: Sequence[Experiment]

    __repr__ = short_repr


@in_words_of_plans()
def prepare_sweep(load: Callable[[Sequence[Setting]], Experiment]) -> PreparedSweep:
    """Check the plan of a sweep with the settings of every combination.

    Parameters
    ----------
    load : function from further settings to the experiment with them.

    Raises
    ------
    DataError : the plan has no sweep, or a combination would be compared by another measurement.
    LearningDiagramError : as `prepare`; a fault names the combinations that have it.
    """
    experiment = load([])
    prepared = prepare(experiment)
    sweep = experiment.shape.sweep
    if sweep is None:
        raise DataError(f"{experiment.where(())}: the plan has no sweep; write sweep: {{grid: {{seed: [0, 1]}}}}")
    combinations = [dict(zip(sweep.grid, values, strict=True)) for values in product(*sweep.grid.values())]
    experiments: list[Experiment] = []
    faults: dict[str, list[str]] = {}
    first: LearningDiagramError | None = None
    for settings in combinations:
        try:
            experiments.append(load([Setting(place_of(place), value) for place, value in settings.items()]))
            if (other := prepare(experiments[-1]).compared_by) != prepared.compared_by:
                raise DataError(
                    f"{experiment.where(('sweep',))}: a run is compared by {other}, and the others by "
                    f"{prepared.compared_by}; say measure and mode, and let every combination measure it"
                )
        except LearningDiagramError as fault:
            first = first or fault
            for line in str(fault).splitlines():
                faults.setdefault(line, []).append(said(settings))
    if first is not None:
        error = type(first)("\n".join(f"with {_those(names)}: {line}" for line, names in faults.items()))
        error.__context__ = first
        raise error from None
    return PreparedSweep(prepared, combinations, experiments)


def said(settings: Mapping[str, Any]) -> str:
    """The settings of a combination in a few words.

    >>> said({"stages.0.lr": 0.1, "seed": 1})
    'stages.0.lr=0.1, seed=1'
    """
    return ", ".join(f"{place}={brief(value)}" for place, value in settings.items())


def _those(names: Sequence[str]) -> str:
    return names[0] + (f" and {plural(len(names) - 1, 'further combination')}" if len(names) > 1 else "")
