"""The caption of a constraint: its name, and what its fields say, such as "0.5 · KL, temperature 4"."""

from __future__ import annotations

from learning_diagrams.drawing.graph.face import Caption
from learning_diagrams.presentation.constraint import Constraint


def caption_of(constraint: Constraint) -> Caption:
    """The texts that stand in the face or chart of a constraint."""
    return Caption(constraint.name, tuple(constraint.phrases))
