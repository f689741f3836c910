"""Soft labels: rows of probabilities as data, beside the logits of a kernel."""

import pytest
import torch
from torch import nn
from torch.nn import functional

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile, fit

torch.set_num_threads(1)
EXACT = {"rtol": 1e-12, "atol": 1e-12}
x, y = ld.Ty("x"), ld.Ty("y")
rows = ld.SampleSpace("rows")
x_of, y_of, z_of = rows.column("x", x), rows.column("y", y), rows.column("z", y)
net = ld.Kernel("net", x, y)


def objective(lhs, rhs, space, divergence=None, **ar):
    diagram = ld.LearningDiagram(ld.Constraint("c", lhs, rhs, divergence=divergence))
    return compile(diagram, TorchFunctor(ob={x: Euclidean(2), y: space}, ar=ar))


def example(n=5, k=3):
    torch.manual_seed(0)
    return nn.Linear(2, k, dtype=torch.float64), torch.randn(n, 2, dtype=torch.float64)


def mixup(n=5, k=3):
    """Two labels a row, mixed; so some probabilities are 0."""
    torch.manual_seed(1)
    labels, share = torch.randint(k, (2, n)), torch.rand(n, 1, dtype=torch.float64)
    one, two = functional.one_hot(labels, k)
    return share * one + (1 - share) * two


@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_mixup_is_soft_cross_entropy_and_kl_lies_below_by_the_entropy(temperature):
    linear, inputs = example()
    target = mixup()
    log = (linear(inputs) / temperature).log_softmax(-1)
    cross = functional.cross_entropy(linear(inputs) / temperature, target)
    entropy = -torch.xlogy(target, target).sum(-1).mean()
    option = {"kl": {"name": "kl", "temperature": temperature}, "nll": "nll"}
    kl, _ = objective(x_of >> net, y_of, Finite(3, soft=True), option["kl"], net=linear)(
        {"rows": {"x": inputs, "y": target}}
    )
    torch.testing.assert_close(kl, cross - entropy, **EXACT)
    torch.testing.assert_close(kl, (torch.xlogy(target, target) - target * log).sum(-1).mean(), **EXACT)
    if temperature == 1:
        nll, _ = objective(x_of >> net, y_of, Finite(3, soft=True), "nll", net=linear)(
            {"rows": {"x": inputs, "y": target}}
        )
        torch.testing.assert_close(nll, cross, **EXACT)


def test_hard_labels_are_soft_labels_that_are_sure():
    linear, inputs = example()
    labels = torch.tensor([0, 2, 1, 1, 0])
    data = {"rows": {"x": inputs, "y": functional.one_hot(labels, 3).double()}}
    for name in ("kl", "nll"):
        soft = objective(x_of >> net, y_of, Finite(3, soft=True), name, net=linear)
        total, _ = soft(data)
        torch.testing.assert_close(total, functional.cross_entropy(linear(inputs), labels), **EXACT)


@pytest.mark.parametrize("name", ["kl", "nll", "jensen_shannon", "hellinger", "total_variation"])
def test_an_outcome_that_model_and_label_exclude_adds_nothing(name):
    logits = nn.Parameter(torch.tensor([[0.0, 0.0, -torch.inf]], dtype=torch.float64))
    loss = objective(x_of >> net, y_of, Finite(3, soft=True), name, net=lambda value: logits.expand(len(value), 3))
    total, _ = loss({"rows": {"x": torch.zeros(1, 2).double(), "y": torch.tensor([[0.2, 0.8, 0.0]]).double()}})
    (gradient,) = torch.autograd.grad(total, logits)
    assert total.isfinite() and gradient.isfinite().all()


def test_boxes_read_them_as_vectors_and_may_learn_to_return_them():
    f = ld.Box("f", y, y)
    module = nn.Sequential(nn.Linear(3, 3, dtype=torch.float64), nn.Softmax(-1))
    loss = objective(y_of >> f, z_of, Finite(3, soft=True), f=module)
    data = {"rows": {"y": mixup(), "z": mixup().roll(1, 0)}}
    total, _ = loss(data)
    log = module(data["rows"]["y"]).log()
    target = data["rows"]["z"]
    torch.testing.assert_close(total, (torch.xlogy(target, target) - target * log).sum(-1).mean(), **EXACT)
    assert fit(loss, data, epochs=20, lr=0.05, progress=False).epochs[-1]["total"] < total


def test_a_draw_of_a_kernel_is_a_point_of_the_space():
    space = Finite(3, soft=True, sample="straight-through")
    f, seen = ld.Box("f", y, y), []
    loss = objective(x_of >> net >> f, y_of, space, net=example()[0], f=lambda value: (seen.append(value), value)[1])
    loss({"rows": {"x": example()[1], "y": mixup()}})
    assert ((seen[-1] == 0) | (seen[-1] == 1)).all() and (seen[-1].sum(-1) == 1).all()


def test_pixels_may_have_soft_labels_and_masks():
    conv = nn.Linear(2, 8, dtype=torch.float64)
    shape = nn.Unflatten(1, (4, 2))
    inputs, target = example()[1], torch.randn(5, 4, 2, dtype=torch.float64).softmax(-1)
    mask = torch.rand(5, 4) < 0.6
    each = (torch.xlogy(target, target) - target * shape(conv(inputs)).log_softmax(-1)).sum(-1)
    module = nn.Sequential(conv, shape)
    for reduction, value in (("sum", each[mask].sum() / mask.any(1).sum()), ("tokens", each[mask].mean())):
        space = Finite(2, shape=(4,), soft=True, reduction=reduction)
        total, _ = objective(x_of >> net, y_of, space, net=module)({"rows": {"x": inputs, "y": (target, mask)}})
        torch.testing.assert_close(total, value, **EXACT)


WRONG = {
    "holds rows that are no probabilities, .* sums are 1 … 1.2": torch.tensor([[0.5, 0.5, 0], [0.2, 0.5, 0.5]]),
    "holds rows that are no probabilities, .* the least value is -0.5": torch.tensor([[0.5, 0.5, 0], [-0.5, 1, 0.5]]),
    "has shape .2., where Finite.* labels become probabilities by one_hot": torch.tensor([0, 1]),
    "has dtype int64, where Finite.* needs a floating dtype": torch.tensor([[0, 1, 0], [1, 0, 0]]),
}


@pytest.mark.parametrize("message", WRONG)
def test_what_is_no_soft_label_is_a_data_error(message):
    loss = objective(x_of >> net, y_of, Finite(3, soft=True), net=nn.Linear(2, 3))
    with pytest.raises(ld.DataError, match=message):
        fit(loss, {"rows": {"x": torch.zeros(2, 2), "y": WRONG[message]}}, epochs=1, progress=False)


@pytest.mark.parametrize("option", [{"label_smoothing": 0.1}, {"class_weight": [1, 2, 3]}])
def test_options_of_labels_are_refused(option):
    with pytest.raises(ld.CompileError, match=r"is an option for labels, and the reference .* is not a label"):
        objective(x_of >> net, y_of, Finite(3, soft=True), {"name": "kl", **option}, net=nn.Linear(2, 3))
