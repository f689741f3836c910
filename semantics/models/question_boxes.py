"""The boxes of a question, which every model of the question interprets.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> column, c = SampleSpace("rows").column("point", Ty("x")), Box("c", Ty(), Ty("y"))
>>> [box.name for box in boxes_of_question([Equation(column, column), Equation(c, c)])]
['point', 'c', 'rows']
"""

from __future__ import annotations

from collections.abc import Iterable

from discopy import markov

from learning_diagrams.diagrams.labels import label
from learning_diagrams.diagrams.sample_space import SampleObject, SampleSpace
from learning_diagrams.presentation.equation import Equation


def boxes_of_question(equations: Iterable[Equation]) -> list[markov.Box]:
    """The boxes of some equations, also of those that the theory proves, and the state of each sample space."""
    graphs = [graph for equation in equations for graph in equation.graphs]
    boxes = {label(box): box for box in {id(box): box for graph in graphs for box in graph.boxes}.values()}
    types = [graph.dom @ graph.cod for graph in graphs] + [box.dom @ box.cod for box in boxes.values()]
    spaces = {ob.name: None for ty in types for ob in ty.inside if isinstance(ob, SampleObject)}
    states = (SampleSpace(name).state for name in spaces)
    return list(({label(box): box for box in boxes.values()} | {label(state): state for state in states}).values())
