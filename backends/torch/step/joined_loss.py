"""The loss of several batches joined, and its gradient, computed one batch at a time.

A term is a mean over the rows that count. The term of joined batches is Σ term · count / Σ count, so the counts of all
batches are read, from their masks, before the first gradient is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from learning_diagrams.backends.torch.data.mask import Batch
from learning_diagrams.backends.torch.functor.module_support import is_sharded
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
    context : what the objective is called in, as `torch.autocast`; None for nothing.
    aggregator : function from the Jacobian of the weighted terms to a gradient; None sums.
    """

    objective: Objective
    call: Call
    context: Callable[[], AbstractContextManager[object]] | None = None
    aggregator: Aggregator | None = None

    def value(self, call: Call, batch: Batch, strict: bool) -> tuple[Tensor, Terms]:
        """Total and terms of a batch; `CompileError` if the total has no gradient."""
        if self.context is None:
            total, terms = call(batch, strict)
        else:
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
        optimizer: Optimizer,
        scaler: torch.amp.GradScaler | None = None,
    ) -> tuple[Tensor, dict[str, Tensor], Terms]:
        """Put the gradient into the parameters of an optimizer; return total and terms, detached, and counts."""
        parameters: list[nn.Parameter] | None = None
        if self.aggregator is not None or self.objective.loss.player is not None:
            parameters = [p for group in optimizer.param_groups for p in group["params"] if p.requires_grad]
            if any(map(is_sharded, parameters)):  # the gradients of their parts come from other tensors
                parameters = None
        if len(batches) == 1 and self.aggregator is None:  # the plain step, in which each operation counts
            total, terms = self.value(self.call, batches[0], strict)
            (total if scaler is None else scaler.scale(total)).backward(inputs=parameters)  # type: ignore[no-untyped-call]
            detached = {name: term.detach() for name, term in terms.items()}
            return total.detach(), detached, self.objective.loss.counts(batches[0])
        shares, counts = self._shares(batches, strict) if len(batches) > 1 else ([{}], {})
        totals: list[Tensor] = []
        values: dict[str, list[Tensor]] = {}
        jacobian: dict[str, list[Tensor | None]] = {}
        for number, (batch, share) in enumerate(zip(batches, shares, strict=True), 1):
            even = _even(share) if self.aggregator is None else None
            self.before(number == len(batches))
            total, terms = self.value(self.plain if even is None else self.call, batch, strict)
            if even is not None:
                value = total if even == 1 else total * even
            else:
                summands = self._summands(total, terms, share)
                value = torch.stack(list(summands.values())).sum()
            if self.aggregator is None:
                scaled = value if scaler is None else scaler.scale(value)
                scaled.backward(inputs=parameters)  # type: ignore[no-untyped-call]
            else:
                _add_rows(jacobian, summands, parameters or [])
            totals.append(value.detach())
            for name, term in terms.items():
                values.setdefault(name, []).append(_times(term.detach(), share.get(name)))
        if self.aggregator is not None:
            aggregate(self.aggregator, self.met(jacobian), parameters or [])
        joined = {name: _sum(parts) for name, parts in values.items()}
        return _sum(totals), joined, counts or self.objective.counts(batches[0])

    @property
    def plain(self) -> Call:
        """What is called where terms are weighed one by one."""
        return self.objective

    def before(self, last: bool) -> None:
        """What happens before one of several batches, of which the last one completes the gradient."""

    def met(self, jacobian: dict[str, list[Tensor | None]]) -> dict[str, list[Tensor | None]]:
        """The gradients of each term, for the aggregator."""
        return jacobian

    def _shares(self, batches: Sequence[Batch], strict: bool) -> tuple[list[dict[str, Tensor]], Terms]:
        """For each batch its share in each term, 0-d float64 tensors; and the counts of all batches together."""
        for batch in batches:
            self.objective.layout.check(batch, strict)
        counts = [self.objective.counts(batch) for batch in batches]
        joined = {name: torch.stack([count[name] for count in counts]).sum() for name in counts[0]}
        return [{name: count[name] / joined[name].clamp(min=1).double() for name in joined} for count in counts], joined

    def _summands(self, total: Tensor, terms: Terms, share: Terms) -> dict[str, Tensor]:
        """Share · weight · term for each term of the total, also for a term that reaches no parameter."""
        weighted = weighted_terms(total, terms)
        rest = total - sum(weighted.values())
        terms_now = self.objective.loss_now.terms
        constant = [term for term in terms_now if term.name not in weighted and term.weight_value != 0]
        if not (weighted or constant):  # every weight stands at 0
            return {next(iter(terms)): total}
        for term in constant:
            fixed = term.number is None and term is not constant[-1]
            weighted[term.name] = self.objective.constants[term.weight] * terms[term.name] if fixed else rest
            rest = rest - weighted[term.name]
        return {name: _times(value, share.get(name)) for name, value in weighted.items()}


def _even(share: Terms) -> float | None:
    """The share of a batch in all terms; None if it differs, or is not known without waiting for the device."""
    if any(part.device.type != "cpu" for part in share.values()):
        return None
    parts = {float(part) for part in share.values()} or {1.0}
    return parts.pop() if len(parts) == 1 else None


def _times(value: Tensor, share: Tensor | None) -> Tensor:
    return value if share is None else value * share.to(value.dtype)


def _add_rows(jacobian: dict[str, list[Tensor | None]], summands: Terms, parameters: Sequence[nn.Parameter]) -> None:
    """Add the gradients of some terms to those of the batches before."""
    for name, row in term_gradients(summands, parameters).items():
        before = jacobian.get(name, [None] * len(row))
        jacobian[name] = [b if a is None else a if b is None else a + b for a, b in zip(row, before, strict=True)]


def _sum(values: Sequence[Tensor]) -> Tensor:
    return values[0] if len(values) == 1 else torch.stack(list(values)).sum()
