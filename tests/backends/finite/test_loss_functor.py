"""The exact terms of a pasting of squares add up to the loss functor of the pasting, as fractions."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

import learning_diagrams as ld
from exact_model import RandomModel, evaluate
from learning_diagrams.backends.finite import FiniteFunctor, exact_term
from learning_diagrams.backends.finite.term import total_variation
from learning_diagrams.presentation.pasting import TwoCell, alongside, whisker
from learning_diagrams.semantics.functor.loss import LossFunctor
from loss_law import NAMES, compiled_loss_is_the_loss_functor, grids, n

SIZE = 3


@settings(max_examples=40, deadline=None)
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
