"""An experiment with what its names mean: what preparation makes, and a run trains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from learning_diagrams.backends.torch.functor.functor import TorchFunctor
from learning_diagrams.backends.torch.plans.reading.data_reading import columns_of, opened
from learning_diagrams.backends.torch.plans.reading.lacked_names import lacking
from learning_diagrams.backends.torch.training.validation import Validation
from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.sample_space import Column
from learning_diagrams.errors.short_text import short_repr
from learning_diagrams.files.experiment import Experiment
from learning_diagrams.files.lint_of_plan import StageReading
from learning_diagrams.learning_diagram import LearningDiagram


@dataclass(frozen=True)
class Prepared:
    """An experiment with what its names mean.

    Attributes
    ----------
    diagrams : tuple of LearningDiagram, one a stage.
    functor : TorchFunctor, spaces and modules for all stages.
    data, validation, test : dict from sample space to table, or to a function that opens a stream.
    metrics : dict from name to (metric object, prediction, target).
    notes : tuple of str, what can be trained as it is, and is seldom meant; each with its place.
    compared_by : tuple of str, the measurement that the sweep compares by, and "min" or "max"; empty without a sweep.
    readings : tuple of StageReading, the learning diagrams with their documents, one a stage.
    unfinished : tuple of str, the schedules that do not reach their end, each with its place; training warns of each.
    """

    experiment: Experiment
    diagrams: tuple[LearningDiagram, ...]
    functor: TorchFunctor
    data: dict[str, Any]
    validation: dict[str, Any]
    test: dict[str, Any]
    metrics: dict[str, tuple[Any, ...]]
    device: torch.device
    notes: tuple[str, ...] = ()
    compared_by: tuple[str, ...] = ()
    readings: tuple[StageReading, ...] = ()
    unfinished: tuple[str, ...] = ()

    __repr__ = short_repr

    @property
    def measured_terms(self) -> list[Diagram]:
        """The predictions and the targets of all metrics."""
        return [term for _, *terms in self.metrics.values() for term in terms]

    def columns(self, diagram: LearningDiagram, measured: Iterable[Diagram] = ()) -> dict[str, set[str]]:
        """For each sample space the columns that a learning diagram reads; with those that further terms read."""
        names: dict[str, set[str]] = {name: {*columns} for name, columns in columns_of([diagram]).items()}
        for column in (box for term in measured for box in term.boxes if isinstance(box, Column)):
            names.setdefault(column.dom.inside[0].name, set()).add(column.name)
        return names

    def metrics_for(self, diagram: LearningDiagram, names: Iterable[str], data: Mapping[str, Any]) -> dict[str, Any]:
        """Those of some metrics that a stage with a learning diagram can read; the others are of other stages."""
        stages = [stage for stage in self.readings if stage.diagram == diagram]
        known = {name: self.metrics[name] for name in names if name in self.metrics}  # others are told as faults
        return {
            name: (metric, *terms)
            for name, (metric, *terms) in known.items()
            if any(not lacking(stage, terms, data) for stage in stages)
        }

    def validation_for(self, diagram: LearningDiagram) -> Validation:
        """The validation of a stage that trains a learning diagram: its data, and the metrics that it can read."""
        validation = self.experiment.shape.validation
        assert validation is not None
        names = self.metrics if validation.metrics is None else validation.metrics
        size = validation.batch_size
        chosen = self.metrics_for(diagram, names, self.validation)
        data = self._measured_on(self.validation, diagram, chosen, size)
        return Validation(
            data, chosen, validation.monitor, validation.mode, validation.patience, validation.restore, size
        )

    def test_for(self, diagram: LearningDiagram) -> Validation:
        """What measures `test` by an objective of a learning diagram: its data, and the metrics that it can read."""
        size = None if self.experiment.shape.validation is None else self.experiment.shape.validation.batch_size
        chosen = self.metrics_for(diagram, self.metrics, self.test)
        return Validation(self._measured_on(self.test, diagram, chosen, size), chosen, batch_size=size)

    def _measured_on(
        self, sources: Any, diagram: LearningDiagram, metrics: Mapping[str, Any], size: Any
    ) -> dict[str, Any] | None:
        """The data for terms and metrics; None, so metrics only, where there are none and a sample space is read."""
        columns = self.columns(diagram, (term for _, *terms in metrics.values() for term in terms))
        return opened(sources, columns, size or 64) or (None if columns else {})
