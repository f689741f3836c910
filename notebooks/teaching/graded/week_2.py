"""Week 2: losses, and randomness."""

from dataclasses import replace
from typing import Any

import learning_diagrams as ld
from learning_diagrams.exercises.graders import by_learning_diagram, by_value

image, code, digit = ld.Ty("image"), ld.Ty("code"), ld.Ty("digit")
photos = ld.SampleSpace("photos")
pixels, label = photos.column("pixels", image), photos.column("label", digit)
encode, decode = ld.Box("encode", image, code), ld.Box("decode", code, image)
name = ld.Kernel("name", code, digit)


def _columns_in_front(diagram: ld.LearningDiagram) -> ld.LearningDiagram:
    """The learning diagram with the column of `over=` in front of both sides, which asks the same."""
    constraints = [
        replace(c, lhs=c.over >> c.lhs, rhs=c.over >> c.rhs, over=None) if c.over in (pixels, label) else c
        for c in diagram.constraints
    ]
    return ld.LearningDiagram(*constraints, axioms=diagram.axioms, frozen=diagram.frozen)


def _difference(right: ld.LearningDiagram, answer: Any) -> Any:
    spelled = _columns_in_front(answer) if isinstance(answer, ld.LearningDiagram) else answer
    return by_learning_diagram()(right, spelled)


semi_supervised = ld.exercise(
    "Write the learning diagram with two constraints: named, the name of the code of the pixels is the label; and "
    "restored, the decoded code of the pixels is the pixels, with weight 0.1. Nothing is frozen.",
    ld.LearningDiagram(
        ld.Constraint("named", pixels >> encode >> name, label),
        ld.Constraint("restored", pixels >> encode >> decode, pixels, weight=0.1),
    ),
    by=_difference,
    hint="the prediction is the left side, the data are the right side, the reference",
)

gradient = ld.exercise(
    "The triangle ×a, ×b against ×c has the loss (ab − c)² on data of mean square 1. What is its gradient in (a, b, c) "
    "at a = 1, b = 4, c = 3?",
    (8, 2, -2),
    hint="2(ab − c) times b, a, −1",
)

posterior = ld.exercise(
    "An illness has the probability 1/100. A test is positive for 9/10 of the ill and for 1/10 of the others. How "
    "probable is the illness after a positive test?",
    1 / 12,
    by_value(1e-3),
    hint="the probability of an ill person with a positive test, over that of a positive test",
)
