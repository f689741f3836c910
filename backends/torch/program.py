"""A program: diagrams as straight-line code, in which everything that can be shared is computed once.

Diagrams are folded with *variables* as values. A deterministic application, and the law of a kernel at a point, are
made once and found again by box and arguments; a draw from a law is made once for each occurrence of the kernel in a
diagram. What no result needs is dropped afterwards, by `statement.needed`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from discopy import markov

from learning_diagrams.backends.torch.divergence import Kind
from learning_diagrams.backends.torch.space import Space
from learning_diagrams.backends.torch.statement import Apply, Count, Draw, Expand, Read, Statement, Variable, made_by
from learning_diagrams.box import Diagram, is_deterministic
from learning_diagrams.errors import CompileError
from learning_diagrams.port_graph import PortGraph
from learning_diagrams.sample_space import Column, SampleObject, State
from learning_diagrams.semantics.functor import fold


@dataclass(frozen=True)
class Rows:
    """The value of a wire of a sample space: its rows in the batch, rolled by `shift` as one more independent draw.

    space : its key in the batch.
    """

    space: str
    shift: int = 0


class Occurrence:
    """The value of a kernel's output wire: a law, and its one draw once a box has asked for it."""

    def __init__(self, box: str, law: Variable) -> None:
        self.box, self.law = box, law
        self.drawn: Variable | None = None


@dataclass(frozen=True)
class Shared:
    """An occurrence at the end of `over`: both sides see its draw, never its law."""

    occurrence: Occurrence


Value = Variable | Rows | Occurrence | Shared


class ProgramBuilder:
    """Folds diagrams into statements.

    Parameters
    ----------
    spaces : the space of each object, by name.
    frozen : the names of the boxes that are not trained.

    Attributes
    ----------
    statements : the program so far.
    paired : groups of sample spaces whose rows are paired by position, one for each source.
    """

    def __init__(self, spaces: Mapping[str, Space], frozen: Iterable[str]) -> None:
        self.spaces, self.frozen = spaces, frozenset(frozen)
        self.statements: list[Statement] = []
        self._made: dict[Hashable, tuple[Variable, ...]] = {}
        self._rows: Variable | None = None
        self._draws_of: dict[str, int] = {}
        self.paired: set[tuple[str, ...]] = set()

    def source(self, over: Diagram, counted: Mapping[str, Column]) -> tuple[Value, ...]:
        """The test points that both sides of a constraint share: rows, columns, and draws of what `over` draws.

        counted : for each sample space a column whose rows are counted where a box from I stands beside data.
        """
        self._draws_of = {}
        rows = [self._next_rows(ob.name) for ob in over.dom.inside]
        states = [box.space.name for box in PortGraph.from_diagram(over).boxes if isinstance(box, State)]
        data = [*(one.space for one in rows), *states]
        self.paired.add(tuple(sorted(set(data))))
        space = next((name for name in data if name in counted), data[0] if data else None)
        self._rows = None
        if space is not None:
            column = self._read(counted[space], Rows(space)) if space in counted else None
            self._rows = self._count(column, f"{space}_rows")
        ends = self.fold(over, rows)
        return tuple(Shared(end) if isinstance(end, Occurrence) else end for end in ends)

    def inputs(self, diagram: Diagram) -> tuple[Value, ...]:
        """The inputs of a model: a tensor for each object, rows for each sample space, each with a key of its own."""
        values: list[Value] = []
        for i, ob in enumerate(diagram.dom.inside):
            if isinstance(ob, SampleObject):
                values.append(Rows(f"{ob.name} {i}"))
            else:
                values.append(Variable(ob.name, self.spaces[ob.name], "point", constant=False))
        columns = {box.space.name: box for box in PortGraph.from_diagram(diagram).boxes if isinstance(box, Column)}
        first: Variable | None = None
        for value, ob in zip(values, diagram.dom.inside, strict=True):
            if first is None and isinstance(value, Variable):
                first = value
            elif first is None and isinstance(value, Rows) and ob.name in columns:
                first = self._read(columns[ob.name], value)
        self._rows = self._count(first, "rows")
        return tuple(values)

    def fold(self, diagram: Diagram, inputs: Sequence[Value]) -> tuple[Value, ...]:
        """The values at the outputs of a diagram."""
        return fold(PortGraph.from_diagram(diagram), inputs, self._apply)

    def result(self, value: Value, where: str) -> Variable:
        """The variable at the end of a side: a law stays a law."""
        if isinstance(value, Occurrence):
            return value.law
        if isinstance(value, Rows):
            raise CompileError(f"{where} ends in the sample space {value.space!r}; compose it with a column")
        return self._point(value)

    def _apply(self, box: markov.Box, values: tuple[Value, ...]) -> Sequence[Value]:
        if isinstance(box, State):
            return [self._next_rows(box.space.name)]
        if isinstance(box, Column):
            (data,) = values
            assert isinstance(data, Rows), "a column starts from its sample space, which only rows inhabit"
            return [self._read(box, data)]
        arguments = tuple(self._point(value) for value in values)
        kind: Kind = "point" if is_deterministic(box) else "law"
        constant = box.name in self.frozen and all(argument.constant for argument in arguments)
        targets = tuple(Variable(f"{box.name}_out", self.spaces[ob.name], kind, constant) for ob in box.cod.inside)
        made = self._once(("apply", box.name, arguments), lambda: Apply(targets, box.name, arguments))
        if not arguments:
            rows = self._require_rows(box)
            made = tuple(self._expand(one, rows) for one in made)
        return [Occurrence(box.name, law) for law in made] if kind == "law" else made

    def _read(self, column: Column, data: Rows) -> Variable:
        target = Variable(column.name, self.spaces[column.cod.inside[0].name], "point", constant=True)
        return self._once(("read", data, column.name), lambda: Read(target, data.space, column.name, data.shift))[0]

    def _expand(self, source: Variable, rows: Variable) -> Variable:
        target = replace(source, hint=source.hint.removesuffix("_out") + "_rows")
        return self._once(("expand", source, rows), lambda: Expand(target, source, rows))[0]

    def _point(self, value: Value) -> Variable:
        """The value as an argument of a box: a law is drawn from, once for each occurrence."""
        if isinstance(value, Shared):
            return self._point(value.occurrence)
        if isinstance(value, Variable):
            return value
        assert isinstance(value, Occurrence), "only columns and states touch a sample space"
        if value.drawn is None:
            law, box = value.law, value.box
            if law.space is not None and law.space.law_shape is not None:
                raise CompileError(
                    f"kernel {box!r} ends in {law.space!r} and its output feeds a box: a discrete draw has no "
                    "gradient, and this version has no way to say how to draw; let it end in Euclidean, or use a Box"
                )
            value.drawn = replace(law, hint=f"{box}_draw", kind="point")
            self.statements.append(Draw(value.drawn, law, box))
        return value.drawn

    def _next_rows(self, space: str) -> Rows:
        shift = self._draws_of.get(space, 0)
        self._draws_of[space] = shift + 1
        return Rows(space, shift)

    def _count(self, of: Variable | None, hint: str) -> Variable:
        target = Variable(hint, None, "point", constant=True)
        return self._once(("count", of), lambda: Count(target, of))[0]

    def _require_rows(self, box: markov.Box) -> Variable:
        if self._rows is None:
            raise CompileError(
                f"box {box.name!r} starts from I, and nothing says for how many rows it is tested; "
                f"start from a sample space, as in Discard(space.ty) >> {box.name}"
            )
        return self._rows

    def _once(self, key: Hashable, make: Callable[[], Statement]) -> tuple[Variable, ...]:
        """The variables that were made under a key, by a new statement if it is the first time."""
        if key not in self._made:
            statement = make()
            self.statements.append(statement)
            self._made[key] = made_by(statement)
        return self._made[key]
