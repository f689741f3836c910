"""Finite models are functors: another evaluator agrees on all weights, and faulty tables are refused."""

import pickle
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

import exact_model
import learning_diagrams as ld
import strategies
from learning_diagrams.diagrams.labels import label
from learning_diagrams.diagrams.layers import stack_layers
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.semantics.models.finite_model import FiniteModel

x, y, unit = ld.Ty("x"), ld.Ty("y"), ld.Ty()
f, k, coin = ld.Box("f", x, y), ld.Kernel("k", x, x), ld.Kernel("coin", unit, x)
HALF = Fraction(1, 2)
FAIR = {(): {(0,): HALF, (1,): HALF}}


def random_model(seed, theory, *diagrams):
    """A model with random tables for all boxes of some diagrams, and its twin for `exact_model`."""
    twin = exact_model.RandomModel(seed, theory)
    boxes = [box for diagram in diagrams for box in PortGraph.from_diagram(diagram).boxes]
    rows = {
        label(box): {given: twin.row(box, given) for given in product(range(2), repeat=len(box.dom))} for box in boxes
    }
    return FiniteModel(theory, dict.fromkeys(strategies.ATOMS, 2), rows), twin


def positive(law):
    return {outcome: weight for outcome, weight in law.items() if weight}


@given(strategies.diagrams(), st.sampled_from(("markov", "cartesian")), st.integers(0, 9))
def test_the_law_is_that_of_another_evaluator(diagram, theory, seed):
    model, twin = random_model(seed, theory, diagram)
    inputs = twin.inputs(diagram.dom)
    law = model.weights(diagram, inputs)
    assert law == positive(exact_model.evaluate(diagram, twin, inputs))
    assert sum(law.values()) == 1
    for outcome in product(range(2), repeat=len(diagram.cod)):
        assert model.weight(diagram, inputs, outcome) == law.get(outcome, 0)


@given(st.data(), st.integers(0, 9))
def test_composition_and_tensor(data, seed):
    """Proposition: F(f >> g) = F(g) ∘ F(f) and F(f @ g) = F(f) × F(g)."""
    before = data.draw(strategies.diagrams(max_size=3))
    after = data.draw(strategies.diagrams(dom=before.cod, max_size=3))
    beside = data.draw(strategies.diagrams(dom=strategies.Ty("x"), max_size=3))
    model, twin = random_model(seed, "markov", before, after, beside)
    a, b = twin.inputs(before.dom), twin.inputs(beside.dom)
    composite = {}
    for middle, weight in model.weights(before, a).items():
        for outcome, own in model.weights(after, middle).items():
            composite[outcome] = composite.get(outcome, 0) + weight * own
    assert model.weights(before >> after, a) == composite
    assert model.weights(before @ beside, a + b) == {
        o + p: v * w for o, v in model.weights(before, a).items() for p, w in model.weights(beside, b).items()
    }


def test_copies_swaps_and_discards():
    model = FiniteModel("markov", {"x": 2, "y": 3}, {})
    assert model.weights(ld.Copy(x @ y), (1, 2)) == {(1, 2, 1, 2): 1}
    assert model.weights(ld.Swap(x, y), (1, 2)) == {(2, 1): 1}
    assert model.weights(ld.Discard(x), (1,)) == {(): 1}


def test_in_symmetric_scalars_and_effects_are_counted():
    cap = ld.Kernel("cap", x, unit)
    rows = {label(coin): {(): {(0,): 2, (1,): 3}}, label(cap): {(0,): {(): 1}, (1,): {(): 5}}}
    model = FiniteModel("symmetric", {"x": 2}, rows)
    assert model.weights(coin >> cap, ()) == {(): 17}
    assert model.weights((coin >> cap) @ coin, ()) == {(0,): 34, (1,): 51}
    with pytest.raises(ld.TypeMismatch, match="Copy has no meaning"):
        model.weights(ld.Copy(x), (0,))


def test_a_row_that_is_not_given_goes_to_the_last_element_or_to_nothing():
    assert FiniteModel("markov", {"x": 3}, {label(k): {}}).weights(k, (0,)) == {(2,): 1}
    assert FiniteModel("symmetric", {"x": 3}, {label(k): {}}).weights(k, (0,)) == {}


def test_rows_are_listed_in_the_order_of_their_arguments():
    rows = {arguments: {(0,): 1} for arguments in ((1, 1), (0, 1), (1, 0), (0, 0))}
    lines = str(FiniteModel("markov", {"x": 2}, {label(ld.Box("m", x @ x, x)): rows})).splitlines()
    assert [line.partition(" = ")[0] for line in lines] == ["x", "m(0, 0)", "m(0, 1)", "m(1, 0)", "m(1, 1)"]


def test_long_and_wide_diagrams():
    rows = {label(k): {(0,): {(0,): HALF, (1,): HALF}, (1,): {(1,): 1}}, label(coin): FAIR}
    model = FiniteModel("markov", {"x": 2}, rows)
    chain = ld.Id(x).then(*[k] * 2000)
    assert model.weights(chain, (0,)) == {(0,): HALF**2000, (1,): 1 - HALF**2000}
    coins = stack_layers(unit, [(i, coin) for i in range(40)])
    assert model.weight(coins, (), (1,) * 40) == HALF**40
    with pytest.raises(ld.LimitExceeded, match="more than 100,000 outcomes"):
        model.weights(coins, ())


def test_a_model_is_a_value():
    model = FiniteModel("markov", {"x": 2}, {label(coin): FAIR})
    same = pickle.loads(pickle.dumps(model))
    assert same == model and hash(same) == hash(model)
    with pytest.raises(TypeError):
        model.sizes["x"] = 3
    with pytest.raises(TypeError):
        model.rows[label(coin)][()][(0,)] = 1


@pytest.mark.parametrize(
    ("box", "table", "message"),
    [
        (coin, {(): {(0,): 0.1, (1,): 0.9}}, r"sum to 1 \+ 2\.8e-17, not to 1; a float is read exactly, and 0\.1"),
        (coin, {(): {(0,): 0.8446342349052429, (1,): 0.15536575019359589}}, r"not to 1; a .*, and rounded\(table\), "),
        (coin, {(): {(0,): 0.12345, (1,): 0.77}}, r'0\.12345 is not this decimal in binary: write "0\.12345"'),
        (coin, {(): {(0,): "half"}}, r"box 'coin' at \(\) has the entry 'half', which is no finite number"),
        (coin, {(): {(0,): HALF}}, r"box 'coin' at \(\) has probabilities that sum to 1/2, not to 1"),
        (coin, {(): {(0,): 2, (1,): -1}}, r"has the weight -1; weights are probabilities"),
        (coin, {(0,): {(0,): 1}}, r"box 'coin' has a row for \(0,\), which is not below \[\]"),
        (coin, {(): {(2,): 1}}, r"has the outcome \(2,\), which is not below \[2\]"),
        (f, {(0,): {(0,): HALF, (1,): HALF}}, "is deterministic and has 2 outcomes; declare it a Kernel"),
        (ld.Kernel("k", x, ld.Ty("z")), {}, "goes from a set that has elements to the empty set; there is no such map"),
    ],
)
def test_what_is_no_model_is_refused(box, table, message):
    with pytest.raises(ld.TypeMismatch, match=message):
        FiniteModel("markov", {"x": 2, "y": 2, "z": 0}, {label(box): table})


def test_other_errors():
    with pytest.raises(ld.TypeMismatch, match="weights are natural numbers"):
        FiniteModel("symmetric", {"x": 2}, {label(coin): FAIR})
    with pytest.raises(ld.TypeMismatch, match="is deterministic"):
        FiniteModel("cartesian", {"x": 2}, {label(coin): FAIR})
    with pytest.raises(ld.TypeMismatch, match="is deterministic"):
        FiniteModel("markov", {"x": 2}, {label(coin): FAIR}, ("coin",))
    with pytest.raises(ld.TypeMismatch, match="the size of object 'x' must be a whole number ≥ 0, got -1"):
        FiniteModel("markov", {"x": -1}, {})
    with pytest.raises(ld.UnknownName, match="no set for object 'x'; known: 'y'"):
        FiniteModel("markov", {"y": 1}, {label(coin): FAIR})
    model = FiniteModel("markov", {"x": 2}, {label(coin): FAIR})
    with pytest.raises(ld.UnknownName, match="no table for box 'k' : x → x"):
        model.weights(coin >> k, ())
    with pytest.raises(ld.TypeMismatch, match=r"the inputs must be one element for each object of x, below \[2\]"):
        model.weights(ld.Id(x), (2,))
    with pytest.raises(ld.UnknownName, match="theory must be one of"):
        FiniteModel("modal", {}, {})
