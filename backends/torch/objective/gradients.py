"""Gradients looked at: how the terms of a loss pull at the parameters of each box, and which boxes get no gradient.

>>> a = nn.Parameter(torch.ones(2))
>>> cosines_of_terms({"down": a[0], "up": -2 * a[0], "aside": a[1]}, {"f": [a]})["f"]
{('down', 'up'): -1.0, ('down', 'aside'): 0.0, ('up', 'aside'): 0.0}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import combinations

import torch
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity

from learning_diagrams.backends.torch.functor.box_modules import BoxModules
from learning_diagrams.backends.torch.objective.summands import weighted_terms
from learning_diagrams.learning_diagram import LearningDiagram

Parameters = Mapping[str, Sequence[nn.Parameter]]  # by box


def term_gradients(terms: Mapping[str, Tensor], parameters: Sequence[nn.Parameter]) -> dict[str, list[Tensor | None]]:
    """For each term with a gradient, its gradient in each parameter; None where the term does not reach it."""
    return {
        name: list(torch.autograd.grad(term, parameters, retain_graph=True, allow_unused=True))
        for name, term in terms.items()
        if term.requires_grad
    }


def flat(gradients: Sequence[Tensor | None], parameters: Sequence[nn.Parameter]) -> Tensor:
    """Gradients as one vector, 0 where there is none."""
    parts = [torch.zeros_like(p) if g is None else g for g, p in zip(gradients, parameters, strict=True)]
    return torch.cat([_dense(part).flatten() for part in parts])


def _dense(gradient: Tensor) -> Tensor:
    return gradient.to_dense() if gradient.is_sparse else gradient


def cosines_of_terms(terms: Mapping[str, Tensor], parameters: Parameters) -> dict[str, dict[tuple[str, str], float]]:
    """For each box and each pair of terms that reach it, the cosine between their gradients; 0 if one is 0."""
    result: dict[str, dict[tuple[str, str], float]] = {}
    for box, own in parameters.items():
        if not own:  # a function learns nothing
            continue
        reached = {n: g for n, g in term_gradients(terms, own).items() if any(part is not None for part in g)}
        vectors = {name: flat(gradients, own).double() for name, gradients in reached.items()}
        result[box] = {(a, b): cosine_similarity(vectors[a], vectors[b], 0).item() for a, b in combinations(vectors, 2)}
    return result


def cosines(
    shares: Iterable[tuple[Tensor, Mapping[str, Tensor], Parameters]], parameters: Parameters
) -> dict[str, dict[tuple[str, str], float]]:
    """For each box the cosines between the gradients of the summands of the total that trains it.

    Parameters
    ----------
    shares : for each player, or for everybody, the total, its terms, and the parameters that it trains.
    parameters : those of all boxes; a box that no player trains has no cosines.
    """
    found: dict[str, dict[tuple[str, str], float]] = {box: {} for box, own in parameters.items() if own}
    for total, terms, trained in shares:
        found |= cosines_of_terms(weighted_terms(total, terms), trained)
    return found


def without_gradient(
    shares: Iterable[tuple[Tensor, Parameters, LearningDiagram]],
    boxes: BoxModules,
    followed: Mapping[str, tuple[str, object]],
) -> dict[str, str]:
    """The boxes with parameters that get no gradient from the total that trains them, and why.

    Parameters
    ----------
    shares : for each player, or for everybody, the total, the parameters that it trains, and the learning diagram.
    followed : mapping from each box that follows another one to that one and the decay.
    """
    reasons: dict[str, str | None] = {
        name: f"it follows {followed[name][0]!r}"
        if name in followed
        else "it is frozen"
        if name in boxes.frozen
        else "no player trains it"
        for name in boxes.names
        if next(boxes.of(name).parameters(), None) is not None
    }
    for total, parameters, diagram in shares:
        for name, own in parameters.items():
            if name in reasons:
                reasons[name] = _reason(name, total, own, diagram)
    return {name: reason for name, reason in reasons.items() if reason is not None}


def _reason(box: str, total: Tensor, parameters: Sequence[nn.Parameter], diagram: LearningDiagram) -> str | None:
    """Why a box gets no gradient from a total; None if it gets one."""
    if not parameters:
        return "no parameter of its module requires a gradient"
    gradients = [part for part in term_gradients({"": total}, parameters).get("", []) if part is not None]
    if gradients:
        return None if any(bool(part.any()) for part in map(_dense, gradients)) else "its gradient is 0 on this batch"
    users = [constraint for constraint in diagram.constraints if box in constraint.boxes]
    counted = [constraint for constraint in users if constraint.weight != 0]
    names = ", ".join(repr(constraint.name) for constraint in counted or users)
    if not counted:
        return f"what reads it has weight 0: {names}" if users else "no constraint reads it"
    if all(constraint.detach for constraint in counted):
        return f"detach= cuts it off in {names}"
    return f"its output reaches no value of {names}: it is a label, or a module detaches it"


@contextmanager
def without_trace(module: nn.Module) -> Iterator[None]:
    """Put buffers, and torch's generators of the CPU and of the module's devices, back at the end."""
    buffers = [(buffer, buffer.clone()) for buffer in module.buffers()]
    devices = {tensor.device for tensor in (*module.parameters(), *module.buffers()) if tensor.is_cuda}
    with torch.random.fork_rng(list(devices)):
        yield
    with torch.no_grad():
        for buffer, before in buffers:
            buffer.copy_(before)
