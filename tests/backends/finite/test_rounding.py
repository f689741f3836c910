"""`rounded`: tables of floats become tables of fractions that a functor takes, and bad tables are typed errors."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams.backends.finite import FiniteFunctor, exact_term, rounded

x, y = ld.Ty("x"), ld.Ty("y")
q, r = ld.Kernel("q", x, y), ld.Kernel("r", ld.Ty(), y)


@st.composite
def tables(draw):
    """Weights [inputs, outcomes] whose sums are 1 up to the errors of floats."""
    count = draw(st.integers(1, 6))
    rows = draw(st.lists(st.lists(st.floats(0, 1), min_size=count, max_size=count), min_size=1, max_size=4))
    rows = [row if sum(row) > 1e-6 else [1.0] * count for row in rows]
    return [[entry / sum(row) for entry in row] for row in rows]


@given(tables(), st.sampled_from([1, 2, 7, 100, 10**6]))
@example([[1 / 6] * 6], 7)
def test_each_sum_is_one_each_entry_is_near_and_a_second_time_changes_nothing(table, denominator):
    result = rounded(table, denominator)
    for row, given_row in zip(result, table, strict=True):
        total = sum(map(Fraction, given_row))
        assert sum(row) == 1
        for entry, given_entry in zip(row, given_row, strict=True):
            assert isinstance(entry, Fraction) and denominator % entry.denominator == 0 and entry >= 0
            assert abs(entry - Fraction(given_entry) / total) < Fraction(1, denominator)
    assert rounded(result, denominator) == result


@given(st.lists(st.integers(0, 50), min_size=1, max_size=6).filter(any), st.integers(1, 10))
def test_an_exact_table_with_the_denominator_stays_as_it_is(weights, multiple):
    exact = [Fraction(weight, sum(weights)) for weight in weights]
    assert rounded(exact, multiple * sum(weights)) == exact


@given(st.lists(st.integers(0, 8), min_size=2, max_size=4).filter(any), st.integers(1, 12))
def test_no_other_table_with_the_denominator_is_nearer(weights, denominator):
    law = [Fraction(weight, sum(weights)) for weight in weights]
    others = (units for units in product(range(denominator + 1), repeat=len(law)) if sum(units) == denominator)
    nearest = min(sum(abs(Fraction(u, denominator) - p) for u, p in zip(o, law, strict=True)) for o in others)
    assert sum(abs(entry - p) for entry, p in zip(rounded(law, denominator), law, strict=True)) == nearest


def test_units_that_are_left_go_to_the_largest_remainder_and_of_equal_ones_to_the_first():
    assert rounded(["1/6", "1/3", "1/2"], 4) == [Fraction(1, 4), Fraction(1, 4), Fraction(1, 2)]  # 2/3, 4/3 and 2 units
    assert rounded(["1/4"] * 4, 3) == [Fraction(1, 3)] * 3 + [0]
    assert rounded([[0.15, 0.85], [0.5, 0.5]], 1) == [[0, 1], [1, 0]]


def test_lists_arrays_and_tensors_of_a_trained_module_are_one_table():
    table = torch.nn.Embedding(4, 3)(torch.arange(4)).softmax(1)
    expected = rounded(table.tolist())
    for same in (table, table.detach().numpy(), list(table), tuple(table.detach().numpy())):
        assert rounded(same) == expected
    assert FiniteFunctor({x: 4, y: 3}, {q: rounded(table)})(q).array.tolist() == expected
    with pytest.raises(ld.CompileError, match=r"rounded\(table\)"):
        FiniteFunctor({x: 4, y: 3}, {q: table + 1e-7})


def test_the_outcomes_of_two_outputs_share_one_sum():
    joint = ld.Kernel("joint", x, y @ y)
    table = torch.randn(2, 9).softmax(1).reshape(2, 3, 3)
    exact = rounded(table, outputs=2)
    assert FiniteFunctor({x: 2, y: 3}, {joint: exact})(joint).array.tolist() == exact
    assert exact == np.reshape(np.array(rounded(table.reshape(2, 9)), dtype=object), (2, 3, 3)).tolist()


def test_the_exact_term_of_a_rounded_table_is_the_term_by_hand():
    rows = ld.SampleSpace("rows")
    same = ld.Constraint("same", rows.column("x", x) >> q, ld.Discard(rows.ty) >> r)
    law = {q: rounded([[0.25, 0.75], [1.0, 0.0]]), r: rounded([0.5, 0.5])}
    F = FiniteFunctor({x: 2, y: 2}, law, {"rows": {"x": [0, 1]}})
    assert exact_term(same, F, "total_variation") == (Fraction(1, 4) + Fraction(1, 2)) / 2


BAD = {
    r"≥ 0 that sum to 1 ± 1/1000 for each input, got \[1.5, -0.5\] at \(\), with the": lambda: rounded([1.5, -0.5]),
    r"at \(1\), with the sum 3/2; a network that returns logits needs a softmax": lambda: rounded([[1, 0], [0.5, 1]]),
    r"at \(0\), with the sum 1/2; .* with two outputs has outputs=2": lambda: rounded([[0.25, 0.25], [0.25, 0.25]]),
    "the table has the entry nan": lambda: rounded([float("nan"), 1]),
    "the table has the entry inf": lambda: rounded(torch.tensor([float("inf"), 1])),
    "the denominator of rounded is a whole number ≥ 1, as 1_000_000; got 0": lambda: rounded([1], 0),
    "the denominator of rounded is .* got 0.5": lambda: rounded([1], 0.5),
    r"outputs=2 and a table of shape \[1\]": lambda: rounded([1], outputs=2),
    r"outputs=1 and a table of shape \[\]": lambda: rounded(1),
}


@pytest.mark.parametrize("message", BAD)
def test_a_bad_table_is_a_typed_error(message):
    with pytest.raises(ld.LearningDiagramError, match=message):
        BAD[message]()


@pytest.mark.parametrize("row", [[0.1, 0.9], [1 / 3, 1 / 3, 1 / 3], [0.1, 0.2, 0.7], [0.123, 0.877]])
def test_floats_that_print_as_parts_of_one_are_to_be_written(row):
    """What the message says to write sums to 1."""
    if sum(map(Fraction, row)) != 1:
        with pytest.raises(ld.CompileError, match=r"in binary: write \"") as error:
            FiniteFunctor({y: len(row)}, {r: row})
        assert "rounded" not in str(error.value)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_a_softmax_is_taken_or_the_message_says_what_makes_it_a_table(dtype):
    for seed in range(20):
        table = torch.randn(3, generator=torch.Generator().manual_seed(seed)).softmax(0).to(dtype)
        if sum(map(Fraction, table.tolist())) == 1:
            continue
        with pytest.raises(ld.CompileError, match=r"; a float is read exactly, and rounded\(table\), .* sum to 1$"):
            FiniteFunctor({y: 3}, {r: table})
        assert FiniteFunctor({y: 3}, {r: rounded(table)})(r)


def test_advice_to_round_is_given_only_where_rounding_is_possible():
    for row in ([0.9, 0.2], [1.1, -0.1], ["0.999", "0.0009"]):
        with pytest.raises(ld.CompileError) as error:
            FiniteFunctor({y: 2}, {r: row})
        assert "rounded" not in str(error.value)
