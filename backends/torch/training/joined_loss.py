"""The gradient of the loss of several batches joined, made one batch at a time.

A term is a mean over the rows that count. The term of joined batches is Σ term · count / Σ count, so the counts of all
batches are read, from their masks, before the first gradient is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from learning_diagrams.backends.torch.data.mask import Batch
from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.backends.torch.objective.summands import weighted_terms
from learning_diagrams.errors import CompileError

Loss = tuple[Tensor, Mapping[str, Tensor]]
Counts = Mapping[str, Tensor]


def add_gradient(
    objective: Objective,
    call: Callable[..., Loss],
    batches: Sequence[Batch],
    strict: bool,
    backward: Callable[[Tensor], None],
) -> tuple[Tensor, dict[str, Tensor], Counts]:
    """Add the gradient of the loss of joined batches; return total and terms, without gradient, and counts.

    Parameters
    ----------
    call : the objective, or the function that it is called through. Where the shares of a batch in the terms differ,
        by masks, the objective itself is called, because the terms are weighed one by one.
    backward : function that adds the gradient of a loss.
    """
    if len(batches) == 1:
        total, terms = call(batches[0], strict)
        _require_gradient(total)
        backward(total)
        return total.detach(), {name: term.detach() for name, term in terms.items()}, objective.counts(batches[0])
    for batch in batches:
        objective.layout.check(batch, strict)
    counts = [objective.counts(batch) for batch in batches]
    joined = {name: torch.stack([count[name] for count in counts]).sum() for name in counts[0]}
    totals: list[Tensor] = []
    parts: dict[str, list[Tensor]] = {name: [] for name in joined}
    for batch, count in zip(batches, counts, strict=True):
        shares = {name: count[name] / joined[name].clamp(min=1).double() for name in joined}
        at_hand = all(share.device.type == "cpu" for share in shares.values())
        even = at_hand and len({float(share) for share in shares.values()}) == 1
        total, terms = (call if even else objective)(batch, strict)
        _require_gradient(total)
        weighed = total * float(next(iter(shares.values()))) if even else _weighed(total, terms, shares)
        backward(weighed)
        totals.append(weighed.detach())
        for name, term in terms.items():
            parts[name].append(term.detach() * shares[name].to(term.dtype))
    return _sum(totals), {name: _sum(values) for name, values in parts.items()}, joined


def _weighed(total: Tensor, terms: Mapping[str, Tensor], shares: Mapping[str, Tensor]) -> Tensor:
    """The total with each weighted term times its share; what has no gradient only counts as a value."""
    weighted = weighted_terms(total, terms)
    rest = total.detach() - _sum([value.detach() for value in weighted.values()])
    constant = next((name for name in terms if name not in weighted), None)
    values = [value * shares[name].to(value.dtype) for name, value in weighted.items()]
    return _sum(values) + (0.0 if constant is None else rest * shares[constant].to(rest.dtype))


def _sum(values: Sequence[Tensor]) -> Tensor:
    return torch.stack(list(values)).sum()


def _require_gradient(total: Tensor) -> None:
    if not total.requires_grad:
        raise CompileError(
            "the total depends on no parameter that is trained, so there is no gradient; objective.flow(batch) says why"
        )
