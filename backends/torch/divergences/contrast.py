"""InfoNCE: whether each row's prediction has the smallest angle to its own reference, among those of all rows.

The value is the cross-entropy of choosing among the rows of a batch, so it needs two rows at least. A row that is
absent is not among the choices. An absent position adds nothing to a vector, neither to its length nor to its cosines.

>>> import torch
>>> r = torch.eye(2)
>>> torch.equal(info_nce_rows(r, r, temperature=1.0), info_nce_rows(r, 5 * r, temperature=1.0))
True
>>> [round(value, 4) for value in info_nce_rows(r, r.flip(0), temperature=1.0).tolist()]  # log(1 + e)
[1.3133, 1.3133]

Source: van den Oord, Li & Vinyals, *Representation learning with contrastive predictive coding* (2018); symmetric:
Radford et al., *Learning transferable visual models from natural language supervision* (2021).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from learning_diagrams.backends.torch.divergences.row_function import (
    at_positions,
    by_rows,
    directions,
    flat,
    in_one_dtype,
)

TEMPERATURE = 0.07


def info_nce_rows(
    reference: Tensor,
    prediction: Tensor,
    temperature: float | Tensor = TEMPERATURE,
    symmetric: bool = False,
    present: Tensor | None = None,
    positions: Tensor | None = None,
) -> Tensor:
    """The value of each row, [rows], in nats.

    Parameters
    ----------
    present : Tensor [rows] of bool, True for rows that are not absent.
    positions : Tensor [rows, *positions] of bool, True for positions that are not absent; a row has one at least.
    """
    reference, prediction = at_positions(positions, reference, prediction)
    if positions is not None:
        rows = flat(positions).any(1)
        present = rows if present is None else present & rows
    # Cosines divided by the temperature: a row for each prediction, a column for each reference.
    p, r = in_one_dtype(directions(prediction), directions(reference))
    logits = p @ r.T / temperature
    matches = torch.arange(len(logits), device=logits.device)
    if present is not None:
        # The diagonal stays, so that an absent row has a finite value, which the loss ignores.
        compared = present | torch.eye(len(logits), dtype=torch.bool, device=logits.device)
        logits = logits.masked_fill(~(compared & compared.T), -torch.inf)
    value = functional.cross_entropy(logits, matches, reduction="none")
    return (value + functional.cross_entropy(logits.T, matches, reduction="none")) / 2 if symmetric else value


ACROSS = (by_rows("info_nce", info_nce_rows, by_position=True),)
