"""The state of the steps of a round: each player's optimizer, schedulers, and scaler."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from learning_diagrams.backends.torch.checkpoints.optimizer_check import require_optimizer_state
from learning_diagrams.backends.torch.checkpoints.scheduler_check import require_scaler_state, require_scheduler_state
from learning_diagrams.backends.torch.functor.module_support import as_sharded
from learning_diagrams.backends.torch.step.player_step import PlayerStep
from learning_diagrams.errors import FileError


@dataclass(frozen=True)
class StepState:
    """The steps of a round; a step that stands in it several times has one state."""

    steps: Sequence[PlayerStep]

    def state_dict(self) -> list[dict[str, Any]]:
        return [
            {
                "player": step.player,
                "optimizer": type(step.optimizer).__name__,
                "state": step.optimizer.state_dict(),
                "schedulers": [[type(each).__name__, each.state_dict()] for each in step.schedulers],
                "scaler": None if step.scaler is None else step.scaler.state_dict(),
            }
            for step in dict.fromkeys(self.steps)
        ]

    def require(self, state: list[dict[str, Any]]) -> None:
        """`FileError` for a state of another optimizer or scheduler, or that none of its class has."""
        for step, part in zip(dict.fromkeys(self.steps), state, strict=True):
            schedulers = [type(each).__name__ for each in step.schedulers]
            now = (step.player, type(step.optimizer).__name__, schedulers, step.scaler is None)
            then = (part["player"], part["optimizer"], [name for name, _ in part["schedulers"]], part["scaler"] is None)
            if now != then:
                raise FileError(f"it holds {_text(*then)}, and the run has {_text(*now)} here")
            require_optimizer_state(step.optimizer, part["state"])
            for scheduler, (_, values) in zip(step.schedulers, part["schedulers"], strict=True):
                require_scheduler_state(scheduler, values, step.optimizer, part["state"]["param_groups"])
            if step.scaler is not None:
                require_scaler_state(part["scaler"], step.scaler.state_dict())

    def load_state_dict(self, state: list[dict[str, Any]]) -> None:
        """Take on a state."""
        for step, part in zip(dict.fromkeys(self.steps), state, strict=True):
            load_exactly(step.optimizer, part["state"])
            for scheduler, (_, values) in zip(step.schedulers, part["schedulers"], strict=True):
                scheduler.load_state_dict(values)
            if step.scaler is not None:
                step.scaler.load_state_dict(part["scaler"])


def load_exactly(optimizer: Optimizer, state: dict[str, Any]) -> None:
    """Load the state of an optimizer with the dtypes that it has, where PyTorch converts it to those of parameters."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for number, values in state["state"].items():
        for name, value in values.items():
            if isinstance(value, Tensor) and value.shape == parameters[number].shape:
                values[name] = as_sharded(value, parameters[number])
    optimizer.load_state_dict(state)
    for number, values in state["state"].items():
        loaded = optimizer.state[parameters[number]]
        for name, value in values.items():
            if isinstance(value, Tensor) and loaded[name].dtype != value.dtype:
                loaded[name] = value.to(loaded[name].device)


def _text(player: Any, optimizer: str, schedulers: list[str], unscaled: bool) -> str:
    owner = "" if player is None else f" of player {player!r}"
    return " and ".join([f"the state of {optimizer}{owner}", *schedulers, *([] if unscaled else ["a scaler"])])
