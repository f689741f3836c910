"""The data of the runs, how they train, and what they measure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, normalize

import learning_diagrams as ld
from learning_diagrams.backends.torch import TorchFunctor, compile, fit

ROOT = Path(__file__).resolve().parents[3]
TRAINED = 4000  # the first images of the digits; the other thousand is for measuring
Row = tuple[str, dict[str, float]]


def digits() -> tuple[Tensor, Tensor]:
    """The images of MNIST-5k at 14 × 14 pixels, in an order that is always the same, and their labels."""
    with np.load(ROOT / "data" / "mnist5k.npz") as file:
        order = np.random.default_rng(0).permutation(len(file["y"]))
        x, y = torch.tensor(file["x"][order] / 255.0).float(), torch.tensor(file["y"][order]).long()
    return avg_pool2d(x.reshape(-1, 1, 28, 28), 2).flatten(1), y


def train(diagram: ld.LearningDiagram, spaces: dict, modules: dict, data: dict, seed: int, **options: Any) -> Any:
    """The objective of a learning diagram after training, in evaluation mode."""
    used = {box.name for box in diagram.boxes}
    functor = TorchFunctor(ob=spaces, ar={name: module for name, module in modules.items() if name in used})
    objective = compile(diagram, functor)
    fit(objective, data, **{"batch_size": 100, "seed": seed, "progress": False, "strict": False} | options)
    return objective.eval()


def right(scores: Tensor, labels: Tensor) -> float:
    """The share of rows whose greatest score is that of the label."""
    return (scores.argmax(1) == labels).float().mean().item()


def nearest(codes: Tensor, y: Tensor) -> float:
    """The share of test codes whose nearest code of the training data has their label."""
    codes = normalize(codes, dim=1)
    return (y[:TRAINED][(codes[TRAINED:] @ codes[:TRAINED].T).argmax(1)] == y[TRAINED:]).float().mean().item()


def distance(made: Tensor, real: Tensor) -> float:
    """The energy distance of two samples."""
    return (2 * torch.cdist(made, real).mean() - torch.cdist(made, made).mean() - torch.cdist(real, real).mean()).item()
