"""Runs of regimes that learn codes."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import nn
from torch.distributions import Independent, Normal

from learning_diagrams import regimes
from learning_diagrams.backends.torch import Euclidean, Finite
from website.regimes.runs.frame import TRAINED, Row, digits, nearest, train
from website.regimes.runs.nets import Gaussian, Number, constant, moved, network, normal


def autoencoder(seed: int) -> Iterator[Row]:
    x, _ = digits()
    seen, new = x[:TRAINED], x[TRAINED:]
    torch.manual_seed(seed)
    encode, decode = network(196, 128, 8), network(8, 128, 196)
    spaces = {"image": Euclidean(196), "code": Euclidean(8)}
    modules = {"encode": encode, "decode": decode}
    train(regimes.autoencoder(), spaces, modules, {"images": {"pixels": seen}}, seed, epochs=40, lr=1e-3)
    mean = seen.mean(0)
    axes = torch.linalg.svd(seen - mean, full_matrices=False).Vh[:8]
    with torch.no_grad():
        for method, told in {
            "this regime": decode(encode(new)),
            "8 principal components": mean + (new - mean) @ axes.T @ axes,
            "the mean image": mean.expand_as(new),
        }.items():
            yield method, {"squared error": (told - new).square().sum(1).mean().item()}


def variational_autoencoder(seed: int) -> Iterator[Row]:
    x, _ = digits()
    torch.manual_seed(seed)
    modules = {"encode": Gaussian(network(196, 128, 8), 8), "decode": Gaussian(network(8, 128, 196), 1)}
    modules["noise"] = normal(8)
    regime = regimes.variational_autoencoder(warm_up=400)
    spaces = {"image": Euclidean(196), "code": Euclidean(8)}
    objective = train(regime, spaces, modules, {"images": {"pixels": x[:TRAINED]}}, seed, epochs=40, lr=1e-3)
    with torch.no_grad():
        _, terms = objective({"images": {"pixels": x[TRAINED:]}})
        bound = (terms["reconstructed"] + terms["regular"]).item()
        yield "this regime", {"bound, nats": bound, "regular, nats": terms["regular"].item()}
        scale = x[:TRAINED].var(0).mean().sqrt()
        alone = -Independent(Normal(x[:TRAINED].mean(0), scale), 1).log_prob(x[TRAINED:]).mean().item()
        yield "one normal law", {"bound, nats": alone, "regular, nats": 0.0}


def simsiam(seed: int) -> Iterator[Row]:
    x, y = digits()
    torch.manual_seed(seed)
    encode, predict = nn.Sequential(network(196, 256, 64), nn.BatchNorm1d(64, affine=False)), network(64, 32, 64)
    yield "raw pixels", {"right nearest neighbours": nearest(x, y)}
    with torch.no_grad():
        yield "untrained", {"right nearest neighbours": nearest(encode.eval()(x), y)}
    spaces = {"image": Euclidean(196), "code": Euclidean(64)}
    modules = {"encode": encode.train(), "predict": predict, "augment": moved}
    train(regimes.simsiam(), spaces, modules, {"images": {"pixels": x[:TRAINED]}}, seed, epochs=20, lr=1e-3)
    with torch.no_grad():
        yield "this regime", {"right nearest neighbours": nearest(encode(x), y)}


def dino(seed: int) -> Iterator[Row]:
    x, y = digits()
    torch.manual_seed(seed)
    student, teacher = network(196, 256, 64), network(196, 256, 64)
    teacher.load_state_dict(student.state_dict())
    with torch.no_grad():
        yield "raw pixels", {"right nearest neighbours": nearest(x, y)}
        yield "untrained", {"right nearest neighbours": nearest(teacher(x), y)}
    modules = {"student": student, "teacher": teacher, "centre": Number(64), "subtract": torch.sub, "choose": torch.div}
    modules |= {"warm": constant(0.1), "cool": constant(0.04)}
    spaces = {"image": Euclidean(196), "score": Euclidean(64), "number": Euclidean(1), "cluster": Finite(64)}
    views = {name: moved(x[:TRAINED]).sample() for name in ("first", "second")}
    groups = {"centre": {"optimizer": torch.optim.SGD, "lr": 0.1}}
    regime = regimes.dino(momentum=0.99, steps=800)
    train(regime, spaces, modules, {"crops": views}, seed, epochs=20, lr=1e-3, groups=groups)
    with torch.no_grad():
        clusters = ((teacher(x[TRAINED:]) - modules["centre"]()) / 0.04).softmax(1).mean(0)
        entropy = torch.special.entr(clusters).sum().item()
        yield "this regime", {"right nearest neighbours": nearest(teacher(x), y), "entropy of clusters, nats": entropy}
