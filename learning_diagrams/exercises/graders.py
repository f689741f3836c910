"""Graders: how an answer is compared with the right answer. A grader returns the fault of an answer, or None.

A fault is anything with a text: a string, or an object that also draws itself, as the evidence of an inequality does.

>>> grade = by_value(tolerance=0.01)
>>> grade((6, 4), (6.001, 4)), grade((6, 4), (6, 5))
(None, 'part 2 is 5, and that is too large')
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from numbers import Number
from typing import Any

from discopy import markov

from learning_diagrams.composition.differences import difference
from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.equality.theory import Theory
from learning_diagrams.errors import TypeMismatch, brief, plural
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.proof.checker import check
from learning_diagrams.proof.derivation import Derivation
from learning_diagrams.proof.proof import Proof
from learning_diagrams.semantics.reasoning.evidence import equal

Grader = Callable[[Any, Any], Any]


def by_equality(theory: Theory = "markov", deterministic: Iterable[markov.Box | str] = ()) -> Grader:
    """The answer is a diagram that is equal to the right one in a theory, whatever its spelling.

    The fault of another diagram is the evidence: a finite model in which the two differ.
    """
    known = tuple(deterministic)

    def fault(right: Diagram, answer: Any) -> Any:
        if not isinstance(answer, Diagram):
            return f"the answer is a diagram, got {brief(answer)}"
        evidence = equal(answer, right, theory, known, evidence=True)
        return None if evidence else evidence

    return fault


def by_learning_diagram() -> Grader:
    """The answer is a learning diagram with the digest of the right one; the fault of another one is the difference."""

    def fault(right: LearningDiagram, answer: Any) -> Any:
        if not isinstance(answer, LearningDiagram):
            return f"the answer is a learning diagram, got {brief(answer)}"
        return difference(answer, right) or None

    return fault


def by_value(tolerance: float = 1e-6, slips: Mapping[str, Any] | None = None) -> Grader:
    """The answer is the right number, up to a tolerance relative to max(1, |number|); parts of it likewise.

    Lists, tuples, arrays and mappings are compared part by part, and other values by `==`.

    >>> by_value(slips={"this is the sum": 5})(6, 5.0)
    'this is the sum'

    Parameters
    ----------
    slips : dict from an explanation to the wrong answer that it explains, for wrong answers that an author foresaw.
    """
    if slips:
        compare = by_value(tolerance)

        def slip_or_fault(right: Any, answer: Any) -> Any:
            plain = compare(right, answer)
            return plain and next((text for text, slip in slips.items() if compare(slip, answer) is None), plain)

        return slip_or_fault

    def fault(right: Any, answer: Any, place: str = "the answer") -> str | None:
        right, answer = _plain(right), _plain(answer)
        if isinstance(right, bool | str) or not isinstance(right, Number | Mapping | list | tuple | set):
            return None if type(right) is type(answer) and right == answer else f"{place} is not {brief(answer)}"
        if isinstance(right, Number):
            return _fault_of_number(right, answer, place, tolerance)
        if isinstance(right, set):
            return None if isinstance(answer, set) and right == answer else f"{place} is not {brief(answer)}"
        if isinstance(right, Mapping):
            if not isinstance(answer, Mapping) or answer.keys() != right.keys():
                return f"{place} is a mapping with the keys {', '.join(map(str, right))}, got {brief(answer)}"
            pairs = [(f"part {key!r}", right[key], answer[key]) for key in right]
        else:
            if not isinstance(answer, list | tuple) or len(answer) != len(right):
                return f"{place} has {plural(len(right), 'part')}, got {brief(answer)}"
            pairs = [(f"part {i}", part, own) for i, (part, own) in enumerate(zip(right, answer, strict=True), start=1)]
        return next((text for name, part, own in pairs if (text := fault(part, own, name)) is not None), None)

    return fault


def _fault_of_number(right: Any, answer: Any, place: str, tolerance: float) -> str | None:
    if isinstance(answer, bool) or not isinstance(answer, Number):
        return f"{place} is a number, got {brief(answer)}"
    if right == answer or _close(right, answer, tolerance):
        return None
    written = brief(answer) if isinstance(answer, int) else answer
    if isinstance(right, complex) or isinstance(answer, complex) or answer != answer:
        return f"{place} is not {written}"
    return f"{place} is {written}, and that is too {'large' if answer > right else 'small'}"


def _close(right: Any, answer: Any, tolerance: float) -> bool:
    try:
        return bool(abs(right - answer) <= tolerance * max(1.0, abs(right)) < math.inf)
    except OverflowError:  # the answer is an integer beyond all floats
        return False


def _plain(value: Any) -> Any:
    """An array or a tensor as numbers in lists; other values as they are."""
    return value.tolist() if hasattr(value, "tolist") else value


def by_proof(axioms: Mapping[str, Equation] | Iterable[Equation] = (), theory: Theory | None = None) -> Grader:
    """The answer is a proof, a derivation or a certificate, which the small checker accepts for equation and axioms.

    The right answer is a proof too, or the equation.

    theory : the laws that the answer may use; by default those of the right proof, and "markov" for an equation.
    """
    known = axioms if isinstance(axioms, Mapping) else tuple(axioms)

    def fault(right: Equation | Proof, answer: Any) -> Any:
        if not isinstance(answer, Mapping | Proof | Derivation):
            return f"the answer is a proof, got {brief(answer)}"
        goal = right.statement if isinstance(right, Proof) else right
        if isinstance(answer, Derivation):
            answer = answer.proof(goal.rhs, goal.name)
        asked = theory or (right.theory if isinstance(right, Proof) else "markov")
        verdict = check(answer, goal, known, asked)
        return None if verdict else f"the checker refuses the proof: {verdict.reason}"

    return fault


def by_test(fault: Callable[[Any], Any]) -> Grader:
    """The answer passes a test of one's own: a function from the answer to its fault, which is None for none.

    So an exercise can have many right answers that are not equal, as the models that refute an equation.
    """
    return lambda right, answer: fault(answer)


def grader_of(answer: Any) -> Grader:
    """The grader for a right answer of this kind."""
    if isinstance(answer, Diagram):
        return by_equality()
    if isinstance(answer, LearningDiagram):
        return by_learning_diagram()
    if isinstance(answer, Number | str | Mapping | list | tuple | set) or hasattr(answer, "tolist"):
        return by_value()
    raise TypeMismatch(
        f"no grader is known for {brief(answer)}; pass by=, as by_proof(axioms), by_test(function), or a function from "
        "the right answer and an answer to a fault or None"
    )
