"""A choice of an optimizer, or of a learning rate, that no player of a game uses.

>>> players = [Player.read("maker", {"terms": ["fools"], "boxes": ["maker"], "optimizer": {"name": "adam", "lr": 0.1}})]
>>> require_used(players, {None: None}, lr=5.0)
Traceback (most recent call last):
...
learning_diagrams.errors.TypeMismatch: player 'maker' names its own learning rate, so lr= is used by none; leave it \
out, or give rates for boxes, as groups={'maker': {'lr': 5.0}}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch.optim import Optimizer as MadeOptimizer

from learning_diagrams.backends.torch.optimizers.named_optimizer import names_rate
from learning_diagrams.errors import TypeMismatch
from learning_diagrams.errors.door import by_door
from learning_diagrams.presentation.player import Player


def require_used(
    players: Sequence[Player],
    choices: Mapping[Any, Any],
    lr: float | None,
    groups: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Raise `TypeMismatch` for an optimizer, or a learning rate, that was given and that no player uses.

    Parameters
    ----------
    choices : dict from player to optimizer; under None that of each player without an optimizer; None was not given.
    lr : float or None, the learning rate; None was not given.
    groups : dict from box to its options; a box with an optimizer of its own may use the rate.
    """
    if not players:
        return
    who = ("player " if len(players) == 1 else "players ") + ", ".join(repr(player.name) for player in players)
    names, its = ("names", "its") if len(players) == 1 else ("name", "their")
    everyone_names = not any(player.optimizer is None or player.name in choices for player in players)
    if everyone_names and choices.get(None) is not None:
        advice = by_door(
            f"optimizers by player, as optimizer={{{players[0].name!r}: …}}",
            plan="a learning diagram whose players name none",
        )
        raise TypeMismatch(
            f"{who} {names} {its} own {'optimizer' if len(players) == 1 else 'optimizers'}, so "
            f"{by_door('optimizer=', plan='the optimizer here')} is used by none; leave it out, or give {advice}"
        )
    used = [choices.get(player.name) or player.optimizer or choices.get(None) for player in players]
    own = [option for option in (groups or {}).values() if "optimizer" in option and "lr" not in option]
    borrowed = any(not names_rate(option["optimizer"]) for option in own)
    if lr is not None and all(map(names_rate, used)) and not borrowed:
        boxes = [p.boxes[0] for p, choice in zip(players, used, strict=True) if not isinstance(choice, MadeOptimizer)]
        if not boxes:
            raise TypeMismatch("lr= has no effect on optimizers that are made already; pass their classes instead")
        box = boxes[0]
        advice = by_door(f"groups={{{box!r}: {{'lr': {lr}}}}}", plan=f"groups: {{{box}: {{lr: {lr}}}}}")
        raise TypeMismatch(
            f"{who} {names} {its} own learning {'rate' if len(players) == 1 else 'rates'}, so "
            f"{by_door('lr=', plan='the lr here')} is used by none; leave it out, or give rates for boxes, as {advice}"
        )
