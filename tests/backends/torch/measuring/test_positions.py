"""Measuring where a row has positions: metrics get those that are present, and predictions say which are."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Finite, Tokens, TorchFunctor, compile

words, tags, mood = ld.Ty("words"), ld.Ty("tags"), ld.Ty("mood")
texts = ld.SampleSpace("texts")
word, tag, moods = texts.column("word", words), texts.column("tag", tags), texts.column("mood", mood)
tagger, reader = ld.Kernel("tagger", words, tags), ld.Kernel("reader", words, mood)
WORDS = torch.tensor([[3, 5, 0, 0], [1, 2, 7, 8], [4, 0, 0, 0]])
TEXTS = {"texts": {"word": WORDS, "tag": torch.where(WORDS > 0, WORDS % 3, -100), "mood": torch.tensor([0, 1, 1])}}


class Accuracy:
    def reset(self):
        self.right = []

    def update(self, prediction, target):
        self.right += (prediction.argmax(1) == target).tolist()

    def compute(self):
        return sum(self.right) / len(self.right)


def tagging():
    torch.manual_seed(0)
    net, mean = nn.Embedding(9, 3), nn.Sequential(nn.Embedding(9, 2), nn.Flatten(1), nn.Linear(8, 2))
    diagram = ld.LearningDiagram(
        ld.Constraint("tags", word >> tagger, tag), ld.Constraint("mood", word >> reader, moods)
    )
    ob = {words: Tokens(9, 4, padding=0, positions="w"), mood: Finite(2)}
    ob[tags] = Tokens(3, 4, padding=-100, positions="w", reduction="tokens")
    return compile(diagram, TorchFunctor(ob=ob, ar={tagger: net.double(), reader: mean.double()})), net


def test_a_metric_gets_the_positions_that_are_present():
    objective, net = tagging()
    here, metric = WORDS > 0, Accuracy()
    expected = (net(WORDS).argmax(-1) == WORDS % 3)[here].double().mean().item()
    loss = F.cross_entropy(net(WORDS)[here], (WORDS % 3)[here]).item()
    for size in (None, 1, 2):
        measured = objective.evaluate(
            TEXTS,
            {"accuracy": (metric, word >> tagger, tag), "mood accuracy": (Accuracy(), word >> reader, moods)},
            batch_size=size,
        )
        assert len(metric.right) == 7 and measured["accuracy"] == pytest.approx(expected, rel=1e-6)
        assert measured["tags"] == pytest.approx(loss, rel=1e-12)
    values, present = objective.predict(TEXTS, word >> tagger, batch_size=2)
    assert torch.equal(present, here) and torch.equal(values[here], net(WORDS)[here])
    logits, rows = objective.predict(TEXTS, word >> reader)
    assert rows.tolist() == [True] * 3 and list(logits.shape) == [3, 2]
