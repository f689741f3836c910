"""Rewriting by a rule: a graph is cut into a part before the rule, the source of the rule, and a part after the rule.

    graph = before >> bypass @ source >> after,    rewritten = before >> bypass @ target >> after.

A deterministic box that is needed twice stands both in the source and beside the source, because the normal form merges
the copies. A match is not convex if a path leads out of the match and back through boxes that cannot stand twice. Such
a match has no cut.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.presentation.equation import Equation
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

from collections.abc import Iterator

from learning_diagrams.diagrams.box import Ty
from learning_diagrams.diagrams.port_graph import PortGraph, PortGraphBuilder, Wire
from learning_diagrams.proof.rewriting.budget import Budget
from learning_diagrams.proof.rewriting.matching import HostGraph, Match, matches
from learning_diagrams.proof.rules.rule import Rule
from learning_diagrams.proof.rules.step import Step


def rewrites(host: HostGraph, rule: Rule, budget: Budget) -> Iterator[tuple[Step, PortGraph]]:
    """All graphs that a use of a rule leads to, not reduced, each with its step, until the budget is exhausted.

    The budget pays for each tried place, because the cut may fail, or may not give back the graph.
    """
    ops = host.ops
    key = ops.key(ops.reduce(host.graph))
    for pattern in rule.patterns:
        for match in matches(pattern, host, budget, rule.idle):
            for ports in _choices(pattern, match):
                if not budget.spend():
                    return
                step = _cut(host, rule, pattern, match, ports)
                if step is not None and ops.key(ops.reduce(step.around(rule.source))) == key:
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


def _cut(host: HostGraph, rule: Rule, pattern: PortGraph, match: Match, ports: dict[Wire, list[int]]) -> Step | None:
    """The step at a match, or None: each box of the host is replaced, or stands before or after the rule."""
    entering = match[: len(pattern.dom)]
    if host.ops.linear and len(set(entering)) < len(entering):
        return None
    replaced, behind = _replaced(host, pattern, match), _behind(host, entering)
    if not replaced.isdisjoint(behind):
        return None  # a path leads out of the rule and back in
    others = [box for box in range(len(host.graph.boxes)) if box not in behind and box not in replaced]
    reads, outputs = _redirected(host, pattern, match, ports, others)
    needed = _needed(host, reads, outputs, behind)
    if needed is None:
        return None  # a kept box reads an inner wire of the replaced part
    late = _late(host, reads)
    early = [box for box in range(len(host.graph.boxes)) if box in behind or (box in needed and box not in late)]
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


def _behind(host: HostGraph, entering: Match) -> set[int]:
    """The boxes behind the wires that enter the rule; they stand before the rule and read none of its outputs."""
    behind: set[int] = set()
    todo = [host.maker[wire] for wire in entering]
    while todo:
        box = todo.pop()
        if box >= 0 and box not in behind:
            behind.add(box)
            todo += [host.maker[wire] for wire in host.graph.arguments[box]]
    return behind


def _redirected(
    host: HostGraph, pattern: PortGraph, match: Match, ports: dict[Wire, list[int]], others: list[int]
) -> tuple[dict[int, list[_Read]], list[_Read]]:
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


def _needed(host: HostGraph, reads: dict[int, list[_Read]], outputs: list[_Read], behind: set[int]) -> set[int] | None:
    """The boxes beside and after the rule that an output needs; None where such a box needs a replaced box.

    A normal form needs all of its boxes. The second copy of a deterministic box of the rule may be superfluous.
    """
    needed: set[int] = set()
    todo = list(reads) if host.ops.linear else []
    todo += [host.maker[wire] for wire in outputs if not isinstance(wire, tuple)]
    while todo:
        box = todo.pop()
        if box < 0 or box in needed or box in behind:
            continue
        if box not in reads:
            return None
        needed.add(box)
        todo += [host.maker[wire] for wire in reads[box] if not isinstance(wire, tuple)]
    return needed


def _late(host: HostGraph, reads: dict[int, list[_Read]]) -> set[int]:
    """The boxes that read an output of the rule, directly or through other boxes."""
    late: set[int] = set()
    for box, wires in reads.items():
        if any(isinstance(wire, tuple) or host.maker[wire] in late for wire in wires):
            late.add(box)
    return late


def _step(
    host: HostGraph,
    rule: Rule,
    entering: tuple[Wire, ...],
    early: list[int],
    late: list[int],
    reads: dict[int, list[_Read]],
    outputs: list[_Read],
) -> Step:
    """The step, from the boxes before and after the rule and the wires that the boxes after the rule read."""
    graph = host.graph
    late_wires = {wire for box in late for wire in range(host.first[box], host.first[box + 1])}
    wanted = [wire for box in late for wire in reads[box]] + outputs
    bypass = list(dict.fromkeys(w for w in wanted if not isinstance(w, tuple) and w not in late_wires))

    before = PortGraphBuilder(graph.dom)
    place = dict(enumerate(before.inputs))
    for box in early:
        outputs_of_box = before.add(graph.boxes[box], [place[wire] for wire in graph.arguments[box]])
        place |= zip(range(host.first[box], host.first[box + 1]), outputs_of_box, strict=True)
    passing = Ty(*(host.objects[wire] for wire in bypass))
    ends = [place[wire] for wire in (*bypass, *entering)]

    after = PortGraphBuilder(passing @ rule.source.cod)
    place = {wire: i for i, wire in enumerate(bypass)}

    def at(wire: _Read) -> Wire:
        return len(bypass) + wire[0] if isinstance(wire, tuple) else place[wire]

    for box in late:
        outputs_of_box = after.add(graph.boxes[box], [at(wire) for wire in reads[box]])
        place |= zip(range(host.first[box], host.first[box + 1]), outputs_of_box, strict=True)
    return Step(
        rule.name,
        rule.backwards,
        before.build(passing @ rule.source.dom, ends),
        after.build(graph.cod, [at(wire) for wire in outputs]),
    )
