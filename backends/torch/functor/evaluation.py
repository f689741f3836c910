"""Evaluation that leaves no trace: boxes on values as in eval mode, whatever mode their modules are in.

No gradient is recorded, no buffer written, no flag changed, and torch's generators, of the CPU and of CUDA devices, go
on as if nothing had been drawn. (Autocast may meet a weight here first; since torch 2.11 what it keeps has a gradient.)

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.backends.torch.functor.space import Euclidean
>>> x = Ty("x")
>>> drop = torch.nn.Dropout(0.5)
>>> evaluation = Evaluation(TorchFunctor(ob={x: Euclidean(2)}, ar={"drop": drop}))
>>> with evaluation.without_trace():
...     evaluation(PortGraph.from_diagram(Box("drop", x, x)), [torch.ones(1, 2)], rows=1)
(tensor([[1., 1.]]),)
>>> drop.training, evaluation.dtypes
(True, {torch.float32})
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from discopy import markov
from torch import Tensor, nn

from learning_diagrams.backends.torch.functor.freezing import in_mode
from learning_diagrams.backends.torch.functor.functor import TorchFunctor, outputs_of
from learning_diagrams.backends.torch.functor.shape_check import check_outputs
from learning_diagrams.backends.torch.functor.uses import bound_module
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.sample_space import State
from learning_diagrams.diagrams.uses import with_uses
from learning_diagrams.semantics.functor.functor import fold

# Modules whose products in float32 a GPU may round to ten bits, by the flags of cuDNN.
_CONVOLUTIONS = (nn.modules.conv._ConvNd, nn.RNNBase)
# What the products of a float32 matrix may be rounded to, as fine as the dtype that is named here.
_PRODUCTS = {"highest": torch.float32, "high": torch.float16, "medium": torch.bfloat16}


class Evaluation:
    """Evaluates graphs of a functor's boxes, inside `without_trace`.

    Attributes
    ----------
    dtypes : set of torch.dtype, the floating dtypes of all computations since this set was last cleared: of arguments,
        outputs, parameters and autocast. If products in float32 are rounded, the dtype of the rounding counts too.
    """

    def __init__(self, functor: TorchFunctor) -> None:
        self.functor = functor
        self.dtypes: set[torch.dtype] = set()

    @contextmanager
    def without_trace(self) -> Iterator[None]:
        """Inside, graphs may be evaluated."""
        modules = [module for module in self.functor.modules.values() if isinstance(module, nn.Module)]
        parts = (part for module in modules for part in (*module.parameters(), *module.buffers()))
        with torch.random.fork_rng({part.device for part in parts if part.device.type == "cuda"}), torch.no_grad():
            yield

    def __call__(
        self, graph: PortGraph, inputs: Sequence[Any], rows: int, draw: Callable[[str], Any] | None = None
    ) -> tuple[Any, ...]:
        """The values at the outputs of a graph: tensors, and `WireDistribution`s where kernels end.

        Parameters
        ----------
        inputs : list of one value for each input wire; for a sample space a mapping of columns.
        rows : int, the number of rows for which the output of a box from I stands.
        draw : function from the name of a sample space to its columns, for its state.
        """

        def apply(box: markov.Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
            if draw is not None and isinstance(box, State):
                return (draw(box.space.name),)
            return self.functor.apply(box, values, rows, self._call)

        return fold(graph, inputs, apply)

    def _call(self, box: markov.Box, points: list[Tensor]) -> Any:
        result = bound_module(box, lambda name: partial(_untouched, self.functor.module(name)))(*points)
        check_outputs(box, self.functor(box.cod), result, len(points[0]) if points else None)
        values = [*points, *(output for output in outputs_of(box, result) if isinstance(output, Tensor))]
        for part in with_uses(box):
            self._note(self.functor.module(part.name), values)
        return result

    def _note(self, module: Callable[..., Any], values: list[Tensor]) -> None:
        parts = list(module.modules()) if isinstance(module, nn.Module) else []
        tensors = [*values, *(parameter for part in parts for parameter in part.parameters(recurse=False))]
        dtypes = {tensor.dtype for tensor in tensors if tensor.dtype.is_floating_point}
        devices = {tensor.device.type for tensor in tensors}
        if torch.float32 in dtypes:
            dtypes.add(_PRODUCTS[torch.get_float32_matmul_precision()])
            if (
                "cuda" in devices
                and torch.backends.cudnn.allow_tf32
                and any(isinstance(p, _CONVOLUTIONS) for p in parts)
            ):
                dtypes.add(torch.float16)
        dtypes |= {torch.get_autocast_dtype(device) for device in devices if torch.is_autocast_enabled(device)}
        self.dtypes |= dtypes


def _untouched(module: Callable[..., Any], *values: Any) -> Any:
    """Call a module in eval mode, on copies of its buffers."""
    if not isinstance(module, nn.Module):
        return module(*values)
    buffers = {name: buffer.clone() for name, buffer in module.named_buffers()}
    with in_mode(module, training=False):
        return torch.func.functional_call(module, buffers, values) if buffers else module(*values)
