"""Week 1: wires and boxes, functors."""

from typing import Any

import learning_diagrams as ld
from learning_diagrams.equality.theory import Theory
from learning_diagrams.exercises.graders import by_test

x = ld.Ty("x")
f, g, h = (ld.Box(letter, x, x) for letter in "fgh")
plus, k = ld.Box("plus", x @ x, x), ld.Kernel("k", x, x)

residual = ld.exercise(
    "Write the residual block x ↦ g(f(x)) + x.",
    ld.Copy(x) >> (f >> g) @ x >> plus,
    hint="copy first; the block goes above, the wire x below; plus reads both",
)

fewest = ld.exercise(
    "How many boxes has copy(x, 3) >> (f >> g) @ (f >> h) @ (k >> discard(x)) >> plus as written, and at least? "
    "Answer with the pair.",
    (6, 4),
    hint="a box is f, g, h, k or plus. Which box is read by nobody, and which one is written twice?",
)

ORDER: tuple[Theory, ...] = ("symmetric", "markov", "cartesian")
EQUATIONS = (
    (ld.Swap(x, x) >> f @ k, k @ f >> ld.Swap(x, x)),
    (k >> ld.Discard(x), ld.Discard(x)),
    (k >> ld.Copy(x), ld.Copy(x) >> k @ k),
)


def _holds(number: int, theory: Theory) -> bool:
    try:
        return bool(ld.equal(*EQUATIONS[number], theory=theory))
    except ld.TypeMismatch:  # the theory has no copy and no discard
        return False


def _first(answer: Any) -> str | None:
    if not isinstance(answer, list | tuple) or len(answer) != len(EQUATIONS) or not all(a in ORDER for a in answer):
        return f"the answer is a list of three of the names {', '.join(ORDER)}"
    for number, theory in enumerate(answer):
        if not _holds(number, theory):
            return f"equation {number + 1} does not hold in {theory}, or cannot be written there"
        earlier = [weaker for weaker in ORDER[: ORDER.index(theory)] if _holds(number, weaker)]
        if earlier:
            return f"equation {number + 1} holds in {theory}, but also in {earlier[0]}"
    return None


theories = ld.exercise(
    "For each equation, the first of symmetric, markov, cartesian in which it holds: "
    "1. f @ k swapped is k @ f, 2. k >> discard = discard, 3. k >> copy = copy >> k @ k. Answer with a list of three.",
    ["symmetric", "markov", "cartesian"],
    by=by_test(_first),
    hint="ask ld.equal(lhs, rhs, theory=…)",
)
