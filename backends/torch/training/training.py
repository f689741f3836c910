"""Training: a plain loop over batches, with seeds, history, validation and callbacks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from typing import Any, cast

import torch
from discopy import markov
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from tqdm.auto import tqdm

from learning_diagrams.backends.torch.data.stream import Source, batches_of, count_steps, epoch_length, open_streams
from learning_diagrams.backends.torch.functor.freezing import in_mode
from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.backends.torch.training.history import History
from learning_diagrams.backends.torch.training.player_step import PlayerStep
from learning_diagrams.backends.torch.training.round import make_player_steps
from learning_diagrams.backends.torch.training.step_record import StepRecord, require_finite
from learning_diagrams.backends.torch.training.validation import (
    BestState,
    Validation,
    as_validation,
    to_device,
)
from learning_diagrams.errors import DataError, NonFiniteGradient, NonFiniteTerm, TypeMismatch, brief, printable

CHECK_EVERY = 50  # steps between looks at the terms on an accelerator, where a look waits for the device


@dataclass(frozen=True)
class Progress:
    """The argument of a callback after an epoch; in a game `optimizer` is a dict by player."""

    objective: Objective
    optimizer: Optimizer | Mapping[str, Optimizer]
    history: History
    epoch: int
    step: int


def fit(
    objective: Objective,
    data: Mapping[str, Source],
    *,
    epochs: int | None = None,
    steps: int | None = None,
    batch_size: int | Mapping[str, int] = 64,
    drop_last: bool = False,
    optimizer: Optimizer | Callable[..., Optimizer] | Mapping[str, Optimizer] = torch.optim.AdamW,
    lr: float = 1e-3,
    groups: Mapping[markov.Box | str, Mapping[str, Any]] | None = None,
    scheduler: Callable[[Optimizer], LRScheduler] | LRScheduler | None = None,
    clip_norm: float | None = None,
    device: str | torch.device = "auto",
    seed: int | None = 0,
    validation: Validation | Mapping[str, Source] | None = None,
    callbacks: Iterable[Callable[[Progress], Any]] = (),
    progress: bool = True,
    strict: bool = True,
) -> History:
    """Train the boxes of an objective that are not frozen.

    Parameters
    ----------
    objective : Objective, made by `compile`; also after `torch.compile`.
    data : dict from sample space to its data, of any kind that `batches` takes; give `steps` if none has a length.
    epochs, steps : int, passes over the largest sample space, or updates; exactly one of the two. A smaller sample
        space is reshuffled and repeated.
    batch_size : int, rows in a batch; or a dict from sample space to int.
    drop_last : bool, whether the short batch at the end of an epoch is left out.
    optimizer : class or callable of (parameter groups, lr=), or an instance, which is used as it is. In a game every
        player has an optimizer of this class, unless the learning diagram names another; instances are a dict by
        player.
    lr : float, learning rate.
    groups : dict from box to dict, options of the optimizer for single boxes, as in {"backbone": {"lr": 1e-4}}.
    scheduler : function of the optimizer that returns a learning-rate scheduler, which is stepped after every update.
    clip_norm : float or None, the greatest norm of the gradient; None does not clip.
    device : str or torch.device; "auto" takes a GPU if there is a GPU.
    seed : int or None, of the order of rows and of torch's generator while training; None leaves both to chance.
    validation : data on which the terms are measured after each epoch, or a `Validation`; the best state is restored.
    callbacks : list of functions of a `Progress`, called after each epoch; a true result ends training.
    progress : bool, whether a bar shows the terms.
    strict : bool, whether columns that the learning diagram does not have are an error.

    Raises
    ------
    NonFiniteTerm, NonFiniteGradient : a term, or a gradient, became NaN or infinite; no update was made with it.
    DataError : data that does not fit the learning diagram.
    CompileError : there is nothing to train.
    """
    call = objective
    objective = getattr(objective, "_orig_mod", objective)
    if not isinstance(objective, Objective):
        raise TypeMismatch(f"fit takes an objective made by compile, got {type(objective).__name__}")
    _require_settings(lr=lr, clip_norm=clip_norm)
    answering = _callables(callbacks)
    place = _device(device)
    streams = open_streams(data, batch_size, drop_last, seed=seed, objective=objective, strict=strict)
    total_steps = count_steps(streams, epochs, steps)
    checks = as_validation(validation)
    if checks is not None:
        checks.require(objective, strict)
    objective.to(place)
    player_steps = make_player_steps(call, objective, optimizer, lr, groups, scheduler, clip_norm)
    best = None if checks is None else BestState(checks, objective)
    history = History(seed=seed)
    with (
        seeded(seed, place),
        in_mode(objective),
        tqdm(total=total_steps, disable=not progress, unit="step") as bar,
    ):
        try:
            length = epoch_length(streams) or max(total_steps, 1)
            run = _Run(objective, place, player_steps, history, bar, length, strict)
            run.train(batches_of(streams, total_steps, objective.layout), total_steps, best, answering)
        except (NonFiniteTerm, NonFiniteGradient) as error:
            error.history = history
            raise
        finally:
            if best is not None and best.value is not None:
                history.best = {"epoch": best.epoch, best.validation.monitor: best.value}
                best.restore()
    return history


@dataclass
class _Run:
    """One training run: the loop and its settings."""

    objective: Objective
    device: torch.device
    player_steps: Sequence[PlayerStep]
    history: History
    bar: Any
    length: int
    strict: bool

    def train(
        self,
        batches: Iterable[dict[str, Any]],
        total_steps: int,
        best: BestState | None,
        callbacks: Sequence[Callable[[Progress], Any]],
    ) -> None:
        pending: list[Tensor] = []
        names: list[str] = []
        start = time.perf_counter()
        self.objective.train()
        self.history.stopped = "all steps were made"
        for step, (player_step, batch) in enumerate(zip(cycle(self.player_steps), batches, strict=False), start=1):
            failure: NonFiniteTerm | NonFiniteGradient | None = None
            try:
                record = player_step.make([to_device(batch, self.device)], self.strict, step)
            except (NonFiniteTerm, NonFiniteGradient) as error:
                failure, record = error, cast(StepRecord, error.record)
            if names != list(record.terms):
                self._look(pending, names, step - 1)
                names = list(record.terms)
            pending.append(torch.stack([value.float() for value in (record.total, *record.terms.values())]))
            if self.device.type == "cpu" or step % CHECK_EVERY == 0:
                self._look(pending, names, step)
            if failure is not None:
                self.history.stopped = str(failure).partition(",")[0]
                raise failure
            self.bar.update()
            if step % self.length == 0 or step == total_steps:
                self._look(pending, names, step)
                if self._end_epoch(step, time.perf_counter() - start, best, callbacks):
                    return
                start = time.perf_counter()

    def _end_epoch(
        self, step: int, seconds: float, best: BestState | None, callbacks: Sequence[Callable[[Progress], Any]]
    ) -> bool:
        """Measure, add a row to the history, call the callbacks; return whether training stops."""
        epoch = self._epoch(step)
        measured = {}
        if best is not None:
            with seeded(0, self.device):
                measured = best.validation.measure(self.objective, self.device, self.strict)
        self.history.close_epoch(epoch, step, seconds, measured)
        enough = best is not None and best.see(epoch, measured)
        if best is not None and enough:
            self.history.stopped = f"no better {best.validation.monitor} for {best.validation.patience} epochs"
        optimizers = {step.player: step.optimizer for step in self.player_steps if step.player is not None}
        progress = Progress(self.objective, optimizers or self.player_steps[0].optimizer, self.history, epoch, step)
        answers = [callback(progress) for callback in callbacks]
        if any(answers) and not enough:
            self.history.stopped = "a callback asked for it"
        return enough or any(answers)

    def _epoch(self, step: int) -> int:
        return (step - 1) // self.length + 1

    def _look(self, pending: list[Tensor], names: list[str], step: int) -> None:
        """Add the last steps to the history; `NonFiniteTerm` for a value that is not finite."""
        if not pending:
            return
        values = torch.stack(pending).tolist()
        pending.clear()
        for at, (total, *terms) in enumerate(values, start=step - len(values) + 1):
            named = dict(zip(names, terms, strict=True))
            self.history.add_step(at, self._epoch(at), total, named)
            try:
                require_finite(total, named, at)
            except NonFiniteTerm as error:
                self.history.stopped = str(error).partition(";")[0]
                raise
        shown = {printable(name): f"{value:.4g}" for name, value in named.items()}
        self.bar.set_postfix({"total": f"{total:.4g}"} | shown, refresh=False)


@contextmanager
def seeded(seed: int | None, device: torch.device) -> Iterator[None]:
    """Seed torch's generators in the block, and restore their states after it."""
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices, enabled=seed is not None):
        if seed is not None:
            torch.manual_seed(seed)
        yield


def _device(choice: str | torch.device) -> torch.device:
    if choice == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(choice)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, TypeError) as error:
        raise DataError(
            f"device {brief(choice)} cannot be used; 'auto' takes a GPU if there is one, 'cpu' always works"
        ) from error
    return device


def _require_settings(**settings: float | None) -> None:
    for name, value in settings.items():
        if value is None and name == "clip_norm":
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
            raise DataError(f"{name} must be a number ≥ 0, got {brief(value)}")


def _callables(callbacks: Iterable[Callable[[Progress], Any]]) -> tuple[Callable[[Progress], Any], ...]:
    functions = tuple(callbacks) if isinstance(callbacks, Iterable) else (None,)
    if not all(map(callable, functions)):
        raise DataError(f"callbacks= takes a list of functions, got {brief(callbacks)}")
    return functions
