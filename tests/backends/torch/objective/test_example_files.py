"""Every regime in a file under examples/ compiles to the loss that one would write by hand, and trains."""

from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, Tokens, TorchFunctor, compile, fit

torch.set_num_threads(1)
EXAMPLES = Path(__file__).resolve().parents[4] / "examples"
pytestmark = pytest.mark.skipif(not EXAMPLES.exists(), reason="the examples are in the clone only")


class Read(nn.Module):
    """Tokens to the mean of their embeddings."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(7, 4)

    def forward(self, tokens):
        return self.embed(tokens).mean(1)


class Write(nn.Module):
    """A law for each of five positions."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 35)

    def forward(self, meaning):
        return self.linear(meaning).reshape(-1, 5, 7)


def turn(image):
    return image.rot90(1, (1, 2))


def distillation(net, data):
    x, y = data["digits"]["pixels"], data["digits"]["label"]
    s, t = net["student"](x), net["teacher"](x).detach()
    soft = F.kl_div(F.log_softmax(s / 4, 1), F.softmax(t / 4, 1), reduction="batchmean")
    return F.cross_entropy(s, y) + 0.5 * soft


def multi_task(net, data):
    animals = data["animals"]
    h = net["backbone"](animals["photo"])
    return 0.01 * F.mse_loss(net["weigh"](h), animals["kilograms"]) + F.cross_entropy(
        net["classify"](h), animals["kind"]
    )


def captioning(net, data):
    picture, caption = data["album"].values()
    meaning = net["see"](picture)
    logits = net["write"](meaning)
    nats = F.cross_entropy(logits.flatten(0, 1), caption.flatten(), reduction="sum") / len(caption)
    return nats + 0.1 * (meaning - net["read"](caption)).square().sum(1).mean()


def energy_distance(a, b):
    return 2 * torch.cdist(a, b).mean() - torch.cdist(a, a).mean() - torch.cdist(b, b).mean()


def cycle_consistency(net, data):
    x, y = data["photos"]["photo"], data["paintings"]["painting"]
    to_y, to_x = net["to_painting"], net["to_photo"]
    cycles = (to_x(to_y(x)) - x).square().sum(1).mean() + (to_y(to_x(y)) - y).square().sum(1).mean()
    return 10 * cycles + energy_distance(to_y(x), y) + energy_distance(to_x(y), x)


def equivariance(net, data):
    scan, truth = data["scans"].values()

    def apart(a, b):
        return (a - b).square().sum((1, 2)).mean()

    segment, again = net["segment"], turn(scan)
    return (
        apart(segment(scan), truth)
        + apart(segment(turn(scan)), turn(segment(scan)))
        + 0.5 * apart(segment(turn(again)), turn(segment(again)))
    )


def rows(n, *shape):
    return torch.randn(n, *shape)


# Spaces, modules, data, and the loss by hand.
REGIMES = {
    "distillation": (
        {"image": Euclidean(6), "digit": Finite(3)},
        lambda: {"teacher": nn.Linear(6, 3), "student": nn.Linear(6, 3)},
        lambda: {"digits": {"pixels": rows(8, 6), "label": torch.arange(8) % 3}},
        distillation,
    ),
    "multi_task": (
        {"image": Euclidean(6), "feature": Euclidean(4), "species": Finite(3), "mass": Euclidean(1)},
        lambda: {"backbone": nn.Linear(6, 4), "classify": nn.Linear(4, 3), "weigh": nn.Linear(4, 1)},
        lambda: {"animals": {"photo": rows(8, 6), "kind": torch.arange(8) % 3, "kilograms": rows(8, 1)}},
        multi_task,
    ),
    "captioning": (
        {"image": Euclidean(6), "meaning": Euclidean(4), "tokens": Tokens(7, 5)},
        lambda: {"see": nn.Linear(6, 4), "read": Read(), "write": Write()},
        lambda: {"album": {"picture": rows(8, 6), "caption": torch.randint(7, (8, 5))}},
        captioning,
    ),
    "cycle_consistency": (
        {"x": Euclidean(2), "y": Euclidean(3)},
        lambda: {"to_painting": nn.Linear(2, 3), "to_photo": nn.Linear(3, 2)},
        lambda: {"photos": {"photo": rows(8, 2)}, "paintings": {"painting": rows(6, 3)}},
        cycle_consistency,
    ),
    "equivariance": (
        {"image": Euclidean(4, 4), "mask": Euclidean(4, 4)},
        lambda: {"segment": nn.Linear(4, 4), "rotate": turn, "rotate_mask": lambda mask: turn(mask)},
        lambda: {"scans": {"scan": rows(8, 4, 4), "truth": rows(8, 4, 4)}},
        equivariance,
    ),
}


def test_every_file_is_tried():
    assert {path.stem for path in EXAMPLES.glob("*.yaml")} == set(REGIMES)


@pytest.mark.parametrize("name", REGIMES)
def test_a_file_compiles_to_the_loss_by_hand_and_trains(name):
    spaces, modules, data, by_hand = REGIMES[name]
    torch.manual_seed(0)
    nets, batch = modules(), data()
    objective = compile(ld.load(EXAMPLES / f"{name}.yaml"), TorchFunctor(ob=spaces, ar=nets))
    total, terms = objective(batch)
    torch.testing.assert_close(total, by_hand(nets, batch), rtol=1e-5, atol=1e-6)
    history = fit(objective, batch, steps=40, lr=1e-2, batch_size=8, progress=False)
    assert set(terms) <= set(history.steps[0]) and history.steps[-1]["total"] < history.steps[0]["total"]
