"""Means that stand for draws by sample="expectation": terms that would be of other laws than their sides."""

from __future__ import annotations

from collections.abc import Iterable

from learning_diagrams.backends.torch.functor.functor import TorchFunctor
from learning_diagrams.errors import CompileError
from learning_diagrams.errors.user_warning import warn
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.semantics.program.means_for_draws import DRAWS, kernel_of_mean
from learning_diagrams.semantics.program.readers_of_means import boxes_of_means, copied_mean


def require_no_labels_of_means(diagram: LearningDiagram, functor: TorchFunctor, constant: Iterable[str]) -> None:
    """Raise `CompileError` for a box into labels or bits that gets a mean: no label of a mean is one of a draw.

    A comparison in law has a check of its own, `require_no_mean`.

    Parameters
    ----------
    constant : names of constraints whose term is the constant 0.
    """
    left = {*constant, *(c.name for c in diagram.constraints if c.tested == "in law")}
    graphs = [graph for c in diagram.constraints if c.name not in left for graph in c.reading.joints]
    for kernel, box in (each for graph in graphs for each in boxes_of_means(graph, functor.spaces)):
        for space in functor(box.cod):
            if space.carrier in ("labels", "tokens", "bits"):
                kind = "a frozen Kernel" if box in diagram.frozen else "a Kernel"
                raise CompileError(
                    f"box {box.name!r} gets the mean of kernel {kernel!r}, which sample='expectation' passes on, where "
                    f"{space!r} needs {space.carrier} of draws; make it {kind} whose module returns logits, or draw by "
                    "sample='straight-through'"
                )


def warn_of_means(constraint: Constraint, functor: TorchFunctor) -> None:
    """Warn where a term takes one draw for several, and where points at which sides are compared are means."""
    for copied in dict.fromkeys(copied_mean(side, functor.spaces) for side in constraint.reading.sides):
        if copied is not None:
            kernel, box = copied
            warn(
                f"constraint {constraint.name!r}: inputs of box {box!r} depend on one draw of kernel {kernel!r}, and "
                "sample='expectation' passes its mean to each, so the term is that of independent draws; "
                f"{DRAWS} draw once"
            )
    drawn = kernel_of_mean(constraint.reading.source_form, functor.spaces, "points")
    if drawn is not None:
        warn(
            f"constraint {constraint.name!r} compares its sides at the mean of what over= draws, for kernel "
            f"{drawn!r} is drawn by sample='expectation': sides that differ at every draw may be equal there; "
            f"{DRAWS} draw"
        )
