"""States beside test points: each gives a row for every test point, and a model has none."""

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile

torch.set_num_threads(1)
x = ld.Ty("x")
A, B = ld.SampleSpace("A"), ld.SampleSpace("B")
a, b = A.column("a", x), B.column("b", x)
f, join, point = ld.Box("f", x, x), ld.Box("join", x @ x, x), ld.Box("point", ld.Ty(), x)
anywhere = ld.Discard(A.ty)


def compiled(*constraints):
    modules = {"f": nn.Linear(2, 2), "join": lambda p, q: p * q, "point": lambda: torch.ones(1, 2)}
    return compile(ld.LearningDiagram(*constraints), TorchFunctor(ob={x: Euclidean(2)}, ar=modules))


def batch(n, m):
    return {"A": {"a": torch.arange(2.0 * n).reshape(n, 2)}, "B": {"b": torch.ones(m, 2)}}


SIDES = {
    "one side": ld.Constraint("c", a >> f, anywhere >> B.state >> b),
    "both sides": ld.Constraint("c", a @ (B.state >> b) >> join, anywhere >> B.state >> b),
    "over": ld.Constraint("c", f, ld.Discard(x) >> B.state >> b, over=a),
}


@pytest.mark.parametrize("case", SIDES)
def test_data_that_a_side_draws_is_paired_with_the_test_points(case):
    """One row would be broadcast, and another number fail inside PyTorch."""
    objective = compiled(SIDES[case])
    assert objective(batch(3, 3))[0].isfinite()
    for m in (2, 4):
        with pytest.raises(ld.DataError, match=f"paired by position, and their numbers differ: 'A' has 3, 'B' has {m}"):
            objective(batch(3, m))
    with pytest.raises(ld.DataError, match=r"paired by position|has 1 row, and 2 different rows"):
        objective(batch(3, 1))


def test_a_point_from_nothing_stands_for_as_many_rows_as_the_sides_draw():
    objective = compiled(ld.Constraint("c", f, ld.Discard(x) >> B.state >> b, over=point))
    assert objective.defects({"B": {"b": torch.ones(5, 2)}})["c"].shape == (5,)


def test_a_state_that_no_output_needs_pairs_nothing():
    unused = (B.state >> b >> ld.Discard(x)) @ a
    objective = compiled(ld.Constraint("c", unused >> f, a), ld.Constraint("d", B.state >> b, A.state >> a))
    assert objective(batch(3, 5))[0].isfinite()


def test_a_state_beside_its_own_space_is_another_draw():
    objective = compiled(ld.Constraint("c", a @ (A.state >> a) >> join, anywhere >> point))
    rows = batch(4, 1)["A"]["a"]
    expected = (rows * rows.roll(1, 0) - 1).square().sum(1)
    torch.testing.assert_close(objective.defects({"A": {"a": rows}})["c"], expected)


def test_a_model_has_no_state():
    objective = compiled(ld.Constraint("c", a >> f, a))
    with pytest.raises(ld.CompileError, match="the state of 'A' is data, and a model has no data"):
        objective.model(A.state >> a >> f)
    assert objective.model((A.state >> ld.Discard(A.ty)) @ f)(torch.ones(1, 2)).shape == (1, 2)
