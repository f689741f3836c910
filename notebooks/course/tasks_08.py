"""The exercises of notebook 8: squares, their pastings, a group, and cycles."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from math import prod
from typing import Any

import learning_diagrams as ld
from course.case import Case
from learning_diagrams.errors import TypeMismatch, brief
from learning_diagrams.exercises.graders import by_test, by_value
from learning_diagrams.semantics.functor.loss import LossFunctor

R = ld.Ty("ℝ")


def times(number: float) -> ld.Box:
    """The box that multiplies by a number, which is its name."""
    return ld.Box(f"×{number}", R, R)


def factor(diagram: Any) -> float:
    """The number by which a diagram of such boxes multiplies."""
    return prod(float(box.name.removeprefix("×")) for box in diagram.boxes)


def push(point: float, diagram: Any) -> float:
    """Where a point goes."""
    return point * factor(diagram)


def distance(cell: Any, point: float) -> float:
    """How far the two ways around a square end from each other."""
    return abs(push(point, cell.equation.lhs) - push(point, cell.equation.rhs))


loss = LossFunctor(distance, push)

# ---- easy: the defect of a square -----------------------------------------------------------------------------------

SINGLE = ld.Square(times(2), times(3), times(1), times(5), name="single")

defect = ld.exercise(
    "The square has the top ×2, the right side ×3, the left side ×1 and the bottom ×5. Give its defect at x = 1 and at "
    "x = 2, as (at_1, at_2).",
    (1, 2),
    by=by_value(
        slips={
            "a defect is a distance, so it is not negative": (-1, -2),
            "the two places are exchanged": (2, 1),
            "these are the ends of the two ways at x = 1; the defect is their distance": (5, 6),
            "these are the ends of both ways, at x = 1; the defect is their distance": (6, 5),
            "at x = 2 both ways are twice as long, and so is their distance": (1, 1),
        }
    ),
    hint="go both ways around: first left and bottom, then top and right; the defect is the distance of the two ends",
)

# ---- middle: paste three squares ------------------------------------------------------------------------------------

P = ld.Square(times(3), times(1.5), times(1.2), times(3.5), name="p")
Q = ld.Square(times(2), times(1.2), times(1), times(2.2), name="q")
S = ld.Square(times(1.1), times(1.6), times(1.5), times(1.3), name="s")
ROW = Q.beside(P).beside(S)


def _row(answer: Any) -> Any:
    if isinstance(answer, list | tuple) and answer and all(isinstance(part, ld.Square) for part in answer):
        try:
            answer = reduce(ld.Square.beside, answer)
        except TypeMismatch as error:
            return str(error)
    if not isinstance(answer, ld.Square):
        return f"the answer is first.beside(second).beside(third), or the three squares in order, got {brief(answer)}"
    cells = sorted(constraint.name for constraint in answer.learning_diagram(START).constraints)
    if len(cells) == 1 and answer.equation == ROW.equation:
        return "this is the boundary as one square, in which the three squares are lost; leave .outer out"
    if cells != ["p", "q", "s"]:
        return f"the pasting is of {', '.join(cells)}; it needs each of p, q, s once"
    return None if answer.equation == ROW.equation else f"its boundary is {answer.equation}"


START = ld.SampleSpace("points").column("x", R)

row_of_three = ld.exercise(
    "Paste the squares tasks.P, tasks.Q and tasks.S beside each other; or give them in their order.",
    ROW,
    by=by_test(_row),
    hint="two squares fit if the right side of the first is the left side of the second; which square starts with ×1?",
)

# ---- middle: a group makes constraints redundant --------------------------------------------------------------------

redundant = ld.exercise(
    "A network should commute with two, three and four quarter turns: three constraints. How many of them are "
    "redundant without the axiom that four turns are the identity, and how many with it? As (without, with).",
    (1, 2),
    by=by_value(
        slips={
            "without it, r⁴ is r² done twice, so r⁴ is redundant; with it, r² is r³ done twice": (0, 1),
            "without it, r⁴ is r² done twice, so r⁴ is redundant": (0, 2),
            "with it, r⁴ is trivial, and more: r² is r³ done twice": (1, 1),
            "without it, r² and r³ do not follow from the others": (2, 2),
            "from no constraint at all neither r² nor r³ follows: keep r³": (1, 3),
        }
    ),
    hint="without it, which of 2, 3, 4 is a sum of the others? With it you count modulo 4, and 3 + 3 = 2",
)

# ---- middle: cycles that hold while both translations are wrong -----------------------------------------------------

RIGHT = {"sun": "Sonne", "moon": "Mond", "star": "Stern"}


def _cycle(answer: Any) -> Any:
    if not isinstance(answer, list | tuple) or len(answer) != 2 or not all(isinstance(d, Mapping) for d in answer):
        return f"the answer is a pair of dictionaries, (there, back), got {brief(answer)}"
    there, back = answer
    if set(there) != set(RIGHT) or set(back) != set(RIGHT.values()):
        return f"the keys of the first are {', '.join(RIGHT)}, and those of the second {', '.join(RIGHT.values())}"
    for name, first, second in (("there and back", there, back), ("back and there", back, there)):
        for word, translation in first.items():
            if second.get(translation) != word:
                return f"{name}: {word} becomes {translation}, which becomes {second.get(translation)}"
    kept = [word for word, translation in there.items() if RIGHT[word] == translation]
    return f"both cycles hold, but translated rightly: {', '.join(kept)}" if kept else None


wrong_cycle = ld.exercise(
    "Write two dictionaries, (there, back), between sun, moon, star and Sonne, Mond, Stern. Both cycles hold, and "
    "every word is translated wrongly.",
    (
        {"sun": "Mond", "moon": "Stern", "star": "Sonne"},
        {"Mond": "sun", "Stern": "moon", "Sonne": "star"},
    ),
    by=by_test(_cycle),
    hint="a right answer is a permutation that leaves no word in its place, and its inverse",
)

# ---- hard: the bound of three squares -------------------------------------------------------------------------------

bound = ld.exercise(
    "Of the row q, p, s: give the three defects, each where its square stands if x = 1, the bound that they give, and "
    "the defect of the boundary, as (q, p, s, bound, boundary).",
    (0.2, 0.6, 1.14, 2.83, 0.55),
    by=by_value(
        slips={
            "a defect is a distance: that of s is not negative": (0.2, 0.6, -1.14, 2.83, 0.55),
            "a defect is a distance: that of the boundary is not negative": (0.2, 0.6, 1.14, 2.83, -0.55),
            "a defect is a distance, so none of them is negative": (-0.2, -0.6, 1.14, 2.83, -0.55),
            "all three defects are measured at x = 1; p stands at 2, and s at 6": (0.2, 0.3, 0.19, 1.49, 0.55),
            "the bound adds the defects without the bottoms that stretch them": (0.2, 0.6, 1.14, 1.94, 0.55),
            "the bound cannot count on signs: it adds the three parts": (0.2, 0.6, 1.14, 0.55, 0.55),
            "the boundary does not reach the bound, because the error of s has another sign": (
                *(0.2, 0.6, 1.14),
                *(2.83, 2.83),
            ),
        }
    ),
    hint="q at 1, p at ×2, s at ×2 ×3; a defect is stretched by all bottoms to the right of its square",
)

CASES = {
    "defect": Case("easy", right=[(1, 2), [1.0, 2.0]], wrong=[(1, 1), (2, 1), (6, 5), (3, 4), 1, "one"]),
    "row_of_three": Case(
        "middle",
        right=[ROW, Q.beside(P.beside(S)), (Q, P, S)],
        wrong=[Q.beside(P), ROW.outer, P, (P, Q, S), [Q, P], (), P.beside(S)],
    ),
    "redundant": Case("middle", right=[(1, 2), [1, 2]], wrong=[(2, 2), (1, 1), (0, 2), (0, 3), 2]),
    "wrong_cycle": Case(
        "middle",
        right=[
            ({"sun": "Mond", "moon": "Stern", "star": "Sonne"}, {"Mond": "sun", "Stern": "moon", "Sonne": "star"}),
            [{"sun": "Stern", "moon": "Sonne", "star": "Mond"}, {"Stern": "sun", "Sonne": "moon", "Mond": "star"}],
        ],
        wrong=[
            (RIGHT, {translation: word for word, translation in RIGHT.items()}),
            ({"sun": "Mond", "moon": "Sonne", "star": "Stern"}, {"Mond": "sun", "Sonne": "moon", "Stern": "star"}),
            ({"sun": "Mond", "moon": "Mond", "star": "Mond"}, {"Mond": "sun", "Stern": "moon", "Sonne": "star"}),
            (RIGHT, {}),
            ({"sun": ["Mond"], "moon": "Stern", "star": "Sonne"}, {"Mond": "sun", "Stern": "moon", "Sonne": "star"}),
            "permutation",
        ],
    ),
    "bound": Case(
        "hard",
        right=[(0.2, 0.6, 1.14, 2.83, 0.55), [1 / 5, 3 / 5, 1.14, 0.91 + 0.78 + 1.14, 10.56 - 10.01]],
        wrong=[
            (0.2, 0.6, 1.14, 2.83, 2.83),
            (0.2, 0.6, 1.14, 1.94, 0.55),
            (0.2, 0.3, 0.19, 1.49, 0.55),
            (0.2, 0.6, 1.14, 2.83, -0.55),
            (0.2, 0.6, 1.14),
            2.83,
        ],
    ),
}
