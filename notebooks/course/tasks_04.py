"""The exercises of notebook 4: copying, discarding, randomness."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import learning_diagrams as ld
from course.case import Case
from learning_diagrams.errors import brief
from learning_diagrams.exercises.graders import by_proof, by_test, by_value
from learning_diagrams.proof.derivation import Derivation

Rows = list[list[float]]


def rows_of(answer: Any, inputs: int | None, outputs: int | None) -> Rows | str:
    """A table of probabilities as numbers, or what is wrong with it; a size None admits any size above 0."""
    answer = answer.tolist() if hasattr(answer, "tolist") else answer
    shape = f"{inputs} rows of {outputs} probabilities" if inputs else "a row for each element of x"
    wanted = f"the answer is a table as nested lists, {shape}, got {brief(answer)}"
    try:
        rows = [[float(Fraction(entry)) for entry in row] for row in answer]
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return wanted
    if not rows or len(rows) != (inputs or len(rows)) or any(len(row) != (outputs or len(rows[0])) for row in rows):
        return wanted
    for i, row in enumerate(rows):
        if not row or min(row) < 0 or abs(sum(row) - 1) > 1e-6:
            return f"row {i} is no distribution: its probabilities must be 0 or more, and sum to 1"
    return rows


# ---- easy: where the copy stands ------------------------------------------------------------------------------------

photo, view, score = ld.Ty("photo"), ld.Ty("view"), ld.Ty("score")
augment = ld.Kernel("augment", photo, view)
compare = ld.Box("compare", view @ view, score)

two_views = ld.exercise(
    "Write the diagram photo → score that compares two views of one photo, each drawn on its own.",
    ld.Copy(photo) >> augment @ augment >> compare,
    hint="the photo is one, so it is copied; the draws are two, so augment stands twice",
)

# ---- middle: the price of a copy ------------------------------------------------------------------------------------

copied_coin = ld.exercise(
    "A coin shows heads with probability 1/4. How many nats lie between one draw that is copied (the reference) and "
    "two draws (the prediction)?",
    math.log(4) / 4 + math.log(4 / 3) * 3 / 4,
    by=by_value(1e-3),
    hint="the reference r has (heads, heads) and (tails, tails) only: Σ r log(r / p), with p = r² there",
)

# ---- middle: invert a noisy channel ---------------------------------------------------------------------------------

SENT = [0.75, 0.25]  # the probabilities of the bits 0 and 1
CHANNEL = [[0.9, 0.1, 0.0], [0.2, 0.8, 0.0]]  # given a bit, the probabilities to receive 0, 1 and "?"


def _inverse(answer: Any) -> str | None:
    rows = rows_of(answer, 3, 2)
    if isinstance(rows, str):
        return rows
    evidence = [sum(SENT[s] * CHANNEL[s][r] for s in (0, 1)) for r in range(3)]
    for r, received in enumerate(("0", "1", "?")):
        for s in (0, 1):
            there, back = SENT[s] * CHANNEL[s][r], evidence[r] * rows[r][s]
            if abs(there - back) > 1e-4:
                return (
                    f"bit {s} is sent and {received} received with probability {there:.4f}; by your inverse it is "
                    f"{back:.4f}, that is {evidence[r]:.4f} · {rows[r][s]:.4f}"
                )
    return None


invert = ld.exercise(
    "Invert the channel: for each received symbol 0, 1 and ?, the probabilities that 0 and that 1 was sent.",
    [["27/29", "2/29"], ["3/11", "8/11"], ["1/2", "1/2"]],
    by=by_test(_inverse),
    hint="row r, entry s: the probability of s and r together, over that of r.\n"
    "What may stand in the row of a symbol that is never received?",
)

# ---- middle: the smallest model -------------------------------------------------------------------------------------


def _smallest(answer: Any) -> str | None:
    rows = rows_of(answer, None, None)
    if isinstance(rows, str):
        return rows
    if all(abs(entry * (1 - entry)) < 1e-9 for row in rows for entry in row):
        return "every probability is 0 or 1, so k is a function, and both sides are equal in this model"
    if len(rows) * len(rows[0]) > 2:
        return f"the two sides differ in this model; but it has {len(rows)} × {len(rows[0])} entries, and 2 suffice"
    return None


smallest = ld.exercise(
    "Find the smallest table of k: x → y for which k >> copy and copy >> k @ k differ: a row for each element of x, "
    "an entry for each element of y.",
    [["1/2", "1/2"]],
    by=by_test(_smallest),
    hint="with one element in y there is only one table. How many elements of x do you need?",
)

# ---- hard: positivity from a conditional ----------------------------------------------------------------------------

X, Y, Z = ld.Ty("X"), ld.Ty("Y"), ld.Ty("Z")
f, g = ld.Kernel("f", X, Y), ld.Kernel("g", Y, Z)
d = ld.Box("d", X, Z)  # a function
c = ld.Kernel("c", Z @ X, Y)  # the conditional: Y, given Z and X


@ld.diagram(X, Y @ Z)
def end_first(x: Any) -> Any:
    z = (f >> g)(x)
    return c(z, x), z


JOINT = f >> ld.Copy(Y) >> Y @ g
AXIOMS = {"certain": ld.Equation(f >> g, d), "conditional": ld.Equation(JOINT, end_first)}
GOAL = ld.Equation(JOINT, ld.Copy(X) >> f @ (f >> g), "positivity")

START = Derivation(GOAL.lhs, AXIOMS).rewrite("conditional").rewrite("certain")
BY_HAND = START.reach(ld.Copy(X) >> f @ d).reach(GOAL.rhs)

positivity = ld.exercise(
    "Derive GOAL from the two AXIOMS: where the end is certain, the middle and the end are independent.",
    BY_HAND.proof(GOAL.rhs, GOAL.name),
    by=by_proof(AXIOMS),
    hint='start with Derivation(tasks.GOAL.lhs, tasks.AXIOMS).rewrite("conditional").rewrite("certain");\n'
    "draw its diagram, and say by reach(…) which diagram you want to see next",
)


CASES = {
    "two_views": Case(
        "easy",
        right=[
            ld.Copy(photo) >> augment @ augment >> compare,
            ld.diagram(photo, score)(lambda p: compare(augment(p), augment(p))),
        ],
        wrong=[augment >> ld.Copy(view) >> compare, augment @ augment >> compare, compare, "two"],
    ),
    "copied_coin": Case(
        "middle",
        right=[0.5623, -(math.log(1 / 4) / 4 + math.log(3 / 4) * 3 / 4), Fraction(5623, 10_000)],
        wrong=[math.log(2), 0, 0.811, "ln 2"],
    ),
    "invert": Case(
        "middle",
        right=[
            [["27/29", "2/29"], ["3/11", "8/11"], [1, 0]],
            [[27 / 29, 2 / 29], [3 / 11, 8 / 11], [0.3, 0.7]],
            [[Fraction(27, 29), Fraction(2, 29)], (Fraction(3, 11), Fraction(8, 11)), (0, 1)],
        ],
        wrong=[CHANNEL, [[0.9, 0.1], [0.2, 0.8], [1, 0]], [[1, 0], [0, 1], [0.7, 0.7]], "bits", 3, [[], [], []]],
    ),
    "smallest": Case(
        "middle",
        right=[[["1/2", "1/2"]], [[0.25, 0.75]], [("1/3", "2/3")]],
        wrong=[[[1, 0]], [[1]], [["1/2", "1/2"], ["1/2", "1/2"]], [[0.5, 0.6]], [], [["a", "b"]], "k"],
    ),
    "positivity": Case(
        "hard",
        right=[BY_HAND, ld.prove(GOAL, AXIOMS), BY_HAND.proof(GOAL.rhs, "positivity").to_dict()],
        wrong=[START, ld.prove(ld.Equation(f >> g, d), AXIOMS), Derivation(GOAL.lhs, AXIOMS), GOAL, "obvious"],
    ),
}
