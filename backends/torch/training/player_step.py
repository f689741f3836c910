"""A step of training: the gradient of one batch or several, the finite check, and the optimizer's step."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from learning_diagrams.backends.torch.data.mask import Batch
from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.backends.torch.objective.summands import weighted_terms
from learning_diagrams.backends.torch.optimizers.conditional_step import step_if_finite
from learning_diagrams.backends.torch.training.gradient_check import (
    clip,
    gradients_of,
    non_finite_gradient,
    norm_of,
    norm_without_overflow,
)
from learning_diagrams.backends.torch.training.joined_loss import add_gradient
from learning_diagrams.backends.torch.training.step_record import StepRecord, require_finite
from learning_diagrams.errors import LearningDiagramError, NonFiniteGradient, NonFiniteTerm


@dataclass(frozen=True)
class PlayerStep:
    """A step of training: the loss that it lowers and the optimizer that it uses.

    Attributes
    ----------
    player : str or None, the name of the player; None if there is no game.
    whole : Objective, which counts the steps; in a game that of all players.
    call : the objective whose loss is lowered, or the function that it is called through after `torch.compile`.
    scheduler : stepped after each step.
    clip_norm : float or None, the greatest norm of the gradient.
    """

    player: str | None
    whole: Objective
    call: Callable[..., Any]
    optimizer: Optimizer
    scheduler: LRScheduler | None = None
    clip_norm: float | None = None

    @property
    def objective(self) -> Objective:
        """The objective whose loss is lowered: of the player, or of everybody."""
        return self.whole if self.player is None else self.whole.players[self.player]

    def make(self, batches: Sequence[Batch], strict: bool = True, at: int | None = None) -> StepRecord:
        """Make one step with the gradient of the loss of some batches joined; return what it measured.

        On a CPU a value or a gradient that is not finite is an error before the step, and the weights stay as they
        were. Elsewhere no step is made with such a gradient either, and the record says so.

        Parameters
        ----------
        batches : list of batches, on the device of the objective.
        at : int, the number of the step in errors; None takes the number of steps that the objective has made, and one.

        Raises
        ------
        NonFiniteTerm, NonFiniteGradient : their attribute `record` is the record of the step that was not made.
        """
        at = self.whole.steps_made + 1 if at is None else at
        if needs_closure(self.optimizer):
            record = self._step_with_closure(batches, strict, at)
        else:
            record = self._differentiate(batches, strict, at)
            if record.total.device.type == "cpu":
                self.optimizer.step()
            else:
                record = replace(record, skipped=step_if_finite(self.optimizer, record.gradient_norm))
        if self.scheduler is not None:
            self.scheduler.step()
        self.whole.after_step(self.player)
        return record

    def _differentiate(self, batches: Sequence[Batch], strict: bool, at: int) -> StepRecord:
        """Put the clipped gradient of the joined loss into the parameters."""
        draws = torch.get_rng_state()
        self.optimizer.zero_grad(set_to_none=True)
        total, terms, counts = add_gradient(self.objective, self.call, batches, strict, self._backward)
        gradients = gradients_of(self.optimizer)
        norm = norm_of(gradients)
        fails = total.device.type == "cpu" and not (math.isfinite(norm) and math.isfinite(total))
        if fails and gradients:
            norm = norm_without_overflow(gradients)
        record = StepRecord(total, terms, counts, norm, self.optimizer.param_groups[0]["lr"])
        if fails:
            self._require_finite(record, batches, strict, at, draws)
        if self.clip_norm is not None:
            clip(gradients, norm, self.clip_norm)
        return record

    def _backward(self, loss: Tensor) -> None:
        """Add the gradient; in a game to the parameters of the player alone."""
        held = [p for group in self.optimizer.param_groups for p in group["params"] if p.requires_grad]
        loss.backward(inputs=None if self.player is None else held)  # type: ignore[no-untyped-call]

    def _step_with_closure(self, batches: Sequence[Batch], strict: bool, at: int) -> StepRecord:
        """A step of an optimizer that asks for the loss several times; its record is that of the first time."""
        records: list[StepRecord] = []

        def closure() -> Tensor:
            with torch.enable_grad():
                records.append(self._differentiate(batches, strict, at))
            return records[-1].total

        parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        before = [parameter.detach().clone() for parameter in parameters]
        try:
            self.optimizer.step(closure)  # type: ignore[arg-type]
        except LearningDiagramError:
            with torch.no_grad():
                torch._foreach_copy_(parameters, before)
            raise
        return records[0]

    def _require_finite(
        self, record: StepRecord, batches: Sequence[Batch], strict: bool, at: int, draws: Tensor
    ) -> None:
        """Raise the error of a loss or of a gradient that is not finite."""
        try:
            require_finite(record.total.item(), {name: term.item() for name, term in record.terms.items()}, at)
            if not math.isfinite(record.gradient_norm):
                with torch.random.fork_rng([]):
                    torch.set_rng_state(draws)
                    terms = (weighted_terms(*self.objective(batch, strict)) for batch in batches)
                    raise non_finite_gradient(self.objective, terms, at)
        except (NonFiniteTerm, NonFiniteGradient) as error:
            error.record = record
            raise


def needs_closure(optimizer: Optimizer) -> bool:
    """Whether an optimizer asks for the loss as often as it likes in a step, as LBFGS does.

    >>> weights = [torch.zeros(1)]
    >>> needs_closure(torch.optim.LBFGS(weights)), needs_closure(torch.optim.SGD(weights))
    (True, False)
    """
    closure = inspect.signature(optimizer.step).parameters.get("closure")
    return closure is not None and closure.default is closure.empty
