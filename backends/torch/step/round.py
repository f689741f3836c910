"""The players of a round and their optimizers: in a game the players take turns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.backends.torch.optimizers.decay import NoDecay
from learning_diagrams.backends.torch.optimizers.named_optimizer import optimizer_of
from learning_diagrams.backends.torch.optimizers.per_player import by_player
from learning_diagrams.backends.torch.optimizers.unused_choice import require_used
from learning_diagrams.backends.torch.step.aggregation import Aggregator
from learning_diagrams.backends.torch.step.combinations import PRECISIONS, Precision, require_combination
from learning_diagrams.backends.torch.step.joined_loss import Call, JoinedLoss
from learning_diagrams.backends.torch.step.optimization import Groups, by_name, make_optimizer
from learning_diagrams.backends.torch.step.player_step import PlayerStep
from learning_diagrams.backends.torch.step.scheduling import Every, Scheduler, make_schedulers
from learning_diagrams.errors import LearningDiagramError, TypeMismatch, UnknownName, did_you_mean

Choices = Mapping[Any, Any]  # from str, a player, or from None, everybody without a key


def make_optimizers(
    objective: Objective,
    choices: Choices,
    lr: float | None = None,
    groups: Groups = None,
    no_decay: NoDecay = False,
    kept: Mapping[str | None, Optimizer] = MappingProxyType({}),
) -> dict[str | None, Optimizer]:
    """An optimizer for each player, or under None if there is no game.

    Parameters
    ----------
    choices : dict from player to instance, class or callable. The choice under None is for each player that `choices`
        does not name and for which the learning diagram does not name an optimizer; there None means AdamW.
    lr, groups, no_decay : as for `fit`; a player takes the options of its boxes.
    kept : dict from player to Optimizer, those that go on as they are.

    Raises
    ------
    UnknownName : a player without an optimizer; a box in `groups` that no player trains.
    """
    everybody: Any = torch.optim.AdamW if choices.get(None, ...) is None else choices.get(None)
    if not objective.players:
        if None in kept:
            return {None: make_optimizer(objective, kept[None], None)}
        return {None: make_optimizer(objective, everybody, lr, groups, no_decay)}
    options = by_name(groups)
    trained = {box for player in objective.diagram.players for box in player.boxes}
    for box in options:
        if box not in trained:
            raise UnknownName(f"groups= names box {box!r}, which no player trains; {did_you_mean(str(box), trained)}")
    optimizers: dict[str | None, Optimizer] = {}
    for player in objective.diagram.players:
        where = f"player {player.name!r}"
        named = optimizer_of(player.optimizer, where) if player.optimizer else everybody
        choice = choices.get(player.name) or named
        if choice is None:
            raise UnknownName(f"optimizer= has no optimizer for {where}, and the learning diagram names none")
        share = {box: option for box, option in options.items() if box in player.boxes}
        own = objective.players[player.name]
        try:
            if player.name in kept:
                optimizers[player.name] = make_optimizer(own, kept[player.name], None)
            else:
                rate = None if isinstance(choice, Optimizer) else lr  # other players use it
                optimizers[player.name] = make_optimizer(own, choice, rate, share or None, no_decay)
        except LearningDiagramError as error:
            raise type(error)(f"{where}: {error}") from None
    return optimizers


def make_player_steps(
    call: Call,
    objective: Objective,
    optimizer: Optimizer | Callable[..., Optimizer] | Mapping[str, Optimizer] | None,
    lr: float | None = None,
    groups: Groups = None,
    scheduler: Scheduler = None,
    clip_norm: float | None = None,
    accumulate: int = 1,
    *,
    no_decay: NoDecay = False,
    scheduler_every: Every = "step",
    precision: Precision = None,
    aggregator: Aggregator | None = None,
    mode: str | None = None,
    make_loss: Callable[..., JoinedLoss] = JoinedLoss,
) -> list[PlayerStep]:
    """The steps of a round, in order: one step, or in a game `steps` of each player; options as for `fit`.

    Parameters
    ----------
    mode : "min" or "max", of the validation whose value goes to a ReduceLROnPlateau; None if nothing is validated.
    make_loss : what makes a JoinedLoss of its attributes.

    Raises
    ------
    CompileError : a player, or the objective, has nothing to train.
    TypeMismatch : one optimizer or scheduler for several players; an optimizer or a rate that no player uses; options
        that cannot be combined.
    UnknownName : an optimizer of a player that does not exist.
    """
    choices = by_player(optimizer, objective.players)
    if objective.players and (isinstance(choices.get(None), Optimizer) or isinstance(scheduler, LRScheduler)):
        raise TypeMismatch(
            "every player of a game has an optimizer of its own: pass a class, or instances by player as "
            "{'critic': …}; and a scheduler as a function of the optimizer"
        )
    require_used(objective.diagram.players, choices, lr, by_name(groups))
    repeats: dict[str | None, int] = {player.name: player.steps for player in objective.diagram.players}
    steps = []
    for name, instance in make_optimizers(objective, choices, lr, groups, no_decay).items():
        own = objective if name is None else objective.players[name]
        require_combination(own, instance, accumulate, precision, clip_norm, aggregator)
        device, dtype = objective.functor.device.type, PRECISIONS[precision]
        context = None if dtype is None else partial(torch.autocast, device, dtype=dtype)
        loss = make_loss(own, call if name is None else own, context, aggregator)
        scaler = torch.amp.GradScaler(device) if dtype is torch.float16 else None
        schedulers = make_schedulers(scheduler, instance, scheduler_every, mode)
        at_once = device == "cpu" and scaler is None
        step = PlayerStep(name, objective, loss, instance, schedulers, scheduler_every, clip_norm, scaler, at_once)
        steps += [step] * repeats.get(name, 1)
    return steps
