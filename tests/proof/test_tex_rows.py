"""Rows of a derivation in LaTeX: a page of the class article holds them, and a broken row is the row."""

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

import learning_diagrams as ld
from latex_readers import require_pdflatex_reads
from learning_diagrams.proof.derivation import Derivation
from learning_diagrams.proof.tex_rows import SEMICOLON, broken, width
from random_derivation import derivations

LAYERS = st.lists(st.sampled_from([r"\texttt{encode}", r"{\theta} \otimes X", "X", r"\mathrm{Copy}(Y)"]), min_size=1)
X = ld.Ty("sample")
SUMMARY, COARSEN = ld.Box("summary_of_sample", X, X), ld.Box("coarsen", X, X)


@given(LAYERS, st.integers(8, 60))
def test_the_lines_are_the_row_and_each_fits_unless_one_layer_does_not(layers, columns):
    lines = broken(layers, columns)
    assert " ".join(lines).split(SEMICOLON.strip()) == SEMICOLON.join(layers).split(SEMICOLON.strip())
    for line in lines:
        assert width(line) <= columns or line.count(SEMICOLON.strip()) <= 1


def long_proof():
    tail = SUMMARY.then(COARSEN, ld.Copy(X), COARSEN @ X, X @ SUMMARY, COARSEN @ COARSEN, SUMMARY @ COARSEN)
    other = COARSEN.then(COARSEN, ld.Copy(X), COARSEN @ X, X @ SUMMARY, COARSEN @ COARSEN, SUMMARY @ COARSEN)
    return ld.prove(ld.Equation(tail, other), [ld.Equation(SUMMARY, COARSEN, "same")])


def test_a_page_of_the_class_article_holds_every_row(tmp_path):
    texts = [long_proof().latex(), long_proof().latex({SUMMARY: r"\hat{s}", X: r"\mathcal{X}"})]
    require_pdflatex_reads("\n".join(texts), tmp_path)
    assert "Overfull" not in (tmp_path / "a.log").read_text("latin-1")
    wide = long_proof().latex(columns=1_000)
    require_pdflatex_reads(wide, tmp_path)
    assert "Overfull" in (tmp_path / "a.log").read_text("latin-1")
    assert texts[0].count(r"\mathbin{;}") == wide.count(r"\mathbin{;}") and texts[0].count(r" \\") > wide.count(r" \\")


def test_a_derivation_that_is_longer_than_a_page_goes_on_on_the_next_one(tmp_path):
    derivation = Derivation(ld.Id(X).then(*[SUMMARY] * 14), [ld.Equation(SUMMARY, COARSEN, "same")])
    for _ in range(14):
        derivation = derivation.rewrite("same")
    text = derivation.proof().latex()
    require_pdflatex_reads(f"before\n{text}\nafter", tmp_path)
    assert "Overfull" not in (tmp_path / "a.log").read_text("latin-1")
    if shutil.which("pdftotext"):
        printed = subprocess.run(["pdftotext", "a.pdf", "-"], cwd=tmp_path, capture_output=True, text=True).stdout
        assert printed.count("by same") == text.count("by same") == 14 and "after" in printed
    plain = text.removeprefix("{\\allowdisplaybreaks\n").removesuffix("}")
    require_pdflatex_reads(plain, tmp_path)
    assert plain.startswith("\\begin") and "Overfull \\vbox" in (tmp_path / "a.log").read_text("latin-1")


def test_a_short_derivation_stays_on_one_page():
    law = ld.Equation(SUMMARY, COARSEN, "same")
    assert ld.prove(law, [law]).latex().startswith("\\begin{align*}")


@given(derivations())
def test_each_step_has_one_sign_and_one_reason(derivation):
    proof = derivation.proof()
    text = proof.latex(columns=30)
    assert text.count("={}&") == text.count(r"&& \text{by ") == max(1, len(proof.steps))


def test_columns_are_a_number():
    with pytest.raises(ld.TypeMismatch, match="columns= "):
        long_proof().latex(columns="wide")


def test_lemmas_stand_before_the_derivation_where_they_are_asked_for(tmp_path):
    law, twice = ld.Equation(SUMMARY, COARSEN, "same"), ld.Equation(SUMMARY >> SUMMARY, COARSEN >> COARSEN)
    lemma = ld.prove(twice.named("two_steps"), [law])
    thrice = Derivation(SUMMARY >> SUMMARY >> SUMMARY, [law, lemma]).rewrite("two_steps").rewrite("same").proof()
    notation = {SUMMARY: r"\hat{s}"}
    text, own = thrice.latex(notation, lemmas=True), thrice.latex(notation)
    assert text == f"\\emph{{Lemma two\\_steps.}}\n{lemma.latex(notation)}\n\n{own}"
    assert long_proof().latex(lemmas=True) == long_proof().latex()
    require_pdflatex_reads(text, tmp_path)
