"""Regimes in which one model learns from another, thirty steps beside a loss by hand."""

import torch
from torch import nn
from torch.nn import functional as F

from learning_diagrams import regimes
from learning_diagrams.backends.torch import Euclidean, Finite
from twin_training import digits, mlp, noisy, train

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
