"""Options of training that cannot be combined; docs/how-to/train/options.md holds the whole table."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch.optim import Optimizer

from learning_diagrams.backends.torch.functor.box_modules import floating_dtypes
from learning_diagrams.backends.torch.measuring.row_dependence import terms_across_rows
from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.backends.torch.optimizers.finite_step import needs_closure
from learning_diagrams.errors import DataError, TypeMismatch, brief, require_count

Precision = Literal["bf16", "fp16"] | None
PRECISIONS: dict[Any, torch.dtype | None] = {None: None, "bf16": torch.bfloat16, "fp16": torch.float16}


def require_combination(
    objective: Objective,
    optimizer: Optimizer,
    accumulate: int,
    precision: Precision,
    clip_norm: float | None,
    aggregator: object,
) -> None:
    """Raise `TypeMismatch` if options cannot be combined, `DataError` if the device or the weights do not admit one."""
    require_count("accumulate", accumulate)
    if not isinstance(precision, str | None) or precision not in PRECISIONS:
        raise DataError(f"precision= is 'bf16', 'fp16' or None, got {brief(precision)}")
    if aggregator is not None and not callable(aggregator):
        raise TypeMismatch(f"aggregator= takes a function of a Jacobian [terms, entries], got {brief(aggregator)}")
    name = type(optimizer).__name__
    clashes = {
        f"{name} looks along a line for a lower loss, and clip_norm= gives it another slope": clip_norm is not None,
        f"{name} looks along a line for a lower loss, and aggregator= gives it another slope": aggregator is not None,
        f"{name} steps with a closure, which the scaling of precision='fp16' does not take": precision == "fp16",
    }
    for what, present in clashes.items():
        if needs_closure(optimizer) and present:
            raise TypeMismatch(f"{what}; leave one out")
    if aggregator is not None and precision == "fp16":
        raise TypeMismatch("precision='fp16' scales gradients, and aggregator= needs them unscaled; use 'bf16'")
    if accumulate > 1:
        for term, why in terms_across_rows(objective.loss).items():
            raise TypeMismatch(
                f"accumulate={accumulate} joins means over rows, and term {term!r} {why}, so it is no such mean; leave "
                "accumulate=1, with larger batches"
            )
    if precision == "fp16":
        if objective.functor.device.type != "cuda":
            raise DataError("precision='fp16' needs a CUDA device; 'bf16' works on a CPU too")
        if box := floating_dtypes(objective.boxes).get(torch.float16):
            raise DataError(f"precision='fp16' keeps weights in float32, and those of box {box!r} are float16")
