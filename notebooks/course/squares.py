"""A square that is pasted of others, as a grid with one of its cells in hand."""

from __future__ import annotations

from learning_diagrams.composition.square import Square
from learning_diagrams.drawing.cells.grid import Grid
from learning_diagrams.drawing.cells.grid_picture import GridPicture
from learning_diagrams.drawing.elements.stacking import framed
from learning_diagrams.drawing.picture import Picture


def in_hand(square: Square, name: str) -> Picture:
    """The grid of a pasting when it comes to a cell: the cell on sand, and the maps before and after it.

    Parameters
    ----------
    name : str, the name of the cell.
    """
    grid = Grid()
    outer, cells = grid.lay(square)
    picture = GridPicture.of(grid, cells)
    path, hand = list(outer.lhs), None
    for cell in cells:
        start = path.index(cell.lhs[0])
        if cell.name == name:
            hand = cell
            break
        path[start : start + len(cell.lhs)] = cell.rhs
    if picture is None or hand is None:
        raise ValueError(f"no picture of a cell {name!r} in {square!r}")
    scene = picture.scene(hand, (*path, *hand.rhs))
    return Picture(framed(scene, 16), f"{square.name}: {name}", f"the cell {name} of {square.name}, and its path")
