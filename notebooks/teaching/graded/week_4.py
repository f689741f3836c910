"""Week 4: contrast, and squares."""

import math
from collections.abc import Sequence
from typing import Any

import learning_diagrams as ld
from learning_diagrams.exercises.graders import by_test, by_value

image, mask = ld.Ty("image"), ld.Ty("mask")
photos = ld.SampleSpace("photos")
pixels = photos.column("pixels", image)
segment, rotate = ld.Box("segment", image, mask), ld.Box("rotate", image, image)
rotate_mask = ld.Box("rotate_mask", mask, mask)

guessing = ld.exercise(
    "Both encoders are one constant. What is InfoNCE, in nats, on a batch of 16 pairs?",
    math.log(16),
    by=by_value(1e-3),
    hint="each of the 16 captions is equally likely",
)

equivariant = ld.exercise(
    "Write the learning diagram of one constraint `equivariant` over the pixels: to rotate and then segment (the "
    "prediction) is to segment and then rotate the mask (the reference). Both rotations are frozen.",
    ld.LearningDiagram(
        ld.Constraint("equivariant", rotate >> segment, segment >> rotate_mask, over=pixels),
        frozen=[rotate, rotate_mask],
    ),
    hint="over= names the column at which both sides start",
)


def _fault(answer: Any) -> str | None:
    if not isinstance(answer, Sequence) or isinstance(answer, str) or len(answer) != 2:
        return "the answer is two lists, as ([1, 0], [1, 0])"
    there, back = answer
    elements = list(range(len(there)))
    if not elements or any(sorted(table) != elements for table in (there, back)):
        return "both lists name each of the elements 0, 1, … once"
    if any(back[there[i]] != i for i in elements):
        return "the cycle does not hold: there and then back moves an element"
    if any(there[i] == i for i in elements):
        return "the first translation is right somewhere: it sends an element to itself"
    return None


wrong_cycle = ld.exercise(
    "The right translation sends i to i. Give two lists, there and back, such that the cycle there >> back = id holds, "
    "but `there` translates no element rightly.",
    ([1, 0], [1, 0]),
    by=by_test(_fault),
    hint="any permutation without a fixed point, and its inverse",
)
