"""ONNX files, read as data: what a diagram cannot carry is refused by name, and nothing in a file is run or followed.

Source: ONNX, *Open Neural Network Exchange Intermediate Representation* (onnx.ai).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from learning_diagrams.errors import FileError, brief
from learning_diagrams.files.plain_file import read_bytes

try:
    import onnx
    from google.protobuf.message import DecodeError
    from onnx import numpy_helper
except ImportError as error:
    raise FileError(f"ONNX graphs need the package onnx: pip install 'learning-diagrams[onnx]' ({error})") from None

LARGEST = 500_000_000  # bytes of a file
NODES = 100_000
_TYPES = onnx.TensorProto
DTYPES: dict[int, torch.dtype] = {
    _TYPES.FLOAT: torch.float32,
    _TYPES.DOUBLE: torch.float64,
    _TYPES.FLOAT16: torch.float16,
    _TYPES.INT64: torch.int64,
    _TYPES.INT32: torch.int32,
    _TYPES.INT16: torch.int16,
    _TYPES.INT8: torch.int8,
    _TYPES.UINT8: torch.uint8,
    _TYPES.BOOL: torch.bool,
}
_GRAPHS = (onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS)
_PLAIN = {
    onnx.AttributeProto.FLOAT: "f",
    onnx.AttributeProto.INT: "i",
    onnx.AttributeProto.STRING: "s",
    onnx.AttributeProto.TENSOR: "t",
    onnx.AttributeProto.FLOATS: "floats",
    onnx.AttributeProto.INTS: "ints",
    onnx.AttributeProto.STRINGS: "strings",
}


def read_model(source: Any) -> tuple[str, onnx.ModelProto]:
    """The name and the model of a path, of the bytes of a file, or of an `onnx.ModelProto`.

    Raises `FileError` for a file that cannot be read, is larger than 500 MB, or holds what a diagram cannot carry:
    control flow, functions, training, data in other files, tensors that are sparse or of other types; for a graph with
    more than 100,000 nodes, whose values are defined twice or not before their use.
    """
    name, model = "the ONNX model", source
    if isinstance(source, str | os.PathLike) and isinstance(path := os.fspath(source), str):
        name, source = path, read_bytes(path, LARGEST)
    if isinstance(source, bytes):
        if len(source) > LARGEST:
            raise FileError(f"{name} is larger than {LARGEST // 1_000_000} MB, which is the most that is read")
        try:
            model = onnx.ModelProto.FromString(source)
        except DecodeError as error:
            raise FileError(f"{name} is no ONNX model: {error}") from None
    if not isinstance(model, onnx.ModelProto):
        raise FileError(f"from_onnx takes a path, the bytes of a file, or an onnx.ModelProto; got {brief(source)}")
    for fault in _faults(model):
        raise FileError(f"{name}: {fault}")
    return name, model


def _faults(model: onnx.ModelProto) -> Iterator[str]:
    graph = model.graph
    if not graph.output:
        yield "there is no graph with an output, so this is no ONNX model"
    if len(graph.node) > NODES:
        yield f"the graph has {len(graph.node)} nodes; at most {NODES} are read"
    if model.functions:
        yield f"function {brief(model.functions[0].name)} is defined, and functions are not read; inline them first"
    if model.training_info:
        yield "it holds training steps, which are not read"
    if graph.sparse_initializer:
        yield "it holds a sparse initializer, which is not read"
    yield from (f"the name {brief(name)} is not UTF-8 text" for name in _names(model) if isinstance(name, bytes))
    for tensor in graph.initializer:
        yield from _tensor_faults(tensor, f"initializer {brief(tensor.name)}")
    defined = {tensor.name for tensor in graph.initializer} | {value.name for value in graph.input}
    for i, node in enumerate(graph.node):
        where = f"node {i} ({brief(node.op_type)}, {brief(node.name)})"
        for attribute in node.attribute:
            what = f"attribute {brief(attribute.name)} of {where}"
            if attribute.type in _GRAPHS:
                yield f"{what} is a graph: control flow, which a diagram does not have"
            if attribute.type not in _PLAIN or attribute.ref_attr_name:
                yield f"{what} is of a kind that is not read"
            if attribute.type == onnx.AttributeProto.TENSOR:
                yield from _tensor_faults(attribute.t, what)
        yield from (
            f"{where} reads {brief(value)}, which nothing before it computes"
            for value in node.input
            if value and value not in defined
        )
        for value in node.output:
            if value in defined:
                yield f"{where} computes {brief(value)}, which is computed already"
            defined.add(value)
        defined.discard("")
    yield from (f"output {brief(each.name)} is not computed" for each in graph.output if each.name not in defined)
    names = [value.name for value in graph.input]
    if len(set(names)) < len(names):
        yield "two inputs have one name"


def _names(model: onnx.ModelProto) -> Iterator[str | bytes]:
    """Each name in a model; the parser leaves what is no text as bytes."""
    graph = model.graph
    yield from (each.domain for each in model.opset_import)
    yield from (each.name for each in (*graph.initializer, *graph.input, *graph.output, *graph.value_info))
    for node in graph.node:
        yield from (node.name, node.domain, node.op_type, *node.input, *node.output)
        yield from (attribute.name for attribute in node.attribute)


def _tensor_faults(tensor: onnx.TensorProto, what: str) -> Iterator[str]:
    if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
        yield f"{what} lies in another file, and no other file is read; save the model with its data inside"
    elif tensor.data_type not in DTYPES:
        kinds = dict(zip(onnx.TensorProto.DataType.values(), onnx.TensorProto.DataType.keys(), strict=True))
        yield f"{what} holds {kinds.get(tensor.data_type, f'the type {tensor.data_type}')}, which is not read"
    elif any(size < 0 for size in tensor.dims):
        yield f"{what} has the shape {list(tensor.dims)}"
    else:
        try:
            numpy_helper.to_array(tensor)
        except Exception as error:
            yield f"{what} does not hold the numbers of its shape {list(tensor.dims)[:9]}: {brief(str(error))}"


def tensor_of(tensor: onnx.TensorProto) -> Tensor:
    """A tensor of a model that `read_model` has read."""
    return torch.from_numpy(np.array(numpy_helper.to_array(tensor)))


def attributes_of(node: onnx.NodeProto) -> dict[str, Any]:
    """The attributes of a node as numbers, strings, tuples of these, and tensors."""

    def plain(value: Any) -> Any:
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else value

    attributes: dict[str, Any] = {}
    for attribute in node.attribute:
        field = _PLAIN[attribute.type]
        value = getattr(attribute, field)
        several = field.endswith("s") and field != "s"
        attributes[attribute.name] = (
            tensor_of(value) if field == "t" else tuple(map(plain, value)) if several else plain(value)
        )
    return attributes
