"""Proofs, countermodels, and neither: known theorems and non-theorems, and that no goal has both."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams.proof.premises import Premises
from learning_diagrams.proof.proof import Proof, Unknown
from learning_diagrams.semantics.models.countermodel import Countermodel, find_countermodel
from learning_diagrams.semantics.models.paths import path_rewriting
from learning_diagrams.semantics.reasoning import proving
from learning_diagrams.semantics.reasoning.proving import derive

x, y, unit = ld.Ty("x"), ld.Ty("y"), ld.Ty()
E = ld.Equation
a, b, f, g, h = (ld.Box(name, x, x) for name in "abfgh")
m, e = ld.Box("m", x @ x, x), ld.Box("e", unit, x)
k, p = ld.Kernel("k", x, x), ld.Kernel("p", unit, x)


def power(n):
    return ld.Id(x).then(*[a] * n)


PROVED = {
    "third and fifth powers": (E(a, ld.Id(x)), [E(power(3), ld.Id(x)), E(power(5), ld.Id(x))]),
    "inverses": (E(g, h), [E(g >> f, ld.Id(x)), E(f >> h, ld.Id(x))]),
    "a stationary state copied under a function": (
        E(p >> ld.Copy(x) >> f @ f, p >> ld.Copy(x)), [E(p >> f, p)],
    ),
    "associativity": (E(m @ x @ x >> m @ x >> m, x @ x @ m >> x @ m >> m), [E(m @ x >> m, x @ m >> m)]),
    "without axioms": (E(k >> ld.Discard(x), ld.Discard(x)), []),
}  # fmt: skip
REFUTED = {
    "fourth and sixth powers": (E(a, ld.Id(x)), [E(power(4), ld.Id(x)), E(power(6), ld.Id(x))]),
    "a stationary state copied under a kernel": (E(p >> ld.Copy(x) >> x @ k, p >> ld.Copy(x)), [E(p >> k, p)]),
    "commutativity": (E(ld.Swap(x, x) >> m, m), [E(m @ x >> m, x @ m >> m)]),
    "cancellation": (E(f, g), [E(h >> f, h >> g)]),
    "an idempotent": (E(f, ld.Id(x)), [E(f >> f, f)]),
    "one of two inverses": (
        E(ld.Box("r", y, x) >> ld.Box("s", x, y), ld.Id(y)), [E(ld.Box("s", x, y) >> ld.Box("r", y, x), ld.Id(x))],
    ),
    "without axioms": (E(k >> ld.Copy(x), ld.Copy(x) >> k @ k), []),
}  # fmt: skip


@pytest.mark.parametrize("name", PROVED)
def test_theorems(name):
    goal, axioms = PROVED[name]
    answer = ld.prove(goal, axioms)
    assert isinstance(answer, Proof) and ld.check(answer.to_dict(), goal, axioms)
    assert answer and str(answer) and answer.latex().startswith("\\begin{align*}")


@pytest.mark.parametrize("name", REFUTED)
def test_what_is_no_theorem(name):
    goal, axioms = REFUTED[name]
    answer = ld.prove(goal, axioms)
    assert isinstance(answer, Countermodel) and answer.verify()
    assert not answer


def test_two_elements_tell_the_fourth_and_sixth_powers_from_the_first():
    goal, axioms = REFUTED["fourth and sixth powers"]
    assert ld.prove(goal, axioms).model.sizes == {"x": 2}


def test_a_decision_without_a_finite_model_is_a_model_of_normal_forms():
    """f with a one-sided inverse on one object is a bijection of every finite set, and not of all sets."""
    answer = ld.prove(E(g >> f, ld.Id(x)), [E(f >> g, ld.Id(x))], budget=200)
    assert isinstance(answer, Countermodel) and not answer and answer.verify()


def test_a_decision_too_large_to_check_is_unknown_with_its_reason(monkeypatch):
    monkeypatch.setattr(path_rewriting, "MOST_STEPS", 3)
    answer = ld.prove(E(g >> f, ld.Id(x)), [E(f >> g, ld.Id(x))], budget=200)
    assert isinstance(answer, Unknown) and not answer and "different normal forms" in str(answer)


def test_a_box_that_a_trivial_axiom_brings_is_interpreted():
    """Where c : I → y is, y is not empty, so that a = b follows; completion and finite models must not deny it."""
    c, first, second = ld.Kernel("c", unit, y), ld.Box("first", unit, x), ld.Box("second", unit, x)
    rows = ld.SampleSpace("rows")
    for ty in (y, rows.ty):
        law = E(ld.Discard(ty) >> first, ld.Discard(ty) >> second)
        assert not isinstance(ld.prove(E(first, second), [law, E(c, c)], budget=300), Countermodel)
    answer = ld.prove(E(first, second), [E(ld.Discard(y) >> first, ld.Discard(y) >> second)])
    assert isinstance(answer, Countermodel) and answer.model.sizes["y"] == 0


def test_lemmas_are_proofs_under_the_name_of_their_statement():
    law = E(f >> f, f, "law")
    lemma = ld.prove(E(f >> f >> f >> f, f, "four"), [law])
    goal = E(f >> f >> f >> f >> g, f >> g)
    answer = ld.prove(goal, [law, lemma])
    assert isinstance(answer, Proof) and ld.check(answer.to_dict(), goal, [law])


def test_the_same_budget_gives_the_same_answer():
    goal, axioms = E(m >> k, k @ k >> m), [E(m @ x >> m, x @ m >> m), E(e >> k, e)]
    first, second = (ld.prove(goal, axioms, budget=100) for _ in range(2))
    assert type(first) is type(second) and str(first) == str(second)


def test_an_interrupt_ends_in_unknown_with_what_was_explored(monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(proving, "find_countermodel", interrupted)
    answer = ld.prove(E(f, g), [E(f >> h, g >> h)])
    assert isinstance(answer, Unknown) and "interrupted" in str(answer) and answer.explored > 0


def test_a_goal_of_many_wires_ends_within_its_budget():
    """Sixty wires of two elements have 2⁶⁰ inputs, which no model search may list."""
    left, right = (ld.Id(x**60).then(*(m @ x**i if side else x**i @ m for i in reversed(range(59)))) for side in (0, 1))
    answer = ld.prove(E(left, right), [E(m @ x >> m, x @ m >> m)], budget=10)
    assert isinstance(answer, Unknown) and answer.explored == 40


def test_an_interrupted_search_for_a_proof_says_how_far_it_went(monkeypatch):
    def interrupted(goal, axioms, theory, budget):
        assert budget.spend(7)
        raise KeyboardInterrupt

    monkeypatch.setattr(proving, "find_steps", interrupted)
    answer = ld.prove(E(m >> k, k @ k >> m), [E(m @ x >> m, x @ m >> m)])
    assert isinstance(answer, Unknown) and str(answer).endswith("interrupted, 7 nodes explored")


# ---- never both --------------------------------------------------------------------------------------------------


@st.composite
def problems(draw):
    """Small goals and axioms over a few boxes, of one and two wires."""
    seed = draw(st.integers(0, 10**9))
    generator = random.Random(seed)

    def path(dom, size):
        here = ld.Id(dom)
        for _ in range(size):
            wires = len(here.cod)
            boxes = [f, k, *([m] if wires > 1 else []), *([ld.Copy(x)] if wires < 3 else [])]
            box = generator.choice(boxes)
            left = generator.randint(0, wires - len(box.dom))
            here = here >> x**left @ box @ x ** (wires - left - len(box.dom))
        return here.then(*(m @ x ** (wires - 2) for wires in range(len(here.cod), 1, -1)))

    count = generator.randint(1, 2)
    axioms = [E(path(x, generator.randint(0, 3)), path(x, generator.randint(0, 3))) for _ in range(count)]
    dom = x ** generator.randint(1, 2)
    return E(path(dom, generator.randint(0, 4)), path(dom, generator.randint(0, 4))), axioms


def never_both(problem):
    goal, axioms = problem
    proof = derive(goal, Premises.read(axioms, "markov"), 60)
    model = find_countermodel(goal, tuple(axioms), "markov", 60)
    assert not (isinstance(proof, Proof) and model is not None)
    if isinstance(proof, Proof):
        assert ld.check(proof.to_dict(), goal, axioms)
    if model is not None:
        assert model.verify()


@given(problems())
def test_no_goal_is_both_proved_and_refuted(problem):
    never_both(problem)


@pytest.mark.thorough
@settings(max_examples=5_000, deadline=None)
@given(problems())
def test_no_goal_of_5_000_is_both_proved_and_refuted(problem):
    never_both(problem)


BAD = {
    "takes an Equation": lambda: ld.prove(f),
    "budget= must be": lambda: ld.prove(E(f, g), budget=0),
    "axioms= takes": lambda: ld.prove(E(f, g), E(f, g)),
    "an axiom is an Equation": lambda: ld.prove(E(f, g), [f]),
    "a proof is a lemma: give it to prove": lambda: ld.LearningDiagram(axioms=[ld.prove(E(f, f, "same"), [])]),
    "theory must be one of": lambda: ld.prove(E(f, g), theory="braided"),
    "Copy has no meaning": lambda: ld.prove(E(f, g), [E(ld.Copy(x) >> m, f)], theory="symmetric"),
    "two axioms are named": lambda: ld.prove(E(f, g), [E(f, h, "law"), E(g, h, "law")]),
    "needs the axiom": lambda: ld.prove(E(f, g), [ld.prove(E(f >> f >> f, f, "lemma"), [E(f >> f, f, "law")])]),
}


@pytest.mark.parametrize("message", BAD)
def test_bad_input_is_a_typed_error(message):
    with pytest.raises(ld.LearningDiagramError, match=message):
        BAD[message]()
