"""The author's symbols: read by names or values, kept by files and edits, refused where they are no mathematics."""

import copy
import pickle

import pytest

import learning_diagrams as ld
from learning_diagrams.documents.document import json_schema
from learning_diagrams.drawing.elements.label import read_label
from learning_diagrams.errors import DuplicateName, FileError, TypeMismatch, UnknownName
from learning_diagrams.presentation.notation import BESIDE, notation_of

IMAGE, DIGIT = ld.Ty("image"), ld.Ty("digit")
DIGITS, OTHER = ld.SampleSpace("digits"), ld.SampleSpace("other")
PIXELS, LABEL = DIGITS.column("image", IMAGE), DIGITS.column("label", DIGIT)
STUDENT, TEACHER = (ld.Kernel(name, IMAGE, DIGIT) for name in ("student", "teacher"))
SYMBOLS = {STUDENT: r"f_\theta", IMAGE: r"\mathcal{X}", DIGITS: r"\Omega", PIXELS: "x", "digits.label": "y"}


def regime(notation=SYMBOLS):
    fit = ld.Constraint("fit", PIXELS >> STUDENT, LABEL)
    return ld.LearningDiagram(fit, ld.Constraint("agree", PIXELS >> STUDENT, PIXELS >> TEACHER), notation=notation)


def test_it_is_no_part_of_equality_and_of_the_digest():
    assert regime() == regime({}) and regime().digest() == regime({}).digest() and hash(regime()) == hash(regime({}))
    assert regime().notation != regime({}).notation


def test_names_and_values_are_keys():
    by_name = {"student": r"f_\theta", "object image": r"\mathcal{X}", "digits": r"\Omega", "digits.image": "x"}
    by_name["digits.label"] = "y"
    assert regime(by_name).notation == regime().notation
    names = {"digits.image": "x", "digits.label": "y", "label": "y", "image": r"\mathcal{X}"}
    assert notation_of(regime()) == names | {"student": r"f_\theta", "digits": r"\Omega"}


def test_a_bare_name_is_that_of_the_box():
    box = ld.Box("image", IMAGE, IMAGE)
    diagram = ld.LearningDiagram(ld.Constraint("c", PIXELS >> box, PIXELS), notation={"image": "g", IMAGE: "X"})
    assert {str(symbol): s for symbol, s in diagram.notation.items()} == {"box 'image'": "g", "object 'image'": "X"}
    assert notation_of(diagram)["image"] == "g"
    assert ld.LearningDiagram.from_dict(diagram.to_dict()).notation == diagram.notation


def test_files_pickles_and_edits_keep_it():
    diagram = regime()
    assert ld.LearningDiagram.from_dict(diagram.to_dict()).notation == diagram.notation
    assert pickle.loads(pickle.dumps(diagram)).notation == diagram.notation == copy.deepcopy(diagram).notation
    assert "notation" not in regime({}).to_dict()
    assert json_schema()["properties"]["notation"]["additionalProperties"] == {"type": "string"}
    renamed = diagram.rename({"student": "pupil", "digits": "rows", "digits.image": "photo", IMAGE: "picture"})
    assert renamed.to_dict()["notation"] == {
        "pupil": r"f_\theta",
        "column rows.photo": "x",
        "column rows.label": "y",
        "object picture": r"\mathcal{X}",
        "sample space rows": r"\Omega",
    }
    both = regime({STUDENT: "f"}) + regime({STUDENT: "h", TEACHER: "g"})
    assert both.to_dict()["notation"] == {"student": "f", "teacher": "g"}
    assert diagram.restrict("fit").freeze(STUDENT).notation == diagram.notation
    assert regime({TEACHER: "g"}).without("agree").notation == {}
    glued = ld.pushout(regime({STUDENT: "f"}), regime({STUDENT: "h"}), along={"digits.image": "digits.image"})
    assert glued.to_dict()["notation"] == {"a.student": "f", "b.student": "h"}


def test_two_boxes_change_names_with_their_symbols():
    swapped = regime({STUDENT: "f", TEACHER: "g"}).rename({"student": "teacher", "teacher": "student"})
    assert swapped.to_dict()["notation"] == {"student": "g", "teacher": "f"}


def test_a_substitution_keeps_the_symbol_of_a_box_and_drops_that_of_a_composite():
    encode, classify = ld.Box("encode", IMAGE, IMAGE), ld.Kernel("classify", IMAGE, DIGIT)
    assert regime({STUDENT: "f"}).substitute({STUDENT: classify}).to_dict()["notation"] == {"classify": "f"}
    assert regime({STUDENT: "f"}).substitute({STUDENT: encode >> classify}).notation == {}


def test_a_morphism_may_change_it():
    assert ld.Morphism(regime(), regime({})).cod == regime()


@pytest.mark.parametrize(
    ("notation", "error", "text"),
    [
        ("f", TypeMismatch, "takes a mapping"),
        ({"pupil": "f"}, UnknownName, "no symbol named 'pupil'"),
        ({7: "f"}, TypeMismatch, "expected a box"),
        ({STUDENT: 7}, TypeMismatch, "is a text of 1 to 200"),
        ({STUDENT: ""}, TypeMismatch, "is a text"),
        ({STUDENT: "f" * 201}, TypeMismatch, "is a text"),
        ({STUDENT: "f\n"}, TypeMismatch, "is a text"),
        ({STUDENT: "f_{"}, TypeMismatch, "is not LaTeX"),
        ({STUDENT: "f}"}, TypeMismatch, "is not LaTeX"),
        ({STUDENT: "$f$"}, TypeMismatch, r"contains '\$'"),
        ({STUDENT: "f % g"}, TypeMismatch, "contains '%'"),
        ({STUDENT: "f & g"}, TypeMismatch, "contains '&'"),
        ({STUDENT: "^^5cinput{a}"}, TypeMismatch, r"contains '\^\^'"),
        ({STUDENT: "f_"}, TypeMismatch, "contains '_'"),
        ({STUDENT: r"\input{a}"}, TypeMismatch, "not a known macro"),
        ({STUDENT: r"\write18{ls}"}, TypeMismatch, "not a known macro"),
        ({STUDENT: r"\csname input\endcsname"}, TypeMismatch, "contains"),
        ({STUDENT: r"\begin{matrix}a\end{matrix}"}, TypeMismatch, "contains|not LaTeX"),
        ({"student": "f", STUDENT: "g"}, DuplicateName, "two symbols"),
        ({ld.Box("student", IMAGE, IMAGE): "f"}, DuplicateName, "box 'student' is"),
    ],
)  # fmt: skip
def test_bad_symbols_are_refused(notation, error, text):
    with pytest.raises(error, match=text):
        regime(notation)


def test_a_fault_in_a_file_names_its_place():
    data = regime({}).to_dict()
    with pytest.raises(FileError, match=r"notation\.student: must be a string"):
        ld.LearningDiagram.from_dict(data | {"notation": {"student": 1}})
    with pytest.raises(TypeMismatch, match=r"notation: the notation of box 'student'.*\\foo"):
        ld.LearningDiagram.from_dict(data | {"notation": {"student": r"\foo"}})


@pytest.mark.parametrize("macro", BESIDE)
def test_macros_of_latex_and_amssymb_that_no_table_has_are_known_everywhere(macro):
    """Pictures, formulas and proofs take them, and nothing of the macro stays in a picture."""
    argument = "{E}" if macro.startswith(("math", "bold", "operatorname")) else ""
    symbol = r"\left(x\right)" if macro in ("left", "right") else rf"\{macro}{argument}"
    x = ld.Ty("x")
    f = ld.Box("f", x, x)
    assert symbol in str(ld.formula(f, notation={f: symbol}))
    picture = ld.draw(f, notation={f: symbol}).svg
    label = read_label(symbol)
    assert label and "\\" not in label and all(piece.text in picture for piece in label.pieces)


def test_an_unknown_macro_names_those_near_to_it():
    f = ld.Box("f", ld.Ty("x"), ld.Ty("x"))
    with pytest.raises(ld.TypeMismatch, match=r"contains \\botx, which .*; near to it are \\bot"):
        ld.formula(f, notation={f: r"\botx"})
    with pytest.raises(ld.TypeMismatch, match="symbols of LaTeX and amssymb are known"):
        ld.formula(f, notation={f: r"\qqqqqqq"})
