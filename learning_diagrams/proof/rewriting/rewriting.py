"""Rewriting by a rule: a graph is cut into a part before the rule, the source of the rule, and a part after the rule.

    graph = before >> bypass @ source >> after,    rewritten = before >> bypass @ target >> after.

A deterministic box that is needed twice stands both in the source and beside the source, because the normal form merges
the copies. A match is not convex if a path leads out of the match and back through boxes that cannot stand twice. Such
a match has no cut. In "symmetric" a bare wire of the rule must run beside the rest of the rule: a cut that uses a wire
twice or not at all is no step.

>>> from learning_diagrams import Box, Equation
>>> from learning_diagrams.equality.theory import TheoryOps
>>> from learning_diagrams.proof.rules.rule import rules
>>> x, ops = Ty("x"), TheoryOps("markov")
>>> f, g = Box("f", x, x), Box("g", x, x)
>>> forwards, _ = rules("swap", Equation(f >> g, g >> f), ops)
>>> for step, graph in rewrites(HostGraph(ops.read(f >> g >> g), ops), forwards, Budget(100)):
...     print(graph.to_diagram())
g >> f >> g
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from learning_diagrams.diagrams.box import Ty
from learning_diagrams.diagrams.port_graph import PortGraph, PortGraphBuilder, Wire
from learning_diagrams.proof.rewriting.matching import Budget, HostGraph, Match, matches
from learning_diagrams.proof.rules.rule import Rule
from learning_diagrams.proof.rules.step import Step


def rewrites(host: HostGraph, rule: Rule, budget: Budget) -> Iterator[tuple[Step, PortGraph]]:
    """All graphs that a use of a rule leads to, not reduced, each with its step, until the budget is exhausted.

    The budget pays for each tried place, because the cut may fail, or may not give back the graph.
    """
    ops = host.ops
    for pattern in rule.patterns:
        for match in matches(pattern, host, budget, rule.idle):
            for ports in _choices(pattern, match):
                if not budget.spend():
                    return
                step = _cut(host, rule, pattern, match, ports)
                if step is None or (ops.linear and not (step.before.is_linear and step.after.is_linear)):
                    continue  # a bare wire of the rule is a wire before or after another one of the rule
                if ops.key(ops.reduce(step.around(rule.source))) == host.key:
                    yield step, step.around(rule.target)


def _choices(pattern: PortGraph, match: Match) -> list[dict[Wire, list[int]]]:
    """For each wire at an output of the pattern, the outputs of the rule that its users may read instead."""
    ports: dict[Wire, list[int]] = {}
    for port, wire in enumerate(pattern.outputs):
        if wire >= 0:
            ports.setdefault(match[wire], []).append(port)
    most = max((len(of) for of in ports.values()), default=1)
    turns = [{wire: of[turn % len(of) :] + of[: turn % len(of)] for wire, of in ports.items()} for turn in range(most)]
    return turns if most == 1 else [*turns, *({wire: of[:1] for wire, of in turn.items()} for turn in turns)]


_Read = Wire | tuple[int]  # a wire beside the rule, or, as a tuple, an output port of the rule
_Reads = dict[int, list[_Read]]  # of each box


def _cut(host: HostGraph, rule: Rule, pattern: PortGraph, match: Match, ports: dict[Wire, list[int]]) -> Step | None:
    """The step at a match, or None: each box of the host is replaced, or stands before or after the rule."""
    entering, linear = match[: len(pattern.dom)], host.ops.linear
    if linear and len(set(entering)) < len(entering):
        return None
    # The boxes behind the wires that enter the rule stand before the rule and read none of its outputs.
    replaced, behind = _replaced(host, pattern, match), _behind(host, entering, host.reads)
    if not replaced.isdisjoint(behind):
        return None  # a path leads out of the rule and back in
    boxes = range(len(host.graph.boxes))
    others = [box for box in boxes if box not in behind and box not in replaced]
    reads, outputs = _redirected(host, pattern, match, ports, others)
    # A normal form needs all of its boxes; the second copy of a deterministic box of the rule may be superfluous.
    needed = _behind(host, outputs, reads, behind)
    if linear:
        needed |= {*others, *_behind(host, [wire for wires in reads.values() for wire in wires], reads, behind)}
    if not needed <= reads.keys():
        return None  # a kept box reads an inner wire of the replaced part
    late: set[int] = set()  # they read an output of the rule, directly or through other boxes
    for box, wires in reads.items():
        if any(isinstance(wire, tuple) or host.maker[wire] in late for wire in wires):
            late.add(box)
    early = [box for box in boxes if box in behind or box in needed - late]
    return _step(host, rule, entering, early, [box for box in others if box in needed & late], reads, outputs)


def _replaced(host: HostGraph, pattern: PortGraph, match: Match) -> set[int]:
    """The boxes of the host that disappear: the matched kernels; other boxes may still need deterministic boxes."""
    replaced: set[int] = set()
    for box, arguments, first in zip(pattern.boxes, pattern.arguments, pattern.first_wires, strict=False):
        if len(box.cod) and not host.ops.deterministic(box):
            replaced.add(host.maker[match[first]])
        elif host.ops.linear:  # a box without outputs is found by its arguments
            wanted = tuple(match[wire] for wire in arguments)
            alike = host.of_label[host.ops.labels.number(box)]
            replaced.add(next(i for i in alike if i not in replaced and host.graph.arguments[i] == wanted))
    return replaced


def _behind(
    host: HostGraph, wires: Sequence[_Read], reads: Mapping[int, Sequence[_Read]], done: Collection[int] = ()
) -> set[int]:
    """The boxes that some wires need, where each box reads some wires; boxes that are done are left out."""
    behind: set[int] = set()
    todo = list(wires)
    while todo:
        wire = todo.pop()
        box = -1 if isinstance(wire, tuple) else host.maker[wire]
        if box >= 0 and box not in behind and box not in done:
            behind.add(box)
            todo += reads.get(box, ())
    return behind


def _redirected(
    host: HostGraph, pattern: PortGraph, match: Match, ports: dict[Wire, list[int]], others: list[int]
) -> tuple[_Reads, list[_Read]]:
    """The wires that each other box reads, and the outputs, where outputs of the rule replace wires of the match."""
    first = pattern.first_wires
    produced = set(match[first[0] : first[-1]])  # by the boxes of the rule
    matched = {host.maker[wire] for wire in produced}
    uses: dict[Wire, int] = {}

    def read(wire: Wire) -> _Read:
        if wire not in ports:
            return wire
        uses[wire] = uses.get(wire, -1) + 1
        return (ports[wire][uses[wire] % len(ports[wire])],)

    def reading(box: int) -> list[_Read]:
        # A deterministic box that is also needed beside the rule stands twice; the copy keeps its inputs.
        return [wire if box in matched and wire not in produced else read(wire) for wire in host.graph.arguments[box]]

    return {box: reading(box) for box in others}, [read(wire) for wire in host.graph.outputs]


def _step(
    host: HostGraph, rule: Rule, entering: Match, early: list[int], late: list[int], reads: _Reads, outputs: list[_Read]
) -> Step:
    """The step, from the boxes before and after the rule and the wires that the boxes after the rule read."""
    graph, first = host.graph, host.first
    late_wires = {wire for box in late for wire in range(first[box], first[box + 1])}
    wanted = [wire for box in late for wire in reads[box]] + outputs
    bypass = list(dict.fromkeys(w for w in wanted if not isinstance(w, tuple) and w not in late_wires))
    passing = Ty(*(host.objects[wire] for wire in bypass))

    def part(
        dom: Ty, inputs: Iterable[_Read], boxes: list[int], read: Any, cod: Ty, ends: Sequence[_Read]
    ) -> PortGraph:
        builder, place = PortGraphBuilder(dom), {wire: i for i, wire in enumerate(inputs)}
        for box in boxes:
            own = builder.add(graph.boxes[box], [place[wire] for wire in read[box]])
            place |= zip(range(first[box], first[box + 1]), own, strict=True)
        return builder.build(cod, [place[wire] for wire in ends])

    target = rule.source.cod
    return Step(
        rule.name,
        rule.backwards,
        part(graph.dom, range(len(graph.dom)), early, graph.arguments, passing @ rule.source.dom, (*bypass, *entering)),
        part(passing @ target, [*bypass, *((i,) for i in range(len(target)))], late, reads, graph.cod, outputs),
    )
