"""Derivations that the search finds are short where short ones exist."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams.proof.derivation import Derivation
from learning_diagrams.proof.rewriting import search
from learning_diagrams.proof.rewriting.matching import Budget
from learning_diagrams.proof.rewriting.search import find_steps
from learning_diagrams.proof.rewriting.shortening import Shortening
from tests.laws.random_derivation import COPYING, LAWS, derivations, e, m

E = ld.Equation
q, x, unit = ld.Ty("q"), ld.Ty("x"), ld.Ty()
add, dup = ld.Box("add", q @ q, q), ld.Box("dup", q, q @ q)
zero, drop = ld.Box("zero", unit, q), ld.Box("drop", q, unit)
swap = ld.Swap(q, q)
MATRICES = {
    "assoc": E(add @ q >> add, q @ add >> add),
    "comm": E(swap >> add, add),
    "unit": E(zero @ q >> add, ld.Id(q)),
    "coassoc": E(dup >> dup @ q, dup >> q @ dup),
    "cocomm": E(dup >> swap, dup),
    "counit": E(dup >> drop @ q, ld.Id(q)),
    "bialgebra": E(add >> dup, dup @ dup >> q @ swap @ q >> add @ add),
    "two": E(dup >> add, drop >> zero),
    "add drop": E(add >> drop, drop @ drop),
    "zero dup": E(zero >> dup, zero @ zero),
    "zero drop": E(zero >> drop, ld.Id(unit)),
}
TWICE = (dup @ q >> q @ add) >> (dup @ q >> q @ add)
NESTED = dup @ q >> q @ dup @ q >> q @ add @ q >> q @ add  # by one coassoc and one assoc


@pytest.mark.parametrize("names", [["coassoc", "assoc"], ["coassoc", "assoc", "comm", "cocomm"], list(MATRICES)])
def test_two_steps_between_matrices_over_the_field_of_two_elements_are_found_as_two(names):
    axioms = {name: MATRICES[name] for name in names}
    proof = ld.prove(E(TWICE, NESTED), axioms, theory="symmetric")
    assert sorted(proof.axioms) == ["assoc", "coassoc"] and len(proof.steps) == 2
    assert ld.check(proof.to_dict(), E(TWICE, NESTED), axioms)
    assert len(Derivation(TWICE, axioms, theory="symmetric").reach(NESTED).steps) == 2


counted = dup >> q @ drop
THREE = {
    "symmetric": (q @ counted, q @ (counted >> dup >> dup @ q >> add @ q >> drop @ q), MATRICES),
    "markov": (m >> ld.Copy(x), ld.Swap(x, x) >> m >> x @ e >> m >> ld.Copy(x), LAWS | COPYING),
}


@pytest.mark.parametrize("theory", THREE)
def test_three_steps_are_found_by_tries_next_to_the_ends(theory):
    start, end, axioms = THREE[theory]
    assert len(Derivation(start, axioms, theory).reach(end).steps) == 3


@given(derivations(steps=3))
def test_the_ends_of_one_or_two_steps_are_joined_by_no_more_and_those_of_three_by_at_most_six(made):
    """What two steps join is a neighbour of both ends, and all neighbours are tried.

    Some hundreds of graphs lie within two steps of an end; the tries may end before all of them are seen.
    """
    n = len(made.steps)
    assume(n)
    most = n if n <= 2 else 2 * n
    reached = Derivation(made.start, made.axioms, made.theory).reach(made.diagram)
    assert len(reached.steps) <= most
    goal = E(made.start, made.diagram)
    assert ld.check(reached.proof(made.diagram).to_dict(), goal, made.axioms.axioms)
    assert len(ld.prove(goal, made.axioms.axioms, made.theory).steps) <= most


@given(derivations(steps=4), st.integers(0, 60))
def test_a_derivation_is_shortened_to_one_of_no_more_steps_by_no_more_tries_than_its_budget(made, most):
    """Even where the budget ends in the middle of a graph. A derivation that is a shortest one stays as it is."""
    goal, axioms, tries = E(made.start, made.diagram), made.axioms.axioms, Budget(most)
    job = search._Search(search.TheoryOps(made.theory), goal, axioms, Budget(0))
    way = [(step, search.after(step, axioms, job.ops)) for step in made.steps]
    steps = Shortening(job.all, job.terms, job.ops, tries).shortened(job.ops.graph(made.start), way)
    assert len(steps) < len(way) or steps == list(made.steps)
    assert tries.explored <= most
    again = Shortening(job.all, job.terms, job.ops, Budget(most)).shortened(job.ops.graph(made.start), way)
    assert again == steps
    assert ld.check(made._premises.proof(goal, steps).to_dict(), goal, axioms)


def test_few_tries_shorten_a_derivation_and_none_are_made_where_no_derivation_is_found(monkeypatch):
    budgets = []

    class Counted(Shortening):
        def __init__(self, rules, terms, ops, budget):
            super().__init__(rules, terms, ops, budget)
            budgets.append(budget)

    monkeypatch.setattr(search, "Shortening", Counted)
    spent = Budget(2_000)
    assert len(find_steps(E(TWICE, NESTED), MATRICES, "symmetric", spent)) == 2
    assert len(budgets) == 1 and 0 < budgets[0].spent <= 100 and spent.spent < 200
    f, g = ld.Box("f", x, x), ld.Box("g", x, x)
    assert find_steps(E(f, g), {"twice": E(f, f >> f)}, "markov", Budget(30)) is None
    assert len(find_steps(E(f >> f, f), {"twice": E(f, f >> f)}, "markov", Budget(30))) == 1
    assert len(budgets) == 1


def test_a_derivation_of_many_steps_that_needs_them_takes_some_hundred_tries(monkeypatch):
    """Of a left comb, to a right comb: 15 steps, which nothing shortens."""
    combs = [ld.Id(x**17).then(*(m @ x**i if left else x**i @ m for i in range(15, -1, -1))) for left in (True, False)]
    spent, budgets = Budget(5_000), []
    monkeypatch.setattr(search, "Budget", lambda most: budgets.append(Budget(most)) or budgets[-1])
    assert len(find_steps(E(*combs), {"associative": LAWS["associative"]}, "markov", spent)) == 15
    assert [budget.nodes for budget in budgets] == [300 + 5 * spent.spent] and spent.spent < 30


def test_an_interrupted_shortening_answers_with_the_derivation_that_is_known(monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Shortening, "_try", interrupted)
    proof = ld.prove(E(TWICE, NESTED), {name: MATRICES[name] for name in ("coassoc", "assoc")}, theory="symmetric")
    assert proof and ld.check(proof.to_dict())
