"""Why PyTorch failed on a batch, in the words of the learning diagram.

The call of a box that failed is found in the traceback, so that a step that does not fail costs nothing.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> x = Ty("x")
>>> first, f = Box("first", x, x), Box("f", x, x)
>>> made_by([PortGraph.from_diagram(first >> f)], "f", 0)
["box 'first'"]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import torch
from discopy import markov
from torch import Tensor

from learning_diagrams.backends.torch.data.batch import BatchLayout
from learning_diagrams.backends.torch.data.mask import Batch
from learning_diagrams.backends.torch.functor.box_modules import BoxModules, floating_dtypes
from learning_diagrams.backends.torch.functor.functor import TorchFunctor
from learning_diagrams.backends.torch.functor.shape_guard import ShapeGuard
from learning_diagrams.backends.torch.functor.space import dtype_name
from learning_diagrams.diagrams.box import is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.sample_space import Column
from learning_diagrams.errors import CompileError, DataError, LearningDiagramError, TypeMismatch
from learning_diagrams.errors.door import by_door
from learning_diagrams.learning_diagram import LearningDiagram

_ABOUT_LABELS = re.compile(r"out of (bounds|range)|smaller than num_classes|must be non-negative")
_ABOUT_DTYPES = re.compile(r"dtype|scalar type|type .*should be the same|must have the type|Double|Half")


def explain_failure(
    error: Exception,
    batch: Batch,
    layout: BatchLayout,
    functor: TorchFunctor,
    boxes: BoxModules,
    diagram: LearningDiagram,
) -> DataError | CompileError | TypeMismatch | None:
    """The fault of the batch, or of the boxes, that explains an error; None if there is no such fault."""
    fault = layout.explain(batch, functor.dtype, functor.device) or _mixed_dtypes(boxes)
    if fault is None and "more than 1 value per channel" in str(error):
        remedy = by_door("drop_last=True", plan="drop_last: true")
        return DataError(f"a batch of one row has no batch statistics; give more rows, or set {remedy}")
    of_space = _dtype_of_space(functor, boxes) if re.search("dtype|scalar type", str(error)) else None
    found = fault or of_space or explain_dtypes(error, _graphs(diagram), functor.dtype)
    if found is None:
        note_box(error, _graphs(diagram))
        _note_labels(error, functor, diagram)
    return found


def _note_labels(error: Exception, functor: TorchFunctor, diagram: LearningDiagram) -> None:
    """Note on an error about an index that is out of range which boxes return labels; those of columns are in range."""
    makers = [
        f"box {name!r}, which ends in {space!r}"
        for name, box in diagram.signature.boxes.items()
        if is_deterministic(box)
        for space in functor(box.cod)
        if space.outcomes is not None
    ]
    if makers and _ABOUT_LABELS.search(str(error)):
        error.add_note(f"a label may lie outside its space; labels are returned by {' and by '.join(makers)}")


def _graphs(diagram: LearningDiagram) -> Iterator[PortGraph]:
    """All that a learning diagram computes."""
    for constraint in diagram.constraints:
        yield from (*constraint.reading.joints, *constraint.numbers)
    for axiom in diagram.axioms:
        yield from axiom.normal_forms


def _dtype_of_space(functor: TorchFunctor, boxes: BoxModules) -> TypeMismatch | None:
    """The error that a space explains whose dtype no box has; `compile` finds it where a box can be checked."""
    dtypes = floating_dtypes(boxes)
    for name, space in functor.spaces.items():
        if dtypes and space.dtype is not None and space.dtype.is_floating_point and space.dtype not in dtypes:
            (dtype, box), *_ = dtypes.items()
            return TypeMismatch(
                f"box {box!r} computes in {dtype_name(dtype)}, and the space of {name!r} is {space!r}; convert the "
                f"module, by .to({space.dtype}), or choose another dtype= of the space"
            )
    return None


def _mixed_dtypes(boxes: BoxModules) -> CompileError | None:
    """The error that boxes of different dtypes explain, if there are such boxes."""
    if len(dtypes := floating_dtypes(boxes)) < 2:
        return None
    (first, box), (second, other) = list(dtypes.items())[:2]
    return CompileError(
        f"box {box!r} computes in {dtype_name(first)} and box {other!r} in {dtype_name(second)}; convert one, or train "
        "under torch.autocast"
    )


def explain_dtypes(error: Exception, graphs: Iterable[PortGraph], dtype: torch.dtype) -> TypeMismatch | None:
    """The error that names the box whose module got dtypes that PyTorch refuses; None where there is no such box.

    Parameters
    ----------
    graphs : the diagrams in which the box may stand.
    dtype : torch.dtype in which the model computes.
    """
    call = _failing_call(error)
    if call is None or not _ABOUT_DTYPES.search(str(error)):
        return None
    (guard, values), graphs = call, list(graphs)
    name, inputs = guard.box.name, []
    odd: dict[str, None] = {}
    for i, value in enumerate(values):
        if isinstance(value, Tensor):
            makers = made_by(graphs, name, i)
            strange = value.dtype.is_floating_point and value.dtype != dtype
            # A column of another dtype than the model's is a fault of the batch, which is told of before.
            makers = [maker for maker in makers if not (strange and maker.startswith("column"))] or makers
            source = f" from {' or '.join(makers)}" * bool(makers)
            inputs.append(f"{dtype_name(value.dtype)}{source}")
            odd |= dict.fromkeys(makers if strange else [])
    raised = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
    hint = f"let {' and '.join(odd)} return" if odd else "let the module convert what it computes with to"
    return TypeMismatch(
        f"the module of box {name!r} got {' and '.join(inputs) or 'no input'}, where the model computes in "
        f"{dtype_name(dtype)}, and raised {raised}; {hint} the dtype of its input, as by .to(x.dtype)"
    )


def note_box(error: Exception, graphs: Iterable[PortGraph]) -> None:
    """Note on an error in the module of a box which box it is, and what it was given; the error stays what it is.

    Parameters
    ----------
    graphs : the diagrams in which the box may stand.
    """
    if isinstance(error, LearningDiagramError) or (call := _failing_call(error)) is None:
        return
    (guard, values), graphs, inputs = call, list(graphs), []
    for i, value in enumerate(values):
        source = " or ".join(made_by(graphs, guard.box.name, i))
        shown = f"{list(value.shape)} {dtype_name(value.dtype)}" if isinstance(value, Tensor) else type(value).__name__
        inputs.append(f"{shown} from {source}" if source else shown)
    note = f"the module of {_described(guard.box)} raised this; it was given {' and '.join(inputs) or 'no input'}"
    if note not in getattr(error, "__notes__", ()):
        error.add_note(note)


def made_by(graphs: Iterable[PortGraph], name: str, port: int) -> list[str]:
    """What computes an input of a box, in words, wherever the box is applied."""
    return [*dict.fromkeys(_makers(graphs, name, port))]


def _makers(graphs: Iterable[PortGraph], name: str, port: int) -> Iterator[str]:
    for graph in graphs:
        maker: dict[int, markov.Box] = {}
        for box, arguments, outputs in graph.applications():
            if box.name == name and arguments[port] in maker:
                yield _described(maker[arguments[port]])
            maker |= dict.fromkeys(outputs, box)


def _described(box: markov.Box) -> str:
    if isinstance(box, Column):
        return f"column {box.name!r}"
    return f"{'box' if is_deterministic(box) else 'kernel'} {box.name!r}"


def _failing_call(error: Exception) -> tuple[ShapeGuard, tuple[object, ...]] | None:
    """The innermost call of a box during which an error was raised, with its inputs."""
    trace, found = error.__traceback__, None
    while trace is not None:
        if trace.tb_frame.f_code is ShapeGuard.__call__.__code__:
            names = trace.tb_frame.f_locals
            found = names["self"], names["values"]
        trace = trace.tb_next
    return found
