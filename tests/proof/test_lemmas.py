"""Lemmas: they print once each, and are taken under any names of their axioms."""

import copy

import pytest

import learning_diagrams as ld
from learning_diagrams.proof.derivation import Derivation

E = ld.Equation
x = ld.Ty("x")
f, g, s = (ld.Box(name, x, x) for name in "fgs")
COUNT = 30
kernels = [ld.Kernel(f"k{i}", x, x) for i in range(COUNT + 1)]
LAWS = [E(kernels[i], kernels[i + 1], f"law{i}") for i in range(COUNT)]


def tower():
    """Proofs of k0 = k1, k0 = k2, …, each of which rests on the one before."""
    proofs = []
    for i, law in enumerate(LAWS):
        derivation = Derivation(kernels[0], [*LAWS, *proofs])
        derivation = derivation.rewrite(f"lemma{i - 1}") if i else derivation
        proofs.append(derivation.rewrite(law.name).proof(name=f"lemma{i}"))
    return proofs


def test_each_lemma_prints_once_where_lemmas_rest_on_lemmas():
    """With each lemma inside of those that rest on it, the last text would have 2³⁰ lines."""
    *_, last = tower()
    text = str(last)
    assert len(text.splitlines()) == 4 + (COUNT - 1) * 4 - 1
    assert all(text.count(f"lemma lemma{i}: k0 = k{i + 1} ") == 1 for i in range(COUNT - 1))
    assert repr(last).startswith("<Proof: k0 = k30 in the theory markov, by 2 steps")
    assert "lemma28" in last.draw().svg


def test_towers_of_lemmas_compare_and_serve_again():
    *before, last = tower()
    twin = copy.deepcopy(last)
    assert twin == last and hash(twin) == hash(last) and last != before[-1]
    assert ld.check(ld.prove(last.statement, [*LAWS, *before, twin]).to_dict(), last.statement, LAWS)


def test_a_lemma_whose_axiom_has_another_name_is_taken():
    """A coproduct names its axioms after its parts."""
    twice = E(s >> s, s, "idempotent")
    thrice = ld.prove(E(s >> s >> s, s, "thrice"), [twice])
    inner = Derivation(s >> s >> s >> s, [twice, thrice]).rewrite("thrice").rewrite("idempotent").proof(s, "four")
    part = ld.LearningDiagram(axioms=[twice])
    whole = ld.coproduct(part, part.rename({"x": "y", "s": "t"}))
    for axioms in (whole.axioms, [twice.named("other")]):
        name = next(axiom.name for axiom in axioms if axiom == twice)
        derivation = Derivation(s >> s >> s >> s >> s, [*axioms, inner]).rewrite("four")
        proof = derivation.rewrite(name).proof(s)
        assert [*proof.lemmas] == ["thrice", "four"]
        assert ld.check(proof.to_dict(), proof.statement, axioms)


def test_in_symmetric_an_axiom_is_the_same_only_if_no_boxes_are_merged():
    """Pairs of b, b in another order are equal where b may be copied; a proof by the one is no proof by the other."""
    unit = ld.Ty()
    b, k, m = ld.Box("b", unit, x @ x), ld.Kernel("k", unit, x @ x @ x @ x), ld.Box("m", x @ x, x)
    mixed = b @ b >> x @ ld.Swap(x, x) @ x
    law, other = E(mixed, k, "law"), E(mixed >> ld.Swap(x, x) @ x @ x, k, "other")
    lemma = Derivation(mixed >> m @ m, [law], "symmetric").rewrite("law").proof(name="lemma")
    assert law == other and not ld.equal(law.lhs, other.lhs, "symmetric")
    with pytest.raises(ld.ProofError, match="needs the axiom 'law', and"):
        ld.prove(lemma.statement, [other, lemma], "symmetric")
    assert ld.prove(lemma.statement, [law.named("here"), lemma], "symmetric")


def test_a_lemma_that_only_names_a_symbol_is_taken_without_it():
    law = E(s >> s, s, "law")
    lemma = ld.prove(E(s >> s >> s, s, "lemma"), [law], signature=g)
    assert ld.prove(E(f, f), [law, lemma])


@pytest.mark.parametrize(
    ("premises", "said"),
    [
        (lambda lemma: [lemma], "lemma 'lemma' needs the axiom 'law', and Equation"),
        (lambda lemma: [E(s >> s, s, "lemma"), lemma], "'lemma' is the name of another one"),
        (lambda lemma: {"": lemma, "law": E(s >> s, s)}, "has none; give the premises as a mapping"),
    ],
)
def test_what_is_no_lemma_here_is_refused(premises, said):
    lemma = ld.prove(E(s >> s >> s, s, "lemma"), [E(s >> s, s, "law")])
    with pytest.raises(ld.ProofError, match=said):
        ld.prove(E(f, g), premises(lemma))
