"""A program: diagrams as straight-line code, in which everything that can be shared is computed once.

Diagrams are folded with *variables* as values. A deterministic application, and the distribution that a kernel returns
at a point, are computed once. A draw is made once for each occurrence of its kernel in a diagram. `statement.live`
drops the statements that no result needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from discopy import markov

from learning_diagrams.diagrams.box import Diagram, is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.sample_space import Column, SampleObject, State
from learning_diagrams.diagrams.uses import with_uses
from learning_diagrams.equality.normal_form import normalise
from learning_diagrams.errors import CompileError
from learning_diagrams.presentation.reading import Reading
from learning_diagrams.semantics.functor.functor import fold
from learning_diagrams.semantics.functor.space import Cell, Kind, Space
from learning_diagrams.semantics.program.means_for_draws import DRAWS
from learning_diagrams.semantics.program.statement import Apply, ColumnDraw, Statement, Variable
from learning_diagrams.semantics.program.value_numbering import ValueNumbering
from learning_diagrams.semantics.program.wire_value import KernelOutput, RowsOf, SharedDraw, Value

SAMPLES = 256  # draws from I, where neither data nor a divergence gives a number

WAYS = "sample='straight-through', 'gumbel' or 'expectation'"


class ProgramBuilder:
    """Folds diagrams into statements.

    Parameters
    ----------
    spaces : mapping from the name of an object to its Space.
    frozen : names of the boxes that are not trained.

    Attributes
    ----------
    detached : frozenset of str, the boxes whose outputs pass no gradient in the diagrams that are folded next.
    paired : set of tuples of str, groups of sample spaces whose rows are paired by position, one for each source.
    """

    def __init__(self, spaces: Mapping[str, Space], frozen: Iterable[str]) -> None:
        self.spaces, self.frozen = spaces, frozenset(frozen)
        self.detached: frozenset[str] = frozenset()
        self.paired: set[tuple[str, ...]] = set()
        self._numbering = ValueNumbering()
        self._rows: Variable | None  # the number of rows that the output of a box from I is repeated for
        self._draws_of: dict[str, int] = {}
        self._ways = WAYS

    @property
    def statements(self) -> list[Statement]:
        """The program so far."""
        return self._numbering.statements

    def columns(self, cells: Iterable[Cell]) -> dict[Cell, Space]:
        """The spaces of some columns that the program reads."""
        return {cell: self._numbering.space_of(ColumnDraw(*cell)) for cell in cells}

    def source(self, reading: Reading, beside: Sequence[str], counted: Mapping[str, Column]) -> tuple[Value, ...]:
        """The test points that both sides of a constraint share: rows, columns, and draws at the end of `over`.

        Parameters
        ----------
        beside : names of the sample spaces from whose states the sides draw, one row for each test point.
        counted : mapping from the name of a sample space to a column that gives its number of rows.
        """
        self._draws_of, self._ways = {}, WAYS
        rows = [self._next_rows(ob.name) for ob in reading.source.dom.inside]
        self._start([*reading.sample_spaces, *beside], counted, SAMPLES)
        ends = self.fold(reading.written_source, rows)
        return tuple(SharedDraw(end) if isinstance(end, KernelOutput) else end for end in ends)

    def start_side(self, data: Sequence[str], counted: Mapping[str, Column], rows: int) -> None:
        """Begin a side from I that is compared in law: it draws rows and kernels for itself.

        Parameters
        ----------
        data : names of the sample spaces whose rows give the number of samples.
        counted : as of `source`.
        rows : int, the number of samples if no sample space is given.
        """
        self._draws_of, self._ways = {}, DRAWS
        self._start(data, counted, rows)

    def _start(self, data: Sequence[str], counted: Mapping[str, Column], rows: int) -> None:
        """Pair the rows of some sample spaces, and count those of the first that has a column."""
        self.paired.add(tuple(sorted(set(data))))
        columns = (space for space in data if space in counted)
        if (space := next(columns, None)) is not None:
            self._rows = self._numbering.count(self._read(counted[space], RowsOf(space)), f"{space}_rows")
        elif data:
            self._rows = self._numbering.count(1, f"{data[0]}_rows")
        else:
            self._rows = self._numbering.count(rows, "samples")

    def inputs(self, graph: PortGraph) -> tuple[Value, ...]:
        """The inputs of a model: a tensor for each object, and for each sample space rows with a key of their own.

        Where no input tells the number of rows, the number is one more input, a Variable without a space.
        """
        values: list[Value] = []
        columns = {box.space.name: box for box in graph.boxes if isinstance(box, Column)}
        first: Variable | None = None
        for i, ob in enumerate(graph.dom.inside):
            if not isinstance(ob, SampleObject):
                value: Value = (point := Variable(ob.name, self.spaces[ob.name], "point", constant=False))
                first = first or point
            else:
                value = RowsOf(f"{ob.name} {i}")
                if first is None and ob.name in columns:
                    first = self._read(columns[ob.name], value)
            values.append(value)
        if first is None:
            self._rows = Variable("rows", None, "point", constant=True)
            return *values, self._rows
        self._rows = self._numbering.count(first, "rows")
        return tuple(values)

    def fold(self, graph: PortGraph, inputs: Sequence[Value]) -> tuple[Value, ...]:
        """The values at the outputs of a graph."""
        return fold(graph, inputs, self._apply)

    def result(self, value: Value, where: str) -> Variable:
        """The variable at the end of a side: a distribution as it is, a draw that the sides share as a point."""
        if isinstance(value, KernelOutput):
            return value.distribution
        if not isinstance(value, SharedDraw):
            return self._end(value, where)
        drawn = self._point(value)
        space, box = value.output.distribution.space, value.output.box
        assert space is not None, "distributions lie on spaces"
        sampling = space.sampling(box)
        if sampling is not None and not sampling.exact:
            raise CompileError(
                f"{where}: the draw of kernel {box!r} in over= ends a side, and {space!r} draws by "
                f"{sampling.function}, which gives no point of it; use sample='straight-through'"
            )
        return self._numbering.labels(drawn, f"{box}_label") if drawn.kind == "vector" else drawn

    def sample(self, value: Value, where: str) -> Variable:
        """The samples at the end of a side that is compared in law: draws, where the side ends in a distribution."""
        if isinstance(value, Variable | RowsOf):
            return self._numbering.one_hot(self._end(value, where))
        return self._point(value, "is compared by samples")

    def number(self, diagram: Diagram) -> Variable:
        """The number that a deterministic diagram from I computes, one for all rows."""
        self._rows = None
        (value,) = self.fold(normalise(PortGraph.from_diagram(diagram)), ())
        assert isinstance(value, Variable), "a quantity is deterministic and ends in an object"
        return value

    def detach(self, source: Variable) -> Variable:
        """The variable as a constant, through which no gradient passes."""
        return self._numbering.detach(source)

    def _end(self, value: Variable | RowsOf, where: str) -> Variable:
        if isinstance(value, RowsOf):
            raise CompileError(f"{where} ends in rows of a sample space, not in a value; compose them with a column")
        return value

    def _apply(self, box: markov.Box, values: tuple[Value, ...]) -> Sequence[Value]:
        if isinstance(box, State):
            return [self._next_rows(box.space.name)]
        if isinstance(box, Column):
            (data,) = values
            assert isinstance(data, RowsOf), "a column starts from its sample space, which only rows inhabit"
            return [self._read(box, data)]
        arguments = tuple(self._argument(value) for value in values)
        kind: Kind = "point" if is_deterministic(box) else "distribution"
        names = [part.name for part in with_uses(box)]
        constant = self.frozen.issuperset(names) and all(argument.constant for argument in arguments)
        cells = frozenset().union(*(argument.cells for argument in arguments))
        targets = tuple(
            Variable(f"{box.name}_out", self.spaces[ob.name], kind, constant, cells) for ob in box.cod.inside
        )
        outputs = self._numbering.apply(Apply(targets, box.name, arguments, tuple(names[:-1])))
        if box.name in self.detached:
            outputs = tuple(map(self.detach, outputs))
        if not arguments and self._rows is not None:
            outputs = tuple(self._numbering.expand(output, self._rows) for output in outputs)
        return [KernelOutput(box.name, output) for output in outputs] if kind == "distribution" else outputs

    def _read(self, column: Column, data: RowsOf) -> Variable:
        cell = ColumnDraw(data.space, column.name, data.shift)
        return self._numbering.read(cell, self.spaces[column.cod.inside[0].name])

    def _argument(self, value: Value) -> Variable:
        """The value as an argument of a box: a draw from a distribution, a vector for a label of a one-hot space."""
        point = self._point(value)
        return self._numbering.one_hot(point) if point.space is not None and point.space.one_hot else point

    def _point(self, value: Value, use: str = "its output feeds a box") -> Variable:
        """A point: of a distribution its draw, made once for each occurrence of the kernel."""
        if isinstance(value, SharedDraw):
            return self._point(value.output, use)
        if isinstance(value, Variable):
            return value
        assert isinstance(value, KernelOutput), "only columns and states touch a sample space"
        if value.drawn is None:
            distribution, box = value.distribution, value.box
            assert distribution.space is not None, "distributions lie on spaces"
            sampling = distribution.space.sampling(box)
            if sampling is None:
                reason = (
                    "boxes get a discrete draw as a vector, although no gradient passes here"
                    if distribution.constant
                    else "a discrete draw has no gradient of its own"
                )
                # A box that is trained may not end in labels.
                function = ", or use a Box" if distribution.space.outcomes is None else ""
                raise CompileError(
                    f"kernel {box!r} ends in {distribution.space!r} and {use}: {reason}, so its space must say how to "
                    f"draw: {self._ways}; or let it end in Euclidean{function}"
                )
            kind: Kind = "vector" if distribution.space.one_hot else "point"
            target = replace(distribution, hint=f"{box}_draw", kind=kind)
            value.drawn = self._numbering.draw(distribution, sampling, target)
        return value.drawn

    def _next_rows(self, space: str) -> RowsOf:
        shift = self._draws_of.get(space, 0)
        self._draws_of[space] = shift + 1
        return RowsOf(space, shift)
