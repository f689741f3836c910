"""A certificate holds its diagrams as they are written: a theorem reads A = A only where it was written so."""

from hypothesis import given, settings
from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.proof.derivation import Derivation
from learning_diagrams.proof.proof import Proof
from strategies import equal_pairs

x, y = ld.Ty("x"), ld.Ty("y")
f, g, k = ld.Box("f", x, y), ld.Box("g", y, x), ld.Kernel("k", x, x)
COPIED = ld.Equation(f >> ld.Copy(y), ld.Copy(x) >> f @ f)


def test_a_theorem_of_no_steps_shows_both_sides_as_they_are_written():
    text = "f >> Copy(y) = Copy(x) >> f @ x >> y @ f"
    proof = ld.prove(COPIED)
    verdict = ld.check(proof, COPIED, [])
    assert text in str(proof) and f"proved: {text} in the theory markov" in str(verdict)
    assert (verdict.statement.lhs, verdict.statement.rhs) == (COPIED.lhs, COPIED.rhs)
    drawn = proof.draw().svg
    assert drawn.count(">f<") == 3  # one box on the left-hand side, two on the right-hand side


def test_axioms_and_lemmas_are_shown_as_they_are_written():
    axiom = ld.Equation(g >> f >> ld.Copy(y), ld.Copy(y) >> (g >> f) @ y, "odd")
    lemma = Derivation(g >> f >> ld.Copy(y), [axiom]).rewrite("odd").proof(axiom.rhs, "lemma")
    verdict = ld.check(lemma, lemma.statement, [axiom])
    assert "assumed: odd: g >> f >> Copy(y) = Copy(y) >> g @ y >> f @ y" in str(verdict)
    goal = ld.Equation(k @ y >> x @ axiom.lhs, k @ y >> x @ axiom.rhs)
    proof = ld.prove(goal, [axiom, lemma])
    assert isinstance(proof, Proof) and ld.check(proof, goal, [axiom])


def test_a_certificate_in_normal_form_is_still_accepted():
    data = ld.prove(COPIED).to_dict()
    data["statement"]["rhs"] = data["statement"]["lhs"]
    assert ld.check(data, COPIED, []) and "f >> Copy(y) = f >> Copy(y)" in str(ld.check(data))


@settings(max_examples=15)
@given(equal_pairs(), st.booleans())
def test_what_was_written_differently_is_printed_differently(pair, swapped):
    lhs, rhs = pair[::-1] if swapped else pair
    verdict = ld.check(ld.prove(ld.Equation(lhs, rhs)), ld.Equation(lhs, rhs), [])
    written = [PortGraph.from_diagram(side) for side in pair[:: -1 if swapped else 1]]
    assert verdict and list(map(str, verdict.statement.diagrams)) == [str(graph.to_diagram()) for graph in written]
    assert [graph.arguments for graph in verdict.statement.graphs] == [graph.arguments for graph in written]
