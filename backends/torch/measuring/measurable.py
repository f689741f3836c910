"""An objective and its loss, as far as they are measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import torch
from torch import Tensor

from learning_diagrams.backends.torch.data.batch import BatchLayout
from learning_diagrams.backends.torch.data.mask import Batch
from learning_diagrams.backends.torch.divergences.table import TorchDivergences
from learning_diagrams.backends.torch.functor.functor import TorchFunctor
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.semantics.program.printer import Term


class Loss(Protocol):
    """The terms of a loss, and the batches that they read."""

    @property
    def diagram(self) -> LearningDiagram: ...
    @property
    def terms(self) -> tuple[Term, ...]: ...
    @property
    def layout(self) -> BatchLayout: ...
    @property
    def divergences(self) -> TorchDivergences: ...


class Weights(Protocol):
    """The constants of a loss by name; 0-d tensors on its device."""

    def __getitem__(self, name: str) -> Tensor: ...


class Measurable(Protocol):
    """An objective: its loss, its modules, and its values on batches."""

    functor: TorchFunctor

    @property
    def loss(self) -> Loss: ...
    @property
    def loss_now(self) -> Loss: ...
    @property
    def constants(self) -> Weights: ...
    @property
    def dtype(self) -> torch.dtype | None: ...
    def __call__(self, batch: Batch, strict: bool = True) -> tuple[Tensor, dict[str, Tensor]]: ...
    def counts(self, batch: Batch) -> Mapping[str, Tensor]: ...
    def model(self, diagram: Any) -> Callable[..., Any]: ...
    def eval(self) -> Any: ...
