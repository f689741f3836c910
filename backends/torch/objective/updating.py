"""Updates: the loss of another learning diagram for the same modules, without a loss of what they have learned.

Boxes are the same if their names are equal; a renamed box is a new box. A box that stays keeps its module, its
parameters, and their state in an optimizer. Parameters that begin to be trained join the optimizer. A box that leaves
is forgotten only if the caller says so. Parameters are the same if they are the same tensors: a new module may take
over parameters of an old module, and they stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from discopy import markov
from torch import nn
from torch.optim import LBFGS, Optimizer

from learning_diagrams.backends.torch.functor.box_modules import BoxModules, escape
from learning_diagrams.backends.torch.functor.functor import TorchFunctor
from learning_diagrams.backends.torch.functor.space import Space
from learning_diagrams.backends.torch.optimizers.param_groups import ParameterMove, edit_groups, group_of
from learning_diagrams.backends.torch.optimizers.per_player import by_player
from learning_diagrams.diagrams.box import Ty
from learning_diagrams.errors import CompileError, TypeMismatch, UnknownName, brief, did_you_mean
from learning_diagrams.learning_diagram import LearningDiagram

Trained = Mapping[str | None, Mapping[int, nn.Parameter]]  # by player, None for the whole objective; then by id


@dataclass(frozen=True)
class Change:
    """What an update changes in the modules of an objective, known before anything is changed.

    Parameters
    ----------
    extension : TorchFunctor, the new spaces and modules.
    replaced : dict from str to frozenset of int, for each box whose module is replaced the ids of its old parameters.
    leaving : dict from str to frozenset of int, for each box that leaves the ids of the parameters that leave with it.
    gone : frozenset of int, the ids of all parameters that no box has any more.
    spaces_stay : bool, whether the new spaces are those that the functor has already.
    """

    extension: TorchFunctor
    replaced: Mapping[str, frozenset[int]]
    leaving: Mapping[str, frozenset[int]]
    gone: frozenset[int]
    spaces_stay: bool

    @classmethod
    def of(cls, diagram: LearningDiagram, functor: TorchFunctor, boxes: BoxModules, extension: TorchFunctor) -> Change:
        """The change from the boxes of an objective to those of another learning diagram."""
        modules = functor.modules | extension.modules
        old = {name: _ids([boxes.of(name)]) for name in boxes.names}
        lasting = {*diagram.signature.boxes, *(kind.name for kind in functor.divergences)}
        stay = _ids(modules[name] for name in lasting if name in modules)
        gone = frozenset().union(*old.values()) - stay
        return cls(
            extension,
            {
                name: old.get(name, frozenset())
                for name, module in extension.modules.items()
                if functor.modules.get(name) not in (None, module)
            },
            {name: old[name] & gone for name in boxes.names if name not in lasting},
            gone,
            all(functor.spaces.get(name) == space for name, space in extension.spaces.items()),
        )

    def require_forgotten(
        self, diagram: LearningDiagram, optimizers: Iterable[Optimizer], forget: Iterable[markov.Box | str]
    ) -> None:
        """Raise `CompileError` for a box that leaves while an optimizer holds its parameters, unless `forget` names it.

        Parameters
        ----------
        diagram : the learning diagram that has the leaving boxes.
        """
        if isinstance(forget, str | markov.Diagram) or not isinstance(forget, Iterable):
            raise TypeMismatch(f"forget= takes a list of boxes or their names, got {brief(forget)}")
        forgotten = {diagram.box(box).name for box in forget}
        if staying := forgotten - self.leaving.keys():
            raise CompileError(f"forget= names {min(staying)!r}, which stays in the learning diagram; leave it out")
        held = {key for optimizer in optimizers for key in group_of(optimizer)}
        lost = sorted(name for name in self.leaving.keys() - forgotten if not held.isdisjoint(self.leaving[name]))
        if lost:
            names = ", ".join(map(repr, lost))
            raise CompileError(
                f"the update removes {names}, and the optimizer still holds the parameters; keep a constraint that "
                f"uses the box, or pass forget=[{names}] to give up its state"
            )

    def set_modes(self, boxes: BoxModules, before: BoxModules, training: bool) -> None:
        """Put the modules that begin to be trained in the mode of the objective; `training` is that mode."""
        boxes.training = training
        for name in boxes.trained:
            if name in self.replaced or (name in self.extension.modules and name not in before.names):
                boxes.of(name).train(training)
            elif name not in before.trained and not training:
                boxes.of(name).eval()

    def edit_optimizer(
        self, optimizer: Optimizer, player: str | None, boxes: BoxModules, before: Trained, now: Trained
    ) -> None:
        """Take out of an optimizer the parameters that are gone or another player's, and put in those that join.

        A frozen box keeps its place in the optimizer if its module is replaced.

        Parameters
        ----------
        before, now : for each player, or for None if there is no game, the parameters that are trained.
        """
        others = {key for name, parameters in now.items() if name != player for key in parameters}
        trained, earlier, held = now.get(player, {}), before.get(player, {}), group_of(optimizer)
        joining = []
        for name in boxes.names:
            beside = self.replaced.get(name, frozenset())
            in_place = name in boxes.frozen and not beside.isdisjoint(held)
            for key, parameter in boxes.of(name).named_parameters():
                if in_place or (id(parameter) in trained and id(parameter) not in earlier):
                    joining.append(ParameterMove(f"boxes.{escape(name)}.{key}", parameter, beside))
        edit_groups(optimizer, self.gone | others, joining)


def read_extension(
    diagram: LearningDiagram, modules: Mapping[markov.Box | str, Callable[..., Any]], spaces: Mapping[Ty | str, Space]
) -> TorchFunctor:
    """The new spaces and modules of an update as a functor, checked against the new learning diagram."""
    for keyword, mapping in (("modules", modules), ("spaces", spaces)):
        if not isinstance(mapping, Mapping):
            raise TypeMismatch(f"{keyword}= of update is a mapping, got {brief(mapping)}")
    extension = TorchFunctor(ob=spaces, ar=modules)
    for name in extension.modules:
        if name not in diagram.signature.boxes:
            known = did_you_mean(name, diagram.signature.boxes)
            raise UnknownName(
                f"modules= of update gives box {name!r}, which the learning diagram does not have; {known}"
            )
    return extension


def read_optimizers(
    optimizer: Optimizer | Mapping[str, Optimizer] | None, diagram: LearningDiagram
) -> dict[str | None, Optimizer]:
    """The optimizers of an update by player; under None if the learning diagram is not a game."""
    players = [player.name for player in diagram.players]
    optimizers = {} if optimizer is None or optimizer == {} else by_player(optimizer, players)
    for choice in optimizers.values():
        if not isinstance(choice, Optimizer):
            raise TypeMismatch(f"optimizer= of update takes an optimizer that is made already, got {brief(choice)}")
        if isinstance(choice, LBFGS):
            raise TypeMismatch(
                "the state of LBFGS is of all parameters together, so that none can leave or join; update without "
                "optimizer=, and make another one from objective.trainable_parameters()"
            )
    if None in optimizers and players:
        raise UnknownName(
            f"optimizer= is one optimizer, and the learning diagram is a game; give optimizers by player: {players}"
        )
    return optimizers


@contextmanager
def restored(functor: TorchFunctor) -> Iterator[None]:
    """Give the functor its spaces, modules and frozen boxes back if the block fails."""
    spaces, modules, frozen = dict(functor.spaces), dict(functor.modules), functor.freezing.frozen
    try:
        yield
    except BaseException:
        functor.restore(spaces, modules, frozen)
        raise


def _ids(modules: Iterable[Callable[..., Any]]) -> frozenset[int]:
    """The ids of the parameters of some modules."""
    return frozenset(id(p) for module in modules if isinstance(module, nn.Module) for p in module.parameters())
