"""The exercises of notebook 7: contrast, collapse, and captions with padding."""

from __future__ import annotations

from math import exp, log
from typing import Any

import learning_diagrams as ld
from course.case import Case
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
    by=by_value(1e-3),
    hint="all eight captions are equally similar, so each has probability 1/8; the loss is −ln of that",
)

# ---- middle: what the temperature is for ----------------------------------------------------------------------------

temperature = ld.exercise(
    "In a batch of 8, each picture has the cosine 1 with its own caption and 0 with the other seven. What is InfoNCE "
    "at the temperature 1, and at 0.07? As (at_1, at_007).",
    (log(1 + 7 * exp(-1)), log(1 + 7 * exp(-1 / 0.07))),
    by=by_value(1e-3),
    hint="divide the cosines by the temperature, then softmax: the own caption has e^(1/τ) / (e^(1/τ) + 7)",
)

# ---- middle: the collapse that a review names -----------------------------------------------------------------------


def _names(diagram: ld.LearningDiagram) -> list[str]:
    return [finding.kind for finding in ld.review(diagram)]


def _collapse(answer: Any) -> Any:
    if not isinstance(answer, ld.LearningDiagram):
        return "the answer is a learning diagram"
    if {box.name for box in answer.boxes} != {"see", "read"}:
        return "the answer has the boxes see and read, and no others"
    if "collapsing" not in _names(answer):
        return "ld.review does not call this collapsing: constants do not minimise all of its terms"
    return None


collapse = ld.exercise(
    "Write an alignment of pictures and captions that ld.review calls collapsing.",
    squared,
    by=by_test(_collapse),
    hint="tasks.contrast with a divergence that is 0 wherever the two sides are equal; squared error is the default",
)

# ---- hard: a constraint that constants break ------------------------------------------------------------------------


def _mended(answer: Any) -> Any:
    if not isinstance(answer, ld.LearningDiagram):
        return "the answer is a learning diagram"
    kept = squared.constraints[0]
    if kept not in answer.constraints:
        return "the answer keeps the constraint `aligned` of tasks.squared, with its squared error"
    findings = _names(answer)
    if "collapsing" in findings:
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
    by=by_value(1e-3),
    hint="sum: add over the words of a caption, then mean over captions; mean: mean over words first; tokens: one mean "
    "over all four words",
)

CASES = {
    "guessing": Case("easy", right=[2.0794, 3 * log(2)], wrong=[0, 8, log(64), "ln 8"]),
    "temperature": Case(
        "middle", right=[(1.274, 0.0), [log(1 + 7 / exp(1)), 4.4e-6]], wrong=[(0, 0), (1.274, 1), 1.274]
    ),
    "collapse": Case(
        "middle",
        right=[
            squared,
            ld.LearningDiagram(ld.Constraint("same", caption >> read, picture >> see, divergence="absolute")),
        ],
        wrong=[contrast, squared.add(ld.Constraint("kept", caption >> read >> write, caption)), "squared"],
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
            3,
        ],
    ),
    "padded": Case(
        "hard",
        right=[(2.5 * log(2), 1.5 * log(2), 1.25 * log(2)), [1.7329, 1.0397, 0.8664]],
        wrong=[(1.7329, 0.8664, 1.0397), (1.0397, 1.0397, 1.0397), 1.7329],
    ),
}
