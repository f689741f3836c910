"""A traced module as a diagram: a node that has a tensor as its value is a box, and other nodes are parts of boxes."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from torch import Tensor, fx, nn

from learning_diagrams.backends.torch.functor.shape_check import ROWS
from learning_diagrams.backends.torch.networks.fake_run import FakeRun, require_rows
from learning_diagrams.backends.torch.networks.layers import require_no_hooks
from learning_diagrams.backends.torch.networks.network import Network, NetworkBuilder
from learning_diagrams.backends.torch.networks.tracer import place_of, trace, values_of
from learning_diagrams.diagrams.port_graph import Wire
from learning_diagrams.errors import CompileError, TypeMismatch, brief


def from_fx(module: nn.Module, *examples: Tensor | tuple[int, ...], leaves: Sequence[type[nn.Module]] = ()) -> Network:
    """The diagram of a module that `torch.fx` traces, and the functor that sends each box to what it computes.

    A call of a submodule is a box with that module; the same module on the same type is the same box. A call of a
    function or a method is a box with a module that calls it. What is computed without an input, and what is no tensor,
    as the size in `x.view(x.size(0), -1)`, is a part of the boxes that use it. A value that is used twice is copied,
    and one that is not used is discarded.

    >>> class Residual(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.inner = nn.Linear(4, 4)
    ...     def forward(self, x):
    ...         return x + self.inner(x).relu()
    >>> print(from_fx(Residual(), (4,)).diagram)
    Copy(R4) >> inner @ R4 >> relu @ R4 >> Swap(R4, R4) >> add

    Parameters
    ----------
    examples : for each input a Tensor [rows, …], of which only shape and dtype are read, or the shape of one row.
        Parameters of `forward` without an example keep their defaults.
    leaves : classes of modules that become one box each, besides those of `torch.nn`.

    Raises
    ------
    TypeMismatch : the module, an example or a leaf is of another kind, or `forward` does not take so many inputs.
    CompileError : a branch or a loop depends on a tensor; an output is no tensor; a value has no rows; a tensor is
        changed in place. The message names the node, and its line in the source.
    DuplicateName : two boxes would share a parameter.
    """
    if not isinstance(module, nn.Module):
        raise TypeMismatch(f"from_fx takes an nn.Module, got {brief(module)}")
    own = tuple(leaves) if isinstance(leaves, Iterable) else (leaves,)
    for leaf in own:
        if not isinstance(leaf, type) or not issubclass(leaf, nn.Module):
            raise TypeMismatch(f"leaves= of from_fx takes classes of modules, got {brief(leaf)}")
    require_no_hooks(module)
    graph = trace(module, len(examples), own)
    with FakeRun(module) as run:
        points = [run.rows(example, f"example {i + 1} of from_fx") for i, example in enumerate(examples)]
        reading = _Reading(graph, points, values_of(graph, points, run))
        outputs = [wire for node in graph.graph.nodes for wire in reading.read(node)]
    return reading.builder.build(outputs)


class _Reading:
    """The nodes of a graph, read in order.

    Parameters
    ----------
    values : mapping from each node to its value on fake tensors.

    Attributes
    ----------
    wires : dict from node to Wire, or to a tuple whose elements are Wire or None; other nodes are parts of boxes.
    """

    def __init__(self, graph: fx.GraphModule, points: Sequence[Tensor], values: Mapping[fx.Node, Any]) -> None:
        self.graph, self.values = graph, values
        self.builder = NetworkBuilder(points)
        self.wires: dict[fx.Node, Any] = {}
        self._inputs = iter(self.builder.inputs)
        self._order = {node: i for i, node in enumerate(graph.graph.nodes)}

    def read(self, node: fx.Node) -> Sequence[Wire]:
        """Read a node; return the outputs of the whole graph, where it is the node that has them."""
        if node.op == "output":
            return self._outputs(node.args[0])
        if node.op == "placeholder":
            self.wires[node] = next(self._inputs)
        elif node.op == "call_method" and str(node.target).endswith("_") and not str(node.target).endswith("__"):
            raise CompileError(
                f"{place_of(node)} changes a tensor in place, which other boxes may read; use its form that returns a "
                "new tensor"
            )
        elif any(part in self.wires for part in self._parts(node)):
            self._read_call(node)
        return ()

    def _read_call(self, node: fx.Node) -> None:
        value = self.values[node]
        source = node.args[0] if node.args and isinstance(node.args[0], fx.Node) else None
        if source is not None and isinstance(ends := self.wires.get(source), tuple):
            places = [i for i, element in enumerate(self.values[source]) if element is value]
            if places or (isinstance(value, tuple) and node.target is operator.getitem):
                self.wires[node] = ends[places[0]] if places else ends[node.args[1]]  # type: ignore[index]
                return
        several = isinstance(value, tuple | list)
        elements = list(value) if several else [value]
        kept = [
            i for i, each in enumerate(elements) if _has_rows(each) or (each is not None and _is_used(node, value, i))
        ]
        if not any(isinstance(elements[i], Tensor) for i in kept):
            return  # a size, or another value of Python, is a part of the boxes that use it
        tensors = [require_rows(elements[i], place_of(node)) for i in kept]
        module, key, arguments = self._module(node, kept if several else None)
        new = self.builder.add(node.name, key, module, arguments, tensors)
        if not several:
            (self.wires[node],) = new
        else:
            of = dict(zip(kept, new, strict=True))
            self.wires[node] = tuple(of.get(i) for i in range(len(elements)))

    def _module(self, node: fx.Node, kept: Sequence[int] | None) -> tuple[nn.Module, Any, list[Wire]]:
        """The module of a node, a key that equal calls have in common, and the wires that it reads.

        kept : the places of its outputs that are on wires; None where it returns one tensor.
        """
        wires = [self.wires.get(each) if isinstance(each, fx.Node) else None for each in node.args]
        arguments = [wire for wire in wires if isinstance(wire, int)]
        if node.op == "call_module" and not node.kwargs and len(arguments) == len(wires) and kept is None:
            module = self.graph.get_submodule(str(node.target))
            return module, id(module), arguments
        return self._call(node, kept)

    def _call(self, node: fx.Node, kept: Sequence[int] | None) -> tuple[fx.GraphModule, Any, list[Wire]]:
        """A module of one call and of the parts that it needs; see `_module`."""
        parts, call = self._parts(node), fx.Graph()
        inputs: dict[Wire, fx.Node] = {}

        def argument(end: Any) -> Any:
            if isinstance(end, int) and end not in inputs:
                inputs[end] = call.placeholder(f"x{len(inputs)}")
            return tuple(map(argument, end)) if isinstance(end, tuple) else inputs.get(end)

        ends = [part for part in (*node.all_input_nodes, *parts) if part in self.wires]  # as the call reads them
        known = {part: argument(self.wires[part]) for part in dict.fromkeys(ends)}
        for part in [*(part for part in parts if part not in self.wires), node]:
            args, kwargs = (fx.map_arg(each, known.__getitem__) for each in (part.args, part.kwargs))
            known[part] = call.create_node(part.op, part.target, args, kwargs, f"v{len(known)}")  # type: ignore[arg-type]
        result = known[node]
        if kept is not None:
            chosen = tuple(call.call_function(operator.getitem, (result, place)) for place in kept)
            result = chosen if len(chosen) > 1 else chosen[0]
        call.output(result)
        code = call.python_code("self")
        key = code.src, tuple(sorted((name, id(value)) for name, value in code.globals.items()))
        return fx.GraphModule(self.graph, call, node.name), key, list(inputs)

    def _parts(self, node: fx.Node) -> list[fx.Node]:
        """The nodes that a call needs in its module, in order: those before it, back to the nodes on wires."""
        parts, waiting = set[fx.Node](), [node]
        while waiting:
            part = waiting.pop()
            new = [each for each in part.all_input_nodes if each not in parts]
            parts.update(new)
            waiting += [each for each in new if each not in self.wires]
        return sorted(parts, key=self._order.__getitem__)

    def _outputs(self, returned: Any) -> list[Wire]:
        """The wires of what the whole module returns."""
        wires = []
        for each in returned if isinstance(returned, tuple | list) else [returned]:
            ends = self.wires.get(each) if isinstance(each, fx.Node) else None
            for end in ends if isinstance(ends, tuple) else [ends]:
                if end is None:
                    what = f"{place_of(each)} is" if isinstance(each, fx.Node) else f"{brief(each)} is"
                    raise CompileError(
                        f"{what} an output, and it is no tensor that is computed from the inputs; the module must "
                        "return a tensor or a tuple of tensors"
                    )
                wires.append(end)
        return wires


def _has_rows(value: Any) -> bool:
    return isinstance(value, Tensor) and value.shape[:1] == (ROWS,)


def _is_used(node: fx.Node, value: Any, place: int) -> bool:
    """Whether an element of the value of a node is read; all elements are, where not each user takes one of them."""
    if not isinstance(value, tuple | list):
        return True
    takes: dict[fx.Node, Any] = {user: user.args[1] for user in node.users if user.target is operator.getitem}
    if len(takes) < len(node.users) or not all(isinstance(index, int) for index in takes.values()):
        return True
    return any(value[index] is value[place] and user.users for user, index in takes.items())
