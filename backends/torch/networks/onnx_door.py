"""`from_onnx`, which imports the package onnx when it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from learning_diagrams.backends.torch.networks.network import Network

if TYPE_CHECKING:
    import os

    import onnx


def from_onnx(source: str | os.PathLike[str] | bytes | onnx.ModelProto) -> Network:
    """The diagram of an ONNX graph, with a box for each node, and the functor that sends boxes to PyTorch modules.

    An initializer, or a constant, is a part of each box that reads it: a parameter where one box reads it, a constant
    where several do. Nodes of one operator with equal attributes and the same constants are one box, whose `data` are
    operator and attributes. The first dimension of each input is that of rows, whatever number the file states.

    Operators in the table `OPERATORS` of `networks/onnx_operators.py` have a module, in operator sets 13 to 28; other
    boxes have none, so that `model()` raises `UnknownName` until one is given. A value whose first dimension does not
    depend on the rows is an object without a space.

    >>> import onnx.parser, torch
    >>> model = onnx.parser.parse_model('''<ir_version: 8, opset_import: ["": 17]>
    ...     net (float[N, 2] x) => (float[N, 1] y) <float[2, 1] W = {1, 2}> { h = Relu(x) y = MatMul(h, W) }''')
    >>> network = from_onnx(model)
    >>> print(network.diagram, network.model()(torch.tensor([[3.0, 4.0], [-1.0, 5.0]])))
    Relu_0 >> MatMul_1 tensor([[11.],
            [10.]], grad_fn=<MmBackward0>)

    Parameters
    ----------
    source : a path, the bytes of a file, or a model that is loaded. A file is at most 500 MB.

    Raises
    ------
    FileError : the package onnx is missing; the source is no ONNX model, is too large, is inconsistent, or holds what a
        diagram does not carry: branches and loops (`If`, `Loop`, `Scan`), functions, training steps, data in other
        files, sparse or quantised tensors. Nothing in the file is run, and no other file is opened.
    """
    from learning_diagrams.backends.torch.networks.onnx_graph import read_graph

    return read_graph(source)
