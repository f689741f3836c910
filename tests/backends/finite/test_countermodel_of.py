"""`countermodel_of`: a finite functor refutes exactly what it tells apart, and never where it breaks an axiom."""

from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import exact_model
import learning_diagrams as ld
import strategies
from learning_diagrams.backends.finite import FiniteFunctor, countermodel_of
from learning_diagrams.diagrams.symbol import boxes_of
from learning_diagrams.semantics.models.countermodel import Countermodel

x, y, z = ld.Ty("x"), ld.Ty("y"), ld.Ty("z")
f, g, k = ld.Box("f", x, x), ld.Box("g", x, x), ld.Kernel("k", x, y)
F = FiniteFunctor(
    {x: 3, y: 2},
    {f: lambda i: (i + 1) % 3, g: lambda i: (i + 2) % 3, k: [["1/2", "1/2"], [1, 0], [0, 1]]},
    {"rows": {"a": [0, 1, 1, 2]}},
)


def tables(model, boxes):
    """The entries of a random model, for a functor whose objects have two elements."""
    entries = {}
    for box in boxes:
        outcomes = [*product(range(2), repeat=len(box.cod))]
        rows = {inputs: model.row(box, inputs) for inputs in product(range(2), repeat=len(box.dom))}
        laws = [nested([row.get(outcome, 0) for outcome in outcomes], len(box.cod)) for row in rows.values()]
        entries[box] = nested(laws, len(box.dom))
    return entries


def nested(flat, depth):
    """A list of 2ⁿ entries as nested lists of two."""
    for _ in range(depth):
        flat = [flat[i : i + 2] for i in range(0, len(flat), 2)]
    return flat[0]


@given(strategies.parallel_pairs(), strategies.parallel_pairs() | strategies.equal_pairs(), st.integers(0, 99))
def test_the_answer_is_that_of_the_definition(asked, assumed, seed):
    goal, axiom = ld.Equation(*asked), ld.Equation(*assumed)
    diagrams = [*goal.diagrams, *axiom.diagrams]
    boxes = {box.name: box for box in boxes_of(diagrams)}
    assume(all(boxes[box.name] == box for box in boxes_of(diagrams)))
    model = exact_model.RandomModel(seed, "markov")
    objects = {ob.name: 2 for diagram in diagrams for ty in (diagram.dom, diagram.cod) for ob in ty.inside}
    objects |= {ob.name: 2 for box in boxes.values() for ob in (box.dom @ box.cod).inside}
    functor = FiniteFunctor(objects, tables(model, boxes.values()))

    def holds(equation):
        lhs, rhs = equation.diagrams
        for inputs in product(range(2), repeat=len(lhs.dom)):
            left, right = (exact_model.evaluate(side, model, inputs) for side in (lhs, rhs))
            if {o: w for o, w in left.items() if w} != {o: w for o, w in right.items() if w}:
                return False
        return True

    if holds(goal) and holds(axiom):
        assert countermodel_of(functor, goal, [axiom]) is None
    elif not holds(axiom):  # also where the goal holds
        with pytest.raises(ld.FalseAxiom, match="the functor is no countermodel: an axiom does not hold at "):
            countermodel_of(functor, goal, [axiom])
    else:
        answer = countermodel_of(functor, goal, [axiom])
        assert answer.verify() and Countermodel.from_dict(answer.to_dict(), goal, [axiom]) == answer


def test_a_countermodel_holds_maps_for_all_boxes_of_the_question_and_draws_itself():
    goal = ld.Equation(k >> ld.Copy(y), ld.Copy(x) >> k @ k)
    axioms = [ld.Equation(f >> f >> f, ld.Id(x), "threefold"), ld.Equation(g, g)]
    answer = countermodel_of(F, goal, axioms)
    assert {row[1] for row in answer.model.rows} == {"f", "g", "k"} and (answer.lhs, answer.rhs) == (0.5, 0.25)
    assert not answer and "threefold" in answer.draw().svg
    assert not ld.check(answer.to_dict())


def test_constraints_and_data_are_read_as_equations():
    rows = ld.SampleSpace("rows")
    a = rows.column("a", x)
    constraint = ld.Constraint("kept", a >> f, a)
    answer = countermodel_of(F, constraint)
    assert answer.model.sizes == {"rows": 4, "x": 3} and Countermodel.from_dict(answer.to_dict(), constraint) == answer
    assert countermodel_of(F, ld.Equation(rows.state >> a, rows.state >> a >> f)).lhs != 0


def test_the_theory_decides_what_a_model_is():
    assert countermodel_of(F, ld.Equation(f, g), theory="cartesian").theory == "cartesian"
    with pytest.raises(ld.TypeMismatch, match=r"'k' at .* is deterministic and has 2 outcomes"):
        countermodel_of(F, ld.Equation(k >> ld.Copy(y), ld.Copy(x) >> k @ k), theory="cartesian")


@pytest.mark.parametrize(
    ("functor", "goal", "error", "message"),
    [
        (F, ld.Equation(ld.Id(z), ld.Box("s", z, z)), ld.UnknownName, "object 'z' has no size"),
        (F, 3, ld.TypeMismatch, "the goal and the axioms are equations"),
        (3, ld.Equation(f, g), ld.TypeMismatch, "the model of countermodel_of is a FiniteFunctor, got 3"),
        (F, ld.Equation(f, ld.Box("h", x, x)), ld.UnknownName, "box 'h' has no map"),
    ],
)
def test_bad_questions(functor, goal, error, message):
    with pytest.raises(error, match=message):
        countermodel_of(functor, goal)
