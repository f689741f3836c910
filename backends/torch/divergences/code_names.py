"""The names in the code of a loss: functions that it calls, and arguments that it takes."""

from __future__ import annotations

from typing import Any

import torch

from learning_diagrams.backends.torch.data.mask import impute_jointly
from learning_diagrams.backends.torch.divergences.row_function import same_sizes, zero_where_absent
from learning_diagrams.backends.torch.divergences.samples import join
from learning_diagrams.backends.torch.divergences.table import TorchDivergences
from learning_diagrams.backends.torch.functor.draws import SAMPLERS, detach, expand, one_hot

_ARGUMENTS = frozenset({"check", "batch", "present", "boxes", "constants", "total", "loss", "rows", "model"})


def namespace(divergences: TorchDivergences) -> dict[str, Any]:
    """The functions that the code of a loss may call, by name."""
    calls: dict[str, Any] = {"detach": detach, "expand": expand, "one_hot": one_hot, "join": join}
    calls |= {"together": impute_jointly, "same_sizes": same_sizes, "zero_where_absent": zero_where_absent}
    return {"torch": torch, **calls, **SAMPLERS, **divergences.functions()}


def reserved(divergences: TorchDivergences) -> frozenset[str]:
    """The names that no variable in the code of a loss may have."""
    return _ARGUMENTS | namespace(divergences).keys()
