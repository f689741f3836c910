"""The objective: a learning diagram as a module whose value on a batch is its loss."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import torch
from discopy import markov
from torch import Tensor, nn
from torch.optim import Optimizer

from learning_diagrams.backends.torch.axioms.axiom_check import AxiomCheck
from learning_diagrams.backends.torch.data.batch import BatchLayout
from learning_diagrams.backends.torch.data.mask import Batch, Presence, mean_of_present
from learning_diagrams.backends.torch.divergences.table import TorchDivergences
from learning_diagrams.backends.torch.functor.averaging import Averaging
from learning_diagrams.backends.torch.functor.box_modules import BoxModules, escape
from learning_diagrams.backends.torch.functor.functor import TorchFunctor, require_untouched, versions
from learning_diagrams.backends.torch.functor.shape_check import check_outputs, check_shapes
from learning_diagrams.backends.torch.functor.space import Space
from learning_diagrams.backends.torch.objective.constants import Constants
from learning_diagrams.backends.torch.objective.executable import LIBRARY, make_function, printer
from learning_diagrams.backends.torch.objective.model import Model
from learning_diagrams.diagrams.box import Diagram, Ty
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.errors import CompileError, DataError, LearningDiagramError
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.semantics.program.lowering import Constant
from learning_diagrams.semantics.program.printer import Term


class Objective(nn.Module):
    """The loss of a learning diagram: `objective(batch)` is its total and its terms, and `objective.code` how.

    The total is exactly Σ weight · term, in the order of the terms' names; terms are unweighted 0-d tensors on the
    model's device, and nothing waits for the device. Made by `compile`.

    Attributes
    ----------
    diagram : the learning diagram.
    players : in a game, for each player, by name, the objective of its terms, which trains its boxes only.
    boxes : the module of each box, shared with the functor.
    divergences : the divergences that the code calls; a later definition of a name does not change them.
    code : the loss as the Python that runs.
    """

    def __init__(
        self,
        diagram: LearningDiagram,
        functor: TorchFunctor,
        terms: Sequence[Term],
        constants: Mapping[str, Constant],
        layout: BatchLayout,
        unchecked: frozenset[str],
        axioms: AxiomCheck,
        players: Mapping[str, Objective],
        moves: frozenset[str] | None = None,
        divergences: TorchDivergences = LIBRARY,
    ) -> None:
        super().__init__()
        self.diagram, self.functor, self.layout, self.divergences = diagram, functor, layout, divergences
        self.boxes = BoxModules(
            {box.name: functor.module(box.name) for box in diagram.boxes if box.name in functor.modules},
            (box.name for box in diagram.frozen),
            functor.freezing,
        )
        functor.freezing.freeze(self.boxes.frozen)
        self.boxes.take()
        self.constants = Constants(constants, functor.dtype).to(functor.device)
        self._terms, self._unchecked, self._axioms = tuple(terms), unchecked, axioms
        self.players, self._moves = dict(players), moves
        self._averaging = Averaging(diagram.ema, functor.module)
        self._follows_data = not any(parameter.dtype.is_floating_point for parameter in self.boxes.parameters())
        self._build()
        self.register_state_dict_post_hook(_to_box_keys)  # type: ignore[no-untyped-call]
        self.register_load_state_dict_pre_hook(_from_box_keys)  # type: ignore[no-untyped-call]

    def _build(self) -> None:
        title = f"loss of {self.diagram.name or 'a learning diagram'}"
        prints = printer(self.divergences)
        self.code = prints.loss(self._terms, self._unchecked)
        rows = prints.rows(self._terms, self._unchecked)
        self._loss = make_function(self.code, "loss", title, self._check, self.divergences)
        self._rows = make_function(rows, "rows", f"{title}, by rows", self._check, self.divergences)

    def forward(self, batch: Batch, strict: bool = True) -> tuple[Tensor, dict[str, Tensor]]:
        """The total, a 0-d tensor, and the unweighted terms by name.

        Parameters
        ----------
        batch : for each sample space its columns, of equal length: tensors [rows, …], or pairs of such a tensor and a
            bool mask [rows], True where a row is present. A term is the mean over the rows in which all columns that it
            reads are present, and 0 where there is none.
        strict : whether sample spaces and columns that the learning diagram does not have are an error.

        Raises
        ------
        DataError : the batch lacks a column that a term reads, has unknown or unequal ones, or does not fit its spaces.
        FalseAxiom : on the first batch, see `axiom_defects`.
        """
        masked = self.layout.check(batch, strict)
        if not torch.compiler.is_compiling() and self._axioms.due:
            self._explained(lambda batch: self._axioms(batch, self.layout), batch)
        return self._explained(self._masked_loss if masked else self._whole_loss, batch)  # type: ignore[no-any-return]

    def defects(self, batch: Batch, strict: bool = True) -> dict[str, Tensor]:
        """How far each row is from each equation: for each term its values, [rows], unweighted.

        The mean of a term's values, over the rows that count, is the term: a row in which a column that it reads is
        absent has 0. A term that compares two sides in law has no rows, and is left out.

        Parameters
        ----------
        batch, strict : as for the objective itself.
        """
        self.layout.check(batch, strict)

        def values(batch: Batch) -> dict[str, Tensor]:
            found, present = self._by_rows(batch)
            defects = {}
            for term in self._terms:
                if term.distances and not term.in_law:
                    mask = present(*term.keys)
                    defects[term.name] = found[term.name] if mask is None else torch.where(mask, found[term.name], 0.0)
                elif not term.distances:
                    defects[term.name] = found[term.name].reshape(1)
            return defects

        return self._explained(values, batch)  # type: ignore[no-any-return]

    @property
    def axiom_defects(self) -> dict[str, float | None]:
        """How far the sides of each axiom were apart on the first batch; None for one that was not checked.

        A defect is the largest difference over test points and outputs, relative to 1 + the largest value of the row;
        infinite where labels differ. One that is more than rounding explains is a `FalseAxiom` on the first batch.
        """
        return dict(self._axioms.defects)

    @property
    def unchecked_axioms(self) -> dict[str, str]:
        """Why axioms were not checked, or have not been yet."""
        return dict(self._axioms.reasons)

    def _whole_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        return self._loss(batch, self.boxes.callables(), self.constants._buffers)  # type: ignore[no-any-return]

    def _masked_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        values, present = self._by_rows(batch)
        terms: dict[str, Tensor] = {}
        total: Tensor | None = None
        for term in self._terms:
            value = values[term.name]
            by_rows = term.distances and not term.in_law
            terms[term.name] = mean_of_present(value, present(*term.keys)) if by_rows else value
            weighted = self.constants[term.weight] * terms[term.name]
            total = weighted if total is None else total + weighted
        assert total is not None, "a learning diagram without a constraint does not compile"
        return total, terms

    def _by_rows(self, batch: Batch) -> tuple[dict[str, Tensor], Presence]:
        """The values of each term row by row, on filled columns, and which rows are present."""
        present = Presence(batch)
        buffers = self.constants._buffers
        return self._rows(self.layout.fill(batch), present, self.boxes.callables(), buffers), present

    def _explained(self, function: Callable[[Batch], Any], batch: Batch) -> Any:
        """A function of a batch; where PyTorch fails on it, the error says which fault of the batch explains that."""
        if self._follows_data:
            self.constants.follow(self.layout.dtype(batch))
        if torch.compiler.is_compiling():
            return function(batch)
        try:
            return function(batch)
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
        """The parameters that learn: those of boxes that are not frozen, each once; of a player, those of its boxes."""
        self.boxes.take()
        return [
            parameter
            for name in self.trained
            for parameter in self.boxes.of(name).parameters()
            if parameter.requires_grad
        ]

    @property
    def trained(self) -> list[str]:
        """The names of the boxes that learn: those that are not frozen; of a player, those that it moves."""
        moved = self.boxes.trained if self._moves is None else self.boxes.trained & self._moves
        return [name for name in self.boxes.names if name in moved]

    def after_step(self) -> None:
        """Let moving averages follow, once; call it after each step of an optimizer, as `fit` does."""
        self._averaging.step()

    def update(
        self,
        diagram: LearningDiagram,
        *,
        optimizer: Optimizer | Mapping[str, Optimizer] | None = None,
        modules: Mapping[markov.Box | str, Callable[..., Any]] = MappingProxyType({}),
        spaces: Mapping[Ty | str, Space] = MappingProxyType({}),
        forget: Iterable[markov.Box | str] = (),
    ) -> Self:
        """Become the loss of another learning diagram, in place, and return the objective.

        Boxes that stay, under their name, keep module, parameters and the optimizer's state; one that is frozen keeps
        that too, for when it is trained again. An update that fails changes nothing. Models and players' objectives
        that were taken out before stay what they were.

        Parameters
        ----------
        optimizer : what trains, or in a game one for each player; changed in place. What begins to be trained joins
            its first group, with the options of that; the parameters of another module for a box, the group of the
            box. Parameters that no box has any more are taken out with their state.
        modules : modules for new boxes, and others for boxes that stay; they may take over parts of old ones.
        spaces : spaces for new objects, and others for old ones.
        forget : boxes that leave while the optimizer holds their parameters.

        Raises
        ------
        CompileError : the optimizer holds a box that leaves and is not in `forget`; what `compile` finds.
        TypeMismatch : an optimizer that is none, is LBFGS, or is given by player where there is no game.
        UnknownName : a module for a box that the learning diagram does not have, and the like.
        """
        from learning_diagrams.backends.torch.objective.updating import update

        update(self, diagram, optimizer, modules, spaces, forget)
        return self

    def become(self, other: Objective) -> None:
        """Take over everything of another objective but the hooks; the other one is used up."""
        self.__dict__.update({key: value for key, value in other.__dict__.items() if "hook" not in key})
        self._build()

    @property
    def is_player(self) -> bool:
        """Whether this is the loss of one player of a game."""
        return self._moves is not None

    @property
    def trusts_axioms(self) -> bool:
        """Whether axioms are taken as true without a look at a batch."""
        return self._axioms.trusted

    def save(self, path: str | Path) -> None:
        """Write weights and learning diagram to one safetensors file; what was there stays whole if this fails."""
        from learning_diagrams.backends.torch.objective.weights import save

        save(self, path)

    def load(self, path: str | Path) -> Objective:
        """Read weights that `save` wrote for an equal learning diagram; nothing in the file is run.

        Raises `FileError` for a file that is damaged, of another kind, or of another learning diagram.
        """
        from learning_diagrams.backends.torch.objective.weights import load

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

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        for player in self.players.values():
            player.constants._apply(fn, recurse)
        return super()._apply(fn, recurse)  # type: ignore[no-untyped-call, no-any-return]

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        del state["_loss"], state["_rows"]
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
