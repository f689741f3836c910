"""When two diagrams are equal, decided in linear time: in the theories "symmetric", "markov" and "cartesian".

A diagram is written down as a list of numbers by a walk that its own shape fixes, and two are equal if and only if
their lists are. In "markov" and "cartesian" the walk goes backwards from the outputs, after equal deterministic
applications are made one; what it does not reach is discarded. In "symmetric" it goes both ways from the boundary, and
a closed component, which the boundary does not reach, is written from the box that gives the least list.

>>> from learning_diagrams.box import Box, Copy, Discard, Kernel, Ty
>>> x = Ty("x")
>>> f, k = Box("f", x, x), Kernel("k", x, x)
>>> equal(f >> Copy(x), Copy(x) >> f @ f), equal(k >> Copy(x), Copy(x) >> k @ k), equal(k >> Discard(x), Discard(x))
(True, False, True)
>>> equal(k >> Copy(x), Copy(x) >> k @ k, theory="cartesian"), equal(f @ x >> x @ k, x @ k >> f @ x, theory="symmetric")
(True, True)

Source: Fritz & Liang, *Free gs-monoidal categories and free Markov categories* (2022), for the free Markov category;
the normal forms are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

from discopy import markov

from learning_diagrams.box import Diagram, is_deterministic
from learning_diagrams.errors import TypeMismatch, UnknownName, shown
from learning_diagrams.normal_form import LabelTable
from learning_diagrams.port_graph import PortGraph
from learning_diagrams.symmetric_form import symmetric_form

Theory = Literal["symmetric", "markov", "cartesian"]
THEORIES = ("symmetric", "markov", "cartesian")


def equal(
    lhs: Diagram, rhs: Diagram, theory: Theory = "markov", deterministic: Iterable[markov.Box | str] = ()
) -> bool:
    """Whether two parallel diagrams are equal in a theory.

    Parameters
    ----------
    lhs, rhs : diagrams of ours, or any of DisCoPy's symmetric or Markov diagrams.
    theory : "symmetric": the laws of symmetric monoidal categories, without copy and discard; "markov": discarding is
        natural for all boxes, copying for deterministic ones; "cartesian": every box is read as deterministic.
    deterministic : boxes, or their names, that count as deterministic in "markov" besides those of kind `Box`.

    Raises
    ------
    TypeMismatch : the diagrams are not parallel, contain what is no part of the theory (copies and discards in
        "symmetric"; sums, bubbles, traces and merges anywhere), or boxes whose data is not hashable.
    """
    if theory not in THEORIES:
        raise UnknownName(f"theory must be one of {', '.join(map(repr, THEORIES))}, got {shown(theory)}")
    graphs = [PortGraph.from_diagram(side, copies=theory != "symmetric") for side in (lhs, rhs)]
    if graphs[0].dom != graphs[1].dom or graphs[0].cod != graphs[1].cod:
        raise TypeMismatch(
            "only parallel diagrams can be equal:\n" + "\n".join(f"  {g.dom or 'I'} → {g.cod or 'I'}" for g in graphs)
        )
    labels = LabelTable()
    if theory == "symmetric":
        return symmetric_form(graphs[0], labels) == symmetric_form(graphs[1], labels)
    which = (lambda box: True) if theory == "cartesian" else _determinism(deterministic)
    return markov_form(graphs[0], labels, which) == markov_form(graphs[1], labels, which)


def _determinism(also: Iterable[markov.Box | str]) -> Callable[[markov.Box], bool]:
    if isinstance(also, str | markov.Diagram):
        raise TypeMismatch(f"deterministic= takes a list of boxes or names, got {shown(also)}")
    names = {box if isinstance(box, str) else box.name for box in also}
    return lambda box: is_deterministic(box) or (box.name in names and not box.is_dagger)


def markov_form(graph: PortGraph, labels: LabelTable, deterministic: Callable[[markov.Box], bool]) -> list[int]:
    """A diagram of the free Markov category as numbers, in time linear in its boxes and wires.

    labels : gives each generator its number; two forms are compared under one table.
    """
    known: dict[int, tuple[int, bool, int]] = {}
    seen: dict[tuple[int, ...], int] = {}
    numbers, first, arguments = [], [], []
    wire = len(graph.dom)
    maker = [-1 - i for i in range(wire)]  # which box has made a wire; inputs are negative numbers
    representative = list(range(wire))
    merged = False
    for i, box in enumerate(graph.boxes):
        about = known.get(id(box))
        if about is None:
            about = known[id(box)] = labels.number(box), deterministic(box), len(box.cod)
        number, shared, width = about
        given = graph.arguments[i]
        if merged:
            given = tuple([representative[w] for w in given])
        numbers.append(number)
        first.append(wire)
        arguments.append(given)
        maker += [i] * width
        start = seen.setdefault((number, *given), wire) if shared else wire
        merged = merged or start != wire
        representative += range(start, start + width)
        wire += width
    form: list[int] = []
    order: list[int] = []
    index = [-1] * len(numbers)

    def refer(wires: Iterable[int]) -> None:
        for w in wires:
            box = maker[w]
            if box < 0:
                form.append(box)
                continue
            if index[box] < 0:
                index[box] = len(order)
                order.append(box)
            form.append(index[box])
            form.append(w - first[box])

    refer([representative[w] for w in graph.outputs])
    for box in order:  # it grows while it is read
        form.append(numbers[box])
        refer(arguments[box])
    return form
