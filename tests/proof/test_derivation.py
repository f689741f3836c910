"""Derivations by hand: the places of each rewriting, and the proofs at the end."""

import pytest

import learning_diagrams as ld
from learning_diagrams.proof.derivation import Derivation

x, y = ld.Ty("x"), ld.Ty("y")
f, g, s = ld.Box("f", x, y), ld.Box("g", y, x), ld.Box("s", x, x)
LAWS = {"inverse": ld.Equation(f >> g, ld.Id(x)), "idempotent": ld.Equation(s >> s, s)}


def test_each_option_is_a_diagram_and_rewriting_leads_there():
    start = Derivation(s >> s >> f >> g >> s, LAWS)
    for name in LAWS:
        options = start.options(name)
        assert [str(start.rewrite(name, i).diagram) for i in range(len(options))] == list(map(str, options))
    assert len(start.options("idempotent")) == 1 and len(start.options("idempotent", backwards=True)) == 2


def test_a_derivation_is_a_proof_that_the_checker_accepts():
    done = Derivation(s >> f >> g >> s, LAWS).rewrite("inverse").rewrite("idempotent")
    proof = done.proof(s, "short")
    assert ld.check(proof.to_dict(), ld.Equation(s >> f >> g >> s, s), LAWS)
    assert str(proof).splitlines()[1:] == [
        "    s >> f >> g >> s", "  = s >> s    by inverse", "  = s    by idempotent",
    ]  # fmt: skip


def test_steps_are_kept_and_earlier_ones_are_not_changed():
    start = Derivation(s >> s >> s, LAWS)
    next_derivation = start.rewrite("idempotent")
    assert (len(start.steps), len(next_derivation.steps)) == (0, 1) and str(start.diagram) == "s >> s >> s"


def test_a_proof_by_hand_of_what_the_search_does_not_find_in_its_budget():
    """An expansion in the middle: f >> g inserted where nothing was."""
    done = Derivation(s, LAWS).rewrite("inverse", backwards=True).rewrite("idempotent", backwards=True)
    assert ld.check(done.proof().to_dict(), axioms=LAWS)


def test_latex_shows_each_step_and_escapes_names():
    b, c = ld.Box("a_1 & b", x, x), ld.Box("50%", x, x)
    latex = Derivation(b, {"x_y": ld.Equation(b, c)}).rewrite("x_y").proof().latex()
    assert r"a\_1 \& b" in latex and r"50\%" in latex and r"by x\_y" in latex and latex.count("\\\\\n") == 1


def test_an_equation_with_too_many_places_is_refused():
    """Each of the 12 unread wires may be any of 31."""
    anywhere = ld.Equation(ld.Id(x) @ ld.Discard(x**12), s @ ld.Discard(x**12))
    start = Derivation(ld.Id(x).then(*[s] * 30), {"anywhere": anywhere})
    with pytest.raises(ld.LimitExceeded, match="anywhere may apply at more than 2,000 places"):
        start.options("anywhere")


BAD = {
    "no equation is named 'inverze'; did you mean 'inverse'": lambda: Derivation(s, LAWS).rewrite("inverze"),
    "is used by its name, a string; got 5": lambda: Derivation(s, LAWS).rewrite(5),
    "at= takes the number of a place": lambda: Derivation(s, LAWS).rewrite("idempotent", at="0"),
    "a derivation starts at a diagram, got 's'": lambda: Derivation("s", LAWS),
    "0 places of s; there is no place 0; try the other way": lambda: Derivation(s, LAWS).rewrite("idempotent"),
    "1 place of s >> s; there is no place 3; options.'idem": lambda: Derivation(s >> s, LAWS).rewrite("idempotent", 3),
    "has got to s, which is not f": lambda: Derivation(s, LAWS).proof(f >> g),
    "diagrams; give a nearer diagram or a larger budget=": lambda: Derivation(s, LAWS).reach(ld.Id(s.dom), budget=20),
    "theory must be one of": lambda: Derivation(s, LAWS, "braided"),
}


@pytest.mark.parametrize("message", BAD)
def test_bad_input_is_a_typed_error(message):
    with pytest.raises(ld.LearningDiagramError, match=message):
        BAD[message]()
