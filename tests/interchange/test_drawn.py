"""quiver and tikz-cd: what the arrows carry comes back equal, and what they do not carry is an error that names it."""

import json
import re
from base64 import b64encode

import pytest
from hypothesis import given, settings

import learning_diagrams as ld
import strategies
from learning_diagrams import regimes
from learning_diagrams.drawing.tex.cell_sides import sides_between
from learning_diagrams.drawing.tex.quiver import quiver_data
from learning_diagrams.interchange import from_quiver, from_tikz_cd, signature_from_quiver

NAMES = [name for name in regimes.__all__ if name != "regimes"]
LARGE = ("dino", "prototypical", "wgan_gp")  # their layouts take seconds
BOTH = ((from_quiver, ld.LearningDiagram.to_quiver), (from_tikz_cd, ld.LearningDiagram.to_tikz_cd))
x, y, z = ld.Ty("x"), ld.Ty("y"), ld.Ty("z")
f, g, h = ld.Box("f", x, y), ld.Kernel("g", y, z), ld.Box("h", x, z)
c = ld.SampleSpace("rows").column("c", x)
TRIANGLE = ld.LearningDiagram(ld.Constraint("law", c >> f >> g, c >> h, weight=1 / 3), frozen=[h])


@pytest.mark.parametrize(("read", "write"), BOTH)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.thorough] * (name in LARGE)) for name in NAMES]
)
def test_each_regime_comes_back(read, write, name):
    diagram = getattr(regimes, name)()
    again = read(write(diagram), name=diagram.name)
    assert again == diagram and again.to_dict().keys() == diagram.to_dict().keys()


@pytest.mark.sampled(1)
@pytest.mark.parametrize(("read", "write"), BOTH)
@settings(max_examples=10)
@given(strategies.small_learning_diagrams())
def test_learning_diagrams_come_back(read, write, diagram):
    """Whatever a file holds; names that no file holds are named."""
    if not diagram.equations:
        with pytest.raises(ld.FileError, match="no 2-cell"):
            read(write(diagram))
    elif "more rows" in [space.name for space in diagram.sample_spaces]:
        with pytest.raises(ld.FileError, match=r"not shown|cannot stand"):
            read(write(diagram))
        diagram = diagram.rename({"more rows": "more"})
    if diagram.equations:
        assert read(write(diagram)) == diagram


@pytest.mark.parametrize(("read", "write"), BOTH)
def test_symbols_of_an_author_and_equations_of_one_path_come_back(read, write):
    u = ld.Box("u", x, x)
    slope, rows = ld.Box("slope", x, x, uses=[u]), ld.SampleSpace("rows").column("c", x)
    law = ld.Constraint("law", slope @ slope, x @ slope, over=rows >> ld.Copy(x), weight=ld.Box("w", ld.Ty(), x))
    diagram = ld.LearningDiagram(
        law, axioms={"same": ld.Equation(u >> u, u >> u), "nothing": ld.Equation(ld.Id(x), ld.Id(x))},
        notation={slope: r"\partial_x u", u: r"\hat u"},
    )  # fmt: skip
    again = read(write(diagram))
    assert again == diagram and again.notation == diagram.notation


@pytest.mark.sampled(1)
@pytest.mark.parametrize(("read", "write"), BOTH)
def test_symbols_stand_in_terms_and_terms_come_back(read, write):
    """A box and an object of one name, columns by short and long names, a sample space, and terms of several lines."""
    q = ld.Ty("q")
    op, same, rows, more = ld.Box("op", q @ q, q), ld.Box("q", q, q), ld.SampleSpace("rows"), ld.SampleSpace("more")
    a, b, twin = rows.column("a", q), rows.column("b", q), more.column("b", q)
    both = ld.Copy(rows.ty, 3) >> a @ b @ a
    diagram = ld.LearningDiagram(
        ld.Constraint("over", op @ q >> op, q @ op >> op, over=both),
        ld.Constraint("far", ld.Copy(more.ty) >> twin @ twin >> op, twin),
        axioms=[
            ld.Equation(op @ q >> op, q @ q @ ld.Copy(q) >> q @ ld.Swap(q, q) @ q >> op @ op >> op, "R3"),
            ld.Equation(ld.Copy(q) >> same @ op.dom[:1] >> op, same, "turned"),
        ],
        notation={
            op: r"\triangleleft", same: r"\mathbf{q}", q: r"\mathcal{Q}",
            rows.ty: "R", "rows.b": r"\hat{{B}}", "more.b": "B",
        },
    )  # fmt: skip
    again = read(write(diagram))
    assert again == diagram and again.notation == diagram.notation
    arrows = re.findall(r"\\arrow.*", diagram.to_tikz_cd())
    for name in ("op", "q", "rows", "b"):  # each stands as its symbol
        assert not [arrow for arrow in arrows if re.search(rf"textrm\{{([^{{}}]*[ (])?{name}[ ),}}]", arrow)], name
    assert sum(arrow.count(r"\triangleleft") for arrow in arrows) > 10
    plain = diagram.edited(notation={}).to_tikz_cd()
    assert re.search(r"textrm\{([^{}]*[ (])?op[ ),}]", plain) and read(write(diagram.edited(notation={}))) == diagram


@pytest.mark.sampled(1)
@pytest.mark.parametrize(("read", "write"), BOTH)
def test_names_in_several_scripts_come_back(read, write):
    names = ["φ", "λ_1", "x₀", "é", "中文", "Привет", "long_name", "a.b", "ø", "σ²"]
    boxes = [ld.Box(name, ld.Ty(f"o_{name}"), ld.Ty(f"p_{name}")) for name in names]
    axioms = {
        f"{box.name} is 100% {{of}} ^itself, #1": ld.Equation(box, ld.Kernel(f"k{box.name}", box.dom, box.cod))
        for box in boxes
    }
    diagram = ld.LearningDiagram(axioms=axioms)
    again = read(write(diagram))
    assert again == diagram and [a.name for a in again.axioms] == [a.name for a in diagram.axioms]


@pytest.mark.parametrize(("read", "write"), BOTH)
def test_products_and_states_come_back(read, write):
    rows = ld.SampleSpace("rows")
    pair, single = ld.Kernel("pair", ld.Ty(), x @ y), rows.column("c", x)
    law = ld.Constraint("law", ld.Id(ld.Ty()) >> rows.state >> single, ld.Kernel("make", ld.Ty(), x))
    diagram = ld.LearningDiagram(law, axioms={"same": ld.Equation(pair, ld.Kernel("other", ld.Ty(), x @ y))})
    assert read(write(diagram)) == diagram


def link(*cells, count):
    return "https://q.uiver.app/#q=" + b64encode(json.dumps([0, count, *cells]).encode()).decode()


def test_a_square_that_a_person_draws_is_an_axiom_or_a_constraint():
    corners = [[0, 0, "A"], [1, 0, "B"], [0, 1, "C"], [1, 1, "D"]]
    sides = [[0, 1, "f"], [1, 3, "g"], [0, 2, "h"], [2, 3, "k", 0, {"style": {"body": {"name": "squiggly"}}}]]
    equal = {"level": 2, "style": {"head": {"name": "none"}}}
    diagram = from_quiver(link(*corners, *sides, [1, 2, "", 0, equal], count=4), name="square")
    (axiom,) = diagram.axioms
    assert str(axiom) == "Equation(f >> g = h >> k)" and isinstance(diagram.box("k"), ld.Kernel)
    assert diagram.name == "square"
    framed = [[0, 0, r"\boxed{\mathrm{rows}}"], *corners[1:]]
    (law,) = from_quiver(
        link(*framed, [0, 1, "u"], [1, 3, "g"], [0, 2, "v"], [2, 3, "k"], [1, 2, r"\alpha", 0, {"level": 2}], count=4)
    ).constraints
    assert (law.name, law.tested, str(law.lhs)) == ("α", "pointwise", "u >> g")


def test_json_is_read_as_the_link_is_and_arrows_alone_are_a_signature():
    assert from_quiver(json.dumps(quiver_data(TRIANGLE))) == TRIANGLE
    arrows = link([0, 0, "A"], [1, 0, "B"], [0, 1, "f", 2, {"curve": 3}], count=2)
    with pytest.raises(ld.FileError, match="there is no 2-cell"):
        from_quiver(arrows)
    (box,) = signature_from_quiver(arrows).boxes.values()
    assert box == ld.Box("f", ld.Ty("A"), ld.Ty("B"))


def test_a_label_that_is_no_name_gets_one_and_becomes_the_notation():
    drawn = link(
        [0, 0, "X"],
        [1, 0, "Y"],
        [0, 1, r"\hat f"],
        [0, 1, "f'"],
        [2, 3, "", 0, {"style": {"head": {"name": "none"}}}],
        count=2,
    )
    with pytest.raises(ld.FileError, match=r"arrow 0 .*cannot stand in a term"):
        from_quiver(drawn)
    diagram = from_quiver(drawn, names={r"\hat f": "f_hat", "f'": "f_prime"})
    assert {box.name for box in diagram.boxes} == {"f_hat", "f_prime"}
    assert sorted(diagram.notation.values()) == ["\\hat f", "f'"]
    with pytest.raises(ld.TypeMismatch, match="names="):
        from_quiver(drawn, names=["f"])


def test_an_action_that_a_person_draws_on_products():
    """The law of an action of a monoid: `m ⊗ X` and `M ⊗ a` between products, then `a`."""
    objects = [[0, 0, r"M^{\otimes 2} \otimes X"], [1, 0, r"M \otimes X"], [0, 1, r"M \otimes X"], [1, 1, "X"]]
    extra = [[2, 0, r"M \otimes M"], [2, 1, "M"]]
    arrows = [[0, 1, r"m \otimes X"], [1, 3, "a"], [0, 2, r"M \otimes a"], [2, 3, "a"], [4, 5, "m"]]
    law = [1, 2, "acts", 0, {"level": 2, "style": {"head": {"name": "none"}}}]
    (axiom,) = from_quiver(link(*objects, *extra, *arrows, law, count=6)).axioms
    M, X = ld.Ty("M"), ld.Ty("X")
    m, a = ld.Box("m", M @ M, M), ld.Box("a", M @ X, X)
    assert axiom == ld.Equation(m @ X >> a, M @ a >> a)


A, B = [0, 0, "A"], [1, 0, "B"]
CELL = [2, 3, "law", 0, {"style": {"head": {"name": "none"}}}]
PAIR = [A, B, [0, 1, "f"], [0, 1, "g"]]
UNCARRIED = {
    "a corner": ([A, B, [0, 1, "f", 0, {"style": {"name": "corner"}}]], "style 'corner' is not carried"),
    "an adjunction": ([A, B, [0, 1, "f"], [1, 0, "g"], [2, 3, "", 0, {"style": {"name": "adjunction"}}]], "adjunction"),
    "a mono": ([A, B, [0, 1, "f", 0, {"style": {"tail": {"name": "mono"}}}]], "tail 'mono' is not carried"),
    "an epi": ([A, B, [0, 1, "f", 0, {"style": {"head": {"name": "epi"}}}]], "head 'epi' is not carried"),
    "a profunctor": ([A, B, [0, 1, "f", 0, {"style": {"body": {"name": "barred"}}}]], "body 'barred' is not carried"),
    "a line": ([A, B, [0, 1, "f", 0, {"style": {"head": {"name": "none"}}}]], "has no head"),
    "an unknown option": ([A, B, [0, 1, "f", 0, {"weight": 2}]], "option 'weight' is not carried"),
    "a 3-cell": ([A, B, [0, 1, "f"], [0, 1, "g"], CELL, [2, 3, "also"], [4, 5, "more"]], "dimension 3"),
    "a triple arrow": ([A, B, [0, 1, "f", 0, {"level": 3}]], "3 lines"),
    "no name": ([A, B, [0, 1]], "has no label"),
    "no object": ([A, [1, 0], [0, 1, "f"]], "object 1: has no label"),
    "a macro": ([A, B, [0, 1, r"\mystery{f}"]], "is no plain text"),
    "a file": ([A, B, [0, 1, r"\input{/etc/passwd}"]], "is no plain text"),
    "a sentence": ([[0, 0, "a b"], B, [0, 1, "f"]], "object name 'a b' cannot stand in a term"),
    "two types": ([A, B, [0, 1, "f"], [1, 0, "f"]], "box 'f' is declared twice"),
    "two colours": ([A, B, [0, 1, "f"], [0, 1, "f", 0, {"colour": [0, 0, 40, 1]}], [0, 1, "g"], [2, 4, "l"]], "grey"),
    "no data": ([A, B, [0, 1, "f"], [0, 1, "g"], [2, 3, "law"]], "no column ends there"),
    "no sides": ([A, B, [0, 1, "f"], [1, 0, "g"], [2, 3, "law"]], "no two parallel paths"),
    "a word": ([A, B, [0, 1, "f"], [0, 1, "g"], [2, 3, r"\substack{law \\ \textrm{maybe}}"]], "the label says 'maybe'"),
    "a wrong side": ([*PAIR, [2, 3, r"\substack{l \\ \textrm{f = q}}"]], "no box or column is named 'q'"),
    "a wrong weight": ([*PAIR, [2, 3, r"\substack{l \\ \textrm{f = g} \\ \textrm{weight x}}"]], "must be a finite"),
    "two 2-cells of one name": ([*PAIR, [2, 3, "l", 0, CELL[4]], [3, 2, "l", 0, CELL[4]]], "another 2-cell"),
    "a wrong type": ([*PAIR, [0, 1, r"\textrm{f @ f}"], CELL], "the term goes from A @ A to B @ B"),
    "an unknown box": ([*PAIR, [0, 1, r"\textrm{q @ f}"], CELL], "no box or column is named 'q'"),
    "an unknown use": ([*PAIR, [0, 1, r"\textrm{h[q]}"], CELL], "uses 'q', which no arrow"),
    "a use in a circle": ([A, B, [0, 1, r"\textrm{h[h]}"]], "uses 'h', which no arrow"),
    "an unknown statement": ([[0, 0, r"\textrm{stated: law 3}"], B], "'stated: law 3' may state frozen, ema"),
    "a field twice": ([*PAIR, [2, 3, r"\substack{l \\ \textrm{weight 1} \\ \textrm{weight 2}}"]], "once each"),
    "weight of an axiom": ([*PAIR, [2, 3, r"\substack{l \\ \textrm{weight 2}}", 0, CELL[4]]], "axiom has no data"),
}  # fmt: skip


@pytest.mark.parametrize(("cells", "message"), UNCARRIED.values(), ids=UNCARRIED)
def test_what_a_quiver_says_and_we_do_not_carry_is_named(cells, message):
    with pytest.raises(ld.LearningDiagramError, match=r"^the quiver") as caught:
        from_quiver(link(*cells, count=2))
    assert message in str(caught.value)


MALFORMED = {
    "nothing": "", "no link": "hello", "no base64": "https://q.uiver.app/#q=%%%", "no JSON": "[0, 1", "a number": "3",
    "format 1": "[1, 0]", "too few": "[0, 7]", "a flag": "[0, true]", "no cell": "[0, 1, 3]",
    "no label": "[0,1,[0,0,3]]",
    "no end": '[0,2,[0,0,"A"],[1,0,"B"],[0,9,"f"]]', "itself": '[0,1,[0,0,"A"],[0,1,"f"]]',
    "no options": '[0,1,[0,0,"A"],[0,0,"f",0,3]]',
    "no style": '[0,1,[0,0,"A"],[0,0,"f",0,{"style":3}]]', "macros": "https://q.uiver.app/#q=WzAsMF0=&macros=x",
    "typst": "https://q.uiver.app/#r=typst&q=WzAsMF0=", "deep": "[" * 100_000, "huge": "[" + "0," * 900_000 + "0]",
    "numbers": f"[{'9' * 1_000_000}]", "deep label": json.dumps([0, 1, [0, 0, "{" * 5_000_000]]), "half": '"\\ud800"',
    "many arrows": json.dumps([0, 1, [0, 0, "A"], *[[0, 0, "f"]] * 9_000]),
    "many cells": json.dumps([0, 1, [0, 0, "A"], [0, 0, "f"], [0, 0, "g"], *[[1, 2, "l"]] * 900]),
    "wide": json.dumps([0, 500, *[[0, 0, r" \otimes ".join([r"A^{\otimes 999}"] * 250)]] * 500]),
    "wide terms": json.dumps([0, 1, [0, 0, "A"], *[[0, 0, r" \otimes ".join([r"A^{\otimes 999}"] * 250)]] * 500]),
    "no notation": json.dumps([0, 3, [0, 0, r"\textrm{stated: notation \{f: [1]\}}"], *PAIR[:2],
        [1, 2, "f"], [1, 2, "g"], [3, 4, *CELL[2:]]]),
    "no mapping": json.dumps([0, 3, [0, 0, r"\textrm{stated: ema [1, 2}"], *PAIR[:2], [1, 2, "f"]]),
    "bytes": b"[0, 0]", "null": "null",
}  # fmt: skip


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_or_hostile_quiver_is_a_short_typed_error(text):
    with pytest.raises(ld.LearningDiagramError) as caught:
        from_quiver(text)
    assert len(str(caught.value)) < 2_000


TIKZ = {
    r"\begin{tikzcd} A \arrow[r] & B \end{tikzcd}": "arrows stand behind all rows",
    r'\begin{tikzcd} A & B \arrow["f", r] \end{tikzcd}': "from= must name an object",
    r"\begin{tikzcd} A & B \arrow r \end{tikzcd}": "has no options",
    r"\begin{tikzcd} A & B \arrow[from=1-1, to=1-2, two heads] \end{tikzcd}": "option 'two heads' is not carried",
    r"\begin{tikzcd} A & B \arrow[from=1-1, to=3-3] \end{tikzcd}": "to= must name an object",
    r'\begin{tikzcd} A & B \arrow["f", "g", from=1-1, to=1-2] \end{tikzcd}': "several labels",
    r'\begin{tikzcd} A & B \arrow["f"{rotate=3}, from=1-1, to=1-2] \end{tikzcd}': "option 'rotate=3' is not carried",
    r'\begin{tikzcd} A & B \arrow["f", from=1-1, to=1-2] and more \end{tikzcd}': "arrows stand behind all rows",
    r"no environment": "there are 0", r"\begin{tikzcd}\end{tikzcd}" * 2: "there are 2",
    r"\begin{tikzcd} \input{/etc/passwd} & B \end{tikzcd}": "is no plain text",
}  # fmt: skip


@pytest.mark.parametrize("text", TIKZ)
def test_what_the_grammar_of_tikz_cd_lacks_is_named(text):
    with pytest.raises(ld.FileError, match=r"^the tikz-cd text") as caught:
        from_tikz_cd(text)
    assert TIKZ[text] in str(caught.value)


def test_the_text_that_quiver_writes_is_read():
    """The form of quiver's export: its link, names of arrows, a phantom arrow, curves in points, shortened 2-cells."""
    diagram = from_tikz_cd(r"""% https://q.uiver.app/#q=WzAs
\[\begin{tikzcd}[ampersand replacement=\&,cramped]
	{\boxed{\mathrm{rows}}} & A & B
	\arrow["c", from=1-1, to=1-2]
	\arrow[""{name=0, anchor=center, inner sep=0}, "f", curve={height=-12pt}, squiggly, from=1-2, to=1-3]
	\arrow[""{name=0p, anchor=center, inner sep=0}, phantom, from=1-2, to=1-3, start anchor=center, end anchor=center]
	\arrow[""{name=1, anchor=center, inner sep=0}, "g"', color={rgb,255:red,102;green,102;blue,102}, from=1-2, to=1-3]
	\arrow["\alpha", between={0.2}{0.8}, Rightarrow, from=0p, to=1]
\end{tikzcd}\]""")
    a, b = ld.Ty("A"), ld.Ty("B")
    column, left, right = ld.SampleSpace("rows").column("c", a), ld.Kernel("f", a, b), ld.Box("g", a, b)
    assert diagram == ld.LearningDiagram(ld.Constraint("α", column >> left, column >> right), frozen=[right])


def test_a_2_cell_that_could_mean_two_pairs_of_paths_says_its_sides():
    assert len(sides_between([(0, 1), (0, 1), (1, 2), (0, 2)], (False, 1), (True, 3))) == 2
    with pytest.raises(ld.TypeMismatch, match="more than 300 paths"):
        sides_between([(0, 0)] * 100, (False, 0), (False, 0))
