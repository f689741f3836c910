"""Means in place of draws: a wire that carries the mean of a kernel, where two sides need its draws.

A mean in place of a draw is right only where a kernel with a single output reads it once, and is linear in it. Wires
that carry functions of one mean are independent, although those of one draw depend on each other. A mean is no sample.
So a mean has no place in sides that are compared by samples. At the points of `over`, sides that differ at every draw
may be equal at the mean.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Literal

from learning_diagrams.diagrams.box import is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.errors import CompileError
from learning_diagrams.semantics.functor.space import Space

Ends = Literal["samples", "distributions", "points"]
DRAWS = "sample='straight-through' or 'gumbel'"


def require_no_mean(graph: PortGraph, spaces: Mapping[str, Space], ends: Ends, where: str) -> None:
    """Raise `CompileError` where a mean in place of a draw changes the law of a side that is compared in law.

    graph, ends : as of `kernel_of_mean`.
    """
    kernel = kernel_of_mean(graph, spaces, ends)
    if kernel is not None:
        reason = (
            "a mean is no sample, and outputs that read the same mean lose how they depend on each other"
            if ends == "samples"
            else "the mean is used more than once, or by a box that is not a kernel with one output"
        )
        raise CompileError(
            f"{where} starts from I, so its sides are compared in law, and kernel {kernel!r} is drawn by "
            f"sample='expectation', which passes its mean on; {reason}; give its space {DRAWS}"
        )


def kernel_of_mean(graph: PortGraph, spaces: Mapping[str, Space], ends: Ends) -> str | None:
    """The kernel whose mean stands in place of a draw and changes the law of the outputs; None if there is none.

    Parameters
    ----------
    graph : PortGraph, the normal form of a side, or of the source of `over`.
    ends : what the outputs stand for: in law "samples", or "distributions" that are means; the "points" of `over`.
    """
    sampled, points = ends == "samples", ends == "points"
    uses = Counter(graph.outputs)
    uses.update(wire for arguments in graph.arguments for wire in arguments)
    kernels: dict[int, str] = {}  # whose mean a wire carries, or from whose mean boxes compute the wire
    outputs = set(graph.outputs)
    for box, arguments, wires in graph.applications():
        origin = next((kernels[wire] for wire in arguments if wire in kernels), None)
        several = sum(1 for wire in wires if uses[wire]) > 1
        for wire, ob in zip(wires, box.cod.inside, strict=True):
            if is_deterministic(box):
                kernel, wrong = origin, sampled or wire in outputs
            else:
                drawn = sampled or points or uses[wire] > (wire in outputs)
                mean = drawn and ob.name in spaces and passes_mean(spaces[ob.name], box.name)
                kernel, wrong = box.name if mean else None, sampled or (points and wire in outputs)
            if kernel is not None:
                kernels[wire] = kernel
                wrong = wrong or uses[wire] > 1
            fault = kernel if kernel is not None and wrong else origin if several else None
            if fault is not None:
                return fault
    return None


def passes_mean(space: Space, kernel: str) -> bool:
    """Whether boxes get the mean of a kernel into a space in the place of its draw, and the mean is no point of it."""
    sampling = space.sampling(kernel)
    return sampling is not None and sampling.function.startswith("expectation") and not sampling.exact
