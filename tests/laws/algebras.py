"""Frobenius and Hopf algebras, as chyp's public example files have them, and ways to prove goals about them."""

import learning_diagrams as ld
from learning_diagrams.proof.derivation import Derivation
from learning_diagrams.proof.premises import Premises
from learning_diagrams.proof.rewriting.matching import Budget
from learning_diagrams.proof.rewriting.search import find_steps

E = ld.Equation
x, unit = ld.Ty("x"), ld.Ty()
m, u, n, v = ld.Box("m", x @ x, x), ld.Box("u", unit, x), ld.Box("n", x, x @ x), ld.Box("v", x, unit)
s = ld.Box("s", x, x)
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


def listed(laws):
    """Equations by name as a list of named ones, to which lemmas can be added."""
    return [E(law.lhs, law.rhs, name) for name, law in laws.items()]


def proved(goal, axioms, nodes):
    """What the search finds, checked."""
    steps = find_steps(goal, axioms, "symmetric", Budget(nodes))
    assert steps is not None
    return checked(Premises.read(axioms, "symmetric").proof(goal, steps), goal, axioms)


def passing(start, passes, premises, name=""):
    """A proof that a diagram equals the last of those that it is led through; the search fills in the steps between."""
    derivation = Derivation(start, premises, "symmetric")
    for diagram in passes:
        derivation = derivation.reach(diagram, 5_000)
    return derivation.proof(passes[-1], name)


def checked(proof, goal, axioms):
    assert ld.check(proof.to_dict(), goal, axioms)
    return proof
