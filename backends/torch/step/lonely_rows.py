"""Batches of one row in a term that compares each row with the others: it has the same value whatever is learnt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from learning_diagrams.backends.torch.measuring.measurable import Loss
from learning_diagrams.errors.user_warning import warn


class Sized(Protocol):
    """A stream of batches, as far as their size is known."""

    @property
    def batch_rows(self) -> int | None: ...


def warn_of_lonely_rows(loss: Loss, streams: Mapping[str, Sized]) -> None:
    """Warn of the terms that compare each row with the other rows, and of whose batches each has one row."""
    known = {kind.name for kind in loss.divergences.definitions}
    for term in loss.terms:
        across = [each.function for each in term.distances if each.coupled and each.function not in known]
        lonely = sorted({space for space, _, _ in term.keys if space in streams and streams[space].batch_rows == 1})
        if across and lonely and not term.in_law:
            warn(
                f"term {term.name!r} compares each row with the other rows of its batch, by {across[0]}, and a batch "
                f"of {', '.join(map(repr, lonely))} has one row: the term is the same whatever is learnt, and trains "
                "nothing; give a larger batch_size"
            )
