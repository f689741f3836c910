"""The loss of several batches joined, and its gradient, computed one batch at a time.

A term is a mean over the rows that count. The term of joined batches is Σ term · count / Σ count, so the counts of all
batches are read, from their masks, before the first gradient is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from learning_diagrams.backends.torch.data.mask import Batch
from learning_diagrams.backends.torch.objective.gradients import term_gradients
from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.backends.torch.objective.summands import weighted_terms
from learning_diagrams.backends.torch.step.aggregation import Aggregator, aggregate
from learning_diagrams.errors import CompileError

Terms = Mapping[str, Tensor]
Call = Callable[..., tuple[Tensor, Terms]]


@dataclass(frozen=True)
class JoinedLoss:
    """The loss of an objective on batches joined, and how its gradient is computed.

    Attributes
    ----------
    objective : Objective, of the player or of everybody.
    call : the objective, or the function that it is called through after `torch.compile`. Where terms are weighed one
        by one, the objective itself is called: with an aggregator, or if masks give a batch unequal shares in terms.
    context : what the objective is called in, as `torch.autocast`.
    aggregator : function from the Jacobian of the weighted terms to a gradient; None sums.
    """

    objective: Objective
    call: Call
    context: Callable[[], AbstractContextManager[object]] = nullcontext
    aggregator: Aggregator | None = None

    def value(self, call: Call, batch: Batch, strict: bool) -> tuple[Tensor, Terms]:
        """Total and terms of a batch; `CompileError` if the total has no gradient."""
        with self.context():
            total, terms = call(batch, strict)
        if not total.requires_grad:
            raise CompileError(
                "the total depends on no parameter that is trained, so there is no gradient; objective.flow(batch) "
                "says why"
            )
        return total, terms

    def differentiate(
        self,
        batches: Sequence[Batch],
        strict: bool,
        parameters: Sequence[nn.Parameter],
        scaler: torch.amp.GradScaler | None = None,
    ) -> tuple[Tensor, dict[str, Tensor], Terms]:
        """Put the gradient into the parameters; return total and terms, without gradient, and counts."""
        shares, counts = self._shares(batches, strict) if len(batches) > 1 else ([{}], {})
        totals: list[Tensor] = []
        values: dict[str, list[Tensor]] = {}
        jacobian: dict[str, list[Tensor | None]] = {}
        for batch, share in zip(batches, shares, strict=True):
            even = _even(share) if self.aggregator is None else None
            total, terms = self.value(self.objective if even is None else self.call, batch, strict)
            if even is not None:
                value = total if even == 1 else total * even
                self._backward(value, parameters, scaler)
            else:
                weighted = weighted_terms(total, terms)
                summands = {name: _times(part, share.get(name)) for name, part in weighted.items()}
                value = torch.stack(list(summands.values())).sum() + _constant_part(total, terms, weighted, share)
                if self.aggregator is None:
                    self._backward(value, parameters, scaler)
                else:
                    _add_rows(jacobian, summands, parameters)
            totals.append(value.detach())
            for name, term in terms.items():
                values.setdefault(name, []).append(_times(term.detach(), share.get(name)))
        if self.aggregator is not None:
            aggregate(self.aggregator, jacobian, parameters)
        joined = {name: _sum(parts) for name, parts in values.items()}
        return _sum(totals), joined, counts or self.objective.counts(batches[0])

    def _shares(self, batches: Sequence[Batch], strict: bool) -> tuple[list[dict[str, Tensor]], Terms]:
        """For each batch its share in each term, 0-d float64 tensors; and the counts of all batches together."""
        for batch in batches:
            self.objective.layout.check(batch, strict)
        counts = [self.objective.counts(batch) for batch in batches]
        joined = {name: torch.stack([count[name] for count in counts]).sum() for name in counts[0]}
        return [{name: count[name] / joined[name].clamp(min=1).double() for name in joined} for count in counts], joined

    def _backward(self, loss: Tensor, parameters: Sequence[nn.Parameter], scaler: torch.amp.GradScaler | None) -> None:
        """Add the gradient; in a game to the parameters of the player alone."""
        scaled = loss if scaler is None else scaler.scale(loss)
        game = self.objective.loss.player is not None
        scaled.backward(inputs=parameters if game else None)  # type: ignore[no-untyped-call]


def _even(share: Terms) -> float | None:
    """The share of a batch in all terms; None if it differs, or is not known without waiting for the device."""
    if any(part.device.type != "cpu" for part in share.values()):
        return None
    parts = {float(part) for part in share.values()} or {1.0}
    return parts.pop() if len(parts) == 1 else None


def _times(value: Tensor, share: Tensor | None) -> Tensor:
    return value if share is None else value * share.to(value.dtype)


def _constant_part(total: Tensor, terms: Terms, weighted: Terms, share: Terms) -> Tensor | float:
    """What terms without a gradient add to the total."""
    constant = next((name for name in terms if name not in weighted), None)
    if constant is None:
        return 0.0
    return _times(total.detach() - sum(part.detach() for part in weighted.values()), share.get(constant))


def _add_rows(jacobian: dict[str, list[Tensor | None]], summands: Terms, parameters: Sequence[nn.Parameter]) -> None:
    """Add the gradients of some terms to those of the batches before."""
    for name, row in term_gradients(summands, parameters).items():
        before = jacobian.get(name, [None] * len(row))
        jacobian[name] = [b if a is None else a if b is None else a + b for a, b in zip(row, before, strict=True)]


def _sum(values: Sequence[Tensor]) -> Tensor:
    return values[0] if len(values) == 1 else torch.stack(list(values)).sum()
