"""TikZ: the same shapes as in the SVG, and documents that pdfLaTeX compiles as they stand."""

import re
import shutil
import subprocess
from itertools import pairwise
from math import atan2, cos, pi, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams import regimes
from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.graph.plane.curve import at
from learning_diagrams.drawing.tex.letters import SYMBOLS, in_latex
from learning_diagrams.drawing.tex.outline import outlined, within
from learning_diagrams.drawing.tex.tikz import tikz_picture
from learning_diagrams.drawing.tex.tikz_cd import tikz_cd_text

NAMES = [name for name in regimes.__all__ if name != "regimes"]
HOSTILE = [
    "a_b%$#&{}~^\\", "中文", "Привет", "عربي", "😀", "λ_θ→⇒", "é ñ ß ø Ż", "</text>", "--<<>>``''", "₀²", "x" * 60,
    "𝔼[f]", "a\u0301\u0323b", "\\input{/etc/passwd}", '"] \\end{tikzcd}', "%", " two  spaces ", "]", ",", "=",
    "".join(SYMBOLS),
]  # fmt: skip
needs_latex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex with TikZ")
STAY = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
x = ld.Ty("x")


def compiled(folder, text):
    """The number of pages that pdfLaTeX makes of a document."""
    (folder / "a.tex").write_text(text, encoding="utf-8")
    command = ["pdflatex", "-interaction=batchmode", "-halt-on-error", "-no-shell-escape", "a.tex"]
    run = subprocess.run(command, cwd=folder, capture_output=True, timeout=240)
    log = (folder / "a.log").read_text(encoding="latin-1")
    assert run.returncode == 0, log[-3000:]
    return int(re.search(r"Output written on a\.pdf \((\d+) page", log.replace("\n", ""))[1])


def hostile():
    return ld.LearningDiagram(
        *(ld.Constraint(name, ld.Box(name, x, x), ld.Box(name + "'", x, x), over=data(name)) for name in HOSTILE),
        name=HOSTILE[0],
    )


def data(name):
    return ld.SampleSpace(f"{name} s").column(f"{name} c", x)


@needs_latex
def test_a_picture_in_a_line_takes_its_own_room_alone(tmp_path):
    (tmp_path / "p.tikz").write_text(ld.draw(ld.Box("f", x, x)).tikz, encoding="utf-8")
    width, height = re.search(r"rectangle \(([\d.]+),([\d.]+)\)", (tmp_path / "p.tikz").read_text("utf-8")).groups()
    body = r"\sbox0{\input{p.tikz}}\typeout{is \the\wd0, \the\ht0.}\noindent\resizebox{\linewidth}{!}{\input{p.tikz}}"
    head = r"\documentclass{article}\usepackage{tikz,amsmath,amssymb}\begin{document}"
    assert compiled(tmp_path, f"{head}{body}\\end{{document}}") == 1
    log = (tmp_path / "a.log").read_text("latin-1")
    taken = re.search(r"is ([\d.]+)pt, ([\d.]+)pt\.", log).groups()
    assert [float(size) / 1.00375 for size in taken] == pytest.approx([float(width), float(height)], abs=0.1)
    assert "Overfull" not in log


@needs_latex
@pytest.mark.parametrize("names", [NAMES[8:12], pytest.param(NAMES, marks=pytest.mark.thorough)], ids=["some", "all"])
def test_pictures_and_commutative_diagrams_of_regimes_compile(names, tmp_path):
    parts = [f"\\resizebox{{\\textwidth}}{{!}}{{{getattr(regimes, name)().draw().tikz}}}\\newpage" for name in names]
    parts += [f"\\[\n{getattr(regimes, name)().to_tikz_cd()}\\]\\newpage" for name in names]
    packages = "\\usepackage[paperwidth=60cm, paperheight=200cm]{geometry}\\usepackage{amsmath,tikz-cd}"
    head = f"\\documentclass{{article}}{packages}\\pagestyle{{empty}}\\begin{{document}}\n"
    assert compiled(tmp_path, head + "\n".join(parts) + "\\end{document}") == 2 * len(names)


@needs_latex
def test_the_marks_of_draws_compile(tmp_path):
    x = ld.Ty("x")
    coin, join = ld.Kernel("coin", ld.Ty(), x), ld.Box("join", x**6, x)
    told = ld.Constraint("told", ld.Id(ld.Ty()).tensor(*[coin] * 6) >> join, coin >> ld.Copy(x, 6) >> join)
    ld.LearningDiagram(told).draw(tmp_path / "marks.tex", notation={"coin": r"c_\theta"})
    text = (tmp_path / "marks.tex").read_text(encoding="utf-8")
    assert "'''" in text and "^{(}" in text and "\\ldletter{‴" not in text
    assert compiled(tmp_path, text) == 1


@pytest.mark.sampled(1)
@needs_latex
@pytest.mark.parametrize("direction", ["right", "up"])
def test_a_document_compiles_as_it_stands_whatever_the_names_are(direction, tmp_path):
    hostile().draw(tmp_path / "b.tex", direction=direction)
    assert compiled(tmp_path, (tmp_path / "b.tex").read_text(encoding="utf-8")) == 1


@pytest.mark.thorough
@needs_latex
def test_a_commutative_diagram_compiles_whatever_the_names_are(tmp_path):
    assert compiled(tmp_path, hostile().to_tikz_cd(standalone=True)) == 1
    assert compiled(tmp_path, ld.LearningDiagram().to_tikz_cd(standalone=True)) == 1
    assert compiled(tmp_path, regimes.gan().to_tikz_cd(standalone=True)) == 1  # high enough for its arcs


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.thorough] * (name not in NAMES[4:8])) for name in NAMES]
)
def test_each_shape_of_the_svg_is_a_shape_in_tikz_with_its_style(name):
    picture = getattr(regimes, name)().draw()
    shapes = re.findall(r"<(?:path|rect|circle) class=\"(\w+)\"", "".join(picture.scene.elements))
    assert re.findall(r"\\path\[ld (\w+)", picture.tikz) == shapes
    assert picture.tikz.count(r"\node[") == "".join(picture.scene.elements).count("<text")
    assert all(f"ld {look}/.style" in picture.tikz for look in shapes)


AUTHOR = {
    "student": r"f_{\theta}^*", "teacher": r"\hat{g}_\aquarius", "pixels": r"\c c", "label": r"\mathbf{y}",
    "image": "übung", "digit": r"\operatorname{softmax}", "digits": r"\mathbb{D}",
}  # fmt: skip


@needs_latex
def test_symbols_of_the_author_compile_even_where_tex_does_not_know_them(tmp_path):
    regimes.distillation().draw(tmp_path / "b.tex", notation=AUTHOR)
    text = (tmp_path / "b.tex").read_text(encoding="utf-8")
    assert compiled(tmp_path, text) == 1
    alone = text.replace(r"\usepackage{amsmath,amssymb}", "")
    assert alone != text and compiled(tmp_path, alone) == 1


def test_symbols_of_the_author_are_mathematics_and_stand_in_the_middle():
    tikz = regimes.distillation().draw(notation=AUTHOR).tikz
    assert r"\ldsymbol{\ldneeds{theta}}{f_{\theta}^*}{" in tikz and r"{\boldmath \ldsymbol{\ldneeds{mathbb}}" in tikz
    assert r"\ldneeds{aquarius}" in tikz and r"{\c c}" not in tikz and "ldsymbol{}{übung}" not in tikz
    assert re.search(r"anchor=base\] at \S+ \{\\ldsize\{10.5\}\{\\ldsymbol", tikz)


def test_the_colours_are_those_of_the_light_picture_and_what_is_not_in_hand_is_quiet():
    f, g = ld.Box("f", x, x), ld.Box("g", x, x)
    square = ld.Square(f, g, g, f, "s").beside(ld.Square(f, g, g, f, "t"))
    for tikz, quiet in ((regimes.distillation().draw().tikz, False), (square.draw().tikz, True)):
        pairs = re.findall(r"\\definecolor\{ld (\w+)\}\{HTML\}\{(\w+)\}", tikz)
        colours = dict(pairs)
        assert colours["ink"] == colours["line"] == "1B1F24" and len(pairs) == len(colours)
        assert ("fill={ld rule}" in tikz) == quiet


def test_texts_and_comments_steer_nothing():
    lines = hostile().draw().tikz.splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("%"))
    for piece in re.findall(r"\\ldsize\{[\d.]+\}(.*)\};", text):
        assert piece.count("{") - piece.count(r"\{") == piece.count("}") - piece.count(r"\}")
        assert r"\input" not in piece and not re.search(r"(?<!\\)[%#&]", piece)


def test_the_size_is_that_of_the_picture_in_pixels_or_the_width_that_is_asked():
    scene = svg.Scene(400, 100, (svg.circle(10, 20, 4, "line", 2),))
    assert "(0,0) rectangle (300,75)" in tikz_picture(scene, "") and "(7.5,60) circle[radius=3]" in tikz_picture(
        scene, ""
    )
    assert "line width=0.75bp" in tikz_picture(scene, "", 200) and "(0,0) rectangle (150,37.5)" in tikz_picture(
        scene, "", 200
    )


def test_what_tex_cannot_measure_is_refused():
    with pytest.raises(ld.FileError, match=r"TeX measures up to 16,000; take \.svg"):
        tikz_picture(svg.Scene(100, 30_000, ()), "")


@given(st.floats(0.1, 6.1), st.floats(0.3, 6), st.booleans(), st.integers(3, 40), st.integers(3, 40))
def test_an_arc_is_a_path_along_its_ellipse(start, turn, clockwise, rx, ry):
    """The curve of SVG's arc, against points of the ellipse itself."""
    end = start + (turn if clockwise else -turn)
    (a, b), (c, d) = ((50 + rx * cos(t), 60 + ry * sin(t)) for t in (start, end))
    path = outlined(f"M{a} {b}A{rx} {ry} 0 {int(turn > pi)} {int(clockwise)} {c} {d}", STAY)
    numbers = [float(n) for n in re.findall(r"-?[\d.]+(?:e-?\d+)?", path.replace("..", " "))]
    points = list(zip(numbers[::2], numbers[1::2], strict=True))
    angles = []
    for i in range(0, len(points) - 1, 3):
        for t in range(11):
            p, q = at(tuple(points[i : i + 4]), t / 10)
            assert abs(((p - 50) / rx) ** 2 + ((q - 60) / ry) ** 2 - 1) < 0.02
            angles.append(atan2((q - 60) / ry, (p - 50) / rx))
    steps = [((later - earlier + pi) % (2 * pi) - pi) * (1 if clockwise else -1) for earlier, later in pairwise(angles)]
    assert min(steps) > -0.02 and abs(sum(steps) - turn) < 0.1


def test_transforms_are_applied_from_the_inside():
    place = within(STAY, "translate(10 20) rotate(90) scale(2)")
    assert outlined("M1 0H3", place) == "(10,22) -- (10,26)"


def test_letters_that_latex_cannot_write_keep_themselves():
    assert in_latex("中😀") == r"\ldletter{中}{4E}{2D}\ldletter{😀}{01F}{600}"
    assert in_latex("a  b") == r"a\ \ b" and in_latex("λ₁") == r"$\lambda$$_1$"


def test_a_commutative_diagram_says_what_it_does_not_show():
    assert "% stated: players {critic: {" in tikz_cd_text(regimes.gan())
    odd = ld.Box("no name", ld.Ty("x"), ld.Ty("x"))
    text = tikz_cd_text(ld.LearningDiagram(axioms={"law": ld.Equation(odd @ odd, odd @ odd)}))
    assert "% not shown: axiom law: a side has a name that no term can carry" in text
