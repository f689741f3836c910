"""Runs of the two games, on four numbers an image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Independent, MultivariateNormal, Uniform

import learning_diagrams as ld
from learning_diagrams import regimes
from learning_diagrams.backends.torch import Bernoulli, Euclidean
from website.regimes.runs.frame import TRAINED, Row, digits, distance, train
from website.regimes.runs.nets import constant, network, normal


def adversarial(diagram: ld.LearningDiagram, verdict: dict, seed: int, steps: int) -> Iterator[Row]:
    """Both games make points: the first four principal components of digits, scaled to variance 1 on the whole."""
    x, _ = digits()
    mean = x[:TRAINED].mean(0)
    points = (x - mean) @ torch.linalg.svd(x[:TRAINED] - mean, full_matrices=False).Vh[:4].T
    points = points / points[:TRAINED].std()
    torch.manual_seed(seed)
    generate, judge = network(4, 64, 64, 4), network(4, 64, 64, 1)

    def steepness(image: Tensor, uses: Any) -> Tensor:
        image = image.requires_grad_()
        (gradient,) = torch.autograd.grad(uses["judge"](image).sum(), image, create_graph=True)
        return gradient.norm(dim=1, keepdim=True)

    modules = {
        "noise": normal(4), "generate": generate, "judge": judge, "steepness": steepness,
        "portion": lambda: Independent(Uniform(torch.zeros(1, 1), torch.ones(1, 1)), 1),
        "mix": lambda portion, real, made: portion * real + (1 - portion) * made,
        "real": constant(1.0), "fake": constant(0.0), "zero": constant(0.0), "one": constant(1.0),
    }  # fmt: skip
    spaces = {"latent": Euclidean(4), "image": Euclidean(4)} | verdict
    train(diagram, spaces, modules, {"images": {"pixels": points[:TRAINED]}}, seed, steps=steps)
    real = points[TRAINED:]
    torch.manual_seed(seed)
    with torch.no_grad():
        law = MultivariateNormal(points[:TRAINED].mean(0), points[:TRAINED].T.cov())
        for method, made in {
            "this regime": generate(torch.randn(1000, 4)),
            "a normal law": law.sample((1000,)),
            "training data": points[torch.randperm(TRAINED)[:1000]],
        }.items():
            yield method, {"energy distance": distance(made, real)}


def gan(seed: int) -> Iterator[Row]:
    yield from adversarial(regimes.gan(lr=1e-3), {"verdict": Bernoulli(1)}, seed, 6000)


def wgan_gp(seed: int) -> Iterator[Row]:
    yield from adversarial(regimes.wgan_gp(lr=1e-3), {"number": Euclidean(1)}, seed, 6000)
