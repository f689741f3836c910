"""The spaces that a metric compares, and how a metric reads the values in them.

A metric that says `same_space` takes a prediction and a target in the same space. A metric may also have `reading`, a
function from an `End` to a function of the values there, or None where the metric does not fit. Its text `fits` then
says what the metric is for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from learning_diagrams.backends.torch.functor.space import Space
from learning_diagrams.diagrams.box import is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.errors import TypeMismatch, plural
from learning_diagrams.semantics.functor.space import Kind

Reading = Callable[[Any], Any]  # of the values of a batch


class End(NamedTuple):
    """A wire at the end of a morphism: its space, and whether a kernel returns its values."""

    space: Space
    kind: Kind

    def __str__(self) -> str:
        return f"a kernel into {self.space}" if self.kind == "distribution" else f"points of {self.space}"


def readings_of(
    name: str, metric: Any, diagrams: Sequence[Any], space: Callable[[str], Space]
) -> Sequence[Reading] | None:
    """How a metric reads the values of each morphism; None where it takes them as they are.

    Parameters
    ----------
    name : str, that of the metric.
    diagrams : the morphisms whose values the metric compares.
    space : function from the name of an object to its space.

    Raises
    ------
    TypeMismatch : the morphisms end in different spaces, and the metric says `same_space`; or they end in what the
        metric is not for.
    """
    require_same_space(name, metric, diagrams, space)
    reading = getattr(metric, "reading", None)
    if not callable(reading):
        return None
    found: list[Reading] = []
    for diagram in diagrams:
        if len(ends := ends_of(diagram, space)) != 1:
            raise TypeMismatch(
                f"metric {name!r} compares one output with one target, and a side has {plural(len(ends), 'output')}; "
                "make a metric for each output"
            )
        if (read := reading(ends[0])) is None:
            raise TypeMismatch(f"metric {name!r} does not fit {ends[0]}; {metric.fits}")
        found.append(read)
    return found


def ends_of(diagram: Any, space: Callable[[str], Space]) -> list[End]:
    """The ends of a morphism, one a wire.

    >>> from learning_diagrams.backends.torch.functor.discrete import Bernoulli
    >>> from learning_diagrams.diagrams.box import Box, Kernel, Ty
    >>> x = Ty("x")
    >>> both = Box("f", x, x) @ Kernel("k", x, x)
    >>> [end.kind for end in ends_of(both, lambda name: Bernoulli(3))]
    ['point', 'distribution']
    """
    graph = PortGraph.from_diagram(diagram)
    kernels = {wire for box, _, wires in graph.applications() for wire in wires if not is_deterministic(box)}
    return [
        End(space(ob.name), "distribution" if wire in kernels else "point")
        for ob, wire in zip(diagram.cod.inside, graph.outputs, strict=True)
    ]


def require_same_space(name: str, metric: Any, diagrams: Sequence[Any], space: Callable[[str], Space]) -> None:
    """Raise `TypeMismatch` if a metric says `same_space`, and its morphisms end in different spaces."""
    if not getattr(metric, "same_space", False):
        return
    first, *others = ([space(ob.name) for ob in diagram.cod.inside] for diagram in diagrams)
    for other in others:
        if len(first) != len(other) or not all(map(_alike, first, other)):
            ends = (" @ ".join(map(str, spaces)) or "I" for spaces in (first, other))
            raise TypeMismatch(
                f"metric {name!r} compares a prediction in {next(ends)} with a target in {next(ends)}; both end in the "
                "same space, as a kernel into Finite(3) and a column of labels do"
            )


def _alike(one: Space, other: Space) -> bool:
    """Whether two spaces have the same kind of points, whatever their dtypes; None is any size."""
    shapes = one.point_shape, other.point_shape
    sizes = len(shapes[0]) == len(shapes[1]) and all(a == b or None in (a, b) for a, b in zip(*shapes, strict=True))
    return type(one) is type(other) and one.outcomes == other.outcomes and sizes
