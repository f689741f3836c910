"""A compiled loss: the code of a learning diagram's loss, the functions made of the code, and what they need to run."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from learning_diagrams.backends.torch.axioms.axiom_plan import AxiomPlan
from learning_diagrams.backends.torch.data.batch import BatchLayout
from learning_diagrams.backends.torch.data.mask import Batch
from learning_diagrams.backends.torch.data.presence import Presence
from learning_diagrams.backends.torch.divergences.table import TorchDivergences
from learning_diagrams.backends.torch.functor.functor import TorchFunctor
from learning_diagrams.backends.torch.objective.executable import make_function, printer
from learning_diagrams.backends.torch.objective.output_check import OutputCheck
from learning_diagrams.errors import CompileError
from learning_diagrams.errors.short_text import short_repr
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.player import Player
from learning_diagrams.schedule import Schedule
from learning_diagrams.semantics.program.latex.mathematics import loss_formula
from learning_diagrams.semantics.program.lowering import Constant
from learning_diagrams.semantics.program.printer import Term

Boxes = Mapping[str, Callable[..., Any]]
Buffers = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class CompiledLoss:
    """A loss as immutable data: modules and constants are arguments of its functions.

    Parameters
    ----------
    diagram : LearningDiagram.
    terms : tuple of Term, in the order of their names.
    constants : dict from str to float or tuple of float, the exact values that the code reads as tensors.
    layout : BatchLayout.
    unchecked : frozenset of str, the boxes whose outputs are checked when the loss runs.
    check : OutputCheck, what checks them.
    divergences : TorchDivergences, those that the code calls. The loss keeps their functions through copy, pickle and
        update; a later definition of a name does not change them.
    axioms : AxiomPlan.
    player : Player or None, the player of a game whose loss this is.
    players : dict from str to CompiledLoss, in a game the loss of each player, by name.

    Attributes
    ----------
    code : str, the loss as the Python that runs.
    total : function (batch, boxes, constants), made of the code.
    rows : function (batch, present, boxes, constants), the values of each term row by row.
    """

    diagram: LearningDiagram
    terms: tuple[Term, ...]
    constants: Mapping[str, Constant]
    layout: BatchLayout
    unchecked: frozenset[str]
    check: OutputCheck
    divergences: TorchDivergences
    axioms: AxiomPlan
    player: Player | None
    players: Mapping[str, CompiledLoss]
    code: str = field(init=False)
    total: Callable[..., Any] = field(init=False, repr=False)
    rows: Callable[..., Any] = field(init=False, repr=False)
    _pads: bool = field(init=False, repr=False)
    _without: dict[frozenset[str], CompiledLoss] = field(default_factory=dict, init=False, repr=False)
    _counted: tuple[Any, dict[str, Tensor]] = field(default=(None, {}), init=False, repr=False)

    __repr__ = short_repr

    def __post_init__(self) -> None:
        title, text = f"loss of {self.diagram.name or 'a learning diagram'}", printer(self.divergences)
        padded = ", ".join(self.layout.padded)
        note = padded and f"The loss of a batch in which nothing is absent, but the padding of {padded} may be absent."
        code, by_rows = text.loss(self.terms, self.unchecked, note), text.rows(self.terms, self.unchecked)
        object.__setattr__(self, "code", code)
        object.__setattr__(self, "_pads", bool(padded))
        object.__setattr__(self, "total", make_function(code, "loss", title, self.check, self.divergences))
        object.__setattr__(
            self, "rows", make_function(by_rows, "rows", f"{title}, by rows", self.check, self.divergences)
        )

    @property
    def learnt_divergences(self) -> list[str]:
        """The divergences of a term that are modules of the functor."""
        called = {distance.function for term in self.terms for distance in term.distances}
        return [name for name in self.divergences.modules if name in called]

    def without(self, weights: frozenset[str]) -> CompiledLoss:
        """The loss in which some weights are the number 0: their terms are reported, and are no part of the total."""
        if weights not in self._without:
            terms = [replace(term, weight_value=0.0) if term.weight in weights else term for term in self.terms]
            self._without[weights] = self if tuple(terms) == self.terms else replace(self, terms=tuple(terms))
        return self._without[weights]

    @property
    def zeros(self) -> dict[str, float]:
        """The constraints whose weight is the number 0, or has moved to it, each with this weight."""
        return {term.name: 0.0 for term in self.terms if term.weight_value == 0}

    def scheduled_weights(self, count: int) -> dict[str, float]:
        """The weights that follow schedules, each with its number after so many steps."""
        weights = ((term.name, term.weight_value) for term in self.terms)
        return {name: float(weight(count)) for name, weight in weights if isinstance(weight, Schedule)}

    def masked_total(self, batch: Batch, boxes: Boxes, constants: Buffers) -> tuple[Tensor, dict[str, Tensor]]:
        """Total and terms of a batch with masks: each term is a mean over the rows that are present."""
        values, present = self.values(batch, boxes, constants)
        means = {
            term.name: present.mean(term, values[term.name])
            for term in self.terms
            if term.distances and not term.in_law
        }
        return self.of_terms(values | means, constants)

    def of_terms(self, values: Mapping[Any, Tensor], constants: Buffers) -> tuple[Tensor, dict[str, Tensor]]:
        """Total and terms, from the terms by name and the numbers that weigh them, under ("weight", name)."""
        terms: dict[str, Tensor] = {}
        total: Tensor | None = None
        for term in self.terms:
            terms[term.name] = values[term.name]
            if term.weight_value == 0:
                terms[term.name] = terms[term.name].detach()
                continue
            weight = constants[term.weight]
            if term.number is not None:
                weight = weight * values["weight", term.name]
            weighted = weight * terms[term.name]
            total = weighted if total is None else total + weighted
        return constants["zero"] if total is None else total, terms

    def defects(self, batch: Batch, boxes: Boxes, constants: Buffers) -> dict[str, Tensor]:
        """The values of each term row by row, 0 in rows that are absent, without terms that compare in law."""
        values, present = self.values(batch, boxes, constants)
        defects = {}
        for term in self.terms:
            if term.distances and not term.in_law:
                mask = present.rows(term)
                defects[term.name] = values[term.name] if mask is None else torch.where(mask, values[term.name], 0.0)
            elif not term.distances:
                defects[term.name] = values[term.name].reshape(1)
        return defects

    def counts(self, batch: Batch) -> dict[str, Tensor]:
        """How many rows, or positions, of a batch each term is a mean over; 1 for a term in law or a constant."""
        sizes: list[Any] = []
        try:
            for space, names in self.layout.read.items():
                columns = batch[space]
                for name in names:
                    column = columns.get(name)
                    sizes.append(column.shape if isinstance(column, Tensor) else None)  # a mask makes a pair
        except (AttributeError, LookupError, TypeError):
            self.layout.check(batch, strict=False)
            raise
        known, counts = self._counted
        if sizes != known or self._pads or None in sizes:
            present, none = Presence(self.layout.prepare(batch)), torch.ones((), dtype=torch.int64)
            counts = {term.name: none if term.in_law or not term.keys else present.count(term) for term in self.terms}
            object.__setattr__(self, "_counted", (sizes, counts))  # for the next batch of these sizes
        return dict(counts)

    def values(self, batch: Batch, boxes: Boxes, constants: Buffers) -> tuple[dict[Any, Tensor], Presence]:
        """The values of each term row by row, on filled columns, and which rows and positions are present."""
        batch = self.layout.prepare(batch)
        present = Presence(batch)
        for term in self.terms:
            present.require_whole(term)
        return self.rows(self.layout.fill(batch), present, boxes, constants), present

    def __reduce__(self) -> tuple[Any, ...]:
        # The functions are made anew from the terms, not from their text.
        for definition in self.divergences.definitions:
            try:
                pickle.dumps(definition)
            except (pickle.PicklingError, AttributeError, TypeError) as error:
                raise CompileError(
                    f"the loss calls the divergence {definition.name!r}, which cannot be pickled; define it once, "
                    "at the top of a module"
                ) from error
        return CompiledLoss, self._content()

    def __deepcopy__(self, memo: dict[int, Any]) -> CompiledLoss:
        return CompiledLoss(*(deepcopy(value, memo) for value in self._content()))

    def _content(self) -> tuple[Any, ...]:
        return tuple(getattr(self, part.name) for part in fields(self) if part.init)


class StatedLoss:
    """The part of an objective that states its loss."""

    loss: CompiledLoss
    loss_now: CompiledLoss
    functor: TorchFunctor
    values_known: bool = False  # whether `fit` has checked the values of all batches
    joining: Callable[..., Any] | None = None  # in several processes (loss, batch, boxes, constants) to total and terms

    @property
    def diagram(self) -> LearningDiagram:
        """The learning diagram."""
        return self.loss.diagram

    def joined_total(self, loss: CompiledLoss) -> Callable[..., Any]:
        """The function (batch, boxes, constants) that computes total and terms of the rows of all processes."""
        assert self.joining is not None
        return partial(self.joining, loss)

    def check(self, batch: Batch, strict: bool) -> bool:
        """Raise `DataError` for a batch that does not fit; return whether it is to be prepared, see `BatchLayout`."""
        prepares = self.loss.layout.check(batch, strict)
        if not self.values_known:
            self.loss.layout.check_silent_values(batch)
        return prepares

    @property
    def layout(self) -> BatchLayout:
        """The columns that a batch must have, with their shapes and dtypes."""
        return self.loss.layout

    @property
    def code(self) -> str:
        """The loss as the Python that runs."""
        return self.loss.code

    def latex(self, **options: Any) -> str:
        """The loss as mathematics, in LaTeX; options as of `ld.formula`."""
        loss = self.loss
        factors = dict(loss.player.terms) if loss.player else {}
        return str(loss_formula(self.diagram, self.functor.spaces, loss.divergences.kind, factors, **options))
