"""Axioms on the first batch: what holds by construction passes, and what is false is refused with its defect."""

import pytest
import torch
from torch import nn
from torch.distributions import Independent, LowRankMultivariateNormal, MultivariateNormal, Normal
from torch.nn.utils.parametrizations import orthogonal

import learning_diagrams as ld
from axiom_regime import (
    BATCH,
    FIT,
    Q,
    X,
    Y,
    answer,
    back,
    blur,
    checked,
    classify,
    digit,
    inverse,
    label_of,
    net,
    noise,
    objective_of,
    rows,
    times,
    turn,
    why_unchecked,
    x,
    x_of,
    y_of,
)
from learning_diagrams.backends.torch import fit

torch.set_num_threads(1)


def test_an_inverse_pair_of_orthogonal_matrices_holds():
    assert 0 < checked(inverse) < 1e-6


def test_a_perturbed_inverse_is_refused_with_its_defect():
    wrong = Q.T.clone()
    wrong[0, 0] += 0.01
    objective = objective_of({"undo": inverse}, FIT, ld.Constraint("same", x_of, y_of), back=times(wrong))
    objective.boxes.of("net").weight.data.zero_()
    objective.boxes.of("net").bias.data.zero_()
    with pytest.raises(ld.FalseAxiom) as caught:
        objective(BATCH, strict=False)
    points = torch.cat([X, Y, X @ Q])  # columns, and what boxes make of them; net makes zeros here
    gap = (points @ Q @ wrong - points).abs()
    size = torch.maximum(points.abs(), (points @ Q @ wrong).abs()).amax(1)
    expected = gap.amax(1) / (1 + size)
    assert objective.axiom_defects["undo"] == pytest.approx(expected.max().item(), rel=1e-5)
    message = str(caught.value)
    assert message.startswith("axiom 'undo' is false on the first batch: turn >> back = Id(x)")
    assert f"its sides differ by {objective.axiom_defects['undo']:.3g}, and rounding explains 1e-04" in message
    assert "worst at test point" in message and "output 1 (Euclidean(4)): the left is [" in message
    assert "make it a Constraint" in message and "axioms='trust'" in message
    with pytest.raises(ld.FalseAxiom):
        objective(BATCH, strict=False)  # it stays false


def test_the_defect_is_the_largest_difference_relative_to_one_more_than_the_row():
    axiom = ld.Equation(x_of >> turn, x_of)
    objective = objective_of({"a": axiom}, turn=lambda v: v + torch.tensor([0, 0, 3.0, 0]))
    batch = {"rows": {"x": torch.tensor([[0.0, 9, 0, 0], [0, 0, 2, 0]]), "y": Y[:2]}}
    with pytest.raises(
        ld.FalseAxiom, match=r"worst at row 1, .* the left is \[0, 0, 5, 0\], the right is \[0, 0, 2, 0\]"
    ):
        objective(batch)
    assert objective.axiom_defects["a"] == 3 / (1 + 5)  # and not 3 / (1 + 9), of the other row


class Averaged(nn.Module):
    """Equivariant under a cyclic group by construction: the mean over the group of g⁻¹ · f(g · v)."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, value):
        return torch.stack([self.inner(value.roll(k, -1)).roll(-k, -1) for k in range(4)]).mean(0)


def test_equivariance_by_construction_holds_and_without_it_does_not():
    axiom = ld.Equation(turn >> net, net >> turn)
    inner = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 4))
    rotate = lambda v: v.roll(1, -1)  # noqa: E731
    assert checked(axiom, net=Averaged(inner), turn=rotate) < 1e-6
    with pytest.raises(ld.FalseAxiom):
        checked(axiom, net=inner, turn=rotate)


def test_an_orthogonal_parametrisation_holds_before_and_after_training():
    layer = orthogonal(nn.Linear(4, 4, bias=False))

    class Back(nn.Module):
        def forward(self, value):
            return value @ layer.weight

    fits = ld.Constraint("fit", x_of >> turn, y_of)
    objective = objective_of({"undo": inverse}, fits, turn=layer, back=Back())
    fit(objective, BATCH, steps=3, progress=False, strict=False)
    assert objective.axiom_defects["undo"] < 1e-6


def test_an_axiom_that_the_theory_proves_needs_no_batch():
    objective = objective_of({"copy": ld.Equation(noise >> ld.Discard(x), ld.Discard(x))})
    assert objective.axiom_defects == {"copy": 0.0} and objective.unchecked_axioms == {}
    objective(BATCH, strict=False)


def test_constants_are_compared_without_points():
    first, second = ld.Box("one", ld.Ty(), x), ld.Box("two", ld.Ty(), x)
    axiom = ld.Equation(first >> turn, second)
    assert checked(axiom, one=lambda: X[0], two=lambda: X[:1] @ Q) < 1e-6
    with pytest.raises(ld.FalseAxiom, match="test point 0 of 1"):
        checked(axiom, one=lambda: X[0], two=lambda: X[0])


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_what_has_no_value_is_false(broken):
    with pytest.raises(ld.FalseAxiom):
        checked(inverse, back=lambda v: torch.where(v == v.max(), broken, v @ Q.T))


def test_two_equal_infinities_are_equal():
    assert checked(ld.Equation(turn, back), turn=lambda v: v / 0, back=lambda v: 2 * v / 0) == 0


def test_labels_are_compared_exactly():
    label, name = ld.Box("label", x, digit), ld.Box("name", x, digit)
    axiom = ld.Equation(turn >> label, name)
    assert checked(axiom, label=lambda v: (v @ Q.T)[:, 0].gt(0).long(), name=lambda v: v[:, 0].gt(0).long()) == 0
    with pytest.raises(ld.FalseAxiom, match="differ by inf"):
        checked(axiom, label=lambda v: v[:, 0].gt(1e9).long(), name=lambda v: (v[:, 0] == X[3, 0]).long())


def test_an_axiom_from_two_objects_is_not_tested_on_the_diagonal_only():
    left, add = ld.Box("left", x @ x, x), ld.Box("add", x @ x, x)
    assert checked(ld.Equation(add, ld.Swap(x, x) >> add), add=torch.add) == 0
    with pytest.raises(ld.FalseAxiom):
        checked(ld.Equation(left, ld.Swap(x, x) >> left), left=lambda a, b: a + 0 * b)


def test_one_row_is_no_two_points():
    add = ld.Box("add", x @ x, x)
    fits = ld.Constraint("fit", x_of >> net, x_of)
    batch = {"rows": {"x": X[:1]}}
    axiom = ld.Equation(add, ld.Swap(x, x) >> add)
    objective = objective_of(
        {"axiom": axiom}, ld.Constraint("f", x_of >> classify, label_of), add=torch.add, classify=nn.Linear(4, 3)
    )
    with pytest.warns(UserWarning, match="takes 2 different points, and the batch has 1"):
        objective({"rows": {"x": X[:1], "label": torch.tensor([0])}})
    assert checked(axiom, fits, add=torch.add, batch=batch) == 0  # with what net makes of it there are two


# ---- kernels ---------------------------------------------------------------------------------------------------------
LESSON = ld.Constraint("lesson", x_of >> classify, label_of)


def test_laws_on_labels_are_compared_by_their_probabilities():
    axiom = ld.Equation(turn >> answer, classify)
    linear = nn.Linear(4, 3)
    assert checked(axiom, LESSON, classify=linear, answer=lambda v: linear.forward(v @ Q.T) + 7) < 1e-6
    with pytest.raises(ld.FalseAxiom):
        checked(axiom, LESSON, classify=linear, answer=lambda v: linear.forward(v))


def test_distributions_of_one_family_are_compared_by_their_parameters():
    axiom = ld.Equation(turn >> blur, noise)
    make = {"noise": lambda v: Normal(v, 1.0), "blur": lambda v: Independent(Normal(v @ Q.T, torch.ones(4)), 1)}
    assert checked(axiom, **make) < 1e-6
    with pytest.raises(ld.FalseAxiom, match="the left is an Independent, the right is a Normal"):
        checked(axiom, **make | {"noise": lambda v: Normal(v, 1.01)})


def test_other_distributions_are_compared_by_kl_or_not_at_all():
    axiom = ld.Equation(noise, blur)
    low_rank = lambda v: LowRankMultivariateNormal(v, torch.eye(4)[:, :1].expand(len(v), 4, 1), torch.ones(4))  # noqa: E731
    covariance = torch.eye(4) + torch.diag(torch.tensor([1.0, 0, 0, 0]))
    full = lambda v: MultivariateNormal(v, covariance)  # noqa: E731
    assert checked(axiom, noise=low_rank, blur=full) < 1e-6
    with pytest.raises(ld.FalseAxiom):
        checked(axiom, noise=low_rank, blur=lambda v: MultivariateNormal(v, torch.eye(4)))
    why = why_unchecked(axiom, noise=lambda v: Normal(v, 1.0), blur=lambda v: torch.distributions.StudentT(3.0, v, 1.0))
    assert "torch has no KL divergence" in why
    assert "compared by draws only" in why_unchecked(ld.Equation(noise, turn), noise=lambda v: Normal(v, 1.0))


def test_nothing_is_drawn_so_laws_of_draws_are_not_compared():
    make = {"noise": lambda v: Normal(v, 1.0)}
    assert "a draw of kernel 'noise' feeds a box" in why_unchecked(ld.Equation(noise >> turn, turn >> noise), **make)
    shared = ld.Equation(noise >> ld.Copy(x), ld.Copy(x) >> noise @ noise)
    assert "two outputs share a draw of kernel 'noise'" in why_unchecked(shared, **make)
    state = ld.Equation(rows.state >> x_of, rows.state >> y_of)
    assert "draws from the data of 'rows'" in why_unchecked(state)
