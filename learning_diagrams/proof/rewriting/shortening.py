"""Shorter derivations: shortcuts through the graphs near a derivation that was found.

A search that stops at its first derivation may have gone a long way round. Here each rule is tried at both ends of the
derivation, then at the diagrams between, then at the neighbours of the ends. A derivation with fewer steps through all
graphs seen so far takes the place of the derivation. The tries end where the derivation is known to be a shortest one,
where all derivations of `NEAR` steps have been seen, or with the budget.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.presentation.equation import Equation
>>> from learning_diagrams.proof.rewriting.instantiation import terms_of
>>> from learning_diagrams.proof.rules.rule import rules
>>> x, ops = Ty("x"), TheoryOps("markov")
>>> a, b, c = Box("a", x, x), Box("b", x, x), Box("c", x, x)
>>> laws = {"ab": Equation(a, b), "bc": Equation(b, c), "ac": Equation(a, c)}
>>> uses = [rule for name, law in laws.items() for rule in rules(name, law, ops)]
>>> long = [next(rewrites(HostGraph(ops.read(at), ops), rule, Budget(9))) for at, rule in ((a, uses[0]), (b, uses[2]))]
>>> [step.name for step, _ in long]
['ab', 'bc']
>>> [step.name for step in Shortening(uses, terms_of((), ops), ops, Budget(9)).shortened(ops.read(a), long)]
['ac']
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise

from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.equality.theory import TheoryOps
from learning_diagrams.proof.rewriting.instantiation import Terms, with_discards
from learning_diagrams.proof.rewriting.matching import Budget, HostGraph
from learning_diagrams.proof.rewriting.rewriting import rewrites
from learning_diagrams.proof.rules.rule import Rule
from learning_diagrams.proof.rules.step import Step

NEAR = 3  # steps: from a few dozen neighbours of each end, a fourth step would take a thousand diagrams


class Shortening:
    """The graphs seen near a derivation, by key, and the steps that join two of them, in both directions."""

    def __init__(self, rules: Sequence[Rule], terms: Terms, ops: TheoryOps, budget: Budget) -> None:
        self.rules, self.terms, self.ops, self.budget = rules, terms, ops, budget
        self.graphs: dict[Hashable, tuple[PortGraph, PortGraph]] = {}  # reduced, and with the boxes that it discards
        self.joined: dict[Hashable, dict[Hashable, Step]] = {}
        self.tried: set[Hashable] = set()

    def shortened(self, start: PortGraph, derivation: Iterable[tuple[Step, PortGraph]]) -> list[Step]:
        """The fewest steps found from the start to the last graph; a derivation is its steps, each with its result."""
        ends = [self._see(start)]
        for step, graph in derivation:
            ends.append(self._join(ends[-1], step, graph))
        first, last = ends[0], ends[-1]
        path = self._shortest(first, last)
        with suppress(KeyboardInterrupt):  # the derivation that is known by then stands
            while (at := self._next(path)) is not None and not self.budget.exhausted:
                self._try(at)
                path = self._shortest(first, last)
        return [self.joined[before][after] for before, after in pairwise(path)]

    def _next(self, path: Sequence[Hashable]) -> Hashable | None:
        """The graph that is tried next; None where no derivation of fewer steps is left to find."""
        (near, outer), (far, inner) = self._ball(path[0]), self._ball(path[-1])
        if near + far >= len(path) - 2:  # a shorter derivation would lie in the two balls
            return None
        untried = [key for key in (path[0], path[-1], *path) if key not in self.tried]
        if untried:
            return untried[0]
        if near + far >= NEAR or not (outer and inner):
            return None
        return min(outer, inner, key=len)[0]

    def _see(self, written: PortGraph) -> Hashable:
        graph = self.ops.reduce(written)
        key = self.ops.key(graph)
        self.graphs.setdefault(key, (graph, written))
        self.joined.setdefault(key, {})
        return key

    def _join(self, before: Hashable, step: Step, written: PortGraph) -> Hashable:
        after = self._see(written)
        self.joined[before].setdefault(after, step)
        self.joined[after].setdefault(before, replace(step, backwards=not step.backwards))
        return after

    def _try(self, key: Hashable) -> None:
        """Each use of a rule at a graph."""
        self.tried.add(key)
        hosts = list(self._hosts(key))
        for rule in self.rules:
            for host in hosts if rule.is_open else hosts[:1]:
                for step, written in rewrites(host, rule, self.budget):
                    self._join(key, step, written)

    def _hosts(self, key: Hashable) -> Iterator[HostGraph]:
        """The graph; then the graph with discarded and closed terms, for variables on one side of a rule."""
        graph, written = self.graphs[key]
        yield HostGraph(graph, self.ops)
        if any(rule.is_open for rule in self.rules):
            whole = with_discards(written, self.terms, self.ops)
            if len(whole.boxes) > len(graph.boxes):
                yield HostGraph(whole, self.ops, len(graph.boxes))

    def _shortest(self, first: Hashable, last: Hashable) -> list[Hashable]:
        before = {first: first}
        queue = [first]
        for key in queue:  # the list grows while the loop reads it
            if last in before:
                break
            for other in self.joined[key]:
                if other not in before:
                    before[other] = key
                    queue.append(other)
        path = [last]
        while path[-1] != first:
            path.append(before[path[-1]])
        return path[::-1]

    def _ball(self, centre: Hashable) -> tuple[int, list[Hashable]]:
        """The most steps within which all graphs around a graph are seen, and the untried graphs at this distance."""
        seen, level, radius = {centre}, [centre], 0
        while level and self.tried.issuperset(level):
            level = list(dict.fromkeys(other for key in level for other in self.joined[key] if other not in seen))
            seen.update(level)
            radius += 1
        return radius, [key for key in level if key not in self.tried]
