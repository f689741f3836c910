"""The canonical model of a diagram: a finite model, in exact arithmetic, whose elements are the wires of the diagram.

A box sends the wires at its inputs to the wires at its outputs, as in the diagram. Where the diagram applies a kernel n
times to the same wires, the kernel draws an application: each has probability 1/(n + 1), and ⊥ has the rest. Arguments
that do not occur in the diagram go to ⊥. In "symmetric", which has no probability, a box is a matrix of natural numbers
with a weight for each application, and the model has no ⊥.

The elements are the tagged terms of a free category, as many terms and tags as a diagram needs.

>>> from learning_diagrams import Copy, Kernel
>>> bit = Ty("bit")
>>> coin = Kernel("coin", Ty(), bit)
>>> print(CanonicalModel(PortGraph.from_diagram(coin @ coin), lambda box: False))
bit = {coin#1, coin#2, ⊥}
coin() = coin#1 (1/3), coin#2 (1/3), ⊥ (1/3)
anything else gives ⊥

Source: Chandra & Merlin, *Optimal implementation of conjunctive queries* (1977), for queries that are models.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import islice, product
from math import prod
from typing import Any

from discopy import cat, markov

from learning_diagrams.diagrams.box import Ty
from learning_diagrams.diagrams.labels import label
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.symbol import Symbol, box_symbol, shared_columns
from learning_diagrams.errors import LimitExceeded, printable
from learning_diagrams.errors.short_text import Printed

Weight = Fraction | int
Element = int
SHOWN = 12  # how many elements, outcomes and rows are printed
LARGEST_TABLE = 1_000_000


class CanonicalModel(Printed):
    """The canonical model of a diagram.

    graph : PortGraph of the diagram; in "markov" and "cartesian" its normal form.
    deterministic : function from box to bool, true for functions; None for matrices of natural numbers.
    weights : sequence of int, for matrices, the weight of each application of a box; by default all are 1.

    inputs, outcome : tuples of int, the elements of the wires at the inputs and at the outputs of the diagram.
    """

    def __init__(
        self, graph: PortGraph, deterministic: Callable[[markov.Box], bool] | None, weights: Sequence[int] = ()
    ) -> None:
        self.graph, self._first, self.stochastic = graph, graph.first_wires, deterministic is not None
        self._sizes: Counter[cat.Ob] = Counter()
        self._place: list[Element] = []  # the element of each wire
        for ob in graph.wire_objects:
            self._place.append(self._sizes[ob])
            self._sizes[ob] += 1
        self._labels = [label(box) for box in graph.boxes]
        self._alike: dict[Hashable, list[int]] = defaultdict(list)
        for i, arguments in enumerate(graph.arguments):
            self._alike[self._labels[i], self.at(arguments)].append(i)
        self.weights: list[Weight] = list(weights) or [1] * len(graph.boxes)
        if deterministic is not None:
            for alike in self._alike.values():
                if not deterministic(graph.boxes[alike[0]]):
                    for i in alike:
                        self.weights[i] = Fraction(1, len(alike) + 1)
        self.inputs, self.outcome = self.at(range(len(graph.dom))), self.at(graph.outputs)

    def size(self, ob: Ty | cat.Ob) -> int:
        """The number of elements of an object; ⊥ is the last element."""
        return self._sizes[ob.inside[0] if isinstance(ob, Ty) else ob] + self.stochastic

    def row(self, box: markov.Box, arguments: Sequence[Element]) -> dict[tuple[Element, ...], Weight]:
        """The weight of each possible outcome of a box at some elements. An unknown box gives ⊥, or nothing."""
        result: dict[tuple[Element, ...], Weight] = {}
        for i in self._alike.get((label(box), tuple(arguments)), ()):
            outcome = self.at(range(self._first[i], self._first[i + 1]))
            result[outcome] = result.get(outcome, 0) + self.weights[i]
        if self.stochastic and (rest := 1 - sum(result.values())):
            nowhere = tuple(self._sizes[ob] for ob in box.cod.inside)
            result[nowhere] = result.get(nowhere, 0) + rest
        return result

    def table(self, box: markov.Box) -> Any:
        """A box as nested lists of weights [inputs…, outputs…]; `LimitExceeded` for more than a million entries."""
        dom, cod = ([self.size(ob) for ob in ty.inside] for ty in (box.dom, box.cod))
        if (entries := prod(dom + cod)) > LARGEST_TABLE:
            raise LimitExceeded(f"the table of box {box.name!r} has {entries:,} entries; ask for single rows by .row")
        outcomes = list(product(*map(range, cod)))
        values: list[Any] = []
        for arguments in product(*map(range, dom)):
            row = self.row(box, arguments)
            values += [row.get(outcome, 0) for outcome in outcomes]
        for size in reversed((dom + cod)[1:]):
            values = [values[i : i + size] for i in range(0, len(values), size)]
        return values if dom + cod else values[0]

    def named(self, ty: Ty, elements: Sequence[Element]) -> str:
        """Elements by name, as (input 1, f#2); outputs of boxes are named after the box."""
        return f"({', '.join(_some(self._name(ob, e) for ob, e in zip(ty.inside, elements, strict=True)))})"

    def __str__(self) -> str:
        sets = {ob: _some(self._name(ob, element) for element in range(self.size(ob))) for ob in self._sizes}
        lines = [f"{ob.name} = {{{', '.join(names)}}}" for ob, names in sets.items()]
        for alike in islice(self._alike.values(), SHOWN + 1):
            box, arguments = self.graph.boxes[alike[0]], self.at(self.graph.arguments[alike[0]])
            row = self.row(box, arguments)
            outcomes = (f"{self.shown(box.cod, outcome)} ({weight})" for outcome, weight in row.items())
            lines.append(f"{self.called(box)}{self.named(box.dom, arguments)} = {', '.join(_some(outcomes))}")
        return printable("\n".join([*_some(lines), self.rest]))

    @property
    def rest(self) -> str:
        """What holds of all arguments that do not occur in the diagram."""
        return "anything else gives ⊥" if self.stochastic else "all other entries are 0"

    def at(self, wires: Sequence[int]) -> tuple[Element, ...]:
        """The elements of some wires."""
        return tuple([self._place[wire] for wire in wires])

    def shown(self, ty: Ty, elements: Sequence[Element]) -> str:
        """Elements by name, as f#2 or (input 1, f#2)."""
        return self._name(ty.inside[0], elements[0]) if len(ty) == 1 else self.named(ty, elements)

    def _name(self, ob: cat.Ob, element: Element) -> str:
        box, rest = self.maker(ob, element)
        return rest if box is None else self.called(box) + rest

    def maker(self, ob: cat.Ob, element: Element) -> tuple[markov.Box | None, str]:
        """The box that an element is named after, if there is one, and the rest of its name."""
        return self._makers.get((ob, element), (None, "⊥"))

    def called(self, box: markov.Box) -> str:
        """The name of a box; of a column `space.column` where the name is that of two boxes."""
        symbol = box_symbol(box)
        return symbol.called if symbol in self._shared else str(box.name)

    @cached_property
    def _shared(self) -> frozenset[Symbol]:
        return shared_columns(self.graph.boxes)

    @cached_property
    def _makers(self) -> dict[tuple[cat.Ob, Element], tuple[markov.Box | None, str]]:
        makers: list[tuple[markov.Box | None, str]] = [(None, f"input {i + 1}") for i in range(len(self.graph.dom))]
        count, seen = Counter(self._labels), Counter[Hashable]()
        for box, of in zip(self.graph.boxes, self._labels, strict=True):
            seen[of] += 1
            rest = f"#{seen[of]}" if count[of] > 1 else ""
            makers += [(box, rest + (f".{port + 1}" if len(box.cod) > 1 else "")) for port in range(len(box.cod))]
        return {(ob, self._place[wire]): makers[wire] for wire, ob in enumerate(self.graph.wire_objects)}


def _some(items: Any) -> list[str]:
    """The first items, and three dots for more."""
    first = list(islice(items, SHOWN + 1))
    return first if len(first) <= SHOWN else [*first[:SHOWN], "…"]
