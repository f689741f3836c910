"""The run of a plan: one objective is updated from stage to stage, and an optimizer may go on."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any

import torch

from learning_diagrams.backends.torch.data.source import Source
from learning_diagrams.backends.torch.functor.functor import TorchFunctor
from learning_diagrams.backends.torch.objective.compiler import compile
from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.backends.torch.objective.updating import restored
from learning_diagrams.backends.torch.optimizers.joined import JoinedOptimizer, parts_of
from learning_diagrams.backends.torch.optimizers.named_optimizer import optimizer_of
from learning_diagrams.backends.torch.optimizers.unused_choice import require_used
from learning_diagrams.backends.torch.step.early_axioms import EarlyAxioms
from learning_diagrams.backends.torch.step.optimization import by_name
from learning_diagrams.backends.torch.step.round import make_optimizers
from learning_diagrams.backends.torch.training.history import History
from learning_diagrams.backends.torch.training.readiness import Readiness, all_arguments, ready
from learning_diagrams.backends.torch.training.training import fit
from learning_diagrams.errors import LearningDiagramError, TypeMismatch, UnknownName, brief, did_you_mean, require_count
from learning_diagrams.errors.short_text import short_repr
from learning_diagrams.files.plan import Plan, Stage
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.choice import Optimizer

OF_FIT = signature(fit)


@dataclass(frozen=True)
class PlanRun:
    """The result of a plan.

    Attributes
    ----------
    objective : Objective, of the last stage.
    histories : tuple of History, in the order of the stages.
    """

    objective: Objective
    histories: tuple[History, ...]

    __repr__ = short_repr


def run_plan(
    plan: Plan, functor: TorchFunctor, data: Mapping[str, Source], *, seed: int | None = 0, **options: Any
) -> PlanRun:
    """Train stage by stage.

    Every stage is made ready for its first step before any stage is trained. Between stages the objective is updated.
    A box that stays keeps its parameters. If a stage does not name an optimizer, the box also keeps its state
    in the optimizer of the stage before. The optimizer forgets a box that leaves.

    Parameters
    ----------
    functor : TorchFunctor, spaces and modules for all stages.
    data : dict from sample space to data, for all stages; a stage takes the sample spaces that it has.
    seed : int or None, the seed of the first stage, as for `fit`; each further stage has the next number.
    options : keyword arguments of `fit`, the same for all stages, as `progress` or `clip_norm`. The run of a stage is
        kept in the folder of its number, as "run/1", in that of `run`; with `resume` a plan goes on in the stage in
        which it stood. `lr`, `groups` and `no_decay` hold where a stage makes an optimizer; `groups` may name the boxes
        of any stage.

    Raises
    ------
    LearningDiagramError : an error of `compile` or `fit`, with the number of the stage.
    UnknownName : a box of `groups` that no stage trains.
    """
    if not isinstance(plan, Plan) or not isinstance(functor, TorchFunctor) or not isinstance(data, Mapping):
        raise TypeMismatch(
            "run_plan takes a plan, a TorchFunctor and a mapping from sample spaces to data; "
            f"got {brief(plan)}, {brief(functor)}, {brief(data)}"
        )
    if seed is not None:
        require_count("seed", seed, least=0)
    for name in options:
        if name in ("epochs", "steps", "optimizer", "batch_size", "strict"):
            raise TypeMismatch(f"{name}= is what the stages of a plan say; write it there")
    making = {name: options.pop(name) for name in ("lr", "no_decay") if name in options}
    groups = by_name(options.pop("groups", None))
    boxes = {box.name for stage in plan.stages for box in stage.diagram.boxes}
    trained = {box for stage in plan.stages for box in _trained(stage)} | (functor.modules.keys() - boxes)
    for box in groups:
        if box not in trained:
            raise UnknownName(f"groups= names box {box!r}, which no stage trains; {did_you_mean(box, trained)}")
    runs = _folders(options.pop("run", None), plan.stages, options.get("resume") is True)
    with restored(functor):
        for i, stage in enumerate(plan.stages):
            with in_stage(i):
                _rehearse(stage, functor, data)
    stages = [
        StageRun(
            stage.diagram,
            stage.optimizer,
            {name: data[name] for name in (space.name for space in stage.diagram.sample_spaces)},
            making | {"groups": groups},
            {
                "steps": stage.steps,
                "batch_size": stage.batch_size,
                "seed": None if seed is None else seed + i,
                "strict": False,
                "run": runs[i],
                **options,
            },
        )
        for i, stage in enumerate(plan.stages)
    ]
    with restored(functor):
        rehearse_stages(stages, functor, in_stage)
    return run_stages(stages, functor)


@dataclass(frozen=True)
class StageRun:
    """What a stage is trained with.

    Attributes
    ----------
    optimizer : Optimizer, a choice by name; None goes on with the optimizer of the stage before.
    data : dict from sample space to data.
    making : keyword arguments of `make_optimizers`, which hold where an optimizer is made; groups of other boxes too.
    options : keyword arguments of `fit`.
    rate : float or None, the learning rate with which the optimizer of the stage before goes on; None leaves it.
    """

    diagram: LearningDiagram
    optimizer: Optimizer | None
    data: Mapping[str, Source]
    making: Mapping[str, Any]
    options: Mapping[str, Any]
    rate: float | None = None

    __repr__ = short_repr


def run_stages(
    stages: Sequence[StageRun],
    functor: TorchFunctor,
    goes_on: Callable[[History, Objective], bool] = lambda history, objective: True,
) -> PlanRun:
    """Train stage by stage, each with what it says; the next one begins where `goes_on` of a stage's result is true."""
    objective = compile(stages[0].diagram, functor)
    optimizers: dict[str | None, torch.optim.Optimizer] = {}
    histories: list[History] = []
    for i, stage in enumerate(stages):
        if histories and not goes_on(histories[-1], objective):
            break
        with in_stage(i):
            optimizers = begin_stage(stage, objective, optimizers)
            histories.append(fit(objective, stage.data, optimizer=_as_argument(optimizers), **stage.options))
    return PlanRun(objective, tuple(histories))


def begin_stage(
    stage: StageRun, objective: Objective, optimizers: Mapping[str | None, torch.optim.Optimizer]
) -> dict[str | None, torch.optim.Optimizer]:
    """Update an objective to the learning diagram of a stage; the optimizers of the stage, some of those before it."""
    leaving = {box.name for box in objective.diagram.boxes} - {box.name for box in stage.diagram.boxes}
    kept = {name: optimizer for name, optimizer in optimizers.items() if name in _players(stage.diagram)}
    objective.update(stage.diagram, optimizer=_as_argument(kept), forget=sorted(leaving))
    own = {box: option for box, option in stage.making.get("groups", {}).items() if box in objective.trained}
    making = {**stage.making, "groups": own}
    if stage.optimizer is not None:
        return make_optimizers(objective, {None: optimizer_of(stage.optimizer)}, **making)
    for optimizer in kept.values():
        if isinstance(optimizer, JoinedOptimizer):  # a schedule is of its stage, also where it is of one box
            schedulers = {box: option["scheduler"] for box, option in own.items() if "scheduler" in option}
            optimizer.schedulers = {box: each for box, each in schedulers.items() if box in optimizer.parts}
    if stage.rate is not None:
        for player, optimizer in kept.items():
            if "lr" not in _options(stage.diagram, player):
                set_rate(optimizer, stage.rate)
    return make_optimizers(objective, {None: None}, kept=kept, **making)


def rehearse_stages(
    stages: Sequence[StageRun],
    functor: TorchFunctor,
    at: Callable[[int], AbstractContextManager[object]],
    validates: bool = True,
    reads: bool = False,
) -> list[tuple[int, str]]:
    """Do all that training the stages does before the first step of each of them; nothing is trained, or written.

    The functor has its spaces, modules, frozen boxes and device afterwards. Returned are the numbers of stages, each
    with a note on a schedule that does not reach its end there, of which training warns.

    Parameters
    ----------
    at : function of the number of a stage, a context that may keep the errors of the stage.
    validates : bool, whether the data of validation are opened, too; False where they were opened before.
    reads : bool, whether axioms are evaluated on data that are no tables, too; False where this would use them up.
    """
    unfinished: list[tuple[int, str]] = []
    axioms = EarlyAxioms(reads)
    before, device = (dict(functor.spaces), dict(functor.modules), functor.freezing.frozen), functor.device
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # training warns
            objective = compile(stages[0].diagram, functor)
            optimizers: dict[str | None, torch.optim.Optimizer] = {}
            for i, stage in enumerate(stages):
                begun = False
                with at(i):
                    optimizers = begin_stage(stage, objective, optimizers)
                    begun = True
                if not begun:  # what a later stage goes on with is not known
                    break
                readiness: Readiness | None = None
                with at(i):
                    options = {"optimizer": _as_argument(optimizers), **stage.options}
                    readiness = ready(all_arguments(OF_FIT, objective, stage.data, options), validates=validates)
                    unfinished += [(i, note) for note in readiness.unfinished]
                if readiness is not None:
                    precision = readiness.player_steps[0].loss.context or nullcontext
                    axioms.judge(objective, readiness.streams, readiness.place, precision, partial(at, i))
                axioms.passed(objective)
    finally:
        functor.restore(*before)
        for module in functor.modules.values():
            if isinstance(module, torch.nn.Module):
                module.to(device)
    return unfinished


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Let an optimizer go on with a learning rate; boxes that have one of their own keep it.

    >>> sgd = torch.optim.SGD([{"params": [torch.zeros(1)]}, {"params": [torch.zeros(1)], "lr": 0.5}], lr=0.1)
    >>> set_rate(sgd, 0.2)
    >>> [group["lr"] for group in sgd.param_groups]
    [0.2, 0.5]
    """
    shared = parts_of(optimizer).get(None, optimizer)
    for group in shared.param_groups:
        if group.get("initial_lr", group["lr"]) == shared.defaults.get("lr"):  # a scheduler keeps the first rate
            group["lr"] = group["initial_lr"] = rate
    shared.defaults["lr"] = rate


def _options(diagram: LearningDiagram, player: str | None) -> Mapping[str, Any]:
    """The options of the optimizer that a learning diagram names for a player."""
    choices: dict[str | None, Optimizer] = {each.name: each.optimizer for each in diagram.players if each.optimizer}
    return dict(choices[player].options) if player in choices else {}


def _players(diagram: LearningDiagram) -> set[str | None]:
    """The keys of the optimizers of a learning diagram: its players, or None if it is not a game."""
    return {player.name for player in diagram.players} or {None}


def _trained(stage: Stage) -> set[str]:
    """The names of the boxes that a stage trains."""
    diagram = stage.diagram
    boxes = {box for player in diagram.players for box in player.boxes} or {box.name for box in diagram.boxes}
    return boxes - {box.name for box in diagram.frozen}


def _as_argument(optimizers: Mapping[str | None, torch.optim.Optimizer]) -> Any:
    """Optimizers as `optimizer=` of `fit` and `update` takes them: one optimizer, or a dict by player."""
    return optimizers.get(None, optimizers)


def _folders(run: Any, stages: Sequence[Stage], resume: bool) -> list[Path | None]:
    """A folder for each stage, with the number of the stage; each must be new, or hold a run of its stage."""
    if run is None:
        return [None] * len(stages)
    from learning_diagrams.report.run_folder import earlier_record, require_new

    if not isinstance(run, str | Path):
        raise TypeMismatch(f"run= is the path of a folder, got {brief(run)}")
    folders = [Path(run, str(i)) for i in range(1, len(stages) + 1)]
    for folder, stage in zip(folders, stages, strict=True):
        (earlier_record if resume else require_new)(folder, stage.diagram)
    return [*folders]


def _rehearse(stage: Stage, functor: TorchFunctor, data: Mapping[str, Source]) -> None:
    """Raise the errors of a stage before any stage is trained."""
    if stage.optimizer is not None:
        require_used(stage.diagram.players, {None: optimizer_of(stage.optimizer)}, None)
    for space in stage.diagram.sample_spaces:
        if space.name not in data:
            raise UnknownName(f"data= has no sample space {space.name!r}; {did_you_mean(space.name, data)}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the stage is compiled again, with its warnings, when it is trained
        compile(stage.diagram, functor)


@contextmanager
def in_stage(index: int) -> Iterator[None]:
    """Put the number of the stage before the message of an error, which stays the same object with its history."""
    try:
        yield
    except LearningDiagramError as error:
        error.args = (f"stage {index + 1} of the plan: {error}",)
        raise


# The names before version 0.2.
Carried = PlanRun
carry_out = run_plan
