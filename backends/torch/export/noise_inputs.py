"""Draws of a program: they are found, and made inputs, so that a file of the program is a function.

PyTorch tags the operators that draw random numbers. Those that draw numbers of one fixed law can be inputs; the law of
others, as of a gamma distribution, depends on values that the program computes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.export import Dim, ExportedProgram
from torch.fx import GraphModule, Node
from torch.fx.graph import CodeGen

from learning_diagrams.backends.torch.export.flat_module import Description, unique_names
from learning_diagrams.backends.torch.functor.space import dtype_name
from learning_diagrams.errors import CompileError

# The law of the numbers that an operator draws, and the places of its own numbers among the arguments.
_NORMAL, _UNIFORM, _EXPONENTIAL = ("normal", (0.0, 1.0)), ("uniform", (0.0, 1.0)), ("exponential", (1.0,))
_LAWS: dict[str, tuple[str, tuple[float, ...]]] = {
    **dict.fromkeys(("randn", "randn_like", "normal_", "normal_functional"), _NORMAL),
    **dict.fromkeys(("rand", "rand_like", "uniform", "uniform_"), _UNIFORM),
    **dict.fromkeys(("exponential", "exponential_"), _EXPONENTIAL),
}
_OWN = {"normal": ("mean", "std"), "uniform": ("from", "to"), "exponential": ("lambd",)}


def draws_in(module: GraphModule) -> list[Node]:
    """The nodes that draw random numbers, in order, with those of the graphs inside a graph."""
    return [node for node in nodes_of(module) if _draws(node)]


def nodes_of(module: GraphModule) -> Iterator[Node]:
    """The nodes of a graph, and of the graphs inside."""
    for part in module.modules():
        if isinstance(part, GraphModule):
            yield from part.graph.nodes


def _draws(node: Node) -> bool:
    if torch.Tag.nondeterministic_seeded not in getattr(node.target, "tags", ()):
        return False
    arguments = _arguments(node)  # in eval mode dropout, recurrent layers and attention draw nothing
    return arguments.get("train", arguments.get("training")) is not False and arguments.get("dropout_p") != 0


def _schema(node: Node) -> Any:
    target: Any = node.target
    return target._schema


def _arguments(node: Node) -> dict[str, Any]:
    """The arguments of an operator by their names; those that are not given have their default."""
    arguments = _schema(node).arguments
    defaults = {argument.name: argument.default_value for argument in arguments if argument.has_default_value()}
    names = [argument.name for argument in arguments]
    return defaults | dict(zip(names, node.args, strict=False)) | node.kwargs


def names_of_draws(nodes: Iterable[Node], kernels: Sequence[str]) -> list[str]:
    """The box that draws at each node: the box inside which it stands, else the next kernel of a model's draws."""
    left = list(kernels)
    names = []
    for node in nodes:
        path = next((path for path, _ in reversed([*node.meta.get("nn_module_stack", {}).values()])), "")
        _, inside, box = path.partition(".boxes.")
        names.append(box.partition(".")[0] if inside else left.pop(0) if left else "the program")
    return names


def with_noise_inputs(
    program: ExportedProgram, values: tuple[Tensor, ...], dynamic: Sequence[Mapping[int, Dim]], kernels: Sequence[str]
) -> tuple[ExportedProgram, list[Description]]:
    """The program with an input after the others for each draw, and what each of these inputs is.

    Parameters
    ----------
    values : the examples from which the program was made.
    dynamic : the dimensions of any size of each example.
    kernels : the kernels that are drawn, in order.

    Raises
    ------
    CompileError : numbers are drawn whose law the program computes.
    """
    # Without operators that write into a tensor: a draw into a part of a tensor would have no result to replace.
    module: Any = program.run_decompositions({}).module(check_guards=False)
    placeholders = [node for node in module.graph.nodes if node.op == "placeholder"]
    named = {
        str(node.meta["val"].shape[at]): dim
        for node, sizes in zip(placeholders, dynamic, strict=True)
        for at, dim in sizes.items()
    }
    nodes = draws_in(module)
    boxes = names_of_draws(nodes, kernels)
    described: list[Description] = []
    examples, free = [], []
    for node, box, name in zip(nodes, boxes, unique_names(f"{box}.noise" for box in boxes), strict=True):
        law, numbers = _law(node, box)
        value = node.meta["val"]
        with module.graph.inserting_after(placeholders[-1]) if placeholders else module.graph.inserting_before():
            placeholders.append(module.graph.placeholder(f"noise_{len(described) + 1}"))
        node.replace_all_uses_with(placeholders[-1])
        module.graph.erase_node(node)
        sizes = {
            at: named.get(str(size), Dim.DYNAMIC) for at, size in enumerate(value.shape) if not isinstance(size, int)
        }
        shape = [size if isinstance(size, int) else size.node.hint for size in value.shape]
        free.append(sizes)
        examples.append(torch.rand(shape, dtype=value.dtype, device=value.device))
        described.append(
            {
                "name": name,
                "box": box,
                "law": law,
                "numbers": list(numbers),
                "dtype": dtype_name(value.dtype),
                "shape": [getattr(sizes.get(at, size), "__name__", size) for at, size in enumerate(shape)],
            }
        )
    module.graph.set_codegen(CodeGen())  # the inputs and outputs of a program are in a tuple, and these are flat
    module.graph.eliminate_dead_code()
    bare = GraphModule(module, module.graph)  # without the check of the inputs that the program had
    return torch.export.export(bare, (*values, *examples), dynamic_shapes=(*dynamic, *free)), described


def _law(node: Node, box: str) -> tuple[str, tuple[float, ...]]:
    """The law of the numbers that a node draws, as ("normal", (mean, deviation)); `CompileError` where it varies."""
    name = _schema(node).name.partition("::")[2]
    law, numbers = _LAWS.get(name, ("", ()))
    given = _arguments(node)
    own = [given.get(argument, number) for argument, number in zip(_OWN.get(law, ()), numbers, strict=True)]
    if not law or not all(isinstance(number, int | float) for number in own):
        raise CompileError(
            f"box {box!r} draws by {name}, whose law the program computes; noise='input' takes draws from normal, "
            "uniform and exponential numbers, so let the kernel return such a distribution, as Normal, or export the "
            "morphism that ends before the draw"
        )
    return law, tuple(map(float, own))
