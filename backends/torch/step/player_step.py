"""A step of training: the gradient of one batch or several, the finite check, and the optimizer's step."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from learning_diagrams.backends.torch.data.mask import Batch
from learning_diagrams.backends.torch.objective.gradients import without_trace
from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.backends.torch.objective.summands import weighted_terms
from learning_diagrams.backends.torch.optimizers.finite_step import needs_closure, step_if_finite
from learning_diagrams.backends.torch.step.gradient_check import (
    clip,
    forget_gradients,
    gradients_of,
    guilty_terms,
    is_finite,
    non_finite_gradient,
    norm_without_overflow,
    norms_of,
    total_norm,
)
from learning_diagrams.backends.torch.step.joined_loss import JoinedLoss
from learning_diagrams.backends.torch.step.scheduling import Every
from learning_diagrams.backends.torch.step.step_record import StepRecord, require_finite
from learning_diagrams.errors import CompileError, NonFiniteGradient, NonFiniteTerm, TypeMismatch
from learning_diagrams.errors.door import by_door


@dataclass(eq=False)
class PlayerStep:
    """A step of training: the loss that it lowers and the optimizer that it uses.

    Attributes
    ----------
    player : str or None, the name of the player; None if there is no game.
    whole : Objective, which counts the steps; in a game that of all players.
    loss : JoinedLoss, the loss of the player or of everybody, and how its gradient is computed.
    schedulers : list of schedulers, stepped after each step or each epoch; a ReduceLROnPlateau after each validation.
    clip_norm : float or None, the greatest norm of the gradient.
    scaler : GradScaler or None, for float16: it scales the loss, and skips a step whose gradient is not finite.
    at_once : bool, whether a gradient that is not finite is an error at once, as on a CPU. If not, no call waits for
        the device: the step is skipped there, and the record says so.
    """

    player: str | None
    whole: Objective
    loss: JoinedLoss
    optimizer: Optimizer
    schedulers: Sequence[LRScheduler] = ()
    scheduler_every: Every = "step"
    clip_norm: float | None = None
    scaler: torch.amp.GradScaler | None = None
    at_once: bool = True
    closes: bool = field(init=False)

    def __post_init__(self) -> None:
        self.closes = needs_closure(self.optimizer)  # asked once, because the answer costs as much as a kernel

    def make(self, batches: Sequence[Batch], strict: bool = True, at: int | None = None) -> StepRecord:
        """Make one step with the gradient of the loss of some batches joined; return what it measured.

        With a gradient that is not finite no step is made, and the weights stay as they were.

        Parameters
        ----------
        batches : list of batches, on the device of the objective.
        at : int, the number of the step in errors; None takes the number of steps that the objective has made, and one.

        Raises
        ------
        NonFiniteTerm, NonFiniteGradient : their attribute `record` is the record of the step that was not made.
        """
        at = self.whole.steps_made + 1 if at is None else at
        if self.closes:
            record = self._step_with_closure(batches, strict, at)
        else:
            record = self._step(self._differentiate(batches, strict, at))
        if self.schedulers and self.scheduler_every == "step":
            self._schedule()
        self.whole.after_step(self.player)
        return record

    @property
    def advice(self) -> str:
        """The options of this step that keep weights from running away, as an error names them."""
        advice = ["lower lr" if self.player is None else f"lower lr of player {self.player!r}"]
        if self.clip_norm is not None:
            advice.append(f"lower clip_norm{by_door('=', plan=': ')}{self.clip_norm:g}")
        elif not self.closes:
            advice.append("set clip_norm")
        elif self.optimizer.param_groups[0].get("line_search_fn", "no such option") is None:
            advice.append(f"give {type(self.optimizer).__name__} line_search_fn='strong_wolfe'")
        return ", ".join([*advice, *(["leave out precision"] if self.loss.context else [])])

    def after_epoch(self) -> None:
        """Step the schedulers that go by epochs."""
        if self.scheduler_every == "epoch":
            self._schedule()

    def after_validation(self, value: float) -> None:
        """Step the schedulers that go by the value that validation monitors."""
        for scheduler in self.schedulers:
            if isinstance(scheduler, ReduceLROnPlateau):
                scheduler.step(value)

    def _schedule(self) -> None:
        for scheduler in self.schedulers:
            if not isinstance(scheduler, ReduceLROnPlateau):
                try:
                    scheduler.step()
                except ValueError as error:
                    raise TypeMismatch(
                        f"{type(scheduler).__name__} is stepped with scheduler_every={self.scheduler_every!r}, and "
                        f"ends before the run does: {error}; make it for as many steps"
                    ) from None

    def _step(self, record: StepRecord) -> StepRecord:
        if self.scaler is not None:
            self.scaler.step(self.optimizer)
            self.scaler.update()
            return replace(record, skipped=~torch.isfinite(record.gradient_norm))
        if self.at_once:
            try:
                self.optimizer.step()
            except RuntimeError as error:
                if "sparse" not in str(error):
                    raise
                raise CompileError(
                    f"{type(self.optimizer).__name__} does not take the gradients of this objective: {error}; for "
                    "sparse gradients pass SGD, Adagrad or SparseAdam, or give their box its own in groups="
                ) from None
            return record
        return replace(record, skipped=step_if_finite(self.optimizer, record.gradient_norm))

    def _differentiate(self, batches: Sequence[Batch], strict: bool, at: int) -> StepRecord:
        """Put the clipped gradient of the joined loss into the parameters."""
        draws = torch.default_generator.get_state()
        forget_gradients(self.optimizer)
        total, terms, counts = self.loss.differentiate(batches, strict, self.optimizer, self.scaler)
        if self.scaler is not None:
            self.scaler.unscale_(self.optimizer)
        parameters, gradients = gradients_of(self.optimizer)
        norm = total_norm(norms := norms_of(gradients))
        at_once = self.at_once or self.closes
        fails = at_once and not (math.isfinite(norm) and math.isfinite(total))
        if fails:
            norm = norm_without_overflow(gradients)
        by_parameter = {} if at_once else dict(zip(parameters, norms, strict=True))
        rate = self.optimizer.param_groups[0]["lr"]
        record = StepRecord(total, terms, counts, norm, rate, norms=by_parameter)
        constants: Any = self.loss.objective._modules["constants"]  # a look-up as an attribute costs ten times as much
        if constants.scheduled:
            record.weights = self.loss.objective.loss.scheduled_weights(constants.count)
        if fails:
            self._require_finite(record, dict(zip(parameters, gradients, strict=True)), batches, strict, at, draws)
        if self.clip_norm is not None:
            clip(gradients, norm, self.clip_norm)
        return record

    def _step_with_closure(self, batches: Sequence[Batch], strict: bool, at: int) -> StepRecord:
        """A step of an optimizer that asks for the loss several times; its record is that of the first time."""
        records: list[StepRecord] = []
        faults: list[NonFiniteTerm | NonFiniteGradient] = []

        def closure() -> Tensor:
            with torch.enable_grad():
                try:
                    records.append(self._differentiate(batches, strict, at))
                except (NonFiniteTerm, NonFiniteGradient) as error:
                    if not records:  # later ones are probes of a line search, which may go back
                        raise
                    faults.append(error)
                    return cast(StepRecord, error.record).total
            return records[-1].total

        parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        before = [parameter.detach().clone() for parameter in parameters]
        try:
            self.optimizer.step(closure)  # type: ignore[arg-type]
            if not all(map(is_finite, parameters)):
                if faults:
                    raise faults[0]
                fault = NonFiniteGradient(
                    f"{type(self.optimizer).__name__} left weights that are not finite at step {at}, and they were put "
                    f"back; {self.advice}, or look at the data"
                )
                fault.record = records[0]
                raise fault
        except (NonFiniteTerm, NonFiniteGradient):
            with torch.no_grad():
                torch._foreach_copy_(parameters, before)
            raise
        return records[0]

    def _require_finite(
        self,
        record: StepRecord,
        gradients: Mapping[nn.Parameter, Tensor],
        batches: Sequence[Batch],
        strict: bool,
        at: int,
        draws: Tensor,
    ) -> None:
        """Raise the error of a loss or of a gradient that is not finite."""
        objective = self.loss.objective
        try:
            terms = {name: term.item() for name, term in record.terms.items()}
            dtype, device = objective.functor.dtype, objective.functor.device
            faults = (objective.layout.explain(batch, dtype, device) for batch in batches)
            advice = "; ".join((*(str(fault) for fault in faults if fault is not None), self.advice))
            require_finite(record.total.item(), terms, at, advice)
            if wrong := [parameter for parameter, gradient in gradients.items() if not is_finite(gradient)]:
                with without_trace(objective):
                    torch.set_rng_state(draws)
                    weighted = (weighted_terms(*self.loss.value(objective, batch, strict)) for batch in batches)
                    guilty = guilty_terms(weighted, wrong)
                raise non_finite_gradient(objective, set(wrong), guilty, at)
        except (NonFiniteTerm, NonFiniteGradient) as error:
            error.record = record
            raise
