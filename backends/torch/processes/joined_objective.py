"""An objective whose terms are those of the rows of all processes, while each process computes its own rows.

Every term is a sum and a count, or, where it depends on several rows at once, the value of all rows brought together.
So the total has the same bits in every process, and is that of one process up to rounding. The mean over the processes
of its gradients, which `DistributedDataParallel` and `fully_shard` form, is the gradient of one process.

With one process the terms are those of the objective.

Source: Li et al., *PyTorch Distributed: experiences on accelerating data parallel training* (2020).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from learning_diagrams.backends.torch.data.mask import Batch
from learning_diagrams.backends.torch.divergences.code_names import reserved
from learning_diagrams.backends.torch.functor.box_modules import escape
from learning_diagrams.backends.torch.objective.compiled_loss import Boxes, Buffers, CompiledLoss
from learning_diagrams.backends.torch.objective.executable import make_function
from learning_diagrams.backends.torch.objective.model import ShownModule
from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.backends.torch.processes.joined_batch import whole_batch
from learning_diagrams.backends.torch.processes.joined_draws import JoinedDraws
from learning_diagrams.backends.torch.processes.joined_presence import JoinedPresence
from learning_diagrams.backends.torch.processes.refusals import require_processes_can
from learning_diagrams.backends.torch.processes.world import processes, totals
from learning_diagrams.errors import DataError, TypeMismatch, brief
from learning_diagrams.semantics.program.printer import Term
from learning_diagrams.semantics.program.spread_printer import SpreadPrinter, spread_of
from learning_diagrams.semantics.program.statement import Variable


class JoinedObjective(ShownModule):
    """The objective on the joined batch of all processes: `joined(batch)` returns the same total and terms in each.

    A loop of one's own wraps it: `model = DistributedDataParallel(JoinedObjective(objective))`.

    Parameters
    ----------
    objective : Objective, made by `compile` in every process alike.
    rows : "own", if the batches of the processes are different rows, as of a loader with a `DistributedSampler`; "all",
        if each process is given the batch of all rows, as `batches` gives it. Either way each process computes a part.

    Raises
    ------
    CompileError : a module that cannot compute in parts what one process computes, as BatchNorm.
    TypeMismatch : not an objective.
    """

    def __init__(self, objective: Objective, rows: Literal["own", "all"] = "own") -> None:
        super().__init__()
        if not isinstance(objective, Objective):
            raise TypeMismatch(f"JoinedObjective takes an objective made by compile, got {brief(objective)}")
        if rows not in ("own", "all"):
            raise DataError(f"rows= of JoinedObjective is 'own' or 'all', got {brief(rows)}")
        require_processes_can(objective)
        self.objective, self.rows = objective, rows
        self._programs: WeakKeyDictionary[CompiledLoss, _Program] = WeakKeyDictionary()

    @property
    def diagram(self) -> Any:
        """The learning diagram."""
        return self.objective.diagram

    def forward(self, batch: Batch, strict: bool = True) -> tuple[Tensor, dict[str, Tensor]]:
        """The total, a 0-d tensor, and the unweighted terms by name; see `Objective.forward`."""
        if processes() == 1:
            return self.objective(batch, strict)  # type: ignore[no-any-return]
        if self.rows == "own":
            batch = whole_batch(self.objective.layout, batch, strict)
        state = vars(self.objective)
        state["joining"] = self._total
        try:
            return self.objective(batch, strict)  # type: ignore[no-any-return]
        finally:
            del state["joining"]

    def counts(self, batch: Batch) -> dict[str, Tensor]:
        """How many rows of all processes each term is a mean over; see `Objective.counts`."""
        if self.rows == "own" and processes() > 1:
            batch = whole_batch(self.objective.layout, batch, True)
        return self.objective.counts(batch)

    def _total(
        self, loss: CompiledLoss, batch: Batch, boxes: Boxes, constants: Buffers
    ) -> tuple[Tensor, dict[str, Tensor]]:
        if loss not in self._programs:
            self._programs[loss] = _Program(loss)
        return self._programs[loss](batch, boxes, constants)

    def extra_repr(self) -> str:
        return f"rows={self.rows!r}"


class _Program:
    """The loss as a function of the rows of one process."""

    def __init__(self, loss: CompiledLoss) -> None:
        printer = SpreadPrinter(reserved(loss.divergences), escape)
        code = printer.rows(loss.terms, loss.unchecked)
        title = f"loss of {loss.diagram.name or 'a learning diagram'}, by rows of a process"
        self.rows: Callable[..., Any] = make_function(code, "rows", title, loss.check, loss.divergences)
        self.terms, self.layout, self.of_terms = loss.terms, loss.layout, loss.of_terms
        self._spread = spread_of(statement for term in loss.terms for statement in term.statements)
        self._draws = JoinedDraws()

    def __call__(self, batch: Batch, boxes: Boxes, constants: Buffers) -> tuple[Tensor, dict[str, Tensor]]:
        batch = self.layout.prepare(batch)
        present = JoinedPresence(self.layout, batch, self._draws)
        for term in self.terms:
            present.require_whole(term)
        with self._draws:
            values = self.rows(present.columns(), present, boxes, constants)
        means = self._means({term.name: values[term.name] for term in self.terms}, present)
        return self.of_terms({**values, **means}, constants)

    def _means(self, values: dict[str, Tensor], present: JoinedPresence) -> dict[str, Tensor]:
        """The means over the rows of all processes: sums are added up, and counts are known from the masks."""
        spread = {term.name: space for term in self.terms if (space := self._space(term)) is not None}
        sums: dict[str, Tensor] = {}
        for term in self.terms:
            if (space := spread.get(term.name)) is None:
                if term.distances and not term.in_law:
                    values[term.name] = values[term.name].mean()
                continue
            own = values[term.name][: present.counted(space)]
            mask = present.own(space, present.rows(term) if term.keys else None)
            own = own if mask is None else torch.where(mask[: len(own)], own, 0.0)
            sums[term.name] = own.detach().sum() if term.weight_value == 0 else own.sum()
        terms = {term.name: term for term in self.terms}
        for name, whole in zip(sums, totals(list(sums.values())), strict=True):
            every = torch.tensor(present.rows_in_all(spread[name]))
            count = present.count(terms[name]) if terms[name].keys else every
            values[name] = whole / count.clamp(min=1)
        return values

    def _space(self, term: Term) -> str | None:
        """The sample space over whose rows a term is a mean; None where every process has the whole of it."""
        ends: list[Variable] = [end for each in term.distances for end in (*each.references, *each.predictions)]
        return None if term.in_law else next((self._spread[end] for end in ends if end in self._spread), None)
