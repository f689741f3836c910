"""A module traced by `torch.fx`: its graph, and for each node its place in the source and the value that it has.

Source: Reed, DeVito, He, Ussery & Ansel, *torch.fx: Practical Program Capture and Transformation for Deep Learning in
Python* (2022).
"""

from __future__ import annotations

import inspect
import re
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import torch
from torch import fx, nn

from learning_diagrams.backends.torch.networks.fake_run import FakeRun, fault_of
from learning_diagrams.errors import CompileError, LearningDiagramError, TypeMismatch, plural
from learning_diagrams.errors.short_text import one_line

_PLACE = re.compile(r'File "(?P<file>[^"]*)", line (?P<line>\d+)')
_INNER = (str(Path(torch.__file__).parent), str(Path(__file__).parent))
_REMEDY = "let a submodule hold this code, and name its class in leaves=, which makes it one box"


class _Tracer(fx.Tracer):
    """A tracer that knows the line of each node, and names the node that a branch or a loop would depend on.

    Parameters
    ----------
    leaves : tuple of classes, the modules that are not looked into, besides those of `torch.nn`.
    fixed : mapping from the names of parameters of `forward` to their values.
    """

    def __init__(self, leaves: tuple[type[nn.Module], ...], fixed: Mapping[str, Any]) -> None:
        super().__init__()
        self.record_stack_traces = True
        self.leaves, self.fixed = leaves, fixed

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, self.leaves) or super().is_leaf_module(m, module_qualified_name)

    def create_proxy(self, kind: str, target: Any, *args: Any, **kwargs: Any) -> Any:
        if kind == "placeholder" and target in self.fixed:
            return self.fixed[target]
        return super().create_proxy(kind, target, *args, **kwargs)

    def to_bool(self, obj: fx.Proxy) -> bool:
        self._refuse(obj, "decides a branch")

    def iter(self, obj: fx.Proxy) -> Any:
        self._refuse(obj, "is what a loop runs over")

    def keys(self, obj: fx.Proxy) -> Any:
        self._refuse(obj, "is unpacked as keywords")

    def _refuse(self, proxy: fx.Proxy, use: str) -> NoReturn:
        raise CompileError(f"{place_of(proxy.node)} {use}, and a diagram has neither branches nor loops; {_REMEDY}")


def trace(module: nn.Module, inputs: int, leaves: tuple[type[nn.Module], ...]) -> fx.GraphModule:
    """The graph of a module for its first inputs; the other parameters of `forward` keep their defaults.

    Raises `TypeMismatch` where `forward` does not take so many inputs, `CompileError` where it cannot be followed.
    """
    tracer = _Tracer(leaves, _defaults(module, inputs))
    try:
        return fx.GraphModule(module, tracer.trace(module), type(module).__name__)
    except LearningDiagramError as error:
        raise type(error)(f"{_line_of(error)}{error}") from None
    except Exception as error:
        raise CompileError(
            f"{_line_of(error)}torch.fx cannot follow {type(module).__name__}: {fault_of(error)}; {_REMEDY}"
        ) from error


def values_of(graph: fx.GraphModule, inputs: Sequence[Any], run: FakeRun) -> dict[fx.Node, Any]:
    """The value of each node for some inputs, in a run on fake tensors."""
    values = dict[fx.Node, Any]()
    run.call(_Recorder(graph, values.__setitem__), inputs, f"the traced {type(graph).__name__}")
    return values


class _Recorder(nn.Module):
    """A graph that is run node by node; `note` is called with each node and its value."""

    def __init__(self, graph: fx.GraphModule, note: Callable[[fx.Node, Any], None]) -> None:
        super().__init__()
        self.graph, self.note = graph, note

    def forward(self, *inputs: Any) -> None:
        _Noting(self.graph, self.note).run(*inputs)


class _Noting(fx.Interpreter):
    def __init__(self, graph: fx.GraphModule, note: Callable[[fx.Node, Any], None]) -> None:
        super().__init__(graph, garbage_collect_values=False)
        self.note, self.extra_traceback = note, False

    def run_node(self, n: fx.Node) -> Any:
        try:
            value = super().run_node(n)
        except Exception as error:
            raise CompileError(f"{place_of(n)} has no value on tensors without numbers: {fault_of(error)}") from error
        self.note(n, value)
        return value


def place_of(node: fx.Node) -> str:
    """A node and its line in the source, as messages name it."""
    places = [match for match in _PLACE.finditer(node.stack_trace or "") if not match["file"].startswith(_INNER)]
    line = f" ({Path(places[-1]['file']).name}, line {places[-1]['line']})" if places else ""
    return one_line(f"node {node.name!r}, a {node.op} of {_name(node.target)}{line},")


def _name(target: Any) -> str:
    return target if isinstance(target, str) else getattr(target, "__name__", type(target).__name__)


def _line_of(error: BaseException) -> str:
    """The line of the user at which an error came up, as the head of a message."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(_INNER)]
    return f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}: " if frames else ""


def _defaults(module: nn.Module, inputs: int) -> dict[str, Any]:
    """The defaults of the parameters of `forward` after its first inputs."""
    parameters = list(inspect.signature(module.forward).parameters.values())
    positional = [each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    rest = [*positional[inputs:], *(each for each in parameters if each.kind is each.KEYWORD_ONLY)]
    variadic = [each for each in parameters if each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD)]
    missing = [each.name for each in rest if each.default is each.empty]
    if variadic or missing or len(positional) < inputs:
        raise TypeMismatch(
            f"forward of {type(module).__name__} takes {inspect.signature(module.forward)}, and "
            f"{plural(inputs, 'example')} came; give one tensor for each input wire, other parameters a default"
            + (f"; {variadic[0]} has no fixed number of wires" if variadic else "")
        )
    return {each.name: each.default for each in rest}
