"""Twins: a learning diagram and a loss by hand, each with modules and an optimizer of its own, trained side by side."""

import copy
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributions import Independent, Normal

from learning_diagrams.backends.torch import TorchFunctor, compile

torch.set_num_threads(1)
DATA = Path(__file__).resolve().parents[2] / "data"
STEPS = 30


def read(file, *names):
    """Arrays of a file of real data; skipped where it is not, as with the wheel."""
    if not (DATA / file).exists():
        pytest.skip(f"{file} is in the clone only")
    content = np.load(DATA / file)
    return content if file.endswith(".npy") else tuple(content[name] for name in names)


def small(images):
    """Images [rows, 2n, 2n] as floats [rows, n, n] from 0 to 1."""
    rows, size, _ = images.shape
    return torch.tensor(images).double().reshape(rows, size // 2, 2, size // 2, 2).mean((2, 4)) / 255


def digits(rows=200):
    """Real digits, [rows, 196] from 0 to 1, and their labels."""
    x, y = read("mnist5k.npz", "x", "y")
    chosen = np.random.default_rng(0).permutation(len(x))[:rows]
    return small(x[chosen].reshape(-1, 28, 28)).flatten(1), torch.tensor(y[chosen]).long()


def mlp(*sizes):
    layers = [layer for a, b in pairwise(sizes) for layer in (nn.Linear(a, b), nn.Tanh())]
    return nn.Sequential(*layers[:-1])


def noisy(x):
    """A random view."""
    return Independent(Normal(x, 0.1), x.dim() - 1)


def twins(diagram, spaces, modules):
    """The objective, and copies of all modules for the loop by hand; float64."""
    modules = {name: module.double() if isinstance(module, nn.Module) else module for name, module in modules.items()}
    theirs = copy.deepcopy(modules)
    return compile(diagram, TorchFunctor(ob=spaces, ar=modules)), theirs


def parameters(modules, names):
    return [p for name in sorted(names) if isinstance(modules[name], nn.Module) for p in modules[name].parameters()]


def same(ours, theirs, tolerance):
    torch.testing.assert_close(ours, theirs, rtol=tolerance, atol=tolerance)


def pick(data, rows, step):
    """A batch: of every sample space, `rows` of its rows."""
    chosen = np.random.default_rng(step)
    return {
        space: {key: column[order] for key, column in columns.items()}
        for space, columns in data.items()
        for order in [torch.tensor(chosen.permutation(len(next(iter(columns.values()))))[:rows])]
    }


def train(diagram, spaces, modules, data, by_hand, *, rows=16, lr=0.01, after=lambda nets: None):
    """Thirty steps of both: the same losses to 1e-12 at every step, the same gradients, and less in the end.

    by_hand : from modules by name and a batch, the total and the terms; plain PyTorch.
    after : what the loop by hand does after a step.
    """
    torch.manual_seed(0)
    objective, nets = twins(diagram, spaces, modules())
    trained = {box.name for box in diagram.boxes} - {box.name for box in diagram.frozen}
    for box in diagram.frozen:
        for parameter in parameters(nets, [box.name]):
            parameter.requires_grad_(False)
    ours, theirs = (parameters(modules, trained) for modules in (objective.functor.modules, nets))
    optimizers = [torch.optim.Adam(weights, lr=lr) for weights in (ours, theirs)]
    history = []
    for step in range(STEPS):
        batch = pick(data, rows, step)
        torch.manual_seed(step)
        total, terms = objective(batch)
        torch.manual_seed(step)
        expected, parts = by_hand(nets, batch)
        assert set(terms) == set(parts)
        for name, value in terms.items():
            same(value, parts[name], 1e-12)
        same(total, expected, 1e-12)
        for optimizer, loss in zip(optimizers, (total, expected), strict=True):
            optimizer.zero_grad()
            loss.backward()
        if step in (0, STEPS - 1):
            assert ours and all(p.grad is not None and p.grad.abs().sum() > 0 for p in ours)
            for mine, his in zip(ours, theirs, strict=True):
                same(mine.grad, his.grad, 1e-10)
        for optimizer in optimizers:
            optimizer.step()
        objective.after_step()
        after(nets)
        history.append(total.item())
    assert sum(history[-5:]) < sum(history[:5])
    return objective
