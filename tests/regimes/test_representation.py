"""Regimes that learn codes, thirty steps beside a loss by hand."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributions import Independent, Normal
from torch.nn import functional as F

import learning_diagrams as ld
from learning_diagrams import regimes
from learning_diagrams.backends.torch import Euclidean
from twin_training import digits, mlp, noisy, read, small, train


@pytest.mark.parametrize("denoising", [False, True])
def test_autoencoder(denoising):
    x, _ = digits()

    def by_hand(net, batch):
        image = batch["images"]["pixels"]
        seen = image + 0.1 * torch.randn_like(image) if denoising else image
        loss = (net["decode"](net["encode"](seen)) - image).square().sum(1).mean()
        return loss, {"reconstructed": loss}

    train(
        regimes.autoencoder(denoising),
        {"image": Euclidean(196), "code": Euclidean(8)},
        lambda: {"encode": mlp(196, 8), "decode": nn.Linear(8, 196)} | ({"corrupt": noisy} if denoising else {}),
        {"images": {"pixels": x}},
        by_hand,
    )


def test_simsiam():
    """Both views are seen by both halves of the term, and nothing flows into what is predicted."""
    x, _ = digits()

    def by_hand(net, batch):
        image = batch["images"]["pixels"]
        codes = [net["encode"](image + 0.1 * torch.randn_like(image)) for _ in range(2)]
        first, second = (net["predict"](code) for code in codes)
        apart = [
            -F.cosine_similarity(first, codes[1].detach()).mean(),
            -F.cosine_similarity(second, codes[0].detach()).mean(),
        ]
        return sum(apart) / 2 + 1, {"alike": sum(apart) + 2}

    train(
        regimes.simsiam(),
        {"image": Euclidean(196), "code": Euclidean(8)},
        lambda: {"encode": mlp(196, 32, 8), "predict": mlp(8, 4, 8), "augment": noisy},
        {"images": {"pixels": x}},
        by_hand,
    )


def test_image_text_alignment():
    """Emojis and the vectors of their captions, as a frozen text encoder made them."""
    (images,) = read("emoji32.npz", "images")
    text = torch.tensor(read("emoji_wordllama256.npy").astype(np.float64))[:300]
    picture = small(images[:300, 0].mean(-1)).flatten(1)

    def by_hand(net, batch):
        rows = batch["pairs"]
        image, caption = (F.normalize(net[box](rows[name])) for box, name in (("see", "picture"), ("read", "caption")))
        alike = image @ caption.T / 0.2
        own = alike.diagonal()
        loss = (alike.logsumexp(0) + alike.logsumexp(1) - 2 * own).mean() / 2
        return loss, {"aligned": loss}

    train(
        regimes.image_text_alignment(temperature=0.2),
        {"image": Euclidean(256), "text": Euclidean(256), "meaning": Euclidean(16)},
        lambda: {"see": nn.Linear(256, 16), "read": nn.Linear(256, 16)},
        {"pairs": {"picture": picture, "caption": text}},
        by_hand,
    )


class Temperature(nn.Module):
    """exp(−t), which is positive: t = log(1 / 0.07) is where CLIP starts."""

    def __init__(self):
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(1 / 0.07).log())

    def forward(self):
        return torch.exp(-self.log_scale).reshape(1, 1)


def test_image_text_alignment_at_a_temperature_that_is_learned():
    """CLIP's loss as in its paper: cosines times exp(t), and t is trained."""
    x, _ = digits(120)
    box = ld.Box("temperature", ld.Ty(), ld.Ty("number"))

    def by_hand(net, batch):
        rows = batch["pairs"]
        sight, reading = (F.normalize(net[name](rows[key])) for name, key in (("see", "picture"), ("read", "caption")))
        logits = net["temperature"].log_scale.exp() * sight @ reading.T
        matches = torch.arange(len(logits))
        loss = (F.cross_entropy(logits, matches) + F.cross_entropy(logits.T, matches)) / 2
        return loss, {"aligned": loss}

    train(
        regimes.image_text_alignment(box),
        {"image": Euclidean(98), "text": Euclidean(98), "meaning": Euclidean(8), "number": Euclidean(1)},
        lambda: {"see": mlp(98, 8), "read": mlp(98, 8), "temperature": Temperature()},
        {"pairs": {"picture": x[:, :98], "caption": x[:, 98:]}},
        by_hand,
    )


class Gaussian(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.mean, self.log_scale = nn.Linear(inputs, outputs), nn.Linear(inputs, outputs)

    def forward(self, x):
        return Independent(Normal(self.mean(x), self.log_scale(x).exp()), 1)


@pytest.mark.parametrize("warm_up", [0, 20])
def test_variational_autoencoder(warm_up):
    """−log p(x | z) + β KL, with Kingma and Welling's closed form of the KL; β grows in twenty steps."""
    x, _ = digits()
    made = []

    def by_hand(net, batch):
        image = batch["images"]["pixels"]
        mean, scale = net["encode"].mean(image), net["encode"].log_scale(image).exp()
        seen = net["decode"](mean + scale * torch.randn_like(mean)).mean
        squares = (seen - image).square() / 2 + math.log(2 * math.pi) / 2
        terms = {
            "reconstructed": squares.sum(1).mean(),
            "regular": ((mean.square() + scale.square() - 1) / 2 - scale.log()).sum(1).mean(),
        }
        beta = 4.0 * min(len(made) / 20, 1.0) if warm_up else 4.0
        made.append(beta)
        return terms["reconstructed"] + beta * terms["regular"], terms

    train(
        regimes.variational_autoencoder(beta=4.0, warm_up=warm_up),
        {"image": Euclidean(196), "code": Euclidean(4)},
        lambda: {
            "encode": Gaussian(196, 4),
            "decode": Decode(),
            "noise": lambda: Independent(Normal(torch.zeros(1, 4).double(), torch.ones(1, 4).double()), 1),
        },
        {"images": {"pixels": x}},
        by_hand,
    )
    assert made[:2] == ([0.0, 0.2] if warm_up else [4.0, 4.0]) and made[-1] == 4.0


class Decode(nn.Module):
    def __init__(self):
        super().__init__()
        self.mean = nn.Linear(4, 196)

    def forward(self, code):
        mean = self.mean(code)
        return Independent(Normal(mean, torch.ones_like(mean)), 1)
