"""A goal to break and axioms to satisfy, prepared for a search for models; and the rows that the search tries.

The search tries functions first, then mixtures with small denominators. Level 0 holds functions. Level 1 holds uniform
rows on two outcomes or on all outcomes. Level 2 holds other uniform rows, and other fractions. In "symmetric", rows
consist of natural numbers: level 0 also holds the empty row and twice an outcome, level 1 holds sums of different
outcomes, and level 2 holds numbers up to 3.

>>> from learning_diagrams.diagrams.box import Box, Id, Ty
>>> x = Ty("x")
>>> a = Box("a", x, x)
>>> problem = Problem(Equation(a, Id(x)), [Equation(a >> a, Id(x))], "markov")
>>> problem.objects, [box.name for box in problem.boxes.values()], len(problem.axioms)
(['x'], ['a'], 1)
>>> for level in (0, 1):
...     print([{o[0]: str(w) for o, w in row.items()} for row in candidates((2,), "markov", False, level)])
[{0: '1'}, {1: '1'}]
[{0: '1/2', 1: '1/2'}, {0: '1'}, {1: '1'}]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations, islice, permutations, product
from math import prod
from typing import Any, NamedTuple

from discopy import markov

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.labels import LabelTable, label, object_names
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.equality.normal_form import normalise
from learning_diagrams.equality.theory import Theory, determinism
from learning_diagrams.errors import LimitExceeded
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.semantics.models.joint_distribution import Elements, JointDistribution, Weight

LEVELS = 3
MOST_OUTCOMES, MOST_ROWS = 1_000, 3_000
_MIXTURES = [tuple(Fraction(n, sum(ns)) for n in ns) for ns in ((1, 2), (1, 3), (1, 1, 2), (1, 2, 3))]


class TwoSides(NamedTuple):
    """An equation, with its sides prepared for evaluation, and the objects of its domain."""

    lhs: JointDistribution
    rhs: JointDistribution
    dom: tuple[str, ...]


class Problem:
    """A goal to break and axioms to satisfy, prepared for the search.

    goal, axioms, theory, deterministic : as of `find_countermodel`.
    spoken : boxes and identities of which the question speaks besides.

    boxes : dict from label to box, the boxes of all sides.
    objects : list of str, the names of all objects, those of the goal first.
    """

    def __init__(
        self,
        goal: Equation,
        axioms: Sequence[Equation],
        theory: Theory,
        deterministic: Iterable[markov.Box | str] = (),
        spoken: Iterable[Diagram] = (),
    ) -> None:
        self.theory, self._is_function = theory, determinism(theory, deterministic)
        self.boxes: dict[tuple[Any, ...], markov.Box] = {}
        self._labels = LabelTable()  # its numbers are places in `boxes`
        names: dict[str, None] = {}
        equations = []
        for equation in (goal, *axioms):
            lhs, rhs = (self._prepared(side, names) for side in equation.diagrams)
            equations.append(TwoSides(lhs, rhs, object_names(equation.lhs.dom)))
        self.objects = list(names)
        self.goal, self.axioms = equations[0], equations[1:]
        self.ends = [(object_names(box.dom), object_names(box.cod)) for box in self.boxes.values()]
        self._rows: dict[tuple[tuple[int, ...], bool, int], Sequence[dict[Elements, Any]]] = {}
        self.spoken = [(object_names(diagram.dom), object_names(diagram.cod)) for diagram in spoken]
        self.functions = [self._is_function(box) for box in self.boxes.values()]
        self.levels = 1 if theory != "symmetric" and all(self.functions) else LEVELS

    def _prepared(self, side: Diagram, names: dict[str, None]) -> JointDistribution:
        graph = PortGraph.from_diagram(side, copies=self.theory != "symmetric")
        names.update(dict.fromkeys(object_names(graph.dom @ graph.cod)))
        for box in {id(box): box for box in graph.boxes}.values():
            if self._labels.number(box) == len(self.boxes):
                self.boxes[label(box)] = box
                names.update(dict.fromkeys(object_names(box.dom @ box.cod)))
        if self.theory != "symmetric":
            graph = normalise(graph, self._is_function)
        return JointDistribution(graph, [self._labels.number(box) for box in graph.boxes])

    def extended(self, sizes: Mapping[str, int]) -> dict[str, int] | None:
        """The sizes with those of further objects, which are empty where they can be; None where a box ends nowhere.

        A box from sets with elements ends in sets with elements, except in "symmetric".
        """
        whole = dict.fromkeys((name for ends in self.spoken for names in ends for name in names), 0) | dict(sizes)
        todo = [*self.ends, *self.spoken] if self.theory != "symmetric" else []
        changed = True
        while changed:
            changed = False
            for dom, cod in todo:
                if all(whole[name] for name in dom) and not all(whole[name] for name in cod):
                    if any(sizes.get(name) == 0 for name in cod):
                        return None
                    whole.update((name, whole[name] or 1) for name in cod)
                    changed = True
        return whole

    def candidates(self, number: int, sizes: Mapping[str, int], level: int) -> Sequence[dict[Elements, Any]]:
        """The rows that the search tries for a box, by its number; computed once for all stages of the search."""
        key = tuple(sizes[name] for name in self.ends[number][1]), self.functions[number], level
        if key not in self._rows:
            self._rows[key] = candidates(key[0], self.theory, *key[1:])
        return self._rows[key]


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
