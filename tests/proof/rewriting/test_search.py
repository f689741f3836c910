"""Searches for derivations: coherence, Hopf algebras, words, and rewriting by sharing and discarding."""

import itertools

import pytest

import learning_diagrams as ld
from learning_diagrams.proof.checker import check
from learning_diagrams.proof.premises import Premises
from learning_diagrams.proof.proof import Unknown
from learning_diagrams.proof.rewriting.matching import Budget
from learning_diagrams.proof.rewriting.search import find_steps
from learning_diagrams.semantics.reasoning.proving import derive

x, y, unit = ld.Ty("x"), ld.Ty("y"), ld.Ty()
E = ld.Equation
m, e, d, c, s, t = (
    ld.Box("m", x @ x, x), ld.Box("e", unit, x), ld.Box("d", x, x @ x), ld.Box("c", x, unit), ld.Box("s", x, x),
    ld.Box("t", x, x),
)  # fmt: skip
a, f, g, h = (ld.Box(name, x, x) for name in "afgh")
k, p = ld.Kernel("k", x, x), ld.Kernel("p", unit, x)

MONOID = {
    "associative": E(m @ x >> m, x @ m >> m),
    "left unit": E(e @ x >> m, ld.Id(x)),
    "right unit": E(x @ e >> m, ld.Id(x)),
}
COMMUTATIVE = {"associative": MONOID["associative"], "commutative": E(ld.Swap(x, x) >> m, m)}
BIALGEBRA = MONOID | {
    "coassociative": E(d >> d @ x, d >> x @ d),
    "left counit": E(d >> c @ x, ld.Id(x)),
    "right counit": E(d >> x @ c, ld.Id(x)),
    "multiplied, copied": E(m >> d, d @ d >> x @ ld.Swap(x, x) @ x >> m @ m),
    "unit copied": E(e >> d, e @ e),
    "counit multiplied": E(m >> c, c @ c),
    "unit counted": E(e >> c, ld.Id(unit)),
}
HOPF = BIALGEBRA | {"left antipode": E(d >> s @ x >> m, c >> e), "right antipode": E(d >> x @ s >> m, c >> e)}


def power(n):
    return ld.Id(x).then(*[a] * n)


def comb(n, left):
    """n multiplications, all of them to the left or all of them to the right."""
    wires = [x ** (n - i - 1) for i in range(n)]
    return ld.Id(x ** (n + 1)).then(*(m @ more if left else more @ m for more in wires))


def proved(goal, axioms, theory="markov", nodes=5_000):
    """The steps of a derivation that the checker accepts; None where none is found."""
    steps = find_steps(goal, axioms, theory, Budget(nodes))
    if steps is None:
        return None
    certificate = Premises.read(axioms, theory).proof(goal, steps).to_dict()
    verdict = check(certificate, statement=goal, axioms=axioms)
    assert verdict, verdict.reason
    return len(steps)


@pytest.mark.parametrize("theory", ["symmetric", "markov", "cartesian"])
@pytest.mark.parametrize("n", [2, 5, 16, pytest.param(32, marks=pytest.mark.thorough)])
def test_associativity_takes_a_left_comb_to_a_right_comb_in_one_step_less_than_it_has_boxes(n, theory):
    assert proved(E(comb(n, True), comb(n, False)), MONOID, theory) == n - 1


def test_units_vanish_anywhere():
    assert proved(E(e @ e @ x >> m @ x >> m, ld.Id(x)), MONOID) == 2


@pytest.mark.sampled(8)
@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_all_leaf_orders_of_a_commutative_monoid_are_equal(order):
    @ld.diagram(x**4, x)
    def product(*wires):
        first, second, third, fourth = (wires[i] for i in order)
        return m(m(first, second), m(third, fourth))

    assert proved(E(product, comb(3, True)), COMMUTATIVE, "symmetric") is not None


def test_a_bialgebra():
    assert proved(E(e @ x >> m >> d >> c @ x, ld.Id(x)), BIALGEBRA, "symmetric") is not None
    third = x @ ld.Swap(x, x) @ x @ x @ x >> x @ x @ x @ ld.Swap(x, x) @ x >> x @ x @ ld.Swap(x, x) @ x @ x
    assert proved(E(m @ x >> m >> d, d @ d @ d >> third >> m @ x @ m @ x >> m @ m), BIALGEBRA, "symmetric") is not None


def test_a_hopf_algebra():
    assert proved(E(e >> s, e), HOPF, "symmetric") is not None
    assert proved(E(s >> c, c), HOPF, "symmetric") is not None
    another = {"left inverse": E(d >> t @ x >> m, c >> e), "right inverse": E(d >> x @ t >> m, c >> e)}
    assert proved(E(s, t), HOPF | another, "symmetric") is not None


def test_words():
    third, fifth = E(power(3), ld.Id(x)), E(power(5), ld.Id(x))
    assert proved(E(a, ld.Id(x)), {"third": third, "fifth": fifth}) is not None
    fourth, sixth = E(power(4), ld.Id(x)), E(power(6), ld.Id(x))
    assert proved(E(a, ld.Id(x)), {"fourth": fourth, "sixth": sixth}, nodes=300) is None
    assert proved(E(g, h), {"left": E(g >> f, ld.Id(x)), "right": E(f >> h, ld.Id(x))}) is not None
    assert proved(E(f >> f >> f >> f, f), {"idempotent": E(f >> f, f)}) == 3


def test_equivariance():
    r, r_ = ld.Box("turn", x, x), ld.Box("turn'", y, y)
    net = ld.Box("net", x, y)
    law = {"equivariant": E(r >> net, net >> r_)}
    assert proved(E(r >> r >> r >> net, net >> r_ >> r_ >> r_), law) == 3


# The free Markov category allows: discarded outputs, sharing, merged boxes, variables.


def test_an_output_of_a_rule_may_be_missing():
    split = ld.Kernel("split", x, x @ y)
    law = {"split": E(split >> f @ y, split >> g @ y)}
    assert proved(E(split >> f @ ld.Discard(y), split >> g @ ld.Discard(y)), law) == 1


def test_an_inner_wire_may_have_other_users_where_it_is_a_function():
    law = {"law": E(f >> g, h)}
    assert proved(E(f >> ld.Copy(x) >> g @ x, ld.Copy(x) >> h @ f), law) == 1
    assert proved(E(k >> ld.Copy(x) >> g @ x, ld.Copy(x) >> h @ k), {"law": E(k >> g, h)}, nodes=200) is None


def test_a_stationary_state_copied_under_a_function_and_under_a_kernel():
    assert proved(E(p >> ld.Copy(x) >> a @ a, p >> ld.Copy(x)), {"stationary": E(p >> a, p)}) == 1
    assert proved(E(p >> ld.Copy(x) >> k @ k, p >> ld.Copy(x)), {"stationary": E(p >> k, p)}, nodes=100) is None


def test_a_rule_lies_upon_merged_boxes():
    law = {"law": E(f @ f >> m, g @ g >> m)}
    assert proved(E(ld.Copy(x) >> f @ f >> m, ld.Copy(x) >> g @ g >> m), law) == 1


def test_a_variable_that_one_side_does_not_read_is_instantiated():
    law = {"constant": E(f, ld.Discard(x) >> e)}
    assert proved(E(f, g >> f), law) == 2
    assert proved(E(ld.Discard(x) @ x >> f, x @ ld.Discard(x) >> f), law) is not None


def test_a_match_that_is_not_convex_is_not_rewritten():
    """k and l with n between them: a rule for k, l side by side sharing no wire does not apply around n."""
    n_, l = ld.Kernel("n", x, x), ld.Kernel("l", x @ x, x)
    law = {"law": E(k @ x >> l, g @ x >> l)}
    inside = ld.Copy(x) >> x @ n_ >> k @ x >> l
    assert proved(E(inside, ld.Copy(x) >> x @ n_ >> g @ x >> l), law) == 1
    around = k >> ld.Copy(x) >> x @ n_ >> l  # n reads the draw of k, and l reads both draws
    assert proved(E(around, g >> ld.Copy(x) >> x @ n_ >> l), law, nodes=200) is None


def test_the_budget_is_counted_in_graphs():
    budget = Budget(50)
    assert find_steps(E(a, ld.Id(x)), {"fourth": E(power(4), ld.Id(x))}, "markov", budget) is None
    assert budget.spent == 51
    again = Budget(50)
    find_steps(E(a, ld.Id(x)), {"fourth": E(power(4), ld.Id(x))}, "markov", again)
    assert again == budget


# ---- attempts without a result count --------------------------------------------------------------------------------

WIDE = 12
MANY = ld.Id().tensor(*[f] * WIDE)
draw, chain = ld.Kernel("draw", unit, x), ld.Id(x).then(*[k] * 30)
FRUITLESS = {
    # Each of the 12 unread wires may be any of 31, and all of them come after the draw.
    "no match is convex": (
        E(draw >> chain, p),
        {"law": E(draw @ ld.Discard(x**WIDE), p @ ld.Discard(x**WIDE))},
    ),
    # 12 boxes of a pattern match anywhere; g >> h, the last part of a law, matches nowhere.
    "no match is whole": (
        E(ld.Id(x).then(*[f] * 30) @ g @ h, ld.Id(x).then(*[f] * 30) @ h @ g),
        {"left": E((g >> h) @ MANY, (h >> h >> g) @ MANY), "right": E(MANY @ (g >> h), MANY @ (h >> h >> g))},
    ),
}


@pytest.mark.parametrize("name", FRUITLESS)
def test_attempts_that_fail_are_paid_for(name):
    goal, axioms = FRUITLESS[name]
    budget, again = Budget(100), Budget(100)
    assert find_steps(goal, axioms, "markov", budget) is None and budget.exhausted
    assert find_steps(goal, axioms, "markov", again) is None and again == budget
    answer = derive(goal, Premises.read(axioms, "markov"), 100)
    assert isinstance(answer, Unknown) and answer.explored == 100
