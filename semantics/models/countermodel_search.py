"""The order of the search for models over sizes of sets and kinds of rows; the same on every machine.

>>> from learning_diagrams import Box, Equation, Id, Ty
>>> x = Ty("x")
>>> a = Box("a", x, x)
>>> example = next(search_models(Problem(Equation(a, Id(x)), [Equation(a >> a >> a, Id(x))], "markov"), budget=1000))
>>> example.sizes, *example.rows.values()
({'x': 3}, {(0,): {(1,): 1}, (1,): {(2,): 1}, (2,): {(0,): 1}})
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from itertools import combinations, count, product
from math import prod
from typing import Any, NamedTuple

from learning_diagrams.errors import LimitExceeded
from learning_diagrams.semantics.models.joint_distribution import Elements, Row
from learning_diagrams.semantics.models.model_search import Tables, models
from learning_diagrams.semantics.models.search_problem import Problem

FIRST_LIMIT, GROWTH = 32, 8  # rows of a stage in the first round, and their growth from round to round
MOST_VECTORS = 256
LARGEST_FULL_TABLE = 100  # rows; a larger table keeps only the rows that the search needed


class Candidate(NamedTuple):
    """A model, inputs at which the goal fails in the model, and the number of rows tried before."""

    sizes: dict[str, int]
    rows: dict[tuple[Any, ...], dict[Elements, Row]]
    inputs: Elements
    nodes: int


class _Stage(NamedTuple):
    sizes: dict[str, int]
    tables: Iterator[Tables | None]


def search_models(problem: Problem, budget: int) -> Iterator[Candidate]:
    """Models that satisfy the axioms and break the goal, until `budget` rows have been tried.

    A stage is a choice of sizes and of a level of rows. All stages continue in turn, for longer in every round, so that
    no stage uses up the budget. From the second round on, stages with random sizes and rows in random order follow.
    """
    nodes, chance = 0, random.Random(0)
    stages: list[_Stage] = []
    for round_ in count():
        for sizes, level in _opened(problem, round_):
            stages.append(_Stage(sizes, models(problem, sizes, level)))
        limit, left = FIRST_LIMIT * GROWTH**round_, []
        some = [_random_stage(problem, chance, round_) for _ in range(round_ and 8 * 2**round_)]
        for i, stage in enumerate([*stages, *some]):
            nodes += 1
            try:
                for _ in range(limit if i < len(stages) else 2 * FIRST_LIMIT):
                    if nodes > budget:
                        return
                    if (tables := next(stage.tables)) is not None:
                        yield Candidate(stage.sizes, _completed(problem, stage.sizes, tables.of), tables.inputs, nodes)
                    nodes += 1
                if i < len(stages):
                    left.append(stage)
            except (StopIteration, LimitExceeded):
                pass
        stages = left


def _opened(problem: Problem, round_: int) -> Iterator[tuple[dict[str, int], int]]:
    """The stages that begin in a round: sets of at most 2 elements, then at most 3, then larger sets of equal size."""
    names, levels = problem.objects, problem.levels
    if round_ < 2:
        before = _vectors(len(names), 2) if round_ else []
        here = _vectors(len(names), 2 + round_)
        for level in range(levels):
            yield from ((dict(zip(names, v, strict=True)), level) for v in here if v not in before or not names)
        return
    for level in range(levels):
        for size in (2 * round_, 2 * round_ + 1):
            yield dict.fromkeys(names, size), level


def _vectors(n: int, largest: int) -> list[tuple[int, ...]]:
    """Sizes of n sets: two elements each, then from small to large. Of many sets, few differ from the others."""
    vectors: set[tuple[int, ...]] = set()
    if (largest + 1) ** n <= MOST_VECTORS:
        vectors.update(product(range(largest + 1), repeat=n))
    else:
        choices = (
            (dict(zip(places, others, strict=True)), usual)
            for differing in range(n + 1)
            for places in combinations(range(n), differing)
            for usual in (2, 1)
            for others in product(range(largest + 1), repeat=differing)
        )
        while len(vectors) < MOST_VECTORS:
            at, usual = next(choices)
            vectors.add(tuple(at.get(i, usual) for i in range(n)))
    return sorted(vectors, key=lambda v: (v != (2,) * n, max(v, default=0), sum(v), v))


def _random_stage(problem: Problem, chance: random.Random, round_: int) -> _Stage:
    sizes = {name: chance.randint(1, 2 + min(round_, 4)) for name in problem.objects}
    order = random.Random(chance.randrange(2**32))
    return _Stage(sizes, models(problem, sizes, chance.randrange(problem.levels), order))


def _completed(
    problem: Problem, sizes: Mapping[str, int], tables: list[dict[Elements, Row]]
) -> dict[tuple[Any, ...], dict[Elements, Row]]:
    """Tables by box. Small tables get the rows that the search did not need; these rows go to the last element."""
    rows: dict[tuple[Any, ...], dict[Elements, Row]] = {}
    for (dom, cod), key, table in zip(problem.ends, problem.boxes, tables, strict=True):
        rows[key] = dict(table)
        if prod(sizes[name] for name in dom) <= LARGEST_FULL_TABLE:
            rest: Row = {} if problem.theory == "symmetric" else {tuple([sizes[name] - 1 for name in cod]): 1}
            every = product(*(range(sizes[name]) for name in dom))
            rows[key] = {arguments: table.get(arguments, rest) for arguments in every}
    return rows
