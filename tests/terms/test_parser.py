"""Terms as text: printing then parsing is the identity up to equality, and errors point at the place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning_diagrams.diagrams.box import Box, Id, Kernel, Ty
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.sample_space import SampleSpace
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.diagrams.structure import Copy, Discard, Swap
from learning_diagrams.diagrams.symbol import shared_names, text_of
from learning_diagrams.equality.canonical_form import digest
from learning_diagrams.errors import LearningDiagramError, ParseError, TypeMismatch
from learning_diagrams.proof.display import Display
from learning_diagrams.terms.parser import parse_term
from learning_diagrams.terms.printer import STRUCTURE, print_term
from strategies import ROWS, columns, diagrams

x, y = Ty("x"), Ty("y")
f, g, wide, k = Box("f", x, y), Box("g", y, x), Box("wide", x @ y, y @ x), Kernel("k", x, x)
pixels, state = ROWS.column("pixels", x), ROWS.state
signature = Signature.of([f, g, wide, k, pixels, state])


def same(lhs, rhs):
    return (lhs.dom, lhs.cod, digest(lhs)) == (rhs.dom, rhs.cod, digest(rhs))


def read(text):
    return parse_term(text, signature)


@given(diagrams(max_size=8))
def test_printing_then_parsing_is_the_identity(diagram):
    own = Signature.of([diagram])
    assert same(parse_term(print_term(diagram, own), own), diagram)


@given(diagrams(max_size=6))
def test_so_it_is_for_foliated_diagrams_and_over_data(diagram):
    for each in (diagram.foliation(), ROWS.state >> columns(diagram.dom) >> diagram):
        own = Signature.of([each])
        assert same(parse_term(print_term(each, own), own), each)


@given(diagrams(max_size=8))
def test_so_it_is_for_the_text_of_python_and_of_proofs(diagram):
    for each in (diagram, diagram.foliation()):
        assert same(parse_term(str(each), Signature.of([diagram])), each)


F, X, M, N = Ty("f"), Ty("x"), SampleSpace("m"), SampleSpace("n")
BOXES = (Box("f", F, F), Box("x", F, X), Kernel("m", X @ F, X))
LIKE_OBJECTS = (*BOXES, M.state, N.state, M.column("x", X), N.column("y", F))


@st.composite
def sides_with_names_of_objects(draw):
    """Two diagrams, in which boxes, columns and a sample space have the names of objects."""
    sides = []
    for _ in range(2):
        side = Id(draw(st.sampled_from([F, X, F @ X, X @ F, M.ty @ F, N.ty @ X, Ty()])))
        for box in draw(st.lists(st.sampled_from([*LIKE_OBJECTS, Copy(X)]), max_size=4)):
            places = [i for i in range(len(side.cod) + 1) if side.cod[i : i + len(box.dom)] == box.dom]
            if places:
                place = draw(st.sampled_from(places))
                side = side >> side.cod[:place] @ box @ side.cod[place + len(box.dom) :]
        sides.append(side)
    return sides


@given(sides_with_names_of_objects())
def test_a_statement_tells_a_box_from_an_object_of_its_name(sides):
    own, shared, display = Signature.of(sides), shared_names(sides), Display(map(PortGraph.from_diagram, sides))
    for side in sides:
        assert same(parse_term(text_of(side, shared), own), side)
        assert same(parse_term(display.text(side), own), side)
        assert same(parse_term(str(side), Signature.of([side])), side)


@pytest.mark.parametrize(
    ("text", "diagram"),
    [
        ("f", f),
        ("f >> g", f >> g),
        ("f @ g", f @ g),
        ("f @ g >> g @ f", f @ g >> g @ f),
        ("(f >> g) @ k", (f >> g) @ k),
        ("f >> (g >> k)", f >> g >> k),
        ("((f)) @ (g @ (k))", f @ g @ k),
        ("copy(x)", Copy(x)),
        ("copy(x, 3)", Copy(x, 3)),
        ("copy(x, 1)", Id(x)),
        ("copy(x, 0)", Discard(x)),
        ("copy(x @ y)", Copy(x @ y)),
        ("discard(x @ y)", Discard(x @ y)),
        ("swap(x, y @ x)", Swap(x, y @ x)),
        ("id(x @ y) >> wide", wide),
        ("id(I)", Id(Ty())),
        ("id(I @ x @ I) >> f", f),
        ("swap(I, x)", Id(x)),
        ("state(rows) >> pixels", state >> pixels),
        ("rows.pixels", pixels),
        ("copy(rows) >> pixels @ pixels", Copy(ROWS.ty) >> pixels @ pixels),
        ("Copy(x, 3) >> f @ Id(x) @ Discard(x)", Copy(x, 3) >> f @ x @ Discard(x)),  # as Python and proofs print them
        ("Swap(x, y) >> Id(y) @ f", Swap(x, y) >> y @ f),
        ("x @ f >> f @ y", f @ f),
        ("copy(x) >> (x @ f >> k @ y)", Copy(x) >> k @ f),
        (" f>>\n\tg ", f >> g),
    ],
)
def test_the_grammar(text, diagram):
    assert same(read(text), diagram)


@pytest.mark.parametrize(
    ("diagram", "text"),
    [
        (Id(x @ y), "id(x @ y)"),
        (Id(Ty()), "id(I)"),
        (x @ f >> Swap(x, y), "id(x) @ f >> swap(x, y)"),
        (Copy(x, 3) >> x @ Discard(x) @ x, "copy(x, 3) >> id(x) @ discard(x) @ id(x)"),
        (f @ y >> y @ g, "f @ g"),
        (state >> pixels, "state(rows) >> pixels"),
    ],
)
def test_how_a_term_is_printed(diagram, text):
    assert print_term(diagram, signature) == text


def test_ten_thousand_boxes_in_a_row():
    long = " >> ".join(["f >> g"] * 5_000)
    diagram = read(long)
    assert len(diagram.boxes) == 10_000 and print_term(diagram, signature) == long


def test_two_hundred_parentheses_and_no_more():
    assert read("(" * 200 + "f" + ")" * 200) == f
    with pytest.raises(ParseError, match="more than 200 deep"):
        read("(" * 201 + "f" + ")" * 201)
    with pytest.raises(ParseError, match="more than 200 deep"):
        read("(" * 100_000)
    assert len(read(" >> ".join(["(f) >> ((g))"] * 300)).boxes) == 600, "depth is not length"


@pytest.mark.parametrize(
    ("text", "marked", "message"),
    [
        ("", "", "the end of the term"),
        ("f >>", "", "the end of the term"),
        (">> f", ">> f", "'>>'"),
        ("f f", "f", "unexpected 'f'"),
        ("f >> >> g", ">> g", "'>>'"),
        ("f @", "", "the end of the term"),
        ("(f", "", "not closed"),
        ("f)", ")", "unexpected '\\)'"),
        ("()", ")", "got '\\)'"),
        ("f # g", "# g", "unexpected character '#'"),
        ("f -> g", "-> g", "unexpected character '-'; >> composes"),
        ("f > g", "> g", "unexpected character '>'; >> composes"),
        ("f ⊗ g", "⊗ g", "unexpected character '⊗'; @ puts diagrams side by side, as in f @ g"),
        ("f × g", "× g", "unexpected character '×'; @ puts diagrams side by side"),
        ("f ; g", "; g", "unexpected character ';'; >> composes, as in f >> g"),
        ("g ∘ f", "∘ f", "unexpected character '∘'; >> composes in the order of the arrows: g ∘ f is written f >> g"),
        ("f = g", "= g", "unexpected character '='; a term is one diagram"),
        ("copy(x ⊗ x)", "⊗ x)", "unexpected character '⊗'; @ puts diagrams side by side"),
        ("f >> h", "h", "no box or column is named 'h'"),
        ("f >> gg", "gg", "did you mean 'g'"),
        ("copy(z)", "z)", "no object is named 'z'"),
        ("x", "x", "'x' is an object: write id\\(x\\)"),
        ("f >> y >> g", "y >> g", "'y' is an object: write id\\(y\\)"),
        ("f @ x >> y @ x", "y @ x", "'y' is an object: write id\\(y\\)"),
        ("rows >> pixels", "rows >> pixels", r"'rows' is a sample space: write id\(rows\) for its identity, state"),
        ("f @ (x)", "x)", "'x' is an object: write id\\(x\\)"),
        ("copy(f)", "f)", "no object is named 'f'"),
        ("copy x", "x", "expected '\\('"),
        ("copy(x, y)", "y)", "expected a number"),
        ("copy(x, number)", "number)", "expected a number"),
        ("copy(x, -1)", "-1)", "unexpected character"),
        ("copy(x, 10000)", "10000)", "more copies"),
        ("copy(x, 2, 2)", ", 2)", "expected '\\)'"),
        ("swap(x)", ")", "expected ','"),
        ("swap(x, )", ")", "expected a name"),
        ("id()", ")", "expected a name"),
        ("id", "", "expected '\\('"),
        ("I", "I", "expected a box"),
        ("3", "3", "expected a box"),
        ("state(x)", "x)", "no sample space is named 'x'"),
        ("x", "x", "no box or column is named 'x'; 'x' is an object: write id\\(x\\) for its identity"),
        ("id(f)", "f)", "no object is named 'f'; 'f' is a box or a column, and a type is made of objects"),
        ("f\n>> h\n>> g", "h", "line 2, column 4"),
        ("f ('os')", "'os')", "unexpected character"),
        ("__import__('os')", "__import__('os')", "no box or column is named '__import__'"),
        ("f.__class__", "f.__class__", "no box or column is named 'f.__class__'"),
        ("f >> f'", "'", "unexpected character"),
    ],
)
def test_an_error_points_at_the_place(text, marked, message):
    with pytest.raises(ParseError, match=message) as caught:
        read(text)
    shown, caret = str(caught.value).split("\n")[-2:]
    assert caret.strip() == "^"
    assert shown[caret.index("^") :] == marked


def test_what_does_not_compose_points_at_the_arrow():
    with pytest.raises(TypeMismatch, match=r"y on the left, x on the right \(line 1, column 8\)\n.*\n {9}\^$"):
        read("g >> f >> f")


def test_a_long_line_is_cut_around_the_place():
    with pytest.raises(ParseError) as caught:
        read("f >> g >> " * 50 + "h" + " >> f" * 50)
    shown, caret = str(caught.value).split("\n")[-2:]
    assert shown[caret.index("^")] == "h" and len(shown) <= 110 and "column 501" in str(caught.value)


# Names.


def test_a_bare_column_that_two_spaces_have_is_ambiguous():
    other = SampleSpace("other").column("pixels", x)
    own = Signature.of([pixels, other])
    with pytest.raises(ParseError, match=r"'pixels' is ambiguous: rows\.pixels, other\.pixels"):
        parse_term("pixels", own)
    assert parse_term("other.pixels", own) == other
    assert print_term(pixels, own) == "rows.pixels"


@pytest.mark.parametrize(
    ("name", "text"), [("pixels", "rows.pixels >> pixels"), ("rows.pixels", "pixels >> rows.pixels")]
)
def test_a_box_that_is_called_like_a_column_goes_first(name, text):
    term = pixels >> Box(name, x, x)
    own = Signature.of([term])
    assert print_term(term, own) == text and same(parse_term(text, own), term)


def test_a_column_whose_names_are_both_those_of_boxes_is_refused():
    term = pixels >> Box("pixels", x, x) >> Box("rows.pixels", x, x)
    with pytest.raises(ParseError, match=r"column 'rows\.pixels' cannot be written as text: another thing has that"):
        print_term(term, Signature.of([term]))


def test_columns_whose_dotted_names_coincide_are_read_back_or_refused():
    term = SampleSpace("a").column("b.c", x) @ SampleSpace("a.b").column("c", x)
    own = Signature.of([term])
    try:
        text = print_term(term, own)
    except LearningDiagramError:
        return
    assert same(parse_term(text, own), term)


@pytest.mark.parametrize("name", ["I", "", "a b", "a>>b", "3a", "a.", ".a", "a-b"])
def test_names_that_the_grammar_cannot_carry_are_refused(name):
    box, ty, space = Box(name, x, x), Ty(name), SampleSpace(name)
    for diagram in (box, Id(ty), Copy(ty), Swap(ty, x), space.state, space.column("c", x), ROWS.column(name, x)):
        with pytest.raises(ParseError, match="cannot be written as text"):
            print_term(diagram, Signature.of([diagram]))


@pytest.mark.parametrize("name", [*sorted(STRUCTURE), "Id", "Copy", "Ty"])
def test_words_of_the_structure_are_names_too(name):
    """An object and a box may be called `state` or `copy` at once, and so may a sample space and its column."""
    ty, space = Ty(name), SampleSpace(name)
    act, column = Box(name, ty @ x, ty), space.column(name, x)
    for diagram in (
        Copy(ty) >> Swap(ty, ty) >> ty @ Discard(ty) >> ty @ Box("e", Ty(), x) >> act,
        space.state >> Copy(space.ty) >> column @ column,
        space.state >> column,
        Id(ty @ x),
        ty @ f,
    ):
        own = Signature.of([diagram])
        assert same(parse_term(print_term(diagram, own), own), diagram)
    assert same(parse_term(f"{name} @ f >> {name} @ g", Signature.of([Id(ty), f, g])), ty @ (f >> g))


@given(st.from_regex(r"[^\W\d]\w*(\.[^\W\d]\w*){0,2}", fullmatch=True).filter(lambda name: name != "I"))
def test_every_other_name_is_read_back(name):
    diagram = Box(name, x, Ty(f"{name}_")) >> Copy(Ty(f"{name}_"))
    own = Signature.of([diagram])
    assert same(parse_term(print_term(diagram, own), own), diagram)


words = st.sampled_from([*"fg()@,xyI2", ">>", "wide", "copy", "id", "swap", "state", "rows"])


@given(st.text(max_size=20) | st.lists(words).map(" ".join))
def test_any_text_is_a_term_or_a_typed_error(text):
    try:
        read(text)
    except LearningDiagramError as error:
        assert "^" in str(error)


@pytest.mark.parametrize("thing", [None, 3, b"f", f, ["f"]])
def test_a_term_is_a_string(thing):
    with pytest.raises(ParseError, match="a term is a string"):
        read(thing)


@pytest.mark.parametrize("line", ["f >>\t>> g", "f >>\u3000>> g", "f >> \u0301>> g", "名\t字", "f >> 名 名"])
def test_the_caret_stands_below_the_place_in_a_terminal(line):
    with pytest.raises(ParseError) as caught:
        read(line)
    shown, caret = str(caught.value).split("\n")[-2:]
    assert "\t" not in shown and "\n" not in caret
    width = {"名": 2, "字": 2, "\u0301": 0}
    column = int(str(caught.value).split(", column ")[1].split(")")[0]) - 1
    assert len(caret) - 3 == sum(width.get(char, 1) for char in shown[2 : 2 + column])


def test_the_caret_counts_a_wide_character_twice():
    with pytest.raises(ParseError, match="no box or column is named '字'") as caught:
        parse_term("名 >> 字", Signature.of([Box("名", x, y)]))
    assert str(caught.value).endswith(" (line 1, column 6)\n  名 >> 字\n        ^")


def test_a_sample_space_in_a_term_is_told_by_what_it_is_written():
    with pytest.raises(ParseError, match=r"'rows' is a sample space: write id\(rows\) for its identity, state\(rows\)"):
        parse_term("rows", Signature.of([pixels]))
