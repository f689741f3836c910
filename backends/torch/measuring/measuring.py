"""What an objective says of data: its loss and metrics, and the outputs of its morphisms."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from learning_diagrams.backends.torch.data.source import Source
from learning_diagrams.backends.torch.measuring.measurable import Measurable
from learning_diagrams.backends.torch.measuring.measurement import Measurement
from learning_diagrams.backends.torch.measuring.metric import Metric
from learning_diagrams.backends.torch.measuring.morphism_on_data import starts_from_data
from learning_diagrams.backends.torch.measuring.prediction import predict
from learning_diagrams.diagrams.box import Diagram


class Measuring:
    """The methods of an objective that measure and predict."""

    def evaluate(
        self: Measurable,
        data: Mapping[str, Source] | Any,
        metrics: Mapping[str, Metric] = MappingProxyType({}),
        *,
        batch_size: int | Mapping[str, int] | None = None,
        strict: bool = True,
    ) -> dict[str, float]:
        """Total, terms and metrics on data, in eval mode; the modes of all parts are put back.

        A term is Σ value · count / Σ count over the batches, and the total is Σ weight · term. So the batches do not
        change them, also where columns have masks or the last batch is short. Draws come from PyTorch's generators:
        after `torch.manual_seed(0)` they are those of a validation in `fit` or in a plan.

        Parameters
        ----------
        data : as for `fit`; the data of a single sample space may stand alone, as a DataLoader.
        metrics : dict from str to function of the objective that returns a number, or to a tuple (metric object,
            prediction, target), as (torchmetrics.classification.MulticlassAccuracy(10), pixels >> student, label). The
            object has `update`, `compute` and `reset`; `update` gets the outputs of the morphisms, batch by batch, for
            the rows in which all columns that they read are present. Of outputs with positions, as tokens, it gets the
            positions that are present, as one more row each. A kernel at the end of a morphism gives logits.
        batch_size : int, rows at a time, or a dict from sample space to int; None takes all rows as one batch.
        strict : bool, whether columns that neither diagram nor metrics have are an error.

        Raises
        ------
        DataError : data that do not fit, or that come in batches although a term depends on several rows at once; a
            metric that fails or is no number.
        """
        return Measurement(self, data, metrics, batch_size, strict).measure()

    def predict(
        self: Measurable,
        data: Mapping[str, Source] | Any,
        morphism: Diagram | None = None,
        *,
        batch_size: int | Mapping[str, int] = 64,
        strict: bool = True,
    ) -> Any:
        """The outputs of a morphism for all rows of data: a Tensor [rows, …], or a tuple with one for each wire.

        Where a column that the morphism reads has a mask or padding, each Tensor is a pair (values, mask). The
        objective is in eval mode and no gradient is kept. The rows stay in order; a DataLoader keeps its own order.
        A row of NaN has outputs of NaN: `evaluate` refuses it, since it would spoil a mean, and `predict` does not.

        Parameters
        ----------
        data : as for `fit`; the data of a single sample space may stand alone, as a DataLoader.
        morphism : Diagram from sample spaces, as pixels >> student; None takes the prediction, `lhs`, of every
            constraint on data, and returns a dict by constraint.
        batch_size : int, rows at a time, or a dict from sample space to int.

        Raises
        ------
        TypeMismatch : the morphism does not start from data; `model` takes tensors.
        DataError : data that do not fit; outputs that are no tensors.
        """
        if morphism is not None:
            return predict(self, data, {"the morphism": morphism}, batch_size, strict)["the morphism"]
        predictions = {c.name: c.lhs if c.over is None else c.over >> c.lhs for c in self.loss.diagram.constraints}
        on_data = {name: diagram for name, diagram in predictions.items() if starts_from_data(diagram)}
        return predict(self, data, on_data, batch_size, strict)
