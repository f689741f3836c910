"""The value of a divergence of laws on outcomes, and of composites, as the PyTorch back end computes them."""

import torch

import plain_divergence as plain
from learning_diagrams.backends.torch.divergences.table import LIBRARY


def value(name, r, p, **options):
    """The divergence of two laws on outcomes, as torch computes it of their logarithms."""
    logits = [torch.tensor([law], dtype=torch.float64).log() for law in (r, p)]
    options = {key: torch.tensor(option) if key == "temperature" else option for key, option in options.items()}
    return LIBRARY[name, "labels", "distribution", "distribution"].mean(*logits, **options).item()


def composed(name, r, p, after_r, after_p, **options):
    """The value of the composites, and the sum of the parts: the second under the pushforward of the reference."""
    whole = value(name, plain.mix(after_r, r), plain.mix(after_p, p), **options)
    parts = [value(name, *ends, **options) for ends in zip(after_r, after_p, strict=True)]
    return whole, value(name, r, p, **options) + sum(a * part for a, part in zip(r, parts, strict=True))


def bit(p):
    return (p, 1 - p)
