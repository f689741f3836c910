"""The shapes of two parallel walks: a square, a circle, or a line with the other walk below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from learning_diagrams.drawing.graph.places.arrangement import Edge, on_circle
from learning_diagrams.drawing.graph.places.node import Node

SIDE = 160  # pixels, of a square, at least
APART = 60  # pixels between a node and a plate, on both sides together
BELOW = 150  # pixels between a line and the nodes of the other walk


def places_of(
    nodes: Mapping[str, Node], edges: Sequence[Edge], walks: Sequence[Sequence[str]], room: float
) -> tuple[dict[str, Node], Sequence[str]]:
    """The nodes of two walks with their places, and the nodes of the circle, if they stand on a circle.

    Parameters
    ----------
    walks : the keys of the nodes of prediction and reference, in order.
    room : float, the width of the caption that a square must hold, in pixels.
    """
    lhs, rhs = walks
    if len(lhs) == 1 or len(rhs) == 1:
        circle = (lhs if len(rhs) == 1 else rhs)[:-1]
        return on_circle(nodes, edges, circle), circle
    plates = {(edge.source, edge.target): edge.width for edge in edges}
    if len(lhs) == len(rhs) == 3:
        rows = [(lhs[0], rhs[1]), (lhs[1], lhs[2])]
        side = max(plates[row] + (nodes[row[0]].width + nodes[row[1]].width) / 2 + 40 for row in rows)
        uprights = (plates[lhs[0], lhs[1]] + plates[rhs[1], rhs[2]]) / 2
        side = max(side, SIDE, uprights + room + 40, *(width + 56 for width in plates.values()))
        corners = {lhs[0]: (0, 0), lhs[1]: (0, side), rhs[1]: (side, 0), lhs[2]: (side, side)}
        return {key: replace(nodes[key], x=x, y=y) for key, (x, y) in corners.items()}, ()
    line, other = (lhs, rhs) if len(lhs) >= len(rhs) else (rhs, lhs)
    places = _line(nodes, plates, line)
    start, end = places[line[0]].x, places[line[-1]].x
    for i, key in enumerate(other[1:-1], start=1):
        places[key] = replace(nodes[key], x=start + (end - start) * i / (len(other) - 1), y=BELOW)
    return places, ()


def _line(nodes: Mapping[str, Node], plates: Mapping[tuple[str, str], float], keys: Sequence[str]) -> dict[str, Node]:
    places = {keys[0]: replace(nodes[keys[0]], x=0.0, y=0.0)}
    for before, key in pairwise(keys):
        far = nodes[before].width / 2 + plates[before, key] + APART + nodes[key].width / 2
        places[key] = replace(nodes[key], x=places[before].x + far, y=0.0)
    return places
