"""Turns: who moves at a step. In a game the players take turns; otherwise there is one, and it is always its turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from discopy import markov
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.backends.torch.optimizers.named_optimizer import optimizer_of
from learning_diagrams.backends.torch.training.optimization import make_optimizer, make_scheduler
from learning_diagrams.errors import LearningDiagramError, TypeMismatch, UnknownName, did_you_mean


@dataclass(frozen=True)
class PlayerStep:
    """An update: whose loss it lowers, in which parameters, and how.

    Attributes
    ----------
    player : its name; empty where there is no game.
    call : the objective, or what it is called through.
    """

    player: str
    call: Callable[..., Any]
    parameters: Sequence[nn.Parameter]
    optimizer: Optimizer
    scheduler: LRScheduler | None


def make_optimizers(
    objective: Objective,
    kind: Any,
    known: Mapping[str, Optimizer] = MappingProxyType({}),
    lr: float = 1e-3,
    groups: Mapping[markov.Box | str, Mapping[str, Any]] | None = None,
) -> dict[str, Optimizer]:
    """An optimizer for each player, or one under "" where there is no game.

    Parameters
    ----------
    kind : an instance, or what makes those that are not known and that the learning diagram does not name.
    known : those that there are already.
    lr, groups : as for `fit`; a player takes what is said of its boxes.

    Raises
    ------
    UnknownName : nothing says which optimizer a player has; a box in `groups` that no player trains.
    """
    if not objective.players:
        return {"": make_optimizer(objective, known.get("") or kind, lr, groups)}
    options = {getattr(box, "name", box): one for box, one in groups.items()} if isinstance(groups, Mapping) else {}
    moved = {box for player in objective.diagram.players for box in player.boxes}
    for box in options:
        if box not in moved:
            raise UnknownName(f"groups= names box {box!r}, which no player trains; {did_you_mean(str(box), moved)}")
    made = {}
    for player in objective.diagram.players:
        name, where = player.name, f"player {player.name!r}"
        make: Any = known.get(name) or (optimizer_of(player.optimizer, where) if player.optimizer else kind)
        if make is None:
            raise UnknownName(f"optimizer= gives none for {where}, nor does the learning diagram")
        own = {box: one for box, one in options.items() if box in player.boxes}
        try:
            made[name] = make_optimizer(objective.players[name], make, lr, own or None)
        except LearningDiagramError as error:
            raise type(error)(f"{where}: {error}") from None
    return made


def make_turns(
    call: Callable[..., Any],
    objective: Objective,
    optimizer: Optimizer | Callable[..., Optimizer] | Mapping[str, Optimizer],
    lr: float,
    groups: Mapping[markov.Box | str, Mapping[str, Any]] | None,
    scheduler: Callable[[Optimizer], LRScheduler] | LRScheduler | None,
) -> list[PlayerStep]:
    """The turns of a round, in order: one, or in a game `steps` of each player; options as for `fit`.

    Raises
    ------
    CompileError : nothing to train, by somebody.
    TypeMismatch : one optimizer or scheduler for several players.
    UnknownName : an optimizer of a player that there is not.
    """
    if objective.players and (isinstance(optimizer, Optimizer) or isinstance(scheduler, LRScheduler)):
        raise TypeMismatch(
            "every player of a game has an optimizer of its own: pass a class, or instances by player as "
            "{'critic': …}; and a scheduler as a function of the optimizer"
        )
    if isinstance(optimizer, Mapping):
        if not objective.players:
            raise TypeMismatch("optimizer= is given by player, and the learning diagram is no game; pass one optimizer")
        for name in optimizer:
            if name not in objective.players:
                known = did_you_mean(str(name), objective.players)
                raise UnknownName(f"optimizer= is given for {name!r}, which is no player; {known}")
        chosen = make_optimizers(objective, None, optimizer, lr, groups)
    else:
        chosen = make_optimizers(objective, optimizer, lr=lr, groups=groups)
    steps = {player.name: player.steps for player in objective.diagram.players}
    turns = []
    for name, one in chosen.items():
        own = objective.players.get(name, objective)
        loss = own if objective.players else call
        turn = PlayerStep(name, loss, own.trainable_parameters(), one, make_scheduler(scheduler, one))
        turns += [turn] * steps.get(name, 1)
    return turns
