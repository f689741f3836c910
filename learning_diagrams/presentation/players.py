"""The players of a learning diagram: each trains some boxes, and no box has two players."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from discopy import markov

from learning_diagrams.errors import DuplicateName, TypeMismatch, UnknownName, brief, did_you_mean
from learning_diagrams.presentation.fields.transport import Transport
from learning_diagrams.presentation.player import Player
from learning_diagrams.presentation.presentation_field import Described, PresentationField, require_one_meaning


class Players(PresentationField):
    """The field `players`: a tuple of players in order of name."""

    name = "players"
    default = ()
    shape = dict[str, Player]
    description = "for a game, who trains what"

    def read(self, value: Any, presentation: Described) -> tuple[Player, ...]:
        if not isinstance(value, Mapping):
            value = list(value) if isinstance(value, Iterable) else [value]
            if not all(isinstance(player, Player) for player in value):
                raise TypeMismatch(
                    "players= takes a mapping as {'critic': {'terms': ['real'], 'boxes': [critic]}}, got "
                    f"{brief(value)}"
                )
            value = {player.name: player for player in value}
        players = sorted((Player.read(name, player) for name, player in value.items()), key=lambda player: player.name)
        used = {c.name: c.boxes for c in presentation.constraints} if players else {}
        mover: dict[str, str] = {}
        for player in players:
            for term, _ in player.terms:
                if term not in used:
                    raise UnknownName(
                        f"player {player.name!r} has a term {term!r}, and no constraint is named so; "
                        f"{did_you_mean(term, used)}"
                    )
            reached = {box for term, _ in player.terms for box in used[term]}
            for box in player.boxes:
                if box not in reached:
                    raise UnknownName(
                        f"player {player.name!r} is to train box {box!r}, which none of its terms uses; "
                        f"{did_you_mean(box, reached)}"
                    )
                if mover.setdefault(box, player.name) != player.name:
                    raise DuplicateName(
                        f"box {box!r} is trained by two players, {mover[box]!r} and {player.name!r}; give it to one"
                    )
        return tuple(players)

    def map(self, value: tuple[Player, ...], to: Transport) -> list[Player]:
        return [player.map(to) for player in value]

    def restricted(self, value: Iterable[Player], presentation: Described) -> list[Player]:
        return [left for player in value if (left := player.within(presentation.constraints)) is not None]

    def of_box(self, value: tuple[Player, ...], box: markov.Box, to: Transport) -> str:
        return ""  # a player is a symbol of its own, which goes to a player of equal content

    def joined(self, values: Sequence[Iterable[Player]]) -> list[Player]:
        return require_one_meaning("player", (player for value in values for player in value))

    def canonical(self, value: tuple[Player, ...], live: frozenset[str]) -> Any:
        return [player.canonical for player in value] or None

    def plain(self, value: tuple[Player, ...]) -> Any:
        return {player.name: player.to_dict() for player in value} or None

    def boxes(self, value: tuple[Player, ...]) -> Iterable[str]:
        return (name for player in value for name in player.boxes)

    def lines(self, value: tuple[Player, ...]) -> list[str]:
        return [f"player {player}" for player in value]
