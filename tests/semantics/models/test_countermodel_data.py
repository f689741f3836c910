"""Countermodels as plain data: reading inverts writing, and refuses false data."""

import copy
import json
from dataclasses import replace
from fractions import Fraction

import pytest
from discopy import markov
from hypothesis import given
from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams.diagrams.sample_space import SampleSpace
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.semantics.models import model_check
from learning_diagrams.semantics.models.countermodel import Countermodel, find_countermodel

x, y, unit = ld.Ty("x"), ld.Ty("y"), ld.Ty()
k, p, other = ld.Kernel("k", x, x), ld.Kernel("p", unit, x), ld.Kernel("other", x, x)
u, rows = ld.Box("u", unit, x), SampleSpace("rows")
first, second = rows.column("one", x), rows.column("two", x)
cap, cup = ld.Kernel("cap", x @ x, unit), ld.Kernel("cup", unit, x @ x)

STATIONARY = Equation(p >> ld.Copy(x) >> k @ x, p >> ld.Copy(x)), [Equation(p >> k, p)]
CASES = {
    "stationary": (*STATIONARY, "markov"),
    "data": (Equation(first, second), [Equation(rows.state >> first, rows.state >> second)], "markov"),
    "an empty set": (Equation(p, u), [Equation(ld.Discard(y) >> p, ld.Discard(y) >> u)], "markov"),
    "symmetric": (Equation(cup >> cap, ld.Id(unit)), [Equation(cup >> ld.Swap(x, x), cup)], "symmetric"),
    "no axioms": (Equation(k >> k, k), [], "cartesian"),
}  # fmt: skip


def data_of(name):
    return json.loads(json.dumps(find_countermodel(*CASES[name]).to_dict()))


@pytest.mark.parametrize("name", CASES)
def test_reading_is_the_inverse_of_writing(name):
    countermodel = find_countermodel(*CASES[name])
    data = data_of(name)
    read = Countermodel.from_dict(data, *CASES[name])
    assert read == countermodel and read.verify() and read.to_dict() == data
    assert str(read) == str(countermodel)


def test_a_canonical_model_and_a_long_one():
    for n in (2, 500):
        goal = Equation(ld.Id(x).then(*[k] * n), ld.Id(x).then(*[k] * n, k))
        countermodel = find_countermodel(goal, budget=0)
        assert Countermodel.from_dict(countermodel.to_dict(), goal) == countermodel


def test_the_data_is_readable():
    data = data_of("stationary")
    assert data["format"] == "countermodel/1"
    assert data["goal"] == {"lhs": "p >> copy(x) >> k @ id(x)", "rhs": "p >> copy(x)"}
    assert data["axioms"] == [{"lhs": "p >> k", "rhs": "p"}]
    assert data["tables"]["p"] == {"": {"0": "1/2", "1": "1/2"}}
    assert (data["inputs"], data["outcome"], data["lhs"], data["rhs"]) == ([], [0, 1], "1/4", "0")
    assert set(data_of("data")["tables"]) == {"one", "two", "state(rows)"}


# The question.


def test_it_must_be_about_what_is_asked():
    data, (goal, axioms) = data_of("stationary"), STATIONARY
    assert Countermodel.from_dict(data, goal, [], "markov").verify()
    moved = Equation(p >> ld.Copy(x) >> ld.Swap(x, x) >> k @ x, p >> ld.Copy(x, 1) >> ld.Copy(x))
    assert Countermodel.from_dict(data, moved, [*axioms, Equation(k >> ld.Discard(x), ld.Discard(x))]).verify()
    with pytest.raises(ld.FileError, match="is about another goal"):
        Countermodel.from_dict(data, axioms[0])
    with pytest.raises(ld.FileError, match="is about another goal"):
        box = ld.Box("k", x, x)  # another kind
        Countermodel.from_dict(data, Equation(p >> ld.Copy(x) >> box @ x, p >> ld.Copy(x)))
    with pytest.raises(ld.FileError, match=r"lacks the axiom 'axiom_.*', k >> k = k: its model"):
        Countermodel.from_dict(data, goal, [*axioms, Equation(k >> k, k)])
    with pytest.raises(ld.FileError, match=r"of the theory markov, and need not be .* cartesian, .* or ask"):
        Countermodel.from_dict(data, theory="cartesian")
    assert Countermodel.from_dict(data, theory="symmetric").verify()  # a model of more laws is as good
    with pytest.raises(ld.UnknownName, match="theory must be one of"):
        Countermodel.from_dict(data, theory="linear")
    with pytest.raises(ld.FileError, match="does not take 'k' to be deterministic"):
        Countermodel.from_dict(data, deterministic=["k"])
    countermodel = find_countermodel(goal, axioms, deterministic=["k"])
    assert Countermodel.from_dict(countermodel.to_dict(), goal, axioms, deterministic=["k"]) == countermodel


# Faulty data.


def change(path, value):
    def changed(data):
        here = data
        for step in path[:-1]:
            here = here[step]
        if value is None:
            del here[path[-1]]
        else:
            here[path[-1]] = value
        return data

    return changed


def deep(n):
    value = []
    for _ in range(n):
        value = [value]
    return value


WRONG = {
    "no mapping": (lambda data: [data], ld.FileError, "a countermodel is a mapping with the key 'format'"),
    "another format": (change(["format"], "countermodel/2"), ld.FileError, "format: .*countermodel/1"),
    "truncated": (change(["tables"], None), ld.FileError, "tables: Field required"),
    "an unknown key": (change(["proof"], 1), ld.FileError, "proof: Extra inputs are not permitted"),
    "a theory": (change(["theory"], "modal"), ld.FileError, "theory: "),
    "a size below 0": (change(["sizes", "x"], -1), ld.FileError, "sizes.x: .*greater than or equal to 0"),
    "a size that is no number": (change(["sizes", "x"], "2"), ld.FileError, "sizes.x: .*integer"),
    "a huge size": (change(["sizes", "x"], 10**5000), ld.FileError, "sizes.x: .*got a large int"),
    "the size of nothing": (change(["sizes", "z"], 1), ld.FileError, "sizes: 'z' is not among the objects"),
    "no size": (change(["sizes", "x"], None), ld.FileError, "no set for object 'x'"),
    "nested too deep": (change(["goal"], deep(100_000)), ld.FileError, "goal: .*got a large list"),
    "no table": (change(["tables", "k"], None), ld.FileError, "does not refute the goal: box 'k' has no table"),
    "a table of nothing": (change(["tables", "j"], {}), ld.ParseError, "no box or column is named 'j'"),
    "a table of a term": (change(["tables", "k >> k"], {}), ld.FileError, "'k >> k' is not the name of one box"),
    "a table twice": (change(["tables", "(k)"], {}), ld.FileError, "'.k.' is not the name of one box"),
    "elements that are none": (change(["tables", "k", "0,0"], {"0": "1"}), ld.FileError, "has a row for .0, 0."),
    "elements in other words": (change(["tables", "k", "00"], {"0": "1"}), ld.FileError, "'00' are not elements"),
    "many elements": (change(["tables", "k", "0," * 10**5 + "0"], {}), ld.FileError, "are not elements"),
    "an outcome too many": (change(["tables", "k", "0", "7"], "1"), ld.FileError, r"has the outcome \(7,\)"),
    "another sum": (change(["tables", "k", "0", "0"], "1"), ld.FileError, "sum to 3/2, not to 1"),
    "a weight that is none": (change(["tables", "k", "0", "0"], "0.5"), ld.FileError, "'0.5' is not a weight"),
    "a weight over 0": (change(["tables", "k", "0", "0"], "1/0"), ld.FileError, "'1/0' is not a weight"),
    "a negative weight": (change(["tables", "k", "0", "0"], "-1/2"), ld.FileError, "'-1/2' is not a weight"),
    "a long weight": (change(["tables", "k", "0", "0"], "1" * 9000), ld.FileError, "is not a weight"),
    "a number as weight": (change(["tables", "k", "0", "0"], 0.5), ld.FileError, "valid string"),
    "another axiom": (change(["axioms", 0], {"lhs": "k", "rhs": "id(x)"}), ld.FileError,
                      r"does not refute the goal: an axiom does not hold at \(0,\): k = Id\(x\)"),
    "a goal that holds": (change(["goal", "lhs"], "p >> copy(x)"), ld.FileError, "both give .* the weight 0"),
    "other weights": (change(["lhs"], "1/3"), ld.FileError, "gives? the outcome other weights"),
    "weights changed for one another": (lambda data: data | {"lhs": data["rhs"], "rhs": data["lhs"]}, ld.FileError,
                                        "other weights"),
    "no elements": (change(["outcome"], [0, 2]), ld.FileError, "are not elements of the domain and the codomain"),
    "too few": (change(["outcome"], [0]), ld.FileError, "are not elements of the domain and the codomain"),
    "a term that is none": (change(["goal", "lhs"], "p >>"), ld.ParseError, "expected a box"),
    "a term that does not compose": (change(["goal", "lhs"], "p >> p"), ld.TypeMismatch, "do not compose"),
    "sides that are not parallel": (change(["goal", "lhs"], "p"), ld.TypeMismatch, "not parallel"),
    "a box of another kind": (change(["boxes", "p", "kernel"], False), ld.FileError, "is deterministic"),
    "a box of another type": (change(["boxes", "k", "cod"], ["w"]), ld.FileError, "'w' is not among the objects"),
    "determinism": (change(["deterministic"], ["k"]), ld.FileError, "is deterministic and has 2 outcomes"),
    "another theory": (change(["theory"], "cartesian"), ld.FileError, "is deterministic and has 2 outcomes"),
    "a theory without copies": (change(["theory"], "symmetric"), ld.FileError, "natural numbers"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_refused(name):
    changed, error, message = WRONG[name]
    data = changed(data_of("stationary"))
    with pytest.raises(error, match=message):
        Countermodel.from_dict(data)


def test_copies_in_symmetric_are_refused():
    data = data_of("symmetric")
    data["axioms"].append({"lhs": "copy(x)", "rhs": "copy(x)"})
    with pytest.raises(ld.FileError, match=r"Copy\(x\) has no meaning in the theory symmetric"):
        Countermodel.from_dict(data)


def places(data, path=()):
    yield path
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, inner in items:
        yield from places(inner, (*path, step))


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 4),
    st.floats(),
    st.sampled_from(
        ["", "0", "1", "0,1", "1/2", "k", "p", "p >> k", "x", "I", "markov", "cartesian", "id(x)", "\ud800"]
    ),
    st.just([]),
    st.just({}),
    st.lists(st.integers(0, 1), max_size=2),
)


@given(st.sampled_from(sorted(CASES)), st.data())
def test_changed_data_is_refused_or_true(name, data):
    plain = copy.deepcopy(ALL[name])
    for _ in range(data.draw(st.integers(1, 2))):
        *path, last = data.draw(st.sampled_from([place for place in places(plain) if place]))
        here = plain
        for step in path:
            here = here[step]
        if data.draw(st.booleans()):
            here[last] = data.draw(JUNK)
        else:
            del here[last]
    try:
        read = Countermodel.from_dict(plain)
    except ld.LearningDiagramError:
        return
    assert read.verify() and not ld.equal(read.goal.lhs, read.goal.rhs, read.theory)


ALL = {name: data_of(name) for name in CASES}


def test_large_data_ends_in_time(monkeypatch):
    monkeypatch.setattr(model_check, "MOST_STEPS", 300_000)
    data = data_of("no axioms")
    data |= {"goal": {"lhs": "k", "rhs": "id(x)"}, "inputs": [0], "outcome": [0], "lhs": "0", "rhs": "1"}
    data |= {"axioms": [{"lhs": " >> ".join(["k"] * 500), "rhs": "k"}], "tables": {"k": {}}, "sizes": {"x": 100}}
    assert Countermodel.from_dict(data).verify()
    data["sizes"]["x"] = 10_000
    with pytest.raises(ld.LimitExceeded, match="the countermodel is too large: checking takes more than 300,000 steps"):
        Countermodel.from_dict(data)
    data["sizes"]["x"] = 10**9
    with pytest.raises(ld.LimitExceeded, match="the countermodel is too large: an axiom has 1,000,000,000 inputs"):
        Countermodel.from_dict(data)
    data |= {"objects": ["x", "y"], "axioms": [{"lhs": "k @ id(y)", "rhs": "id(x @ y)"}]}
    data["sizes"]["y"] = 0
    assert Countermodel.from_dict(data).verify()


# Models without data.


def test_what_no_file_can_hold():
    spaced = find_countermodel(Equation(ld.Kernel("two words", x, x), other))
    with pytest.raises(ld.ParseError, match="cannot be written as text"):
        spaced.to_dict()
    with pytest.raises(ld.DuplicateName, match="declared twice"):
        find_countermodel(Equation(k, ld.Box("k", x, x))).to_dict()
    plain = find_countermodel(Equation(markov.Box("plain", x, x), other))
    assert Countermodel.from_dict(plain.to_dict()).verify()
    countermodel = find_countermodel(Equation(k, other))
    with pytest.raises(ld.LimitExceeded, match="more than 4,000 digits"):
        replace(countermodel, lhs=Fraction(1, 10**4001)).to_dict()
