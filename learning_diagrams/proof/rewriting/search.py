"""The search for a derivation: from both sides of a goal at once, over normal forms, until the two sides meet.

The search first simplifies each side: it applies oriented rules, which do not grow a graph, as long as they lead to a
new graph. Then the search takes uses of rules in two orders: by the size of the resulting graph, and each fourth time
by the number of steps. In both orders, rules that grow a graph come last. Work is counted and never timed: see
`matching.py`. The first derivation that the search finds is then shortened.

>>> from learning_diagrams.diagrams.box import Box, Id, Ty
>>> x = Ty("x")
>>> f, g, h = (Box(name, x, x) for name in "fgh")
>>> steps = find_steps(Equation(f >> g >> h, h), {"unit": Equation(f >> g, Id(x))}, "markov", Budget(100))
>>> [(step.name, step.backwards) for step in steps]
[('unit', False)]
"""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Mapping
from dataclasses import replace
from itertools import chain, count
from typing import NamedTuple

from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.equality.theory import Theory, TheoryOps
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.proof.rewriting.instantiation import terms_of, with_discards
from learning_diagrams.proof.rewriting.matching import Budget, HostGraph
from learning_diagrams.proof.rewriting.rewriting import rewrites
from learning_diagrams.proof.rewriting.shortening import Shortening
from learning_diagrams.proof.rules.rule import Rule, rules
from learning_diagrams.proof.rules.step import Step, after


def find_steps(goal: Equation, axioms: Mapping[str, Equation], theory: Theory, budget: Budget) -> list[Step] | None:
    """A derivation of a goal from axioms, from its left-hand side to its right-hand side; None without a result.

    If the budget is not exhausted afterwards, the search has seen all reachable graphs, and no derivation exists.
    The budget is for the search. To shorten a derivation takes a budget of its own, which grows with what is spent.
    """
    ops = TheoryOps(theory)
    search = _Search(ops, goal, axioms, budget)
    steps = search.run(ops.graph(goal.lhs), ops.graph(goal.rhs))
    if steps is None or len(steps) < 2:
        return steps
    tries = Budget(min(TRIES + TRIES_FOR_A_NODE * budget.explored, MOST_TRIES))
    derivation = [(step, after(step, axioms, ops)) for step in steps]
    return Shortening(search.all, search.terms, ops, tries).shortened(ops.graph(goal.lhs), derivation)


class _Node(NamedTuple):
    graph: PortGraph  # reduced
    written: PortGraph  # with the boxes that the graph discards
    parent: Hashable  # the key of the node before
    step: Step | None
    depth: int


# Places that are tried to shorten a derivation: enough for all derivations of three steps from a few boxes, and, after
# a long search, in proportion to its nodes, so that little time is added.
TRIES, TRIES_FOR_A_NODE, MOST_TRIES = 300, 5, 2_000
BY_DEPTH = 4  # each fourth turn takes the fewest steps, which finds short derivations among large graphs

# Priority, number, side, key of the graph, rule, whether variables of the rule stand for discarded or closed terms.
_Waiting = tuple[int, int, int, Hashable, Rule, bool]


class _Search:
    def __init__(self, ops: TheoryOps, goal: Equation, axioms: Mapping[str, Equation], budget: Budget) -> None:
        self.ops, self.budget = ops, budget
        telling = {name: axiom for name, axiom in axioms.items() if axiom.lhs is not axiom.rhs}
        pairs = [rules(name, axiom, ops) for name, axiom in telling.items()]
        both = [(there, back) for there, back in pairs if there.source != there.target]
        sides = [side for equation in (goal, *axioms.values()) for side in equation.diagrams]
        self.terms = terms_of(sides if any(rule.is_open for pair in both for rule in pair) else (), ops)
        # Left to right, but towards the smaller side; the rule that shrinks a graph most comes first.
        towards = sorted((back if back.growth < 0 else there for there, back in both), key=lambda rule: rule.growth)
        self.oriented = [rule for rule in towards if rule.growth <= 0]
        self.all = sorted((rule for pair in both for rule in pair), key=lambda rule: rule.growth)
        self.seen: tuple[dict[Hashable, _Node], dict[Hashable, _Node]] = ({}, {})
        # Waiting uses of a rule, by size and by depth. Each order skips the uses that the other order has taken.
        self.waiting: tuple[list[_Waiting], list[_Waiting]] = ([], [])
        self.taken: set[int] = set()
        self.order = count()

    def run(self, lhs: PortGraph, rhs: PortGraph) -> list[Step] | None:
        for side, graph in enumerate((lhs, rhs)):
            if (met := self._add(side, graph, None, None) or self._simplify(side, graph)) is not None:
                return self._derivation(met)
        for turn in count():
            heap = self.waiting[turn % BY_DEPTH == 0]
            if not heap or not self.budget.attempt():
                return None  # both orders hold the same uses, so both are empty
            _, number, side, key, rule, discards = heapq.heappop(heap)
            if number in self.taken:
                continue
            self.taken.add(number)
            node = self.seen[side][key]
            whole = with_discards(node.written, self.terms, self.ops) if discards else node.graph
            if discards and len(whole.boxes) == len(node.graph.boxes):
                continue
            for step, graph in rewrites(HostGraph(whole, self.ops, len(node.graph.boxes)), rule, self.budget):
                if (met := self._add(side, graph, key, step)) is not None:
                    return self._derivation(met)
        return None

    def _simplify(self, side: int, graph: PortGraph) -> Hashable | None:
        graph = self.ops.reduce(graph)
        key: Hashable | None = self.ops.key(graph)
        while key is not None:
            host, before, key = HostGraph(graph, self.ops), key, None
            for step, rewritten in chain.from_iterable(rewrites(host, rule, self.budget) for rule in self.oriented):
                graph = self.ops.reduce(rewritten)
                new = self.ops.key(graph)
                # A rule that discards an input may put any box of the graph there, again and again.
                if len(graph.boxes) <= len(host.graph.boxes) and new not in self.seen[side]:
                    if (met := self._add(side, rewritten, before, step)) is not None:
                        return met
                    key = new
                    break
        return None

    def _add(self, side: int, graph: PortGraph, parent: Hashable, step: Step | None) -> Hashable | None:
        """Add a graph to a side; the result is its key if the other side has the same graph, else None."""
        written, graph = graph, self.ops.reduce(graph)
        key = self.ops.key(graph)
        if key in self.seen[side]:
            return None
        depth = 0 if step is None else self.seen[side][parent].depth + 1
        self.seen[side][key] = _Node(graph, written, parent, step, depth)
        if key in self.seen[1 - side]:
            return key
        for rule in self.all:
            for discards in (False, True)[: 1 + rule.is_open]:
                penalty, number = 2 * (rule.growth > 0) + 2 * discards, next(self.order)
                for heap, order in zip(self.waiting, (len(graph.boxes) + rule.growth, depth), strict=True):
                    heapq.heappush(heap, (order + penalty, number, side, key, rule, discards))
        return None

    def _derivation(self, key: Hashable) -> list[Step]:
        sides = []
        for seen in self.seen:
            steps, at = [], key
            while (step := seen[at].step) is not None:
                steps.append(step)
                at = seen[at].parent
            sides.append(steps)
        return [*reversed(sides[0]), *(replace(step, backwards=not step.backwards) for step in sides[1])]
