"""The spaces that a metric compares: one that says `same_space` takes a prediction and a target in the same space."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from learning_diagrams.backends.torch.functor.space import Space
from learning_diagrams.errors import TypeMismatch


def require_same_space(name: str, metric: Any, diagrams: Sequence[Any], space: Callable[[str], Space]) -> None:
    """Raise `TypeMismatch` if a metric says `same_space`, and its morphisms end in different spaces.

    Parameters
    ----------
    name : str, that of the metric.
    diagrams : the morphisms whose values the metric compares.
    space : function from the name of an object to its space.
    """
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
