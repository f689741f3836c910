"""Models of normal forms as plain data: reading inverts writing, and refuses false data."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.proof.proof import Proof
from learning_diagrams.semantics.models.countermodel import Countermodel, find_countermodel

x, y = ld.Ty("x"), ld.Ty("y")
f, g, k, c = ld.Box("f", x, x), ld.Box("g", x, x), ld.Kernel("k", x, x), ld.Box("c", ld.Ty(), y)
LEFT, RIGHT = Equation(g >> f, ld.Id(x)), Equation(f >> g, ld.Id(x))
point = ld.SampleSpace("rows").column("point", x)
QUESTIONS = {
    "endomorphisms": (RIGHT, [LEFT]),
    "a lone constant": (RIGHT, [LEFT, Equation(c, c)]),
    "data": (Equation(point >> f >> g, point), [LEFT, Equation(k >> ld.Discard(x), ld.Discard(x))]),
    "several objects": (
        Equation(ld.Box("b", y, x) >> ld.Box("a", x, y), ld.Id(y)),
        [Equation(ld.Box("a", x, y) >> ld.Box("b", y, x), ld.Id(x)), LEFT],
    ),
}


def data_of(name):
    goal, axioms = QUESTIONS[name]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("learning_diagrams.semantics.models.countermodel.SMALL_MODELS", 0)
        countermodel = find_countermodel(goal, axioms)
    return countermodel, json.loads(json.dumps(countermodel.to_dict()))


@pytest.mark.parametrize("name", QUESTIONS)
def test_reading_is_the_inverse_of_writing(name):
    countermodel, data = data_of(name)
    read = Countermodel.from_dict(data, *QUESTIONS[name], "markov", deterministic=["k"])
    assert data["format"] == "term-countermodel/1"
    assert read == countermodel and read.verify() and read.to_dict() == data and str(read) == str(countermodel)


def test_the_data_is_readable():
    _, data = data_of("a lone constant")
    assert (data["order"], data["letters"]) == ("shortlex", ["f", "g"])
    assert data["rules"] == [{"lhs": "g >> f", "rhs": "id(x)"}]
    assert data["axioms"] == [{"lhs": "g >> f", "rhs": "id(x)"}, {"lhs": "c", "rhs": "c"}]
    assert (data["inputs"], data["outcome"], data["lhs"], data["rhs"]) == (["id(x)"], ["f >> g"], "1", "0")


def test_it_must_be_about_what_is_asked():
    _, data = data_of("endomorphisms")
    assert Countermodel.from_dict(data, RIGHT, [LEFT, Equation(f, f)]).verify()
    with pytest.raises(ld.FileError, match="is about another goal"):
        Countermodel.from_dict(data, LEFT)
    with pytest.raises(ld.FileError, match="lacks the axiom"):
        Countermodel.from_dict(data, RIGHT, [LEFT, Equation(f >> f, f)])
    with pytest.raises(ld.FileError, match=r"does not interpret box 'c', of which the axiom 'axiom_.*' speaks"):
        Countermodel.from_dict(data, RIGHT, [LEFT, Equation(c, c)])
    with pytest.raises(ld.FileError, match="of the theory markov, and need not be"):
        Countermodel.from_dict(data, theory="cartesian")


WRONG = {
    "another order": ({"order": "length"}, ld.FileError, "order: .*term-countermodel/1"),
    "another format": ({"format": "countermodel/1"}, ld.FileError, "countermodel/1"),
    "an unknown key": ({"sizes": {}}, ld.FileError, "sizes: Extra inputs"),
    "no rule": ({"rules": []}, ld.FileError, "does not refute the goal: an axiom does not hold: g >> f"),
    "a rule too many": (
        {"rules": [{"lhs": "g >> f", "rhs": "id(x)"}, {"lhs": "f >> g", "rhs": "id(x)"}]},
        ld.FileError,
        "f >> g is not a path into x in normal form",
    ),
    "a rule that goes up": ({"rules": [{"lhs": "id(x)", "rhs": "g >> f"}]}, ld.FileError, "does not go down in the"),
    "a rule that is no path": (
        {"rules": [{"lhs": "copy(x)", "rhs": "copy(x)"}]},
        ld.FileError,
        "not among the letters",
    ),
    "a letter too few": ({"letters": ["f"]}, ld.FileError, "letters: box 'g' is missing"),
    "a letter twice": ({"letters": ["f", "g", "f"]}, ld.FileError, "letters: each is a box of one wire"),
    "a letter of many wires": ({"letters": ["f", "g", "copy(x)"]}, ld.FileError, "letters: each is a box of one wire"),
    "a letter that is none": ({"letters": ["f", "g >> f"]}, ld.FileError, "letters: 'g >> f' is not the name of one"),
    "an unknown letter": ({"letters": ["f", "h"]}, ld.ParseError, "no box or column is named 'h'"),
    "a theorem": ({"goal": {"lhs": "g >> f >> g", "rhs": "g"}}, ld.FileError, "no side of the goal gives the outcome"),
    "another outcome": ({"outcome": ["f"]}, ld.FileError, "no side of the goal gives"),
    "no outcome": ({"outcome": []}, ld.FileError, "x has one path for each object"),
    "other weights": ({"lhs": "0", "rhs": "1"}, ld.FileError, "the weights of the outcome are 1 and 0"),
    "another axiom": ({"axioms": [{"lhs": "f", "rhs": "id(x)"}]}, ld.FileError, "an axiom does not hold: f"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_refused(name):
    changed, error, message = WRONG[name]
    with pytest.raises(error, match=message):
        Countermodel.from_dict(data_of("endomorphisms")[1] | changed)


JUNK = st.sampled_from(["", "1", "f", "g >> f", "id(x)", "copy(x)", [], {}, None, 0, ["f"], {"lhs": "f", "rhs": "g"}])
DATA = {name: data_of(name)[1] for name in QUESTIONS}


@given(st.sampled_from(sorted(QUESTIONS)), st.data())
def test_changed_data_is_refused_or_true(name, data):
    plain = json.loads(json.dumps(DATA[name]))
    here, last = plain, data.draw(st.sampled_from(sorted(plain)))
    while isinstance(here[last], dict | list) and here[last] and data.draw(st.booleans()):
        here = here[last]
        last = data.draw(st.sampled_from(sorted(here) if isinstance(here, dict) else range(len(here))))
    here[last] = data.draw(JUNK)
    try:
        read = Countermodel.from_dict(plain)
    except ld.LearningDiagramError:
        return
    assert read.verify() and not isinstance(ld.prove(read.goal, read.axioms, read.theory, 300), Proof)
