"""Regimes that learn codes, thirty steps beside a loss by hand."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

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
