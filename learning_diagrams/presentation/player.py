"""Players: a learning diagram as a game, in which each player trains boxes of its own on terms of its own.

They move in the order of their names, each making its steps before the next one moves. A term may count with another
factor, so that one player can increase what another decreases.

>>> critic = Player.read("critic", {"terms": {"value": -1.0}, "boxes": ["critic"], "steps": 5})
>>> critic.terms, critic.boxes, critic.steps
((('value', -1.0),), ('critic',), 5)

Source: Goodfellow et al., *Generative adversarial networks* (2014).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from discopy import markov

from learning_diagrams.errors import (
    DuplicateName,
    InvalidWeight,
    TypeMismatch,
    UnknownName,
    brief,
    did_you_mean,
    require_count,
)
from learning_diagrams.presentation.choice import Optimizer
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.fields.transport import Transport

KEYS = ("terms", "boxes", "optimizer", "steps")


@dataclass(frozen=True)
class Player:
    """Who trains some boxes on some terms.

    Parameters
    ----------
    terms : names of constraints, each with the finite factor that its weighted term is multiplied by for this player.
    boxes : names of the boxes that it trains.
    optimizer : how; None leaves it to the training loop.
    steps : how many updates it makes before the next player moves.
    """

    name: str
    terms: tuple[tuple[str, float], ...]
    boxes: tuple[str, ...]
    optimizer: Optimizer | None = None
    steps: int = 1

    @classmethod
    def read(cls, name: Any, given: Any) -> Player:
        """Read {"terms": [names] or {name: factor}, "boxes": [boxes or names], "optimizer": …, "steps": n}.

        Raises
        ------
        TypeMismatch : another shape; no terms; no boxes; steps that are no whole number ≥ 1.
        InvalidWeight : a factor that is not finite.
        """
        if isinstance(given, Player):
            return replace(given, name=name)
        who = f"player {name!r}"
        if not isinstance(name, str) or not isinstance(given, Mapping):
            raise TypeMismatch(
                "players= takes a mapping as {'critic': {'terms': ['real', 'made'], 'boxes': [critic]}}, got "
                f"{brief(given)} as {brief(name)}"
            )
        for key in given:
            if key not in KEYS:
                raise UnknownName(f"{who} has a key {brief(key)}; {did_you_mean(str(key), KEYS)}")
        terms = given.get("terms", ())
        terms = terms if isinstance(terms, Mapping) else dict.fromkeys(_listed(terms, f"terms of {who}"), 1.0)
        boxes = [_box_name(box, who) for box in _listed(given.get("boxes", ()), f"boxes of {who}")]
        if not terms:
            raise TypeMismatch(f"{who} has no terms, so it has nothing to play for; give names of constraints")
        if not boxes:
            raise TypeMismatch(f"{who} has no boxes, so it has nothing to train; give the boxes that it moves")
        factors = tuple((term, _factor(terms[term], term, who)) for term in sorted(terms))
        steps = given.get("steps", 1)
        require_count(f"steps of {who}", steps)
        chosen = given.get("optimizer")
        return cls(name, factors, tuple(sorted(set(boxes))), None if chosen is None else Optimizer.read(chosen), steps)

    def to_dict(self) -> dict[str, Any]:
        """The player as `read` takes it, without what is the default."""
        plain = all(factor == 1.0 for _, factor in self.terms)
        data: dict[str, Any] = {"terms": [term for term, _ in self.terms] if plain else dict(self.terms)}
        data["boxes"] = list(self.boxes)
        if self.optimizer is not None:
            data["optimizer"] = self.optimizer.to_dict()
        return data if self.steps == 1 else data | {"steps": self.steps}

    @property
    def canonical(self) -> list[Any]:
        terms = [[term, factor.hex()] for term, factor in self.terms]
        return [self.name, terms, list(self.boxes), self.optimizer and self.optimizer.canonical, self.steps]

    def content(self, to: Transport) -> list[Any]:
        """The player after a transport, without its name: plain data, equal exactly for equals."""
        return self.map(to).canonical[1:]

    def map(self, to: Transport) -> Player:
        """The player after a transport; several boxes may stand in place of a box.

        Raises `DuplicateName` where two terms with different factors become one.
        """
        terms = {(to.name("constraint", term), factor) for term, factor in self.terms}
        boxes = {new for box in self.boxes for new in to.boxes(box)}
        player = replace(
            self, name=to.name("player", self.name), terms=tuple(sorted(terms)), boxes=tuple(sorted(boxes))
        )
        if len(dict(player.terms)) < len(terms):
            raise DuplicateName(f"player {player.name!r} would count one term with two factors; see {player}")
        return player

    def within(self, constraints: Iterable[Constraint]) -> Player | None:
        """What is left of the player with these constraints; None if that is nothing."""
        used_by = {c.name: c.boxes for c in constraints}
        terms = tuple(term for term in self.terms if term[0] in used_by)
        reached = {box for term, _ in terms for box in used_by[term]}
        boxes = tuple(box for box in self.boxes if box in reached)
        return replace(self, terms=terms, boxes=boxes) if terms and boxes else None

    def __str__(self) -> str:
        terms = ", ".join(term if factor == 1.0 else f"{factor} {term}" for term, factor in self.terms)
        return f"{self.name}: {', '.join(self.boxes)} on {terms}"


def _listed(given: Any, what: str) -> list[Any]:
    if isinstance(given, str | markov.Diagram) or not isinstance(given, Iterable):
        raise TypeMismatch(f"the {what} are given as a list, got {brief(given)}")
    return list(given)


def _box_name(given: Any, who: str) -> str:
    name = given.name if isinstance(given, markov.Box) else given
    if not isinstance(name, str):
        raise TypeMismatch(f"the boxes of {who} are boxes or their names, got {brief(given)}")
    return name


def _factor(given: Any, term: str, who: str) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        raise InvalidWeight(f"the factor of term {term!r} for {who} must be a finite number, got {brief(given)}")
    return float(given)
