"""The path equations of a graph of boxes: together they state that the graph commutes.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> a, b, c = Ty("a"), Ty("b"), Ty("c")
>>> path_equations([Box("f", a, b), Box("g", b, c), Box("h", a, c)], max_length=2)
[Equation(f >> g = h)]
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations

from discopy import markov

from learning_diagrams.diagrams.box import Diagram, Id, Ty
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.errors import LimitExceeded, TypeMismatch, UnknownName, brief, did_you_mean, require_count
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation

Walk = tuple[markov.Box, ...]


def path_equations(boxes: Iterable[markov.Box], *, max_length: int, limit: int = 10_000) -> list[Equation]:
    """All pairs of parallel walks of at most `max_length` boxes, and each closed walk against the identity.

    The longer walk is the left side. The equations are counted before the first is built.

    Parameters
    ----------
    boxes : iterable of boxes, the edges of the graph; their domains and codomains are its vertices.
    max_length : int ≥ 1, the greatest number of boxes in a walk.
    limit : int, the greatest number of equations.

    Raises
    ------
    LimitExceeded : the graph has more path equations than `limit`.
    """
    edges = list(boxes)
    for edge in edges:
        if not isinstance(edge, markov.Box):
            raise TypeMismatch(f"path_equations takes boxes, got {brief(edge)}")
    edges = [edge for _, edge in sorted(Signature.of(edges).boxes.items())]
    require_count("max_length", max_length)
    count = _count(edges, max_length)
    if count > limit:
        many = str(count) if count < 10**12 else "over 10^12"
        raise LimitExceeded(
            f"the boxes have {many} path equations up to length {max_length}, more than the limit "
            f"{limit}; lower max_length or raise limit="
        )
    equations: list[Equation] = []
    for (start, end), parallel in _walks(edges, max_length).items():
        diagrams = [_compose(walk) for walk in parallel]
        equations += [Equation(longer, shorter) for shorter, longer in combinations(diagrams, 2)]
        if start == end:
            equations += [Equation(walk, Id(walk.dom)) for walk in diagrams]
    return equations


def path_constraints(
    boxes: Iterable[markov.Box], over: Mapping[Ty | str, Diagram], *, max_length: int, limit: int
) -> list[Constraint]:
    """The path equations as constraints, each named by its text and tested over the diagram of its first vertex."""
    if not isinstance(over, Mapping):
        raise TypeMismatch(f"over= maps objects to diagrams from data, as {{x: column}}; got {brief(over)}")
    sources = {str(vertex): source for vertex, source in over.items()}
    constraints = []
    for equation in path_equations(boxes, max_length=max_length, limit=limit):
        name, vertex = f"{equation.lhs} = {equation.rhs}", str(equation.lhs.dom)
        if vertex not in sources:
            raise UnknownName(
                f"the equation {name} starts at {vertex}, for which over= has no column; "
                f"{did_you_mean(vertex, sources)}"
            )
        constraints.append(Constraint(name, equation.lhs, equation.rhs, over=sources[vertex]))
    return constraints


def _count(edges: list[markov.Box], max_length: int) -> int:
    """The number of path equations, by the number of walks of each length between each pair of vertices."""
    of_length = Counter((edge.dom, edge.cod) for edge in edges)
    in_all = Counter(of_length)
    for _ in range(max_length - 1):
        longer: Counter[tuple[Ty, Ty]] = Counter()
        for (start, middle), number in of_length.items():
            for edge in edges:
                if edge.dom == middle:
                    longer[start, edge.cod] += number
        of_length = longer
        in_all.update(of_length)
    return sum(n * (n - 1) // 2 + (n if start == end else 0) for (start, end), n in in_all.items())


def _walks(edges: list[markov.Box], max_length: int) -> dict[tuple[Ty, Ty], list[Walk]]:
    """The walks between each pair of vertices, short ones first."""
    leaving: dict[Ty, list[markov.Box]] = defaultdict(list)
    for edge in edges:
        leaving[edge.dom].append(edge)
    walks: list[Walk] = [(edge,) for edge in edges]
    between: dict[tuple[Ty, Ty], list[Walk]] = defaultdict(list)
    for length in range(1, max_length + 1):
        if length > 1:
            walks = [(*walk, edge) for walk in walks for edge in leaving[walk[-1].cod]]
        for walk in walks:
            between[walk[0].dom, walk[-1].cod].append(walk)
    return between


def _compose(walk: Walk) -> Diagram:
    return Id(walk[0].dom).then(*walk)
