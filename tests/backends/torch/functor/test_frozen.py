"""Frozen boxes: in eval, without gradients of their own, and transparent to gradients of what stands before them."""

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile

torch.set_num_threads(1)
x = ld.Ty("x")
rows = ld.SampleSpace("rows")
x_of = rows.column("x", x)
f, g, h = (ld.Box(name, x, x) for name in "fgh")
BATCH = {"rows": {"x": torch.arange(8.0).reshape(4, 2)}}


class GradMode(nn.Linear):
    """A layer that notes whether gradients were on when it was called on real tensors."""

    def __init__(self):
        super().__init__(2, 2)
        self.seen = []

    def forward(self, value):
        if type(value) is torch.Tensor:
            self.seen.append(torch.is_grad_enabled())
        return super().forward(value)


def objective_of(lhs, frozen, **modules):
    diagram = ld.LearningDiagram(ld.Constraint("c", lhs, ld.Id(x), over=x_of), frozen=frozen)
    return compile(diagram, TorchFunctor(ob={x: Euclidean(2)}, ar=modules))


def test_a_frozen_box_stays_in_eval_whatever_train_says():
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Dropout(0.9))
    outer = nn.ModuleDict({"objective": objective_of(f >> g, [f], f=net, g=nn.Dropout(0.0))})
    mean = net[1].running_mean.clone()
    for module in (outer, outer["objective"], outer["objective"].boxes):
        module.eval().train()
        assert outer["objective"].boxes.training
        assert not any(part.training for part in net.modules())
    first, second = outer["objective"](BATCH)[0], outer["objective"](BATCH)[0]
    assert torch.equal(first, second) and torch.equal(net[1].running_mean, mean)


def test_a_frozen_box_requires_no_gradient_and_is_not_trained():
    net = nn.Linear(2, 2)
    objective = objective_of(f >> g, [g], f=nn.Linear(2, 2), g=net)
    assert not any(parameter.requires_grad for parameter in net.parameters())
    assert [id(p) for p in objective.trainable_parameters()] == [
        id(p) for p in objective.functor.module("f").parameters()
    ]


def test_gradients_pass_through_a_frozen_box_to_a_trainable_one_before_it():
    first, second = nn.Linear(2, 2), nn.Linear(2, 2)
    objective = objective_of(f >> g, [g], f=first, g=second)
    objective(BATCH)[0].backward()
    data = BATCH["rows"]["x"]
    expected = torch.autograd.grad(
        nn.functional.mse_loss(second(first(data)), data, reduction="sum") / 4, list(first.parameters())
    )
    assert all(torch.equal(p.grad, e) for p, e in zip(first.parameters(), expected, strict=True))
    assert first.weight.grad.abs().sum() > 0 and second.weight.grad is None


def test_no_grad_holds_only_where_everything_before_is_data_or_frozen():
    modules = {name: GradMode() for name in "fgh"}
    objective = objective_of(g >> h >> f >> h, [g, h], **modules)
    total, _ = objective(BATCH)
    assert {name: module.seen for name, module in modules.items()} == {"g": [False], "h": [False, True], "f": [True]}
    assert objective.code.count("torch.no_grad()") == 1
    total.backward()
    assert modules["f"].weight.grad is not None


def test_a_frozen_box_from_the_unit_is_a_constant():
    u, join = ld.Box("u", ld.Ty(), x), ld.Box("join", x @ x, x)

    class Point(nn.Module):
        def __init__(self):
            super().__init__()
            self.value = nn.Parameter(torch.ones(2))

        def forward(self):
            return self.value

    lhs = x @ u >> join
    objective = objective_of(lhs, [u], u=Point(), join=nn.Bilinear(2, 2, 2))
    total, _ = objective(BATCH)
    total.backward()
    assert objective.functor.module("u").value.grad is None


def flags(module):
    return [part.training for part in module.modules()], [p.requires_grad for p in module.parameters()]


def partly_frozen():
    """A pretrained module as it comes: its first layer without gradients, its statistics in eval."""
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Linear(2, 2))
    net[0].requires_grad_(False)
    net[1].eval()
    return net


def test_unfreeze_restores_the_flags_that_a_module_came_with():
    net = partly_frozen()
    before = flags(net)
    F = TorchFunctor(ob={x: Euclidean(2)}, ar={f: net})
    diagram = ld.LearningDiagram(ld.Constraint("c", f, ld.Id(x), over=x_of))
    frozen = compile(diagram.freeze(f), F)
    assert flags(net) == ([False] * 4, [False] * 6)
    assert frozen.trainable_parameters() == []
    thawed = compile(diagram.freeze(f).unfreeze(f), F)
    assert flags(net) == before
    assert len(thawed.trainable_parameters()) == 4


def test_a_partly_frozen_module_trains_only_what_requires_gradients():
    net = partly_frozen()
    objective = objective_of(f, [], f=net)
    optimizer = torch.optim.SGD(objective.trainable_parameters(), lr=0.1)
    before = [p.clone() for p in net.parameters()]
    objective(BATCH)[0].backward()
    optimizer.step()
    changed = [not torch.equal(p, b) for p, b in zip(net.parameters(), before, strict=True)]
    assert changed[:2] == [False, False] and all(changed[4:])


def test_an_unfrozen_module_that_cannot_learn_is_said():
    with pytest.warns(UserWarning, match="'f' is not frozen, but no parameter"):
        objective_of(f, [], f=nn.Linear(2, 2).requires_grad_(False))


def test_making_a_model_changes_no_module():
    """A model shares its modules with the objective, so it leaves their flags as they are."""
    net = partly_frozen()
    objective = objective_of(f >> g, [g], f=net, g=nn.Linear(2, 2))
    before = flags(net)
    model = objective.model(f >> g)
    assert flags(net) == before
    model.train()
    assert not model.boxes.of("g").training
