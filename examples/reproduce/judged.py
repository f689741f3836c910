"""Scores of a whole corpus, BLEU and chrF, from statistics of each caption, so that captions can be drawn again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from measures import Measure
from sacrebleu.metrics import BLEU, CHRF
from sacrebleu.metrics.base import Metric


@dataclass(frozen=True)
class Corpus:
    """A corpus score in [0, 1]; `sums` [items, statistics] are what sacrebleu adds up over captions."""

    sums: np.ndarray
    metric: Metric

    @property
    def value(self) -> float:
        """The score of all captions."""
        return float(self.resampled(np.ones((1, len(self.sums))))[0])

    def resampled(self, weights: np.ndarray) -> np.ndarray:
        """The score when each caption counts as often as it was drawn; weights [draws, items] to scores [draws]."""
        # sacrebleu's own paired bootstrap reads the statistics by this method
        scores = [self.metric._compute_score_from_stats(sums).score for sums in weights @ self.sums]
        return np.array(scores) / 100


@cache
def metrics() -> dict[str, Metric]:
    """BLEU of up to two words, since most captions have no more, and chrF."""
    return {"BLEU-2": BLEU(max_ngram_order=2, tokenize="none"), "chrF": CHRF()}


def judged(answers: Sequence[str], captions: Sequence[str]) -> dict[str, Measure | Corpus]:
    """Exact matches, BLEU-2 and chrF of answers; an item is a caption."""
    exact = Measure.of([answer == caption for answer, caption in zip(answers, captions, strict=True)])
    scores: dict[str, Measure | Corpus] = {"exact": exact}
    for name, metric in metrics().items():
        scores[name] = Corpus(np.array(metric._extract_corpus_statistics(answers, [captions]), float), metric)
    return scores
