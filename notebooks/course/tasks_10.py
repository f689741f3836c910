"""The exercises of notebook 10: the loss functor, and why interchange fails."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from numbers import Real
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import learning_diagrams as ld
from course.case import Case
from learning_diagrams.backends.finite import FiniteFunctor
from learning_diagrams.errors import brief
from learning_diagrams.exercises.graders import by_test, by_value
from learning_diagrams.presentation.pasting import Pasting, TwoCell, composite, whisker

n = ld.Ty("number")
f, f_, g, g_ = (ld.Box(name, n, n) for name in ("f", "f'", "g", "g'"))
a, b = TwoCell("a", f, f_), TwoCell("b", g, g_)
a_first = whisker(ld.Id(n), a, g) >> whisker(f_, b, ld.Id(n))
b_first = whisker(f, b, ld.Id(n)) >> whisker(ld.Id(n), a, g_)


# ---- easy: the two orders, by hand ----------------------------------------------------------------------------------

orders = ld.exercise(
    "The old stages multiply by f = 1 and g = 4, the new ones by f' = 3 and g' = 2. The data are one number, p = 1. "
    "Answer with the losses of the two orders, as a pair: a first, then b first.",
    (40, 8),
    by=by_value(
        slips={
            "a first stands first in the pair": (8, 40),
            "you measured b at p in both orders; b is measured at what the first stage makes of p": (8, 8),
            "if b comes first, the first stage is still f, so b is measured at 1 · f = 1": (40, 40),
            "these are sums of differences; square each difference before you add": (8, 4),
            "this compares the two ends, f ≫ g with f' ≫ g'; the loss of a plan is the sum over its steps": (4, 4),
        }
    ),
    hint="a costs (1 - 3)² in both orders. In the first order, b is measured at 1 · f' = 3",
)


# ---- middle: the difference as a function ---------------------------------------------------------------------------


def right_difference(loss_b: Any, p: Any, f: Any, f_: Any) -> Any:
    return loss_b(p * f_) - loss_b(p * f)


def _difference(answer: Any) -> str | None:
    if not callable(answer):
        return "the answer is a function of loss_b, p, f and f_"
    draw = random.Random(0)
    for _ in range(20):
        before, after, old, new, p = (draw.randint(-3, 3) for _ in range(5))
        loss_a = (p * (before - after)) ** 2

        def loss_b(q: Any, old: int = old, new: int = new) -> Any:
            return (q * (old - new)) ** 2

        wanted = (loss_a + loss_b(p * after)) - (loss_b(p * before) + loss_a)
        got = answer(loss_b, p, before, after)
        if got != wanted:
            numbers = f"p = {p}, f = {before}, f' = {after}, g = {old}, g' = {new}"
            return f"at {numbers} the orders differ by {wanted}, and your function returns {brief(got)}"
    return None


difference = ld.exercise(
    "Write the loss of `a_first` minus the loss of `b_first` as a function of loss_b (a function from a number to the "
    "loss of b there), the number p, and the factors f and f_ (f_ is f'). Why can you do without the loss of a?",
    right_difference,
    by=by_test(_difference),
    hint="both orders contain the loss of a at p. Where does each of them measure b?",
)


# ---- middle: no difference for any data -----------------------------------------------------------------------------

DEFECT = (Fraction(1, 5), Fraction(2, 5), Fraction(3, 5))


def _indifferent(answer: Any) -> str | None:
    try:
        rows = [[Fraction(str(entry)).limit_denominator(10**9) for entry in row] for row in answer]  # 1/3 as a float
    except (TypeError, ValueError):
        return "the answer is two rows of three probabilities"
    if [len(row) for row in rows] != [3, 3] or any(min(row) < 0 or sum(row) != 1 for row in rows):
        return "the answer is two rows, each of three probabilities that add to 1"
    if rows == [list(row) for row in OLD]:
        return "this is the old stage: a new one is wanted"
    for i in range(2):
        means = [sum(p * d for p, d in zip(row[i], DEFECT, strict=True)) for row in (OLD, rows)]
        if means[0] != means[1]:
            return (
                f"from input {i} the old stage leads to a mean loss of b of {means[0]}, and yours to {means[1]}; "
                f"so the orders differ for the data that are always {i}"
            )
    return None


OLD = ((Fraction(0), Fraction(1), Fraction(0)), (Fraction(1), Fraction(0), Fraction(0)))

indifferent = ld.exercise(
    "Now the stages are kernels. The old first stage is the table [[0, 1, 0], [1, 0, 0]], from 2 inputs to 3 features. "
    "At the features 0, 1, 2 the cell b has the losses 0.2, 0.4, 0.6. Find another first stage for which both orders "
    "cost the same whatever the data are. Write it as two rows of three probabilities, as [['1/4', '3/4', 0], …].",
    [["1/2", 0, "1/2"], [1, 0, 0]],
    by=by_test(_indifferent),
    hint="the loss of b at q is 0.2 q₀ + 0.4 q₁ + 0.6 q₂. From each input, its mean must stay what it was",
)


# ---- hard: the loss functor of total variation ----------------------------------------------------------------------

bit = ld.Ty("bit")
QUARTER = st.integers(0, 4).map(lambda k: [Fraction(4 - k, 4), Fraction(k, 4)])
TABLE = st.tuples(QUARTER, QUARTER).map(list)
Sides = Callable[[list[Fraction]], tuple[Any, Any]]
NAMES = ("e", "old", "new", "newer", "h")


def table(diagram: ld.Diagram) -> list[list[Fraction]]:
    """The table of a diagram of the current kernels: for each input the probabilities of the two outcomes."""
    if not len(diagram):
        return [[Fraction(1), Fraction(0)], [Fraction(0), Fraction(1)]]
    return FiniteFunctor({bit: 2}, CURRENT)(diagram).array.tolist()


CURRENT: dict[str, list[list[Fraction]]] = {name: [[1, 0], [0, 1]] for name in NAMES}


def push(p: list[Fraction], diagram: ld.Diagram) -> list[Fraction]:
    """The distribution of the output of a diagram, where p is that of its input."""
    rows = table(diagram)
    return [sum(p[i] * rows[i][j] for i in range(2)) for j in range(2)]


kernels = {name: ld.Kernel(name, bit, bit) for name in NAMES}
one = TwoCell("one", kernels["old"], kernels["new"])
two = TwoCell("two", kernels["new"], kernels["newer"])


def broken_law(loss: Callable[[Pasting, list[Fraction]], Any]) -> str | None:
    """The first law that a loss breaks, or its value on a cell, with the numbers; None if it keeps all."""
    before, after = kernels["e"], kernels["h"]
    whiskered, sequence = whisker(before, one, after), one >> two
    laws: dict[str, tuple[str, Sides]] = {
        "L(one)(p) = Σᵢ pᵢ TV(new(i), old(i))": ("old new", lambda p: (loss(one, p), _cell(one, p))),
        "L(id)(p) = 0": ("old", lambda p: (loss(Pasting.id(one.dom), p), 0)),
        "L(one >> two)(p) = L(one)(p) + L(two)(p)": (
            "old new newer",
            lambda p: (loss(sequence, p), loss(one, p) + loss(two, p)),
        ),
        "L(e @ one @ h)(p) = L(one)(p >> e)": (
            "e old new h",
            lambda p: (loss(whiskered, p), loss(one, push(p, before))),
        ),
    }
    for law, (names, sides) in laws.items():
        fault = _counterexample(law, names.split(), sides)
        if fault:
            return fault
    return None


def _counterexample(law: str, names: list[str], sides: Sides) -> str | None:
    """The smallest counterexample that Hypothesis finds to a law, as a sentence."""

    @settings(max_examples=60, derandomize=True, database=None, deadline=None)
    @given(p=QUARTER, tables=st.tuples(*[TABLE] * len(NAMES)))
    def holds(p: list[Fraction], tables: tuple[list[list[Fraction]], ...]) -> None:
        CURRENT.update(zip(NAMES, tables, strict=True))
        left, right = sides(p)
        numbers = isinstance(left, Real) and isinstance(right, Real)
        if not numbers:
            raise _Broken(f"a loss is a number, got {brief(left)}")
        if not abs(float(left) - float(right)) <= 1e-9:  # a loss may be nan
            shown = ", ".join(f"{name} = {_written(CURRENT[name])}" for name in names)
            raise _Broken(f"{law} fails: {float(left):.4g} is not {float(right):.4g}; p = {_written([p])}, {shown}")

    try:
        holds()
    except _Broken as broken:
        return str(broken)
    return None


class _Broken(AssertionError):
    """A law that fails."""


def _written(rows: list[list[Fraction]]) -> str:
    return "; ".join(" ".join(str(entry) for entry in row) for row in rows)


def _cell(cell: TwoCell, p: list[Fraction]) -> Fraction:
    lhs, rhs = (table(side) for side in (cell.equation.lhs, cell.equation.rhs))
    return sum((p[i] * sum(abs(r - q) for r, q in zip(rhs[i], lhs[i], strict=True)) / 2 for i in range(2)), Fraction(0))


def right_total_variation(pasting: Pasting, p: list[Fraction]) -> Fraction:
    total = Fraction(0)
    for layer in pasting.inside:
        before, cell, _ = layer.boxes_or_types
        total += _cell(cell, push(p, composite(before, bit)))
    return total


def _recursive(pasting: Pasting, p: list[Fraction]) -> Any:
    if not len(pasting):
        return 0
    before, cell, _ = pasting.inside[0].boxes_or_types
    q = push(p, composite(before, bit))
    rows = zip(q, table(cell.equation.lhs), table(cell.equation.rhs), strict=True)
    return sum(w * max(abs(r[0] - s[0]), abs(r[1] - s[1])) for w, r, s in rows) + _recursive(pasting[1:], p)


def _at_the_boundary(pasting: Pasting, p: list[Fraction]) -> Any:
    sides = (composite(side, bit) for side in (pasting.dom, pasting.cod))
    first, last = (push(p, side) for side in sides)
    return abs(first[0] - last[0])


def _without_whiskers(pasting: Pasting, p: list[Fraction]) -> Any:
    return sum(_cell(cell, p) for cell in pasting.boxes)


def _outer_rows(pasting: Pasting, p: list[Fraction]) -> Any:
    first, last = (table(composite(side, bit)) for side in (pasting.dom, pasting.cod))
    return sum(w * abs(r[0] - s[0]) for w, r, s in zip(p, first, last, strict=True))


total_variation = ld.exercise(
    "Write the loss functor of total variation: a function of a pasting and of a list p of two probabilities. On one "
    "cell it is Σᵢ pᵢ · ½ Σⱼ |rhs(j | i) − lhs(j | i)|. Use table(diagram), push(p, diagram), composite(before, bit).",
    right_total_variation,
    by=by_test(lambda answer: broken_law(answer) if callable(answer) else "the answer is a function of pasting and p"),
    hint="for layer in pasting.inside: before, cell, after = layer.boxes_or_types; the cell is measured at p >> before",
)


CASES = {
    "orders": Case(
        "easy", right=[(40, 8), [40.0, 8.0]], wrong=[(8, 40), (40, 40), (8, 8), (8, 4), (4, 4), 48, "40, 8"]
    ),
    "difference": Case(
        "middle",
        right=[right_difference, lambda loss, p, old, new: -(loss(old * p) - loss(new * p))],
        wrong=[
            lambda loss, p, f, f_: loss(p * f) - loss(p * f_),
            lambda loss, p, f, f_: loss(f_) - loss(f),
            lambda p: 0,
            5,
        ],
    ),
    "indifferent": Case(
        "middle",
        right=[
            [["1/2", 0, "1/2"], [1, 0, 0]],
            [(0.25, 0.5, 0.25), (1, 0, 0)],
            [[1 / 3, 1 / 3, 1 / 3], [1, 0, 0]],
            ((Fraction(1, 10), Fraction(4, 5), Fraction(1, 10)), (1, 0, 0)),
        ],
        wrong=[[[0, 1, 0], [1, 0, 0]], [[0, 1, 0], [0, 1, 0]], [[1, 0], [0, 1]], [["1/2", 1, "-1/2"], [1, 0, 0]], 3],
    ),
    "total_variation": Case(
        "hard",
        right=[right_total_variation, _recursive],
        wrong=[
            _at_the_boundary,
            _without_whiskers,
            _outer_rows,
            lambda pasting, p: None,
            lambda pasting, p: float("nan"),
            lambda pasting: 0,
            7,
        ],
    ),
}
