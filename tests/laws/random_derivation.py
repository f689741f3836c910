"""Random derivations: a diagram of a few boxes, and uses of laws of a monoid with a homomorphism, in two theories."""

from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams.proof.derivation import Derivation
from learning_diagrams.proof.proof_picture import Strip, rows_and_changes

x, unit = ld.Ty("x"), ld.Ty()
f, g, k, m, e = ld.Box("f", x, x), ld.Box("g", x, x), ld.Kernel("k", x, x), ld.Box("m", x @ x, x), ld.Box("e", unit, x)
LAWS = {
    "inverse": ld.Equation(f >> g, ld.Id(x)),
    "associative": ld.Equation(m @ x >> m, x @ m >> m),
    "commutative": ld.Equation(ld.Swap(x, x) >> m, m),
    "unit": ld.Equation(e @ x >> m, ld.Id(x)),
    "stationary": ld.Equation(e >> k, e),
    "homomorphism": ld.Equation(m >> f, f @ f >> m),
}
COPYING = {"doubled": ld.Equation(ld.Copy(x) >> m, f), "forgotten": ld.Equation(g, ld.Discard(x) >> e)}
LAYERS = [f @ x, x @ f, g @ x, x @ k, ld.Swap(x, x), m >> f >> ld.Box("split", x, x @ x), x @ e @ x >> x @ m, k @ x]
MARKOV = [m >> ld.Copy(x), ld.Copy(x) @ x >> x @ m]


@st.composite
def derivations(draw, steps=4):
    """A diagram of a few boxes, and a few uses of laws at any place."""
    linear = draw(st.booleans())
    layers = LAYERS if linear else LAYERS + MARKOV
    start = ld.Id(x @ x).then(*draw(st.lists(st.sampled_from(layers), min_size=1, max_size=5)))
    laws = LAWS if linear else LAWS | COPYING
    derivation = Derivation(start, laws, "symmetric" if linear else "markov")
    for _ in range(draw(st.integers(1, steps))):
        name, backwards = draw(st.sampled_from(sorted(laws))), draw(st.booleans())
        options = derivation.options(name, backwards)
        if options:
            derivation = derivation.rewrite(name, draw(st.integers(0, len(options) - 1)), backwards)
    return derivation


def rows_of(proof):
    """The diagrams of a strip, and what happens between two of them."""
    return rows_and_changes(Strip("", proof.statement, proof.steps), proof.axioms, proof.theory)
