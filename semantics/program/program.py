"""A program: diagrams as straight-line code, in which everything that can be shared is computed once.

Diagrams are folded with *variables* as values. A deterministic application, and the law of a kernel at a point, are
made once and found again by box and arguments; a draw from a law is made once for each occurrence of the kernel in a
diagram. What no result needs is dropped afterwards, by `statement.needed`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from discopy import markov

from learning_diagrams.diagrams.box import Diagram, is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.sample_space import Column, SampleObject, State
from learning_diagrams.errors import CompileError
from learning_diagrams.presentation.reading import Reading
from learning_diagrams.semantics.functor.functor import fold
from learning_diagrams.semantics.functor.space import Kind, Space
from learning_diagrams.semantics.program.statement import (
    Apply,
    ColumnDraw,
    Count,
    Detach,
    Draw,
    Expand,
    Labels,
    OneHot,
    Read,
    Statement,
    Variable,
    definitions,
)

SAMPLES = 256  # draws of what starts from I, where neither data nor a divergence says how many


@dataclass(frozen=True)
class RowsOf:
    """The value of a wire of a sample space: its rows in the batch, rolled by `shift` as one more independent draw.

    space : its key in the batch.
    """

    space: str
    shift: int = 0


class KernelOutput:
    """The value of a kernel's output wire: a law, and its one draw once a box has asked for it."""

    def __init__(self, box: str, law: Variable) -> None:
        self.box, self.law = box, law
        self.drawn: Variable | None = None


@dataclass(frozen=True)
class SharedDraw:
    """An occurrence at the end of `over`: both sides see its draw, never its law."""

    occurrence: KernelOutput


Value = Variable | RowsOf | KernelOutput | SharedDraw


class ProgramBuilder:
    """Folds diagrams into statements.

    Parameters
    ----------
    spaces : the space of each object, by name.
    frozen : the names of the boxes that are not trained.

    Attributes
    ----------
    statements : the program so far.
    detached : names of the boxes whose outputs pass no gradient in what is folded now.
    paired : groups of sample spaces whose rows are paired by position, one for each source.
    """

    def __init__(self, spaces: Mapping[str, Space], frozen: Iterable[str]) -> None:
        self.spaces, self.frozen = spaces, frozenset(frozen)
        self.statements: list[Statement] = []
        self.detached: frozenset[str] = frozenset()
        self._made: dict[Hashable, tuple[Variable, ...]] = {}
        self._rows: Variable  # how many rows a box from I stands for: of this source, side or model
        self._draws_of: dict[str, int] = {}
        self.paired: set[tuple[str, ...]] = set()

    def source(self, reading: Reading, beside: Sequence[str], counted: Mapping[str, Column]) -> tuple[Value, ...]:
        """The test points that both sides of a constraint share: rows, columns, and draws of what `over` draws.

        beside : the sample spaces from whose states the sides draw, a row for each test point.
        counted : for each sample space a column whose rows are counted where a box from I stands beside data.
        """
        self._draws_of = {}
        rows = [self._next_rows(ob.name) for ob in reading.source.dom.inside]
        data = [*reading.sample_spaces, *beside]
        self.paired.add(tuple(sorted(set(data))))
        self._rows = self._rows_of(data, counted) or self._count(SAMPLES, "samples")
        ends = self.fold(reading.written_source, rows)
        return tuple(SharedDraw(end) if isinstance(end, KernelOutput) else end for end in ends)

    def start_side(self, data: Sequence[str], counted: Mapping[str, Column], rows: int) -> None:
        """Begin a side from I that is compared in law: it draws as if the other side were not there.

        data : the sample spaces whose rows say how many samples there are.
        rows : how many there are without any.
        """
        self._draws_of = {}
        self.paired.add(tuple(sorted(set(data))))
        self._rows = self._rows_of(data, counted) or self._count(rows, "samples")

    def _rows_of(self, data: Sequence[str], counted: Mapping[str, Column]) -> Variable | None:
        """The number of rows of the first of some sample spaces of which a column is known; None without data."""
        for space in data:
            if space in counted:
                return self._count(self._read(counted[space], RowsOf(space)), f"{space}_rows")
        return self._count(1, f"{data[0]}_rows") if data else None

    def inputs(self, diagram: Diagram) -> tuple[Value, ...]:
        """The inputs of a model: a tensor for each object, rows for each sample space, each with a key of its own."""
        values: list[Value] = []
        for i, ob in enumerate(diagram.dom.inside):
            if isinstance(ob, SampleObject):
                values.append(RowsOf(f"{ob.name} {i}"))
            else:
                values.append(Variable(ob.name, self.spaces[ob.name], "point", constant=False))
        columns = {box.space.name: box for box in PortGraph.from_diagram(diagram).boxes if isinstance(box, Column)}
        first: Variable | None = None
        for value, ob in zip(values, diagram.dom.inside, strict=True):
            if first is None and isinstance(value, Variable):
                first = value
            elif first is None and isinstance(value, RowsOf) and ob.name in columns:
                first = self._read(columns[ob.name], value)
        self._rows = self._count(1 if first is None else first, "rows")
        return tuple(values)

    def fold(self, diagram: Diagram | PortGraph, inputs: Sequence[Value]) -> tuple[Value, ...]:
        """The values at the outputs of a diagram."""
        graph = diagram if isinstance(diagram, PortGraph) else PortGraph.from_diagram(diagram)
        return fold(graph, inputs, self._apply)

    def result(self, value: Value, where: str) -> Variable:
        """The variable at the end of a side: a law stays a law, a draw that the sides share is a point."""
        if isinstance(value, KernelOutput):
            return value.law
        if not isinstance(value, SharedDraw):
            return self._ends(value, where)
        drawn = self._point(value)
        space, box = value.occurrence.law.space, value.occurrence.box
        assert space is not None, "laws lie on spaces"
        sampling = space.sampling(box)
        if sampling is not None and not sampling.exact:
            raise CompileError(
                f"{where}: the draw of kernel {box!r} in over= ends a side, and {space!r} draws by "
                f"{sampling.function}, which gives no point of it; use sample='straight-through'"
            )
        if drawn.kind != "vector":
            return drawn
        target = replace(drawn, hint=f"{box}_label", kind="point")
        return self._once(("labels", drawn), lambda: Labels(target, drawn))[0]

    def sample(self, value: Value, where: str) -> Variable:
        """The variable of samples at the end of a side that is compared in law: a law is drawn from."""
        if isinstance(value, Variable | RowsOf):
            return self._vector(self._ends(value, where))
        return self._point(value, "is compared by samples")

    def detach(self, source: Variable) -> Variable:
        """The variable as a number, through which no gradient passes."""
        if source.constant:
            return source
        hint = f"{source.hint.removesuffix('_out')}_detached"
        target = replace(source, hint=hint, constant=True)
        return self._once(("detach", source), lambda: Detach(target, source))[0]

    def _ends(self, value: Variable | RowsOf, where: str) -> Variable:
        if isinstance(value, RowsOf):
            raise CompileError(f"{where} ends in the sample space {value.space!r}; compose it with a column")
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
        constant = box.name in self.frozen and all(argument.constant for argument in arguments)
        cells = frozenset().union(*(argument.cells for argument in arguments))
        targets = tuple(
            Variable(f"{box.name}_out", self.spaces[ob.name], kind, constant, cells) for ob in box.cod.inside
        )
        made = self._once(("apply", box.name, arguments), lambda: Apply(targets, box.name, arguments))
        if box.name in self.detached:
            made = tuple(self.detach(one) for one in made)
        if not arguments:
            made = tuple(self._expand(one, self._rows) for one in made)
        return [KernelOutput(box.name, law) for law in made] if kind == "distribution" else made

    def _read(self, column: Column, data: RowsOf) -> Variable:
        cell = ColumnDraw(data.space, column.name, data.shift)
        target = Variable(column.name, self.spaces[column.cod.inside[0].name], "point", True, frozenset({cell}))
        return self._once(("read", cell), lambda: Read(target, cell))[0]

    def _expand(self, source: Variable, rows: Variable) -> Variable:
        target = replace(source, hint=source.hint.removesuffix("_out") + "_rows")
        return self._once(("expand", source, rows), lambda: Expand(target, source, rows))[0]

    def _argument(self, value: Value) -> Variable:
        """The value as an argument of a box: a law is drawn from, and a label is a vector where its space says so."""
        point = self._point(value)
        return self._vector(point) if point.space is not None and point.space.one_hot else point

    def _point(self, value: Value, use: str = "its output feeds a box") -> Variable:
        """A point: where the value is a law, its draw, made once for each occurrence."""
        if isinstance(value, SharedDraw):
            return self._point(value.occurrence, use)
        if isinstance(value, Variable):
            return value
        assert isinstance(value, KernelOutput), "only columns and states touch a sample space"
        if value.drawn is None:
            law, box = value.law, value.box
            assert law.space is not None, "laws lie on spaces"
            sampling = law.space.sampling(box)
            if sampling is None:
                raise CompileError(
                    f"kernel {box!r} ends in {law.space!r} and {use}: a discrete draw has no "
                    "gradient of its own, so its space must say how to draw: sample='straight-through', 'gumbel' or "
                    "'expectation'; or let it end in Euclidean, or use a Box"
                )
            kind: Kind = "vector" if law.space.one_hot else "point"
            value.drawn = replace(law, hint=f"{box}_draw", kind=kind)
            self.statements.append(Draw(value.drawn, law, sampling))
        return value.drawn

    def _vector(self, point: Variable) -> Variable:
        """A label as a one-hot vector; any other point as it is."""
        if point.kind != "point" or point.space is None or point.space.outcomes is None:
            return point
        target = replace(point, hint=f"{point.hint}_one_hot", kind="vector")
        return self._once(("one-hot", point), lambda: OneHot(target, point))[0]

    def _next_rows(self, space: str) -> RowsOf:
        shift = self._draws_of.get(space, 0)
        self._draws_of[space] = shift + 1
        return RowsOf(space, shift)

    def _count(self, of: Variable | int, hint: str) -> Variable:
        target = Variable(hint, None, "point", constant=True)
        return self._once(("count", of), lambda: Count(target, of))[0]

    def _once(self, key: Hashable, make: Callable[[], Statement]) -> tuple[Variable, ...]:
        """The variables that were made under a key, by a new statement if it is the first time."""
        if key not in self._made:
            statement = make()
            self.statements.append(statement)
            self._made[key] = definitions(statement)
        return self._made[key]
