"""The loop of a run: steps, looks at what they measured, validations, and epochs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle, islice
from typing import Any, cast

import torch
from torch import Tensor
from torch.optim import Optimizer

from learning_diagrams.backends.torch.checkpoints.likeness import refuse_if
from learning_diagrams.backends.torch.data.device import to_device
from learning_diagrams.backends.torch.data.mask import Batch
from learning_diagrams.backends.torch.measuring.absent_terms import AbsentTerms
from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.backends.torch.step.gradient_check import non_finite_gradient
from learning_diagrams.backends.torch.step.player_step import PlayerStep
from learning_diagrams.backends.torch.step.skipped_steps import SCALED, SkippedSteps
from learning_diagrams.backends.torch.step.step_record import StepRecord, require_finite
from learning_diagrams.backends.torch.training.display import Display
from learning_diagrams.backends.torch.training.history import History
from learning_diagrams.backends.torch.training.validation import BestState
from learning_diagrams.errors import FileError, NonFiniteGradient, NonFiniteTerm, brief
from learning_diagrams.errors.short_text import short_repr

ALL_MADE, NO_BETTER = "all steps were made", "no better"
CHECK_EVERY = 50  # steps between looks at the values on an accelerator, where a look waits for the device


@dataclass(frozen=True)
class Progress:
    """The argument of a callback; in a game `optimizer` is a dict by player.

    On an accelerator the history is up to date at the end of an epoch, and every 50 steps.
    """

    objective: Objective
    optimizer: Optimizer | Mapping[str, Optimizer]
    history: History
    epoch: int
    step: int

    __repr__ = short_repr


Callbacks = Sequence[Callable[[Progress], Any]]


@dataclass
class Loop:
    """One run of training.

    Parameters
    ----------
    player_steps : the steps of a round, which is repeated.
    length : int, the number of steps in an epoch.
    total : int or None, the number of steps in the run; None goes on until a callback, the time or patience ends it.
    best : BestState or None, what validation has seen.
    validate_every : int or None, steps between validations; None validates at the end of each epoch.
    limit : int or None, how many batches a validation measures.
    deadline : float, the time on the clock after which no further step is made.
    agree : function that gives all processes the measurements of one; None in one process.
    hook : function of the step, of the reason for which the run ends or None, whether an epoch ends here, and whether
        the time is over; it returns the reason to end, or None. It is called after all else that belongs to a step.

    Attributes
    ----------
    made : int, the steps that were made.
    """

    objective: Objective
    device: torch.device
    strict: bool
    player_steps: Sequence[PlayerStep]
    history: History
    display: Display
    length: int
    total: int | None
    best: BestState | None
    validate_every: int | None
    limit: int | None
    callbacks: Callbacks
    step_callbacks: Callbacks
    deadline: float
    clock: Callable[[], float] = time.monotonic
    agree: Callable[[Any], Any] | None = None
    hook: Callable[[int, str | None, bool, bool], str | None] | None = None
    made: int = field(default=0, init=False)
    _ended: str | None = field(default=None, init=False)
    _grown: bool = field(default=False, init=False)
    _pending: list[tuple[int, StepRecord]] = field(default_factory=list, init=False)
    _skips: SkippedSteps = field(init=False)
    _start: float = field(default=0.0, init=False)
    _absent: AbsentTerms = field(default_factory=partial(AbsentTerms, "in this epoch"), init=False)
    _unmeasured: AbsentTerms = field(default_factory=partial(AbsentTerms, "in the validation data"), init=False)

    def __post_init__(self) -> None:
        self._skips = SkippedSteps(SCALED if any(each.scaler is not None for each in self.player_steps) else 0)

    def run(self, groups: Iterator[list[Batch]]) -> None:
        """Make a step with each group of batches; the history says why no further step was made."""
        self.objective.train()
        if self._goes_on():
            self._ended = None
        self.history.stopped = self._ended or ALL_MADE
        self._start = time.perf_counter()
        if self._ended is not None:
            return
        numbers = range(self.made + 1, (sys.maxsize if self.total is None else self.total) + 1)
        turns = islice(cycle(self.player_steps), self.made % len(self.player_steps), None)
        for step, player_step in zip(numbers, turns, strict=False):
            self._step(step, player_step, next(groups))
            reason = self._ask(self.step_callbacks, step)
            ends = reason is not None or step == self.total or step % self.length == 0
            validates = step % self.validate_every == 0 if self.validate_every else ends
            if ends or validates:
                reason = self._close(step, ends, validates, reason)
                ends = ends or reason is not None
            late = reason is None and self.clock() >= self.deadline
            if self.hook is not None:
                self.made, self._ended = step, reason or (ALL_MADE if step == self.total else None)
                stop = self.hook(step, self._ended, ends, late)
                reason = stop if stop != ALL_MADE else reason
            if late and reason is None:
                reason = "max_time was over"
            if reason is not None:
                if not ends:  # a checkpoint holds the epoch as it is, and the history of this call closes it
                    self._close(step, True, not self.validate_every and late, reason)
                self.history.stopped = reason
                return

    def _close(self, step: int, ends: bool, validates: bool, reason: str | None) -> str | None:
        """Validate, and close the epoch, if it is time for that; return the reason to stop, if there is one."""
        if self.best is not None and validates:
            reason = self._validate(step, self.best) or reason
        if ends or reason is not None:
            self._look()
            for each in dict.fromkeys(self.player_steps):
                each.after_epoch()
            self._absent.warn(self.history.absent)
            self.history.close_epoch(self._epoch(step), step, time.perf_counter() - self._start)
            self.display.epoch(self.history.epochs[-1])
            reason = self._ask(self.callbacks, step) or reason
            self._start = time.perf_counter()
        return reason

    def state_dict(self) -> dict[str, Any]:
        """How far the run has come; the history is up to date then."""
        self._look()
        return {
            "made": self.made,
            "total": self.total,
            "length": self.length,
            "players": len(self.player_steps),
            "skipped": self._skips.count,
            "ended": self._ended,
        }

    def require(self, state: Mapping[str, Any]) -> None:
        """`FileError`, or another plain error, for a run in other epochs, or one that cannot have come so far."""
        sizes = (state["length"], state["players"])
        if sizes != (self.length, len(self.player_steps)):
            raise FileError(
                f"it is of a run in epochs of {sizes[0]:,} and rounds of {sizes[1]:,} steps, which are {self.length:,} "
                f"and {len(self.player_steps):,} here"
            )
        total = sys.maxsize if state["total"] is None else state["total"]
        numbers = (state["skipped"], state["made"], total)
        refuse_if(
            not all(type(number) is int for number in numbers) or sorted((0, *numbers)) != [0, *numbers],
            f"it is of a run that skipped {brief(numbers[0])} of {brief(numbers[1])} steps",
        )
        refuse_if(
            state["ended"] is not None and not isinstance(state["ended"], str),
            f"it says {brief(state['ended'])} as the reason why its run ended",
        )

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Stand where a run stood, which may have ended."""
        self.made, self._skips.count, self._ended = state["made"], state["skipped"], state["ended"]
        self._grown = (self.total or sys.maxsize) > (state["total"] or sys.maxsize)
        self.display.bar.update(self.made - self.display.bar.n)

    def _goes_on(self) -> bool:
        """Whether a run that has ended goes on: it is to make more steps than it was, or to be more patient.

        A run whose patience is over ends there whatever number of steps it is to make.
        """
        if self.best is not None and self.best.is_over:
            return False
        impatient = self._ended is not None and self._ended.startswith(NO_BETTER)
        return self._grown or (impatient and self.made < (self.total or sys.maxsize))

    def _step(self, step: int, player_step: PlayerStep, batches: Iterable[Batch]) -> None:
        failure: NonFiniteTerm | NonFiniteGradient | None = None
        try:
            record = player_step.make([to_device(batch, self.device) for batch in batches], self.strict, step)
        except (NonFiniteTerm, NonFiniteGradient) as error:
            failure, record = error, cast(StepRecord, error.record)
        self._pending.append((step, record))
        if failure is not None or self.device.type == "cpu" or step % CHECK_EVERY == 0:
            self._look(failed=failure is not None)
        if failure is not None:
            raise failure
        self.display.bar.update()

    def _look(self, failed: bool = False) -> None:
        """Add the steps since the last look to the history; raise the error of what is not finite.

        Parameters
        ----------
        failed : bool, whether the last step has failed, whose own error says more.
        """
        pending, self._pending = self._pending, []
        values = iter(_numbers([value for _, record in pending for value in _measured(record)], self.device))
        for step, record in pending:
            total, gradient_norm, learning_rate, skipped = islice(values, 4)
            terms, counts = (dict(zip(names, values, strict=False)) for names in (record.terms, record.counts))
            self.history.add_step(
                step, self._epoch(step), total, terms, counts, learning_rate, gradient_norm, record.weights
            )
            if not failed:
                require_finite(total, terms, step, self.player_steps[(step - 1) % len(self.player_steps)].advice)
            if self._skips.see(skipped):
                wrong = {parameter for parameter, norm in record.norms.items() if not torch.isfinite(norm)}
                raise non_finite_gradient(self.objective, wrong, (), step)
            self.display.step({"total": total, **terms})

    def _validate(self, step: int, best: BestState) -> str | None:
        """Measure; return the reason to stop, if there is one."""
        self._look()
        absent = self._unmeasured
        measured = best.validation.measure(self.objective, self.device, self.strict, self.limit, absent)
        if self.agree is not None:
            measured = self.agree(measured)
        self.history.add_validation(self._epoch(step), step, measured)
        for each in dict.fromkeys(self.player_steps):
            each.after_validation(measured[best.validation.monitor])
        if best.see(self._epoch(step), step, measured):
            return f"{NO_BETTER} {best.validation.monitor} for {best.validation.patience} validations"
        return None

    def _ask(self, callbacks: Callbacks, step: int) -> str | None:
        """Call the callbacks; return the reason to stop, if one of them returns True."""
        if not callbacks:
            return None
        optimizers = {each.player: each.optimizer for each in self.player_steps if each.player is not None}
        optimizer = optimizers or self.player_steps[0].optimizer
        progress = Progress(self.objective, optimizer, self.history, self._epoch(step), step)
        answers = [callback(progress) for callback in callbacks]
        return "a callback asked for it" if any(answer is True for answer in answers) else None

    def _epoch(self, step: int) -> int:
        return (step - 1) // self.length + 1


def grouped(batches: Iterator[Batch], length: int | None, size: int, made: int = 0) -> Iterator[list[Batch]]:
    """Groups of batches for one step each, after `made`; the last group of an epoch of `length` may be smaller.

    >>> list(islice(grouped(iter("abcdefg"), length=3, size=2), 4))
    [['a', 'b'], ['c'], ['d', 'e'], ['f']]
    """
    starts = range(0, length or size, size)
    for start in islice(cycle(starts), made % len(starts), None):
        yield list(islice(batches, min(size, (length or size) - start)))


def _measured(record: StepRecord) -> list[Tensor | float]:
    return [
        record.total,
        record.gradient_norm,
        record.learning_rate,
        record.skipped,
        *record.terms.values(),
        *record.counts.values(),
    ]


def _numbers(values: Sequence[Tensor | float], device: torch.device) -> list[Any]:
    """Values as numbers, exact in their dtypes; those on an accelerator come in one transfer for each dtype."""
    if device.type != "cpu":
        remote: dict[torch.dtype, list[int]] = {}
        for i, value in enumerate(values):
            if isinstance(value, Tensor) and value.device.type != "cpu":
                remote.setdefault(value.dtype, []).append(i)
        values = list(values)
        for places in remote.values():
            numbers = torch.stack([torch.as_tensor(values[i]) for i in places]).tolist()
            for i, number in zip(places, numbers, strict=True):
                values[i] = number
    return [value.item() if isinstance(value, Tensor) else value for value in values]
