"""The small learning diagrams of runs that are stopped, and of runs in several processes; one is a game."""

import torch
from torch import nn
from torch.distributions import Independent, Normal

import learning_diagrams as ld
from learning_diagrams.backends.torch import Bernoulli, Euclidean, Finite

x, y, verdict = ld.Ty("x"), ld.Ty("y"), ld.Ty("verdict")
rows, more = ld.SampleSpace("rows"), ld.SampleSpace("more")
point, label, other = rows.column("x", x), rows.column("y", y), more.column("x", x)
f, g, noise = ld.Kernel("f", x, y), ld.Kernel("g", x, y), ld.Kernel("noise", ld.Ty(), x)
SPACES = {x: Euclidean(4), y: Finite(3), verdict: Bernoulli(1)}

maker, critic = ld.Box("maker", x, x), ld.Kernel("critic", x, verdict)
yes, no, anywhere = ld.Box("yes", ld.Ty(), verdict), ld.Box("no", ld.Ty(), verdict), ld.Discard(rows.ty)
forgery = anywhere >> noise >> maker
GAME = [
    ld.Constraint("real", point >> critic, anywhere >> yes),
    ld.Constraint("fake", forgery >> critic, anywhere >> no, detach=maker),
    ld.Constraint("fools", forgery >> critic, anywhere >> yes),
]
PLAYERS = {
    "critic": {"terms": ["real", "fake"], "boxes": [critic], "optimizer": {"name": "adam", "lr": 0.01}, "steps": 2},
    "maker": {"terms": ["fools"], "boxes": [maker], "optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.5}},
}


class Noise(nn.Module):
    """A law on vectors, which kernels draw from."""

    def __init__(self):
        super().__init__()
        self.mean = nn.Parameter(torch.zeros(1, 4))

    def forward(self):
        return Independent(Normal(self.mean, 1.0), 1)
