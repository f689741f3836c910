"""InfoNCE: whether a row's reference can be told among the references of all rows, by the angle to its prediction.

It is the cross-entropy of choosing among the rows of a batch, so a row alone says nothing, and rows that are absent are
nobody's alternative.

>>> import torch
>>> r = torch.eye(2)
>>> info_nce(r, r, temperature=1.0).item() == info_nce(r, 5 * r, temperature=1.0).item()
True
>>> round(info_nce(r, r.flip(0), temperature=1.0).item(), 4)  # log(1 + e)
1.3133

Source: van den Oord, Li & Vinyals, *Representation learning with contrastive predictive coding* (2018); symmetric:
Radford et al., *Learning transferable visual models from natural language supervision* (2021).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from learning_diagrams.backends.torch.divergences.row_function import RowFunction, flat, wide

TEMPERATURE = 0.07


def info_nce(
    reference: Tensor, prediction: Tensor, temperature: float | Tensor = TEMPERATURE, symmetric: bool = False
) -> Tensor:
    """The mean over rows, in nats; reference and prediction [rows, …]."""
    logits = _logits(reference, prediction, temperature)
    own = torch.arange(len(logits), device=logits.device)
    value = functional.cross_entropy(logits, own)
    return (value + functional.cross_entropy(logits.T, own)) / 2 if symmetric else value


def info_nce_rows(
    reference: Tensor,
    prediction: Tensor,
    temperature: float | Tensor = TEMPERATURE,
    symmetric: bool = False,
    present: Tensor | None = None,
) -> Tensor:
    """The value of each row, [rows], in nats; `present` [rows] says which rows there are."""
    logits = _logits(reference, prediction, temperature)
    own = torch.arange(len(logits), device=logits.device)
    if present is not None:
        # A row's own entry stays, so that absent rows have a value too; it counts nowhere.
        there = present | torch.eye(len(logits), dtype=torch.bool, device=logits.device)
        logits = logits.masked_fill(~(there & there.T), -torch.inf)
    value = functional.cross_entropy(logits, own, reduction="none")
    return (value + functional.cross_entropy(logits.T, own, reduction="none")) / 2 if symmetric else value


def _logits(reference: Tensor, prediction: Tensor, temperature: float | Tensor) -> Tensor:
    """Cosines over the temperature, [rows, rows]: one row for each prediction."""
    p, r = (functional.normalize(flat(wide(one)), dim=1) for one in (prediction, reference))
    return p @ r.T / temperature


ACROSS = (RowFunction("info_nce", info_nce_rows, info_nce),)
