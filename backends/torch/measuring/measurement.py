"""Measuring an objective on data: its total, its terms, and metrics, in eval mode and without gradients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import islice
from typing import Any

import torch

from learning_diagrams.backends.torch.data.batch import BatchLayout
from learning_diagrams.backends.torch.data.device import to_device
from learning_diagrams.backends.torch.data.single_pass import SinglePass
from learning_diagrams.backends.torch.data.source import Source
from learning_diagrams.backends.torch.functor.freezing import in_mode
from learning_diagrams.backends.torch.measuring.absent_terms import AbsentTerms
from learning_diagrams.backends.torch.measuring.measurable import Loss, Measurable
from learning_diagrams.backends.torch.measuring.metric import Metric, fed_metrics, number, require_metrics
from learning_diagrams.backends.torch.measuring.morphism_on_data import layout_for
from learning_diagrams.backends.torch.measuring.row_dependence import terms_across_rows
from learning_diagrams.errors import DataError, DuplicateName
from learning_diagrams.errors.door import by_door
from learning_diagrams.errors.short_text import short_repr
from learning_diagrams.semantics.program.printer import Term

FEW = 16  # rows
HEADINGS = ("step", "epoch", "seconds", "total", "learning_rate", "gradient_norm")


@cache
def heading(term: str) -> str:
    """The heading of a term, beside the headings of what is no term; different terms have different headings."""
    return f"term/{term}" if term in HEADINGS or term.startswith(("term/", "validation/", "weight/")) else term


class Measurement:
    """What is measured on data, checked as far as this needs no batch.

    Parameters
    ----------
    data : as for `fit`; for None only functions of the objective are measured.
    metrics : dict from str to function of the objective that returns a number, or to a tuple (metric object,
        prediction, target) of an object with `update`, `compute` and `reset` and of morphisms from data.
    batch_size : int, rows at a time; None takes all rows as one batch.
    strict : bool, whether columns that nothing knows are an error.

    Raises
    ------
    DataError : the data do not fit, have no length, or come in batches although a term depends on several rows.
    DuplicateName : a metric has the heading of a term.
    TypeMismatch : a metric that compares no morphisms from data.
    """

    __repr__ = short_repr

    def __init__(
        self,
        objective: Measurable,
        data: Mapping[str, Source] | None,
        metrics: Mapping[str, Metric],
        batch_size: int | Mapping[str, int] | None,
        strict: bool,
        absent: AbsentTerms | None = None,
    ) -> None:
        require_metrics(metrics)
        self.objective, self.metrics, self.strict = objective, metrics, strict
        self.fed = {metric.name: metric for metric in fed_metrics(objective, metrics)}
        self.names = [] if data is None else ["total", *(heading(term.name) for term in objective.loss.terms)]
        for name in metrics:
            if name in self.names:
                raise DuplicateName(f"the metric {name!r} has the name of a term; give it another one")
        self.batches: SinglePass | None = None
        self._absent = absent or AbsentTerms("in the measured data")
        if data is None:
            if self.fed:
                raise DataError(f"metric {next(iter(self.fed))!r} is fed with values on data; give data")
        else:
            layout = objective.loss.layout
            morphisms = [morphism for metric in self.fed.values() for morphism in metric.morphisms]
            self.layout = layout_for(layout, morphisms, layout)
            self.batches = open_pass(objective, data, self.layout, batch_size, strict)
            require_whole(objective.loss, self.batches)
            for metric in self.fed.values():
                self.batches.require_whole(metric.spaces, f"metric {metric.name!r}")
        self.names += metrics

    def measure(self, limit: int | None = None) -> dict[str, float]:
        """The measurements by name; every part of the objective keeps its mode.

        Parameters
        ----------
        limit : int or None, how many batches are measured; None measures all of them.
        """
        with in_mode(self.objective), torch.no_grad():
            self.objective.eval()
            measured = {} if self.batches is None else self._losses(self.batches, limit)
            for name, metric in self.metrics.items():
                value = self.fed[name].compute() if name in self.fed else metric(self.objective)
                measured[name] = number(name, value)
        return measured

    def try_metric(self, name: str) -> None:
        """Feed a metric with a few rows, and forget them; `DataError` if it does not take them."""
        assert self.batches is not None
        metric, device = self.fed[name], self.objective.constants["zero"].device
        few = {space: stream.few(FEW) for space, stream in self.batches.streams.items() if space in metric.spaces}
        with in_mode(self.objective), torch.no_grad():
            self.objective.eval()
            metric.update(to_device(layout_for(self.layout, metric.morphisms).cut(few), device))
        metric.reset()

    def _losses(self, batches: SinglePass, limit: int | None) -> dict[str, float]:
        """Each term is Σ value · count / Σ count over the batches; the total is Σ weight · term."""
        loss, device = self.objective.loss, self.objective.constants["zero"].device
        sums = dict.fromkeys((term.name for term in loss.terms), 0.0)
        weights = dict.fromkeys(sums, 0)
        for i, (columns, fresh) in enumerate(islice(batches, limit)):
            batch = to_device(columns, device)
            self.layout.check(batch, self.strict)
            _, terms = self.objective(batch, False)
            counts = self.objective.counts(batch)
            for term in loss.terms:
                # A term that reads no column is measured in every batch, in law in the first one.
                if fresh.issuperset(spaces_of(term.keys)) if term.keys else not (term.in_law and i):
                    count = int(counts[term.name])
                    sums[term.name] += float(terms[term.name]) * count
                    weights[term.name] += count
            for metric in self.fed.values():
                if fresh.issuperset(metric.spaces):
                    metric.update(batch)
        if limit is None:
            self._absent.warn((name for name, weight in weights.items() if not weight))
        means = {name: sums[name] / max(weights[name], 1) for name in sums}
        counted = [term for term in self.objective.loss_now.terms if term.weight_value != 0]
        total = sum(self._weight(term) * means[term.name] for term in counted)
        return {"total": total, **{heading(name): mean for name, mean in means.items()}}

    def _weight(self, term: Term) -> float:
        """The weight of a term now: a number, that of a schedule, or a number that a diagram from I computes."""
        number = 1.0
        if term.number is not None:
            weights = {constraint.name: constraint.weight for constraint in self.objective.loss.diagram.constraints}
            number = float(self.objective.model(weights[term.name])().reshape(()))
        return number * float(self.objective.constants[term.weight])


def open_pass(
    objective: Measurable, data: Any, layout: BatchLayout, batch_size: int | Mapping[str, int] | None, strict: bool
) -> SinglePass:
    """One pass over data that fit a layout; the data of a single sample space may stand alone, as a loader does."""
    if not isinstance(data, Mapping) and len(layout.read) == 1:
        data = {next(iter(layout.read)): data}
    return SinglePass(data, layout, objective.dtype, batch_size, strict)


def require_whole(loss: Loss, batches: SinglePass) -> None:
    """Raise `DataError` if rows that a term compares with each other come in several batches, or rows come unevenly."""
    reasons = terms_across_rows(loss)
    counts = [stream.rows or 0 for stream in batches.streams.values()]
    one_batch = by_door(
        "a table with batch_size=None, or a loader of one batch",
        plan=f"validation: {{batch_size: {max(counts, default=0) or 'the number of rows'}}}, for test too",
    )
    for term in loss.terms:
        batches.require_whole(spaces_of(term.keys), f"constraint {term.name!r}")
        if term.name in reasons and batches.steps_of(spaces_of(term.keys)) > 1:
            raise DataError(
                f"constraint {term.name!r} {reasons[term.name]}, so its value on all rows is no mean over batches; "
                f"give all rows as one batch ({one_batch}), and paired sample spaces equally many rows"
            )


def spaces_of(keys: Iterable[tuple[str, str, int]]) -> frozenset[str]:
    """The sample spaces of some columns."""
    return frozenset(space for space, _, _ in keys)
