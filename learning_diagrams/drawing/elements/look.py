"""How the boxes of a learning diagram look: their kinds, and how each is trained.

>>> from learning_diagrams.diagrams.box import Box, Kernel, Ty
>>> from learning_diagrams.presentation.constraint import Constraint
>>> from learning_diagrams.presentation.presentation import Presentation
>>> x = Ty("x")
>>> f, g = Box("f", x, x), Kernel("g", x, x)
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> looks_of(Presentation(Constraint("c", f, g, over=SampleSpace("s").column("x", x)), frozen=[g]))["g"]
Look(kind='kernel', training='frozen', hue=2, pointed=False)
"""

from __future__ import annotations

from collections.abc import Mapping

from discopy import markov

from learning_diagrams.diagrams.box import is_deterministic
from learning_diagrams.diagrams.sample_space import Column, State
from learning_diagrams.drawing.elements.palette import HUES
from learning_diagrams.drawing.elements.plates import Kind, Look, Training
from learning_diagrams.presentation.presentation import Presentation


def looks_of(diagram: Presentation) -> dict[str, Look]:
    """The look of each box by name; trained boxes get the hues in the order of their names, again from the fifth on."""
    looks, hue = {}, 0
    for box in diagram.boxes:
        training: Training = "frozen" if box in diagram.frozen else "trained"
        if box.name in diagram.ema:
            training = "follower"
        looks[box.name] = plain_look(box, training, hue % HUES + 1)
        hue += training == "trained"
    return looks


def plain_look(box: markov.Box, training: Training = "given", hue: int = 1) -> Look:
    """The look of a box by its kind."""
    if isinstance(box, Column):
        return Look("column")
    kind: Kind = "function" if is_deterministic(box) else "kernel"
    return Look(kind, training, hue, pointed=not box.dom)


def look_of(box: markov.Box, looks: Mapping[str, Look]) -> Look:
    """The look of a box: that of its name where there is one, otherwise that of its kind."""
    named = not isinstance(box, Column | State) and looks.get(box.name)
    return named or plain_look(box)


def written(box: markov.Box) -> str:
    """The name of a box with the boxes that its module calls, as "u_x[u]"."""
    name: str = getattr(box, "drawing_name", "") or box.name
    return name
