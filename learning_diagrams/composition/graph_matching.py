"""Matchings of two labelled graphs: bijections of their nodes that keep the colour of nodes and the labels of edges.

Colours are refined by the colours of neighbours until nothing splits. A colour that one node of each graph has fixes
that pair. What is not fixed falls into components, and matching is an equivalence of components, so each takes the
first partner that fits. Within a component one node is fixed by trial, and its colour refines the others.

>>> def ring(*sizes):
...     graph = networkx.MultiDiGraph()
...     for ring, size in enumerate(sizes):
...         for i in range(size):
...             graph.add_edge((ring, i), (ring, (i + 1) % size), label="next")
...     return graph
>>> find_matching(ring(6), ring(3, 3)) is None, len(find_matching(ring(3, 5, 5), ring(5, 3, 5)))
(True, 13)

Source: McKay & Piperno, *Practical graph isomorphism, II* (2014), for refinement and trial. The code is ours.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from itertools import count
from typing import Any

import networkx

Node = tuple[int, Any]  # 0 or 1 for the graph, and a node of that graph


def find_matching(first: networkx.MultiDiGraph, second: networkx.MultiDiGraph) -> dict[Any, Any] | None:
    """A matching as a dict from the nodes of the first graph; None where there is none.

    first, second : directed graphs, whose nodes have a `colour` and whose edges have a `label`.

    Where nodes can be matched in several ways, equal nodes of both graphs are tried first.
    """
    numbers: dict[Hashable, int] = defaultdict(count().__next__)
    neighbours: dict[Node, list[tuple[int, Node]]] = defaultdict(list)
    colours: dict[Node, int] = {}
    for at, graph in enumerate((first, second)):
        colours |= {(at, node): numbers["colour", colour] for node, colour in graph.nodes(data="colour")}
        for source, target, label in graph.edges(data="label"):
            neighbours[at, source].append((numbers["from", label], (at, target)))
            neighbours[at, target].append((numbers["to", label], (at, source)))
    return _Search(neighbours, count(len(numbers))).match(colours)


class _Search:
    def __init__(self, neighbours: Mapping[Node, list[tuple[int, Node]]], fresh: count[int]) -> None:
        self.neighbours, self.fresh = neighbours, fresh

    def match(self, colours: dict[Node, int]) -> dict[Any, Any] | None:
        """A matching of the coloured nodes; edges to other nodes are known to agree where the colours do."""
        cells = self.refine(colours)
        if cells is None:
            return None
        pairs: dict[Any, Any] = {}
        rest: dict[Node, int] = {}
        for colour, cell in cells.items():
            if len(cell) == 2:
                (_, node), (_, image) = sorted(cell, key=lambda node: node[0])
                pairs[node] = image
            else:
                rest |= dict.fromkeys(cell, colour)
        parts = self.components(rest)
        here, there = ([part for part in parts if part[0][0] == at] for at in (0, 1))
        if len(here) != len(there):
            return None
        if len(here) == 1:
            further = self.match_by_trial(rest, min((cells[colour] for colour in set(rest.values())), key=len))
            return None if further is None else pairs | further
        waiting: dict[Hashable, list[list[Node]]] = defaultdict(list)
        for part in there:
            waiting[_content(part, rest)].append(part)
        for part in here:
            partners = waiting[_content(part, rest)]
            own = {node for _, node in part}
            for partner in sorted(partners, key=lambda partner: own.isdisjoint(node for _, node in partner)):
                if (further := self.match({node: rest[node] for node in (*part, *partner)})) is not None:
                    partners.remove(partner)
                    pairs |= further
                    break
            else:
                return None
        return pairs

    def match_by_trial(self, colours: Mapping[Node, int], cell: list[Node]) -> dict[Any, Any] | None:
        """A matching that sends the first node of a cell to some node of the same cell."""
        chosen = next(node for node in cell if node[0] == 0)
        for image in sorted((node for node in cell if node[0] == 1), key=lambda node: node[1] != chosen[1]):
            if (pairs := self.match({**colours, **dict.fromkeys((chosen, image), next(self.fresh))})) is not None:
                return pairs
        return None

    def refine(self, colours: dict[Node, int]) -> dict[int, list[Node]] | None:
        """The nodes of each colour, split until equal colours have equal neighbours; None for unequal numbers."""
        cells: dict[int, list[Node]] = defaultdict(list)
        for node, colour in colours.items():
            cells[colour].append(node)
        if not all(map(_is_balanced, cells.values())):
            return None
        changed: Iterable[Node] = list(colours)
        while changed:
            touched = defaultdict[int, dict[Node, list[tuple[int, int]]]](dict)
            near = {node for other in changed for _, node in self.neighbours[other] if node in colours}
            for node in near:
                seen = sorted((label, colours[other]) for label, other in self.neighbours[node] if other in colours)
                touched[colours[node]][node] = seen
            changed = []
            for colour, seen_by in touched.items():
                groups: dict[Hashable, list[Node]] = defaultdict(list)
                for node in cells[colour]:
                    groups[tuple(seen_by[node]) if node in seen_by else None].append(node)
                if not all(map(_is_balanced, groups.values())):
                    return None
                kept = max(groups, key=lambda seen: len(groups[seen]))
                cells[colour] = groups.pop(kept)
                for group in groups.values():
                    new = next(self.fresh)
                    cells[new] = group
                    colours |= dict.fromkeys(group, new)
                    changed += group
        return cells

    def components(self, nodes: Mapping[Node, int]) -> list[list[Node]]:
        """The connected components of the graph on some nodes."""
        graph = networkx.Graph()
        graph.add_nodes_from(nodes)
        graph.add_edges_from((node, other) for node in nodes for _, other in self.neighbours[node] if other in nodes)
        return [list(part) for part in networkx.connected_components(graph)]


def _is_balanced(nodes: list[Node]) -> bool:
    return 2 * sum(at for at, _ in nodes) == len(nodes)


def _content(nodes: Iterable[Node], colours: Mapping[Node, int]) -> Hashable:
    return frozenset(Counter(colours[node] for node in nodes).items())
