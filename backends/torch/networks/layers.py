"""`nn.Sequential` as a diagram: one box a layer, and the same box where the same module stands twice."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor, nn

from learning_diagrams.backends.torch.networks.fake_run import FakeRun, require_rows
from learning_diagrams.backends.torch.networks.network import Network, NetworkBuilder
from learning_diagrams.errors import CompileError, TypeMismatch, brief


def from_sequential(module: nn.Sequential, example: Tensor | tuple[int, ...]) -> Network:
    """The diagram of an `nn.Sequential`, with a box for each layer, and the functor that sends each box to its layer.

    A layer that is an `nn.Sequential` too is written out. A module that stands twice is one box, used twice. An object
    is the shape of a row.

    >>> shared = nn.Linear(4, 4)
    >>> network = from_sequential(nn.Sequential(shared, nn.ReLU(), shared), (4,))
    >>> print(network.diagram)
    Linear_0 >> ReLU_1 >> Linear_0
    >>> network.functor.module("Linear_0") is shared
    True

    Parameters
    ----------
    example : Tensor [rows, …], of which only shape and dtype are read; or the shape of one row.

    Raises
    ------
    TypeMismatch : the module is no `nn.Sequential` with its own `forward`, or the example is no tensor.
    CompileError : a layer cannot take what the layer before it returns, or returns something else than one tensor with
        a row for each row; one module with parameters is applied to rows of different shapes; a hook stands on the
        whole module.
    """
    if not _is_chain(module):
        raise TypeMismatch(f"from_sequential takes an nn.Sequential, got {brief(module)}; from_fx reads other modules")
    require_no_hooks(module)
    with FakeRun(module) as run:
        point = run.rows(example, "the example of from_sequential")
        builder = NetworkBuilder([point])
        wires = builder.inputs
        for path, layer in _layers(module, ""):
            where = f"layer {path!r} ({type(layer).__name__})"
            point = require_rows(run.call(layer, [point], where), where)
            last = path.rpartition(".")[2]
            name = f"{type(layer).__name__}_{path}" if last.isdigit() else path
            wires = builder.add(name, id(layer), layer, wires, [point])
    return builder.build(wires)


def require_no_hooks(module: nn.Module) -> None:
    """Raise `CompileError` for a module with hooks of its own, which no box of its diagram would run."""
    if _has_hooks(module):
        raise CompileError(
            f"a hook stands on the whole {type(module).__name__}, and no box of its diagram would run it; put the hook "
            "on a layer, or remove it"
        )


def _has_hooks(module: nn.Module) -> bool:
    return any(
        vars(module).get(hooks)
        for hooks in ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    )


def _is_chain(module: object) -> bool:
    return isinstance(module, nn.Sequential) and type(module).forward is nn.Sequential.forward


def _layers(module: nn.Module, path: str) -> Iterator[tuple[str, nn.Module]]:
    """The layers of a chain with their paths; a chain within it is written out unless it has hooks."""
    for name, layer in module._modules.items():
        assert layer is not None, "nn.Sequential calls each of its modules"
        if _is_chain(layer) and not _has_hooks(layer):
            yield from _layers(layer, f"{path}{name}.")
        else:
            yield f"{path}{name}", layer
