"""A model: any diagram as a module of its own, on the parameters that it shares with an objective."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from learning_diagrams.backends.torch.box_modules import BoxModules
from learning_diagrams.backends.torch.code import make_function, print_model
from learning_diagrams.backends.torch.program import Apply, ProgramBuilder, Rows, needed
from learning_diagrams.backends.torch.space import Space
from learning_diagrams.box import Diagram
from learning_diagrams.errors import DataError


class Model(nn.Module):
    """A diagram as a module: one tensor in for each input wire, one out for each output wire (a tuple for several).

    A sample space among the inputs is a mapping of columns. A kernel at the end returns its logits or Distribution.

    Parameters
    ----------
    diagram : any morphism.
    spaces : the space of each object.
    modules : the module of each box.
    frozen : names of boxes that are not trained; they stay in eval.
    """

    def __init__(
        self, diagram: Diagram, spaces: Mapping[str, Space], modules: Mapping[str, nn.Module], frozen: frozenset[str]
    ) -> None:
        super().__init__()
        builder = ProgramBuilder(spaces, frozen)
        inputs = builder.inputs(diagram)
        ends = builder.fold(diagram, inputs)
        outputs = [builder.result(end, "the model") for end in ends]
        statements = needed(builder.statements, outputs)
        used = dict.fromkeys(statement.box for statement in statements if isinstance(statement, Apply))
        self.boxes = BoxModules({name: modules[name] for name in used}, frozen)
        self.arity = len(inputs)
        self.signature = f"{diagram.dom or 'I'} → {diagram.cod or 'I'}"
        hints = [value.space if isinstance(value, Rows) else value for value in inputs]
        names = [ob.name for ob in diagram.dom.inside]
        self.code = print_model(list(zip(names, hints, strict=True)), statements, outputs, frozenset())  # type: ignore[arg-type]
        self._function = make_function(self.code, "model", f"model {self.signature}")

    def forward(self, *values: Any) -> Any:
        if len(values) != self.arity:
            raise DataError(f"the model {self.signature} takes {self.arity} inputs, one a wire; got {len(values)}")
        return self._function(self.boxes, *values)

    def extra_repr(self) -> str:
        return self.signature
