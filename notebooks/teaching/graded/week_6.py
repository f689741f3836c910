"""Week 6: editing a model, and bounds."""

import learning_diagrams as ld

image, code, digit = ld.Ty("image"), ld.Ty("code"), ld.Ty("digit")
digits = ld.SampleSpace("digits")
pixels, label = digits.column("pixels", image), digits.column("label", digit)
encode, decode = ld.Box("encode", image, code), ld.Box("decode", code, image)
name = ld.Kernel("name", code, digit)

START = ld.LearningDiagram(
    ld.Constraint("named", pixels >> encode >> name, label),
    ld.Constraint("restored", pixels >> encode >> decode, pixels, weight=0.1),
)

second_stage = ld.exercise(
    "Edit week_6.START: the decoder is frozen, and the weight of `restored` is 0.4.",
    START.reweight({"restored": 0.4}).freeze(decode),
    hint="reweight sets weights by name, freeze takes boxes; the order is irrelevant",
)

chained = ld.exercise(
    "A proof uses three equations once each, on kernels. Their total variations are at most 0.05, 0.02 and 0.10, each "
    "where the proof uses it. What bound follows for the equation that is proved?",
    0.17,
    hint="the triangle inequality; a kernel never increases total variation",
)

rows = ld.exercise(
    "A total variation is measured as a mean over rows, each between 0 and 1. How many rows give an interval of ± 0.05 "
    "at 95 %, by Hoeffding’s inequality?",
    738,
    hint="n ≥ ln(2 / 0.05) / (2 · 0.05²), rounded up",
)
