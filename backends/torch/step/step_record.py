"""The record of one step of training, and the error of a loss that is not finite."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor, nn

from learning_diagrams.errors import NonFiniteTerm


@dataclass(slots=True)
class StepRecord:
    """What one step measured; tensors are 0-d, without gradient, on the device of the loss.

    Attributes
    ----------
    total : Tensor, the loss; of a step over several batches, the loss of the batches joined.
    terms : dict from str to Tensor, unweighted.
    counts : dict from str to Tensor, int64, how many rows each term is a mean over.
    gradient_norm : Tensor, the Euclidean norm of the gradient before clipping.
    learning_rate : float or Tensor, of the optimizer's first parameter group, with which the step was made.
    skipped : Tensor or bool, whether the gradient was not finite, so that the weights stayed as they were.
    norms : dict from parameter to the norm of its gradient; empty where an error names the parameter at once.
    weights : dict from str to float, the number of each weight that follows a schedule, times the player's factor.
    """

    total: Tensor
    terms: Mapping[str, Tensor]
    counts: Mapping[str, Tensor]
    gradient_norm: Tensor
    learning_rate: float | Tensor
    skipped: Tensor | bool = False
    norms: Mapping[nn.Parameter, Tensor] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)


def require_finite(total: float, terms: Mapping[str, float], at: int, advice: str) -> None:
    """Raise `NonFiniteTerm` if a loss is NaN or infinite; a term of weight 0, which the total leaves out, may be.

    >>> require_finite(float("nan"), {"a": 1.0, "b": float("inf")}, 3, "lower lr")
    Traceback (most recent call last):
    ...
    learning_diagrams.errors.NonFiniteTerm: term 'b' became inf at step 3; lower lr, or look at the data of that \
constraint; the error's history ends with this step, which was not made

    Parameters
    ----------
    advice : str, the options of the run that keep weights from running away.
    """
    if math.isfinite(total):
        return
    named = {f"term {name!r}": value for name, value in terms.items()} | {"the total": total}
    what, value = next((what, value) for what, value in named.items() if not math.isfinite(value))
    raise NonFiniteTerm(
        f"{what} became {value} at step {at}; {advice}, or look at the data of that constraint; the "
        "error's history ends with this step, which was not made"
    )
