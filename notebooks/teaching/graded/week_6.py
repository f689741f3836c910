"""Week 6: editing a model, and bounds."""

import learning_diagrams as ld
from learning_diagrams.exercises.graders import by_value

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
    by=by_value(
        slips={
            "this is the greatest step; the steps add": 0.1,
            "this is the product; the steps add, since each one may move in the same direction": 0.0001,
        }
    ),
    hint="the triangle inequality; a kernel never increases total variation",
)

rows = ld.exercise(
    "A total variation is measured as a mean over rows, each between 0 and 1. How many rows give an interval of ± 0.05 "
    "at 95 %, by Hoeffding’s inequality?",
    738,
    by=by_value(
        slips={
            "round up: with 737 rows the interval is a little wider": 737,
            "this interval is open on one side; with two sides the logarithm is that of 2 / 0.05": 600,
            "the whole interval is 0.1 wide; its half-width is 0.05": 185,
        }
    ),
    hint="n ≥ ln(2 / 0.05) / (2 · 0.05²), rounded up",
)
