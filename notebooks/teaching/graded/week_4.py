"""Week 4: contrast, and squares."""

import math
from collections.abc import Sequence
from typing import Any

import learning_diagrams as ld
from learning_diagrams.errors import brief
from learning_diagrams.exercises.graders import by_test, by_value

image, mask = ld.Ty("image"), ld.Ty("mask")
photos = ld.SampleSpace("photos")
pixels = photos.column("pixels", image)
segment, rotate = ld.Box("segment", image, mask), ld.Box("rotate", image, image)
rotate_mask = ld.Box("rotate_mask", mask, mask)

guessing = ld.exercise(
    "Both encoders are one constant. What is InfoNCE, in nats, on a batch of 16 pairs?",
    math.log(16),
    by=by_value(
        1e-3,
        slips={
            "1/16 is the probability of the own caption; the loss is −ln of it": 1 / 16,
            "this is the number of captions; the loss is −ln of the probability of the own caption": 16,
            "this is the logarithm to the base 2; nats are natural logarithms": 4,
            "the equation holds, but InfoNCE is not 0: it is as bad as guessing": 0,
        },
    ),
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
        return f"the answer is two lists, as ([0, 1], [0, 1]), got {brief(answer)}"
    for name, table in zip(("there", "back"), answer, strict=True):
        whole = isinstance(table, list | tuple) and all(type(entry) is int for entry in table)
        if not whole or sorted(table) != list(range(len(answer[0]))) or not table:
            return f"both lists name each of the elements 0, 1, … once, but {name} is {brief(table)}"
    there, back = answer
    moved = [i for i, j in enumerate(there) if back[j] != i]
    if moved:
        return f"the cycle does not hold: {moved[0]} goes to {there[moved[0]]}, and then to {back[there[moved[0]]]}"
    right = [i for i, j in enumerate(there) if i == j]
    return f"`there` is right at {right[0]}: it sends {right[0]} to itself" if right else None


wrong_cycle = ld.exercise(
    "The right translation sends i to i. Give two lists, there and back, such that the cycle there >> back = id holds, "
    "but `there` translates no element rightly.",
    ([1, 0], [1, 0]),
    by=by_test(_fault),
    hint="any permutation without a fixed point, and its inverse",
)
