"""Learning diagrams as plain data: a round trip, and a typed error for everything else."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning_diagrams.diagrams.box import Box, Id, Kernel, Ty
from learning_diagrams.diagrams.sample_space import SampleSpace
from learning_diagrams.errors import (
    DuplicateName,
    FileError,
    LearningDiagramError,
    ParseError,
    TypeMismatch,
    UnknownName,
)
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation
from strategies import learning_diagrams

a, b = Ty("a"), Ty("b")
rows = SampleSpace("rows")
column, label = rows.column("x", a), rows.column("y", b)
f, g = Kernel("f", a, b), Box("g", a, a)
d = LearningDiagram(
    Constraint("fit", column >> f, label, weight=0.1, divergence={"name": "kl", "temperature": 4.0}),
    Constraint("over", g >> f, f, over=column, divergence=["kl"]),
    Constraint("law", rows.state >> column >> f, rows.state >> label),
    axioms={"involution": Equation(g >> g, Id(a))},
    frozen=[g],
    name="example",
)
DATA = {
    "format": "learning-diagram/1",
    "name": "example",
    "objects": ["a", "b"],
    "sample_spaces": {"rows": {"x": "a", "y": "b"}},
    "boxes": {"f": {"dom": ["a"], "cod": ["b"], "kernel": True}, "g": {"dom": ["a"], "cod": ["a"], "kernel": False}},
    "frozen": ["g"],
    "constraints": {
        "fit": {"lhs": "x >> f", "rhs": "y", "weight": 0.1, "divergence": {"name": "kl", "temperature": 4.0}},
        "law": {"lhs": "state(rows) >> x >> f", "rhs": "state(rows) >> y"},
        "over": {"lhs": "g >> f", "rhs": "f", "over": "x", "divergence": ["kl"]},
    },
    "axioms": {"involution": {"lhs": "g >> g", "rhs": "id(a)"}},
}


def test_the_shape():
    assert d.to_dict() == DATA
    read = LearningDiagram.from_dict(DATA)
    assert read == d and read.name == "example" and read.frozen == {g}


@given(learning_diagrams())
def test_writing_then_reading_is_the_identity(diagram):
    data = json.loads(json.dumps(diagram.to_dict(), allow_nan=False))
    again = LearningDiagram.from_dict(data)
    assert again == diagram and again.name == diagram.name
    assert {box.name for box in again.frozen} == {box.name for box in diagram.frozen}
    assert [c.weight for c in again.constraints] == [c.weight for c in diagram.constraints]


def test_the_order_of_keys_does_not_matter():
    turned = {key: dict(reversed(v.items())) if isinstance(v, dict) else v for key, v in reversed(DATA.items())}
    assert LearningDiagram.from_dict(turned) == d


def test_only_format_and_constraints_are_required():
    assert LearningDiagram.from_dict({"format": "learning-diagram/1", "constraints": {}}) == LearningDiagram()


def test_a_box_is_a_function_unless_it_says_kernel():
    data = copy.deepcopy(DATA)
    del data["boxes"]["g"]["kernel"]
    assert LearningDiagram.from_dict(data) == d


def test_what_is_unused_is_read_and_forgotten():
    data = copy.deepcopy(DATA)
    data["objects"].append("c")
    data["boxes"]["h"] = {"dom": ["c"], "cod": []}
    assert LearningDiagram.from_dict(data) == d


@pytest.mark.parametrize("data", [3, (1, 2.5), "text"])
def test_a_box_that_carries_data_is_refused(data):
    diagram = LearningDiagram(Constraint("c", column >> Kernel("f", a, b, data=data), label))
    with pytest.raises(ParseError, match="box 'f' cannot be written as text: it carries the data"):
        diagram.to_dict()


@pytest.mark.parametrize("name", ["a b", "I", "", "3"])
def test_a_name_that_no_term_can_carry_is_refused(name):
    with pytest.raises(ParseError, match="rename"):
        LearningDiagram(Constraint("c", column >> Kernel(name, a, b), label)).to_dict()


# Malformed data.

JUNK = [None, 3, True, "junk", [], ["junk"], [3], {}, {"junk": 3}, {"junk": "a"}, {3: 4}, {"junk": None}]
PATHS = [
    (),
    *((key,) for key in DATA),
    ("objects", 0), ("frozen", 0),
    ("sample_spaces", "rows"), ("sample_spaces", "rows", "x"),
    ("boxes", "f"), ("boxes", "f", "dom"), ("boxes", "f", "cod", 0), ("boxes", "f", "kernel"),
    *(("constraints", "over", *rest) for rest in ((), ("lhs",), ("rhs",), ("over",), ("divergence",))),
    ("constraints", "fit", "weight"), ("constraints", "fit", "divergence", "name"),
    ("axioms", "involution"), ("axioms", "involution", "lhs"), ("axioms", "involution", "rhs"),
]  # fmt: skip


def put(path, value):
    """A copy of the data with another value at a path."""
    if not path:
        return value
    data = copy.deepcopy(DATA)
    here = data
    for key in path[:-1]:
        here = here[key]
    here[path[-1]] = value
    return data


def read_or_typed_error(data):
    """Reading, comparing and writing either work or end in an error of the library."""
    try:
        diagram = LearningDiagram.from_dict(data)
        diagram.digest()
        diagram.to_dict()
    except LearningDiagramError as error:
        return error
    return diagram


@pytest.mark.parametrize("path", PATHS, ids=lambda path: ".".join(map(str, path)) or "document")
def test_junk_anywhere_is_a_typed_error_or_harmless(path):
    for junk in JUNK:
        read_or_typed_error(put(path, junk))


@pytest.mark.parametrize("path", [path for path in PATHS if path], ids=lambda path: ".".join(map(str, path)))
def test_an_unknown_kind_of_value_is_refused(path):
    assert isinstance(read_or_typed_error(put(path, object())), LearningDiagramError)


@pytest.mark.parametrize(
    ("where", "required"),
    [((), "format"), ((), "constraints"), (("boxes", "f"), "dom"), (("constraints", "fit"), "lhs"),
     (("axioms", "involution"), "rhs")],
)  # fmt: skip
def test_unknown_and_missing_keys_are_named(where, required):
    with pytest.raises(FileError, match="unknown key 'lsh'"):
        LearningDiagram.from_dict(put((*where, "lsh"), "x"))
    here = data = copy.deepcopy(DATA)
    for key in where:
        here = here[key]
    del here[required]
    with pytest.raises(FileError, match=f"lacks the key '{required}'"):
        LearningDiagram.from_dict(data)


@pytest.mark.parametrize(
    ("path", "value", "error", "message"),
    [
        (("format",), "learning-diagram/2", FileError, "learning-diagram/2"),
        (("objects",), ["a"], FileError, r"boxes|sample_spaces"),
        (("objects",), ["a", "b", "rows"], DuplicateName, "rows"),
        (("boxes", "f", "cod"), ["c"], FileError, r"boxes\.f\.cod\[0\]: 'c' is not among the objects"),
        (("boxes", "f", "dom"), ["rows"], LearningDiagramError, "rows"),
        (("sample_spaces", "rows", "x"), "c", FileError, r"sample_spaces\.rows\.x"),
        (("constraints", "fit", "lhs"), "x >> nobody", ParseError, r"constraints\.fit\.lhs"),
        (("constraints", "fit", "lhs"), "x >> y", TypeMismatch, r"constraints\.fit\.lhs"),
        (("constraints", "fit", "lhs"), "x", TypeMismatch, "'fit'"),
        (("constraints", "fit", "weight"), -1, FileError, r"constraints\.fit\.weight: must be a number ≥ 0, got -1"),
        (("constraints", "fit", "weight"), True, LearningDiagramError, "weight"),
        (("constraints", "fit", "divergence"), {"name": "kl", "t": 10**400}, LearningDiagramError, "'t'"),
        (("constraints", "fit", "divergence"), {"name": "kl", 1: 2, "t": 3}, LearningDiagramError, "1"),
        (("axioms", "involution", "rhs"), "f", TypeMismatch, "not parallel"),
        (("axioms",), {1: {"lhs": "f", "rhs": "f"}}, FileError, "axioms: a key must be a string, got 1"),
        (("frozen",), ["nobody"], UnknownName, "nobody"),
        (("frozen",), ["x"], UnknownName, "'x'"),
    ],
)
def test_an_error_names_the_place(path, value, error, message):
    failed = read_or_typed_error(put(path, value))
    assert isinstance(failed, error)
    with pytest.raises(error, match=message):
        raise failed


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(PATHS), json_values)
def test_any_json_at_any_place_is_read_or_a_typed_error(path, value):
    read_or_typed_error(put(path, value))


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("key", ["name", "format", "constraints"])
def test_a_value_that_python_cannot_write_is_still_named(key):
    for value, named in ((10**5000, "a large int"), (nested(100_000), "a large list")):
        with pytest.raises(FileError, match=f"{key}.* {named}"):
            LearningDiagram.from_dict({"format": "learning-diagram/1", "constraints": {}, key: value})


@pytest.mark.parametrize("kind", ["proof", "countermodel", "term-countermodel"])
def test_a_certificate_in_place_of_a_learning_diagram_is_named(kind):
    with pytest.raises(LearningDiagramError, match="this is a certificate, which check-proof reads"):
        LearningDiagram.from_dict(LearningDiagram().to_dict() | {"format": f"{kind}/1"})
