"""Two Frobenius algebras that are Hopf algebras with each other, as in chyp's `ih` and `interacting_s_hopf`.

The statements are those of https://github.com/akissinger/chyp/tree/master/examples, written anew.
"""

import pytest

import learning_diagrams as ld
from algebras import FROBENIUS, HOPF, E, cap, checked, listed, m, n, passing, s, swap, u, v, x
from learning_diagrams.editing.substitution import substitute

# For the meaning of a Killing form that is the counit, see `test_chyp_goals.py`.
SPECIAL_SYMMETRIC = FROBENIUS | {"special": E(n >> m, ld.Id(x)), "symmetric": E(swap >> cap, cap)}


def box(name, like):
    return ld.Box(name, like.dom, like.cod)


m1, u1, n1, v1 = box("m1", m), box("u1", u), box("n1", n), box("v1", v)
m2, u2, n2, v2 = box("m2", m), box("u2", u), box("n2", n), box("v2", v)


def of(laws, name, *boxes):
    """Laws of m, u, n, v, and s, for other boxes."""
    put = dict(zip((m, u, n, v, s), (*boxes, box(f"s of {name}", s)), strict=True))
    return {f"{name}.{key}": E(substitute(law.lhs, put), substitute(law.rhs, put)) for key, law in laws.items()}


cup1, cap1, cup2, cap2 = u1 >> n1, m1 >> v1, u2 >> n2, m2 >> v2
d1, d2 = x @ cup1 >> cap2 @ x, x @ cup2 >> cap1 @ x  # the two ways to turn a wire from one algebra into the other
LAWS = {
    **of(SPECIAL_SYMMETRIC, "F1", m1, u1, n1, v1),
    **of(SPECIAL_SYMMETRIC, "F2", m2, u2, n2, v2),
    **of(HOPF, "H1", m1, u1, n2, v2),
    **of(HOPF, "H2", m2, u2, n1, v1),
    "dlr": E(d1, d2),
}


@pytest.fixture(scope="module")
def lemmas():
    """Of the first Frobenius algebra: a cup and a cap undo each other, and a cup is symmetric."""
    laws, wire = listed(LAWS), ld.Id(x)
    left = passing(cup1 @ x >> x @ cap1, [wire], laws, "yankL")
    right = passing(x @ cup1 >> cap1 @ x, [wire], laws, "yankR")
    turned = (
        cup1 @ cup1 >> x @ ld.Swap(x, x @ x) >> x @ x @ cap1,
        cup1 @ cup1 >> x @ swap @ x >> x @ x @ cap1,
        cup1 >> swap,
    )
    symmetric = passing(cup1, turned, [*laws, left, right], "symm_cup")
    return {proof.statement.name: proof for proof in (left, right, symmetric)}


def test_the_cap_of_one_on_the_unit_of_the_other(lemmas):
    start, end = u1 @ x >> cap2, cup2 @ x >> v1 @ cap1
    passes = (u1 @ cup1 @ x >> cap2 @ cap1, u1 @ cup2 @ x >> cap1 @ cap1, end)
    checked(passing(start, passes, [*listed(LAWS), lemmas["yankL"]]), E(start, end), LAWS)


def test_a_wire_turned_into_the_other_algebra_and_multiplied(lemmas):
    laws = listed(LAWS)
    m_cup = passing(cup1 @ x >> x @ m1, [n1], laws, "m_cup")
    start, end = n1 >> x @ d1 >> m2, x @ u1 @ u1 >> cap2 @ (n1 >> x @ v2)
    passes = (
        n1 @ cup1 >> x @ swap @ x >> m2 @ cap2,
        x @ u1 >> m2 >> n1 >> x @ v2,
        cup1 @ x @ u1 >> x @ x @ m2 >> x @ m1 >> x @ v2,
        end,
    )
    checked(passing(start, passes, [*laws, lemmas["symm_cup"], m_cup]), E(start, end), LAWS)


def test_what_turns_a_wire_flips_a_multiplication_under_a_counit():
    d = box("d", s)
    laws = LAWS | {"d": E(d, d1), "d_anti_hm": E(m1 >> d, d @ d >> swap >> m1)}
    start, end = d @ d >> swap >> m1 >> v1, m1 >> d >> v1
    checked(passing(start, [end], listed(laws)), E(start, end), laws)
