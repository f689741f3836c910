"""Why PyTorch failed on a batch, in the words of the learning diagram."""

from __future__ import annotations

import re
from collections.abc import Iterator

from learning_diagrams.backends.torch.data.batch import BatchLayout
from learning_diagrams.backends.torch.data.mask import Batch
from learning_diagrams.backends.torch.functor.box_modules import BoxModules, floating_dtypes
from learning_diagrams.backends.torch.functor.functor import TorchFunctor
from learning_diagrams.backends.torch.functor.space import dtype_name
from learning_diagrams.backends.torch.objective.dtype_failure import explain_dtypes
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.errors import CompileError, DataError, TypeMismatch
from learning_diagrams.errors.door import by_door
from learning_diagrams.learning_diagram import LearningDiagram


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
    return fault or of_space or explain_dtypes(error, _graphs(diagram), functor.dtype)


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
