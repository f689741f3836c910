"""The trace of a model by torch.export; where it fails, the box that it fails in and why."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.export import ExportedProgram
from torch.overrides import TorchFunctionMode

from learning_diagrams.backends.torch.export.export_file import silent
from learning_diagrams.backends.torch.export.flat_module import FlatModule
from learning_diagrams.backends.torch.functor.freezing import in_mode
from learning_diagrams.backends.torch.functor.space import Space
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.errors import CompileError, LearningDiagramError

_OPERATORS = {  # that take another way for other sizes, and what to write instead
    "cdist": 'torch.cdist(…, compute_mode="donot_use_mm_for_euclid_dist"), which has one way for all numbers of rows',
}


def trace(module: FlatModule) -> ExportedProgram:
    """The program of a module, for any number of rows and any open lengths; those that a box needs equal become one.

    Raises `CompileError` where PyTorch cannot trace it, with the box, PyTorch's reason and what to write instead.
    """
    with as_compile_errors(module):
        return _export(module)


@contextmanager
def as_compile_errors(module: FlatModule) -> Iterator[None]:
    """Let PyTorch trace silently, and turn what it raises into a `CompileError`."""
    try:
        with silent():
            yield
    except LearningDiagramError:
        raise
    except Exception as error:  # whatever the code of a box raises on tensors without values
        box = failing_box(module, _export)
        lengths = " and ".join(map(repr, _lengths(error, module)))
        raise CompileError(
            f"torch.export cannot trace {box or 'a step between boxes'} of the morphism {module.model.signature} for "
            f"any {f'length of {lengths}' if lengths else 'number of rows'}; it raised {type(error).__name__}: "
            f"{_reason(error)}; {_advice(error, module)}"
        ) from error


def failing_box(module: FlatModule, attempt: Callable[[FlatModule], object]) -> str | None:
    """The first box on which an attempt fails alone, as messages name it; None where each alone passes.

    Parameters
    ----------
    module : FlatModule of the morphism on which the attempt failed.
    attempt : function of the FlatModule of one box, which raises where it fails.
    """
    model = module.model
    for name, box in Signature.of([model.diagram]).boxes.items():
        try:
            alone = FlatModule(type(model)(box, module.functor, model.boxes.frozen), module.functor, module.dtype)
            with in_mode(alone, training=False), silent():
                alone.outputs(alone.examples())
        except Exception:  # it cannot stand alone, so that nothing is known of it
            continue
        try:
            with in_mode(alone, training=False), silent():
                attempt(alone)
        except Exception:
            return f"box {name!r}"
    return None


def _export(module: FlatModule) -> ExportedProgram:
    while True:
        shapes = (tuple(module.sizes),) if module.sizes else None
        try:
            return torch.export.export(module, module.examples(), dynamic_shapes=shapes)
        except Exception as error:
            equal = re.findall(r"The values of (\w+) = .* and (\w+) = .* must always be equal", str(error))
            if not sum(module.share(*pair) for pair in equal):
                raise


def _lengths(error: Exception, module: FlatModule) -> dict[str, Space]:
    """The objects whose open length is what PyTorch could not keep free, with their spaces; {} where rows are."""
    found = re.match(r"Constraints violated \((.*?)\)!", str(error))
    names = found[1].split(", ") if found else []
    pairs = zip(module.inputs, module.sizes, strict=True)
    return {
        each.object: each.space
        for each, sizes in pairs
        if "rows" not in names and any(at and dim.__name__ in names for at, dim in sizes.items())
    }


def _reason(error: Exception) -> str:
    """What PyTorch says of the fault: its first line, the guard on sizes that does not hold, and the line of code.

    >>> size = "L['v'].size()[0]"
    >>> guard = f"Not all values of rows = {size} in the specified range satisfy the generated guard 2 <= {size}"
    >>> _reason(ValueError("Constraints violated (rows)! For more information, run with X.\\n  - " + guard))
    'Constraints violated (rows)! Not all values of rows satisfy the guard 2 <= rows'
    """
    text = str(error)
    lines = text.splitlines() or [""]
    reason = [re.sub(r"\s*For more information, run with .*", "", lines[0])]
    for line in lines[1:]:
        if guard := re.match(r"\s*- (Not all values of (\S+)) = (.+?) in the specified .* guard (.*)", line):
            held = guard[4].replace(guard[3], guard[2]).removesuffix(f" and {guard[2]} <= IntInfinity()")
            reason.append(f"{guard[1]} satisfy the guard {held}")
        elif fixed := re.match(r"\s*- (You marked .*? but your code specialized it to be .*?)\.(\s|$)", line):
            reason.append(fixed[1])
    if place := re.search(r"The following call raised this error:\n {2}File .*\n {4}(\S.*)", text):
        reason.append(f"in the line `{place[1].strip()}`")
    return " ".join(reason)


def _advice(error: Exception, module: FlatModule) -> str:
    text = str(error)
    lengths = _lengths(error, module)
    called = _called(module)
    known = [_OPERATORS[name] for name in called if name in _OPERATORS]
    if "Not all values of" in text and known:
        return f"write {known[0]}"
    if "Not all values of" in text:
        size = "x.shape[1]" if lengths else "x.shape[0]"
        return f"an operator, or a branch on {size}, takes another way from some size on; write one way for all sizes"
    if lengths:
        spaces = " and ".join(dict.fromkeys(map(repr, lengths.values())))
        return (
            "the box makes a number of an open length, as nn.GRU and other recurrent layers do in a program; write the "
            f"length in place of None in {spaces}, or give the box a module that takes the length from x.shape[1]"
        )
    if "specialized it" in text:
        return (
            "len(x), a loop over rows and a size written as a number fix it; write x.shape[0], or -1 in reshape"
        )
    if "data-dependent" in text:
        return "a box may not look at values in Python, as by if, float() or .item(); write the choice by torch.where"
    if "_pack_padded_sequence" in called:
        return (
            "a program holds no packed sequences, as of the registered gru with both_ways and padding; read the "
            "sequence one way, or without padding"
        )
    return "a box may not look at values or at the number of rows in Python, and len(x) fixes it, so write x.shape[0]"


def _called(module: FlatModule) -> set[str]:
    """The names of the functions of PyTorch that a module calls on an example."""
    calls = _Calls()
    with silent(), calls:
        module(*module.examples())
    return calls.names


class _Calls(TorchFunctionMode):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.names.add(getattr(func, "__name__", ""))
        return func(*args, **(kwargs or {}))
