"""Readers of means: where a mean that stands for a draw is no longer the mean of what a box computes from the draw.

Kernels are linear in the law of each input. So the law at an output is a sum over the outcomes of a draw, and a kernel
computes the sum from the mean, as long as the output depends on the draw through one wire alone. Where two inputs of a
box depend on one draw, each gets the mean, as if there were two independent draws. A deterministic box into labels or
bits is no sum over outcomes: at the mean of a draw, the box gives no label of any draw.

>>> from types import SimpleNamespace
>>> from learning_diagrams.diagrams.box import Box, Kernel, Ty
>>> from learning_diagrams.diagrams.structure import Copy
>>> from learning_diagrams.semantics.functor.space import Sampling
>>> x = Ty("x")
>>> k, xor, odd = Kernel("k", x, x), Kernel("xor", x @ x, x), Box("odd", x, x)
>>> spaces = {"x": SimpleNamespace(sampling=lambda kernel: Sampling("expectation", exact=False))}
>>> copied_mean(PortGraph.from_diagram(k >> Copy(x) >> xor), spaces)
('k', 'xor')
>>> copied_mean(PortGraph.from_diagram(Copy(x) >> k @ k >> xor), spaces) is None
True
>>> [(kernel, box.name) for kernel, box in boxes_of_means(PortGraph.from_diagram(k >> odd), spaces)]
[('k', 'odd')]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from discopy import markov

from learning_diagrams.diagrams.box import is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph, Wire
from learning_diagrams.semantics.functor.space import Space
from learning_diagrams.semantics.program.means_for_draws import passes_mean


def copied_mean(graph: PortGraph, spaces: Mapping[str, Space]) -> tuple[str, str] | None:
    """A kernel whose mean is taken for independent draws, and the box where these meet; None if there is none.

    Parameters
    ----------
    graph : PortGraph, the normal form of a side that is compared at points.
    """
    kernels: dict[Wire, str] = {}  # the wires that carry means
    # For each wire the means that it depends on, each with the kernels' wires that are on all ways from the mean. Two
    # inputs of a box that depend on a mean through one draw of a later kernel are no two readings of the mean.
    known: dict[Wire, dict[Wire, frozenset[Wire]]] = {}
    for box, arguments, wires in graph.applications():
        met: dict[Wire, frozenset[Wire]] = {}
        for argument in arguments:
            for mean, later in known.get(argument, {}).items():
                if mean in met and met[mean].isdisjoint(later):
                    return kernels[mean], box.name
                met[mean] = met.get(mean, later) & later
        for wire, ob in zip(wires, box.cod.inside, strict=True):
            if is_deterministic(box):
                known[wire] = met
                continue
            known[wire] = {mean: later | {wire} for mean, later in met.items()}
            if _is_mean(ob.name, box, spaces):
                kernels[wire], known[wire][wire] = box.name, frozenset()
    return None


def boxes_of_means(graph: PortGraph, spaces: Mapping[str, Space]) -> Iterator[tuple[str, markov.Box]]:
    """Each deterministic box that gets a mean, or what such boxes compute of a mean, with the kernel of the mean."""
    kernels: dict[Wire, str] = {}  # whose mean a wire carries, or from whose mean deterministic boxes compute the wire
    for box, arguments, wires in graph.applications():
        kernel = next((kernels[wire] for wire in arguments if wire in kernels), None)
        if not is_deterministic(box):
            means = zip(wires, box.cod.inside, strict=True)
            kernels.update({wire: box.name for wire, ob in means if _is_mean(ob.name, box, spaces)})
        elif kernel is not None:
            yield kernel, box
            kernels.update(dict.fromkeys(wires, kernel))


def _is_mean(ob: str, kernel: markov.Box, spaces: Mapping[str, Space]) -> bool:
    return ob in spaces and passes_mean(spaces[ob], kernel.name)
