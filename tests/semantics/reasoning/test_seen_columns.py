"""Columns in data: the comparison of two sides agrees with one over all rows, and over all pairs of different rows."""

from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams.semantics.reasoning.seen_columns import compare_columns, masked_cells

y = ld.Ty("y")
rows, more = ld.SampleSpace("rows"), ld.SampleSpace("more")
a, b, c = (rows.column(name, y) for name in "abc")
d = more.column("d", y)
SIDES = [  # (left, right, their values at rows (i, j) of the spaces of the inputs)
    (a, b, ("rows",), lambda v, i: v["a"][i] == v["b"][i]),
    (a @ b, b @ a, ("rows", "rows"), lambda v, i, j: (v["a"][i], v["b"][j]) == (v["b"][i], v["a"][j])),
    (a @ ld.Discard(rows.ty), ld.Discard(rows.ty) @ b, ("rows", "rows"), lambda v, i, j: v["a"][i] == v["b"][j]),
    (a @ d, ld.Swap(rows.ty, more.ty) >> d @ b, ("rows", "more"), lambda v, i, j: v["a"][i] == v["b"][i] == v["d"][j]),
    (a @ ld.Discard(more.ty), ld.Discard(rows.ty) @ d, ("rows", "more"), lambda v, i, j: v["a"][i] == v["d"][j]),
]


@given(st.data(), st.sampled_from(SIDES), st.integers(1, 4), st.integers(1, 3))
def test_data_refute_an_equation_of_columns_exactly_where_some_rows_do(data, sides, n, m):
    lhs, rhs, spaces, equal = sides
    if sides is SIDES[3]:
        rhs = ld.Swap(rows.ty, more.ty) >> d @ b >> ld.Swap(y, y)
        equal = lambda v, i, j: v["a"][i] == v["b"][i]  # noqa: E731
    column = st.lists(st.integers(0, data.draw(st.sampled_from([1, 3]))), min_size=n, max_size=n)
    values = {name: data.draw(column) for name in "abc"}
    values["d"] = data.draw(st.lists(st.integers(0, 1), min_size=m, max_size=m))
    mask = data.draw(st.lists(st.booleans(), min_size=n, max_size=n))
    seen = compare_columns(
        lhs,
        rhs,
        {c},
        {"rows": {"a": values["a"], "b": values["b"], "c": (values["c"], mask)}, "more": {"d": values["d"]}},
    )
    present = {"rows": [i for i in range(n) if mask[i]], "more": list(range(m))}
    points = permutations(present["rows"], 2) if spaces == ("rows", "rows") else product(*map(present.get, spaces))
    assert seen.differ == any(not equal(values, *point) for point in points)


def test_a_refuted_pair_names_its_rows():
    seen = compare_columns(*SIDES[2][:2], set(), {"rows": {"a": [0, 1], "b": [0, 1]}})
    assert seen == (True, ", first in rows 0 and 1: 0 and 1")
    assert not compare_columns(*SIDES[2][:2], set(), {"rows": {"a": [0], "b": [1]}}).differ  # no two rows


@pytest.mark.parametrize("side", [rows.state >> a, a >> ld.Box("f", y, y), ld.Id(rows.ty), a >> ld.Copy(y, 0)], ids=str)
def test_only_sides_made_of_columns_are_compared(side):
    assert compare_columns(side, side, set(), {"rows": {"a": [0]}}) is None
    assert compare_columns(a, b, set(), {"rows": {"a": [0]}}) is None and compare_columns(a, b, {d}, None) is None


def test_masked_cells_are_those_that_the_normal_form_reads():
    data = {"rows": {"a": ([0, 1], [True, False]), "b": [0, 1]}, "more": {"d": ([0, 1], [True, False])}}
    f, g = ld.Box("f", y, y), ld.Box("g", y @ y, y)

    def cells(lhs, rhs=None, **options):
        return masked_cells(ld.Constraint("c", lhs, rhs or lhs, **options), data)

    assert cells(a >> f) == {("rows", 0, "a")} and cells(b >> f) == frozenset()
    assert cells(ld.Copy(rows.ty) >> (a >> f >> ld.Discard(y)) @ b) == frozenset()
    assert cells(b @ a >> g) == {("rows", 1, "a")} and cells(b @ d >> g) == {("more", 0, "d")}
    assert cells(f @ ld.Discard(y), over=ld.Copy(rows.ty) >> b @ a) == frozenset()
    assert cells(ld.Discard(y) @ f, over=rows.state >> ld.Copy(rows.ty) >> b @ a) == {("rows", 0, "a")}
    assert cells(rows.state @ rows.state >> a @ a >> g) is None  # several rows
    assert cells(rows.state >> a, rows.state >> b) is None  # in law the sides count different rows
    assert cells(rows.state >> a, ld.Kernel("coin", ld.Ty(), y)) == {("rows", 0, "a")}
