"""The graph of an ONNX model, read node by node: the shapes of its values, its boxes, and their operators."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Mapping
from hashlib import sha256
from typing import Any

import onnx
import torch
from onnx import shape_inference
from torch import Tensor

from learning_diagrams.backends.torch.functor.space import Size, Space
from learning_diagrams.backends.torch.networks.network import Network, NetworkBuilder, object_of
from learning_diagrams.backends.torch.networks.onnx_file import DTYPES, attributes_of, read_model, tensor_of
from learning_diagrams.backends.torch.networks.onnx_operators import OPERATORS, OPSETS, Operator
from learning_diagrams.diagrams.port_graph import Wire
from learning_diagrams.errors import FileError, brief

ROWS = "rows of the batch"
NUMBERS = 2**40  # in a row of a tensor
_STANDARD = ("", "ai.onnx")
Object = tuple[str, Space | None]


def read_graph(source: Any) -> Network:
    """The network of a model; see `from_onnx`."""
    name, model = read_model(source)
    graph = model.graph
    constants = {tensor.name: tensor_of(tensor) for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in constants]
    objects = _objects(name, model, [value.name for value in inputs])
    version = max((each.version for each in model.opset_import if each.domain in _STANDARD), default=0)
    calls: list[tuple[onnx.NodeProto, dict[str, Any]]] = []
    for node in graph.node:
        attributes = attributes_of(node)
        if node.op_type == "Constant" and node.domain in _STANDARD:
            constants[node.output[0]] = _constant(attributes, f"{name}: node {brief(node.name)}")
        else:
            calls.append((node, attributes))
    keys = [_key(node, attributes, constants) for node, attributes in calls]
    readers = defaultdict[str, set[Hashable]](set)
    for (node, _), key in zip(calls, keys, strict=True):
        for value in node.input:
            readers[value].add(key)
    builder = NetworkBuilder([objects(value.name) for value in inputs])
    wires: dict[str, Wire] = dict(zip((value.name for value in inputs), builder.inputs, strict=True))
    for i, ((node, attributes), key) in enumerate(zip(calls, keys, strict=True)):
        layer = None
        if node.domain in _STANDARD and node.op_type in OPERATORS and version in OPSETS and len(node.output) == 1:
            places = [constants.get(value) if value else ... for value in node.input]
            trained = {place for place, value in enumerate(node.input) if len(readers[value]) == 1}
            layer = Operator(node.op_type, attributes, places, trained)
        arguments = [wires[value] for value in node.input if value in wires]
        ends = [value for value in node.output if value]
        made = builder.add(node.name or f"{node.op_type}_{i}", key, layer, arguments, list(map(objects, ends)), key)
        wires |= zip(ends, made, strict=True)
    for value in graph.output:
        if value.name not in wires:
            raise FileError(f"{name}: output {brief(value.name)} is a constant, and a diagram computes its outputs")
    return builder.build([wires[value.name] for value in graph.output])


def _objects(name: str, model: onnx.ModelProto, inputs: list[str]) -> Any:
    """The function from the name of a value to its object, by the shapes that ONNX infers for any number of rows."""
    known = onnx.ModelProto()
    known.CopyFrom(model)
    graph = known.graph
    foreign = {value for node in graph.node if node.domain not in _STANDARD for value in node.output}
    stated = [value for value in graph.value_info if value.name in foreign]
    del graph.value_info[:]
    graph.value_info.extend(stated)
    for value in (*graph.input, *stated, *graph.output):
        shape = value.type.tensor_type.shape
        if value.name in inputs and (value.type.WhichOneof("value") != "tensor_type" or not shape.dim):
            raise FileError(f"{name}: input {brief(value.name)} is no tensor with a dimension for its rows")
        if value.name in inputs or value.name in foreign:
            for dim in shape.dim[:1]:
                dim.dim_param = ROWS
        elif value in graph.output:
            value.type.tensor_type.ClearField("shape")
    try:
        known = shape_inference.infer_shapes(known, strict_mode=True)
    except Exception as error:
        raise FileError(f"{name}: ONNX finds a fault in its shapes: {brief(str(error).strip())}") from None
    graph = known.graph
    types = {value.name: value.type for value in (*graph.value_info, *graph.input, *graph.output)}

    def of(value: str) -> Object:
        kind = types[value].tensor_type if value in types else onnx.TypeProto.Tensor()
        dtype = DTYPES.get(kind.elem_type)
        if dtype is None or not kind.HasField("shape"):
            return f"value {value}", None
        sizes: list[Size] = [dim.dim_value if dim.HasField("dim_value") else None for dim in kind.shape.dim]
        numbers = [size for size in sizes if size is not None]
        if min(numbers, default=0) < 0 or math.prod(numbers) > NUMBERS:
            raise FileError(f"{name}: the shape of {brief(value)} is {brief(sizes)}, which no tensor has")
        if not sizes or sizes[0] is not None:
            return f"whole_{object_of(sizes, dtype)[0]}", None
        return object_of(sizes[1:], dtype)

    return of


def _constant(attributes: Mapping[str, Any], where: str) -> Tensor:
    """The value of a node `Constant`."""
    for name, value in attributes.items():
        if name == "value":
            return value  # type: ignore[no-any-return]
        if name in ("value_float", "value_floats", "value_int", "value_ints"):
            return torch.tensor(value, dtype=torch.float32 if "float" in name else torch.int64)
    raise FileError(f"{where} is a Constant of text or without a value, which is not read")


def _key(node: onnx.NodeProto, attributes: Mapping[str, Any], constants: Mapping[str, Tensor]) -> Hashable:
    """What says that two nodes are the same box: operator, attributes, and constant inputs by name."""
    options = tuple(
        (name, sha256(value.numpy().tobytes()).hexdigest() if isinstance(value, Tensor) else value)
        for name, value in sorted(attributes.items())
    )
    inputs = tuple((i, value if value in constants else "") for i, value in enumerate(node.input))
    return node.domain, node.op_type, options, tuple(pair for pair in inputs if pair[1] or not node.input[pair[0]])
