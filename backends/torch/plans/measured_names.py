"""What an experiment measures: everything that a plan asks for can be measured, and a sweep compares by one of it."""

from __future__ import annotations

from collections.abc import Sequence

from learning_diagrams.backends.torch.measuring.measurement import Measurement, heading
from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.backends.torch.plans.reading.prepared import Prepared
from learning_diagrams.backends.torch.training.seeds import seeded
from learning_diagrams.errors import LearningDiagramError, UnknownName, did_you_mean
from learning_diagrams.files.experiment import Faults


def check_measurements(prepared: Prepared, objectives: Sequence[Objective], faults: Faults) -> tuple[str, ...]:
    """Keep the faults of validation, test and sweep; what the sweep compares by, and "min" or "max".

    objectives : one a stage.
    """
    shape = prepared.experiment.shape
    validation, stages, known = shape.validation, shape.stages, True
    last = objectives[-1]
    names = ["total", *(heading(term.name) for term in last.loss.terms), "learning_rate", "gradient_norm"]
    validated: dict[int, Measurement] = {}
    for i, each in enumerate(objectives):
        if validation is not None and stages[i].validation and known:
            with faults.at("validation"):
                try:
                    validated[i] = prepared.validation_for(each.diagram).open(each, True)
                except LearningDiagramError as error:
                    known = False  # and further stages would say the same
                    title = f"stage {i + 1}" + (f", {stages[i].name!r}" if stages[i].name else "")
                    advice = "; a stage with validation: false is not validated" if len(stages) > 1 else ""
                    raise type(error)(f"{title}: {error}{advice}") from None
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
    if (sweep := shape.sweep) is None or faults.errors:
        return ()
    validates = validation is not None and stages[-1].validation
    monitor, mode = (validation.monitor, validation.mode) if validation and validates else ("total", "min")
    measure = monitor if sweep.measure is None else sweep.measure
    measure = f"validation/{measure}" if f"validation/{measure}" in names else measure
    with faults.at("sweep", "measure"):
        if measure not in names:
            raise UnknownName(f"a run does not measure {measure!r}; {did_you_mean(measure, names)}")
    monitored = measure.removeprefix("test/").removeprefix("validation/") == monitor
    return measure, sweep.mode or (mode if monitored else "min")
