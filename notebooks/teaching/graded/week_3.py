"""Week 3: distillation, and gluing."""

import math

import learning_diagrams as ld
from learning_diagrams.exercises.graders import by_value

image, digit = ld.Ty("image"), ld.Ty("digit")
digits = ld.SampleSpace("digits")
pixels, label = digits.column("pixels", image), digits.column("label", digit)
teacher, student = ld.Kernel("teacher", image, digit), ld.Kernel("student", image, digit)
second = ld.Kernel("second", image, digit)

distillation = ld.LearningDiagram(
    ld.Constraint("supervised", pixels >> student, label),
    ld.Constraint("distilled", pixels >> student, pixels >> teacher, weight=0.5),
    frozen=[teacher],
)

softened = ld.exercise(
    "A teacher has the logits 0 and ln 16. Which two probabilities has it at temperature 4?",
    (1 / 3, 2 / 3),
    by_value(
        1e-3,
        slips={
            "the two are exchanged: the class with the larger logit has the larger probability": (2 / 3, 1 / 3),
            "these are the probabilities at temperature 1": (1 / 17, 16 / 17),
            "these are the logits at temperature 4; take their softmax": (0, math.log(2)),
        },
    ),
    hint="divide the logits by 4; then softmax",
)

two_teachers = ld.exercise(
    "Add a constraint `also`: the student agrees with the kernel `second` on the pixels, with weight 0.25. Both "
    "teachers are frozen. The rest is week_3.distillation.",
    ld.LearningDiagram(
        *distillation.constraints,
        ld.Constraint("also", pixels >> student, pixels >> second, weight=0.25),
        frozen=[teacher, second],
    ),
    hint="ld.LearningDiagram(*distillation.constraints, …, frozen=[…])",
)

glued = ld.exercise(
    "Two setups have the losses 0.7 and 0.5 at the same parameters and batch. They share one constraint, whose "
    "weighted term is 0.2. What is the loss of their pushout along it, and of their coproduct? Answer with a pair.",
    (1.0, 1.2),
    by_value(
        slips={
            "the two are exchanged: the coproduct counts more": (1.2, 1.0),
            "the pushout counts what is shared once; this leaves it out": (0.8, 1.2),
            "the coproduct keeps two copies of what is shared, so it counts both": (1.0, 1.0),
        }
    ),
    hint="the pushout counts what is shared once; the coproduct shares nothing",
)
