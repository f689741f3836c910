"""The search for a model on sets of given sizes: row by row, each axiom checked as soon as it can be.

An axiom at some inputs, and the goal at its own, wait for the row that their evaluation lacks. A value is chosen for
the row that the goal waits for, else for the row that has the fewest values which nothing that waits for it excludes;
then they are evaluated again, and either wait for another row, or hold, or the value is wrong. Elements that nothing
has mentioned yet are alike, so that only the first of them is tried.

>>> from learning_diagrams.diagrams.box import Box, Id, Ty
>>> from learning_diagrams.presentation.equation import Equation
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

Cell = tuple[int, Elements]  # a row: the number of its box, and its arguments
Mentioned = dict[str, int]  # how many elements of each object have been mentioned
MOST_INSTANCES = 20_000
MOST_INPUTS = 50_000  # of the goal


class Tables(NamedTuple):
    """A model: for each box the rows that were asked for, and inputs at which the goal fails."""

    of: list[dict[Elements, Row]]
    inputs: Elements


def models(
    problem: Problem, sizes: Mapping[str, int], level: int, shuffled: random.Random | None = None
) -> Iterator[Tables | None]:
    """The search as a stream: None for each value of a row that is tried, and a model where there is one.

    Parameters
    ----------
    sizes : of the set of each object.
    level : of the values that are tried, as of `candidate_rows`.
    shuffled : the source of chance for another order of values; by default they are tried in theirs.

    Raises
    ------
    LimitExceeded : the sets are too large.
    """
    if problem.theory != "symmetric":
        for dom, cod in problem.ends:
            if all(sizes[name] for name in dom) and not all(sizes[name] for name in cod):
                return
    if sum(prod(sizes[name] for name in axiom.dom) for axiom in problem.axioms) > MOST_INSTANCES:
        raise LimitExceeded(f"the axioms have more than {MOST_INSTANCES:,} inputs on sets of sizes {dict(sizes)}")
    for inputs, mentioned in _least_elements(problem.goal.dom, sizes):
        yield from _Search(problem, sizes, level, shuffled, inputs, mentioned).run()


@dataclass(eq=False)
class _Instance:
    """An equation at some inputs, which is to hold, or to fail."""

    lhs: JointDistribution
    rhs: JointDistribution
    inputs: Elements
    holds: bool

    def evaluate(self, row: Callable[[int, Elements], Row]) -> bool | Cell:
        """Whether it is as it is to be, or what row it waits for."""
        try:
            return (self.lhs.run(row, self.inputs) == self.rhs.run(row, self.inputs)) == self.holds
        except Undecided as waits:
            return waits.number, waits.arguments


_Value = tuple[Row, Mentioned]  # of a row, and what is mentioned with it


@dataclass
class _Choice:
    """A row whose value is being chosen: who waited for it, what can still stand there, what its value led to."""

    cell: Cell
    waited: list[_Instance]
    values: Iterator[_Value]
    mentioned: Mentioned  # before it was chosen
    moved: list[Cell] = field(default_factory=list)


class _Search:
    def __init__(
        self,
        problem: Problem,
        sizes: Mapping[str, int],
        level: int,
        shuffled: random.Random | None,
        inputs: Elements,
        mentioned: Mentioned,
    ) -> None:
        self.problem, self.sizes, self.level, self.shuffled = problem, sizes, level, shuffled
        self.inputs, self.mentioned = inputs, mentioned
        self.tables: list[dict[Elements, Row]] = [{} for _ in problem.boxes]
        self.waiting: dict[Cell, list[_Instance]] = {}
        goal = problem.goal
        self.goal = _Instance(goal.lhs, goal.rhs, inputs, holds=False)
        self.instances = [self.goal]
        for axiom in problem.axioms:
            for elements in product(*(range(sizes[name]) for name in axiom.dom)):
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
                value = next(choice.values, None)
                if value is not None:
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
        """Evaluate; those that wait are put to what they wait for, and the cells are noted in `moved`."""
        for instance in instances:
            answer = instance.evaluate(self._row)
            if isinstance(answer, tuple):
                self.waiting.setdefault(answer, []).append(instance)
                moved.append(answer)
            elif not answer:
                return False
        return True

    def _next_choice(self) -> Iterator[_Choice | None]:
        """A choice, and None for each value that is looked at before."""
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
        assert best is not None, "somebody waits"
        yield _Choice(best, self.waiting.pop(best), iter(fewest), self.mentioned)

    def _fitting(self, cell: Cell) -> Iterator[_Value]:
        """The values of a row that mention no element before those that are like it."""
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
    """How many elements of each object are mentioned with a row; None where it skips an element that was not.

    Of several new elements of an object the row may hold any, as long as they are the first ones.
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
    """Elements of a product of sets up to permutations of each set, and how many of each set are among them."""
    if prod(sizes[name] for name in dom) > MOST_INPUTS:  # twenty wires of two elements have a million: no row pays that
        raise LimitExceeded(f"the goal has more than {MOST_INPUTS:,} inputs on sets of sizes {dict(sizes)}")
    tuples: list[tuple[Elements, Mentioned]] = [((), {})]
    for name in dom:
        tuples = [
            ((*elements, element), mentioned | {name: max(mentioned.get(name, 0), element + 1)})
            for elements, mentioned in tuples
            for element in range(min(sizes[name], mentioned.get(name, 0) + 1))
        ]
    yield from tuples
