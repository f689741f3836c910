"""Matches of a pattern in a host graph: a wire of the host for each wire of the pattern, so that labels agree.

Two boxes of the pattern may match the same deterministic box, because a normal form merges its applications. Two boxes
never match the same kernel. An input that no box of the pattern reads is a variable, and matches any wire of its
object.

Work is counted and never timed, so that an answer is the same on every machine. The unit is a node, a place where the
search tries a rule. Most of the work is done before the search knows whether the rule applies there. Partial matches
are much cheaper, so that a hundred of them cost a node.

>>> budget = Budget(2)
>>> budget.spend(), budget.attempt(ATTEMPTS), budget.spend(), budget.spent
(True, True, False, 3)
>>> from learning_diagrams.diagrams.box import Box, Ty
>>> x, ops = Ty("x"), TheoryOps("markov")
>>> f, g = Box("f", x, x), Box("g", x, x)
>>> host = HostGraph(ops.read(f >> g >> f >> g), ops)
>>> [match for match in matches(ops.read(f >> g), host, Budget(100))]
[(2, 3, 4), (0, 1, 2)]
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from learning_diagrams.diagrams.port_graph import PortGraph, Wire
from learning_diagrams.equality.theory import TheoryOps

Match = tuple[Wire, ...]  # for each wire of the pattern a wire of the host
ATTEMPTS = 100  # partial matches that cost as much as a node: known searches make 1 to 35 for each


@dataclass
class Budget:
    """Nodes for a search, of which `spent` are used. An exhausted budget has spent one more than `nodes`."""

    nodes: int
    spent: int = 0
    attempts: int = 0  # partial matches that do not make a node yet

    @property
    def explored(self) -> int:
        return min(self.spent, self.nodes)

    @property
    def exhausted(self) -> bool:
        return self.spent > self.nodes

    def spend(self, nodes: int = 1) -> bool:
        """Count nodes; false where the budget has fewer nodes left."""
        self.spent = min(self.spent + nodes, self.nodes + 1)
        return not self.exhausted

    def attempt(self, attempts: int = 1) -> bool:
        """Count partial matches; false where the budget is exhausted."""
        nodes, self.attempts = divmod(self.attempts + attempts, ATTEMPTS)
        return self.spend(nodes)


class HostGraph:
    """A graph in which a search looks for patterns.

    graph : PortGraph, a reduced graph, perhaps with discarded boxes behind its own; see `instantiation.with_discards`.
    own : int, the number of boxes that are not discarded; by default all. Only variables match wires of other boxes.

    numbers : list of int, for each box the number of its label.
    maker : list of int, for each wire the box at its start; −1 for an input.
    reads : dict from each box to its argument wires.
    users : list of lists of (int, int), for each wire the boxes that read the wire, with the port.
    first : list of int, for each box its first output wire; last, the count of all wires.
    """

    def __init__(self, graph: PortGraph, ops: TheoryOps, own: int | None = None) -> None:
        self.graph, self.ops = graph, ops
        own = len(graph.boxes) if own is None else own
        self.own_wires = graph.first_wires[own]
        self.first, self.reads = graph.first_wires, dict(enumerate(graph.arguments))
        self.numbers, self.objects = [ops.labels.number(box) for box in graph.boxes], graph.wire_objects
        self.maker = [-1] * len(graph.dom)
        self.users: list[list[tuple[int, int]]] = [[] for _ in self.objects]
        self.of_label: dict[int, list[int]] = defaultdict(list)
        for i, (box, arguments) in enumerate(zip(graph.boxes, graph.arguments, strict=True)):
            self.maker += [i] * len(box.cod)
            if i >= own:
                continue
            self.of_label[self.numbers[i]].append(i)
            for port, wire in enumerate(arguments):
                self.users[wire].append((i, port))

    @cached_property
    def key(self) -> Hashable:
        """The key of the reduced graph, which several rules need."""
        return self.ops.key(self.ops.reduce(self.graph))


def matches(pattern: PortGraph, host: HostGraph, budget: Budget, idle: Collection[Wire] = ()) -> Iterator[Match]:
    """All matches, those nearest to the outputs first, until the budget of attempts is exhausted.

    In a graph with discarded boxes, the matches are those that use a discarded wire; an idle variable takes the first
    wire of its object.
    """
    labels = host.ops.labels
    numbers = [labels.number(box) for box in pattern.boxes]
    if any(number not in host.of_label for number in numbers):
        return
    order, first = _order(pattern), pattern.first_wires
    read = {wire for arguments in pattern.arguments for wire in arguments}
    variables = [wire for wire in range(len(pattern.dom)) if wire not in read]
    objects = pattern.dom.inside
    discards = len(host.objects) > host.own_wires
    start: list[Wire] = [-1] * first[-1]
    stack: list[tuple[int, list[Wire], tuple[int, ...]]] = [(0, start, ())]
    while stack and budget.attempt():
        depth, wires, used = stack.pop()
        if depth == len(order) + len(variables):
            if not discards or max(wires, default=-1) >= host.own_wires:
                yield tuple(wires)
            continue
        if depth >= len(order):
            variable = variables[depth - len(order)]
            for wire in range(host.own_wires if variable in pattern.outputs else len(host.objects)):
                if host.objects[wire] == objects[variable]:
                    chosen = list(wires)
                    chosen[variable] = wire
                    stack.append((depth + 1, chosen, used))
                    if discards and variable in idle and variable not in pattern.outputs:
                        break
            continue
        box = order[depth]
        once = not host.ops.deterministic(pattern.boxes[box])
        candidates = _candidates(pattern, first, box, numbers[box], wires, host)
        if not budget.attempt(len(candidates)):
            return
        for candidate in candidates:
            if once and candidate in used:
                continue
            laid = list(wires)
            if _lay(laid, pattern.arguments[box], host.graph.arguments[candidate]) and _lay(
                laid, range(first[box], first[box + 1]), range(host.first[candidate], host.first[candidate + 1])
            ):
                stack.append((depth + 1, laid, (*used, candidate) if once else used))


def _order(pattern: PortGraph) -> list[int]:
    """The boxes, component by component: the last box of a component first, then boxes that touch an earlier box."""
    touching: dict[Wire, list[int]] = defaultdict(list)
    first = pattern.first_wires
    for i, arguments in enumerate(pattern.arguments):
        for wire in (*arguments, *range(first[i], first[i + 1])):
            touching[wire].append(i)
    order: list[int] = []
    seen: set[int] = set()
    for root in reversed(range(len(pattern.boxes))):
        if root in seen:
            continue
        seen.add(root)
        component = [root]
        for box in component:  # the list grows while the loop reads it
            for wire in (*pattern.arguments[box], *range(first[box], first[box + 1])):
                for other in touching[wire]:
                    if other not in seen:
                        seen.add(other)
                        component.append(other)
        order += component
    return order


def _candidates(
    pattern: PortGraph, first: Sequence[int], box: int, number: int, wires: list[Wire], host: HostGraph
) -> list[int]:
    """The boxes of the host that a box may match, given the wires matched so far."""
    for port, wire in enumerate(range(first[box], first[box + 1])):
        if wires[wire] >= 0:
            maker = host.maker[wires[wire]]
            fits = maker >= 0 and host.numbers[maker] == number and host.first[maker] + port == wires[wire]
            return [maker] if fits else []
    for port, wire in enumerate(pattern.arguments[box]):
        if wires[wire] >= 0:
            return [user for user, at in host.users[wires[wire]] if at == port and host.numbers[user] == number]
    return host.of_label[number]


def _lay(wires: list[Wire], of: Sequence[Wire], upon: Sequence[Wire]) -> bool:
    for wire, under in zip(of, upon, strict=True):
        if wires[wire] < 0:
            wires[wire] = under
        elif wires[wire] != under:
            return False
    return True
