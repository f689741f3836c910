"""The distributions of the outputs of some diagrams with one domain, at points of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import sympy

from learning_diagrams.backends.symbolic.closed_form import ClosedForms
from learning_diagrams.backends.symbolic.evaluation import Evaluation, require_closed
from learning_diagrams.backends.symbolic.expectation import Unknowns
from learning_diagrams.backends.symbolic.space import Space
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.errors import CompileError
from learning_diagrams.semantics.functor.space import Cell
from learning_diagrams.semantics.program.program_builder import ProgramBuilder
from learning_diagrams.semantics.program.statement import Read, Variable, live
from learning_diagrams.semantics.program.wire_value import RowsOf

Joint = dict[tuple[Any, ...], Any]  # from outputs to their probability


class OutputDistributions:
    """The programs of some diagrams with one domain.

    Parameters
    ----------
    graphs : port graphs. A sample space in their domain is a point for each of its columns.
    where : str, what they are, for messages.

    Attributes
    ----------
    holes : dict from each input, a variable or a column, to its space.

    Raises
    ------
    CompileError : a diagram draws from the data of a sample space, or ends in one.
    """

    def __init__(
        self, graphs: Sequence[PortGraph], spaces: Mapping[str, Space], forms: ClosedForms, where: str
    ) -> None:
        builder = ProgramBuilder(spaces, ())
        inputs = builder.inputs(graphs[0])[: len(graphs[0].dom)]
        self._ends = [[builder.sample(end, where) for end in builder.fold(graph, inputs)] for graph in graphs]
        self._statements = live(builder.statements, (end for ends in self._ends for end in ends))
        require_closed(self._statements, where)
        self.holes: dict[Variable | Cell, Any] = {each: each.space for each in inputs if isinstance(each, Variable)}
        rows = {each.space for each in inputs if isinstance(each, RowsOf)}
        for statement in self._statements:
            if isinstance(statement, Read):
                cell = statement.cell
                if cell.space not in rows:
                    raise CompileError(
                        f"{where} draws from the data of {cell.space!r}; let it start from {cell.space!r}"
                    )
                self.holes[cell.space, cell.column, cell.shift] = statement.target.space
        self._forms, self._where = forms, where

    def at(self, point: Sequence[Any]) -> list[Joint]:
        """The distribution of the outputs of each diagram; a value for each hole.

        Raises `CompileError` where outputs are drawn from ℝⁿ.
        """
        evaluation = Evaluation(self._forms, Unknowns())
        values: dict[Any, Any] = dict(zip(self.holes, point, strict=True))
        inputs = {hole: value for hole, value in values.items() if isinstance(hole, Variable)}
        worlds = evaluation.worlds(self._statements, values, inputs)
        if evaluation.unknowns.distributions:
            raise CompileError(f"{self._where} draws from ℝⁿ, and only draws of outcomes are listed; compare in a loss")
        distributions = []
        for ends in self._ends:
            distribution: defaultdict[tuple[Any, ...], list[Any]] = defaultdict(list)
            for world in worlds:
                distribution[tuple(world.values[end] for end in ends)].append(world.probability)
            distributions.append({outputs: sympy.Add(*chances) for outputs, chances in distribution.items()})
        return distributions
