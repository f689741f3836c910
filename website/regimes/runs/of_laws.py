"""Runs of regimes whose equations are laws, on drawn numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from learning_diagrams import regimes
from learning_diagrams.backends.torch import Euclidean
from website.regimes.runs.frame import Row, train
from website.regimes.runs.nets import Beside, constant, network


def inverse_pair(seed: int) -> Iterator[Row]:
    torch.manual_seed(seed)
    stretch = lambda x: x + x.sin() / 2  # noqa: E731
    causes, new = 3 * torch.randn(2000, 3), 3 * torch.randn(500, 3)
    regime = regimes.inverse_pair()
    for method, diagram in {"this regime": regime, "without left_inverse": regime.without("left_inverse")}.items():
        torch.manual_seed(seed)
        back = network(3, 64, 64, 3)
        spaces = {"cause": Euclidean(3), "effect": Euclidean(3)}
        data = {"causes": {"cause": causes}, "effects": {"effect": stretch(causes)}}
        data = {s.name: data[s.name] for s in diagram.sample_spaces}
        train(diagram, spaces, {"forward": stretch, "backward": back}, data, seed, steps=2000, lr=2e-3)
        with torch.no_grad():
            inferred = back(stretch(new))
            cause = (inferred - new).square().sum(1).mean().item()
            yield method, {"cause": cause, "effect": (stretch(inferred) - stretch(new)).square().sum(1).mean().item()}


def lens_laws(seed: int) -> Iterator[Row]:
    torch.manual_seed(seed)
    get, put = network(3, 32, 1), Beside(network(4, 32, 3))
    source, view, later = torch.randn(500, 3), torch.randn(500, 1), torch.randn(500, 1)

    def defects() -> dict[str, float]:
        with torch.no_grad():
            put_put = put(put(source, view), later) - put(source, later)
            sides = {"get_put": put(source, get(source)) - source, "put_get": get(put(source, view)) - view}
            gaps = sides | {"put_put": put_put}
            return {f"{law}, thousandths": 1000 * gap.square().sum(1).mean().item() for law, gap in gaps.items()}

    yield "untrained", defects()
    spaces = {"source": Euclidean(3), "view": Euclidean(1)}
    data = {"sources": {"source": torch.randn(2000, 3)}, "views": {"view": torch.randn(2000, 1)}}
    train(regimes.lens_laws(), spaces, {"get": get, "put": put}, data, seed, steps=3000, lr=2e-3)
    yield "this regime", defects()


def pinn(seed: int) -> Iterator[Row]:
    def slope(x: Tensor, uses: Any, times: int = 1) -> Tensor:
        x = x.requires_grad_()
        value = uses["u"](x)
        for _ in range(times):
            (value,) = torch.autograd.grad(value.sum(), x, create_graph=True)
        return value

    torch.manual_seed(seed)
    u = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 1))
    modules = {"u": u, "u_x": slope, "u_xx": lambda x, uses: slope(x, uses, 2), "negate": torch.neg}
    modules |= {"start": constant(0.0), "zero": constant(0.0), "one": constant(1.0)}
    places = {"places": {"place": torch.linspace(0, math.pi, 64)[:, None]}}
    spaces = {"x": Euclidean(1), "value": Euclidean(1)}
    newton = lambda parameters, lr: torch.optim.LBFGS(parameters, lr, line_search_fn="strong_wolfe")  # noqa: E731
    train(regimes.pinn(), spaces, modules, places, seed, steps=30, batch_size=64, lr=1.0, optimizer=newton)
    points = torch.linspace(0, math.pi, 201)[:, None]
    with torch.no_grad():
        for method, answer in {"this regime": u(points), "the answer x": points}.items():
            error = 1000 * (answer - points.sin()).abs().max().item()
            yield method, {"largest error on [0, π], thousandths": error}
