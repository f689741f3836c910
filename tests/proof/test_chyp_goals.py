"""The theorems of chyp's example files, as goals: Frobenius and Hopf algebras in the theory "symmetric".

The statements are those of https://github.com/akissinger/chyp/tree/master/examples (`frobenius`, `ssfa`, `hopf`,
`quasi_tri`, `typed_rewriting`, `proof_test`), written anew. What the search does not find at once is told by the
diagrams that it passes.
"""

import pytest

import learning_diagrams as ld
from learning_diagrams.proof.budget import Budget
from learning_diagrams.proof.derivation import Derivation
from learning_diagrams.proof.premises import Premises
from learning_diagrams.proof.search import search

x, unit = ld.Ty("x"), ld.Ty()
E = ld.Equation
m, u, n, v = ld.Box("m", x @ x, x), ld.Box("u", unit, x), ld.Box("n", x, x @ x), ld.Box("v", x, unit)
s, s_ = ld.Box("s", x, x), ld.Box("s'", x, x)
swap = ld.Swap(x, x)
cup, cap = u >> n, m >> v
m2, u2, n2, v2 = x @ swap @ x >> m @ m, u @ u, n @ n >> x @ swap @ x, v @ v

BIMONOID = {
    "assoc": E(m @ x >> m, x @ m >> m),
    "unitL": E(u @ x >> m, ld.Id(x)),
    "unitR": E(x @ u >> m, ld.Id(x)),
    "coassoc": E(n >> n @ x, n >> x @ n),
    "counitL": E(n >> v @ x, ld.Id(x)),
    "counitR": E(n >> x @ v, ld.Id(x)),
}
FROBENIUS = BIMONOID | {"frob": E(n @ x >> x @ m, x @ n >> m @ x)}
HOPF = BIMONOID | {
    "bialg": E(m >> n, n @ n >> x @ swap @ x >> m @ m),
    "ucp": E(u >> n, u @ u),
    "vcp": E(m >> v, v @ v),
    "uv": E(u >> v, ld.Id(unit)),
    "antiL": E(n >> s @ x >> m, v >> u),
    "antiR": E(n >> x @ s >> m, v >> u),
}

FROBENIUS_GOALS = {
    "frobL": E(n @ x >> x @ m, m >> n),
    "frobR": E(x @ n >> m @ x, m >> n),
    "cap_assoc": E(m @ x >> cap, x @ m >> cap),
    "cup_coassoc": E(cup >> n @ x, cup >> x @ n),
    "yankL": E(cup @ x >> x @ cap, ld.Id(x)),
    "yankR": E(x @ cup >> cap @ x, ld.Id(x)),
    "m_cup": E(cup @ x >> x @ m, n),
    "n_cap": E(n @ x >> x @ cap, m),
    "assoc2": E(m2 @ x @ x >> m2, x @ x @ m2 >> m2),
    "unitL2": E(u2 @ x @ x >> m2, ld.Id(x @ x)),
    "coassoc2": E(n2 >> n2 @ x @ x, n2 >> x @ x @ n2),
    "counitR2": E(n2 >> x @ x @ v2, ld.Id(x @ x)),
    "frob2": E(n2 @ x @ x >> x @ x @ m2, x @ x @ n2 >> m2 @ x @ x),
}
HOPF_GOALS = {
    "coassoc2": E(n2 >> n2 @ x @ x, n2 >> x @ x @ n2),
    "counitL2": E(n2 >> v2 @ x @ x, ld.Id(x @ x)),
    "anti_hm_lem1": E(n2 >> (m >> s) @ m >> m, v @ v >> u),
    "anti_hm_lem2": E(n2 >> m @ (swap >> s @ s >> m) >> m, v @ v >> u),
}


def proved(goal, axioms, nodes):
    steps = search(goal, axioms, "symmetric", Budget(nodes))
    assert steps is not None
    proof = Premises.read(axioms, "symmetric").proof(goal, steps)
    assert ld.check(proof.to_dict(), goal, axioms)
    return proof


@pytest.mark.parametrize("name", FROBENIUS_GOALS)
def test_frobenius(name):
    proved(FROBENIUS_GOALS[name], FROBENIUS, 10_000)


@pytest.mark.parametrize("name", HOPF_GOALS)
def test_hopf(name):
    proved(HOPF_GOALS[name], HOPF, 10_000)


def test_the_antipode_is_unique():
    laws = HOPF | {"antiL'": E(n >> s_ @ x >> m, v >> u), "antiR'": E(n >> x @ s_ >> m, v >> u)}
    proved(E(s_, s), laws, 10_000)


def test_the_antipode_is_an_anti_homomorphism():
    """Told by where it passes, with two lemmas; the search fills in the steps between."""
    laws = [E(law.lhs, law.rhs, name) for name, law in HOPF.items()]
    lemmas = [proved(E(goal.lhs, goal.rhs, name), HOPF, 10_000) for name, goal in HOPF_GOALS.items()]
    one, other = m >> s, swap >> s @ s >> m
    derivation = Derivation(one, [*laws, *lemmas], "symmetric")
    for passes in (
        n2 >> one @ v2 >> x @ u >> m,
        n2 >> x @ x @ n2 >> one @ m @ other >> x @ m >> m,
        n2 >> n2 @ x @ x >> one @ m @ other >> m @ x >> m,
        n2 >> v2 @ other,
        other,
    ):
        derivation = derivation.reach(passes, 5_000)
    assert ld.check(derivation.proof(other).to_dict(), E(one, other), HOPF)


KILLING = cup @ x >> x @ m >> swap >> cap
SPECIAL = FROBENIUS | {"ssym": E(KILLING, v)}


def test_a_frobenius_algebra_whose_killing_form_is_the_counit_is_symmetric_and_special():
    laws = [E(law.lhs, law.rhs, name) for name, law in SPECIAL.items()]
    known = [proved(E(g.lhs, g.rhs, name), FROBENIUS, 10_000) for name, g in FROBENIUS_GOALS.items()
             if name in ("frobL", "frobR", "yankL", "yankR", "m_cup", "n_cap")]  # fmt: skip
    symmetric = Derivation(cap, [*laws, *known], "symmetric")
    one = cup @ x @ x >> x @ m @ x >> x @ m >> swap >> cap
    for passes in (
        cup @ m >> x @ m >> swap >> cap,
        one,
        cup @ x @ x >> x @ swap @ x >> x @ x @ m >> x @ swap >> x @ m >> swap >> cap,
        swap >> cup @ m >> x @ m >> swap >> cap,
        swap >> cap,
    ):
        symmetric = symmetric.reach(passes, 5_000)
    symm_cap = symmetric.proof(swap >> cap, "symm_cap")
    special = Derivation(n >> m, [*laws, *known, symm_cap], "symmetric").reach(n >> x @ KILLING, 5_000).reach(ld.Id(x))
    assert ld.check(special.proof(ld.Id(x)).to_dict(), E(n >> m, ld.Id(x)), SPECIAL)


# A quasi-triangular Hopf algebra: an invertible r in H ⊗ H that turns comultiplication round.
r, r_ = ld.Box("r", unit, x @ x), ld.Box("r'", unit, x @ x)
LEFT, RIGHT, RIGHT_ = r @ x @ x >> m2, x @ x @ r >> m2, x @ x @ r_ >> m2
QUASI_TRIANGULAR = HOPF | {
    "r r'": E(r @ r_ >> m2, u2),
    "r' r": E(r_ @ r >> m2, u2),
    "qt": E(n >> swap, n >> LEFT >> RIGHT_),
    "qtL": E(r >> n @ x, r @ r >> x @ swap @ x >> x @ x @ m),
    "qtR": E(r >> x @ n, r >> x @ r @ x >> m @ x @ x),
}


def test_the_braiding_of_a_quasi_triangular_hopf_algebra_satisfies_the_yang_baxter_equation_on_units():
    laws = [E(law.lhs, law.rhs, name) for name, law in QUASI_TRIANGULAR.items()]
    braiding = swap >> LEFT
    one = u @ u @ u >> braiding @ x >> x @ braiding >> braiding @ x
    other = u @ u @ u >> x @ braiding >> braiding @ x >> x @ braiding
    cancel = (
        Derivation(RIGHT_ >> RIGHT, laws, "symmetric").reach(x @ x @ r_ @ r >> x @ x @ m2 >> m2).reach(ld.Id(x @ x))
    )
    lemmas = [cancel.proof(ld.Id(x @ x), "cancel")]
    turn = Derivation(n >> LEFT, [*laws, *lemmas], "symmetric").reach(n >> LEFT >> RIGHT_ >> RIGHT)
    lemmas.append(turn.reach(n >> swap >> RIGHT).proof(n >> swap >> RIGHT, "turn"))
    derivation = Derivation(one, [*laws, *lemmas], "symmetric")
    for passes in (r >> n @ x >> LEFT @ x, r >> n @ x >> swap @ x >> RIGHT @ x, other):
        derivation = derivation.reach(passes, 5_000)
    assert ld.check(derivation.proof(other).to_dict(), E(one, other), QUASI_TRIANGULAR)


def test_a_rule_between_many_wires():
    a, b, c, d = (ld.Ty(name) for name in "abcd")
    f = ld.Box("f", a**7 @ b**42, c @ d)
    g, h, start = ld.Box("g", a**7, c), ld.Box("h", b**42, d), ld.Box("start", unit, a**7 @ b**42)
    law = {"typed": E(f, g @ h)}
    assert len(proved(E(start @ a**7 >> f @ g, start @ a**7 >> g @ h @ g), law, 100).steps) == 1


def test_small_theorems():
    f, g = ld.Box("f", x, x), ld.Box("g", x, x)
    laws = {"ff": E(f >> f, f), "gg": E(g >> g, g)}
    proved(E(f >> f >> f, f), laws, 100)
    proved(E(f >> f >> f >> f >> g, f >> g >> g), laws, 100)
