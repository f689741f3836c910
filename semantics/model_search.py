"""The search for a model on sets of given sizes: box by box and row by row, each axiom checked as soon as it can be.

An axiom at some inputs, and the goal at its own, wait for the row that their evaluation lacks. A row is chosen for what
most of them wait for; then they are evaluated again, and either wait for another row, or hold, or the choice is wrong.
Elements that nothing has mentioned yet are alike, so that only the first of them is tried.

>>> from learning_diagrams.box import Box, Id, Ty
>>> x = Ty("x")
>>> a = Box("a", x, x)
>>> problem = Problem(Equation(a, Id(x)), [Equation(a >> a, Id(x))], "markov")
>>> tried = list(problem.tables({"x": 2}, level=0))
>>> len(tried), tried[-1]
(4, ([{(0,): {(1,): 1}, (1,): {(0,): 1}}], (0,)))

Source: Zhang & Zhang, *SEM: a system for enumerating models* (1995), for the search and the least number heuristic.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import Any

from discopy import markov

from learning_diagrams.box import Diagram
from learning_diagrams.equation import Equation
from learning_diagrams.errors import LimitExceeded
from learning_diagrams.generator import label, object_names
from learning_diagrams.normal_form import normal_form
from learning_diagrams.port_graph import PortGraph
from learning_diagrams.semantics.candidate_rows import candidate_rows
from learning_diagrams.semantics.joint_law import Element, Elements, JointLaw, Row, Undecided
from learning_diagrams.theory import Theory, determinism

Cell = tuple[int, Elements]  # the number of a box, and arguments
Tables = tuple[list[dict[Elements, Row]], Elements]  # of each box in order, and inputs at which the goal fails
MOST_INSTANCES = 20_000


class Problem:
    """A goal to break and axioms to keep, made ready for the search.

    Parameters
    ----------
    goal, axioms, theory, deterministic : as of `find_countermodel`.

    Attributes
    ----------
    boxes : those of all sides, by label.
    objects : the names of all objects, those of the goal first.
    """

    def __init__(
        self, goal: Equation, axioms: Sequence[Equation], theory: Theory, deterministic: Iterable[markov.Box | str] = ()
    ) -> None:
        self.theory, self._is_function = theory, determinism(theory, deterministic)
        self.boxes: dict[tuple[Any, ...], markov.Box] = {}
        self._number: dict[tuple[Any, ...], int] = {}
        names: dict[str, None] = {}
        equations = []
        for equation in (goal, *axioms):
            lhs, rhs = (self._law(self._read(side, names)) for side in (equation.lhs, equation.rhs))
            equations.append(_Equation(lhs, rhs, object_names(equation.lhs.dom)))
        self.objects = list(names)
        self.goal, self.axioms = equations[0], equations[1:]
        self.ends = [(object_names(box.dom), object_names(box.cod)) for box in self.boxes.values()]
        self.functions = [self._is_function(box) for box in self.boxes.values()]

    def _read(self, side: Diagram, names: dict[str, None]) -> PortGraph:
        graph = PortGraph.from_diagram(side, copies=self.theory != "symmetric")
        known: dict[int, tuple[Any, ...]] = {}
        for ty in (graph.dom, graph.cod):
            names.update(dict.fromkeys(object_names(ty)))
        for box in graph.boxes:
            if id(box) not in known:
                known[id(box)] = key = label(box)
                if key not in self.boxes:
                    self._number[key] = len(self.boxes)
                    self.boxes[key] = box
                    names.update(dict.fromkeys(object_names(box.dom @ box.cod)))
        return graph if self.theory == "symmetric" else normal_form(graph, self._is_function)

    def _law(self, graph: PortGraph) -> JointLaw:
        known: dict[int, int] = {}
        for box in graph.boxes:
            if id(box) not in known:
                known[id(box)] = self._number[label(box)]
        return JointLaw(graph, [known[id(box)] for box in graph.boxes])

    def tables(
        self, sizes: Mapping[str, int], level: int, shuffled: random.Random | None = None
    ) -> Iterator[Tables | None]:
        """The search as a stream: None for each row that is tried, and last, if there is one, a model.

        Parameters
        ----------
        sizes : of the set of each object.
        level : of the rows that are tried, as of `candidate_rows`.
        shuffled : the source of chance for another order of rows; by default they are tried in theirs.

        Yields the tables of the boxes in their order and the inputs at which the goal fails. Rows that nothing asked
        for are left out.

        Raises `LimitExceeded` where the sets are too large.
        """
        if self.theory != "symmetric":
            for dom, cod in self.ends:
                if all(sizes[name] for name in dom) and not all(sizes[name] for name in cod):
                    return
        if sum(prod(sizes[name] for name in axiom.dom) for axiom in self.axioms) > MOST_INSTANCES:
            raise LimitExceeded(f"the axioms have more than {MOST_INSTANCES:,} inputs on sets of sizes {dict(sizes)}")
        for inputs, mentioned in _least_elements(self.goal.dom, sizes):
            yield from _Search(self, sizes, level, shuffled, inputs, mentioned).run()

    def candidates(self, number: int, sizes: Mapping[str, int], level: int) -> Sequence[dict[Elements, Any]]:
        cod = tuple(sizes[name] for name in self.ends[number][1])
        return candidate_rows(cod, self.theory, self.functions[number], level)


@dataclass(frozen=True)
class _Equation:
    lhs: JointLaw
    rhs: JointLaw
    dom: tuple[str, ...]


@dataclass(eq=False)
class _Instance:
    """An equation at some inputs, which is to hold, or to fail."""

    lhs: JointLaw
    rhs: JointLaw
    inputs: Elements
    holds: bool

    def evaluate(self, row: Callable[[int, Elements], Row]) -> bool | Cell:
        """Whether it is as it is to be, or what row it waits for."""
        try:
            return (self.lhs.run(row, self.inputs) == self.rhs.run(row, self.inputs)) == self.holds
        except Undecided as waits:
            return waits.number, waits.arguments


@dataclass
class _Choice:
    """A row that is being chosen: who waited for it, what can still stand there, and what its present value led to."""

    cell: Cell
    waited: list[_Instance]
    rows: Iterator[tuple[Row, dict[str, int]]]  # and what is mentioned with each
    mentioned: dict[str, int]  # before it was chosen
    moved: list[Cell] = field(default_factory=list)


class _Search:
    def __init__(
        self,
        problem: Problem,
        sizes: Mapping[str, int],
        level: int,
        shuffled: random.Random | None,
        inputs: Elements,
        mentioned: dict[str, int],
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
        cell = self._next_cell()
        while cell is not None:
            stack.append(self._open(cell))
            while True:
                if not stack:
                    return
                choice = stack[-1]
                self._take_back(choice)
                tried = next(choice.rows, None)
                if tried is None:
                    self.waiting[choice.cell] = choice.waited
                    self.mentioned = choice.mentioned
                    stack.pop()
                    continue
                yield None
                if self._put(choice, *tried):
                    break
            cell = self._next_cell()
        yield self.tables, self.inputs

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

    def _next_cell(self) -> Cell | None:
        """What the goal waits for; else what most wait for."""
        best, most = None, 0
        for cell, instances in self.waiting.items():
            if self.goal in instances:
                return cell
            if len(instances) > most:
                best, most = cell, len(instances)
        return best

    def _open(self, cell: Cell) -> _Choice:
        number, arguments = cell
        dom, cod = self.problem.ends[number]
        mentioned = dict(self.mentioned)
        for name, element in zip(dom, arguments, strict=True):
            mentioned[name] = max(mentioned.get(name, 0), element + 1)
        rows = list(self.problem.candidates(number, self.sizes, self.level))
        if self.shuffled is not None:
            self.shuffled.shuffle(rows)
        fitting = ((row, grown) for row in rows if (grown := _grown(mentioned, cod, row)) is not None)
        return _Choice(cell, self.waiting.pop(cell), fitting, self.mentioned)

    def _put(self, choice: _Choice, row: Row, mentioned: dict[str, int]) -> bool:
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


def _grown(mentioned: Mapping[str, int], cod: Sequence[str], row: Row) -> dict[str, int] | None:
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


def _least_elements(dom: Sequence[str], sizes: Mapping[str, int]) -> Iterator[tuple[Elements, dict[str, int]]]:
    """Elements of a product of sets up to permutations of each set, and how many of each set are among them."""
    found: list[tuple[Elements, dict[str, int]]] = [((), {})]
    for name in dom:
        found = [
            ((*elements, element), mentioned | {name: max(mentioned.get(name, 0), element + 1)})
            for elements, mentioned in found
            for element in range(min(sizes[name], mentioned.get(name, 0) + 1))
        ]
    yield from found
