"""What is detached passes no gradient in its term, and changes no value."""

import pytest
import torch
from torch import nn
from torch.distributions import Independent, Normal

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile

torch.set_num_threads(1)
image, code, digit = ld.Ty("image"), ld.Ty("code"), ld.Ty("digit")
rows = ld.SampleSpace("rows")
x = rows.column("x", image)
encode, predict = ld.Box("encode", image, code), ld.Box("predict", code, code)
teacher, student = ld.Kernel("teacher", image, digit), ld.Kernel("student", image, digit)
spread = ld.Kernel("spread", image, code)
SPACES = {image: Euclidean(4), code: Euclidean(3), digit: Finite(5)}
BATCH = {"rows": {"x": torch.randn(8, 4, generator=torch.Generator().manual_seed(0))}}


class Gaussian(nn.Module):
    def __init__(self):
        super().__init__()
        self.mean = nn.Linear(4, 3)

    def forward(self, x):
        return Independent(Normal(self.mean(x), 1.0), 1)


def modules():
    torch.manual_seed(0)
    layers = {encode: nn.Linear(4, 3), predict: nn.Linear(3, 3), teacher: nn.Linear(4, 5), student: nn.Linear(4, 5)}
    return layers | {spread: Gaussian()}


def trained(*constraints, **options):
    diagram = ld.LearningDiagram(*constraints, **options)
    boxes = {box.name for box in diagram.boxes}
    ar = {box: module for box, module in modules().items() if box.name in boxes}
    objective = compile(diagram, TorchFunctor(ob=SPACES, ar=ar))
    total, _ = objective(BATCH)
    total.backward()
    gradients = {
        box.name: None if (grad := next(ar[box].parameters()).grad) is None else grad.clone() for box in diagram.boxes
    }
    return objective, total, gradients


def test_a_detached_side_is_a_number():
    """SimSiam's term: predict(encode(x)) towards a copy of encode(x) that does not move."""
    lhs, rhs = x >> encode >> predict, x >> encode
    objective, total, gradients = trained(ld.Constraint("c", lhs, rhs, detach="rhs"))
    assert "encode_detached = encode_out.detach()" in objective.code
    ar = modules()
    z = ar[encode](BATCH["rows"]["x"])
    by_hand = nn.functional.mse_loss(ar[predict](z), z.detach(), reduction="sum") / 8
    by_hand.backward()
    assert torch.equal(total, by_hand)
    assert torch.equal(gradients["encode"], ar[encode].weight.grad) and torch.equal(
        gradients["predict"], ar[predict].weight.grad
    )


def test_a_detached_box_stops_what_is_before_it_and_not_what_follows():
    _, _, gradients = trained(ld.Constraint("c", x >> encode >> predict, x >> encode, detach=[encode]))
    assert gradients["encode"] is None and gradients["predict"].abs().sum() > 0


@pytest.mark.parametrize("side", ["lhs", "rhs"])
def test_logits_are_detached(side):
    objective, _, gradients = trained(ld.Constraint("c", x >> student, x >> teacher, detach=side))
    silent, moved = ("student", "teacher") if side == "lhs" else ("teacher", "student")
    assert gradients[silent] is None and gradients[moved].abs().sum() > 0
    assert f"{silent}_out.detach()" in objective.code


def test_a_distribution_is_detached_with_its_parameters():
    objective, _, gradients = trained(
        ld.Constraint("c", x >> spread, x >> encode, divergence={"name": "nll"}, detach="rhs"),
        ld.Constraint("d", x >> encode, x >> spread >> predict, detach=spread),
    )
    assert "detach(spread_out)" in objective.code
    assert gradients["spread"].abs().sum() > 0  # by the first term, which detaches encode
    _, _, alone = trained(ld.Constraint("d", x >> encode, x >> spread >> predict, detach=spread))
    assert alone["spread"] is None and alone["predict"].abs().sum() > 0


def test_it_holds_in_its_own_term_only_and_changes_no_value():
    """Mutual learning: each learns from the other as if the other were data."""
    both = [
        ld.Constraint("first", x >> student, x >> teacher, detach="rhs"),
        ld.Constraint("second", x >> teacher, x >> student, detach="rhs"),
    ]
    objective, total, gradients = trained(*both)
    free = [ld.Constraint(c.name, c.lhs, c.rhs) for c in both]
    torch.testing.assert_close(total, trained(*free)[1])
    for constraint, box in zip(both, ("student", "teacher"), strict=True):
        alone = trained(constraint)[2][box]
        torch.testing.assert_close(gradients[box], alone)
    assert objective.code.count("boxes['student']") == objective.code.count("boxes['teacher']") == 1


def test_a_mask_and_rows_know_it_too():
    objective, _, _ = trained(ld.Constraint("c", x >> student, x >> teacher, detach="rhs"))
    objective.zero_grad()
    mask = torch.arange(8) < 5
    total, _ = objective({"rows": {"x": (BATCH["rows"]["x"], mask)}})
    total.backward()
    assert objective.boxes.of("teacher").weight.grad is None and objective.boxes.of("student").weight.grad is not None


def test_in_law_a_side_is_detached():
    codes, draws = rows.state >> x >> encode, rows.state >> x >> spread
    _, _, gradients = trained(ld.Constraint("c", codes, draws, divergence="energy_distance", detach="rhs"))
    assert gradients["spread"] is None and gradients["encode"].abs().sum() > 0


def test_a_box_is_detached_in_its_own_term_only():
    first = ld.Constraint("a", x >> encode >> predict, x >> encode, detach=encode)
    free = ld.Constraint("b", x >> encode >> predict >> predict, x >> encode)
    _, _, both = trained(first, free)
    _, _, alone = trained(free)
    torch.testing.assert_close(both["encode"], alone["encode"])


def test_a_wrong_side_is_told_the_sides():
    with pytest.raises(ld.UnknownName, match=r"'right' is no side and no box that it uses; known: .*'lhs'.*'rhs'"):
        ld.Constraint("c", x >> encode >> predict, x >> encode, detach="right")
