"""Regimes in which one model learns from another, thirty steps beside a loss by hand."""

import copy
import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from learning_diagrams import regimes
from learning_diagrams.backends.torch import Euclidean, Finite
from learning_diagrams.schedule import linear
from twin_training import STEPS, digits, mlp, noisy, pick, same, train, twins

SPACES = {"image": Euclidean(196), "digit": Finite(10)}


def labelled(rows=200):
    x, y = digits(rows)
    return {"digits": {"pixels": x, "label": y}}


def kl(reference, prediction):
    """Σ r log(r / p), mean over rows."""
    r, p = reference.softmax(1), prediction.softmax(1)
    return (r * (r.log() - p.log())).sum(1).mean()


def test_distillation():
    def by_hand(net, batch):
        x, y = batch["digits"]["pixels"], batch["digits"]["label"]
        answer = net["student"](x)
        terms = {"distilled": kl(net["teacher"](x) / 3, answer / 3), "supervised": F.cross_entropy(answer, y)}
        return 2.0 * terms["distilled"] + terms["supervised"], terms

    modules = {"teacher": lambda: mlp(196, 32, 10), "student": lambda: mlp(196, 16, 10)}
    objective = train(
        regimes.distillation(weight=2.0, temperature=3.0),
        SPACES,
        lambda: {name: make() for name, make in modules.items()},
        labelled(),
        by_hand,
    )
    assert all(p.grad is None for p in objective.boxes.of("teacher").parameters())


def test_feature_distillation():
    def by_hand(net, batch):
        x, y = batch["digits"]["pixels"], batch["digits"]["label"]
        feature = net["trunk"](x)
        terms = {
            "hinted": (net["regress"](feature) - net["teacher_trunk"](x)).square().sum(1).mean(),
            "supervised": F.cross_entropy(net["classify"](feature), y),
        }
        return 0.1 * terms["hinted"] + terms["supervised"], terms

    train(
        regimes.feature_distillation(weight=0.1),
        SPACES | {"feature": Euclidean(8), "hint": Euclidean(32)},
        lambda: {
            "trunk": mlp(196, 8),
            "teacher_trunk": mlp(196, 32, 32),
            "regress": nn.Linear(8, 32),
            "classify": nn.Linear(8, 10),
        },
        labelled(),
        by_hand,
    )


def test_mutual_learning():
    def by_hand(net, batch):
        x, y = batch["digits"]["pixels"], batch["digits"]["label"]
        alice, bob = net["alice"](x), net["bob"](x)
        terms = {
            "first": F.cross_entropy(alice, y),
            "first_follows": kl(bob.detach(), alice),
            "second": F.cross_entropy(bob, y),
            "second_follows": kl(alice.detach(), bob),
        }
        return terms["first"] + terms["second"] + 0.5 * (terms["first_follows"] + terms["second_follows"]), terms

    train(
        regimes.mutual_learning(weight=0.5),
        SPACES,
        lambda: {"alice": mlp(196, 16, 10), "bob": mlp(196, 12, 10)},
        labelled(),
        by_hand,
    )


def test_mean_teacher():
    """Labels for 40 rows; the teacher moves after each step, and two views are drawn of each row."""
    x, y = digits(200)

    def by_hand(net, batch):
        image, few = batch["unlabelled"]["pixels"], batch["labelled"]
        first, second = (image + 0.1 * torch.randn_like(image) for _ in range(2))
        terms = {"consistent": kl(net["teacher"](second), net["student"](first))}
        view = few["pixels"] + 0.1 * torch.randn_like(few["pixels"])
        terms["supervised"] = F.cross_entropy(net["student"](view), few["label"])
        return 0.5 * terms["consistent"] + terms["supervised"], terms

    @torch.no_grad()
    def follow(net):
        for old, new in zip(net["teacher"].parameters(), net["student"].parameters(), strict=True):
            old.copy_(0.9 * old + 0.1 * new)

    def modules():
        return {"student": mlp(196, 16, 10), "teacher": mlp(196, 16, 10), "augment": noisy}

    objective = train(
        regimes.mean_teacher(weight=0.5, decay=0.9),
        SPACES,
        modules,
        {"labelled": {"pixels": x[:40], "label": y[:40]}, "unlabelled": {"pixels": x[40:]}},
        by_hand,
        after=follow,
    )
    student, teacher = (objective.boxes.of(name)[0].weight for name in ("student", "teacher"))
    assert not teacher.requires_grad and 0 < (student - teacher).abs().max() < 0.5


class Centre(nn.Module):
    def __init__(self):
        super().__init__()
        self.value = nn.Parameter(torch.zeros(1, 10, dtype=torch.float64))

    def forward(self):
        return self.value


@pytest.mark.parametrize("warm_up", [False, True])
def test_dino(warm_up):
    """The pseudocode of the paper: cross-entropy, teacher and centre as averages, a momentum for each step."""
    x, _ = digits(120)
    spaces = {"image": Euclidean(98), "score": Euclidean(10), "number": Euclidean(1), "cluster": Finite(10)}
    student, hot, rate = mlp(98, 16, 10), 0.1, 0.1
    last = 12  # the step at which the teacher's temperature stands still
    cool = linear(0.04, 0.07, last) if warm_up else lambda: torch.full((1, 1), 0.04, dtype=torch.float64)
    fixed = {
        "warm": lambda: torch.full((1, 1), hot, dtype=torch.float64),
        "cool": cool,
        "subtract": torch.sub,
        "choose": torch.div,
    }
    modules = {"student": student, "teacher": copy.deepcopy(student), "centre": Centre()} | fixed
    objective, net = twins(regimes.dino(momentum=0.9, steps=20), spaces, modules)
    ours = torch.optim.SGD(
        [
            {"params": objective.boxes.of("student").parameters(), "lr": 0.05},
            {"params": objective.boxes.of("centre").parameters(), "lr": rate},
        ]
    )
    theirs, centre = torch.optim.SGD(net["student"].parameters(), lr=0.05), torch.zeros(10).double()
    for step in range(STEPS):
        batch = pick({"crops": {"first": x[:, :98], "second": x[:, 98:]}}, 16, step)
        first, second = batch["crops"]["first"], batch["crops"]["second"]
        total, terms = objective(batch)
        cold = 0.04 + 0.03 * min(step / last, 1) if warm_up else 0.04
        with torch.no_grad():
            scores = [net["teacher"](view) for view in (first, second)]
            told = [((score - centre) / cold).softmax(1) for score in scores]
        said = [(net["student"](view) / hot).log_softmax(1) for view in (second, first)]
        loss = sum(-(t * s).sum(1).mean() for t, s in zip(told, said, strict=True)) / 2
        entropy = sum(-torch.xlogy(t, t).sum(1).mean() for t in told) / 2
        same(0.5 * terms["alike"], loss - entropy, 1e-11)
        same(0.25 * terms["centred"], 0.25 * sum((score - centre).square().sum(1).mean() for score in scores), 1e-12)
        same(total, 0.5 * terms["alike"] + 0.25 * terms["centred"], 1e-12)
        for optimizer, value in ((ours, total), (theirs, loss)):
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
        objective.after_step()
        momentum = 1 - 0.1 * (1 + math.cos(math.pi * min(step / 20, 1))) / 2
        with torch.no_grad():
            for old, new in zip(net["teacher"].parameters(), net["student"].parameters(), strict=True):
                old.copy_(momentum * old + (1 - momentum) * new)
            centre = (1 - rate) * centre + rate * torch.cat(scores).mean(0)
        same(objective.boxes.of("centre").value[0].detach(), centre, 1e-11)
        for name in ("student", "teacher"):
            for mine, his in zip(objective.boxes.of(name).parameters(), net[name].parameters(), strict=True):
                same(mine.detach(), his.detach(), 1e-11)
    assert objective.steps_made == STEPS
