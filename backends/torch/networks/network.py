"""A network: a diagram with a box a layer, and the functor that sends each box to its layer.

An object is a shape of one row: `R3x32x32` is the object of floating tensors [rows, 3, 32, 32].

>>> import torch
>>> builder = NetworkBuilder([torch.empty(5, 4)])
>>> (hidden,) = builder.add("relu", "first use", torch.nn.ReLU(), builder.inputs, [torch.empty(5, 4)])
>>> print(builder.build([hidden]).diagram.dom, builder.build([hidden]).diagram)
R4 relu
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from learning_diagrams.backends.torch.functor.functor import TorchFunctor
from learning_diagrams.backends.torch.functor.shape_check import check_shapes
from learning_diagrams.backends.torch.functor.space import Euclidean, Size, Space, dtype_name
from learning_diagrams.backends.torch.objective.model import Model
from learning_diagrams.diagrams.box import Box, Diagram, Ty
from learning_diagrams.diagrams.port_graph import PortGraph, PortGraphBuilder, Wire
from learning_diagrams.errors import CompileError
from learning_diagrams.errors.short_text import short_repr
from learning_diagrams.semantics.program.printer import Names


@dataclass(frozen=True)
class Network:
    """A network as a diagram, and its meaning.

    Parameters
    ----------
    diagram : Diagram, a box for each layer.
    functor : TorchFunctor, the spaces of its objects and the layers of its boxes.
    """

    diagram: Diagram
    functor: TorchFunctor

    __repr__ = short_repr

    def model(self) -> Model:
        """The diagram as one module, on the parameters of the layers.

        Raises `CompileError` for a layer that changes its input in place or does not keep rows apart, `UnknownName` for
        a box without a layer.
        """
        check_shapes(self.functor, [PortGraph.from_diagram(self.diagram)])
        return Model(self.diagram, self.functor, frozenset())


class NetworkBuilder:
    """A builder of networks: add layers one by one, then `build`.

    Parameters
    ----------
    inputs : sequence of Tensor [rows, *shape], or of pairs (object, Space or None), what stands on the input wires.

    Attributes
    ----------
    inputs : tuple of int, the input wires.
    """

    def __init__(self, inputs: Sequence[Any]) -> None:
        self.spaces: dict[str, Space] = {}
        self.modules: dict[str, Callable[..., Any]] = {}
        self._names = Names(())
        self._boxes: dict[Hashable, Box] = {}
        self._box_of_module: dict[int, Box] = {}
        self._objects = [self._object(value) for value in inputs]
        self._graph = PortGraphBuilder(Ty(*self._objects))
        self.inputs = self._graph.inputs

    def add(
        self,
        name: str,
        key: Hashable,
        module: Callable[..., Any] | None,
        wires: Sequence[Wire],
        outputs: Sequence[Any],
        data: Any = None,
    ) -> tuple[Wire, ...]:
        """Apply a layer to wires, and return its output wires. Equal keys on equal types are the same box.

        Parameters
        ----------
        module : the layer; None where nobody knows it.
        outputs : as `inputs` of the class.
        data : hashable, the data of the box.
        """
        objects = [self._object(value) for value in outputs]
        dom = Ty(*(self._objects[wire] for wire in wires))
        typed = key, dom.inside, tuple(objects)
        if typed not in self._boxes:
            box = self._boxes[typed] = Box(self._names.new(name), dom, Ty(*objects), data=data)
            if module is not None:
                self.modules[box.name] = self._own(module, box)
        self._objects += objects
        return self._graph.add(self._boxes[typed], wires)

    def build(self, outputs: Sequence[Wire]) -> Network:
        """The network that ends in some wires."""
        cod = Ty(*(self._objects[wire] for wire in outputs))
        diagram = self._graph.build(cod, outputs).to_diagram()
        return Network(diagram, TorchFunctor(ob=self.spaces, ar=self.modules))

    def _object(self, value: Any) -> str:
        name, space = object_of(value.shape[1:], value.dtype) if isinstance(value, Tensor) else value
        if space is not None:
            self.spaces[name] = space
        return str(name)

    def _own(self, module: Callable[..., Any], box: Box) -> Callable[..., Any]:
        """The module for one more box; a module without parameters may stand behind boxes of several types."""
        first = self._box_of_module.setdefault(id(module), box)
        if first is box:
            return module
        if isinstance(module, nn.Module) and next(module.parameters(), None) is not None:
            raise CompileError(
                f"one module is applied as {first.name!r}: {first.dom} → {first.cod}, and as {box.dom} → {box.cod}; "
                "one set of parameters is one box, and a box has one type: give the layer inputs of one shape"
            )
        return partial(module)  # another object, on the same module


def object_of(shape: Sequence[Size], dtype: torch.dtype) -> tuple[str, Space]:
    """The name and the space of the object for rows of a shape.

    >>> object_of((3, 8, 8), torch.float32), object_of((None,), torch.int64)
    (('R3x8x8', Euclidean(3, 8, 8)), ('int64_n', Space(shape=(None,), dtype=torch.int64, divergence=None, \
positions=None)))
    """
    sizes = "x".join("n" if size is None else str(size) for size in shape)
    if dtype.is_floating_point:
        return f"R{sizes}", Euclidean(*shape)
    if dtype.is_complex:
        return f"C{sizes}", Euclidean(*shape, dtype=dtype)
    return f"{dtype_name(dtype)}{'_' if sizes else ''}{sizes}", Space(tuple(shape), dtype)
