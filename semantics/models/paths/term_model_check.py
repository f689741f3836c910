"""The trusted check that paths in normal form are a model of some equations and break another equation.

An element of an object is a path into it in normal form; `path_rewriting` says what the boxes do with it. Rules that go
down in the shortlex order end from every word. If the results of all overlaps of two left-hand sides join as well, then
every word has one normal form, and equations whose sides have the same normal form hold for every path.

>>> from learning_diagrams.diagrams.box import Box, Id, Ty
>>> x = Ty("x")
>>> f, g = Box("f", x, x), Box("g", x, x)
>>> left, right = Equation(g >> f, Id(x)), Equation(f >> g, Id(x))
>>> answer = (Id(x),), (f >> g,), (Fraction(1), Fraction(0))
>>> print(term_model_fault("markov", [f, g], [left], [left], right, *answer))
None
>>> term_model_fault("markov", [f, g], [], [left], right, *answer)
'an axiom does not hold: g >> f = Id(x)'

Source: Newman, *On theories with a combinatorial definition of "equivalence"* (1942); Book & Otto, *String-Rewriting
Systems* (1993), for overlaps. The model is the sum of the functors Hom(s, –) over all objects s.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from discopy import markov

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.equality.theory import Theory, determinism
from learning_diagrams.errors import TypeMismatch
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.semantics.models.paths.path_rewriting import PathRewriting, Value


def term_model_fault(
    theory: Theory,
    letters: Sequence[markov.Box],
    rules: Sequence[Equation],
    axioms: Sequence[Equation],
    goal: Equation,
    inputs: Sequence[Diagram],
    outcome: Sequence[Diagram],
    weights: tuple[Fraction, Fraction],
) -> str | None:
    """The first fault of a countermodel of normal forms, or None: then the goal does not follow from the axioms.

    letters, rules : as of `PathRewriting`.
    axioms, goal : sequence of Equation that hold in the model, and Equation that fails.
    inputs, outcome : sequences of paths in normal form, the elements where the sides of the goal differ.
    weights : pair of Fraction, 1 for the side of the goal that has the outcome, and 0 for the other side.

    Raises `LimitExceeded`: the check would take more than some seconds.
    """
    determinism(theory)
    for side in (side for equation in (goal, *axioms) for side in (equation.lhs, equation.rhs)):
        for box in side.boxes:
            if theory == "symmetric" and isinstance(box, markov.Copy):
                return f"{box} has no meaning in the theory symmetric"
    try:
        rewriting = PathRewriting(letters, rules)
        for whole, left, right in _critical_pairs(rewriting):
            if rewriting.normal_form(left) != rewriting.normal_form(right):
                return f"a critical pair does not join: two rules overlap in {rewriting.text(whole):.500}"
        for axiom in axioms:
            # Each input stands for all paths: what extends the same input by the same word is equal for every path.
            every: list[Value] = [(i, "") for i in range(len(axiom.lhs.dom))]
            if rewriting.run(axiom.lhs, every) != rewriting.run(axiom.rhs, every):
                return f"an axiom does not hold: {axiom.lhs!s:.500} = {axiom.rhs!s:.500}"
        elements, result = rewriting.elements(inputs, goal.lhs.dom), rewriting.elements(outcome, goal.lhs.cod)
        lhs, rhs = (Fraction(rewriting.run(side, elements) == result) for side in (goal.lhs, goal.rhs))
    except TypeMismatch as error:
        return str(error)
    if lhs == rhs:
        return "both sides of the goal give the outcome" if lhs else "no side of the goal gives the outcome"
    return None if (lhs, rhs) == weights else f"the weights of the outcome are {lhs} and {rhs}"


def _critical_pairs(rewriting: PathRewriting) -> Iterator[tuple[str, str, str]]:
    """The words in which two left-hand sides overlap, each with its results by the two rules."""
    for first, by_first in rewriting.rules.items():
        for second, by_second in rewriting.rules.items():
            rewriting.spend(1 + len(first) + len(first) * len(second) // 100)
            for at in range(len(first)):
                if first.startswith(second, at) or second.startswith(first[at:]):
                    whole = first + second[len(first) - at :]
                    after_second = whole[:at] + by_second + whole[at + len(second) :]
                    yield whole, by_first + whole[len(first) :], after_second
