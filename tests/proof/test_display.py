"""What a proof and a certificate print: two different statements never print alike, and LaTeX of any name compiles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import learning_diagrams as ld
from latex_readers import require_katex_reads, require_pdflatex_reads
from learning_diagrams.proof.display import shown_name, shown_title
from learning_diagrams.terms.latex_text import latex

x, y, unit = ld.Ty("x"), ld.Ty("y"), ld.Ty()
f, g, h = (ld.Box(name, x, x) for name in "fgh")
E = ld.Equation


def shown(lhs, rhs=h):
    proof = ld.prove(E(lhs, rhs), [E(lhs, rhs, "ax")])
    return ld.check(proof).reason


PAIRS = {
    "a composite": (ld.Box("f >> g", x, x), f >> g),
    "a parallel pair": (ld.Box("f @ g", x @ x, x @ x), f @ g),
    "Cyrillic": (ld.Box("с", x, x), ld.Box("c", x, x)),
    "Greek": (ld.Box("ο", x, x), ld.Box("o", x, x)),
    "fullwidth": (ld.Box("f", x, x), ld.Box("ｆ", x, x)),
    "dotless": (ld.Box("ı", x, x), ld.Box("i", x, x)),
    "another object": (ld.Box("f", x, x) >> h, ld.Box("f", x, y) >> ld.Box("h", y, x)),
    "a kernel": (ld.Kernel("f", x, x), f),
    "data": (ld.Box("f", x, x, data=1), ld.Box("f", x, x, data=True)),
    "structure": (ld.Box("Copy(x)", x, x @ x) >> ld.Discard(x) @ x, ld.Copy(x) >> f @ x >> ld.Discard(x) @ x),
    "an identity": (ld.Box("Id(x)", x, x), f),
    "a word of the grammar": (ld.Box("Id", x, x), ld.Box('"Id"', x, x)),
    "quotes and escapes": (ld.Box("\\u0041", x, x), ld.Box("A", x, x)),
    "an equality": (ld.Box("f = h", x, x), f),
    "a dagger": (ld.Box("f[::-1]", x, x), f),
}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_two_different_statements_never_print_alike(name):
    left, right = PAIRS[name]
    end = ld.Box("end", left.dom, left.cod), ld.Box("end", right.dom, right.cod)
    reasons = [shown(side, rhs) for side, rhs in zip((left, right), end, strict=True)]
    assert reasons[0] != reasons[1]
    assert all(c.isascii() or c in "→" for reason in reasons for c in reason)


def test_a_box_with_the_name_of_an_object_is_not_its_wire():
    wire, box = ld.Box("y", x, x), ld.Box("x", y, y)
    assert shown(wire @ y, ld.Box("h", x @ y, x @ y)) != shown(x @ box, ld.Box("h", x @ y, x @ y))


def test_columns_and_boxes_of_one_name_are_told_apart():
    s, t = ld.SampleSpace("s"), ld.SampleSpace("t")
    reason = shown(s.state @ t.state >> s.column("u", x) @ t.column("u", x), ld.Box("h", unit, x @ x))
    assert "s.u" in reason and "t.u" in reason


@pytest.mark.parametrize("name", ["e\u0301", "a\u200bb", "a\u202eb", "\ufeffa", "a\x07", "a\u0301" * 3, "n" * 201])
def test_a_name_that_could_hide_is_refused(name):
    box = ld.Box(name, x, x)
    with pytest.raises(ld.ProofError, match="a name"):
        ld.prove(E(box, h), [E(box, h, "ax")]).to_dict()


@pytest.mark.parametrize("name", ["f", "f_1", "encoder.layer", "φ", "é", "学生", "f₁"])
def test_plain_names_are_printed_as_they_are(name):
    assert shown_name(name) == name


@given(st.text(min_size=1, max_size=6), st.text(min_size=1, max_size=6))
def test_printed_names_are_different_where_names_are(one, other):
    assert (shown_name(one) == shown_name(other)) == (one == other)
    assert (shown_title(one) == shown_title(other)) == (one == other)
    assert shown_name(one).isprintable() and shown_title(one).isprintable()


def test_a_name_of_an_axiom_does_not_look_like_a_use_backwards():
    assert shown_title("constraint fit, interpreted") == "constraint fit, interpreted"
    assert shown_title("ax, backwards") == '"ax, backwards"' and shown_title("a\nb") == '"a\\u000ab"'


def test_a_proof_without_steps_shows_both_sides():
    proof = ld.prove(E(f >> ld.Copy(x), ld.Copy(x) >> f @ f), [])
    assert str(proof).splitlines()[1:] == [
        "    f >> Copy(x)", "  = Copy(x) >> f @ x >> x @ f    by the laws of the theory",
    ]  # fmt: skip
    assert proof.latex().count("Copy(x)") == 2 and r"\text{by the laws of the theory}" in proof.latex()


k = ld.Kernel("k", x, y)
IN_SYMBOLS = {
    r"{\kappa} \mathbin{;} \mathrm{Copy}({\mathcal Y}, 0)": (k >> ld.Discard(y), {k: r"\kappa", y: r"\mathcal Y"}),
    r"{\kappa} \mathbin{;} \mathrm{Copy}(\texttt{y}, 3)": (k >> ld.Copy(y, 3), {k: r"\kappa"}),
    r"\mathrm{Copy}(X) \mathbin{;} \mathrm{Swap}(X, X)": (ld.Copy(x) >> ld.Swap(x, x), {x: "X"}),
    r"\mathrm{Swap}(\texttt{x}, Y) \mathbin{;} {Y} \otimes \texttt{k}": (ld.Swap(x, y) >> y @ k, {y: "Y"}),
    r"\mathrm{Id}(X \otimes \texttt{y})": (ld.Id(x @ y), {"x": "X"}),
    r"\texttt{x} \otimes \mathrm{Id}(X) \mathbin{;} \mathrm{Swap}(X, X)": (
        ld.Box("x", x, x) @ x >> ld.Swap(x, x), {x: "X"},
    ),
    r"\texttt{Copy(x)} \mathbin{;} \texttt{Swap(x, x)}": (ld.Copy(x) >> ld.Swap(x, x), {}),
}  # fmt: skip


@pytest.mark.parametrize("expected", IN_SYMBOLS)
def test_symbols_of_a_notation_stand_inside_the_words_of_the_structure(expected):
    diagram, notation = IN_SYMBOLS[expected]
    assert ld.prove(E(diagram, diagram)).latex(notation).splitlines()[1] == f"  & {expected} \\\\"


def proofs_in_symbols():
    return [ld.prove(E(diagram, diagram)).latex(notation) for diagram, notation in IN_SYMBOLS.values()]


NAMES = [*"{}$#&<>|éφ学с'`[]²ß👍₁", "a^b", "a~b", "a\\b", "50%", "x_1", "a b", "~^\\{}$", "--", "?`"]
NAMES += ["\\frac{", "%end", 'q"q']


def test_latex_has_no_character_that_latex_reads_as_a_command():
    for name in NAMES:
        text = latex(shown_name(name))
        assert (text.isascii() and text.count("{") == text.count("}")) or "\\{" in text or "\\}" in text
    assert latex("a^b~\\") == r"a\textasciicircum{}b\textasciitilde{}\textbackslash{}"
    assert latex("φ5%") == r"$\phi$5\%" and latex("é") == r"\'{e}"


def proofs_of_names():
    boxes = [ld.Box(name, x, x) for name in NAMES]
    return [ld.prove(E(box, h), [E(box, h, box.name)]).latex() for box in boxes]


def test_latex_of_any_name_compiles(tmp_path):
    require_pdflatex_reads("\n".join([*proofs_of_names(), *proofs_in_symbols()]), tmp_path)


def test_katex_reads_the_latex_of_any_name():
    require_katex_reads([*proofs_of_names(), *proofs_in_symbols()])


def test_a_proof_and_its_verdict_are_hashable():
    proofs = [ld.prove(E(f >> g, g), [E(f >> g, g, "ax")]) for _ in range(2)]
    assert len({*proofs}) == 1 and len({*map(ld.check, proofs)}) == 1


def test_signs_that_look_like_no_other_stand_in_quotes_and_lookalikes_have_their_number():
    """The same rule in proofs, in countermodels and in formulas."""
    x = ld.Ty("x")
    f, g = ld.Box("f∘g", x, x), ld.Box("g", x, x)
    proof = ld.prove(ld.Equation(f >> f >> g, g), [ld.Equation(f >> g, g, "law")])
    assert str(proof).splitlines()[1] == '    "f∘g" >> "f∘g" >> g' and r'\texttt{"f$\circ$g"}' in proof.latex()
    counter = ld.prove(ld.Equation(f >> f, f), [ld.Equation(f >> g, g, "law")])
    assert str(counter).startswith('"f∘g" >> "f∘g" = "f∘g" does not') and '\n  "f∘g"(0) = ' in str(counter)
    a, look = ld.Box("a", x, x), ld.Box("а", x, x)
    assert str(ld.prove(ld.Equation(a, look), [])).startswith(r'a = "\u0430" does not follow')
    assert str(ld.formula(ld.Box("⊣", x, x))) == r"x \mapsto \dashv(x)"
