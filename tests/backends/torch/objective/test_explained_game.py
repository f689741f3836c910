"""What is explained of a game is what each player lowers in one of its steps."""

import re

import pytest
import torch
from torch import nn
from torch.distributions import Bernoulli as Coin
from torch.distributions import Independent, Normal, Uniform

import learning_diagrams as ld
from learning_diagrams import regimes
from learning_diagrams.backends.torch import Bernoulli, Euclidean, TorchFunctor, compile
from learning_diagrams.backends.torch.objective.explanation import explain
from learning_diagrams.semantics.program.explanation import explain as explain_without_spaces

torch.set_num_threads(1)


class Call(nn.Module):
    """A function as a module, so that a hook counts its calls."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *values):
        return self.function(*values)


class Steepness(nn.Module):
    def forward(self, image, uses):
        image = image.requires_grad_()
        (gradient,) = torch.autograd.grad(uses["judge"](image).sum(), image, create_graph=True)
        return gradient.norm(dim=1, keepdim=True)


def uniform():
    return Independent(Uniform(torch.zeros(1, 1), torch.ones(1, 1)), 1)


MODULES = {
    "noise": Call(lambda: Independent(Normal(torch.zeros(1, 2), 1.0), 1)),
    "generate": nn.Linear(2, 3),
    "judge": nn.Linear(3, 1),
    "real": Call(lambda: torch.ones(1, 1)),
    "fake": Call(lambda: torch.zeros(1, 1)),
    "one": Call(lambda: torch.ones(1, 1)),
    "zero": Call(lambda: torch.zeros(1, 1)),
    "portion": Call(uniform),
    "mix": Call(lambda portion, real, made: portion * real + (1 - portion) * made),
    "steepness": Steepness(),
}
SPACES = {
    "latent": Euclidean(2),
    "image": Euclidean(3),
    "verdict": Bernoulli(1),
    "number": Euclidean(1),
}
BATCH = {"images": {"pixels": torch.randn(4, 3, generator=torch.Generator().manual_seed(0))}}


def game(name):
    diagram = getattr(regimes, name)()
    spaces = {ty.inside[0].name: SPACES[ty.inside[0].name] for ty in diagram.objects}
    boxes = {box.name for box in diagram.boxes}
    functor = TorchFunctor(ob=spaces, ar={box: module for box, module in MODULES.items() if box in boxes})
    return compile(diagram, functor), explain(diagram, {name: repr(space) for name, space in spaces.items()})


@pytest.mark.parametrize("name", ["gan", "wgan_gp"])
def test_the_code_of_each_player_is_shown_and_no_sum_of_all_terms(name):
    objective, text = game(name)
    for player, own in objective.players.items():
        assert f"\n\nthe loss of {player}\n{own.code.strip()}\n\n" in text
    assert text.count("def loss(") == len(objective.players) and "\nthe loss\n" not in text


@pytest.mark.parametrize(
    ("name", "within"), [("gan", {}), ("wgan_gp", {"critic": {"judge": 1}})], ids=["gan", "wgan_gp"]
)
def test_the_calls_and_draws_of_each_player_are_those_of_its_step(name, within, monkeypatch):
    """within : the calls that a box makes itself, which are named and not counted."""
    objective, text = game(name)
    calls, drawn = {}, []
    for box in objective.diagram.boxes:
        count = lambda *_, box=box.name: calls.update({box: calls.get(box, 0) + 1})  # noqa: E731
        objective.functor.modules[box.name].register_forward_hook(count)
    for law in (Normal, Uniform, Coin):
        for way in {"sample", "rsample"} & vars(law).keys():
            real = vars(law)[way]
            monkeypatch.setattr(law, way, lambda *args, real=real, **named: (drawn.append(1), real(*args, **named))[1])
    for player, own in objective.players.items():
        calls.clear()
        drawn.clear()
        own(BATCH)[0].backward()
        for box, count in within.get(player, {}).items():
            calls[box] -= count
        told = re.search(rf"  {player}: (\d+) calls of a box a step \((.*?)\)", text)
        counted = {box: int(count) for box, count in (each.rsplit(" ", 1) for each in told[2].split(", "))}
        assert counted == calls and int(told[1]) == sum(calls.values())
        assert f"  {player}: {ld.errors.plural(len(drawn), 'draw')} a step" in text
    assert ("besides those that steepness makes of judge" in text) == bool(within)


def test_a_term_of_no_player_is_said_to_be_lowered_by_none():
    x = ld.SampleSpace("rows").column("x", ld.Ty("a"))
    f = ld.Box("f", ld.Ty("a"), ld.Ty("a"))
    players = {"p": {"terms": {"one": -2.0}, "boxes": [f]}}
    text = explain_without_spaces(
        ld.LearningDiagram(ld.Constraint("one", x >> f, x), ld.Constraint("two", x >> f >> f, x), players=players)
    )
    assert "  no player lowers two: no step computes it\n" in text
    assert "# two" not in text and "constants['weight_one'] * one  # -2.0" in text
