"""Least terms: which constraints have a term that is least where their equation holds, and which the theory makes 0."""

import pytest

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, Space, divergence
from learning_diagrams.semantics.divergences import KINDS
from learning_diagrams.semantics.least_term import consumes_draws, is_always_zero, is_least

x, y = ld.Ty("x"), ld.Ty("y")
rows = ld.SampleSpace("rows")
at, to = rows.column("at", x), rows.column("to", y)
f, g, k, coin = ld.Box("f", x, y), ld.Box("g", y, x), ld.Kernel("k", x, y), ld.Kernel("coin", ld.Ty(), y)
NOT_LEAST = {"info_nce", "difference", "nll", "cosine", "energy", "mmd", "energy_distance", "sliced_wasserstein"}


@pytest.mark.parametrize("name", sorted(KINDS))
def test_the_divergences_that_are_least_at_equality(name):
    assert is_least(ld.Constraint("c", at >> f, to, divergence=name)) == (name not in NOT_LEAST)
    assert KINDS[name].laws.least_at_equality == (name not in NOT_LEAST)


def test_a_divergence_of_ones_own_is_least_if_it_says_so():
    asked = ld.Constraint("c", at >> f, at >> f, divergence="gap")
    assert not is_least(asked)  # not defined yet
    for least in (False, True):

        @divergence(formula="|p − r|", unit="units", separating=True, least_at_equality=least)
        def gap(reference, prediction):
            return (prediction - reference).abs().sum(1)

        assert is_least(asked) == is_always_zero(asked) == least


def test_the_divergence_of_a_space_counts_where_the_space_is_known():
    same = ld.Constraint("c", at >> f, at >> f)
    contrast = Space((2,), divergence="info_nce")
    assert is_always_zero(same) and is_always_zero(same, spaces={"y": Euclidean(2)})
    assert not is_always_zero(same, spaces={"y": contrast})
    assert is_always_zero(same, spaces={"y": Finite(3), "x": contrast})


@pytest.mark.parametrize(
    ("lhs", "over", "consumed"),
    [
        (at >> k, None, False),
        (at >> k >> g >> f, None, True),
        (g >> f, at >> k, False),  # both sides see the draw of `over`
        (g >> k, at >> k, False),
        (f >> g >> k >> g >> f, at, True),
        (ld.Copy(rows.ty) >> (at >> k >> g >> ld.Discard(x)) @ (at >> f), None, False),
        (ld.Discard(rows.ty) >> rows.state >> at >> f, None, True),
        (rows.state >> at >> f, None, False),
        (rows.state @ rows.state >> at @ to >> f @ ld.Discard(y), None, False),
        (rows.state @ rows.state >> at @ at >> ld.Box("pair", x @ x, y), None, True),
        (rows.state >> at >> k >> g >> f, None, True),
        (coin, None, False),
        (coin >> g >> f, None, True),
    ],
    ids=str,
)
def test_a_draw_is_consumed_where_a_box_of_a_side_reads_it(lhs, over, consumed):
    same = ld.Constraint("c", lhs, lhs, over=over, divergence="kl")
    assert same.reading.is_vacuous and consumes_draws(same) == consumed and is_always_zero(same) == (not consumed)


def test_in_law_averages_are_least_and_samples_are_not():
    sides = rows.state >> at >> f, rows.state >> to
    for name, least in ((None, False), ("kl", True), ("total_variation", True), ("mmd", False), ("nll", False)):
        assert is_least(ld.Constraint("c", *sides, divergence=name)) == least
    assert is_least(ld.Constraint("c", coin, ld.Kernel("other", ld.Ty(), y)))  # explicit: compared by the space's own
