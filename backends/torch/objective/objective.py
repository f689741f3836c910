"""The objective: a learning diagram as a module whose value on a batch is its loss."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Self, cast

import torch
from discopy import markov
from torch import Tensor, nn
from torch.optim import Optimizer

from learning_diagrams.backends.torch.axioms.axiom_check import AxiomCheck
from learning_diagrams.backends.torch.data.mask import Batch
from learning_diagrams.backends.torch.export.exporting import Exporting
from learning_diagrams.backends.torch.functor.averaging import Averaging
from learning_diagrams.backends.torch.functor.box_modules import BoxModules, escape, floating_dtypes, sync
from learning_diagrams.backends.torch.functor.functor import TorchFunctor
from learning_diagrams.backends.torch.functor.scheduled_number import scheduled_numbers
from learning_diagrams.backends.torch.functor.shape_check import check_shapes
from learning_diagrams.backends.torch.functor.space import Space
from learning_diagrams.backends.torch.measuring.measuring import Measuring
from learning_diagrams.backends.torch.objective import parameter_file, state_keys
from learning_diagrams.backends.torch.objective.compiled_loss import Boxes, Buffers, CompiledLoss, StatedLoss
from learning_diagrams.backends.torch.objective.constants import Constants
from learning_diagrams.backends.torch.objective.failure import explain_failure
from learning_diagrams.backends.torch.objective.gradients import cosines, without_gradient, without_trace
from learning_diagrams.backends.torch.objective.learning_warnings import warn_of_learning, warn_of_thawing
from learning_diagrams.backends.torch.objective.loss_compiler import compile_loss
from learning_diagrams.backends.torch.objective.model import Model, ShownModule
from learning_diagrams.backends.torch.objective.updating import Change, read_extension, read_optimizers, restored
from learning_diagrams.backends.torch.optimizers.per_player import require_player
from learning_diagrams.diagrams.box import Diagram, Ty
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.errors import CompileError, LearningDiagramError, TypeMismatch, brief, printable
from learning_diagrams.learning_diagram import LearningDiagram


class Parts(NamedTuple):
    """The parts of an objective that a compiled loss determines."""

    loss: CompiledLoss
    players: dict[str, Objective]
    boxes: BoxModules
    constants: Constants
    axioms: AxiomCheck
    averaging: Averaging


class Objective(Measuring, Exporting, StatedLoss, ShownModule):
    """The loss of a learning diagram as a module: `objective(batch)` returns the total and the terms.

    The total is exactly Σ weight · term, in the order of the terms' names, without the terms whose weight is the number
    0 or a schedule that stands at 0: these are reported without gradient. Terms are unweighted 0-d tensors on the
    model's device, and no call waits for the device. `compile` makes objectives.

    Attributes
    ----------
    loss : CompiledLoss, the code and the functions that run.
    loss_now : CompiledLoss, the loss at this step: a weight whose schedule stands at 0 is the number 0.
    players : dict from str to Objective, in a game the objective of each player, which trains the player's boxes only.
    boxes : BoxModules, the module of each box, shared with the functor.
    steps_made : int, how many steps of an optimizer `after_step` has counted; saved with the weights. Schedules of
        weights and options have their numbers at this count, in a game each player's at the player's own count.
    """

    def __init__(self, loss: CompiledLoss, functor: TorchFunctor) -> None:
        super().__init__()
        self.functor = functor
        self._averaging = Averaging({}, functor.module)
        self._set(self._make(loss))
        state_keys.register(self)

    def _make(self, loss: CompiledLoss) -> Parts:
        """The parts for a loss. Boxes of the functor are frozen and thawed; the objective stays as it is."""
        functor, diagram = self.functor, loss.diagram
        players = {name: Objective(share, functor) for name, share in loss.players.items()}
        names = [*(box.name for box in diagram.boxes if box.name in functor.modules), *loss.learnt_divergences]
        modules = {name: functor.module(name) for name in names}
        outputs = [(box, functor(box.cod)) for box in diagram.boxes]
        boxes = BoxModules(modules, (box.name for box in diagram.frozen), functor.freezing, outputs)
        functor.freezing.freeze(boxes.frozen)
        sync(boxes)
        constants = Constants(loss.constants, functor.dtype).to(functor.device)
        averaging = Averaging(diagram.ema, functor.module, self._averaging.exact)
        if loss.player is None:  # the warnings of the game hold for each player
            warn_of_learning(loss, functor)
        return Parts(loss, players, boxes, constants, AxiomCheck(loss.axioms, functor), averaging)

    def _set(self, parts: Parts) -> None:
        self.loss, self.players, self.boxes, self.constants, self._axioms, self._averaging = parts
        self.player_constants = nn.ModuleDict({escape(name): each.constants for name, each in self.players.items()})
        self._follows_data = self.dtype is None
        self._numbers = [] if self.loss.player else scheduled_numbers(self.boxes)  # in a game by the steps of all
        self.follow_schedules()

    def follow_schedules(self) -> None:
        """Choose the loss at this step, when the count of steps has changed; `torch.compile` could not trace it."""
        for number in self._numbers:
            number.follow(self.steps_made, self.dtype or torch.get_default_dtype())
        vars(self)["loss_now"] = self.loss.without(self.constants.zeros)

    @property
    def steps_made(self) -> int:
        return cast(Constants, self._modules["constants"]).count

    @property
    def dtype(self) -> torch.dtype | None:
        """The dtype of the first floating parameter, which arrays of numbers take; None if no parameter is floating."""
        return next(iter(floating_dtypes(self.boxes)), None)

    def forward(self, batch: Batch, strict: bool = True) -> tuple[Tensor, dict[str, Tensor]]:
        """The total, a 0-d tensor, and the unweighted terms by name.

        Parameters
        ----------
        batch : dict from sample space to dict from column to Tensor [rows, …], or to a pair of such a Tensor and a
            bool mask, True for present: [rows], or as fine as the positions of a row. A term is the mean over the
            rows in which all columns that the term reads are present, and 0 if there is no such row. Of positions it
            compares those that are present, see `Tokens`.
        strict : bool, whether sample spaces and columns that the learning diagram does not have are an error.

        Raises
        ------
        DataError : the batch lacks a column that a term reads, has unknown or unequal ones, or does not fit its spaces.
        FalseAxiom : on the first batch, see `axiom_defects`.
        """
        loss, masked = self.loss_now, self.check(batch, strict)
        if self._axioms.due and not torch.compiler.is_compiling():
            self._run(lambda batch, boxes, constants: self._axioms(batch, loss.layout), batch)
        function = (loss.masked_total if masked else loss.total) if self.joining is None else self.joined_total(loss)
        total, terms = self._run(function, batch)
        if loss is not self.loss and not total.requires_grad and torch.is_grad_enabled():  # a loop steps all the same
            total = total + sum(p.flatten()[:0].sum().to(total) for p in self.parameters() if p.requires_grad)
        return total, terms

    def defects(self, batch: Batch, strict: bool = True) -> dict[str, Tensor]:
        """The unweighted values of each term row by row, Tensor [rows]: how far each row is from each equation.

        The sum of a term's values, divided by its count (see `counts`), is the term. In a row in which a column that
        the term reads is absent, the value is 0. A term that compares two sides in law has no rows and is left out.

        Parameters
        ----------
        batch, strict : as for the objective itself.
        """
        self.check(batch, strict)
        return self._run(self.loss.defects, batch)  # type: ignore[no-any-return]

    def counts(self, batch: Batch) -> dict[str, Tensor]:
        """How many rows of a checked batch each term is a mean over, 0-d tensors; 1 for a term that is no mean.

        A term with `reduction="tokens"` counts positions. The mean of a term over several batches is
        Σ term · count / Σ count. No box is evaluated.
        """
        return self.loss.counts(batch)

    def conflicts(self, batch: Batch, strict: bool = True) -> dict[str, dict[tuple[str, str], float]]:
        """For each box, the cosines between the gradients of each two weighted terms, in a game those of its player.

        At −1, training pulls opposite ways; a gradient 0 has cosine 0. No gradient, buffer or draw is left.
        """
        with without_trace(self), torch.enable_grad():
            return cosines(((*p(batch, strict), p._learning) for p in self.players.values() or [self]), self._learning)

    def flow(self, batch: Batch, strict: bool = True) -> dict[str, str]:
        """The boxes with parameters that get no gradient from the total, in a game that of their player; and why.

        No gradient, buffer or draw is left behind.
        """
        with without_trace(self), torch.enable_grad():
            players = self.players.values() or [self]
            own = [(p(batch, strict)[0], p._learning, p.diagram.reweight(p.loss_now.zeros)) for p in players]
            return without_gradient(own, self.boxes, self.diagram.ema)

    @property
    def _learning(self) -> dict[str, list[nn.Parameter]]:
        """The parameters that learn, by box."""
        sync(self.boxes)
        return {name: [p for p in self.boxes.of(name).parameters() if p.requires_grad] for name in self.trained}

    @property
    def axiom_defects(self) -> dict[str, float | None]:
        """The difference of the two sides of each axiom on the first batch; None for an axiom that was not checked.

        A defect is the largest difference over test points and outputs, relative to 1 + the largest value of the row.
        It is infinite if labels differ. A defect larger than rounding explains is a `FalseAxiom` on the first batch.
        """
        return dict(self._axioms.defects)

    @property
    def unchecked_axioms(self) -> dict[str, str]:
        """Why axioms were not checked, or have not been checked yet."""
        return dict(self._axioms.reasons)

    def _run(self, function: Callable[[Batch, Boxes, Buffers], Any], batch: Batch) -> Any:
        """A function of batch, boxes and constants; an error of PyTorch is explained by the fault of the batch."""
        if self._follows_data:
            self.constants.follow(self.layout.dtype(batch))
        parts: Any = self._modules  # a look-up as an attribute costs ten times as much
        if torch.compiler.is_compiling():
            return function(batch, parts["boxes"].callables(), parts["constants"]._buffers)
        try:
            return function(batch, parts["boxes"].callables(), parts["constants"]._buffers)
        except LearningDiagramError:
            raise
        except Exception as error:
            fault = explain_failure(error, batch, self.layout, self.functor, self.boxes, self.diagram)
            if fault is None:
                raise
            raise fault from error

    def model(self, diagram: Diagram) -> Model:
        """A morphism made of the objective's boxes as a module on the same parameters.

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
        """The parameters that learn, each once: of the boxes that are not frozen, or of the boxes of a player."""
        return [parameter for parameters in self._learning.values() for parameter in parameters]

    @property
    def trained(self) -> list[str]:
        """The names of the boxes that learn: the boxes that are not frozen, or the boxes of a player.

        A divergence that is a module learns as a box of its name.
        """
        learning = self.boxes.trained
        if (player := self.loss.player) is not None:
            learning = learning.intersection([*player.boxes, *self.loss.learnt_divergences])
        return [name for name in self.boxes.names if name in learning]

    def after_step(self, player: str | None = None) -> None:
        """Count a step, and move each moving average once. Call this after each step of an optimizer, as `fit` does.

        Parameters
        ----------
        player : str or None, in a game the player whose step it was.
        """
        if player is not None:
            require_player(player, self.players, "after_step has player")
        constants: Any = self._modules["constants"]  # a look-up as an attribute costs ten times as much
        if self._averaging.ema:
            self._averaging.step(constants.count)
        constants.after(constants.count + 1)
        if constants.scheduled or self._numbers:
            self.follow_schedules()
        if player is not None:
            self.players[player].after_step()

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

        A box that stays under its name keeps its module, its parameters and the optimizer's state. A frozen box keeps
        the optimizer's state for the time when the box is trained again. An update that fails changes nothing. Models
        and players' objectives that were taken out before an update do not change. A warning names a box that was
        frozen, and is trained since its constraints left and others came.

        Parameters
        ----------
        optimizer : Optimizer, or in a game a dict from player to Optimizer; changed in place. Parameters that begin to
            be trained join the first group and take its options. The parameters of another module for a box join the
            group of the box. Parameters that no box has any more are taken out with their state.
        modules : dict from box to module, for new boxes and for boxes whose module is replaced. A new module may take
            over parts of an old module.
        spaces : dict from object to Space, for new objects and for objects whose space is replaced.
        forget : list of boxes that leave while the optimizer holds their parameters.

        Raises
        ------
        CompileError : the optimizer holds a box that leaves and is not in `forget`; what `compile` finds.
        TypeMismatch : not an Optimizer; LBFGS; or a mapping by player although the diagram has no players.
        UnknownName : a module for a box that the learning diagram does not have; an optimizer for an unknown player.
        """
        if not isinstance(diagram, LearningDiagram):
            raise TypeMismatch(f"update takes a learning diagram, got {brief(diagram)}")
        if self.loss.player is not None:
            mover = self.loss.player.name
            raise CompileError(f"this is the loss of player {mover!r}; update the objective of the game")
        extension, optimizers = read_extension(diagram, modules, spaces), read_optimizers(optimizer, diagram)
        change = Change.of(diagram, self.functor, self.boxes, extension)
        change.require_forgotten(self.diagram, optimizers.values(), forget)
        if diagram == self.diagram and not change.replaced and change.spaces_stay:
            return self
        before = self._trained_by_player()
        with restored(self.functor):
            self.functor.extend(extension, change.leaving)
            loss = compile_loss(diagram, self.functor, self.loss.axioms.mode, self.loss.divergences.definitions)
            parts = self._make(loss)
            change.set_modes(parts.boxes, self.boxes, self.training)
        warn_of_thawing(self.diagram, diagram)
        parts.constants.after(self.steps_made)
        for name in parts.players.keys() & self.players.keys():
            parts.players[name].constants.after(self.players[name].steps_made)
        self._set(parts)  # no line from here on can fail, so an update happens as a whole or not at all
        for name in self.boxes.frozen:
            for parameter in self.boxes.of(name).parameters():
                parameter.grad = None  # so that no optimizer moves it, by momentum or weight decay
        now = self._trained_by_player()
        for player, choice in optimizers.items():
            change.edit_optimizer(choice, player, self.boxes, before, now)
        return self

    def _trained_by_player(self) -> dict[str | None, dict[int, nn.Parameter]]:
        """The parameters that are trained, by id, for each player; for None if there is no game."""
        objectives: dict[str | None, Objective] = dict(self.players.items()) or {None: self}
        return {name: {id(p): p for p in each.trainable_parameters()} for name, each in objectives.items()}

    def save(self, path: str | Path) -> None:
        """Write weights and learning diagram to one safetensors file; an old file stays whole if writing fails."""
        parameter_file.save(self, self.diagram, path)

    def load(self, path: str | Path, strict: bool = True) -> Objective:
        """Read weights that `save` wrote for an equal learning diagram; no code in the file is run.

        Parameters
        ----------
        strict : bool, whether the file must be of an equal learning diagram. Otherwise a box takes the weights of the
            box of its name, if all of them fit, and a warning lists the boxes that were taken and those that were not.

        Raises
        ------
        FileError : the file is damaged, of another kind, of another learning diagram, or has other dtypes or shapes; a
            number in it is not finite where that of the objective is. Nothing is changed then.
        """
        parameter_file.load(self, self.diagram, path, strict)
        return self

    def extra_repr(self) -> str:
        return printable(f"{self.diagram.name!r}, terms: {', '.join(term.name for term in self.loss.terms)}")
