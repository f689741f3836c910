"""Turns: who moves at a step. In a game the players take turns; otherwise there is one, and it is always its turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from discopy import markov
from torch import nn
from torch.optim import AdamW, Optimizer
from torch.optim.lr_scheduler import LRScheduler

from learning_diagrams.backends.torch.named_optimizer import named_optimizer
from learning_diagrams.backends.torch.objective import Objective
from learning_diagrams.backends.torch.optimization import make_optimizer, make_scheduler
from learning_diagrams.errors import LearningDiagramError, TypeMismatch, UnknownName, did_you_mean


@dataclass(frozen=True)
class Turn:
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
    objective: Objective, kind: Callable[..., Optimizer] | None, known: Mapping[str, Optimizer], lr: float = 1e-3
) -> dict[str, Optimizer]:
    """An optimizer for each player, or one under "": those that are known already, else new ones.

    kind : what makes those that the learning diagram does not name; AdamW where nothing is said.
    """
    made = {}
    for name, own in (objective.players or {"": objective}).items():
        chosen = next((p.optimizer for p in objective.diagram.players if p.name == name), None)
        made[name] = known.get(name) or make_optimizer(
            own, named_optimizer(chosen) if chosen else kind or AdamW, lr, None
        )
    return made


def make_turns(
    call: Callable[..., Any],
    objective: Objective,
    optimizer: Optimizer | Callable[..., Optimizer] | Mapping[str, Optimizer],
    lr: float,
    groups: Mapping[markov.Box | str, Mapping[str, Any]] | None,
    scheduler: Callable[[Optimizer], LRScheduler] | LRScheduler | None,
) -> list[Turn]:
    """The turns of a round, in order: one, or in a game `steps` of each player; options as for `fit`.

    Raises
    ------
    CompileError : nothing to train, by somebody.
    TypeMismatch : one optimizer or scheduler for several players.
    UnknownName : an optimizer of a player that there is not.
    """
    if not objective.players:
        if isinstance(optimizer, Mapping):
            raise TypeMismatch("optimizer= is given by player, and the learning diagram is no game; pass one optimizer")
        chosen = make_optimizer(objective, optimizer, lr, groups)
        schedule = make_scheduler(scheduler, chosen)
        return [Turn("", call, objective.trainable_parameters(), chosen, schedule)]
    given = optimizer if isinstance(optimizer, Mapping) else {}
    for name in given:
        if name not in objective.players:
            raise UnknownName(
                f"optimizer= is given for {name!r}, which is no player; {did_you_mean(str(name), objective.players)}"
            )
    if isinstance(optimizer, Optimizer) or isinstance(scheduler, LRScheduler):
        raise TypeMismatch(
            "every player of a game has an optimizer of its own: pass a class, or instances by player as "
            "{'critic': …}; and a scheduler as a function of the optimizer"
        )
    turns = []
    for player in objective.diagram.players:
        own = objective.players[player.name]
        options = {box: one for box, one in (groups or {}).items() if getattr(box, "name", box) in player.boxes}
        make: Any = given.get(player.name)
        if make is None and player.optimizer is not None:
            make = named_optimizer(player.optimizer, f"player {player.name!r}")
        elif make is None and isinstance(optimizer, Mapping):
            raise UnknownName(f"optimizer= gives none for player {player.name!r}, nor does the learning diagram")
        elif make is None:
            make = optimizer
        try:
            chosen = make_optimizer(own, make, lr, options or None)
        except LearningDiagramError as error:
            raise type(error)(f"player {player.name!r}: {error}") from None
        turn = Turn(player.name, own, own.trainable_parameters(), chosen, make_scheduler(scheduler, chosen))
        turns += [turn] * player.steps
    return turns
