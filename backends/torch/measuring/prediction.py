"""Predictions: the outputs of morphisms from data, for all rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from learning_diagrams.backends.torch.data.device import to_device
from learning_diagrams.backends.torch.functor.freezing import in_mode
from learning_diagrams.backends.torch.measuring.measurable import Measurable
from learning_diagrams.backends.torch.measuring.measurement import open_pass
from learning_diagrams.backends.torch.measuring.morphism_on_data import MorphismOnData, layout_for
from learning_diagrams.errors import DataError, kind


def predict(
    objective: Measurable, data: Any, diagrams: Mapping[str, Any], batch_size: int | Mapping[str, int], strict: bool
) -> dict[str, Any]:
    """The outputs of some morphisms by name, in eval mode and without gradients, in one pass over data."""
    morphisms = {name: MorphismOnData(objective, diagram, "predict") for name, diagram in diagrams.items()}
    layout = layout_for(objective.loss.layout, morphisms.values())
    if isinstance(data, Mapping):
        data = {name: source for name, source in data.items() if name in layout.read or name not in layout.spaces}
    batches = open_pass(objective, data, layout, batch_size, strict)
    batches.require_none_repeated("predict")
    for name, morphism in morphisms.items():
        batches.require_whole(frozenset(morphism.spaces), name)
    outputs: dict[str, list[tuple[Any, ...]]] = {name: [] for name in morphisms}
    present: dict[str, list[Tensor]] = {name: [] for name in morphisms}
    with in_mode(objective), torch.no_grad():
        objective.eval()
        for columns, fresh in batches:
            batch = to_device(columns, objective.constants["zero"].device)
            layout.check(batch, strict)
            for name, morphism in morphisms.items():
                if fresh.issuperset(morphism.spaces):
                    values, mask = morphism(batch)
                    outputs[name].append(values)
                    present[name] += [] if mask is None else [mask]
    return {name: _joined(name, outputs[name], present[name]) for name in morphisms}


def _joined(name: str, outputs: list[tuple[Any, ...]], present: list[Tensor]) -> Any:
    """The outputs of all batches, one Tensor for each wire; with a mask, pairs (values, mask)."""
    wires: list[Any] = []
    for values in zip(*outputs, strict=True):
        if not all(isinstance(value, Tensor) for value in values):
            raise DataError(
                f"predict joins tensors, and {name} ends in {kind(values[0])}; call "
                "objective.model(morphism) batch by batch, or let a box take what you need of it"
            )
        if len({value.shape[1:] for value in values}) > 1:
            shapes = ", ".join(str(list(value.shape)) for value in values[:3])
            raise DataError(
                f"predict cannot join the outputs of {name}, whose batches have the shapes {shapes}, …; "
                "pad all batches to one length, or call objective.model(morphism) batch by batch"
            )
        wires.append((torch.cat(values), torch.cat(present)) if present else torch.cat(values))
    return wires[0] if len(wires) == 1 else tuple(wires)
