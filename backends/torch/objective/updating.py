"""Updates: an objective that becomes the loss of another learning diagram, and keeps what it has learned.

Boxes are the same when their names are; a renamed box is a new one. A box that stays keeps its module, its parameters,
and what an optimizer knows of them; what begins to be trained joins the optimizer; a box that leaves is forgotten only
where that is said. Parameters are the same when they are the same tensors: those that a new module takes over from an
old one stay too.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from discopy import markov
from torch import nn
from torch.optim import LBFGS, Optimizer

from learning_diagrams.backends.torch.functor.functor import TorchFunctor
from learning_diagrams.backends.torch.functor.space import Space
from learning_diagrams.backends.torch.optimizers.param_groups import ParameterMove, edit_groups, group_of
from learning_diagrams.diagrams.box import Ty
from learning_diagrams.errors import CompileError, TypeMismatch, UnknownName, brief, did_you_mean
from learning_diagrams.learning_diagram import LearningDiagram

if TYPE_CHECKING:
    from learning_diagrams.backends.torch.objective.objective import Objective

Optimizers = Mapping[str, Optimizer]  # by player; under "" where there is no game


def update(
    objective: Objective,
    diagram: LearningDiagram,
    optimizer: Optimizer | Optimizers | None,
    modules: Mapping[markov.Box | str, Callable[..., Any]],
    spaces: Mapping[Ty | str, Space],
    forget: Iterable[markov.Box | str],
) -> None:
    """See `Objective.update`."""
    from learning_diagrams.backends.torch.objective.compiler import recompile

    if not isinstance(diagram, LearningDiagram):
        raise TypeMismatch(f"update takes a learning diagram, got {brief(diagram)}")
    if objective.is_player:
        raise CompileError(
            f"this is the loss of one player, {objective.diagram.name!r}, which a game makes; update the objective "
            "of the game"
        )
    given = _read_given(diagram, modules, spaces)
    functor, before = objective.functor, objective.boxes
    swapped = {name for name, module in given.modules.items() if functor.modules.get(name) not in (None, module)}
    optimizers = _by_player(optimizer, diagram)
    old = {name: list(before.of(name).parameters()) for name in before.names}
    modules_then = functor.modules | given.modules
    stay = {
        id(p)
        for name in diagram.signature.boxes
        if isinstance(module := modules_then.get(name), nn.Module)
        for p in module.parameters()
    }
    gone = {id(p) for parameters in old.values() for p in parameters} - stay
    leaving = set(before.names) - set(diagram.signature.boxes)
    _require_forgotten(objective, {name: {id(p) for p in old[name]} & gone for name in leaving}, optimizers, forget)
    same_spaces = all(functor.spaces.get(name) == space for name, space in given.spaces.items())
    if diagram == objective.diagram and not swapped and same_spaces:
        return
    trained = {player: _trained(objective, player) for player in optimizers}
    with restored(functor):
        functor.extend(given, leaving)
        axioms = "trust" if objective.trusts_axioms else "check"
        fresh = recompile(diagram, functor, axioms, kept=objective.divergences.definitions)
        fresh.training = fresh.boxes.training = objective.training
        for name in fresh.boxes.trained:
            if name in swapped or (name in given.modules and name not in before.names):
                fresh.boxes.of(name).train(objective.training)
            elif name not in before.trained and not objective.training:
                fresh.boxes.of(name).eval()
    # From here on nothing can fail.
    objective.become(fresh)
    for name in objective.boxes.frozen:
        for parameter in objective.boxes.of(name).parameters():
            parameter.grad = None  # so that no optimizer moves it, by momentum or weight decay
    for player, chosen in optimizers.items():
        others = {id(p) for name in objective.players if name != player for p in _trained(objective, name).values()}
        replaced = {name: frozenset(map(id, old[name])) for name in swapped & old.keys()}
        joining = list(_joining(objective, player, trained[player], replaced, chosen))  # before anything leaves
        edit_groups(chosen, gone | others, joining)


def _read_given(
    diagram: LearningDiagram, modules: Mapping[markov.Box | str, Callable[..., Any]], spaces: Mapping[Ty | str, Space]
) -> TorchFunctor:
    """The new spaces and modules, their keys read and checked."""
    for what, mapping in (("modules", modules), ("spaces", spaces)):
        if not isinstance(mapping, Mapping):
            raise TypeMismatch(f"{what}= of update is a mapping, got {brief(mapping)}")
    given = TorchFunctor(ob=spaces, ar=modules)
    for name in given.modules:
        if name not in diagram.signature.boxes:
            known = did_you_mean(name, diagram.signature.boxes)
            raise UnknownName(
                f"modules= of update gives box {name!r}, which the learning diagram does not have; {known}"
            )
    return given


def _trained(objective: Objective, player: str) -> dict[int, nn.Parameter]:
    """What trains for a player, or where there is no game under "", by id; nothing for a player that there is not."""
    named = objective.players or {"": objective}
    return {id(p): p for p in named[player].trainable_parameters()} if player in named else {}


def _joining(
    objective: Objective,
    player: str,
    before: Container[int],
    replaced: Mapping[str, frozenset[int]],
    optimizer: Optimizer,
) -> Iterator[ParameterMove]:
    """What an optimizer is to hold besides; a frozen box keeps its place though its module changed."""
    now, held = _trained(objective, player), group_of(optimizer)
    for name in objective.boxes.names:
        beside = replaced.get(name, frozenset())
        in_place = name in objective.boxes.frozen and not beside.isdisjoint(held)
        for key, parameter in objective.boxes.of(name).named_parameters():
            if in_place or (id(parameter) in now and id(parameter) not in before):
                yield ParameterMove(f"{name}/{key}", parameter, beside)


def _by_player(optimizer: Optimizer | Optimizers | None, diagram: LearningDiagram) -> Optimizers:
    given = {} if optimizer is None else dict(optimizer) if isinstance(optimizer, Mapping) else {"": optimizer}
    players = {player.name for player in diagram.players} or {""}
    for name, one in given.items():
        if not isinstance(one, Optimizer):
            raise TypeMismatch(f"optimizer= of update takes an optimizer that is made already, got {brief(one)}")
        if isinstance(one, LBFGS):
            raise TypeMismatch(
                "the state of LBFGS is of all parameters together, so that none can leave or join; update without "
                "optimizer=, and make another one from objective.trainable_parameters()"
            )
        if name not in players:
            if players == {""}:
                raise TypeMismatch(
                    "optimizer= is given by player, and the learning diagram is no game; pass one optimizer"
                )
            raise UnknownName(
                f"optimizer= is given for {name!r}, and the learning diagram is a game; give optimizers by player: "
                f"{did_you_mean(name, players)}"
            )
    return given


def _require_forgotten(
    objective: Objective,
    leaving: Mapping[str, set[int]],
    optimizers: Optimizers,
    forget: Iterable[markov.Box | str],
) -> None:
    """`CompileError` where a box leaves, an optimizer holds what leaves with it, and it is not to be forgotten."""
    if isinstance(forget, str | markov.Diagram) or not isinstance(forget, Iterable):
        raise TypeMismatch(f"forget= takes a list of boxes or their names, got {brief(forget)}")
    said = {objective.diagram.box(box).name for box in forget}
    if staying := said - leaving.keys():
        raise CompileError(f"forget= names {min(staying)!r}, which stays in the learning diagram; leave it out")
    held = {key for one in optimizers.values() for key in group_of(one)}
    lost = sorted(name for name, parameters in leaving.items() if name not in said and not held.isdisjoint(parameters))
    if lost:
        names = ", ".join(map(repr, lost))
        raise CompileError(
            f"the update removes {names}, and the optimizer still holds the parameters; keep a constraint that uses "
            f"what is to stay, or pass forget=[{names}] to give up its state"
        )


@contextmanager
def restored(functor: TorchFunctor) -> Iterator[None]:
    """If what is inside fails, the functor has its spaces, modules and frozen boxes back."""
    spaces, modules, frozen = dict(functor.spaces), dict(functor.modules), functor.freezing.now
    try:
        yield
    except BaseException:
        functor.restore(spaces, modules, frozen)
        raise
