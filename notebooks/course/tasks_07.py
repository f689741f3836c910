"""The exercises of notebook 7: contrast, collapse, and captions with padding."""

from __future__ import annotations

from math import exp, log, log2
from typing import Any

import learning_diagrams as ld
from course.case import Case
from learning_diagrams.errors import brief
from learning_diagrams.exercises.graders import by_test, by_value

image, text, meaning = ld.Ty("image"), ld.Ty("text"), ld.Ty("meaning")
pairs = ld.SampleSpace("pairs")
picture, caption = pairs.column("picture", image), pairs.column("caption", text)
see, read = ld.Box("see", image, meaning), ld.Box("read", text, meaning)
draw, write = ld.Box("draw", meaning, image), ld.Box("write", meaning, text)
squared = ld.LearningDiagram(ld.Constraint("aligned", picture >> see, caption >> read), name="squared error")
contrast = ld.LearningDiagram(
    ld.Constraint(
        "aligned",
        picture >> see,
        caption >> read,
        divergence={"name": "info_nce", "symmetric": True, "temperature": 0.07},
    ),
    name="contrast",
)

# ---- easy: the loss of guessing -------------------------------------------------------------------------------------

guessing = ld.exercise(
    "Both encoders return one constant. What is InfoNCE on a batch of 8 pairs, in nats?",
    log(8),
    by=by_value(
        slips={
            "1/8 is the probability of the own caption; the loss is −ln of it": 1 / 8,
            "the loss is −ln of a probability, so it is not negative": -log(8),
            "squared error is 0 here; InfoNCE is as bad as guessing": 0,
            "this is the logarithm to the base 2; nats are natural logarithms": log2(8),
            "this is the number of captions; the loss is −ln of the probability of the own one": 8,
            "this is the loss of a batch of 64; the batch has 8 pairs": log(64),
        },
        tolerance=1e-3,
    ),
    hint="all eight captions are equally similar, so each has probability 1/8; the loss is −ln of that",
)

# ---- middle: what the temperature is for ----------------------------------------------------------------------------

temperature = ld.exercise(
    "In a batch of 8, each picture has the cosine 1 with its own caption and 0 with the other seven. What is InfoNCE "
    "at the temperature 1, and at 0.07? As (at_1, at_007).",
    (log(1 + 7 * exp(-1)), log(1 + 7 * exp(-1 / 0.07))),
    by=by_value(
        slips={
            "these are probabilities of the own caption; the loss is −ln of them": (
                1 / (1 + 7 * exp(-1)),
                1 / (1 + 7 * exp(-1 / 0.07)),
            ),
            "the two temperatures are exchanged": (log(1 + 7 * exp(-1 / 0.07)), log(1 + 7 * exp(-1))),
            "the cosines are multiplied by the temperature; divide them": (
                log(1 + 7 * exp(-1)),
                log(1 + 7 * exp(-0.07)),
            ),
            "this is guessing, for equal cosines; here the own cosine is 1 and the others are 0": (log(8), log(8)),
        },
        tolerance=5e-3,
    ),
    hint="divide the cosines by the temperature, then softmax: the own caption has e^(1/τ) / (e^(1/τ) + 7)",
)

# ---- middle: the collapse that a review names -----------------------------------------------------------------------


def _names(diagram: ld.LearningDiagram) -> list[str]:
    return [finding.kind for finding in ld.review(diagram)]


def _fault_of_diagram(answer: Any) -> str | None:
    if not isinstance(answer, ld.LearningDiagram):
        return f"the answer is a learning diagram, got {brief(answer)}"
    light = [constraint.name for constraint in answer.constraints if constraint.weight == 0]
    return f"the weight of {', '.join(light)} is 0, so training does not see it" if light else None


def _collapse(answer: Any) -> Any:
    if fault := _fault_of_diagram(answer):
        return fault
    names = {box.name for box in answer.boxes}
    if names != {"see", "read"}:
        return f"the answer has the boxes see and read, and no others, got {', '.join(sorted(names)) or 'no box'}"
    if not any(
        {"see", "read"} <= {box.name for side in (term.lhs, term.rhs) for box in side.boxes}
        for term in answer.constraints
    ):
        return "no constraint compares what see makes with what read makes"
    if "collapsing" in _names(answer):
        return None
    if answer.frozen:
        return f"{', '.join(sorted(box.name for box in answer.frozen))} is frozen, so training cannot make it constant"
    named = ", ".join(f"{term.name} by {getattr(term.divergence, 'name', 'default')}" for term in answer.constraints)
    return f"ld.review does not call this collapsing: it does not know that constants make the loss least ({named})"


collapse = ld.exercise(
    "Write an alignment of pictures and captions that ld.review calls collapsing.",
    squared,
    by=by_test(_collapse),
    hint="tasks.contrast with a divergence that is 0 wherever the two sides are equal; squared error is the default",
)

# ---- hard: a constraint that constants break ------------------------------------------------------------------------


def _mended(answer: Any) -> Any:
    if fault := _fault_of_diagram(answer):
        return fault
    kept = squared.constraints[0]
    if kept not in answer.constraints:
        return "the answer keeps the constraint `aligned` of tasks.squared, with its squared error"
    contrasts = [constraint.name for constraint in answer.constraints if "info_nce" in str(constraint.divergence)]
    if contrasts:
        return f"{', '.join(contrasts)} is a contrast, which this exercise does not allow"
    if "collapsing" in _names(answer):
        return "constants in place of all trained boxes still satisfy every constraint"
    if not {box.name for box in answer.boxes if box not in answer.frozen} & {"see", "read"}:
        return "nothing is trained"
    return None


mended = ld.exercise(
    "Edit tasks.squared so that ld.review finds no collapse: keep `aligned`, and do not use contrast.",
    squared.add(ld.Constraint("kept", caption >> read >> write, caption)),
    by=by_test(_mended),
    hint="what must a meaning be good for, beyond being equal? tasks.write and tasks.draw lead back from meanings",
)

# ---- hard: captions over padding ------------------------------------------------------------------------------------

padded = ld.exercise(
    "A batch has two captions. The first has three words, each predicted with probability 1/2; the second has one, "
    "predicted with probability 1/4; the rest is padding. Give the loss in nats for reduction 'sum', 'mean', 'tokens'.",
    ((3 * log(2) + log(4)) / 2, (log(2) + log(4)) / 2, (3 * log(2) + log(4)) / 4),
    by=by_value(
        slips={
            "the last two are exchanged: mean takes the mean of each caption first": tuple(
                part * log(2) for part in (2.5, 1.25, 1.5)
            ),
            "these are in bits; nats have another ln 2": (2.5, 1.5, 1.25),
            "sum adds over the words of a caption, and then takes the mean of the two captions": tuple(
                part * log(2) for part in (5, 1.5, 1.25)
            ),
        },
        tolerance=5e-3,
    ),
    hint="sum: add over each caption, then mean of both; mean: mean over each first; tokens: one mean of four words",
)

CASES = {
    "guessing": Case("easy", right=[2.0794, 3 * log(2)], wrong=[0, 8, 3, 1 / 8, log(64), "ln 8"]),
    "temperature": Case(
        "middle",
        right=[(1.27, 0.0), [log(1 + 7 / exp(1)), 4.4e-6]],
        wrong=[(0, 0), (1.274, 1), (log(8), log(8)), 1.274],
    ),
    "collapse": Case(
        "middle",
        right=[
            squared,
            ld.LearningDiagram(ld.Constraint("same", caption >> read, picture >> see, divergence="absolute")),
        ],
        wrong=[
            contrast,
            squared.add(ld.Constraint("kept", caption >> read >> write, caption)),
            squared.freeze("read"),
            ld.LearningDiagram(
                ld.Constraint("a", picture >> see, picture >> see), ld.Constraint("b", read, read, over=caption)
            ),
            squared.reweight({"aligned": 0}),
            ld.LearningDiagram(),
            "squared",
        ],
    ),
    "mended": Case(
        "hard",
        right=[
            squared.add(ld.Constraint("kept", caption >> read >> write, caption)),
            squared.add(ld.Constraint("seen", picture >> see >> draw, picture)),
            squared.freeze("read"),
        ],
        wrong=[
            squared,
            contrast,
            squared.add(ld.Constraint("again", picture >> see >> write, caption >> read >> write)),
            squared.freeze("read", "see"),
            squared.add(ld.Constraint("kept", caption >> read >> write, caption, weight=0)),
            ld.LearningDiagram(
                *squared.constraints,
                ld.Constraint("contrast", picture >> see, caption >> read, divergence="info_nce"),
            ),
            3,
        ],
    ),
    "padded": Case(
        "hard",
        right=[(2.5 * log(2), 1.5 * log(2), 1.25 * log(2)), [1.73, 1.04, 0.87]],
        wrong=[(1.7329, 0.8664, 1.0397), (1.0397, 1.0397, 1.0397), 1.7329],
    ),
}
