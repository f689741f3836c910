"""The share of a player: the learning diagram of the terms that a player lowers, which its loss is made of.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> from learning_diagrams.presentation.constraint import Constraint
>>> f, x = Box("f", Ty("a"), Ty("a")), SampleSpace("rows").column("x", Ty("a"))
>>> game = LearningDiagram(
...     Constraint("one", x >> f, x), Constraint("two", x >> f >> f, x), players={"p": {"terms": ["two"], "boxes": [f]}}
... )
>>> [constraint.name for constraint in share_of(game, game.players[0]).constraints]
['two']
"""

from __future__ import annotations

from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.player import Player


def share_of(diagram: LearningDiagram, player: Player) -> LearningDiagram:
    """The constraints of the terms of a player, and those frozen boxes that they use; without the factors."""
    names = {name for name, _ in player.terms}
    chosen = [constraint for constraint in diagram.constraints if constraint.name in names]
    used = {name for constraint in chosen for name in constraint.boxes}
    return LearningDiagram(*chosen, frozen=[box for box in diagram.frozen if box.name in used], name=player.name)
