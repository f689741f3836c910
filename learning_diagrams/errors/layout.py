"""How values become rows of a space, where only the order or the grouping of their sizes differs.

A reshape keeps the order of the numbers. So it is advised only where that order is all there is: for flat values, for a
flat space, and for sizes 1. Sizes in another order want their dimensions moved; a reshape would mix their numbers.

>>> layout_advice((8, 8, 3), (3, 8, 8))
'.movedim(-1, 1) puts its dimensions in that order (of a NumPy array: np.moveaxis(…, -1, 1))'
>>> layout_advice((192,), (3, 8, 8))
'.reshape(-1, 3, 8, 8) gives its rows that shape'
>>> layout_advice((2, 6), (3, 4))
''
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from math import prod

from learning_diagrams.errors.door import by_door

Size = int | None
DIMENSIONS = 6  # all orders of more dimensions are not tried


def layout_advice(shape: Sequence[int], row: Sequence[Size]) -> str:
    """The call that gives rows of one shape the shape of a space; "" where no call is known to keep their meaning.

    Parameters
    ----------
    shape : sequence of int, the sizes of a row as it is.
    row : sequence of int or None, the sizes of a row of the space.
    """
    if _fits(shape, row):
        return ""
    sizes = [size for size in row if size is not None]
    grouped = len(shape) < 2 or len(row) < 2 or _without_ones(shape) == _without_ones(sizes)
    if grouped and len(sizes) == len(row) and prod(sizes) == prod(shape):
        return f".reshape({', '.join(map(str, (-1, *sizes)))}) gives its rows that shape"
    if len(shape) != len(row) or len(shape) > DIMENSIONS:
        return ""
    orders = [
        order for order in permutations(range(len(shape))) if _fits([shape[place] for place in order], row)
    ]
    return by_door(_moved(orders), plan="write its dimensions in that order") if orders else ""


def _fits(shape: Sequence[int], row: Sequence[Size]) -> bool:
    return len(shape) == len(row) and all(size in (None, its) for size, its in zip(row, shape, strict=True))


def _moved(orders: list[tuple[int, ...]]) -> str:
    """The advice to move dimensions into one of these orders, if there is one that moves a single dimension into it."""
    moves = {order: move for order in orders if (move := _single_move(order)) is not None}
    if len(moves) == 1:
        ((source, target),) = moves.values()
        return (
            f".movedim({source}, {target}) puts its dimensions in that order (of a NumPy array: np.moveaxis(…, "
            f"{source}, {target}))"
        )
    if len(orders) == 1:
        axes = ", ".join(map(str, (0, *(place + 1 for place in orders[0]))))
        return f".permute({axes}) puts its dimensions in that order (of a NumPy array: .transpose({axes}))"
    return (
        "its dimensions are in another order, and their sizes do not tell which one; .permute(0, …) moves them, where "
        ".reshape would mix their values"
    )


def _single_move(order: tuple[int, ...]) -> tuple[int, int] | None:
    """Source and target of the one dimension whose move makes this order, counted with the rows; -1 is the last."""
    last = len(order) - 1
    for source in (last, *range(last)):
        target = order.index(source)
        others = [place for place in order if place != source]
        if others == sorted(others):
            return tuple(-1 if place == last else place + 1 for place in (source, target))  # type: ignore[return-value]
    return None


def _without_ones(sizes: Sequence[int]) -> list[int]:
    return [size for size in sizes if size != 1]
