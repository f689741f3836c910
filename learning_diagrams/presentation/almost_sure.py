"""Almost-sure equality: two diagrams compared beside the source of their test points.

Sides f, g : A → B are equal p-almost surely, for a source p : S → A, when `p >> copy >> A @ f = p >> copy >> A @ g`.

>>> from learning_diagrams.diagrams.box import Box, Kernel, Ty
>>> x = Ty("x")
>>> p, f = (PortGraph.from_diagram(box) for box in (Kernel("p", Ty(), x), Box("f", x, x)))
>>> joint_with_source(p, f).outputs
(0, 1)

Source: Cho & Jacobs, *Disintegration and Bayesian inversion via string diagrams* (2019); Fritz, *A synthetic approach
to Markov kernels* (2020), definition 13.1.
"""

from __future__ import annotations

from learning_diagrams.diagrams.port_graph import PortGraph, PortGraphBuilder


def joint_with_source(source: PortGraph, side: PortGraph) -> PortGraph:
    """The graph of `source >> copy >> A @ side`.

    Parameters
    ----------
    source, side : PortGraph S → A and A → B.
    """
    builder = PortGraphBuilder(source.dom)
    points = builder.paste(source, builder.inputs)
    ends = builder.paste(side, points)
    return builder.build(source.cod @ side.cod, [*points, *ends])
