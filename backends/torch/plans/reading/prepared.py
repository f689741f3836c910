"""An experiment with what its names mean: what preparation makes, and a run trains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from learning_diagrams.backends.torch.functor.functor import TorchFunctor
from learning_diagrams.backends.torch.plans.reading.data_reading import columns_of, opened
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

    __repr__ = short_repr

    @property
    def measured_terms(self) -> list[Diagram]:
        """The predictions and the targets of all metrics."""
        return [term for _, *terms in self.metrics.values() for term in terms]

    def columns(self, diagram: LearningDiagram, measured: bool = False) -> dict[str, set[str]]:
        """For each sample space the columns that a learning diagram reads; with those that metrics read."""
        names: dict[str, set[str]] = {name: {*columns} for name, columns in columns_of([diagram]).items()}
        terms = self.measured_terms if measured else []
        for column in (box for term in terms for box in term.boxes if isinstance(box, Column)):
            names.setdefault(column.dom.inside[0].name, set()).add(column.name)
        return names

    def validation_for(self, diagram: LearningDiagram) -> Validation:
        """The validation of a stage that trains a learning diagram."""
        validation = self.experiment.shape.validation
        assert validation is not None
        names = self.metrics if validation.metrics is None else validation.metrics
        chosen = {name: self.metrics[name] for name in names if name in self.metrics}  # others are told as faults
        data = self._measured_on(self.validation, diagram, validation.batch_size)
        size = validation.batch_size
        return Validation(
            data, chosen, validation.monitor, validation.mode, validation.patience, validation.restore, size
        )

    def test_for(self, diagram: LearningDiagram) -> Validation:
        """The measurements at the end, as a validation."""
        size = None if self.experiment.shape.validation is None else self.experiment.shape.validation.batch_size
        return Validation(self._measured_on(self.test, diagram, size), self.metrics, batch_size=size)

    def _measured_on(self, sources: Any, diagram: LearningDiagram, size: Any) -> dict[str, Any] | None:
        """The data for the terms; None, and so metrics only, where there are none and a sample space is read."""
        columns = self.columns(diagram, True)
        return opened(sources, columns, size or 64) or (None if columns else {})
