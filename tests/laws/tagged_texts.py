"""Texts whose words have tags: what the tests of masks, of presence and of sizes speak of."""

import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import TorchFunctor, compile

words, tags, flags = ld.Ty("words"), ld.Ty("tags"), ld.Ty("flags")
texts = ld.SampleSpace("texts")
w, y, z = texts.column("w", words), texts.column("y", tags), texts.column("z", tags)
student, teacher = ld.Kernel("student", words, tags), ld.Kernel("teacher", words, tags)
V, K, L = 6, 4, 3  # words of the vocabulary, tags, words of a text
EXACT = {"rtol": 1e-12, "atol": 1e-12}
REDUCTIONS = ("sum", "mean", "tokens")


def table(seed, n=V, k=K):
    """A module from words to logits of tags."""
    torch.manual_seed(seed)
    return nn.Embedding(n, k, dtype=torch.float64)


def objective(lhs, rhs, ob, ar, divergence=None):
    """The loss of one constraint, "c"."""
    return compile(ld.LearningDiagram(ld.Constraint("c", lhs, rhs, divergence=divergence)), TorchFunctor(ob=ob, ar=ar))


def by_hand(values, present, reduction):
    """The mean of values [rows, *positions] where they are present, in the way of a reduction."""
    values, present = values.flatten(1), present.flatten(1)
    total = torch.where(present, values, 0.0)
    if reduction == "tokens":
        return total.sum() / present.sum().clamp(min=1)
    rows = total.sum(1) / (present.sum(1).clamp(min=1) if reduction == "mean" else 1)
    return rows.sum() / present.any(1).sum().clamp(min=1)
