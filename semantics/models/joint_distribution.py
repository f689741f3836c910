"""The joint distribution of the outputs of a port graph, box by box, over the wires that are still needed.

The state of the fold (`functor.fold_state`) is a weight for each assignment of the wires that are still needed. Equal
assignments are added, so that a chain of a thousand kernels on a set of two never has more than two of them. A search
runs one graph many times; the places of its wires are therefore computed beforehand.

>>> from fractions import Fraction
>>> from learning_diagrams import Copy, Kernel, Ty
>>> bit = Ty("bit")
>>> coin, half = Kernel("coin", Ty(), bit), Fraction(1, 2)
>>> joint = JointDistribution(PortGraph.from_diagram(coin >> Copy(bit)), [0])
>>> sorted(joint.run(lambda number, arguments: {(0,): half, (1,): half}, ()).items())
[((0, 0), Fraction(1, 2)), ((1, 1), Fraction(1, 2))]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from learning_diagrams.diagrams.port_graph import PortGraph, Wire
from learning_diagrams.errors import LimitExceeded

Element = int
Elements = tuple[Element, ...]
Weight = Fraction | int
Row = Mapping[Elements, Weight]
MOST_STATES = 100_000


class Undecided(Exception):
    """The model has no row yet for box `number` at `arguments`."""

    def __init__(self, number: int, arguments: Elements) -> None:
        super().__init__(number, arguments)
        self.number, self.arguments = number, arguments


class _Step(NamedTuple):
    number: int
    arguments: tuple[int, ...]  # places in the state
    kept: tuple[int, ...]  # places in the state
    ports: tuple[int, ...]  # kept output ports of the box
    wanted: tuple[tuple[int, int], ...]  # output ports of the box, each with an output of the whole graph


class JointDistribution:
    """A port graph prepared for evaluation.

    numbers : sequence of int, for each box of the graph the number under which `run` asks for its rows.
    of_outcome : bool, whether `run` computes the weight of a single outcome. States that cannot lead to this outcome
        are then dropped early.
    """

    def __init__(self, graph: PortGraph, numbers: Sequence[int], of_outcome: bool = False) -> None:
        last: dict[Wire, int] = {}
        for i, arguments in enumerate(graph.arguments):
            for wire in arguments:
                last[wire] = i
        ends: dict[Wire, list[int]] = {}
        for i, wire in enumerate(graph.outputs):
            ends.setdefault(wire, []).append(i)
        if not of_outcome:
            last |= dict.fromkeys(graph.outputs, len(graph.boxes))
        self.of_outcome = of_outcome
        live = [wire for wire in range(len(graph.dom)) if wire in last]
        self._start = tuple(live)
        self._ends = [(wire, i) for wire in range(len(graph.dom)) for i in ends.get(wire, ())]
        self._steps: list[_Step] = []
        for i, (_, arguments, outputs) in enumerate(graph.applications()):
            place = {wire: p for p, wire in enumerate(live)}
            kept = [wire for wire in live if last[wire] > i]
            new = [wire for wire in outputs if wire in last]
            step = _Step(
                numbers[i],
                tuple([place[wire] for wire in arguments]),
                tuple([place[wire] for wire in kept]),
                tuple([wire - outputs.start for wire in new]),
                tuple([(wire - outputs.start, end) for wire in outputs for end in ends.get(wire, ())])
                if of_outcome
                else (),
            )
            self._steps.append(step)
            live = kept + new
        place = {wire: p for p, wire in enumerate(live)}
        self._outputs = () if of_outcome else tuple([place[wire] for wire in graph.outputs])

    def run(
        self, row: Callable[[int, Elements], Row], inputs: Sequence[Element], outcome: Sequence[Element] = ()
    ) -> dict[Elements, Weight]:
        """The weight of each outcome; where `of_outcome`, the weight of `outcome` alone, at the key ().

        Raises `LimitExceeded` for more than a hundred thousand states at once, and the errors of `row`.
        """
        if self.of_outcome and any(inputs[wire] != outcome[end] for wire, end in self._ends):
            return {}
        states: dict[Elements, Weight] = {tuple([inputs[wire] for wire in self._start]): 1}
        for number, arguments, kept, ports, wanted in self._steps:
            new: dict[Elements, Weight] = {}
            for state, weight in states.items():
                rest = tuple([state[p] for p in kept])
                for result, own in row(number, tuple([state[p] for p in arguments])).items():
                    if wanted and any(result[port] != outcome[end] for port, end in wanted):
                        continue
                    key = rest + tuple([result[port] for port in ports])
                    new[key] = new.get(key, 0) + weight * own
            if len(new) > MOST_STATES:
                most = f"more than {MOST_STATES:,} outcomes on the wires that are needed at once"
                hint = "take smaller sets, or ask for one outcome"
                raise LimitExceeded(f"the joint distribution of a diagram has {most}; {hint}")
            states = new
        distribution: dict[Elements, Weight] = {}
        for state, weight in states.items():
            key = tuple([state[p] for p in self._outputs])
            distribution[key] = distribution.get(key, 0) + weight
        return {key: weight for key, weight in distribution.items() if weight}
