"""Models computed layer by layer: what a diagram makes of some elements, without the library's port graphs.

A model answers `row(box, arguments)`, the weight of each outcome of a box: a probability, or a natural number.
"""

import random
from collections import Counter
from fractions import Fraction
from itertools import product

from discopy import markov, symmetric

import learning_diagrams as ld


def evaluate(diagram, model, inputs):
    """The weight of each outcome of a diagram at some elements."""
    weights = Counter({tuple(inputs): 1})
    for layer in diagram.inside:
        offset = 0
        for i, part in enumerate(layer.boxes_or_types):
            if i % 2 == 0:
                offset += len(part)
                continue
            after = offset + len(part.dom)
            new = Counter()
            for scan, weight in weights.items():
                for outputs, own in _row(part, model, scan[offset:after]).items():
                    new[scan[:offset] + outputs + scan[after:]] += weight * own
            weights = new
            offset += len(part.cod)
    return weights


def _row(box, model, inputs):
    if isinstance(box, markov.Copy):
        return {inputs * len(box.cod): 1}
    if isinstance(box, symmetric.Swap):
        return {inputs[::-1]: 1}
    return model.row(box, inputs)


class RandomModel:
    """Every object has `size` elements; each row is drawn when it is first asked for.

    In "symmetric" a row is of natural numbers, in "cartesian" a function; else a law, and for a `Box` a function.
    """

    def __init__(self, seed, theory, size=2):
        self.random, self.theory, self.size, self.rows = random.Random(seed), theory, size, {}

    def row(self, box, inputs):
        key = type(box).__name__, box.name, inputs
        if key not in self.rows:
            self.rows[key] = self.draw(box)
        return self.rows[key]

    def draw(self, box):
        outcomes = list(product(range(self.size), repeat=len(box.cod)))
        if self.theory == "symmetric":
            return {outcome: self.random.randrange(4) for outcome in outcomes}
        if self.theory == "cartesian" or isinstance(box, ld.Box):
            return {self.random.choice(outcomes): 1}
        weights = [self.random.randrange(4) for _ in outcomes]
        weights[self.random.randrange(len(weights))] += 1
        return {o: Fraction(w, sum(weights)) for o, w in zip(outcomes, weights, strict=True) if w}

    def inputs(self, ty):
        return tuple(self.random.randrange(self.size) for _ in ty)
