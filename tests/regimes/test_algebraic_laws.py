"""Regimes whose equations are laws, thirty steps beside a loss by hand; where the laws hold exactly, the loss is 0."""

import math

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams import regimes
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile
from twin_training import digits, mlp, read, small, train


def apart(first, second):
    """Squared distance, summed over a row and averaged over rows."""
    return (first - second).square().flatten(1).sum(1).mean()


def loss_of(diagram, spaces, modules, data):
    return {name: term.item() for name, term in compile(diagram, TorchFunctor(ob=spaces, ar=modules))(data)[1].items()}


def randn(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


# The inverse of a function.


def stretch(x):
    return x + x.sin() / 2


@pytest.mark.parametrize("is_given", [True, False])
def test_inverse_pair(is_given):
    def by_hand(net, batch):
        there, back = net["forward"], net["backward"]
        x, y = batch["causes"]["cause"], batch["effects"]["effect"]
        terms = {"left_inverse": apart(back(there(x)), x), "right_inverse": apart(there(back(y)), y)}
        return sum(terms.values()), terms

    train(
        regimes.inverse_pair(is_given),
        {"cause": Euclidean(3), "effect": Euclidean(3)},
        lambda: {"forward": stretch if is_given else mlp(3, 8, 3), "backward": mlp(3, 8, 3)},
        {"causes": {"cause": randn(64, 3)}, "effects": {"effect": stretch(randn(48, 3, seed=1))}},
        by_hand,
    )


def test_a_rotation_and_its_inverse():
    c, s = math.cos(0.3), math.sin(0.3)
    turn = torch.tensor([[c, s], [-s, c]], dtype=torch.float64)
    modules = {"forward": lambda x: x @ turn, "backward": lambda y: y @ turn.T}
    data = {"causes": {"cause": randn(64, 2)}, "effects": {"effect": randn(48, 2)}}
    terms = loss_of(regimes.inverse_pair(), {"cause": Euclidean(2), "effect": Euclidean(2)}, modules, data)
    assert set(terms) == {"left_inverse", "right_inverse"} and max(terms.values()) < 1e-30


# Translation without pairs.


def between(first, second):
    """Energy distance of two samples."""

    def mean(a, b):
        return torch.stack([(row - b).square().sum(1).clamp(min=1e-300).sqrt() for row in a]).mean()

    return 2 * mean(first, second) - mean(first, first) - mean(second, second)


def test_cycle_consistency():
    """Two vendors' emojis, and no emoji of one is among those of the other."""
    (images,) = read("emoji32.npz", "images")
    noto, twemoji = (small(images[rows, vendor].mean(-1)) for rows, vendor in ((slice(100), 0), (slice(100, 180), 1)))

    def by_hand(net, batch):
        x, y = batch["photos"]["photo"], batch["paintings"]["painting"]
        paint, restore = net["to_painting"], net["to_photo"]
        made_y, made_x = paint(x), restore(y)
        terms = {
            "painting_cycle": (paint(made_x) - y).abs().sum(1).mean(),
            "painting_law": between(made_y, y),
            "photo_cycle": (restore(made_y) - x).abs().sum(1).mean(),
            "photo_law": between(made_x, x),
        }
        cycles = terms["painting_cycle"] + terms["photo_cycle"]
        return 5 * cycles + terms["painting_law"] + terms["photo_law"], terms

    train(
        regimes.cycle_consistency(weight=5.0),
        {"photo": Euclidean(64), "painting": Euclidean(64)},
        lambda: {"to_painting": nn.Linear(64, 64), "to_photo": nn.Linear(64, 64)},
        {
            name: {column: images.reshape(-1, 8, 2, 8, 2).mean((2, 4)).flatten(1)}
            for name, column, images in (("photos", "photo", noto), ("paintings", "painting", twemoji))
        },
        by_hand,
    )


# Equivariance.


def quarter(x):
    return x.rot90(1, (1, 2))


def images_of(*inner):
    return nn.Sequential(nn.Unflatten(1, (1, 14)), *inner, nn.Flatten(1, 2))


def test_equivariance():
    """Which pixels of a noisy digit are ink."""
    x, _ = digits()
    clean = x.reshape(-1, 14, 14)
    data = {"scans": {"scan": clean + 0.2 * randn(*clean.shape), "truth": (clean > 0.5).double()}}

    def by_hand(net, batch):
        scan, truth = batch["scans"]["scan"], batch["scans"]["truth"]
        segment = net["segment"]
        turned = scan.transpose(1, 2).flip(1)  # a quarter turn, otherwise written
        terms = {
            "equivariant": apart(segment(turned), segment(scan).transpose(1, 2).flip(1)),
            "supervised": apart(segment(scan), truth),
        }
        return 0.3 * terms["equivariant"] + terms["supervised"], terms

    objective = train(
        regimes.equivariance(weight=0.3),
        {"image": Euclidean(14, 14), "mask": Euclidean(14, 14)},
        lambda: {
            "segment": images_of(nn.Conv2d(1, 3, 3, padding=1), nn.Tanh(), nn.Conv2d(3, 1, 3, padding=1)),
            "rotate": quarter,
            "rotate_mask": lambda mask: quarter(mask),
        },
        data,
        by_hand,
    )
    assert objective.axiom_defects == {"four_turns": 0.0, "four_turns_of_a_mask": 0.0}


# Lenses.


class Put(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = mlp(3, 8, 2)

    def forward(self, source, view):
        return self.net(torch.cat([source, view], 1))


LENS = {"source": Euclidean(2), "view": Euclidean(1)}


def test_lens_laws():
    data = {"sources": {"source": randn(64, 2)}, "views": {"view": randn(64, 1, seed=1)}}

    def by_hand(net, batch):
        get, put = net["get"], net["put"]
        s, v = batch["sources"]["source"], batch["views"]["view"]
        other = torch.cat([v[-1:], v[:-1]])
        terms = {
            "get_put": apart(put(s, get(s)), s),
            "put_get": apart(get(put(s, v)), v),
            "put_put": apart(put(put(s, v), other), put(s, other)),
        }
        return sum(terms.values()), terms

    train(regimes.lens_laws(), LENS, lambda: {"get": mlp(2, 8, 1), "put": Put()}, data, by_hand)


@pytest.mark.parametrize(
    ("put", "expected"),
    [
        (lambda s, v: torch.cat([v, s[:, 1:]], 1), (0, 0, 0)),
        (lambda s, v: torch.cat([v, s[:, 1:] + v], 1), (1, 0, 1)),
    ],
)
def test_lenses_with_known_defects(put, expected):
    """get is the first coordinate; a put that also adds the view breaks GetPut by E s₁², and PutPut by E v²."""
    signs = torch.tensor([[1.0], [-1.0]]).repeat(8, 1).double()
    data = {"sources": {"source": torch.cat([signs, randn(16, 1)], 1)}, "views": {"view": signs}}
    terms = loss_of(regimes.lens_laws(), LENS, {"get": lambda s: s[:, :1], "put": put}, data)
    assert tuple(terms.values()) == pytest.approx(expected, abs=1e-12) and list(terms) == sorted(terms)


# A step that is linear in codes.


def step(x):
    """A slow line and a fast parabola onto it; linear in x₁, x₂ and x₁², by Brunton, Brunton, Proctor & Kutz (2016)."""
    return torch.stack([0.9 * x[:, 0], 0.5 * x[:, 1] + 0.31 * x[:, 0].square()], 1)


KOOPMAN = {"position": Euclidean(2), "code": Euclidean(3)}


@pytest.mark.parametrize("horizon", [1, 3])
def test_koopman_autoencoder(horizon):
    def by_hand(net, batch):
        encode, advance, decode = net["encode"], net["advance"], net["decode"]
        path = [batch["snapshots"]["snapshot"]]
        for _ in range(horizon):
            path.append(step(path[-1]))
        terms = {f"linear_{k + 1}": apart(advance(encode(path[k])), encode(path[k + 1])) for k in range(horizon)}
        code = encode(path[0])
        terms["reconstructed"] = apart(decode(code), path[0])
        for _ in range(horizon):
            code = advance(code)
        terms["predicted"] = apart(decode(code), path[-1])
        return sum(terms.values()), terms

    train(
        regimes.koopman_autoencoder(horizon),
        KOOPMAN,
        lambda: {
            "encode": mlp(2, 8, 3),
            "decode": mlp(3, 8, 2),
            "advance": nn.Linear(3, 3, bias=False),
            "step": step,
        },
        {"snapshots": {"snapshot": randn(64, 2)}},
        by_hand,
    )


def test_codes_in_which_the_step_is_linear():
    matrix = torch.tensor([[0.9, 0, 0], [0, 0.5, 0.31], [0, 0, 0.81]], dtype=torch.float64)
    modules = {
        "encode": lambda x: torch.cat([x, x[:, :1].square()], 1),
        "decode": lambda code: code[:, :2],
        "advance": lambda code: code @ matrix.T,
        "step": step,
    }
    terms = loss_of(regimes.koopman_autoencoder(4), KOOPMAN, modules, {"snapshots": {"snapshot": randn(64, 2)}})
    assert len(terms) == 6 and max(terms.values()) < 1e-28


def test_a_prediction_follows_from_squares_that_commute():
    """What the equations prove of each other: from the squares and the reconstruction comes the prediction."""
    findings = {(finding.subject, finding.kind) for finding in ld.review(regimes.koopman_autoencoder())}
    assert ("predicted", "redundant as an equation") in findings
