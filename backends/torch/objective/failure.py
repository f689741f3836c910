"""Why PyTorch failed on a batch, in the words of the learning diagram."""

from __future__ import annotations

from learning_diagrams.backends.torch.data.batch import BatchLayout
from learning_diagrams.backends.torch.data.mask import Batch
from learning_diagrams.backends.torch.functor.box_modules import BoxModules, floating_dtypes
from learning_diagrams.backends.torch.functor.functor import TorchFunctor
from learning_diagrams.backends.torch.functor.space import dtype_name
from learning_diagrams.errors import CompileError, DataError
from learning_diagrams.errors.door import by_door


def explain_failure(
    error: Exception, batch: Batch, layout: BatchLayout, functor: TorchFunctor, boxes: BoxModules
) -> DataError | CompileError | None:
    """The fault of the batch, or of the boxes, that explains an error; None if there is no such fault."""
    fault = layout.explain(batch, functor.dtype, functor.device) or _mixed_dtypes(boxes)
    if fault is None and "more than 1 value per channel" in str(error):
        remedy = by_door("drop_last=True", plan="drop_last: true")
        return DataError(f"a batch of one row has no batch statistics; give more rows, or set {remedy}")
    return fault


def _mixed_dtypes(boxes: BoxModules) -> CompileError | None:
    """The error that boxes of different dtypes explain, if there are such boxes."""
    if len(dtypes := floating_dtypes(boxes)) < 2:
        return None
    (first, box), (second, other) = list(dtypes.items())[:2]
    return CompileError(
        f"box {box!r} computes in {dtype_name(first)} and box {other!r} in {dtype_name(second)}; convert one, or train "
        "under torch.autocast"
    )
