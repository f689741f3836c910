"""Equations between paths: completion decides them, and its derivations are proofs that the checker accepts."""

import pytest

import learning_diagrams as ld
from learning_diagrams.proof.proof import Proof
from learning_diagrams.proof.words.path import decide, path_rules

x, y = ld.Ty("x"), ld.Ty("y")
a, b = ld.Box("a", x, x), ld.Box("b", x, x)
f, g, k = ld.Box("f", x, y), ld.Box("g", y, x), ld.Kernel("k", x, x)
E = ld.Equation


def word(letters):
    return ld.Id(x).then(*({"a": a, "b": b, "k": k}[letter] for letter in letters))


@pytest.mark.parametrize("theory", ["symmetric", "markov", "cartesian"])
@pytest.mark.parametrize(
    ("goal", "axioms"),
    [
        (("a", ""), {"third": ("aaa", ""), "fifth": ("aaaaa", "")}),
        (("aa", ""), {"fourth": ("aaaa", ""), "sixth": ("aaaaaa", "")}),
        (("abab", "aabb"), {"commute": ("ba", "ab")}),
        (("kk", "k"), {"one": ("kkk", "k"), "two": ("kkkk", "kk"), "three": ("kkkkk", "")}),
        (("a", ""), {"eight": ("a" * 8, ""), "thirteen": ("a" * 13, "")}),
    ],
)
def test_words_that_are_equal_have_a_proof(goal, axioms, theory):
    laws = {name: E(word(lhs), word(rhs)) for name, (lhs, rhs) in axioms.items()}
    statement = E(word(goal[0]), word(goal[1]))
    answer = decide(statement, laws, theory, 5_000)
    assert ld.check(answer.to_dict(), statement, laws)


def test_paths_through_several_objects():
    laws = {"left": E(f >> g, ld.Id(x)), "right": E(g >> f, ld.Id(y))}
    statement = E(a >> f >> g >> f, a >> f)
    assert ld.check(decide(statement, laws, "markov", 100).to_dict(), statement, laws)
    rows = ld.SampleSpace("rows").column("x", x)
    statement = E(rows >> f >> g >> f >> g, rows)
    assert ld.check(decide(statement, laws, "markov", 100).to_dict(), statement, laws)


def test_words_that_are_not_equal_are_decided_with_their_normal_forms():
    answer = decide(E(word("ab"), word("ba")), {"square": E(word("aa"), word(""))}, "markov", 100)
    assert "a >> b and b >> a" in answer


def test_a_limit_leaves_it_open():
    """The braid relation: shortlex completion goes on for ever."""
    laws = {"braid": E(word("aba"), word("bab"))}
    assert decide(E(word("ab"), word("ba")), laws, "markov", 50) is None


def test_an_axiom_that_the_theory_proves_need_not_be_about_paths():
    constant = ld.Box("constant", ld.Ty(), y)
    laws = {"there is": E(constant, constant), "square": E(word("aa"), word(""))}
    assert ld.check(decide(E(word("aaa"), word("a")), laws, "markov", 100).to_dict(), axioms=laws)


def test_the_rules_of_a_completion_and_where_there_are_none():
    square = E(word("bb"), word("a"))
    letters, rules = path_rules(E(word("k"), word("")), [square], 100)
    assert letters == (a, b) and rules == (E(word("ba"), word("ab")), square)
    assert path_rules(E(word("ab"), word("ba")), [E(word("aba"), word("bab"))], 50) is None
    assert path_rules(E(ld.Copy(x), ld.Copy(x)), [square], 100) is None
    assert path_rules(square, [square, E(ld.Discard(x), ld.Discard(x))], 100) is None


def test_what_is_no_path_is_left_to_the_search():
    m = ld.Box("m", x @ x, x)
    assert decide(E(ld.Copy(x) >> m, ld.Id(x)), {}, "markov", 10) is None
    assert decide(E(a, b), {"law": E(ld.Copy(x) >> m, a)}, "markov", 10) is None
    assert decide(E(ld.Box("c", x, x), a), {"law": E(ld.Kernel("c", x, x), a)}, "markov", 10) is None
    assert isinstance(ld.prove(E(ld.Copy(x) >> m >> a, a >> a), [E(ld.Copy(x) >> m, a)]), Proof)
