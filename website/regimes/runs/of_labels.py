"""Runs of regimes that learn from labels, few or coarse ones."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from learning_diagrams import regimes
from learning_diagrams.backends.torch import Euclidean, Finite
from website.regimes.runs.frame import TRAINED, Row, digits, right, train
from website.regimes.runs.nets import Number, constant, moved, network


def uncertainty_weighting(seed: int) -> Iterator[Row]:
    x, y = digits()
    ink = x.sum(1, keepdim=True) / 10
    regime = regimes.uncertainty_weighting()
    fixed = regime.without("depth_price", "label_price").reweight({"depth": 1.0, "label": 1.0})
    for method, diagram in {"this regime": regime, "fixed weights": fixed}.items():
        torch.manual_seed(seed)
        backbone, measure, classify = network(196, 64), nn.Linear(64, 1), nn.Linear(64, 10)
        modules = {"backbone": backbone, "measure": measure, "classify": classify, "precision": lambda s: (-s).exp()}
        modules |= {"depth_noise": Number(), "label_noise": Number(), "zero": constant(0.0)}
        spaces = {"image": Euclidean(196), "feature": Euclidean(64), "depth": Euclidean(1), "number": Euclidean(1)}
        data = {"scenes": {"pixels": x[:TRAINED], "depth": ink[:TRAINED], "label": y[:TRAINED]}}
        train(diagram, spaces | {"label": Finite(10)}, modules, data, seed, epochs=10, lr=1e-3)
        with torch.no_grad():
            seen = backbone(x[TRAINED:])
            error = 1000 * (measure(seen) - ink[TRAINED:]).square().mean().item()
            labels = right(classify(seen), y[TRAINED:])
            yield method, {"right labels": labels, "squared error of ink, thousandths": error}


def arithmetic_from_images(seed: int) -> Iterator[Row]:
    x, y = digits()
    torch.manual_seed(seed)
    read = network(196, 64, 10)

    def add(a: Tensor, b: Tensor) -> Tensor:
        places = (torch.arange(10)[:, None] + torch.arange(10)).flatten()
        joint = (a[:, :, None] * b[:, None, :]).flatten(1)
        return torch.zeros(len(a), 19).index_add(1, places, joint).clamp_min(1e-12).log()

    def measured() -> dict[str, float]:
        with torch.no_grad():
            scores, labels = read(x[TRAINED:]), y[TRAINED:]
            said = scores.argmax(1)
            sums = (said[::2] + said[1::2] == labels[::2] + labels[1::2]).float().mean().item()
            return {"right digits": right(scores, labels), "right sums": sums}

    yield "untrained", measured()
    spaces = {"image": Euclidean(196), "digit": Finite(10, sample="expectation"), "sum": Finite(19)}
    pairs = {"image_1": x[:TRAINED:2], "image_2": x[1:TRAINED:2], "total": y[:TRAINED:2] + y[1:TRAINED:2]}
    modules = {"read": read, "add": add}
    train(regimes.arithmetic_from_images(), spaces, modules, {"sums": pairs}, seed, epochs=60, lr=2e-3, batch_size=50)
    yield "this regime", measured()


def mean_teacher(seed: int) -> Iterator[Row]:
    x, y = digits()
    regime = regimes.mean_teacher()
    spaces = {"image": Euclidean(196), "digit": Finite(10)}
    data = {"labelled": {"pixels": x[:100], "label": y[:100]}, "unlabelled": {"pixels": x[100:TRAINED]}}
    for method, diagram in {"this regime": regime, "labels only": regime.without("consistent")}.items():
        torch.manual_seed(seed)
        modules = {"student": network(196, 128, 10), "teacher": network(196, 128, 10), "augment": moved}
        read = {space.name: data[space.name] for space in diagram.sample_spaces}
        train(diagram, spaces, modules, read, seed, steps=1500, lr=1e-3)
        model = modules["teacher" if method == "this regime" else "student"]
        with torch.no_grad():
            yield method, {"right labels": right(model(x[TRAINED:]), y[TRAINED:])}
