"""Where axioms are tested: rows of sample spaces that are present, values that the training graph makes."""

import pytest
import torch

import learning_diagrams as ld
from axiom_regime import (
    BATCH,
    Q,
    X,
    Y,
    checked,
    decode,
    encode,
    inverse,
    net,
    objective_of,
    other,
    rows,
    times,
    turn,
    why_unchecked,
    x,
    x_of,
    y_of,
    z,
)

torch.set_num_threads(1)


def test_an_axiom_over_a_sample_space_is_tested_at_its_rows_that_are_present():
    axiom = ld.Equation(x_of >> turn, rows.column("turned", x))
    turned = X @ Q
    turned[5] += 1
    batch = {"rows": BATCH["rows"] | {"turned": turned}}
    with pytest.raises(ld.FalseAxiom, match="worst at row 5,"):
        checked(axiom, batch=batch)
    mask = torch.arange(8) != 5
    assert checked(axiom, batch={"rows": batch["rows"] | {"turned": (turned, mask)}}) < 1e-6
    turned[5] = float("nan")
    assert checked(axiom, batch={"rows": batch["rows"] | {"turned": (turned, mask)}}) < 1e-6
    assert "has no column 'turned'" in why_unchecked(axiom)
    nothing = {"rows": batch["rows"] | {"turned": (turned, mask & False)}}
    assert "no row of the batch has all columns" in why_unchecked(axiom, batch=nothing)


def test_two_draws_of_one_sample_space_are_two_rows():
    add = ld.Box("add", x @ x, x)
    axiom = ld.Equation(x_of @ x_of >> add, (x_of >> turn) @ ld.Discard(rows.ty))
    objective = objective_of({"a": axiom}, add=torch.add, turn=lambda v: v + v.roll(1, 0))
    objective(BATCH, strict=False)
    assert objective.axiom_defects["a"] == 0  # row i of the second draw is row i − 1 of the batch


def test_unpaired_spaces_of_different_length_are_cut_to_the_shorter():
    axiom = ld.Equation(x_of @ ld.Discard(other.ty), ld.Discard(rows.ty) @ other.column("x", x))
    batch = BATCH | {"other": {"x": X[:3]}}
    assert checked(axiom, batch=batch) == 0


def test_values_that_deterministic_boxes_make_are_points():
    axiom = ld.Equation(decode >> encode, ld.Id(z))
    rebuilt = ld.Constraint("rebuilt", x_of >> encode >> decode, x_of)
    assert checked(axiom, rebuilt, encode=times(Q), decode=times(Q.T)) < 1e-6
    with pytest.raises(ld.FalseAxiom, match="of 8,"):
        checked(axiom, rebuilt, encode=times(Q), decode=times(Q))
    in_law = ld.Constraint("in law", rows.state >> x_of >> encode >> decode, rows.state >> y_of)
    assert checked(axiom, in_law, encode=times(Q), decode=times(Q.T)) < 1e-6


def test_only_rows_that_are_present_are_points():
    seen = []
    spoilt = X.clone()
    spoilt[2] = float("nan")
    batch = {"rows": {"x": (spoilt, torch.arange(8) != 2), "y": (spoilt, torch.arange(8) != 2)}}
    same = ld.Constraint("same", x_of, y_of)
    assert checked(inverse, same, batch=batch, turn=lambda v: (seen.append(v), v @ Q)[1]) < 1e-6
    assert len(seen[-1]) == 14 and not seen[-1].isnan().any()


def test_there_are_at_most_64_points_of_an_object_columns_first():
    seen = []
    batch = {"rows": {"x": X.repeat(5, 1), "y": Y.repeat(5, 1)}}
    fits = ld.Constraint("fit", x_of >> net, y_of)
    checked(inverse, fits, batch=batch, turn=lambda v: (seen.append(v), v @ Q)[1])
    assert torch.equal(seen[-1], torch.cat([X.repeat(5, 1), Y.repeat(3, 1)]))


def test_an_axiom_without_points_is_not_checked_and_says_how_to_give_some():
    why = why_unchecked(ld.Equation(decode >> encode, ld.Id(z)), encode=times(Q), decode=times(Q.T))
    assert why.startswith("no value of 'z' is made from this batch")
    assert "let a constraint read a column of 'z', or state the axiom over data" in why


def test_a_box_without_a_module_leaves_its_axiom_unchecked():
    objective = objective_of({"a": ld.Equation(encode >> decode, ld.Id(x))})
    with pytest.warns(UserWarning, match="box 'decode' has no module|box 'encode' has no module"):
        objective(BATCH, strict=False)


def test_the_warning_comes_once():
    objective = objective_of(
        {"a": ld.Equation(decode >> encode, ld.Id(z)), "b": inverse}, encode=times(Q), decode=times(Q.T)
    )
    assert objective.unchecked_axioms == {"a": "no batch has come yet", "b": "no batch has come yet"}
    with pytest.warns(UserWarning) as caught:
        objective(BATCH, strict=False)
        objective(BATCH, strict=False)
    assert len(caught) == 1
    assert objective.axiom_defects["a"] is None and objective.axiom_defects["b"] < 1e-6
