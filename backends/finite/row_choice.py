"""The choices of rows for the draws of a constraint: two draws from one sample space are two different rows.

A draw is an input of the source, or a state of the source or of a side. So `over`, Ω ⊗ Ω and `state @ state` have one
rule: draws are made without replacement, as from the batches of training. In the theory "markov" two states are
independent, and `FiniteFunctor` keeps that; only the terms of constraints choose rows.

>>> from learning_diagrams.diagrams.box import Box
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> x, rows = Ty("x"), SampleSpace("rows")
>>> F = FiniteFunctor({x: 2}, {}, {"rows": {"x": [0, 1, 1]}})
>>> pair = open_states(PortGraph.from_diagram((rows.state @ rows.state) >> rows.column("x", x) @ rows.column("x", x)))
>>> row_choices(pair, F, "two rows")
[(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)]
"""

from __future__ import annotations

from itertools import combinations, product

from learning_diagrams.backends.finite.functor import FiniteFunctor
from learning_diagrams.backends.finite.stochastic_map import require_small
from learning_diagrams.diagrams.box import Ty
from learning_diagrams.diagrams.port_graph import PortGraph, PortGraphBuilder
from learning_diagrams.diagrams.sample_space import State
from learning_diagrams.errors import DataError, plural
from learning_diagrams.semantics.reasoning.seen_columns import columns_read

Rows = tuple[int, ...]


def open_states(graph: PortGraph) -> PortGraph:
    """The graph with one more input for each of its states, after its own inputs."""
    builder = PortGraphBuilder(graph.dom.tensor(*(box.cod for box in graph.boxes if isinstance(box, State))))
    wires, rows = list(builder.inputs[: len(graph.dom)]), iter(builder.inputs[len(graph.dom) :])
    for box, arguments in zip(graph.boxes, graph.arguments, strict=True):
        wires += [next(rows)] if isinstance(box, State) else builder.add(box, [wires[wire] for wire in arguments])
    return builder.build(graph.cod, [wires[wire] for wire in graph.outputs])


def together(source: PortGraph, *sides: PortGraph) -> PortGraph:
    """The sides after a source: inputs of the source first, then those that each side has beside the test point."""
    first = len(source.cod)
    builder = PortGraphBuilder(source.dom.tensor(*(side.dom[first:] for side in sides)))
    own = iter(builder.inputs[len(source.dom) :])
    point = builder.paste(source, builder.inputs[: len(source.dom)])
    ends = [builder.paste(side, [*point, *(next(own) for _ in side.dom[first:])]) for side in sides]
    return builder.build(Ty().tensor(*(side.cod for side in sides)), [wire for end in ends for wire in end])


def row_choices(graph: PortGraph, functor: FiniteFunctor, where: str) -> list[Rows]:
    """All choices of a row for each input, in which every column that reaches an output is present.

    graph : PortGraph from sample spaces, without states.

    Raises `DataError`: a sample space has fewer rows than draws. `LimitExceeded`: there are too many choices.
    """
    sizes, spaces = functor(graph.dom), [ob.name for ob in graph.dom.inside]
    require_small(sizes, f"the choice of rows for {where}")
    same = [(i, j) for i, j in combinations(range(len(spaces)), 2) if spaces[i] == spaces[j]]
    choices = [rows for rows in product(*map(range, sizes)) if all(rows[i] != rows[j] for i, j in same)]
    if not choices:
        space, size = max(zip(spaces, sizes, strict=True), key=lambda item: spaces.count(item[0]) - item[1])
        raise DataError(
            f"{where} draws more rows from a sample space than it has: {spaces.count(space)} different rows of "
            f"{space!r}, which has {plural(size, 'row')}; give more rows"
        )
    cells = {(wire, column.space.name, column.name) for wire, column in columns_read(graph, graph.outputs)}
    return [rows for rows in choices if all(functor.is_present(*column, rows[wire]) for wire, *column in cells)]
