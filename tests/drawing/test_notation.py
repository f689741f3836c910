"""The author's symbols in pictures: text of the right width, indices below and above the line, the same everywhere."""

import re
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import shown_label, text_width
from learning_diagrams.drawing.elements.label import BELOW, SMALLER, read_label
from learning_diagrams.errors import TypeMismatch, UnknownName
from learning_diagrams.presentation.notation import require_symbol

SVG = "{http://www.w3.org/2000/svg}"
X = ld.Ty("x")
ROWS, MORE = ld.SampleSpace("rows"), ld.SampleSpace("more")
A, B = ROWS.column("a", X), MORE.column("a", X)
F, G = ld.Box("f", X, X), ld.Kernel("g", X, X)


def pieces(latex):
    return [(p.text, p.shift, p.scale, p.italic, p.bold) for p in read_label(latex).pieces]


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"f_\theta", "fθ"), (r"\mathrm{enc}_{\phi}", "encϕ"), (r"\nabla_x u'", "∇xu′"), (r"\mathcal{L}", "ℒ"),
        (r"\mathbb{E}[X]", "𝔼[X]"), (r"\operatorname{softmax}", "softmax"), (r"\frac{a}{b}", "a/b"), ("a-b", "a−b"),
        (r"\tilde{f}", "f̃"), (r"\text{my net}", "my net"), (r"\{a\}", "{a}"), ("übung", "übung"),
    ],
)  # fmt: skip
def test_latex_reads_as_text(latex, text):
    require_symbol(latex, "it")
    assert read_label(latex) == text


@pytest.mark.parametrize("latex", ["a_b_c", "a^b^c", r"a_{b}_\theta", "a_{b_c_d}", r"\hat{a^b^c}", "a^2'"])
def test_two_indices_on_one_letter_are_refused(latex):
    with pytest.raises(TypeMismatch, match="two indices or two exponents"):
        require_symbol(latex, "it")


@pytest.mark.parametrize("latex", ["a_b^c", "a_b c_d", r"a_{b_c}^{d_e}", "f'^2", r"a_\theta b_c", r"\hat{a}_b^c"])
def test_one_index_and_one_exponent_are_allowed(latex):
    require_symbol(latex, "it")


def test_an_index_stands_lower_and_smaller_and_is_a_variable():
    assert pieces(r"f_\theta") == [("f", 0, 1, True, False), ("θ", BELOW, SMALLER, True, False)]
    assert pieces("x_{i_2}^3")[2][1] == round(BELOW + BELOW * SMALLER, 3)
    assert pieces(r"\mathbf{w}") == [("w", 0, 1, False, True)]  # the font has no bold letter of its own
    assert pieces(r"\mathcal{X}\mathrm{d}") == [("X", 0, 1, True, False), ("d", 0, 1, False, False)]


def test_the_width_is_that_of_its_pieces():
    label = read_label(r"f_\theta")
    assert text_width(label, 14) == pytest.approx(text_width("f", 14) + text_width("θ", 14 * SMALLER), abs=0.02)
    assert text_width(read_label(r"\hat{f}"), 14) == text_width("f", 14)
    assert shown_label(read_label("a" * 30)) == "a" * 23 + "…"


PARTS = [r"f_\theta", "x^2", r"\mathbf{W}_{12}", r"\hat g", "<&", "'"]


@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=3))
def test_the_last_piece_of_a_line_is_back_where_its_shift_says(parts):
    label = read_label("".join(part.replace("&", r"\&") for part in parts))
    element = ElementTree.fromstring(svg.text(0, 0, label, 100, "ink"))
    falls = [float(span.get("dy", 0)) for span in element.iter("tspan")]
    assert sum(falls) == pytest.approx(100 * label.pieces[-1].shift, abs=0.1)
    assert "".join(element.itertext()) == (label if len(label) <= 24 else shown_label(label))


def regime(notation):
    agree, fit = ld.Constraint("agree", A >> G, A >> F >> G), ld.Constraint("fit", F >> G, G, over=A, weight=0.5)
    return ld.LearningDiagram(agree, fit, name="regime", notation=notation)


def labels(picture):
    return ["".join(text.itertext()) for text in ElementTree.fromstring(picture.svg).iter(SVG + "text")]


def test_graph_equations_and_loss_show_the_symbols_and_no_name():
    symbols = {F: r"f_\theta", G: "Q", X: r"\mathcal{X}", ROWS: r"\Omega", A: r"\alpha"}
    shown = labels(regime({}).draw(notation=symbols))
    for label in ("fθ", "Q", "X", "Ω", "α"):
        assert shown.count(label) >= 2
    assert not {"f", "g", "x", "rows", "a"} & set(shown)
    assert "Q(fθ(α))" in shown[[text.startswith("loss") for text in shown].index(True)]
    assert 'data-box="f"' in regime(symbols).draw().svg  # a page finds the box by its name


def test_draw_overrides_what_the_learning_diagram_keeps():
    shown = labels(regime({F: "u", G: "v"}).draw(notation={"f": "w"}))
    assert "w" in shown and "v" in shown and "u" not in shown
    assert regime({F: "u"}).draw().svg == regime({}).draw(notation={F: "u"}).svg
    for wrong, error in (({"h": "u"}, UnknownName), ({F: "$u$"}, TypeMismatch), ("u", TypeMismatch)):
        with pytest.raises(error):
            regime({}).draw(notation=wrong)


def test_a_game_shows_the_symbols():
    players = {"first": {"terms": ["agree"], "boxes": [F]}, "second": {"terms": ["fit"], "boxes": [G]}}
    diagram = ld.LearningDiagram(*regime({}).constraints, players=players, notation={F: r"f_\theta"})
    shown = labels(diagram.draw())
    assert shown.count("fθ") >= 3 and "f" not in shown


def test_columns_of_one_name_are_written_with_their_space():
    diagram = ld.LearningDiagram(ld.Constraint("c", A >> F, A), ld.Constraint("d", B >> F, B))
    shown = labels(diagram.draw())
    assert {"rows.a", "more.a"} <= set(shown) and "a" not in shown
    assert re.search(r"rows\.a", shown[[text.startswith("loss") for text in shown].index(True)])
    assert "a" in labels(diagram.without("d").draw())


def test_tikz_and_formulas_show_the_symbols(tmp_path):
    diagram = regime({F: r"f_\phi", X: r"\mathbb{R}", A: r"\alpha", G: r"\mathcal{L}"})
    diagram.draw(tmp_path / "a.tikz")
    tikz = (tmp_path / "a.tikz").read_text(encoding="utf-8")
    assert r"$\phi$" in tikz and r"$\mathbf{R}$" in tikz and r"$\alpha$" in tikz and r"$\mathcal{L}$" in tikz
    assert r"\mathcal{L}(\cdot \mid f_\phi(\alpha))" in str(ld.formula(diagram))
    assert r"u(\alpha)" in str(ld.formula(diagram, notation={F: "u"}))


def test_a_proof_is_written_in_the_symbols():
    proof = ld.prove(ld.Equation(F >> F >> G, G), axioms={"involution": ld.Equation(F >> F, ld.Id(X))})
    latex = proof.latex({F: r"f_\theta", X: r"\mathcal{X}"})
    assert r"{f_\theta} \mathbin{;} {f_\theta} \mathbin{;} \texttt{g}" in latex and r"\texttt{f}" not in latex
    assert r"{\mathcal{X}}" in ld.prove(ld.Equation(F @ X, F @ X)).latex({X: r"\mathcal{X}"})
    assert proof.latex(regime({F: "u", A: "v"}).notation).count("{u}") == 2  # what is not in the proof is left out
    assert proof.latex() == proof.latex({}) and r"\texttt{f}" in proof.latex()
    for wrong in ({"nobody": "u"}, {F: "$u$"}, "u"):
        with pytest.raises((UnknownName, TypeMismatch)):
            proof.latex(wrong)
    assert {"fθ", "g"} <= set(labels(proof.draw(notation={F: r"f_\theta"}))) and "f" in labels(proof.draw())
    pair = ld.prove(ld.Equation(A @ B >> F @ F, A @ B >> F @ F))
    assert {"rows.a", "more.a"} <= set(labels(pair.draw()))


def test_a_plain_diagram_and_an_equation_take_a_notation():
    box, column = ld.Box("f", X, X), ld.SampleSpace("s").column("c", X)
    for drawn in (column >> box, ld.Equation(column >> box, column)):
        text = ld.draw(drawn, notation={box: r"\psi", "c": r"\xi"}).svg
        assert ">ψ<" in text and ">ξ<" in text and ">f<" not in text
    with pytest.raises(UnknownName, match="no symbol named 'g'; known: 'f', 'x'"):
        ld.draw(box, notation={"g": "h"})
    with pytest.raises(TypeMismatch, match="takes a mapping"):
        ld.draw(box, notation=3)


def test_columns_of_one_name_in_a_plain_diagram_are_written_with_their_space():
    columns = [ld.SampleSpace(space).column("c", X) for space in ("a", "b")]
    assert all(f">{space}.c<" in ld.draw(columns[0] @ columns[1]).svg for space in ("a", "b"))
