"""Modules run on fake tensors: the shapes that they return are known, and nothing is computed.

>>> linear = torch.nn.Linear(4, 3)
>>> with FakeRun(linear) as run:
...     run.call(linear, [run.rows(torch.empty(2, 4), "example")], "layer 'a'").shape
torch.Size([97, 3])
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode

from learning_diagrams.backends.torch.functor.draws import floating_dtype
from learning_diagrams.backends.torch.functor.module_support import shallow_copy
from learning_diagrams.backends.torch.functor.shape_check import ROWS, call_on_fakes, without_validation
from learning_diagrams.errors import CompileError, LearningDiagramError, TypeMismatch, brief, kind


class FakeRun(ExitStack):
    """A context in which modules run on fake tensors; their parameters, buffers and modes stay as they are.

    network : nn.Module, on whose device the tensors are; where only a shape is known they have its floating dtype.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.device = next((parameter.device for parameter in network.parameters()), torch.device("cpu"))
        self.dtype = floating_dtype([network])

    def __enter__(self) -> Self:
        self.enter_context(FakeTensorMode(allow_non_fake_inputs=True))
        self.enter_context(without_validation())
        self.enter_context(torch.no_grad())
        return self

    def rows(self, example: Tensor | tuple[int, ...], where: str) -> Tensor:
        """A fake tensor [rows, *shape] for an example [any number of rows, *shape], or for the shape of one row."""
        if isinstance(example, Tensor) and example.dim():
            return torch.empty(ROWS, *example.shape[1:], dtype=example.dtype, device=self.device)
        if isinstance(example, tuple) and all(type(size) is int and size > 0 for size in example):
            return torch.empty(ROWS, *example, dtype=self.dtype, device=self.device)
        raise TypeMismatch(
            f"{where} is a tensor [rows, …], or the shape of one row as a tuple, as in (3, 32, 32); got "
            f"{brief(example)}"
        )

    def call(self, module: nn.Module, values: Sequence[Any], where: str) -> Any:
        """What a module returns for fake values; `CompileError` where it fails."""
        try:
            return call_on_fakes(torch.empty, shallow_copy(module), module.training, *values)
        except LearningDiagramError:
            raise
        except Exception as error:
            shapes = ", ".join(str(list(value.shape)) for value in values if isinstance(value, Tensor))
            raise CompileError(
                f"{where} cannot take {shapes or 'its inputs'}; on tensors without values it raised {fault_of(error)}"
            ) from error


def fault_of(error: Exception) -> str:
    """The kind of an error and the first line of its message."""
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"


def require_rows(value: Any, where: str) -> Tensor:
    """The value, if it is a tensor of as many rows as `FakeRun` gives; otherwise `CompileError`."""
    if not isinstance(value, Tensor):
        raise CompileError(f"{where} returned {kind(value)}, where a tensor is needed")
    if value.dim() == 0 or value.shape[0] != ROWS:
        raise CompileError(
            f"{where} returned a tensor {list(value.shape)} for {ROWS} rows; the first dimension of every tensor on a "
            "wire is that of rows"
        )
    return value
