"""Modules of PyTorch as models of Flux: those layers whose meaning is the same in both, with their parameters alike.

An array of Flux has the dimensions of the tensor in reversed order, so that channels of images stand before the rows.
`nn.Conv2d` is a cross-correlation, which Flux calls `CrossCor`; its weight has the reversed dimensions too. The weight
of `Dense` is a matrix [out, in] in both.

>>> chain = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3, bias=False))
>>> print(model_of(chain, "box 'f'"))
Chain(layer_0 = Dense(4 => 8, relu), layer_2 = Dense(8 => 3; bias = false))
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from textwrap import indent
from typing import Any

from torch import nn

from learning_diagrams.errors import CompileError, brief
from learning_diagrams.semantics.program.julia import INDENT, WORDS, JuliaNames

_WIDTH = 80  # characters of a chain on one line
_ACTIVATIONS: dict[type[nn.Module], str] = {
    nn.ReLU: "relu",
    nn.Sigmoid: "sigmoid",
    nn.SiLU: "swish",
    nn.Tanh: "tanh",
}


def model_of(module: Any, where: str) -> str:
    """The expression that makes the model of a module, with parameters of its own.

    Raises `CompileError` for a module that has no counterpart here.
    """
    if isinstance(module, nn.Sequential) and type(module).forward is nn.Sequential.forward:
        return _chain(module, where)
    if (activation := _activation(module)) is not None:
        return f"x -> {activation}.(x)"
    write = _LAYERS.get(type(module))
    text = write(module) if write else None
    if text is None:
        known = ", ".join(sorted(kind.__name__ for kind in (*_LAYERS, *_ACTIVATIONS, nn.GELU, nn.Sequential)))
        raise CompileError(
            f"{where}: {brief(module)} has no counterpart in Flux here; known, with their usual options: {known}; or "
            "give the box a Julia expression in models="
        )
    return text


def _chain(module: nn.Sequential, where: str) -> str:
    """A chain of named layers. An activation is a part of the layer before it, where that takes one."""
    names, layers = JuliaNames(WORDS), dict[str, str]()
    before = ""
    for name, layer in module.named_children():
        activation = _activation(layer)
        if activation is not None and before:
            head, _, options = layers[before].partition("; ")
            layers[before] = f"{head.removesuffix(')')}, {activation}{f'; {options}' if options else ')'}"
            before = ""
            continue
        key = names.new(f"layer_{name}" if name.isdigit() else name)
        layers[key] = model_of(layer, f"{where}, layer {name!r}")
        before = key if type(layer) in _TAKE_ACTIVATION else ""
    if not layers:
        return "identity"
    lines = [f"{key} = {layer}" for key, layer in layers.items()]
    line = f"Chain({', '.join(lines)})"
    return (
        line
        if len(line) <= _WIDTH and "\n" not in line
        else "\n".join(["Chain(", indent(",\n".join(lines), INDENT), ")"])
    )


def _activation(module: nn.Module) -> str | None:
    """The name of an elementwise function in Julia."""
    if type(module) is nn.GELU:
        return "gelu_erf" if module.approximate == "none" else "gelu_tanh"
    return _ACTIVATIONS.get(type(module))


def _call(name: str, *arguments: str, **options: object) -> str:
    listed = [f"{key} = {value}" for key, value in options.items() if value is not None]
    return f"{name}({', '.join(arguments)}{'; ' if listed else ''}{', '.join(listed)})"


def _reversed(sizes: int | Sequence[int], dims: int) -> str:
    every = (sizes,) * dims if isinstance(sizes, int) else tuple(sizes)
    return f"({', '.join(map(str, reversed(every)))}{',' * (dims == 1)})"


def _options(dims: int, **sizes: Any) -> dict[str, str | None]:
    """The options of a window that differ from their defaults."""
    usual = {"stride": 1, "pad": 0, "dilation": 1}
    texts = {key: _reversed(value, dims) for key, value in sizes.items()}
    return {key: text for key, text in texts.items() if text != _reversed(usual[key], dims)}


def _dense(module: nn.Linear) -> str:
    bias = "false" if module.bias is None else None
    return _call("Dense", f"{module.in_features} => {module.out_features}", bias=bias)


def _convolution(dims: int) -> Callable[[Any], str | None]:
    def write(module: Any) -> str | None:
        if module.groups != 1 or module.padding_mode != "zeros" or isinstance(module.padding, str):
            return None
        options = _options(dims, stride=module.stride, pad=module.padding, dilation=module.dilation)
        bias = "false" if module.bias is None else None
        channels = f"{module.in_channels} => {module.out_channels}"
        return _call("CrossCor", _reversed(module.kernel_size, dims), channels, **options, bias=bias)

    return write


def _pool(name: str, dims: int) -> Callable[[Any], str | None]:
    def write(module: Any) -> str | None:
        padded = name == "MeanPool" and any(_sizes(module.padding))
        if module.ceil_mode or padded or any(size != 1 for size in _sizes(getattr(module, "dilation", 1))):
            return None
        window, stride = (_reversed(sizes, dims) for sizes in (module.kernel_size, module.stride))
        options = _options(dims, pad=module.padding)
        return _call(name, window, **options, stride=None if stride == window else stride)

    return write


def _sizes(sizes: int | Sequence[int]) -> Sequence[int]:
    return (sizes,) if isinstance(sizes, int) else sizes


def _flatten(module: nn.Flatten) -> str | None:
    return "Flux.flatten" if (module.start_dim, module.end_dim) == (1, -1) else None


def _unflatten(module: nn.Unflatten) -> str | None:
    sizes = ", ".join(map(str, reversed(tuple(module.unflattened_size))))
    return f"x -> reshape(x, {sizes}, :)" if module.dim == 1 else None


def _embedding(module: nn.Embedding) -> str | None:
    if module.max_norm is not None or module.padding_idx is not None:
        return None
    return f"Chain(x -> x .+ 1, Embedding({module.num_embeddings} => {module.embedding_dim}))"


_LAYERS: dict[type[nn.Module], Callable[[Any], str | None]] = {
    nn.AvgPool1d: _pool("MeanPool", 1),
    nn.AvgPool2d: _pool("MeanPool", 2),
    nn.Conv1d: _convolution(1),
    nn.Conv2d: _convolution(2),
    nn.Dropout: lambda module: f"Dropout({module.p})",
    nn.Embedding: _embedding,
    nn.Flatten: _flatten,
    nn.Identity: lambda module: "identity",
    nn.Linear: _dense,
    nn.MaxPool1d: _pool("MaxPool", 1),
    nn.MaxPool2d: _pool("MaxPool", 2),
    nn.Softmax: lambda module: "x -> softmax(x; dims = 1)" if module.dim == -1 else None,
    nn.Unflatten: _unflatten,
}
_TAKE_ACTIVATION = (nn.Linear, nn.Conv1d, nn.Conv2d)
