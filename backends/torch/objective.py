"""The objective: a learning diagram as a module whose value on a batch is its loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from discopy import markov
from torch import Tensor, nn

from learning_diagrams.backends.torch.batch import Batch, BatchLayout
from learning_diagrams.backends.torch.box_modules import BoxModules, escape
from learning_diagrams.backends.torch.code import Term, make_function, print_loss
from learning_diagrams.backends.torch.constants import Constants
from learning_diagrams.backends.torch.functor import TorchFunctor, require_untouched, versions
from learning_diagrams.backends.torch.model import Model
from learning_diagrams.backends.torch.shape_check import check_outputs, check_shapes
from learning_diagrams.box import Diagram
from learning_diagrams.errors import CompileError, DataError, LearningDiagramError
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.port_graph import PortGraph
from learning_diagrams.signature import Signature


class Objective(nn.Module):
    """The loss of a learning diagram: `objective(batch)` is its total and its terms, and `objective.code` how.

    The total is exactly Σ weight · term, in the order of the terms' names; terms are unweighted 0-d tensors on the
    model's device, and nothing waits for the device. Made by `compile`.

    Attributes
    ----------
    diagram : the learning diagram.
    boxes : the module of each box, shared with the functor.
    code : the loss as the Python that runs.
    """

    def __init__(
        self,
        diagram: LearningDiagram,
        functor: TorchFunctor,
        terms: Sequence[Term],
        constants: Mapping[str, float],
        layout: BatchLayout,
        unchecked: frozenset[str],
    ) -> None:
        super().__init__()
        self.diagram, self.functor, self.layout = diagram, functor, layout
        self.boxes = BoxModules(
            {box.name: functor.module(box.name) for box in diagram.boxes if box.name in functor.modules},
            (box.name for box in diagram.frozen),
            functor.freezing,
        )
        functor.freezing.freeze(self.boxes.frozen)
        self.boxes.take()
        self.constants = Constants(constants, functor.dtype).to(functor.device)
        self._terms, self._unchecked = tuple(terms), unchecked
        self._follows_data = not any(parameter.dtype.is_floating_point for parameter in self.boxes.parameters())
        self._build()
        self.register_state_dict_post_hook(_to_box_keys)  # type: ignore[no-untyped-call]
        self.register_load_state_dict_pre_hook(_from_box_keys)  # type: ignore[no-untyped-call]

    def _build(self) -> None:
        self.code = print_loss(self._terms, self._unchecked)
        self._loss = make_function(
            self.code, "loss", f"loss of {self.diagram.name or 'a learning diagram'}", self._check
        )

    def forward(self, batch: Batch, strict: bool = True) -> tuple[Tensor, dict[str, Tensor]]:
        """The total, a 0-d tensor, and the unweighted terms by name.

        Parameters
        ----------
        batch : for each sample space its columns, tensors [rows, …] of equal length.
        strict : whether sample spaces and columns that the learning diagram does not have are an error.

        Raises
        ------
        DataError : the batch lacks a column that a term reads, has unknown or unequal ones, or does not fit its spaces.
        """
        self.layout.check(batch, strict)
        if self._follows_data:
            self.constants.follow(self.layout.dtype(batch))
        boxes, constants = self.boxes.callables(), self.constants._buffers
        if torch.compiler.is_compiling():
            return self._loss(batch, boxes, constants)  # type: ignore[no-any-return]
        try:
            return self._loss(batch, boxes, constants)  # type: ignore[no-any-return]
        except LearningDiagramError:
            raise
        except Exception as error:
            fault = self.layout.explain(batch, self.functor.dtype, self.functor.device) or self._mixed_dtypes()
            if fault is None and "more than 1 value per channel" in str(error):
                fault = DataError("a batch of one row has no batch statistics; give more rows, or set drop_last=True")
            if fault is None:
                raise
            raise fault from error

    def model(self, diagram: Diagram) -> Model:
        """Any morphism of the diagram's boxes as a module on the same parameters.

        Raises `UnknownName` for a box that the objective does not have.
        """
        signature = Signature.of([diagram])
        for box in signature.boxes.values():
            self.diagram.box(box)
            self.functor.module(box.name)
        check_shapes(self.functor, [PortGraph.from_diagram(diagram)], self.boxes.frozen)
        model = Model(diagram, self.functor, self.boxes.frozen)
        model.training = model.boxes.training = self.training  # and not .train(), which would change the boxes
        return model

    def trainable_parameters(self) -> list[nn.Parameter]:
        """The parameters that learn: those of boxes that are not frozen, each once."""
        self.boxes.take()
        return [
            parameter
            for name in self.boxes.names
            if name not in self.boxes.frozen
            for parameter in self.boxes.of(name).parameters()
            if parameter.requires_grad
        ]

    def save(self, path: str | Path) -> None:
        """Write weights and learning diagram to one safetensors file; what was there stays whole if this fails."""
        from learning_diagrams.backends.torch.weights import save

        save(self, path)

    def load(self, path: str | Path) -> Objective:
        """Read weights that `save` wrote for an equal learning diagram; nothing in the file is run.

        Raises `FileError` for a file that is damaged, of another kind, or of another learning diagram.
        """
        from learning_diagrams.backends.torch.weights import load

        load(self, path)
        return self

    def _mixed_dtypes(self) -> CompileError | None:
        """The error that explains a failure by boxes of different dtypes, if there are such."""
        found: dict[torch.dtype, str] = {}
        for name in self.boxes.names:
            for parameter in self.boxes.of(name).parameters():
                if parameter.dtype.is_floating_point:
                    found.setdefault(parameter.dtype, name)
        if len(found) < 2:
            return None
        (one, box), (other, second) = list(found.items())[:2]
        return CompileError(
            f"box {box!r} computes in {str(one).removeprefix('torch.')} and box {second!r} in "
            f"{str(other).removeprefix('torch.')}; convert one, or train under torch.autocast"
        )

    def _check(self, name: str, module: Callable[..., Any], *values: Any) -> Any:
        """Call a box whose shapes could not be checked before, and check what it really returns."""
        box: markov.Box = self.diagram.box(name)
        before = versions(values)
        result = module(*values)
        require_untouched(box, before, values)
        check_outputs(box, self.functor(box.cod), result, None)
        return result

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        del state["_loss"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)  # type: ignore[no-untyped-call]
        self._build()

    def extra_repr(self) -> str:
        return f"{self.diagram.name!r}, terms: {', '.join(term.name for term in self._terms)}"


def _quote(name: str) -> str:
    """A box name before the "/" of a state key; different names stay different."""
    return name.replace("%", "%25").replace("/", "%2F")


def _to_box_keys(module: nn.Module, state: dict[str, Any], prefix: str, _: Any) -> None:
    assert isinstance(module, Objective)
    _rename(state, [(f"{prefix}boxes.{escape(name)}.", f"{prefix}{_quote(name)}/") for name in module.boxes.names])


def _from_box_keys(module: nn.Module, state: dict[str, Any], prefix: str, *_: Any) -> None:
    assert isinstance(module, Objective)
    _rename(state, [(f"{prefix}{_quote(name)}/", f"{prefix}boxes.{escape(name)}.") for name in module.boxes.names])


def _rename(state: dict[str, Any], prefixes: Sequence[tuple[str, str]]) -> None:
    for key in list(state):
        for old, new in prefixes:
            if key.startswith(old):
                state[new + key.removeprefix(old)] = state.pop(key)
                break
