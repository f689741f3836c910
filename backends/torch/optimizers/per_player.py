"""An optimizer argument, read: one optimizer for everybody, or one for each player of a game."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeVar

from learning_diagrams.errors import TypeMismatch, UnknownName, brief, did_you_mean

Choice = TypeVar("Choice")


def by_player(optimizer: Choice | Mapping[str, Choice], players: Collection[str]) -> dict[str | None, Choice]:
    """The choices by player, and under None the choice that does not name a player.

    >>> by_player("adam", ["critic"]), by_player({"critic": "sgd"}, ["critic"])
    ({None: 'adam'}, {'critic': 'sgd'})

    Raises
    ------
    TypeMismatch : choices by player, although there are no players.
    UnknownName : a choice for a player that does not exist.
    """
    if not isinstance(optimizer, Mapping):
        return {None: optimizer}
    if not players:
        raise TypeMismatch("optimizer= is given by player, and the learning diagram is not a game; pass one optimizer")
    for name in optimizer:
        require_player(name, players, "optimizer= is given for")
    return {**optimizer}


def require_player(name: object, players: Collection[str], where: str) -> None:
    """Raise `UnknownName` unless a name is that of a player; `where` begins the message."""
    if name not in [*players]:
        raise UnknownName(f"{where} {brief(name)}, which is not a player; {did_you_mean(name, players)}")
