"""A model: any diagram as a module of its own, on the parameters that it shares with an objective."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from learning_diagrams.backends.torch.functor.box_modules import BoxModules
from learning_diagrams.backends.torch.functor.functor import TorchFunctor
from learning_diagrams.backends.torch.functor.space import Space, dtype_name, fits
from learning_diagrams.backends.torch.objective.executable import make_function, printer
from learning_diagrams.backends.torch.objective.failure import explain_dtypes, note_box
from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.errors import CompileError, DataError, TypeMismatch, brief, plural, printable
from learning_diagrams.errors.layout import layout_advice
from learning_diagrams.errors.short_text import Printed, one_line
from learning_diagrams.semantics.program.program_builder import ProgramBuilder
from learning_diagrams.semantics.program.statement import Apply, Detach, Draw, Expand, Read, Statement, Variable, live
from learning_diagrams.semantics.program.wire_value import RowsOf


class ShownModule(Printed, nn.Module):
    """A module that is made from a diagram, which its `repr` names; its text has a line for each module in it."""

    diagram: Any

    def __repr__(self) -> str:
        return one_line(f"<{type(self).__name__} of {self.diagram!r}>")

    def __str__(self) -> str:
        return printable(nn.Module.__repr__(self))


class Model(ShownModule):
    """A diagram as a module of one tensor for each input wire, which returns one tensor for each output wire.

    Several outputs are a tuple. A sample space among the inputs is a mapping of columns. A kernel at the end returns
    its logits or its Distribution. A diagram from I, as `noise >> generator`, is called as `model(rows=64)`; without
    `rows=` it returns one row.

    Parameters
    ----------
    diagram : Diagram, any morphism.
    functor : TorchFunctor, the spaces of its objects and the modules of its boxes.
    frozen : frozenset of str, the boxes that are not trained; they stay in eval.

    Attributes
    ----------
    spaces : tuple of Space or None, the space of each input wire; None for a sample space.
    columns : frozenset of str, the columns of sample spaces that the model reads.
    draws : tuple of str, the kernels whose outcomes are drawn at random, in order, once for each draw.

    Raises
    ------
    CompileError : the diagram draws from the state of a sample space, which only a batch has.
    """

    def __init__(self, diagram: Diagram, functor: TorchFunctor, frozen: frozenset[str]) -> None:
        super().__init__()
        self.diagram = diagram
        self._made_from = diagram, functor
        names = [ob.name for ob in diagram.dom.inside]
        builder = ProgramBuilder(functor.spaces, frozen)
        graph = PortGraph.from_diagram(diagram)
        inputs = builder.inputs(graph)
        ends = builder.fold(graph, inputs[: len(names)])
        self._takes_rows = len(inputs) > len(names)
        outputs = [builder.result(end, "the model") for end in ends]
        statements = live(builder.statements, outputs)
        applied = (statement for statement in statements if isinstance(statement, Apply))
        used = dict.fromkeys(name for statement in applied for name in (*statement.uses, statement.box))
        modules = {name: functor.module(name) for name in used}
        spaces = [(box, functor(box.cod)) for box in Signature.of([graph]).boxes.values()]
        self.boxes = BoxModules(modules, frozen, functor.freezing, spaces)
        cells = [statement.cell for statement in statements if isinstance(statement, Read)]
        for cell in cells:
            if cell.space not in {value.space for value in inputs if isinstance(value, RowsOf)}:
                raise CompileError(
                    f"the state of {cell.space!r} is data, and a model has no data; start from {cell.space!r} itself"
                )
        self.columns = frozenset(cell.column for cell in cells)
        self.draws = tuple(_drawn(statements))
        self.spaces = tuple(functor.spaces.get(name) for name in names)
        self.signature = f"{diagram.dom or 'I'} → {diagram.cod or 'I'}"
        hints = [value.space if isinstance(value, RowsOf) else value for value in inputs]
        self.code = printer().model(list(zip([*names, "rows"], hints, strict=False)), statements, outputs, frozenset())  # type: ignore[arg-type]
        self._function = make_function(self.code, "model", f"model {self.signature}")

    def forward(self, *values: Any, rows: int | None = None) -> Any:
        if len(values) != len(self.spaces):
            wanted = plural(len(self.spaces), "input")
            raise DataError(f"the model {self.signature} takes {wanted}, one a wire; got {len(values)}")
        for i, (space, value) in enumerate(zip(self.spaces, values, strict=True)):
            _check_input(i, space, value, self.signature)
        compiling = torch.compiler.is_compiling()
        if not compiling:
            self._require_rows(rows, values)
        if self._takes_rows:
            values = *values, 1 if rows is None else rows
        if compiling:
            return self._function(self.boxes.callables(), *values)
        try:
            return self._function(self.boxes.callables(), *values)
        except Exception as error:
            fault = self._explain(values, error)
            if fault is None:
                note_box(error, [PortGraph.from_diagram(self.diagram)])
                raise
            raise fault from error

    def _require_rows(self, rows: int | None, values: tuple[Any, ...]) -> None:
        """Raise `DataError` unless rows= is a number, and inputs have as many rows as it and as each other."""
        if rows is not None and (isinstance(rows, bool) or not isinstance(rows, int) or rows < 1):
            raise DataError(f"rows= of the model {self.signature} is a whole number ≥ 1, got {brief(rows)}")
        columns = [
            [part for name, part in value.items() if name in self.columns] if isinstance(value, Mapping) else [value]
            for value in values
        ]
        lengths = [len(column) for parts in columns for column in parts]
        if len({*lengths, *(() if rows is None else (rows,))}) > 1:
            raise DataError(
                f"the inputs of the model {self.signature} have {', '.join(map(str, lengths))} rows"
                f"{'' if rows is None else f', and rows={rows}'}; each row of an input goes with a row of every other"
            )

    def _explain(self, values: tuple[Any, ...], error: Exception) -> DataError | TypeMismatch | None:
        """The fault in the inputs, or in a box, that explains why PyTorch failed; None if there is no such fault."""
        if isinstance(error, KeyError) and error.args[0] in self.columns:
            return DataError(f"the model {self.signature} reads the column {error}, which its input does not have")
        dtype = next((p.dtype for p in self.boxes.parameters() if p.dtype.is_floating_point), None)
        for i, value in enumerate(values):
            for tensor in value.values() if isinstance(value, Mapping) else (value,):
                if isinstance(tensor, Tensor) and dtype and tensor.dtype.is_floating_point and tensor.dtype != dtype:
                    name = dtype_name(tensor.dtype)
                    return DataError(
                        f"input {i + 1} of the model {self.signature} is {name}, and the model computes in "
                        f"{dtype_name(dtype)}; convert it, as in .to({dtype})"
                    )
        return explain_dtypes(error, [PortGraph.from_diagram(self.diagram)], dtype) if dtype else None

    def __reduce__(self) -> tuple[Any, ...]:
        # The function is made anew from the diagram, not from its text.
        return Model, (*self._made_from, self.boxes.frozen), {"training": self.training}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.training = self.boxes.training = state["training"]

    def extra_repr(self) -> str:
        return self.signature


def _drawn(statements: Iterable[Statement]) -> Iterator[str]:
    """The kernels whose outcomes are drawn at random, in order."""
    kernels: dict[Variable, str] = {}
    for statement in statements:
        match statement:
            case Apply(targets, box):
                kernels |= dict.fromkeys(targets, box)
            case Expand(target, source) | Detach(target, source) if source in kernels:
                kernels[target] = kernels[source]
            case Draw(_, law, sampling) if not sampling.function.startswith("expectation"):
                yield kernels[law]


def _check_input(i: int, space: Space | None, value: Any, signature: str) -> None:
    """Raise `DataError` if an input does not lie in its space; a sample space is a mapping of columns."""
    where = f"input {i + 1} of the model {signature}"
    if space is None:
        if not isinstance(value, Mapping):
            raise DataError(
                f"{where} is a sample space: give a mapping from column names to tensors, got {brief(value)}"
            )
        for name, column in value.items():
            if not isinstance(column, Tensor):
                raise DataError(
                    f"{where}: column {name!r} must be a tensor, and a model takes no mask; got {brief(column)}"
                )
    elif not isinstance(value, Tensor):
        raise DataError(f"{where} must be a tensor, got {brief(value)}")
    elif value.dim() == 0 or not fits(value.shape[1:], space.point_shape) or not space.admits(value.dtype):
        wanted = ", ".join(["rows", *map(str, space.point_shape)])
        shown = f"{list(value.shape)} {dtype_name(value.dtype)}"
        advice = "" if value.dim() == 0 else layout_advice(value.shape[1:], space.point_shape)
        hint = f"; {advice}" if advice else ""
        raise DataError(f"{where} is {shown}, where {space!r} needs [{wanted}] of {space.dtype_name}{hint}")
