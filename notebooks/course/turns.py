"""The training of notebook 8: a network that should find the edges of digits, and turn with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile, fit

DATA = Path(__file__).resolve().parents[2] / "data"
SIDE, LABELLED, SEEN, TEST = 14, 50, 1000, 500


def digits() -> Tensor:
    """Digits in [0, 1] at 14 × 14 pixels, float [1500, 196]; which digits is fixed."""
    with np.load(DATA / "mnist5k.npz") as file:
        order = np.random.default_rng(0).permutation(len(file["x"]))[: SEEN + TEST]
        x = torch.tensor(file["x"][order]).float().reshape(-1, 1, 28, 28) / 255
    return nn.functional.avg_pool2d(x, 2).flatten(1)


def turned(x: Tensor) -> Tensor:
    """Each image after a quarter turn."""
    return x.reshape(-1, SIDE, SIDE).rot90(1, (1, 2)).flatten(1)


def edges(x: Tensor) -> Tensor:
    """How much each pixel differs from its neighbours, the size of the image's gradient; it turns with the image."""
    padded = nn.functional.pad(x.reshape(-1, SIDE, SIDE), (1, 1, 1, 1))
    down, across = padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1], padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]
    return (down.square() + across.square() + 1e-12).sqrt().flatten(1)


def learned_turns(diagram: ld.LearningDiagram, epochs: int = 60) -> Any:
    """A function from a seed to errors and the defect of the square, on digits that were not trained on."""

    def compute(seed: int) -> dict[str, float]:
        torch.manual_seed(seed)
        network = nn.Sequential(nn.Linear(SIDE**2, 256), nn.ReLU(), nn.Linear(256, SIDE**2))
        spaces = {box: Euclidean(SIDE**2) for box in (ld.Ty("image"), ld.Ty("mask"))}
        modules = {"rotate": turned, "rotate_mask": lambda mask: turned(mask), "segment": network}
        functor = TorchFunctor(ob=spaces, ar={box: modules[box.name] for box in diagram.boxes})
        x = digits()
        known = torch.arange(SEEN) % (SEEN // LABELLED) == 0
        rows = {"scans": {"scan": x[:SEEN], "truth": (edges(x[:SEEN]), known)}}
        objective = compile(diagram, functor)
        fit(objective, rows, epochs=epochs, batch_size=100, lr=1e-3, seed=seed, progress=False)
        network.eval()
        with torch.no_grad():
            test = x[SEEN:]
            answer, answer_to_turned = network(test), network(turned(test))
            truth = edges(test)
            error = lambda a, b: (a - b).square().sum(1).mean().item()  # noqa: E731
            return {
                "upright": error(answer, truth),
                "turned": error(answer_to_turned, turned(truth)),
                "defect": error(answer_to_turned, turned(answer)),
                "nothing": error(torch.zeros_like(truth), truth),
            }

    return compute
