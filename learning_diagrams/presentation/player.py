"""Players: a learning diagram as a game, in which each player trains its boxes on its terms.

Players move in the order of their names. Each makes all its steps before the next player moves. A player multiplies
each of its terms by a factor, so one player can increase a term that another player decreases.

>>> critic = Player.read("critic", {"terms": {"value": -1.0}, "boxes": ["critic"], "steps": 5})
>>> critic.terms, critic.boxes, critic.steps
((('value', -1.0),), ('critic',), 5)

Source: Goodfellow et al., *Generative adversarial networks* (2014).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from discopy import markov

from learning_diagrams.errors import (
    DuplicateName,
    InvalidWeight,
    TypeMismatch,
    UnknownName,
    brief,
    did_you_mean,
    printable,
    require_count,
)
from learning_diagrams.errors.short_text import Printed
from learning_diagrams.presentation.choice import Optimizer
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.fields.transport import Transport

KEYS = ("terms", "boxes", "optimizer", "steps")


@dataclass(frozen=True, repr=False)
class Player(Printed):
    """A player that trains some boxes on some terms.

    Parameters
    ----------
    terms : pairs of the name of a constraint and a finite factor, which multiplies its weighted term for this player.
    boxes : names of the boxes that the player trains.
    optimizer : Optimizer; None leaves the choice to the training loop.
    steps : int ≥ 1, the number of updates before the next player moves.
    """

    name: str
    terms: tuple[tuple[str, float], ...]
    boxes: tuple[str, ...]
    optimizer: Optimizer | None = None
    steps: int = 1

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not any(c.isprintable() and not c.isspace() for c in self.name):
            raise TypeMismatch(f"a player has a name, a string that is not blank; got {brief(self.name)}")

    @classmethod
    def read(cls, name: Any, value: Any) -> Player:
        """Read {"terms": [names] or {name: factor}, "boxes": [boxes or names], "optimizer": …, "steps": n}.

        Raises
        ------
        TypeMismatch : the data has another shape, no terms or no boxes, the name is blank or no string, or `steps` is
            not a whole number ≥ 1.
        InvalidWeight : a factor is not finite.
        """
        value = value.to_dict() if isinstance(value, Player) else value
        who = f"player {name!r}"
        if not isinstance(name, str) or not isinstance(value, Mapping):
            raise TypeMismatch(
                "players= takes a mapping as {'critic': {'terms': ['real', 'made'], 'boxes': [critic]}}, got "
                f"{brief(value)} as {brief(name)}"
            )
        for key in value:
            if key not in KEYS:
                raise UnknownName(f"{who} has a key {brief(key)}; {did_you_mean(str(key), KEYS)}")
        terms = value.get("terms", ())
        terms = terms if isinstance(terms, Mapping) else dict.fromkeys(_listed(terms, f"terms of {who}"), 1.0)
        boxes = [_box_name(box, who) for box in _listed(value.get("boxes", ()), f"boxes of {who}")]
        if not terms:
            raise TypeMismatch(f"{who} has no terms, so it has nothing to play for; give names of constraints")
        if not boxes:
            raise TypeMismatch(f"{who} has no boxes, so it has nothing to train; give the boxes that it moves")
        factors = tuple((term, _factor(terms[term], term, who)) for term in sorted(terms))
        steps = value.get("steps", 1)
        require_count(f"steps of {who}", steps)
        chosen = value.get("optimizer")
        return cls(name, factors, tuple(sorted(set(boxes))), None if chosen is None else Optimizer.read(chosen), steps)

    def to_dict(self) -> dict[str, Any]:
        """The player as `read` takes it, without default values."""
        plain = all(factor == 1.0 for _, factor in self.terms)
        data: dict[str, Any] = {"terms": [term for term, _ in self.terms] if plain else dict(self.terms)}
        data["boxes"] = list(self.boxes)
        if self.optimizer is not None:
            data["optimizer"] = self.optimizer.to_dict()
        return data if self.steps == 1 else data | {"steps": self.steps}

    @property
    def lowers(self) -> str:
        """The sum that it lowers, by the names of its terms, such as "fake − 2 · real"."""
        parts = [(factor < 0, term if abs(factor) == 1 else f"{abs(factor):g} · {term}") for term, factor in self.terms]
        (minus, first), *rest = parts
        return "−" * minus + first + "".join(f" {'−' if minus else '+'} {text}" for minus, text in rest)

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
        for (term, factor), (other, another) in pairwise(player.terms):
            if term == other:
                raise DuplicateName(
                    f"player {player.name!r} would count the term {term!r} with two factors, {factor:g} and "
                    f"{another:g}; give one factor to the terms that become this term"
                )
        return player

    def within(self, constraints: Iterable[Constraint]) -> Player | None:
        """The player with only the terms and boxes of these constraints; None if it has no terms or no boxes left."""
        used_by = {c.name: c.boxes for c in constraints}
        terms = tuple(term for term in self.terms if term[0] in used_by)
        reached = {box for term, _ in terms for box in used_by[term]}
        boxes = tuple(box for box in self.boxes if box in reached)
        return replace(self, terms=terms, boxes=boxes) if terms and boxes else None

    def __str__(self) -> str:
        terms = ", ".join(term if factor == 1.0 else f"{factor} {term}" for term, factor in self.terms)
        return printable(f"{self.name}: {', '.join(self.boxes)} on {terms}")


def _listed(value: Any, what: str) -> list[Any]:
    if isinstance(value, str | markov.Diagram) or not isinstance(value, Iterable):
        raise TypeMismatch(f"the {what} are given as a list, got {brief(value)}")
    return list(value)


def _box_name(value: Any, who: str) -> str:
    name = value.name if isinstance(value, markov.Box) else value
    if not isinstance(name, str):
        raise TypeMismatch(f"the boxes of {who} are boxes or their names, got {brief(value)}")
    return name


def _factor(value: Any, term: str, who: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidWeight(f"the factor of term {term!r} for {who} must be a finite number, got {brief(value)}")
    return float(value)
