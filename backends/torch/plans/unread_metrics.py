"""The metrics of an experiment that are measured nowhere, because no stage that would measure them can read them.

A metric is measured in the stages that can read it. Without this check a mistake in its terms would leave it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from learning_diagrams.backends.torch.plans.reading.lacked_names import lacking
from learning_diagrams.backends.torch.plans.reading.prepared import Prepared
from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.errors import LearningDiagramError
from learning_diagrams.files.experiment import Faults


def all_are_read(prepared: Prepared, faults: Faults) -> bool:
    """Whether each metric is read where it is to be measured; a metric that is not is a fault at its place."""
    shape, count = prepared.experiment.shape, len(faults.errors)
    chosen = None if shape.validation is None else shape.validation.metrics
    for name, (_, *terms) in prepared.metrics.items():
        listed = name in (chosen or ())
        validated = _validated(prepared, terms) if listed or chosen is None else {}
        tested = {} if listed or shape.test is None else _at(prepared, terms, [len(shape.stages) - 1], prepared.test)
        asked = [*validated.items(), *((f"test, of {title}", errors) for title, errors in tested.items())]
        every = _at(prepared, terms, range(len(shape.stages)), prepared.validation or prepared.data)
        place = ("validation", "metrics", (chosen or []).index(name)) if listed else ("metrics", name)
        with faults.at(*place):
            able = [title for title, errors in every.items() if not errors and title not in validated | tested]
            require_read(dict(asked) or every, able)
    return len(faults.errors) == count


def require_read(asked: Mapping[str, list[LearningDiagramError]], able: Iterable[str]) -> None:
    """Raise the error of what lacks least, if everything that is asked to measure a metric lacks something.

    Parameters
    ----------
    asked : dict from the title of what measures to the errors by which it cannot.
    able : the titles of stages that can, and are not asked.

    >>> from learning_diagrams.errors import UnknownName
    >>> require_read({"stage 1": [UnknownName("no box is named 'f'")], "stage 2": []}, ["stage 2"])
    >>> require_read({"stage 1": [UnknownName("no box is named 'f'")]}, ["stage 2"])
    Traceback (most recent call last):
    ...
    learning_diagrams.errors.UnknownName: the metric is measured nowhere: stage 1: no box is named 'f'; stage 2 \
can read it, and does not measure it
    """
    title, errors = min(asked.items(), key=lambda item: len(item[1]))
    if errors:
        others = "".join(f"; {other} can read it, and does not measure it" for other in [*able][:1])
        raise type(errors[0])(f"the metric is measured nowhere: {title}: {errors[0]}{others}") from None


def _validated(prepared: Prepared, terms: list[Diagram]) -> dict[str, list[LearningDiagramError]]:
    shape = prepared.experiment.shape
    stages = [i for i, stage in enumerate(shape.stages) if shape.validation is not None and stage.validation]
    return _at(prepared, terms, stages, prepared.validation)


def _at(
    prepared: Prepared, terms: list[Diagram], stages: Iterable[int], data: Mapping[str, Any]
) -> dict[str, list[LearningDiagramError]]:
    """For the title of each of some stages, the errors by which it cannot read terms."""
    shape = prepared.experiment.shape
    return {shape.title_of(i): lacking(prepared.readings[i], terms, data) for i in stages}
