"""Warnings about the boxes of a loss: modules that cannot learn, depend on more than their input, or end wrongly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from torch import nn

from learning_diagrams.backends.torch.functor.functor import TorchFunctor
from learning_diagrams.backends.torch.functor.hidden_parameters import hides_parameters
from learning_diagrams.backends.torch.objective.compiled_loss import CompiledLoss
from learning_diagrams.diagrams.box import is_deterministic
from learning_diagrams.errors.user_warning import warn
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.semantics.program.statement import Apply, Statement, Variable, definitions, uses


def warn_of_learning(loss: CompiledLoss, functor: TorchFunctor) -> None:
    """Warn of boxes and terms that cannot learn, of modules with batch statistics, and of kernels without logits."""
    frozen = {box.name for box in loss.diagram.frozen}
    statements = (statement for term in loss.terms for statement in term.statements)
    calls = (statement for statement in statements if isinstance(statement, Apply))
    applied = dict.fromkeys(name for call in calls for name in (call.box, *call.uses))
    random = []
    for name in [name for name in applied if name not in frozen]:
        module = functor.modules[name]
        if not isinstance(module, nn.Module):
            if hides_parameters(module):
                warn(
                    f"the module of box {name!r} is a function that holds trainable parameters, which are neither "
                    "trained nor saved; pass the nn.Module itself, or write one whose forward is this function"
                )
            continue
        parameters = list(module.parameters())
        if parameters and not any(parameter.requires_grad for parameter in parameters):
            warn(
                f"box {name!r} is not frozen, but no parameter of its module requires a gradient, so it will not "
                "learn; call .requires_grad_() on the module before the functor is made"
            )
        if any(_depends_on_more(part) for part in module.modules()):
            random.append(name)
    if random:
        warn(
            f"the modules of {', '.join(map(repr, random))} have dropout or batch statistics, so in training they are "
            "not functions of their input; each application is evaluated once, and what is proved holds in eval mode"
        )
    _warn_of_labels(loss, {name for name in applied if name not in frozen and _learns(functor.modules[name])})
    for box in (box for box in loss.diagram.boxes if box.name in applied and not is_deterministic(box)):
        last: object = functor.modules[box.name]
        while isinstance(last, nn.Sequential) and len(last):
            last = last[-1]
        if isinstance(last, nn.Softmax | nn.Sigmoid) and any(space.logits for space in functor(box.cod)):
            warn(
                f"the module of kernel {box.name!r} ends in {type(last).__name__}, whose probabilities are read as "
                f"logits; leave {type(last).__name__} out"
            )


def warn_of_thawing(before: LearningDiagram, now: LearningDiagram) -> None:
    """Warn of boxes that are trained now only because every constraint that mentioned them left.

    `without` takes a box away with the last constraint that mentions it, and that the box is frozen goes with it. While
    one constraint stays, perhaps with another weight, only `unfreeze` makes the box a trained one.
    """
    old = [replace(constraint, weight=1.0) for constraint in before.constraints]
    stay = (constraint for constraint in now.constraints if replace(constraint, weight=1.0) in old)
    kept = {box for constraint in stay for box in constraint.boxes}
    trained = {box.name for box in now.boxes} - {box.name for box in now.frozen}
    for box in sorted(trained.intersection(box.name for box in before.frozen) - kept):
        was = "followed another" if box in before.ema else "was frozen"
        warn(
            f"box {box!r} {was}, and is trained from now on, since every constraint that mentioned it left; if this is "
            "not meant, freeze it again, or add the new constraints before the old ones are taken away"
        )


def _warn_of_labels(loss: CompiledLoss, learners: AbstractSet[str]) -> None:
    """Warn of terms that teach no box, and of boxes that no term teaches, where labels cut the gradient."""
    boxes = {constraint.name: learners & constraint.boxes.keys() for constraint in loss.diagram.constraints}
    statements = [statement for term in loss.terms for statement in term.statements]
    taught: set[str] = set()
    cut: set[str] = set()
    advice = "let a side end in a kernel; a known function of a draw is a frozen Kernel that returns logits"
    for term in loss.terms:
        ends = [end for each in term.distances for end in (*each.references, *each.predictions)]
        ends += [value for each in term.distances for _, value in each.options if isinstance(value, Variable)]
        reached = reached_by_gradient(statements, [*ends, *([term.number] if term.number else [])])
        taught |= reached
        if ends and boxes[term.name] and not reached & boxes[term.name]:
            cut |= boxes[term.name]
            names = ", ".join(map(repr, sorted(boxes[term.name])))
            warn(
                f"the term of constraint {term.name!r} depends on {names} through labels alone, which pass no "
                f"gradient, so it teaches nothing; {advice}"
            )
    read = {name for term in loss.terms if term.distances for name in boxes[term.name]}
    if lost := sorted(read - taught - cut):
        warn(
            f"the loss depends on {', '.join(map(repr, lost))} through labels alone, which pass no gradient, so "
            f"nothing is learnt there; {advice}"
        )


def reached_by_gradient(statements: Sequence[Statement], ends: Iterable[Variable]) -> set[str]:
    """The boxes to which a gradient passes from some ends, unless it is detached; none passes through a label."""
    needed = {end for end in ends if not _is_label(end)}
    boxes: set[str] = set()
    for statement in reversed(statements):
        if not needed.isdisjoint(definitions(statement)):
            boxes.update((statement.box, *statement.uses) if isinstance(statement, Apply) else ())
            needed.update(variable for variable in uses(statement) if not _is_label(variable))
    return boxes


def _learns(module: object) -> bool:
    return isinstance(module, nn.Module) and any(parameter.requires_grad for parameter in module.parameters())


def _is_label(end: Variable) -> bool:
    return end.kind == "point" and end.space is not None and end.space.outcomes is not None


def _depends_on_more(part: nn.Module) -> bool:
    """Whether the output of a module depends on more than its input: on chance, or on the rest of the batch."""
    if isinstance(part, nn.modules.dropout._DropoutNd):
        return part.p > 0
    return isinstance(part, nn.modules.batchnorm._NormBase) and (part.training or not part.track_running_stats)
