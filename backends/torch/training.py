"""Training: a plain loop over batches, with what a run needs around it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from discopy import markov
from torch import Tensor
from torch.nn.utils import clip_grad_norm_
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from tqdm.auto import tqdm

from learning_diagrams.backends.torch.history import History
from learning_diagrams.backends.torch.objective import Objective
from learning_diagrams.backends.torch.stream import Source, Stream, count_steps, epoch_length, open_streams
from learning_diagrams.backends.torch.validation import BestState, Validation, as_validation
from learning_diagrams.errors import CompileError, DataError, NonFiniteTerm, TypeMismatch, UnknownName, did_you_mean

CHECK_EVERY = 50  # steps between looks at the terms on an accelerator, where a look waits for the device


@dataclass(frozen=True)
class Progress:
    """What a callback sees after an epoch."""

    objective: Objective
    optimizer: Optimizer
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
    optimizer: Optimizer | Callable[..., Optimizer] = torch.optim.AdamW,
    lr: float = 1e-3,
    groups: Mapping[markov.Box | str, Mapping[str, Any]] | None = None,
    scheduler: Callable[[Optimizer], LRScheduler] | LRScheduler | None = None,
    clip_norm: float | None = None,
    device: str | torch.device = "auto",
    seed: int | None = 0,
    validation: Validation | Mapping[str, Source] | None = None,
    callbacks: Iterable[Callable[[Progress], Any]] = (),
    progress: bool = True,
) -> History:
    """Train the boxes of an objective that are not frozen.

    Parameters
    ----------
    objective : made by `compile`; also after `torch.compile`.
    data : for each sample space a dict of tensors of equal length, a map-style Dataset of dict rows, or an iterable of
        ready batches (then give `steps`).
    epochs, steps : passes over the largest sample space, or updates; one of the two. A smaller sample space is
        reshuffled and repeated.
    batch_size : rows in a batch, for all sample spaces or for each.
    drop_last : whether the short batch at the end of an epoch is left out.
    optimizer : a class or callable of (parameter groups, lr=), or an instance, which is used as it is.
    lr : learning rate.
    groups : options of the optimizer for single boxes, as in {"backbone": {"lr": 1e-4}}.
    scheduler : a function of the optimizer that returns a learning-rate scheduler; it is stepped after every update.
    clip_norm : the greatest norm of the gradient; None does not clip.
    device : "auto" takes a GPU if there is one.
    seed : of the order of rows and of torch's generator while training; None leaves both to chance.
    validation : data to measure the terms on after each epoch, or a `Validation`; the best state is restored.
    callbacks : called with a `Progress` after each epoch; one that returns a true value ends training.
    progress : whether a bar shows the terms.

    Raises
    ------
    NonFiniteTerm : a term became NaN or infinite; on a CPU, before any update was made with it.
    DataError : data that does not fit the learning diagram.
    CompileError : nothing to train.
    """
    call = objective
    objective = getattr(objective, "_orig_mod", objective)
    if not isinstance(objective, Objective):
        raise TypeMismatch(f"fit takes an objective made by compile, got {type(objective).__name__}")
    place = torch.device(("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device)
    streams = open_streams(data, batch_size, drop_last, seed=seed)
    _check_data(objective, data, streams)
    total_steps = count_steps(streams, epochs, steps)
    length = epoch_length(streams) or max(total_steps, 1)
    objective.to(place)
    chosen = _make_optimizer(objective, optimizer, lr, groups)
    schedule = scheduler if scheduler is None or isinstance(scheduler, LRScheduler) else scheduler(chosen)
    checks = as_validation(validation)
    best = None if checks is None else BestState(checks, objective)
    history = History(seed=seed)
    training = objective.training
    with _seeded(seed, place), tqdm(total=total_steps, disable=not progress, unit="step") as bar:
        try:
            run = _Run(call, objective, streams, place, chosen, schedule, clip_norm, history, bar)
            run.train(total_steps, length, checks, best, tuple(callbacks))
        finally:
            history.random_state = torch.get_rng_state()
            objective.train(training)
            if best is not None and best.value is not None:
                history.best = {"epoch": best.epoch, best.validation.monitor: best.value}
                best.restore()
    return history


@dataclass
class _Run:
    """One training run: the loop, and what it carries."""

    call: Any
    objective: Objective
    streams: Mapping[str, Stream]
    device: torch.device
    optimizer: Optimizer
    scheduler: LRScheduler | None
    clip_norm: float | None
    history: History
    bar: Any

    def train(
        self,
        total_steps: int,
        length: int,
        validation: Validation | None,
        best: BestState | None,
        callbacks: tuple[Callable[[Progress], Any], ...],
    ) -> None:
        iterators = {name: iter(stream) for name, stream in self.streams.items()}
        parameters = self.objective.trainable_parameters()
        pending: list[Tensor] = []
        names: list[str] = []
        start = time.perf_counter()
        self.objective.train()
        self.history.stopped = "all steps were made"
        for step in range(1, total_steps + 1):
            batch = self._to_device({name: next(iterator) for name, iterator in iterators.items()})
            self.optimizer.zero_grad(set_to_none=True)
            total, terms = self.call(batch)
            names = ["total", *terms]
            pending.append(torch.stack([value.detach().float() for value in (total, *terms.values())]))
            if self.device.type == "cpu" or step % CHECK_EVERY == 0:
                self._look(pending, names, step, length)
            total.backward()
            if self.clip_norm is not None:
                clip_grad_norm_(parameters, self.clip_norm)
            self.optimizer.step()
            if self.scheduler is not None:
                self.scheduler.step()
            self.bar.update()
            if step % length == 0 or step == total_steps:
                self._look(pending, names, step, length)
                epoch = (step - 1) // length + 1
                measured = {}
                if validation is not None and best is not None:
                    with _seeded(0, self.device):
                        measured = validation.measure(self.objective, self.device)
                self.history.close_epoch(epoch, step, time.perf_counter() - start, measured)
                start = time.perf_counter()
                if best is not None and best.see(epoch, measured):
                    self.history.stopped = f"no better {best.validation.monitor} for {best.validation.patience} epochs"
                    return
                seen = Progress(self.objective, self.optimizer, self.history, epoch, step)
                answers = [callback(seen) for callback in callbacks]
                if any(answers):
                    self.history.stopped = "a callback asked for it"
                    return

    def _to_device(self, batch: Mapping[str, Any]) -> dict[str, dict[str, Tensor]]:
        cut = {
            name: min(_length(batch[other]) for other in group)
            for group in self.objective.layout.paired
            for name in group
        }
        return {
            space: {
                name: (column[: cut[space]] if space in cut else column).to(self.device, non_blocking=True)
                for name, column in columns.items()
            }
            for space, columns in batch.items()
        }

    def _look(self, pending: list[Tensor], names: list[str], step: int, length: int) -> None:
        """Write down the values of the last steps, and stop on one that is not finite."""
        if not pending:
            return
        values = torch.stack(pending).tolist()
        pending.clear()
        for at, row in enumerate(values, start=step - len(values) + 1):
            self.history.steps.append(
                {"step": at, "epoch": (at - 1) // length + 1, **dict(zip(names, row, strict=True))}
            )
        self.bar.set_postfix(
            {name: f"{value:.4g}" for name, value in zip(names, values[-1], strict=True)}, refresh=False
        )
        for at, row in enumerate(values, start=step - len(values) + 1):
            for name, value in [*zip(names[1:], row[1:], strict=True), ("total", row[0])]:
                if value - value != 0:
                    what = "the total" if name == "total" else f"term {name!r}"
                    self.history.stopped = f"{what} was {value} at step {at}"
                    raise NonFiniteTerm(
                        f"{what} became {value} at step {at}; lower lr, set clip_norm, or look at the data of that "
                        "constraint (the steps before are in the history of a callback)"
                    )


def _make_optimizer(
    objective: Objective,
    optimizer: Optimizer | Callable[..., Optimizer],
    lr: float,
    groups: Mapping[markov.Box | str, Mapping[str, Any]] | None,
) -> Optimizer:
    boxes = objective.boxes
    trained = [name for name in boxes.names if name not in boxes.frozen]
    options = {objective.diagram.box(box).name: dict(given) for box, given in (groups or {}).items()}
    for name in options:
        if name not in trained:
            raise UnknownName(f"groups= names box {name!r}, which is not trained; {did_you_mean(name, trained)}")
    if not objective.trainable_parameters():
        raise CompileError(
            "there is nothing to train: every box is frozen or has no parameter that requires a gradient"
        )
    if isinstance(optimizer, Optimizer):
        if groups is not None:
            raise TypeMismatch("groups= has no effect on an optimizer that is made already; pass its class instead")
        return optimizer
    parameters = {name: [p for p in boxes.of(name).parameters() if p.requires_grad] for name in trained}
    plain = [p for name in trained if name not in options for p in parameters[name]]
    made = [{"params": plain}] if plain else []
    made += [{"params": parameters[name], **given} for name, given in options.items() if parameters[name]]
    return optimizer(made, lr=lr)


def _check_data(objective: Objective, data: Mapping[str, Source], streams: Mapping[str, Stream]) -> None:
    """Check the layout on the first rows and, where all values are at hand, the range of labels."""
    first = {}
    for name, source in data.items():
        if isinstance(source, Mapping):
            first[name] = {column: values[: streams[name].size] for column, values in source.items()}
    whole = {name: columns for name, columns in data.items() if isinstance(columns, Mapping)}
    missing = [name for name in objective.layout.read if name not in data]
    if missing:
        raise DataError(f"there is no data for sample space {missing[0]!r}; {did_you_mean(missing[0], data)}")
    if len(first) == len(data) and not objective.layout.paired:
        objective.layout.check(first)
    for name, columns in whole.items():
        if name in objective.layout.spaces and all(one in columns for one in objective.layout.read.get(name, ())):
            objective.layout.check_values(name, columns)


def _length(columns: Mapping[str, Tensor]) -> int:
    return len(next(iter(columns.values())))


@contextmanager
def _seeded(seed: int | None, device: torch.device) -> Iterator[None]:
    """Torch's generators seeded inside, and as they were outside."""
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices, enabled=seed is not None):
        if seed is not None:
            torch.manual_seed(seed)
        yield
