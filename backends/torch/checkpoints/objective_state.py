"""The state of an objective that is more than its weights: averages in full precision, and the check of its axioms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from learning_diagrams.backends.torch.checkpoints.likeness import refuse_if
from learning_diagrams.backends.torch.functor.box_modules import escape
from learning_diagrams.backends.torch.functor.module_support import as_sharded
from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.backends.torch.objective.parameter_file import faults
from learning_diagrams.backends.torch.objective.state_keys import box_of
from learning_diagrams.errors import brief


@dataclass(frozen=True)
class ObjectiveState:
    """The objective of a run, in a game with those of its players."""

    objective: Objective

    def state_dict(self) -> dict[str, Any]:
        parts = (self.objective, *self.objective.players.values())
        averages = [[box, key, value] for (box, key), value in self.objective._averaging.exact.items()]
        axioms = [[part._axioms.due, dict(part._axioms.defects), dict(part._axioms.reasons)] for part in parts]
        return {"weights": dict(self.objective.state_dict()), "averages": averages, "axioms": axioms}

    def require(self, state: dict[str, Any]) -> None:
        """`FileError`, or another plain error, for weights, averages or axioms of another objective."""
        require_weights(state["weights"], self.objective)
        for key, value in _tensors(state["weights"]).items():
            refuse_if(
                box_of(key) is None and (value < 0).any(), f"it holds {brief(value)} as {key!r}, which counts steps"
            )
        for box, key, value in state["averages"]:
            refuse_if(
                box not in self.objective.boxes.names or not isinstance(key, str),
                f"it holds an average of {brief(box)}, which is no box of the objective",
            )
            refuse_if(
                not isinstance(value, Tensor) or value.dtype not in (torch.float32, torch.complex64),
                f"it holds {brief(value)} as the average of {key!r} of box {box!r}",
            )
        parts = (self.objective, *self.objective.players.values())
        for part, (due, defects, reasons) in zip(parts, state["axioms"], strict=True):
            numbers = all(value is None or isinstance(value, float) for value in defects.values())
            texts = all(isinstance(text, str) for text in reasons.values())
            names = defects.keys() == part._axioms.defects.keys() and reasons.keys() <= defects.keys()
            refuse_if(
                not (isinstance(due, bool) and numbers and texts and names),
                f"it holds axioms that the objective does not have: {brief(defects)}",
            )

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take on a state."""
        wanted = self.objective.state_dict()
        self.objective.load_state_dict({key: as_sharded(value, wanted[key]) for key, value in state["weights"].items()})
        self.objective._averaging.exact = {
            (box, key): as_sharded(value, wanted[f"boxes.{escape(box)}.{key}"]) for box, key, value in state["averages"]
        }
        parts = (self.objective, *self.objective.players.values())
        for part, (due, defects, reasons) in zip(parts, state["axioms"], strict=True):
            part._axioms.due, part._axioms.defects, part._axioms.reasons = due, defects, reasons


def require_weights(weights: Mapping[str, Any], objective: Objective) -> None:
    """Raise `FileError` for weights that do not fit an objective; a parameter is finite where that of it is."""
    wanted = objective.state_dict()
    learning = {name: wanted[name] for name, _ in objective.named_parameters(remove_duplicate=False)}
    for _, fault in faults(_tensors(weights), _tensors(wanted), finite=False):
        refuse_if(fault, f"it {fault}")
    for _, fault in faults({name: weights[name] for name in learning}, learning):
        refuse_if(fault, f"it {fault}")
    differing = sorted(map(str, weights.keys() ^ wanted.keys()))
    refuse_if(differing, f"it holds other states than here of {brief(differing)}")


def _tensors(state: Mapping[str, Any]) -> dict[str, Tensor]:
    """The state without what a module keeps beside tensors."""
    return {key: value for key, value in state.items() if isinstance(value, Tensor)}
