"""The theorems of chyp's example files, as goals: Frobenius and Hopf algebras in the theory "symmetric".

The statements are those of https://github.com/akissinger/chyp/tree/master/examples (`frobenius`, `ssfa`, `hopf`,
`typed_rewriting`, `proof_test`), written anew. What the search does not find at once is told by the
diagrams that it passes.
"""

import pytest

import learning_diagrams as ld
from algebras import (
    FROBENIUS,
    HOPF,
    E,
    cap,
    checked,
    cup,
    listed,
    m,
    m2,
    n,
    n2,
    passing,
    proved,
    s,
    swap,
    u,
    u2,
    unit,
    v,
    v2,
    x,
)  # fmt: skip

s_ = ld.Box("s'", x, x)

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
    lemmas = [proved(E(goal.lhs, goal.rhs, name), HOPF, 10_000) for name, goal in HOPF_GOALS.items()]
    first, other = m >> s, swap >> s @ s >> m
    passes = (
        n2 >> first @ v2 >> x @ u >> m,
        n2 >> x @ x @ n2 >> first @ m @ other >> x @ m >> m,
        n2 >> n2 @ x @ x >> first @ m @ other >> m @ x >> m,
        n2 >> v2 @ other,
        other,
    )
    checked(passing(first, passes, [*listed(HOPF), *lemmas]), E(first, other), HOPF)


KILLING = cup @ x >> x @ m >> swap >> cap
SPECIAL = FROBENIUS | {"ssym": E(KILLING, v)}


def test_a_frobenius_algebra_whose_killing_form_is_the_counit_is_symmetric_and_special():
    known = [proved(E(g.lhs, g.rhs, name), FROBENIUS, 10_000) for name, g in FROBENIUS_GOALS.items()
             if name in ("frobL", "frobR", "yankL", "yankR", "m_cup", "n_cap")]  # fmt: skip
    premises = [*listed(SPECIAL), *known]
    passes = (
        cup @ m >> x @ m >> swap >> cap,
        cup @ x @ x >> x @ m @ x >> x @ m >> swap >> cap,
        cup @ x @ x >> x @ swap @ x >> x @ x @ m >> x @ swap >> x @ m >> swap >> cap,
        swap >> cup @ m >> x @ m >> swap >> cap,
        swap >> cap,
    )
    symm_cap = passing(cap, passes, premises, "symm_cap")
    special = passing(n >> m, (n >> x @ KILLING, ld.Id(x)), [*premises, symm_cap])
    checked(special, E(n >> m, ld.Id(x)), SPECIAL)


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
