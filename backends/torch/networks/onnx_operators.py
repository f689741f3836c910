"""The operators of ONNX that have a meaning here: each as a function of tensors, in PyTorch.

They have the meaning of operator sets 13 and later, in inference. `OPERATORS` is the whole table.

>>> operator = Operator("Gemm", {"transB": 1}, (None, torch.ones(3, 2), torch.zeros(3)), trained={1, 2})
>>> operator(torch.ones(5, 2)).shape, len(list(operator.parameters()))
(torch.Size([5, 3]), 2)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from learning_diagrams.errors import CompileError

OPSETS = range(13, 29)  # the versions of the operator set in which the table holds
Attributes = Mapping[str, Any]


class Operator(nn.Module):
    """An operator with its attributes, and with its constant inputs as parameters or buffers.

    Parameters
    ----------
    name : str, a key of `OPERATORS`.
    inputs : tuple, for each input a constant Tensor; ... for no input; None for an input that comes on a wire.
    trained : the places of constants that may be parameters: floating ones with a dimension, which are no statistics.
    """

    def __init__(self, name: str, attributes: Attributes, inputs: Sequence[Any], trained: Collection[int]) -> None:
        super().__init__()
        self.name, self.attributes = name, dict(attributes)
        self.places: list[str | None] = []
        for i, constant in enumerate(inputs):
            self.places.append(None if constant is None else f"input_{i}" if isinstance(constant, Tensor) else "")
            if isinstance(constant, Tensor):
                learns = i in trained and constant.is_floating_point() and constant.dim() > 0
                if learns and (name, i) not in _STATISTICS:
                    self.register_parameter(f"input_{i}", nn.Parameter(constant))
                else:
                    self.register_buffer(f"input_{i}", constant)

    def forward(self, *values: Tensor) -> Tensor:
        wires = iter(values)
        inputs = [next(wires) if place is None else getattr(self, place) if place else None for place in self.places]
        return OPERATORS[self.name](self.attributes, *inputs)

    def extra_repr(self) -> str:
        return ", ".join([self.name, *(f"{key}={value}" for key, value in self.attributes.items())])


_STATISTICS = {("BatchNormalization", 3), ("BatchNormalization", 4)}


def _gemm(a: Attributes, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    x = x.t() if a.get("transA") else x
    alpha, beta = a.get("alpha", 1.0), a.get("beta", 1.0)
    if alpha == beta == 1 and (bias is None or bias.dim() == 1):
        return functional.linear(x, weight if a.get("transB") else weight.t(), bias)
    product: Tensor = alpha * (x @ (weight.t() if a.get("transB") else weight))
    return product if bias is None else product + beta * bias


def _flatten(a: Attributes, x: Tensor) -> Tensor:
    axis = a.get("axis", 1) % (x.dim() + 1)
    return x.reshape(math.prod(x.shape[:axis]) if axis != 1 else x.shape[0], -1)


def _reshape(a: Attributes, x: Tensor, shape: Tensor) -> Tensor:
    sizes = [int(size) for size in shape.tolist()]
    if not a.get("allowzero"):
        sizes = [x.shape[i] if size == 0 else size for i, size in enumerate(sizes)]
    return x.reshape(sizes)


def _squeeze(a: Attributes, x: Tensor, axes: Tensor | None = None) -> Tensor:
    return x.squeeze() if axes is None else x.squeeze(tuple(axes.tolist()))


def _unsqueeze(a: Attributes, x: Tensor, axes: Tensor) -> Tensor:
    rank = x.dim() + axes.numel()
    for axis in sorted(int(axis) % rank for axis in axes.tolist()):
        x = x.unsqueeze(axis)
    return x


def _reduce(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def reduced(a: Attributes, x: Tensor, axes: Tensor | None = None) -> Tensor:
        over = a.get("axes") if axes is None else tuple(axes.tolist())
        if not over and a.get("noop_with_empty_axes"):
            return x
        return function(x, dim=over or tuple(range(x.dim())), keepdim=bool(a.get("keepdims", 1)))

    return reduced


def _gather(a: Attributes, data: Tensor, indices: Tensor) -> Tensor:
    axis = a.get("axis", 0) % data.dim()
    chosen = torch.where(indices < 0, indices + data.shape[axis], indices)
    taken = data.index_select(axis, chosen.flatten())
    return taken.reshape(*data.shape[:axis], *indices.shape, *data.shape[axis + 1 :])


def _padding(a: Attributes, dims: int) -> list[int]:
    """The padding of each spatial dimension, from its end to its beginning, as `torch.nn.functional.pad` takes it."""
    if a.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID") or a.get("ceil_mode"):
        raise CompileError("auto_pad and ceil_mode of ONNX have no module here; write pads=")
    pads = a.get("pads", (0,) * 2 * dims)
    return [pads[i + side * dims] for i in reversed(range(dims)) for side in (0, 1)]


def _window(a: Attributes, dims: int) -> dict[str, Any]:
    return {key: a.get(name, (1,) * dims) for key, name in (("stride", "strides"), ("dilation", "dilations"))}


def _conv(a: Attributes, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    dims = weight.dim() - 2
    convolve: Any = (functional.conv1d, functional.conv2d, functional.conv3d)[dims - 1]
    padding = _padding(a, dims)
    if padding[::2] == padding[1::2]:  # as PyTorch pads, so that it chooses the same kernel
        inside, padding = tuple(padding[::-2]), [0] * 2 * dims
    else:
        inside = (0,) * dims
    x = functional.pad(x, padding) if any(padding) else x
    result: Tensor = convolve(x, weight, bias, padding=inside, groups=a.get("group", 1), **_window(a, dims))
    return result


def _max_pool(a: Attributes, x: Tensor) -> Tensor:
    dims = x.dim() - 2
    pool: Any = (functional.max_pool1d, functional.max_pool2d, functional.max_pool3d)[dims - 1]
    padding = _padding(a, dims)
    x = functional.pad(x, padding, value=-math.inf) if any(padding) else x
    result: Tensor = pool(x, a["kernel_shape"], **_window(a, dims))
    return result


def _average_pool(a: Attributes, x: Tensor) -> Tensor:
    dims = x.dim() - 2
    pool: Any = (functional.avg_pool1d, functional.avg_pool2d, functional.avg_pool3d)[dims - 1]
    padding, window = _padding(a, dims), _window(a, dims)
    if padding[::2] != padding[1::2] or set(window["dilation"]) != {1}:
        raise CompileError("AveragePool with uneven pads or with dilations has no module here")
    inside, counted = tuple(padding[::-2]), bool(a.get("count_include_pad"))
    result: Tensor = pool(x, a["kernel_shape"], window["stride"], inside, False, counted)
    return result


def _batch_norm(a: Attributes, x: Tensor, scale: Tensor, shift: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    return functional.batch_norm(x, mean, variance, scale, shift, False, 0.0, a.get("epsilon", 1e-5))


def _layer_norm(a: Attributes, x: Tensor, scale: Tensor, shift: Tensor | None = None) -> Tensor:
    shape = x.shape[a.get("axis", -1) :]
    return functional.layer_norm(x, shape, scale, shift, a.get("epsilon", 1e-5))


def _clip(a: Attributes, x: Tensor, least: Tensor | None = None, most: Tensor | None = None) -> Tensor:
    return x if least is None and most is None else x.clamp(least, most)


def _dropout(a: Attributes, x: Tensor, ratio: Tensor | None = None, training: Tensor | None = None) -> Tensor:
    if training is not None and bool(training):
        raise CompileError("Dropout in training mode has no module here; export the model in inference mode")
    return x


OPERATORS: dict[str, Callable[..., Tensor]] = {
    "Abs": lambda a, x: x.abs(),
    "Add": lambda a, x, y: x + y,
    "AveragePool": _average_pool,
    "BatchNormalization": _batch_norm,
    "Clip": _clip,
    "Concat": lambda a, *parts: torch.cat(parts, a["axis"]),
    "Conv": _conv,
    "Div": lambda a, x, y: x / y if x.is_floating_point() else torch.div(x, y, rounding_mode="trunc"),
    "Dropout": _dropout,
    "Elu": lambda a, x: functional.elu(x, a.get("alpha", 1.0)),
    "Erf": lambda a, x: x.erf(),
    "Exp": lambda a, x: x.exp(),
    "Flatten": _flatten,
    "Gather": _gather,
    "Gelu": lambda a, x: functional.gelu(x, approximate=a.get("approximate", "none")),
    "Gemm": _gemm,
    "GlobalAveragePool": lambda a, x: x.mean(tuple(range(2, x.dim())), keepdim=True),
    "Identity": lambda a, x: x,
    "LayerNormalization": _layer_norm,
    "LeakyRelu": lambda a, x: functional.leaky_relu(x, a.get("alpha", 0.01)),
    "Log": lambda a, x: x.log(),
    "LogSoftmax": lambda a, x: x.log_softmax(a.get("axis", -1)),
    "MatMul": lambda a, x, y: x @ y,
    "MaxPool": _max_pool,
    "Mul": lambda a, x, y: x * y,
    "Neg": lambda a, x: -x,
    "Pow": lambda a, x, y: x.pow(y),
    "Reciprocal": lambda a, x: x.reciprocal(),
    "ReduceMean": _reduce(torch.mean),
    "ReduceSum": _reduce(torch.sum),
    "Relu": lambda a, x: x.relu(),
    "Reshape": _reshape,
    "Sigmoid": lambda a, x: x.sigmoid(),
    "Softmax": lambda a, x: x.softmax(a.get("axis", -1)),
    "Softplus": lambda a, x: functional.softplus(x),
    "Sqrt": lambda a, x: x.sqrt(),
    "Squeeze": _squeeze,
    "Sub": lambda a, x, y: x - y,
    "Tanh": lambda a, x: x.tanh(),
    "Transpose": lambda a, x: x.permute(a.get("perm", tuple(reversed(range(x.dim()))))),
    "Unsqueeze": _unsqueeze,
}
