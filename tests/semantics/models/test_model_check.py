"""The check of countermodels by itself: it refuses each possible fault of a countermodel."""

from fractions import Fraction

import pytest

import learning_diagrams as ld
from learning_diagrams.diagrams.labels import label
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.semantics.models.model_check import fault

x, unit = ld.Ty("x"), ld.Ty()
f, k, coin = ld.Box("f", x, x), ld.Kernel("k", x, x), ld.Kernel("coin", unit, x)
HALF, ONE = Fraction(1, 2), Fraction(1)
FAIR = {(): {(0,): HALF, (1,): HALF}}
TURN = {(0,): {(1,): ONE}, (1,): {(0,): ONE}}
ROWS = {label(f): TURN, label(coin): FAIR}
KEPT = Equation(coin >> f, coin)
BROKEN = Equation(coin >> ld.Copy(x) >> f @ x, coin >> ld.Copy(x))


def check(theory="markov", sizes=None, rows=ROWS, axioms=(KEPT,), goal=BROKEN, outcome=(0, 0), weights=(0, HALF),
          deterministic=(), inputs=()):  # fmt: skip
    return fault(theory, deterministic, sizes or {"x": 2}, rows, axioms, goal, inputs, outcome, weights)


def test_what_is_right_has_no_fault():
    assert check() is None
    assert check(axioms=[KEPT, Equation(f >> f, ld.Id(x))]) is None


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"sizes": {"y": 2}}, "object 'x' has no size"),
        ({"sizes": {"x": -1}}, "object 'x' has no size"),
        ({"rows": {label(f): TURN}}, "box 'coin' has no table"),
        ({"rows": ROWS | {label(coin): {(): {(0,): HALF}}}}, "box 'coin' has probabilities at () that sum to 1/2"),
        ({"rows": ROWS | {label(coin): {(): {(0,): 2, (1,): -1}}}}, "box 'coin' has a weight at () that is negative"),
        ({"rows": ROWS | {label(coin): {(): {(2,): ONE}}}}, "box 'coin' has elements at () that its sets do not have"),
        ({"rows": ROWS | {label(f): {(2,): {(0,): ONE}}}}, "box 'f' has elements at (2,) that its sets do not have"),
        ({"rows": ROWS | {label(f): {(0,): {(0,): HALF, (1,): HALF}}}}, "box 'f' is deterministic"),
        ({"deterministic": ("coin",)}, "box 'coin' is deterministic"),
        ({"theory": "cartesian"}, "box 'coin' is deterministic"),
        ({"theory": "symmetric"}, "Copy(x) has no meaning in the theory symmetric"),
        ({"sizes": {"x": 0}, "rows": {label(f): {}, label(coin): {}}}, "box 'coin' goes to the empty set"),
        ({"axioms": [KEPT, Equation(f, ld.Id(x))]}, "an axiom does not hold at (0,): f = Id(x)"),
        ({"rows": ROWS | {label(f): {(0,): {(1,): ONE}}}}, "an axiom does not hold at ()"),
        ({"goal": Equation(coin >> f >> ld.Copy(x), coin >> ld.Copy(x)), "weights": (HALF, HALF)}, "both give"),
        ({"weights": (HALF, 0)}, "other weights than the countermodel claims"),
        ({"outcome": (0, 2)}, "are not elements"),
        ({"outcome": (0,)}, "are not elements"),
        ({"inputs": (0,)}, "are not elements"),
    ],
)
def test_each_fault_is_found(question, message):
    assert message in check(**question)


def test_the_last_input_counts_too():
    """On a set of three, an axiom that fails at a single element."""
    rows = {label(f): {(0,): {(0,): ONE}, (1,): {(1,): ONE}, (2,): {(1,): ONE}}, label(k): {(0,): {(1,): ONE}}}
    goal = Equation(k, ld.Id(x))
    question = {"sizes": {"x": 3}, "rows": rows, "goal": goal, "inputs": (0,), "outcome": (0,), "weights": (0, 1)}
    assert check(axioms=[Equation(f >> f, f)], **question) is None
    assert check(axioms=[Equation(f, ld.Id(x))], **question) == "an axiom does not hold at (2,): f = Id(x)"


def test_a_row_that_is_not_given():
    """It goes to the last element, in "symmetric" to nothing."""
    question = {"sizes": {"x": 3}, "rows": {label(k): {}}, "axioms": (), "goal": Equation(k, ld.Id(x)), "inputs": (0,)}
    assert check(outcome=(2,), weights=(1, 0), **question) is None
    assert check(outcome=(2,), weights=(1, 0), **question, theory="symmetric") is not None
    assert check(outcome=(0,), weights=(0, 1), **question, theory="symmetric") is None


def test_fractions_are_no_weights_of_symmetric():
    effect = ld.Kernel("effect", x, unit)
    goal = Equation(coin >> effect, ld.Id(unit))
    rows = {label(coin): {(): {(0,): 2}}, label(effect): {(0,): {(): 3}}}
    question = {"theory": "symmetric", "axioms": (), "goal": goal, "outcome": ()}
    assert check(rows=rows, weights=(6, 1), **question) is None
    rows[label(effect)] = {(0,): {(): Fraction(3, 2)}}
    assert "not a number of the theory" in check(rows=rows, weights=(3, 1), **question)
