"""Terms across rows: the terms of a loss whose value on a batch is no mean of values that each depend on one row.

Such a term has no mean over batches: the term of all rows is another number.
"""

from __future__ import annotations

from learning_diagrams.backends.torch.measuring.measurable import Loss


def terms_across_rows(loss: Loss) -> dict[str, str]:
    """Why a term depends on several rows, by the name of each such term.

    The modules of boxes count as functions of a row. Batch statistics are no exception where the loss is in eval mode.
    """
    known = {kind.name for kind in loss.divergences.definitions if kind.row_by_row}
    unknown = {kind.name for kind in loss.divergences.definitions} - known
    reasons = {}
    for term in loss.terms:
        if term.in_law:
            reasons[term.name] = "compares its sides in law"
        elif any(shift for _, _, shift in term.keys):
            reasons[term.name] = "reads different rows together"
        elif own := [distance.function for distance in term.distances if distance.function in unknown]:
            reasons[term.name] = f"has the divergence {own[0]!r}, whose definition does not say row_by_row=True"
        elif any(distance.coupled for distance in term.distances if distance.function not in known):
            reasons[term.name] = "compares each row with the other rows"
    return reasons
