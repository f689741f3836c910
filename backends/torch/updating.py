"""Updates: an objective that becomes the loss of another learning diagram, and keeps what it has learned.

Boxes are the same when their names are. A box that stays keeps its module, its parameters, and what an optimizer knows
of them; what a new box has joins the optimizer; a box that leaves is forgotten only where that is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from discopy import markov
from torch import nn
from torch.optim import Optimizer

from learning_diagrams.backends.torch.functor import TorchFunctor
from learning_diagrams.backends.torch.space import Space
from learning_diagrams.box import Ty
from learning_diagrams.errors import CompileError, TypeMismatch, UnknownName, did_you_mean, shown
from learning_diagrams.learning_diagram import LearningDiagram

if TYPE_CHECKING:
    from learning_diagrams.backends.torch.objective import Objective

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
    from learning_diagrams.backends.torch.compiler import compile

    if not isinstance(diagram, LearningDiagram):
        raise TypeMismatch(f"update takes a learning diagram, got {shown(diagram)}")
    given = TorchFunctor(ob=spaces, ar=modules)  # reads and checks the keys
    for name in given.modules:
        if name not in diagram.signature.boxes:
            known = did_you_mean(name, diagram.signature.boxes)
            raise UnknownName(
                f"modules= of update gives box {name!r}, which the learning diagram does not have; {known}"
            )
    functor, before = objective.functor, objective.boxes
    swapped = {name for name, module in given.modules.items() if functor.modules.get(name) not in (None, module)}
    optimizers = _by_player(optimizer, diagram)
    leaving = {name for name in before.names if name not in diagram.signature.boxes}
    dropped = _require_forgotten(objective, leaving, optimizers, forget)
    if diagram == objective.diagram and not swapped:
        return
    old = {name: list(before.of(name).parameters()) for name in before.names}
    with _restored(functor):
        functor.extend(given)
        fresh = compile(diagram, functor, axioms="trust" if objective.trusts_axioms else "check")
        fresh.training = fresh.boxes.training = objective.training
        for name in fresh.boxes.names:
            if name in given.modules and name not in fresh.boxes.frozen:
                fresh.boxes.of(name).train(objective.training)
    # From here on nothing can fail.
    objective.become(fresh)
    gone = {id(p) for name in dropped | swapped for p in old.get(name, ())}
    for name in objective.boxes.frozen:
        for parameter in objective.boxes.of(name).parameters():
            parameter.grad = None  # so that no optimizer moves it, by momentum or weight decay
    for player, chosen in optimizers.items():
        mine = objective.players[player] if player else objective
        others = {
            id(p) for name, one in objective.players.items() if name != player for p in one.trainable_parameters()
        }
        _edit(chosen, gone | others, mine.trainable_parameters())


def _by_player(optimizer: Optimizer | Optimizers | None, diagram: LearningDiagram) -> Optimizers:
    given = {} if optimizer is None else dict(optimizer) if isinstance(optimizer, Mapping) else {"": optimizer}
    players = {player.name for player in diagram.players} or {""}
    for name, one in given.items():
        if not isinstance(one, Optimizer):
            raise TypeMismatch(f"optimizer= of update takes an optimizer that is made already, got {shown(one)}")
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
    objective: Objective, leaving: set[str], optimizers: Optimizers, forget: Iterable[markov.Box | str]
) -> set[str]:
    """The boxes that leave; `CompileError` where an optimizer holds one that is not to be forgotten."""
    if isinstance(forget, str | markov.Diagram) or not isinstance(forget, Iterable):
        raise TypeMismatch(f"forget= takes a list of boxes or their names, got {shown(forget)}")
    said = {objective.diagram.box(box).name for box in forget}
    if staying := said - leaving:
        raise CompileError(f"forget= names {min(staying)!r}, which stays in the learning diagram; leave it out")
    held = {id(p) for one in optimizers.values() for group in one.param_groups for p in group["params"]}
    lost = sorted(name for name in leaving - said if any(id(p) in held for p in objective.boxes.of(name).parameters()))
    if lost:
        names = ", ".join(map(repr, lost))
        raise CompileError(
            f"the update removes {names}, and the optimizer still holds the parameters; keep a constraint that uses "
            f"what is to stay, or pass forget=[{names}] to give up its state"
        )
    return leaving


def _edit(optimizer: Optimizer, gone: set[int], wanted: list[nn.Parameter]) -> None:
    """Take parameters out of an optimizer with their state, and put new ones into its first group."""
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            if id(parameter) in gone:
                optimizer.state.pop(parameter, None)
        group["params"] = [p for p in group["params"] if id(p) not in gone]
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    # Not a group of their own: a scheduler knows the groups that there were when it was made.
    optimizer.param_groups[0]["params"] += [p for p in wanted if id(p) not in held]


@contextmanager
def _restored(functor: TorchFunctor) -> Iterator[None]:
    """If what is inside fails, the functor has its spaces, modules and frozen boxes back."""
    spaces, modules, frozen = dict(functor.spaces), dict(functor.modules), functor.freezing.now
    try:
        yield
    except BaseException:
        functor.restore(spaces, modules, frozen)
        raise
