"""Rows of constraints: two draws from one sample space are two different rows, in exact terms and in the objective."""

from fractions import Fraction
from itertools import permutations, product

import pytest
import torch
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.finite import FiniteFunctor, drawn_term, exact_term
from learning_diagrams.backends.finite.term import kl, total_variation
from learning_diagrams.backends.torch import Finite, TorchFunctor, compile
from learning_diagrams.presentation.reading import drawn_spaces

torch.set_num_threads(1)
x, y, unit = ld.Ty("x"), ld.Ty("y"), ld.Ty()
rows, others = ld.SampleSpace("rows"), ld.SampleSpace("others")
col, tag, other = rows.column("col", x), rows.column("tag", x), others.column("other", x)
same, coin = ld.Kernel("same", x @ x, y), ld.Kernel("coin", unit, y)
TABLES = {
    "same": [[[0, 1], [1, 0]], [[1, 0], [0, 1]]],  # outcome 1 if the two values are equal
    "coin": ["1/2", "1/2"],
    "k": [["1/3", "2/3"], ["3/4", "1/4"]],
    "m": [["1/7", "6/7"], ["2/5", "3/5"]],
    "not": [1, 0],
    "and": [[0, 0], [0, 1]],
}
FUNCTIONS = {"not": lambda a: 1 - a, "and": lambda a, b: a & b}


class Logits(nn.Module):
    def __init__(self, name):
        super().__init__()
        table = torch.tensor([float(Fraction(p)) for p in _entries(TABLES[name])], dtype=torch.float64)
        self.logits = table.reshape(_shape(TABLES[name])).log()

    def forward(self, *values):
        return self.logits[values] if values else self.logits


def _entries(table):
    return [p for part in table for p in _entries(part)] if isinstance(table, list) else [table]


def _shape(table):
    return [len(table), *_shape(table[0])] if isinstance(table, list) else []


def exact_and_objective(constraint, data):
    """The functor into finite maps, and the term of the compiled loss as a function of a batch."""
    boxes = ld.LearningDiagram(constraint).boxes
    kernels = {box.name: TABLES[box.name] for box in boxes if isinstance(box, ld.Kernel)}
    functions = {box.name: FUNCTIONS[box.name] for box in boxes if not isinstance(box, ld.Kernel)}
    modules = {name: Logits(name) for name in kernels} | functions
    loss = compile(ld.LearningDiagram(constraint), TorchFunctor({x: Finite(2), y: Finite(2)}, modules))
    return FiniteFunctor({x: 2, y: 2}, kernels | functions, data), loss


def orders(data):
    """The data with the rows of each sample space in every order, as batches of tensors."""
    counts = {space: range(len(next(iter(columns.values())))) for space, columns in data.items()}
    for chosen in product(*(permutations(count) for count in counts.values())):
        order = dict(zip(counts, map(list, chosen), strict=True))
        yield {
            space: {name: torch.tensor(values)[order[space]] for name, values in columns.items()}
            for space, columns in data.items()
        }


def mean_over_orders(loss, data):
    values = [loss(batch, strict=False)[0].item() for batch in orders(data)]
    return sum(values) / len(values)


tv = "total_variation"
pair = rows.state @ rows.state >> col @ col
NAMED = {  # each with the value that follows when two draws are two rows
    # In law: the data are 0, 1, so two rows are never equal, and a fair coin is ½ apart.
    "two states": (ld.Constraint("c", pair >> same, coin, divergence=tv), {"col": [0, 1]}, "1/2"),
    # Of rows 0, 0, 1 the first and the third of three different rows are equal in 2 of 6 choices: ⅓ against ½.
    "three states": (
        ld.Constraint("c", pair @ (rows.state >> col) >> x @ ld.Discard(x) @ x >> same, coin, divergence=tv),
        {"col": [0, 0, 1]},
        "1/6",
    ),
    # The test row is a draw too, so the state is the other row: the answer is always 0, the coin ½ apart.
    "a state beside a test row": (
        ld.Constraint("c", col @ (rows.state >> col) >> same, ld.Discard(rows.ty) >> coin, divergence=tv),
        {"col": [0, 1]},
        "1/2",
    ),
    "a state with over": (
        ld.Constraint("c", x @ (rows.state >> col) >> same, ld.Discard(x) >> coin, over=col, divergence=tv),
        {"col": [0, 1]},
        "1/2",
    ),
    "two states of over": (ld.Constraint("c", same, ld.Discard(x @ x) >> coin, over=pair, divergence=tv),
                           {"col": [0, 1]}, "1/2"),
    "a state of each side": (
        ld.Constraint("c", ld.Discard(x) >> rows.state >> col, ld.Discard(x) >> rows.state >> tag, over=col,
                      divergence=tv),
        {"col": [0, 1, 1], "tag": [0, 1, 1]},
        "0",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", NAMED)
def test_two_draws_from_one_space_are_two_rows(case):
    constraint, columns, value = NAMED[case]
    F, loss = exact_and_objective(constraint, {"rows": columns})
    assert exact_term(constraint, F, total_variation) == Fraction(value)
    if constraint.tested == "in law" and len(columns["col"]) == 2:  # every order holds every pair
        assert loss({"rows": {"col": torch.tensor(columns["col"])}})[0].item() == pytest.approx(float(Fraction(value)))
    if constraint.tested != "in law":
        drawn = drawn_term(constraint, F, total_variation)
        assert mean_over_orders(loss, {"rows": columns}) == pytest.approx(float(drawn), abs=1e-7)


def test_the_rows_that_the_two_sides_draw_differ_and_each_side_has_the_law_of_one_row():
    """Three different rows of 0, 1, 1: the sides are unequal in 2/3 of the choices, and their laws are equal."""
    constraint, columns, _ = NAMED["a state of each side"]
    F, _ = exact_and_objective(constraint, {"rows": columns})
    assert drawn_term(constraint, F, total_variation) == Fraction(2, 3)


def test_rows_of_two_spaces_are_independent():
    constraint = ld.Constraint(
        "c", (rows.state >> col) @ (others.state >> other) >> same, coin, divergence="total_variation"
    )
    F, _ = exact_and_objective(constraint, {"rows": {"col": [0, 1]}, "others": {"other": [0, 1]}})
    assert exact_term(constraint, F, total_variation) == 0


@pytest.mark.parametrize("case", [name for name in NAMED if name != "a state of each side"])
def test_a_space_of_fewer_rows_than_draws_is_one_error_in_both_back_ends(case):
    F, loss = exact_and_objective(NAMED[case][0], {"rows": {"col": [1]}})
    for term in (exact_term, drawn_term):
        with pytest.raises(ld.DataError, match=r"'c' draws more rows .* \d different rows of 'rows', which has 1"):
            term(NAMED[case][0], F, total_variation)
    with pytest.raises(ld.DataError, match=r"'rows' has 1 row, and \d different rows are drawn together"):
        loss({"rows": {"col": torch.tensor([1])}})


def test_a_state_is_independent_of_another_in_the_theory():
    """The functor keeps products; only the terms of constraints choose rows."""
    F, _ = exact_and_objective(NAMED["two states"][0], {"rows": {"col": [0, 1]}})
    assert F(pair >> same).distribution() == [Fraction(1, 2)] * 2


# ---- masks ----------------------------------------------------------------------------------------------------------


def masked_mean(constraint, loss, columns, masks, cells):
    """The mean of the row-wise values over present choices, from all orders of the rows."""
    total, count = 0.0, 0
    names = list(columns)
    for order in map(list, permutations(range(len(columns[names[0]])))):
        batch = {c: (torch.tensor(columns[c])[order], torch.tensor(masks[c])[order]) for c in names}
        present = torch.stack([batch[c][1].roll(shift) for c, shift in cells]).all(0)
        total += loss.defects({"rows": batch})[constraint.name].sum().item()
        count += int(present.sum())
    return total / count


def test_a_choice_of_rows_counts_if_the_columns_that_it_reads_are_present():
    columns = {"col": [0, 1, 1, 0], "tag": [1, 1, 0, 0]}
    masks = {"col": [True, True, True, False], "tag": [False, True, True, True]}
    constraint = ld.Constraint(
        "c", col @ (rows.state >> tag) >> same, ld.Discard(rows.ty) >> coin, divergence="total_variation"
    )
    data = {"rows": {name: (columns[name], masks[name]) for name in columns}}
    F, loss = exact_and_objective(constraint, data)
    drawn = drawn_term(constraint, F, total_variation)
    assert masked_mean(constraint, loss, columns, masks, [("col", 0), ("tag", 1)]) == pytest.approx(float(drawn))


def test_the_mask_of_a_discarded_column_leaves_out_no_row():
    read = ld.Copy(rows.ty) >> col @ (tag >> ld.Discard(x)) >> ld.Kernel("k", x, y)
    constraint = ld.Constraint("c", read, ld.Discard(rows.ty) >> coin, divergence="total_variation")
    F, loss = exact_and_objective(constraint, {"rows": {"col": [0, 1], "tag": ([0, 0], [False, True])}})
    assert exact_term(constraint, F, total_variation) == (Fraction(1, 6) + Fraction(1, 4)) / 2
    batch = {"rows": {"col": torch.tensor([0, 1]), "tag": (torch.tensor([0, 0]), torch.tensor([False, True]))}}
    assert loss(batch, strict=False)[0].item() == pytest.approx(5 / 24)


def test_without_a_choice_of_present_rows_the_term_is_0():
    constraint = NAMED["two states"][0]
    F, _ = exact_and_objective(constraint, {"rows": {"col": ([0, 1], [True, False])}})
    assert exact_term(constraint, F, total_variation) == drawn_term(constraint, F, total_variation) == 0


@pytest.mark.parametrize("column", [([0, 1], [True]), [0, 1, 0]])
def test_columns_and_masks_have_a_value_for_every_row(column):
    with pytest.raises(ld.DataError, match="'rows' have unequal lengths"):
        FiniteFunctor({x: 2}, {}, {"rows": {"col": column, "tag": [0, 1]}})


# ---- random constraints ---------------------------------------------------------------------------------------------

READ = [rows.state >> col, rows.state >> tag, others.state >> other]


@st.composite
def sides(draw, width, cod, kernels=True):
    """A diagram from x^width: states, then functions, copies and discards, then kernels or nothing at the ends."""
    diagram = ld.Id(x**width)
    for extra in draw(st.lists(st.sampled_from(READ), max_size=1 if width else 2, min_size=0 if width else 1)):
        diagram = diagram @ extra
    steps = st.tuples(st.sampled_from(["not", "and", "copy"]), st.integers(0, 3))
    for name, place in draw(st.lists(steps, max_size=4)):
        box = ld.Copy(x) if name == "copy" else ld.Box(name, x ** (1 + (name == "and")), x)
        if len(box.dom) <= len(diagram.cod) < 4:
            left = place % (len(diagram.cod) - len(box.dom) + 1)
            diagram = diagram >> x**left @ box @ x ** (len(diagram.cod) - left - len(box.dom))
    while len(diagram.cod) < cod:
        diagram = diagram >> ld.Copy(x) @ x ** (len(diagram.cod) - 1)
    diagram = diagram >> x**cod @ ld.Discard(x ** (len(diagram.cod) - cod))
    names = [draw(st.sampled_from(["k", "m"])) for _ in range(cod)]
    return diagram >> _tensor(ld.Kernel(n, x, y) for n in names) if kernels else diagram


def _tensor(parts):
    return ld.Id(unit).tensor(*parts)


SOURCES = [
    col, tag, col @ tag, col @ other, ld.Copy(rows.ty) >> col @ tag, rows.state >> col, pair, pair @ col,
    (rows.state >> tag) @ other,
]  # fmt: skip
DATA = {"rows": {"col": [0, 1, 1], "tag": [1, 1, 0]}, "others": {"other": [0, 1, 0]}}


@settings(max_examples=20)
@given(st.data())
@pytest.mark.parametrize(("name", "divergence"), [("total_variation", total_variation), ("kl", kl)])
def test_the_mean_of_the_objective_over_all_orders_of_the_rows_is_the_drawn_term(name, divergence, data):
    """Random constraints of one or two wires, whose kernels stand at the ends.

    It is at least the exact term, and equal to it where no side draws a row and the divergence adds over wires.
    """
    over, cod = data.draw(st.sampled_from(SOURCES)), data.draw(st.integers(1, 2))
    lhs, rhs = (data.draw(sides(len(over.cod), cod)) for _ in "lr")
    constraint = ld.Constraint("c", lhs, rhs, over=over, divergence=name)
    draws = [name for graph in constraint.reading.sides for name in drawn_spaces(graph)]
    assume(not constraint.reading.is_vacuous)
    assume((*draws, *constraint.reading.sample_spaces).count("rows") <= 3)
    event(f"{len(draws)} states, {cod} wires")
    F, loss = exact_and_objective(constraint, DATA)
    drawn, exact = (float(term(constraint, F, divergence)) for term in (drawn_term, exact_term))
    assert mean_over_orders(loss, DATA) == pytest.approx(drawn, abs=1e-12)
    assert exact <= drawn + 1e-12
    if not draws and (cod == 1 or name == "kl"):
        assert exact == pytest.approx(drawn, abs=1e-12)


@settings(max_examples=20)
@given(st.data())
def test_in_law_the_objective_on_all_rows_is_the_exact_term(data):
    """Sides from I on spaces of two rows, of which a batch rolled by one holds every pair."""
    lhs, rhs = (data.draw(sides(0, 1)) for _ in "lr")
    constraint = ld.Constraint("c", lhs, rhs, divergence="total_variation")
    assume(not constraint.reading.is_vacuous)
    both = {"rows": {"col": [0, 1], "tag": [1, 1]}, "others": {"other": [0, 1]}}
    for graph in constraint.reading.sides:  # pairs of two spaces come in one order only
        assume(len(set(drawn_spaces(graph))) == 1)
    F, loss = exact_and_objective(constraint, both)
    batch = {space: {c: torch.tensor(v) for c, v in columns.items()} for space, columns in both.items()}
    exact = exact_term(constraint, F, total_variation)
    assert loss(batch, strict=False)[0].item() == pytest.approx(float(exact), abs=1e-12)
