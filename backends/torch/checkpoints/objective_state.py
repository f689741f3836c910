"""The state of an objective that is more than its weights: averages in full precision, and the check of its axioms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from learning_diagrams.backends.torch.functor.box_modules import escape
from learning_diagrams.backends.torch.functor.module_support import as_sharded
from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.backends.torch.objective.parameter_file import faults
from learning_diagrams.errors import FileError


@dataclass(frozen=True)
class ObjectiveState:
    """The objective of a run, in a game with those of its players."""

    objective: Objective

    def state_dict(self) -> dict[str, Any]:
        parts = (self.objective, *self.objective.players.values())
        averages = [[box, key, value] for (box, key), value in self.objective._averaging.exact.items()]
        axioms = [[part._axioms.due, dict(part._axioms.defects), dict(part._axioms.reasons)] for part in parts]
        return {"weights": dict(self.objective.state_dict()), "averages": averages, "axioms": axioms}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take on a state; `FileError` for weights that do not fit."""
        wanted = self.objective.state_dict()
        for _, fault in faults(_tensors(state["weights"]), _tensors(wanted), finite=False):
            raise FileError(f"it {fault}")
        self.objective.load_state_dict({key: as_sharded(value, wanted[key]) for key, value in state["weights"].items()})
        self.objective._averaging.exact = {
            (box, key): as_sharded(value, wanted[f"boxes.{escape(box)}.{key}"]) for box, key, value in state["averages"]
        }
        parts = (self.objective, *self.objective.players.values())
        for part, (due, defects, reasons) in zip(parts, state["axioms"], strict=True):
            part._axioms.due, part._axioms.defects, part._axioms.reasons = due, defects, reasons


def _tensors(state: Mapping[str, Any]) -> dict[str, Tensor]:
    """The state without what a module keeps beside tensors."""
    return {key: value for key, value in state.items() if isinstance(value, Tensor)}
