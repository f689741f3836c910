"""Runs of `fit` in float64 that several processes make as one does, each with another option."""

from functools import partial

import numpy as np
import torch
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau, StepLR
from torch.utils.data import DataLoader, Dataset

import learning_diagrams as ld
from learning_diagrams.backends.torch import TorchFunctor, Validation, compile, fit
from small_runs import (
    GAME,
    PLAYERS,
    SPACES,
    Noise,
    critic,
    f,
    g,
    label,
    maker,
    more,
    no,
    noise,
    other,
    point,
    rows,
    x,
    yes,
)

target = rows.column("z", x)
h = ld.Box("h", x, x)
draws = torch.Generator().manual_seed(0)
X, Z = torch.randn(2, 17, 4, generator=draws, dtype=torch.float64)
Y = torch.randint(3, (17,), generator=draws)
MORE = torch.randn(10, 4, generator=draws, dtype=torch.float64)
PRESENT = torch.rand(17, generator=draws) < 0.6
DATA = {"rows": {"x": X, "y": (Y, PRESENT), "z": Z}, "more": {"x": MORE}}
RUN = {"epochs": 2, "batch_size": 8, "progress": False, "lr": 0.02, "strict": False}


class Noisy(Dataset):
    """Rows that are drawn each time they are read."""

    def __len__(self):
        return len(X)

    def __getitem__(self, i):
        return {"x": X[i] + torch.rand(4).double() + np.random.rand(), "y": Y[i]}


def net(seed=1):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Dropout(0.3), nn.Linear(6, 3)).double()


def linear(*sizes, seed=1):
    torch.manual_seed(seed)
    return nn.Linear(*sizes).double()


def made(constraints, ar, **options):
    return compile(ld.LearningDiagram(*constraints, **options), TorchFunctor(ob=SPACES, ar=ar))


def trained(objective, data=DATA, **options):
    history = fit(objective, data, **RUN | options)
    return history, {key: value.clone() for key, value in objective.state_dict().items()}


FIT = ld.Constraint("fit", point >> f, label)


def plain(**options):
    """Masks with unequal counts, dropout, two sample spaces, a weight that is 0 at first."""
    small = ld.Constraint("small", other >> f, other >> g, weight=ld.schedule.linear(0, 1, steps=3))
    still = ld.Constraint("still", point >> h, target, weight=0.1)
    objective = made([FIT, small, still], {f: net(), g: net(2), h: linear(4, 4)}, frozen=[g])
    return trained(objective, **{"clip_norm": 1.0} | options)


def across():
    """Terms of several rows at once: contrast, pairs, in law."""
    together = ld.Box("together", x @ x, x)
    constraints = [
        ld.Constraint("contrast", point >> h, target, divergence="info_nce"),
        ld.Constraint("pairs", point @ point >> together, point @ ld.Discard(rows.ty)),
        ld.Constraint("law", more.state >> other >> h, noise, divergence="energy_distance"),
    ]
    torch.manual_seed(3)
    ar = {h: linear(4, 4), together: nn.Bilinear(4, 4, 4).double(), noise: Noise().double()}
    return trained(made(constraints, ar), batch_size={"rows": 8, "more": 5}, drop_last=True)


def game(**options):
    """Two players with optimizers of their own, and noise."""
    ar = {maker: linear(4, 4), critic: linear(4, 1, seed=2), noise: Noise().double().requires_grad_(False)}
    ar |= {yes: lambda: torch.ones(1, 1).double(), no: lambda: torch.zeros(1, 1).double()}
    return trained(made(GAME, ar, players=PLAYERS), **{"lr": None} | options)


def averaged():
    """A teacher that is a moving average, a decay that follows a schedule, a scheduler."""
    constraints = [FIT, ld.Constraint("agree", point >> f, point >> g)]
    objective = made(constraints, {f: net(), g: net()}, ema={g: (f, ld.schedule.linear(0.5, 0.9, steps=4))})
    return trained(objective, scheduler=lambda optimizer: StepLR(optimizer, 2, 0.7))


def accumulated():
    """Batches that are joined, with masks and a short one."""
    return plain(accumulate=2, batch_size=5)


def aggregated():
    """Gradients of terms that meet in a function of their Jacobian."""
    return plain(aggregator=lambda jacobian: (jacobian / jacobian.norm(dim=1, keepdim=True).clamp(min=1e-9)).sum(0))


def searched():
    """An optimizer that asks for the loss several times; no seed, so that the processes agree on one."""
    torch.manual_seed(5)
    optimizer = partial(torch.optim.LBFGS, line_search_fn="strong_wolfe", max_iter=5)
    return trained(made([FIT], {f: linear(4, 3)}), optimizer=optimizer, lr=1.0, seed=None, epochs=None, steps=2)


def loaded():
    """A DataLoader with a worker, whose rows are drawn."""
    torch.manual_seed(6), np.random.seed(6)
    loader = DataLoader(Noisy(), batch_size=8, shuffle=True, num_workers=1)
    return trained(made([FIT], {f: net()}), {"rows": loader})


def validated():
    """Validation with patience and a plateau, callbacks, and a time limit."""
    check = Validation({"rows": {"x": X[:7], "y": Y[:7]}}, patience=2)
    rates = {"scheduler": lambda optimizer: ReduceLROnPlateau(optimizer, patience=0), "lr": 0.5}
    seen = []
    run = {"validation": check, "validate_every": 1, "epochs": 6, "callbacks": [seen.append], "max_time": 100}
    return trained(made([FIT], {f: net()}), **rates | run)


RUNS = [plain, across, game, averaged, accumulated, aggregated, searched, loaded, validated]
