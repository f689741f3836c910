"""What an experiment measures: everything that a plan asks for can be measured, and a sweep compares by one of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from learning_diagrams.backends.torch.measuring.measurement import Measurement, heading
from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.backends.torch.plans.reading.prepared import Prepared
from learning_diagrams.backends.torch.training.seeds import seeded
from learning_diagrams.backends.torch.training.validation import require_measured
from learning_diagrams.errors import LearningDiagramError, UnknownName, did_you_mean
from learning_diagrams.files.experiment import Faults
from learning_diagrams.files.experiment_shape import ExperimentShape
from learning_diagrams.learning_diagram import LearningDiagram

OF_STEPS = ("learning_rate", "gradient_norm")  # measured of each update


def check_measurements(prepared: Prepared, objectives: Sequence[Objective], faults: Faults) -> tuple[str, ...]:
    """Keep the faults of validation, test and sweep; what the sweep compares by, and "min" or "max".

    objectives : one a stage.
    """
    shape = prepared.experiment.shape
    validation, stages, known = shape.validation, shape.stages, True
    last = objectives[-1]
    names = [*terms_of(last.diagram), *OF_STEPS]
    validated: dict[int, Measurement] = {}
    for i, each in enumerate(objectives):
        if validation is not None and stages[i].validation and known:
            known = False  # and further stages would say the same
            with faults.at("validation"), of_stage(shape, i):
                validated[i] = prepared.validation_for(each.diagram).open(each, True)
                known = True
    measured = [*validated.values()]
    if len(stages) - 1 in validated:
        names += [f"validation/{name}" for name in validated[len(stages) - 1].names]
    if shape.test is not None:
        with faults.at("test"):
            tested = prepared.test_for(last.diagram).open(last, True)
            measured.append(tested)
            names += [f"test/{name}" for name in tested.names]
    for measurement in measured:
        for name in measurement.fed:
            with faults.at("metrics", name), seeded(0, prepared.device):
                measurement.try_metric(name)
    if faults.errors:
        check_names(shape, [None] * (len(stages) - 1) + [last.diagram], faults, monitored=False)
        return ()
    with faults.at("sweep", "measure"):
        return compared_by(shape, names)
    return ()


def check_names(
    shape: ExperimentShape, diagrams: Sequence[LearningDiagram | None], faults: Faults, monitored: bool = True
) -> None:
    """Keep the faults of what validation monitors and a sweep compares by, for a plan that cannot be made as a whole.

    Parameters
    ----------
    diagrams : one a stage, or None where it could not be read.
    monitored : bool, whether the monitor is checked.
    """
    validation, metrics = shape.validation, [*shape.metrics]
    for i, (stage, diagram) in enumerate(zip(shape.stages, diagrams, strict=True)):
        if monitored and validation is not None and stage.validation and diagram is not None:
            names = [*terms_of(diagram), *(metrics if validation.metrics is None else validation.metrics)]
            monitored = validation.monitor in names  # else further stages would say the same
            with faults.at("validation"), of_stage(shape, i):
                require_measured(validation.monitor, names)
    if diagrams[-1] is not None:
        terms = terms_of(diagrams[-1])
        names = [*terms, *OF_STEPS]
        if validation is not None and shape.stages[-1].validation:
            own = metrics if validation.metrics is None else validation.metrics
            names += [f"validation/{name}" for name in (*terms, *own)]
        if shape.test is not None:
            names += [f"test/{name}" for name in (*terms, *metrics)]
        with faults.at("sweep", "measure"):
            compared_by(shape, names)


def terms_of(diagram: LearningDiagram) -> list[str]:
    """The headings of the total and of the terms of a learning diagram."""
    return ["total", *(heading(constraint.name) for constraint in diagram.constraints)]


@contextmanager
def of_stage(shape: ExperimentShape, number: int) -> Iterator[None]:
    """An error inside is about the validation of a stage, which it names."""
    try:
        yield
    except LearningDiagramError as error:
        advice = "; a stage with validation: false is not validated" if len(shape.stages) > 1 else ""
        raise type(error)(f"{shape.title_of(number)}: {error}{advice}") from None


def compared_by(shape: ExperimentShape, names: Collection[str]) -> tuple[str, ...]:
    """What a sweep compares by, one of the names of what is measured, and "min" or "max"; nothing without a sweep."""
    validation, sweep = shape.validation, shape.sweep
    if sweep is None:
        return ()
    validates = validation is not None and shape.stages[-1].validation
    monitor, mode = (validation.monitor, validation.mode) if validation and validates else ("total", "min")
    measure = monitor if sweep.measure is None else sweep.measure
    measure = f"validation/{measure}" if f"validation/{measure}" in names else measure
    if measure not in names:
        raise UnknownName(f"a run does not measure {measure!r}; {did_you_mean(measure, names)}")
    monitored = measure.removeprefix("test/").removeprefix("validation/") == monitor
    return measure, sweep.mode or (mode if monitored else "min")
