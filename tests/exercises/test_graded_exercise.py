"""Exercises: every right spelling passes, a wrong answer gets an explanation, and nothing raises."""

import json
from fractions import Fraction

import numpy as np
import pytest

import learning_diagrams as ld
from learning_diagrams.exercises.graded_exercise import Exercise
from learning_diagrams.exercises.graders import by_equality, by_proof, by_test, by_value, grader_of
from learning_diagrams.proof.derivation import Derivation

x = ld.Ty("x")
f, g, k = ld.Box("f", x, x), ld.Box("g", x, x), ld.Kernel("k", x, x)
rows = ld.SampleSpace("rows")
a, b = rows.column("a", x), rows.column("b", x)
fit = ld.Constraint("fit", a >> f, b)
INVERSE, GOAL = ld.Equation(f >> g, ld.Id(x)), ld.Equation(f >> f >> g >> g, ld.Id(x))
PROOF, NO_PROOF = ld.prove(GOAL, [INVERSE]), ld.prove(ld.Equation(g >> f, ld.Id(x)), [INVERSE])
START = Derivation(GOAL.lhs, [INVERSE])
DERIVATION = START.reach(GOAL.rhs)
OTHER_PROOF = ld.prove(ld.Equation(f >> g >> f, f), [INVERSE])
SMALL = by_test(lambda n: None if n in (2, 3) else f"{n} is not a prime below 5")

#            right answer, grader,  other right answers,  wrong answers by a piece of the explanation
CASES = {
    "a diagram": (
        f >> ld.Copy(x), None, [ld.Copy(x) >> f @ f],
        {"tells them apart": g >> ld.Copy(x), "only parallel": f, "is a diagram, got 3": 3},
    ),
    "a diagram without copies": (
        f @ x >> x @ k, by_equality("symmetric"), [x @ k >> f @ x],
        {"tells them apart": x @ f >> k @ x, "TypeMismatch": f @ k >> ld.Copy(x @ x) >> ld.Discard(x @ x) @ x @ x},
    ),
    "a learning diagram": (
        ld.LearningDiagram(fit), None, [ld.LearningDiagram(ld.Constraint("fit", a >> f >> ld.Id(x), b), name="mine")],
        {"weight": ld.LearningDiagram(ld.Constraint("fit", a >> f, b, weight=2)), "learning diagram, got": fit},
    ),
    "numbers": (
        (1.0, (6, 4, -2)), None, [(1, [6.0, 4.0, -2.0]), np.array([1, np.array([6, 4, -2])], dtype=object)],
        {"part 1 is 2": (2, (6, 4, -2)), "too small": (1, (6, 4, -3)), "2 parts": 1, "3 parts": (1, (6, 4))},
    ),
    "a mapping": (
        {"left": 0.4, "outer": 1.23}, by_value(0.01), [{"left": 0.401, "outer": 1.23}],
        {"part 'outer' is 1.0": {"left": 0.4, "outer": 1.0}, "keys left, outer": {"left": 0.4}, "keys": 0.4},
    ),
    "numbers with slips": (
        (1, 2), by_value(0.01, {"the parts are exchanged": (2, 1), "one part is missing": 1}), [(1, 2.001)],
        {"wrong: the parts are exchanged": (2, 1), "one part is missing": 1, "part 2 is 3": (1, 3), "got 'one'": "one"},
    ),
    "a small number": (
        0.1, None, [Fraction(1, 10)],
        {"too large": 10**400, "is a large int, and that is too small": -(10**5000), "is not nan": float("nan")},
    ),
    "a function": (
        abs, by_test(lambda f: None if f(-3) == 3 else f"f(-3) is {f(-3)}"), [lambda n: max(n, -n)],
        {"f(-3) is -3": lambda n: n, "a call of your function ended in an error: <lambda>() takes 0": lambda: 3,
         "the reading of your answer ended in an error": 3},
    ),
    "a word": ("the teacher", None, ["the teacher"], {"is not 'the student'": "the student", "is not 3": 3}),
    "a truth": (True, None, [True], {"is not False": False, "is not 1": 1}),
    "a set": ({"a", "b"}, None, [{"b", "a"}], {"is not": {"a"}}),
    "a fraction": (Fraction(1, 4), None, [0.25], {"too large": Fraction(1, 2), "is not nan": float("nan")}),
    "infinity": (float("inf"), None, [float("inf")], {"too small": 3.0}),
    "a proof": (
        GOAL, by_proof([INVERSE]), [PROOF, PROOF.to_dict(), json.loads(json.dumps(PROOF.to_dict())), DERIVATION],
        {"is a proof, got 3": 3, "the checker refuses": {}, "got 'by": "by inspection", "g >> f": NO_PROOF,
         "refuses the proof: ": OTHER_PROOF, "which is not Id": START,
         "another statement": Derivation(f >> g, [INVERSE]).reach(GOAL.rhs)},
    ),
    "a test": (2, SMALL, [3], {"4 is not a prime": 4, "is not a prime": "2"}),
}  # fmt: skip


def exercise_of(case):
    right, by, *_ = CASES[case]
    return Exercise("…", right, by or grader_of(right), "a hint")


@pytest.mark.parametrize("case", CASES)
def test_every_right_answer_passes(case):
    for answer in CASES[case][2]:
        assert exercise_of(case)(answer), exercise_of(case)(answer)


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_answer_is_explained(case):
    for piece, answer in CASES[case][3].items():
        grade = exercise_of(case)(answer)
        assert grade.mark == "wrong" and piece in str(grade), (piece, grade)
        assert len(repr(grade)) < 200 and "\n" not in repr(grade)


@pytest.mark.parametrize("case", CASES)
def test_a_hole_gets_a_hint_and_anything_else_a_grade(case):
    asked = exercise_of(case)
    for hole in (asked(), asked(...), asked(None)):
        assert hole.mark == "open" and not hole and hole.explanation == "a hint"
        assert "pre-wrap; word-break: normal" in hole._repr_mimebundle_()["text/html"]
    others = object(), "", [], {}, 1j, -1, lambda: 0, Exception, b"", [[[]]], NO_PROOF, rows, fit, np.zeros((2, 2))
    for answer in others:
        assert asked(answer).mark == "wrong" and asked(answer)._repr_mimebundle_()["text/plain"]


def test_a_pair_passes_without_its_brackets():
    asked = ld.exercise("Give two numbers.", (1, 2))
    assert asked(1, 2) and asked(2, 1).mark == asked(1, 2, 3).mark == "wrong"


def test_the_evidence_is_shown_as_a_picture_and_names_run_nothing():
    hostile = ld.Box("<script>alert(1)</script>", x, x)
    page = ld.exercise("<script>Write f.</script>", f)(hostile)._repr_mimebundle_()["text/html"]
    assert "<svg" in page and "<script>" not in page


def test_a_proof_is_a_right_answer():
    asked = ld.exercise("Prove it.", PROOF, by_proof([INVERSE]))
    assert asked(DERIVATION) and asked(OTHER_PROOF).mark == asked(START).mark == "wrong"


def test_an_exercise_whose_own_answer_fails_is_refused():
    with pytest.raises(ld.TypeMismatch, match="does not pass: 4 is not a prime"):
        ld.exercise("Name a small prime.", 4, SMALL)
    with pytest.raises(ld.TypeMismatch, match="no grader is known for"):
        ld.exercise("Prove it.", GOAL)


def test_a_proof_of_a_theory_with_more_laws_is_no_answer():
    kernel = ld.Kernel("kernel", ld.Ty("x"), ld.Ty("y"))
    goal = ld.Equation(kernel >> ld.Copy(kernel.cod), ld.Copy(kernel.dom) >> kernel @ kernel)
    proof = ld.prove(goal, theory="cartesian")
    assert "a proof in the theory cartesian" in by_proof()(goal, proof)
    assert by_proof()(proof, proof) is None and by_proof(theory="cartesian")(goal, proof) is None
