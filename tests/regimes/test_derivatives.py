"""Regimes of derivatives: beside a loss by hand, and a differential equation solved."""

import math

import pytest
import torch
from torch import nn
from torch.distributions import Independent, Normal, Uniform
from torch.optim import LBFGS

from learning_diagrams import regimes
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile, fit
from twin_training import STEPS, digits, mlp, parameters, pick, same, train, twins

LINE = {"x": Euclidean(1), "value": Euclidean(1)}
PLACES = {"places": {"place": torch.linspace(0, math.pi, 64, dtype=torch.float64)[:, None]}}


def slope(x, uses):
    """The derivative of the used function, of numbers."""
    x = x.requires_grad_()
    return torch.autograd.grad(uses["u"](x).sum(), x, create_graph=True)[0]


def curvature(x, uses):
    """The second derivative of the used function."""
    x = x.requires_grad_()
    return torch.autograd.grad(slope(x, uses).sum(), x, create_graph=True)[0]


def constant(number):
    return lambda: torch.full((1, 1), number, dtype=torch.float64)


def oscillator(net):
    numbers = {"zero": constant(0.0), "one": constant(1.0), "start": constant(0.0)}
    return {"u": net, "u_x": slope, "u_xx": curvature, "negate": torch.neg, **numbers}


def test_pinn():
    def by_hand(nets, batch):
        """Derivatives by forward mode, whose rounding differs, where the regime's go backwards."""
        u, x = nets["u"], batch["places"]["place"]
        first = torch.func.jacrev(lambda row: u(row[None])[0, 0])
        second = torch.func.vmap(torch.func.jacfwd(first))(x)[:, 0]
        start = torch.zeros(1, dtype=torch.float64)
        terms = {
            "equation": ((second + u(x)) ** 2).mean(),
            "slope_at_start": (first(start)[0] - 1) ** 2,
            "value_at_start": u(start[None])[0, 0] ** 2,
        }
        return terms["equation"] + 0.5 * terms["slope_at_start"] + 0.5 * terms["value_at_start"], terms

    train(regimes.pinn(weight=0.5), LINE, lambda: oscillator(mlp(1, 8, 8, 1)), PLACES, by_hand)


@pytest.mark.sampled(1)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_pinn_finds_the_sine(seed):
    """u″ = −u from u(0) = 0 and u′(0) = 1: the sine, to 1 % of its height at 200 points."""
    torch.manual_seed(seed)
    net = mlp(1, 16, 16, 1).double()
    objective = compile(regimes.pinn(), TorchFunctor(ob=LINE, ar=oscillator(net)))
    lbfgs = LBFGS(objective.trainable_parameters(), line_search_fn="strong_wolfe")
    fit(objective, PLACES, steps=30, batch_size=64, optimizer=lbfgs, seed=seed, device="cpu")
    points = torch.linspace(0, math.pi, 200, dtype=torch.float64)[:, None]
    with torch.no_grad():
        assert (net(points) - points.sin()).abs().max() < 0.01


def steepness(image, uses):
    """The length of the gradient of the judge at each image."""
    image = image.requires_grad_()
    (gradient,) = torch.autograd.grad(uses["judge"](image).sum(), image, create_graph=True)
    return gradient.norm(dim=1, keepdim=True)


def test_wgan_gp():
    """The players take turns, each with its own Adam; the losses are those of the paper's algorithm 1."""
    x, _ = digits()
    diagram = regimes.wgan_gp(critic_steps=2, lr=0.01)
    torch.manual_seed(0)
    objective, nets = twins(
        diagram,
        {"latent": Euclidean(4), "image": Euclidean(196), "number": Euclidean(1)},
        {
            "noise": lambda: Independent(Normal(torch.zeros(1, 4).double(), 1.0), 1),
            "portion": lambda: Independent(Uniform(torch.zeros(1, 1).double(), torch.ones(1, 1).double()), 1),
            "mix": lambda portion, real, made: portion * real + (1 - portion) * made,
            "generate": mlp(4, 16, 196),
            "judge": mlp(196, 16, 1),
            "steepness": steepness,
            "zero": constant(0.0),
            "one": constant(1.0),
        },
    )

    def made(real):
        return nets["generate"](torch.randn(len(real), 4, dtype=torch.float64))

    def by_hand(name, real):
        """In the order of the terms' names, each draws anew."""
        judge = nets["judge"]
        if name == "generator":
            return -judge(made(real)).mean()
        gap = judge(made(real).detach()).mean() - judge(real).mean()
        fake, portion = made(real).detach(), torch.rand(len(real), 1, dtype=torch.float64)
        between = portion * real + (1 - portion) * fake
        gradient = torch.func.vmap(torch.func.grad(lambda image: judge(image)[0]))(between)
        return gap + 10 * ((gradient.square().sum(1).sqrt() - 1) ** 2).mean()

    assert [(player.name, player.boxes, player.steps) for player in diagram.players] == [
        ("critic", ("judge",), 2),
        ("generator", ("generate",), 1),
    ]
    pairs = {
        player.name: [
            torch.optim.Adam(trained, lr=0.01, betas=(0.0, 0.9))
            for trained in (objective.players[player.name].trainable_parameters(), parameters(nets, player.boxes))
        ]
        for player in diagram.players
    }
    assert dict(diagram.players[0].optimizer.options) == {"lr": 0.01, "betas": (0.0, 0.9)}
    for step in range(STEPS):
        name = ("critic", "critic", "generator")[step % 3]
        batch = pick({"images": {"pixels": x}}, 16, step)
        torch.manual_seed(step)
        total, _ = objective.players[name](batch)
        torch.manual_seed(step)
        expected = by_hand(name, batch["images"]["pixels"])
        same(total, expected, 1e-12)
        for optimizer, loss in zip(pairs[name], (total, expected), strict=True):
            optimizer.zero_grad()
            loss.backward()
        for mine, his in zip(*(optimizer.param_groups[0]["params"] for optimizer in pairs[name]), strict=True):
            same(mine.grad, his.grad, 1e-10)
        for optimizer in pairs[name]:
            optimizer.step()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in parameters(nets, ["generate"]))


def test_the_critic_of_a_trained_wgan_gp_has_slope_one():
    """A shifted Gaussian of two coordinates: the generator comes nearer, and the critic is held to its slope."""
    torch.manual_seed(0)
    data = {"images": {"pixels": torch.randn(256, 2) + torch.tensor([2.0, -1.0])}}
    modules = {
        "noise": lambda: Independent(Normal(torch.zeros(1, 2), 1.0), 1),
        "portion": lambda: Independent(Uniform(torch.zeros(1, 1), torch.ones(1, 1)), 1),
        "mix": lambda portion, real, made: portion * real + (1 - portion) * made,
        "generate": nn.Linear(2, 2),
        "judge": mlp(2, 16, 1),
        "steepness": steepness,
        "zero": lambda: torch.zeros(1, 1),
        "one": lambda: torch.ones(1, 1),
    }
    spaces = {"latent": Euclidean(2), "image": Euclidean(2), "number": Euclidean(1)}
    objective = compile(regimes.wgan_gp(lr=0.02), TorchFunctor(ob=spaces, ar=modules))
    fit(objective, data, steps=500, batch_size=64, device="cpu")
    with torch.no_grad():
        made = modules["generate"](torch.randn(256, 2))
        _, terms = objective(data)
    assert (made.mean(0) - data["images"]["pixels"].mean(0)).norm() < 1 and terms["penalty"] < 0.2
