"""Rewriting a graph by a rule: the graph is cut into what lies before, the source of the rule, and what lies after.

    graph = before >> bypass @ source >> after,    rewritten = before >> bypass @ target >> after.

What is needed twice and is deterministic stands in the source and beside it, as the normal form merges it. A match that
is not convex, from which a path leads out and back in through boxes that cannot stand twice, has no such cut.

>>> from learning_diagrams.box import Box, Ty
>>> from learning_diagrams.equation import Equation
>>> from learning_diagrams.proof.rule import Calculus, rules
>>> x, calculus = Ty("x"), Calculus("markov")
>>> f, g = Box("f", x, x), Box("g", x, x)
>>> forwards, _ = rules("swap", Equation(f >> g, g >> f), calculus)
>>> for step, graph in rewrites(Host(calculus.read(f >> g >> g), calculus), forwards):
...     print(graph.to_diagram())
g >> f >> g
"""

from __future__ import annotations

from collections.abc import Iterator

from learning_diagrams.box import Ty
from learning_diagrams.port_graph import PortGraph, PortGraphBuilder, Wire
from learning_diagrams.proof.matching import Host, Match, matches
from learning_diagrams.proof.rule import Rule
from learning_diagrams.proof.step import Step


def rewrites(host: Host, rule: Rule) -> Iterator[tuple[Step, PortGraph]]:
    """All graphs that one use of a rule leads to, reduced, each with its step."""
    calculus = host.calculus
    key = calculus.key(host.graph)
    for pattern in rule.patterns:
        for match in matches(pattern, host):
            for ports in _choices(pattern, match):
                step = _cut(host, rule, pattern, match, ports)
                if step is not None and calculus.key(calculus.reduce(step.around(rule.source))) == key:
                    yield step, calculus.reduce(step.around(rule.target))


def _choices(pattern: PortGraph, match: Match) -> list[dict[Wire, list[int]]]:
    """For each wire of the host that the pattern puts out, the outputs of the rule that its users may read instead."""
    ports: dict[Wire, list[int]] = {}
    for port, wire in enumerate(pattern.outputs):
        if wire >= 0:
            ports.setdefault(match[wire], []).append(port)
    most = max((len(of) for of in ports.values()), default=1)
    turns = [{wire: of[turn % len(of) :] + of[: turn % len(of)] for wire, of in ports.items()} for turn in range(most)]
    return turns if most == 1 else [*turns, *({wire: of[:1] for wire, of in turn.items()} for turn in turns)]


def _cut(host: Host, rule: Rule, pattern: PortGraph, match: Match, ports: dict[Wire, list[int]]) -> Step | None:
    """The step at a match, if there is one."""
    graph, calculus = host.graph, host.calculus
    first = pattern.first_wires
    replaced = {
        host.maker[match[first[i]]]
        for i, box in enumerate(pattern.boxes)
        if len(box.cod) and not calculus.deterministic(box)
    }
    if calculus.linear:
        replaced |= _without_outputs(host, pattern, match)
    entering = match[: len(pattern.dom)]
    if calculus.linear and len(set(entering)) < len(entering):
        return None

    behind: set[int] = set()  # what the wires that enter need stands before the rule, and reads nothing of it
    todo = [host.maker[wire] for wire in entering]
    while todo:
        box = todo.pop()
        if box >= 0 and box not in behind:
            if box in replaced:
                return None
            behind.add(box)
            todo += [host.maker[wire] for wire in graph.arguments[box]]

    uses: dict[Wire, int] = {}

    def read(wire: Wire) -> Wire | tuple[int]:
        """What a box after the rule reads in place of a wire: a port of the rule, as a tuple, or the wire."""
        if wire not in ports:
            return wire
        uses[wire] = uses.get(wire, -1) + 1
        return (ports[wire][uses[wire] % len(ports[wire])],)

    matched = {match[wire] for i in range(len(pattern.boxes)) for wire in range(first[i], first[i + 1])}
    late: list[int] = []
    is_late: set[int] = set()
    reads: dict[int, list[Wire | tuple[int]]] = {}
    inner = {host.maker[wire] for wire in matched}
    for box, arguments in enumerate(graph.arguments):
        if box in behind or box in replaced:
            continue
        if box in inner:  # a second copy of a deterministic box of the rule reads what the rule puts out, too
            reads[box] = [read(wire) if wire in matched else wire for wire in arguments]
        else:
            reads[box] = [read(wire) for wire in arguments]
        if any(isinstance(wire, tuple) or host.maker[wire] in is_late for wire in reads[box]):
            late.append(box)
            is_late.add(box)
    outputs = [read(wire) for wire in graph.outputs]

    # A normal form needs all of its boxes, but of the rule's deterministic boxes the second copy may be for nothing.
    needed: set[int] = set()
    todo = [host.maker[wire] for wire in outputs if not isinstance(wire, tuple)]
    if calculus.linear:
        todo += [box for box in reads if box not in replaced]
    while todo:
        box = todo.pop()
        if box < 0 or box in needed or box in behind:
            continue
        if box in replaced:
            return None
        needed.add(box)
        todo += [host.maker[wire] for wire in reads[box] if not isinstance(wire, tuple)]
    early = [box for box in range(len(graph.boxes)) if box in behind or (box in needed and box not in is_late)]
    return _step(host, rule, entering, early, [box for box in late if box in needed], reads, outputs)


def _without_outputs(host: Host, pattern: PortGraph, match: Match) -> set[int]:
    """The boxes of the host that lie under boxes without outputs, found by their arguments."""
    found: set[int] = set()
    for box, arguments in zip(pattern.boxes, pattern.arguments, strict=True):
        if not len(box.cod):
            wanted = tuple(match[wire] for wire in arguments)
            number = host.calculus.labels.number(box)
            found.add(next(i for i in host.of_label[number] if i not in found and host.graph.arguments[i] == wanted))
    return found


def _step(
    host: Host,
    rule: Rule,
    entering: tuple[Wire, ...],
    early: list[int],
    late: list[int],
    reads: dict[int, list[Wire | tuple[int]]],
    outputs: list[Wire | tuple[int]],
) -> Step:
    """The two contexts, from the boxes before and after the rule and what those after it read."""
    graph = host.graph
    made_late = {wire for box in late for wire in range(host.first[box], host.first[box + 1])}
    wanted = [wire for box in late for wire in reads[box]] + outputs
    bypass = list(dict.fromkeys(w for w in wanted if not isinstance(w, tuple) and w not in made_late))

    before = PortGraphBuilder(graph.dom)
    place = dict(enumerate(before.inputs))
    for box in early:
        made = before.add(graph.boxes[box], [place[wire] for wire in graph.arguments[box]])
        place |= zip(range(host.first[box], host.first[box + 1]), made, strict=True)
    passing = Ty(*(host.objects[wire] for wire in bypass))
    ends = [place[wire] for wire in (*bypass, *entering)]

    after = PortGraphBuilder(passing @ rule.source.cod)
    place = {wire: i for i, wire in enumerate(bypass)}

    def at(wire: Wire | tuple[int]) -> Wire:
        return len(bypass) + wire[0] if isinstance(wire, tuple) else place[wire]

    for box in late:
        made = after.add(graph.boxes[box], [at(wire) for wire in reads[box]])
        place |= zip(range(host.first[box], host.first[box + 1]), made, strict=True)
    return Step(
        rule.name,
        rule.backwards,
        before.build(passing @ rule.source.dom, ends),
        after.build(graph.cod, [at(wire) for wire in outputs]),
    )
