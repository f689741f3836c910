"""The search for a model on sets of given sizes: row by row, with each axiom checked as soon as possible.

Each axiom instance, and the goal, is suspended on the first table row that its evaluation lacks. The search chooses a
value for the row that the goal waits for, else for the row with the fewest values that no waiting instance excludes.
Then the search evaluates the waiting instances again: an instance waits for another row, or holds, or the value is
wrong. Elements that no instance and no row mentions are alike, so that the search tries only the first of them.

>>> from learning_diagrams import Box, Equation, Id, Ty
>>> x = Ty("x")
>>> a = Box("a", x, x)
>>> problem = Problem(Equation(a, Id(x)), [Equation(a >> a, Id(x))], "markov")
>>> *tried, model = models(problem, {"x": 2}, level=0)
>>> tried, model
([None, None, None, None, None], Tables(of=[{(0,): {(1,): 1}, (1,): {(0,): 1}}], inputs=(0,)))

Source: Zhang & Zhang, *SEM: a system for enumerating models* (1995), for the search and the least number heuristic.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import NamedTuple

from learning_diagrams.errors import LimitExceeded
from learning_diagrams.semantics.models.joint_distribution import Element, Elements, JointDistribution, Row, Undecided
from learning_diagrams.semantics.models.search_problem import Problem

Cell = tuple[int, Elements]  # the place of a row: the number of its box, and its arguments
Mentioned = dict[str, int]  # the number of mentioned elements of each object
MOST_INSTANCES = 20_000
MOST_INPUTS = 50_000  # of the goal


class Tables(NamedTuple):
    """A model: for each box the rows that the search needed, and inputs at which the goal fails."""

    of: list[dict[Elements, Row]]
    inputs: Elements


def models(
    problem: Problem, sizes: Mapping[str, int], level: int, shuffled: random.Random | None = None
) -> Iterator[Tables | None]:
    """The search as a stream: None for each tried value of a row, and each model.

    level : int, the level of the tried rows; see `search_problem`.
    shuffled : Random, which shuffles the values of each row; by default the values keep their order.

    Raises `LimitExceeded`: the sets are too large.
    """
    if problem.extended(sizes) is None:
        return
    if sum(prod(sizes[name] for name in axiom.dom) for axiom in problem.axioms) > MOST_INSTANCES:
        raise LimitExceeded(f"the axioms have more than {MOST_INSTANCES:,} inputs on sets of sizes {dict(sizes)}")
    for inputs, mentioned in _least_elements(problem.goal.dom, sizes):
        yield from _Search(problem, sizes, level, shuffled, inputs, mentioned).run()


@dataclass(eq=False)
class _Instance:
    """An equation at some inputs that must hold, or, for the goal, must fail."""

    lhs: JointDistribution
    rhs: JointDistribution
    inputs: Elements
    holds: bool

    def evaluate(self, row: Callable[[int, Elements], Row]) -> bool | Cell:
        """Whether the instance is as required, or the row that its evaluation lacks."""
        try:
            return (self.lhs.run(row, self.inputs) == self.rhs.run(row, self.inputs)) == self.holds
        except Undecided as waits:
            return waits.number, waits.arguments


_Value = tuple[Row, Mentioned]  # a value of a row, and the elements mentioned with it


@dataclass
class _Choice:
    """A row with its untried values, the instances that waited for the row, and the rows they wait for now."""

    cell: Cell
    waited: list[_Instance]
    values: Iterator[_Value]
    mentioned: Mentioned  # before the choice
    moved: list[Cell] = field(default_factory=list)


@dataclass(eq=False)
class _Search:
    problem: Problem
    sizes: Mapping[str, int]
    level: int
    shuffled: random.Random | None
    inputs: Elements
    mentioned: Mentioned

    def __post_init__(self) -> None:
        self.tables: list[dict[Elements, Row]] = [{} for _ in self.problem.boxes]
        self.waiting: dict[Cell, list[_Instance]] = {}
        self.goal = _Instance(self.problem.goal.lhs, self.problem.goal.rhs, self.inputs, holds=False)
        self.instances = [self.goal]
        for axiom in self.problem.axioms:
            for elements in product(*(range(self.sizes[name]) for name in axiom.dom)):
                self.instances.append(_Instance(axiom.lhs, axiom.rhs, elements, holds=True))

    def run(self) -> Iterator[Tables | None]:
        if not self._settle(self.instances, []):
            return
        stack: list[_Choice] = []
        while self.waiting:
            for choice in self._next_choice():
                if choice is None:
                    yield None
                else:
                    stack.append(choice)
            while stack:
                choice = stack[-1]
                self._take_back(choice)
                if (value := next(choice.values, None)) is not None:
                    yield None
                    if self._put(choice, *value):
                        break
                    continue
                self.waiting[choice.cell] = choice.waited
                self.mentioned = choice.mentioned
                stack.pop()
            if not stack:
                return
        yield Tables(self.tables, self.inputs)

    def _row(self, number: int, arguments: Elements) -> Row:
        row = self.tables[number].get(arguments)
        if row is None:
            raise Undecided(number, arguments)
        return row

    def _settle(self, instances: Iterable[_Instance], moved: list[Cell]) -> bool:
        """Evaluate instances. A waiting instance joins the queue of its row, and `moved` gets the row."""
        for instance in instances:
            answer = instance.evaluate(self._row)
            if isinstance(answer, tuple):
                self.waiting.setdefault(answer, []).append(instance)
                moved.append(answer)
            elif not answer:
                return False
        return True

    def _next_choice(self) -> Iterator[_Choice | None]:
        """A choice, and None for each value that the selection tries before."""
        for cell, waiting in self.waiting.items():
            if self.goal in waiting:
                yield _Choice(cell, self.waiting.pop(cell), self._fitting(cell), self.mentioned)
                return
        best: Cell | None = None
        fewest: list[_Value] = []
        for cell, waiting in sorted(self.waiting.items(), key=lambda item: -len(item[1])):
            number, arguments = cell
            left: list[_Value] = []
            for value in self._fitting(cell):
                yield None
                self.tables[number][arguments] = value[0]
                if all(instance.evaluate(self._row) is not False for instance in waiting):
                    left.append(value)
                    if best is not None and len(left) >= len(fewest):
                        break
            self.tables[number].pop(arguments, None)
            if best is None or len(left) < len(fewest):
                best, fewest = cell, left
                if len(left) < 2:
                    break
        assert best is not None, "an instance waits"
        yield _Choice(best, self.waiting.pop(best), iter(fewest), self.mentioned)

    def _fitting(self, cell: Cell) -> Iterator[_Value]:
        """The values of a row that mention new elements in their order."""
        number, arguments = cell
        dom, cod = self.problem.ends[number]
        mentioned = dict(self.mentioned)
        for name, element in zip(dom, arguments, strict=True):
            mentioned[name] = max(mentioned.get(name, 0), element + 1)
        rows = list(self.problem.candidates(number, self.sizes, self.level))
        if self.shuffled is not None:
            self.shuffled.shuffle(rows)
        return ((row, grown) for row in rows if (grown := _grown(mentioned, cod, row)) is not None)

    def _put(self, choice: _Choice, row: Row, mentioned: Mentioned) -> bool:
        number, arguments = choice.cell
        self.tables[number][arguments] = row
        self.mentioned = mentioned
        return self._settle(choice.waited, choice.moved)

    def _take_back(self, choice: _Choice) -> None:
        number, arguments = choice.cell
        self.tables[number].pop(arguments, None)
        for cell in reversed(choice.moved):
            here = self.waiting[cell]
            here.pop()
            if not here:
                del self.waiting[cell]
        choice.moved.clear()


def _grown(mentioned: Mapping[str, int], cod: Sequence[str], row: Row) -> Mentioned | None:
    """The mentioned elements of each object after a row; None where the row skips an unmentioned element.

    A row may mention several new elements of an object if they are the first unmentioned elements.
    """
    used: dict[str, set[Element]] = {}
    for outcome in row:
        for name, element in zip(cod, outcome, strict=True):
            used.setdefault(name, set()).add(element)
    grown = dict(mentioned)
    for name, elements in used.items():
        known = mentioned.get(name, 0)
        new = sum(element >= known for element in elements)
        if max(elements) >= known + new:
            return None
        grown[name] = known + new
    return grown


def _least_elements(dom: Sequence[str], sizes: Mapping[str, int]) -> Iterator[tuple[Elements, Mentioned]]:
    """Elements of a product of sets up to permutations of each set, with the number of mentioned elements."""
    if prod(sizes[name] for name in dom) > MOST_INPUTS:  # twenty wires of two elements have a million inputs
        raise LimitExceeded(f"the goal has more than {MOST_INPUTS:,} inputs on sets of sizes {dict(sizes)}")
    tuples: list[tuple[Elements, Mentioned]] = [((), {})]
    for name in dom:
        tuples = [
            ((*elements, element), mentioned | {name: max(mentioned.get(name, 0), element + 1)})
            for elements, mentioned in tuples
            for element in range(min(sizes[name], mentioned.get(name, 0) + 1))
        ]
    yield from tuples
