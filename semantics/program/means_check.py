"""Means that stand for draws by sample="expectation": terms that would be of other laws than their sides.

A box into labels or bits that gets a mean is refused. A draw whose mean counts as independent draws is warned of, and
so are the points of `over` that are means.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from learning_diagrams.errors import CompileError
from learning_diagrams.errors.user_warning import warn
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.semantics.functor.space import Space
from learning_diagrams.semantics.program.means_for_draws import DRAWS, kernel_of_mean
from learning_diagrams.semantics.program.readers_of_means import boxes_of_means, copied_mean


def require_no_labels_of_means(
    constraints: Iterable[Constraint],
    spaces: Mapping[str, Space],
    discrete: Mapping[str, str],
    frozen: Collection[str],
) -> None:
    """Raise `CompileError` for a box into labels or bits that gets a mean: no label of a mean is one of a draw.

    A comparison in law has a check of its own, `require_no_mean`.

    Parameters
    ----------
    discrete : mapping from the names of objects to what their points are, as "labels" or "bits".
    frozen : names of the boxes that are not trained.
    """
    graphs = [graph for each in constraints if each.tested != "in law" for graph in each.reading.joints]
    for kernel, box in (each for graph in graphs for each in boxes_of_means(graph, spaces)):
        for ob in box.cod.inside:
            if ob.name in discrete:
                kind = "a frozen Kernel" if box.name in frozen else "a Kernel"
                raise CompileError(
                    f"box {box.name!r} gets the mean of kernel {kernel!r}, which sample='expectation' passes on, where "
                    f"{spaces[ob.name]!r} needs {discrete[ob.name]} of draws; make it {kind} whose module returns "
                    "logits, or draw by sample='straight-through'"
                )


def warn_of_means(constraint: Constraint, spaces: Mapping[str, Space]) -> None:
    """Warn where a term takes one draw for several, and where points at which sides are compared are means."""
    for copied in dict.fromkeys(copied_mean(side, spaces) for side in constraint.reading.sides):
        if copied is not None:
            kernel, box = copied
            warn(
                f"constraint {constraint.name!r}: inputs of box {box!r} depend on one draw of kernel {kernel!r}, and "
                "sample='expectation' passes its mean to each, so the term is that of independent draws; "
                f"{DRAWS} draw once"
            )
    drawn = kernel_of_mean(constraint.reading.source_form, spaces, "points")
    if drawn is not None:
        warn(
            f"constraint {constraint.name!r} compares its sides at the mean of what over= draws, for kernel "
            f"{drawn!r} is drawn by sample='expectation': sides that differ at every draw may be equal there; "
            f"{DRAWS} draw"
        )
