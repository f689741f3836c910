"""The exercises of notebook 12, with their solutions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import permutations
from typing import Any

import learning_diagrams as ld
from course.case import Case
from learning_diagrams.backends.finite import FiniteFunctor, exact_term
from learning_diagrams.backends.finite.term import kl, total_variation
from learning_diagrams.exercises.graders import by_proof, by_test, by_value
from learning_diagrams.proof.derivation import Derivation
from learning_diagrams.proof.proof import Proof

# 1. An interval, and 2. the rows that a bound needs.
INTERVAL = math.sqrt(math.log(2 / 0.05) / (2 * 200))

interval = ld.exercise(
    "Hoeffding's half-width for a mean of 200 values between 0 and 1, at 95 %.",
    INTERVAL,
    by=by_value(
        1e-3,
        slips={
            "this is the width of the whole interval; to each side it is a half of that": 2 * INTERVAL,
            "this interval is open on one side; with two sides the logarithm is that of 2/δ": math.sqrt(
                math.log(1 / 0.05) / (2 * 200)
            ),
            "this is the half-width for half of the doubt, as for two steps; here is one mean": math.sqrt(
                math.log(2 / 0.025) / (2 * 200)
            ),
        },
    ),
    hint="half_width(rows, doubt) is in the notebook; at 95 % the doubt is 0.05",
)

ROWS = math.ceil(math.log(2 / 0.025) / (2 * 0.03**2))

rows = ld.exercise(
    "How many rows, at least, make the bound of two steps 0.1 at 95 %, if each step measures 0.02?",
    ROWS,
    by=by_value(
        slips={
            "round up: with 2,434 rows the bound is a little above 0.1": 2434,
            "each of the two steps has half of the doubt, 0.025": math.ceil(math.log(2 / 0.05) / (2 * 0.03**2)),
            "0.05 is the room of a step; 0.02 of it is taken by what was measured": math.ceil(
                math.log(2 / 0.025) / (2 * 0.05**2)
            ),
            "0.06 is the room of both half-widths; a step has 0.03": math.ceil(math.log(2 / 0.025) / (2 * 0.06**2)),
            "this is the number of rows of both steps": 2 * ROWS,
        },
    ),
    hint="each step may be 0.05 with its half-width, and has half of the doubt: solve half_width(n, 0.025) = 0.03",
)

# 3. Total variation along three kernels.
bit = ld.Ty("bit")
start = ld.Kernel("start", ld.Ty(), bit)
teacher = [ld.Kernel(f"teacher{i}", bit, bit) for i in (1, 2, 3)]
student = [ld.Kernel(f"student{i}", bit, bit) for i in (1, 2, 3)]
THREE = FiniteFunctor(
    {bit: 2},
    {
        "start": ["1/2", "1/2"],
        "teacher1": [["9/10", "1/10"], ["1/5", "4/5"]],
        "student1": [["4/5", "1/5"], ["1/5", "4/5"]],
        "teacher2": [["3/5", "2/5"], ["1/10", "9/10"]],
        "student2": [["3/5", "2/5"], ["3/10", "7/10"]],
        "teacher3": [["1", "0"], ["1/2", "1/2"]],
        "student3": [["9/10", "1/10"], ["1/2", "1/2"]],
    },
)


def distance(new: Any, old: Any, over: Any) -> Fraction:
    """The total variation of two kernels where a distribution tests them."""
    return exact_term(ld.Constraint("distance", new, old, over=over), THREE, total_variation)


def _sum_of_three(order: Sequence[int]) -> Fraction:
    """The bound if the teacher's kernels are replaced one after another in this order."""
    now, total = list(teacher), Fraction(0)
    for i in order:
        total += distance(student[i], teacher[i], start.then(*now[:i]))
        now[i] = student[i]
    return total


OUTER = distance(ld.Id(bit).then(*student), ld.Id(bit).then(*teacher), start)
BOUNDS = [_sum_of_three(order) for order in permutations(range(3))]


def _fault_of_three(answer: Any) -> str | None:
    answer = answer.tolist() if hasattr(answer, "tolist") else answer
    if not isinstance(answer, Sequence) or isinstance(answer, str) or len(answer) != 2:
        return "the answer is two numbers, (bound, distance of the composites)"
    bound, outer = answer
    known = by_value(1e-6)
    if known(OUTER, bound) is None and any(known(value, outer) is None for value in BOUNDS):
        return "the sum stands first, and the distance of the composites second"
    if (fault := known(OUTER, outer)) is not None:
        return f"the distance of the composites: {fault}"
    if any(known(value, bound) is None for value in BOUNDS):
        return None
    return f"{bound} is no sum of three distances; each kernel is tested where it stands, after the kernels before it"


three = ld.exercise(
    "Bound the total variation of two composites of three kernels by the sum over the kernels, and compute it.",
    (BOUNDS[0], OUTER),
    by=by_test(_fault_of_three),
    hint="the first summand is tasks.distance(tasks.student[0], tasks.teacher[0], tasks.start); the second is tested "
    "over tasks.start and then a first kernel",
)


# 4. The triangle inequality.
def _fault_of_triangle(answer: Any) -> str | None:
    answer = answer.tolist() if hasattr(answer, "tolist") else answer
    if not isinstance(answer, Sequence) or isinstance(answer, str) or len(answer) != 3:
        return "the answer is three distributions, as ([0.5, 0.5], [0.4, 0.6], [0.9, 0.1])"
    laws = []
    for entries in answer:
        if not isinstance(entries, Sequence) or isinstance(entries, str):
            return f"a distribution is a list of numbers, got {entries!r}"
        law = [Fraction(str(entry)) for entry in entries]
        if len(law) != len(answer[0]) or any(entry < 0 for entry in law) or abs(sum(law) - 1) > Fraction(1, 10**6):
            return f"a distribution has as many numbers ≥ 0 as the others, and their sum is 1; got {list(entries)}"
        laws.append(law)
    a, b, c = laws
    direct, around = kl(a, c), kl(a, b) + kl(b, c)
    if direct > around + 1e-9:
        return None
    return f"KL(a ‖ c) = {direct:.4f} is not greater than KL(a ‖ b) + KL(b ‖ c) = {around:.4f}"


triangle = ld.exercise(
    "Find distributions a, b, c with KL(a ‖ c) > KL(a ‖ b) + KL(b ‖ c).",
    ([0.5, 0.5], [0.7, 0.3], [0.9, 0.1]),
    by=by_test(_fault_of_triangle),
    hint="take b between a and c",
)

# 5. A tight bound.
image, answer = ld.Ty("image"), ld.Ty("answer")
turn, turn_answer = ld.Box("turn", image, image), ld.Box("turn_answer", answer, answer)
guess = ld.Kernel("guess", image, answer)


def turns(n: int) -> Any:
    return ld.Id(image).then(*[turn] * n)


def turns_of_answer(n: int) -> Any:
    return ld.Id(answer).then(*[turn_answer] * n)


AXIOMS = {
    "equivariant": ld.Equation(turn >> guess, guess >> turn_answer),
    "full turn": ld.Equation(turns(4), ld.Id(image)),
    "full turn of answers": ld.Equation(turns_of_answer(4), ld.Id(answer)),
}
THREE_TURNS = ld.Equation(turns(3) >> guess, guess >> turns_of_answer(3), "three turns")
TIGHT = (
    Derivation(THREE_TURNS.lhs, AXIOMS)
    .rewrite("full turn of answers", backwards=True)
    .rewrite("equivariant", backwards=True)
    .rewrite("full turn")
    .proof(THREE_TURNS.rhs)
)


def _fault_of_proof(answer: Any) -> Any:
    fault = by_proof(AXIOMS)(THREE_TURNS, answer)
    if fault is not None:
        return fault
    steps = answer["steps"] if isinstance(answer, Mapping) else answer.steps
    names = [step["by"] if isinstance(step, Mapping) else step.name for step in steps]
    known = AXIOMS.keys() & set(names)
    uses = names.count("equivariant")
    if known != set(names):
        return "this exercise takes a proof without lemmas, so that all of its steps are in one list"
    return None if uses <= 1 else f"the proof is right, and it uses the trained equation {uses} times; once is enough"


tight = ld.exercise(
    "Prove tasks.THREE_TURNS with a single use of the trained equation.",
    TIGHT,
    by=by_test(_fault_of_proof),
    hint="three turns to the right are one turn to the left; begin with a full turn of the answer, which costs nothing",
)

_LONG = ld.prove(THREE_TURNS, AXIOMS)
_OTHER = Derivation(THREE_TURNS.lhs, AXIOMS).rewrite("full turn of answers", backwards=True)

CASES = {
    "interval": Case("easy", right=[INTERVAL, 0.096], wrong=[2 * INTERVAL, 0.08654, 0.10473, 0.05, 1, "0.096"]),
    "rows": Case("middle", right=[ROWS, 2435.0], wrong=[200, 2434, 2434.5, 2050, 877, 609, 4870, 10_000, 0.03, "many"]),
    "three": Case(
        "middle",
        right=[(BOUNDS[0], OUTER), [float(BOUNDS[-1]), float(OUTER)]],
        wrong=[(OUTER, BOUNDS[0]), (0.2, OUTER), (BOUNDS[0],), "three", 3],
    ),
    "triangle": Case(
        "middle",
        right=[([0.5, 0.5], [0.7, 0.3], [0.9, 0.1]), ([1, 0], ["1/2", "1/2"], ["1/10", "9/10"])],
        wrong=[([0.5, 0.5], [0.1, 0.9], [0.6, 0.4]), ([0.5, 0.5], [0.5, 0.6], [1, 0]), ([1],), "abc", [1, 2, 3]],
    ),
    "tight": Case(
        "hard",
        right=[TIGHT, TIGHT.to_dict(), _OTHER.rewrite("equivariant", backwards=True).rewrite("full turn")],
        wrong=[_LONG, _OTHER, THREE_TURNS, "one"],
    ),
}
assert isinstance(_LONG, Proof)
