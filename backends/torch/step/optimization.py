"""The optimizer of the boxes of an objective that are not frozen: one, or several that step as one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from discopy import markov
from torch import Tensor, nn
from torch.optim import Optimizer

from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.backends.torch.optimizers.decay import NoDecay, without_decay
from learning_diagrams.backends.torch.optimizers.finite_step import fused_options, needs_closure
from learning_diagrams.backends.torch.optimizers.joined import JoinedOptimizer
from learning_diagrams.backends.torch.optimizers.named_optimizer import NamedOptimizer
from learning_diagrams.documents.option_kind import annotations_of, require_kind
from learning_diagrams.errors import (
    CompileError,
    LearningDiagramError,
    TypeMismatch,
    UnknownName,
    brief,
    did_you_mean,
    plural,
)
from learning_diagrams.errors.user_warning import warn

Groups = Mapping[markov.Box | str, Mapping[str, Any]] | None
Choice = Optimizer | Callable[..., Optimizer]
LARGEST_RATE = 1e30  # optimizers multiply rates by numbers of their own, and PyTorch refuses what 32 bits do not hold
OWN = ("optimizer", "scheduler")  # the options of a box that give it an optimizer of its own


def make_optimizer(
    objective: Objective, optimizer: Choice, lr: float | None, groups: Groups = None, no_decay: NoDecay = False
) -> Optimizer:
    """The optimizer of the boxes that are not frozen; options as for `fit`."""
    options = _read_groups(objective, groups)
    if not objective.trainable_parameters():
        raise CompileError(
            "there is nothing to train: every box is frozen or has no parameter that requires a gradient"
        )
    if isinstance(optimizer, Optimizer):
        _require_effect(False, groups=groups is not None, no_decay=no_decay is not False, lr=lr is not None)
        _require_held(optimizer, objective, objective.trainable_parameters())
        return optimizer
    rate = 1e-3 if lr is None else lr
    boxes = {name: objective.boxes.of(name) for name in objective.trained}
    plain = without_decay(boxes, no_decay)
    parameters = {name: [p for p in module.parameters() if p.requires_grad] for name, module in boxes.items()}
    own = {name: options[name] for name in options if not options[name].keys().isdisjoint(OWN) and parameters[name]}
    for name, option in options.items():
        rest = {key: value for key, value in option.items() if key not in OWN}
        choice, where = option.get("optimizer", optimizer), f"groups= of box {name!r}: "
        if not isinstance(choice, Optimizer):
            _require_options(choice, rest, where)
    shared = [{"params": [p for name in parameters if name not in options for p in parameters[name]]}]
    shared += [{"params": parameters[name], **options[name]} for name in options if name not in own]
    parts: dict[str | None, Optimizer] = {}
    if any(group["params"] for group in shared):
        parts[None] = _call(optimizer, _split(shared, plain), rate, boxes.values())
    for name, option in own.items():
        rest = {key: value for key, value in option.items() if key not in OWN}
        choice, where = option.get("optimizer", optimizer), f"groups= of box {name!r}: "
        if not isinstance(choice, Optimizer):
            group = {"params": parameters[name], **rest}
            parts[name] = _call(choice, _split([group], plain), option.get("lr", rate), [boxes[name]], where)
        elif rest:
            raise TypeMismatch(f"{where}{min(rest)!r} has no effect on an optimizer that is made already")
        else:
            _require_held(choice, objective, parameters[name], where)
            parts[name] = choice
    makes = any(name is None or not isinstance(own[name].get("optimizer"), Optimizer) for name in parts)
    _require_effect(makes, no_decay=no_decay is not False, lr=lr is not None)
    if len(parts) == 1 and None in parts:
        result = parts[None]
    elif closures := [part for part in parts.values() if needs_closure(part)]:
        raise TypeMismatch(f"{type(closures[0]).__name__} steps with a closure, so no other optimizer stands beside it")
    else:
        result = JoinedOptimizer(parts, {name: own[name]["scheduler"] for name in own if "scheduler" in own[name]})
    if no_decay is not False and not any("weight_decay" in part.defaults for part in parts.values()):
        raise TypeMismatch(f"no_decay= has no effect on {type(result).__name__}, which has no weight_decay")
    return result


def _require_effect(makes: bool, **given: bool) -> None:
    """Raise for an option that is given, by name, unless an optimizer is made, which the option is for."""
    for name, is_given in given.items():
        if is_given and not makes:
            raise TypeMismatch(f"{name}= has no effect on an optimizer that is made already; pass its class instead")


def by_name(groups: Groups) -> dict[str, Mapping[str, Any]]:
    """Options by the names of the boxes."""
    if groups is not None and not isinstance(groups, Mapping):
        raise TypeMismatch(f"groups= takes a mapping from boxes to options, got {brief(groups)}")
    return {str(getattr(box, "name", box)): option for box, option in (groups or {}).items()}


def _read_groups(objective: Objective, groups: Groups) -> dict[str, Mapping[str, Any]]:
    """The options of single boxes by name; each box is trained."""
    options = by_name(groups)
    for box in groups or ():
        if box not in objective.loss.learnt_divergences:
            objective.diagram.box(box)
    for name, option in options.items():
        if not isinstance(option, Mapping):
            raise TypeMismatch(f"groups= gives box {name!r} {brief(option)}; give options, as {{'lr': 1e-4}}")
        if name not in objective.trained:
            raise UnknownName(
                f"groups= names box {name!r}, which is not trained; {did_you_mean(name, objective.trained)}"
            )
    return options


def _split(groups: list[dict[str, Any]], plain: frozenset[int]) -> list[dict[str, Any]]:
    """Parameter groups without empty ones, those without weight decay apart."""
    split = []
    for group in groups:
        decaying = [parameter for parameter in group["params"] if id(parameter) not in plain]
        others = [parameter for parameter in group["params"] if id(parameter) in plain]
        split += [group | {"params": decaying}] if decaying else []
        split += [group | {"params": others, "weight_decay": 0.0}] if others else []
    return split


def _call(
    optimizer: Any, groups: list[dict[str, Any]], lr: float, modules: Iterable[nn.Module], where: str = ""
) -> Optimizer:
    """An optimizer from its class or function."""
    if not callable(optimizer):
        raise TypeMismatch(
            f"{where}optimizer= takes a class, a callable or an instance, as torch.optim.Adam; got {brief(optimizer)}"
        )
    try:
        chosen = any(not {"fused", "foreach", "differentiable"}.isdisjoint(group) for group in groups)
        rate = {} if isinstance(optimizer, partial) and "lr" in optimizer.keywords else {"lr": lr}
        result = optimizer(groups, **rate, **({} if chosen else fused_options(optimizer, modules)))
    except LearningDiagramError:  # of an optimizer by name
        raise
    except TypeError as error:
        raise TypeMismatch(
            f"{where}optimizer= is called with parameter groups and lr=, which {brief(optimizer)} does not take: "
            f"{error}; give a class, or a function as lambda groups, lr: SGD(groups, lr, momentum=0.9)"
        ) from None
    except (RuntimeError, ValueError) as error:
        raise TypeMismatch(f"{where}optimizer= refuses its options: {error}") from None
    if not isinstance(result, Optimizer):
        raise TypeMismatch(f"{where}optimizer= must give a torch optimizer, got {type(result).__name__}")
    largest = max(float(group.get("lr", 0)) for group in result.param_groups)
    if largest > LARGEST_RATE:
        raise TypeMismatch(f"{where}lr is {largest:g}; a step computes in 32 bits: give at most {LARGEST_RATE:g}")
    return result


def _require_options(optimizer: Any, options: Mapping[str, Any], where: str) -> None:
    """Raise for an option of a box that the optimizer does not have, and for a rate that is no finite number ≥ 0."""
    kind = optimizer.func if isinstance(optimizer, partial) else optimizer
    kind = kind.kind if isinstance(kind, NamedOptimizer) else kind
    known = {*inspect.signature(kind).parameters} - {"params"} if isinstance(kind, type) else None
    kinds = annotations_of(kind) if isinstance(kind, type) else {}
    for key, value in options.items():
        if known is not None and key not in known:
            raise UnknownName(
                f"{where}{kind.__name__} has no option {key!r}; {did_you_mean(str(key), sorted({*known, *OWN}))}"
            )
        number = isinstance(value, int | float | Tensor) and not isinstance(value, bool)
        if key == "lr" and not (number and 0 <= float(value) < float("inf")):
            raise TypeMismatch(f"{where}optimizer= refuses its options: lr is {brief(value)}; give a number ≥ 0")
        if key in kinds and isinstance(value, str | bool | int | float | list | tuple):  # and no tensor or NumPy's
            require_kind(f"{where}option {key!r} of {kind.__name__}", kinds[key], value)


def _require_held(
    optimizer: Optimizer, objective: Objective, parameters: list[nn.Parameter], where: str = ""
) -> None:
    held = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    missing = sum(id(parameter) not in held for parameter in parameters)
    if missing == len(parameters):
        raise CompileError(
            f"{where}the optimizer holds no parameter that the objective trains; make it from "
            "objective.trainable_parameters()"
        )
    if missing:
        player = objective.loss.player  # an error gets the player's name further up
        where = where if player is None else f"player {player.name!r}: {where}"
        warn(
            f"{where}the optimizer does not hold {missing} of {plural(len(parameters), 'parameter')} that the "
            "objective trains, and these stay as they are; freeze their boxes, or make it from "
            "objective.trainable_parameters()"
        )
