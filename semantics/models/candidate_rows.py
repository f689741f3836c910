"""The rows that a search for models tries for a box: functions first, then mixtures with small denominators.

Level 0 holds functions. Level 1 holds uniform rows on two outcomes or on all outcomes. Level 2 holds other uniform
rows, and other fractions. In "symmetric", rows consist of natural numbers: level 0 also holds the empty row and twice
an outcome, level 1 holds sums of different outcomes, and level 2 holds numbers up to 3.

>>> for level in (0, 1):
...     print([{o[0]: str(w) for o, w in row.items()} for row in candidates((2,), "markov", False, level)])
[{0: '1'}, {1: '1'}]
[{0: '1/2', 1: '1/2'}, {0: '1'}, {1: '1'}]
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, islice, permutations, product
from math import prod

from learning_diagrams.equality.theory import Theory
from learning_diagrams.errors import LimitExceeded
from learning_diagrams.semantics.models.joint_distribution import Elements, Weight

LEVELS = 3
MOST_OUTCOMES, MOST_ROWS = 1_000, 3_000
_MIXTURES = [tuple(Fraction(n, sum(ns)) for n in ns) for ns in ((1, 2), (1, 3), (1, 1, 2), (1, 2, 3))]


def candidates(
    sizes: tuple[int, ...], theory: Theory, function: bool, level: int
) -> tuple[dict[Elements, Weight], ...]:
    """The rows over outcomes in sets of some sizes, in the order of the search.

    The rows of a level end with the rows of the levels below.

    Raises `LimitExceeded` for more than a thousand outcomes.
    """
    if prod(sizes) > MOST_OUTCOMES:
        raise LimitExceeded(f"a box has {prod(sizes):,} outcomes; the search tries at most {MOST_OUTCOMES:,}")
    outcomes = list(product(*map(range, sizes)))
    tried = _matrices(outcomes, level) if theory == "symmetric" else _mixtures(outcomes, 0 if function else level)
    rows: dict[frozenset[tuple[Elements, Weight]], dict[Elements, Weight]] = {}
    for row in islice(tried, MOST_ROWS):
        rows.setdefault(frozenset(row.items()), row)
    return tuple(rows.values())


def _mixtures(outcomes: list[Elements], level: int) -> Iterator[dict[Elements, Weight]]:
    if level >= 2:
        for number in range(3, len(outcomes) if len(outcomes) <= 9 else 4):
            for support in combinations(outcomes, number):
                yield dict.fromkeys(support, Fraction(1, number))
        for weights in _MIXTURES:
            for support in combinations(outcomes, len(weights)):
                for order in dict.fromkeys(permutations(weights)):
                    yield dict(zip(support, order, strict=True))
    if level >= 1:
        if len(outcomes) > 2:
            yield dict.fromkeys(outcomes, Fraction(1, len(outcomes)))
        for pair in combinations(outcomes, 2):
            yield dict.fromkeys(pair, Fraction(1, 2))
    for outcome in outcomes:
        yield {outcome: 1}


def _matrices(outcomes: list[Elements], level: int) -> Iterator[dict[Elements, Weight]]:
    if level >= 2 and len(outcomes) <= 4:
        for weights in product(range(4), repeat=len(outcomes)):
            yield {o: w for o, w in zip(outcomes, weights, strict=True) if w}
    if level >= 1:
        for number in (len(outcomes), *range(2, len(outcomes) if len(outcomes) <= 9 else 3)):
            for support in combinations(outcomes, number):
                yield dict.fromkeys(support, 1)
    for outcome in outcomes:
        yield {outcome: 1}
    yield {}
    for outcome in outcomes:
        yield {outcome: 2}
