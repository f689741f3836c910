"""The exact terms of a pasting of squares add up to the loss functor of the pasting, as fractions."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

import learning_diagrams as ld
from exact_model import RandomModel, evaluate
from learning_diagrams.backends.finite import FiniteFunctor, exact_term
from learning_diagrams.backends.finite.term import total_variation
from learning_diagrams.presentation.pasting import TwoCell, alongside, composite, whisker
from learning_diagrams.semantics.functor.loss import LossFunctor
from loss_law import NAMES, compiled_loss_is_the_loss_functor, grids, n

SIZE = 3


@given(grids(ld.Kernel), st.lists(st.integers(0, SIZE - 1), min_size=1, max_size=4), st.integers(0, 10**6))
def test_the_exact_loss_of_a_pasting_is_its_loss_functor(square, data, seed):
    """Boxes are stochastic maps; a law is a list of fractions [SIZE]; a 2-cell measures the mean total variation."""
    model = RandomModel(seed, "markov", SIZE)

    def row(diagram, a):
        weights = evaluate(diagram, model, (a,))
        return [Fraction(weights[b,]) for b in range(SIZE)]

    def push(p, diagram):
        rows = [row(diagram, a) for a in range(SIZE)]
        return [sum(weight * rows[a][b] for a, weight in enumerate(p)) for b in range(SIZE)]

    def value(cell, p):
        lhs, rhs = cell.equation.lhs, cell.equation.rhs
        return sum(weight * total_variation(row(rhs, a), row(lhs, a)) for a, weight in enumerate(p))

    entries = {name: [row(ld.Kernel(name, n, n), a) for a in range(SIZE)] for name in NAMES}
    functor = FiniteFunctor({n: SIZE}, entries, {"rows": {"x": data}})
    compiled_loss_is_the_loss_functor(
        square, ld.SampleSpace("rows").column("x", n), [Fraction(data.count(a), len(data)) for a in range(SIZE)],
        LossFunctor(value, push), lambda d: sum(exact_term(c, functor, total_variation) for c in d.constraints),
        lambda a, b: a == b,
    )  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_beside_wires_a_cell_is_measured_at_its_marginal(data):
    """L(x ⊗ α ⊗ y)(p) = L(α)(p ≫ discard ⊗ id ⊗ discard), for a joint law p: the exact term of x ⊗ α ⊗ y."""

    def table(rows, columns):
        weights = [data.draw(st.lists(st.integers(1, 9), min_size=columns, max_size=columns)) for _ in range(rows)]
        return [[Fraction(weight, sum(row)) for weight in row] for row in weights]

    x, y = ld.Ty("x"), ld.Ty("y")
    joint, before = ld.Kernel("joint", ld.Ty(), x @ n @ y), ld.Kernel("before", n, n)
    lhs, rhs = ld.Kernel("lhs", n, n), ld.Kernel("rhs", n, n)
    weights = table(1, 8)[0]
    law = [[weights[i : i + 2], weights[i + 2 : i + 4]] for i in (0, 4)]
    entries = {joint: law, **{box: table(2, 2) for box in (before, lhs, rhs)}}
    functor = FiniteFunctor({x: 2, n: 2, y: 2}, entries)

    def value(cell, p):
        return exact_term(ld.Constraint("c", *cell.equation.diagrams, over=p), functor, total_variation)

    functor_of_losses = LossFunctor(value, lambda p, diagram: p >> diagram)
    cell = TwoCell("α", lhs, rhs)
    marginal = joint >> ld.Discard(x) @ n @ ld.Discard(y)
    beside = alongside(x, whisker(before, cell, before), y)
    assert functor_of_losses(beside)(joint) == value(cell, marginal >> before)
    here = ld.Constraint("beside", x @ lhs @ y, x @ rhs @ y, over=joint >> x @ before @ y)
    assert functor_of_losses(beside)(joint) == exact_term(here, functor, total_variation)


X, Y, U, V, I = (*(ld.Ty(name) for name in "xyuv"), ld.Ty())
JOINT = ld.Kernel("joint", I, X @ Y)
F, F_, G, G_ = ld.Kernel("f", X, U), ld.Kernel("f_", X, U), ld.Kernel("g", Y, V), ld.Kernel("g_", Y, V)
ALPHA, BETA = TwoCell("α", F, F_), TwoCell("β", G, G_)
START, END = ld.Id(X @ Y), ld.Id(U @ V)
ALPHA_FIRST = whisker(START, alongside(I, ALPHA, Y), U @ G) >> whisker(F_ @ Y, alongside(U, BETA, I), END)
BETA_FIRST = whisker(START, alongside(X, BETA, I), F @ V) >> whisker(X @ G_, alongside(I, ALPHA, V), END)


def terms(pasting, functor, in_law):
    """The exact terms of the layers: of each 2-cell with its wires beside it, at the pushforward of the joint law."""
    for layer in pasting.inside:
        before, cell, _ = layer.boxes_or_types
        at, sides = JOINT >> composite(before, X @ Y), cell.equation.diagrams
        sides, options = ([at >> side for side in sides], {}) if in_law else (sides, {"over": at})
        yield exact_term(ld.Constraint("cell", *sides, **options), functor, total_variation)


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_both_orders_of_two_cells_beside_each_other_cost_the_same(data):
    """L(α ⊗ β)(p) = L(α)(p ≫ x ⊗ discard) + L(β)(p ≫ discard ⊗ y) in both orders, for a joint law p and any tables."""

    def table(rows, columns):
        weights = [data.draw(st.lists(st.integers(0, 9), min_size=columns, max_size=columns)) for _ in range(rows)]
        return [[Fraction(w + (not any(row)), sum(row) or columns) for w in row] for row in weights]

    (law,) = table(1, 6)
    shapes = {F: (2, 3), F_: (2, 3), G: (3, 2), G_: (3, 2)}
    tables = {JOINT: [law[:3], law[3:]], **{box: table(*shape) for box, shape in shapes.items()}}
    functor = FiniteFunctor({X: 2, Y: 3, U: 3, V: 2}, tables)

    def value(cell, p):
        return exact_term(ld.Constraint("c", *cell.equation.diagrams, over=p), functor, total_variation)

    loss = LossFunctor(value, lambda p, diagram: p >> diagram)
    both = loss(ALPHA)(JOINT >> X @ ld.Discard(Y)) + loss(BETA)(JOINT >> ld.Discard(X) @ Y)
    for pasting in (ALPHA_FIRST, BETA_FIRST):
        assert loss(pasting)(JOINT) == both == sum(terms(pasting, functor, in_law=False))
    assert ALPHA_FIRST != BETA_FIRST


def test_in_law_the_orders_of_two_cells_beside_each_other_may_cost_5_8_and_13_16():
    tables = {
        JOINT: [["1/2", "1/8"], [0, "3/8"]],
        F: [[1, 0], ["1/3", "2/3"]], F_: [[1, 0], [1, 0]], G: [[1, 0], [0, 1]], G_: [[0, 1], ["1/4", "3/4"]],
    }  # fmt: skip
    functor = FiniteFunctor({X: 2, Y: 2, U: 2, V: 2}, tables)
    orders = (ALPHA_FIRST, BETA_FIRST)
    assert [sum(terms(order, functor, in_law=True)) for order in orders] == [Fraction(5, 8), Fraction(13, 16)]
    assert [sum(terms(order, functor, in_law=False)) for order in orders] == [Fraction(7, 8)] * 2
