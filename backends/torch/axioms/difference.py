"""The difference of the two ends of an equation, row by row: 0 exactly where the ends are equal.

Values are compared by their largest difference, relative to 1 + the largest value of the row on either side; labels
exactly; laws by their probabilities, or by the parameters of two Distributions of one family. No draw is made.

>>> from learning_diagrams.backends.torch.functor.discrete import Finite
>>> from learning_diagrams.backends.torch.functor.space import Euclidean
>>> differences(Euclidean(2), torch.tensor([[3.0, 0.0]]), torch.tensor([[3.0, 1.0]])).tolist()
[0.25]
>>> differences(Finite(2), torch.tensor([0, 1]), torch.tensor([0, 0])).tolist()
[0.0, inf]
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Distribution, Independent
from torch.nn import functional

from learning_diagrams.backends.torch.divergences.distributions import distribution_kl_rows
from learning_diagrams.backends.torch.divergences.row_function import flat
from learning_diagrams.backends.torch.functor.discrete import Bernoulli
from learning_diagrams.backends.torch.functor.precision import in_full_precision, wide
from learning_diagrams.backends.torch.functor.space import Space
from learning_diagrams.backends.torch.functor.tensor_map import WireDistribution
from learning_diagrams.errors import CompileError

# About a thousand roundings of float32, for sums of many products lose two or three digits; of the short dtypes fewer,
# or nothing would ever be refused. In float64 there is room for maps that are ill-conditioned as well.
TOLERANCES = {torch.float64: 1e-9, torch.float32: 1e-4, torch.float16: 1e-2, torch.bfloat16: 5e-2}


class Unchecked(Exception):
    """Why an axiom cannot be checked; it never leaves this back end."""


def tolerance(dtypes: Iterable[torch.dtype]) -> float:
    """The largest difference that rounding explains, by the dtypes that were computed in; without any, float64's."""
    return max((TOLERANCES.get(dtype, TOLERANCES[torch.bfloat16]) for dtype in dtypes), default=1e-9)


def differences(space: Space, lhs: Tensor | WireDistribution, rhs: Tensor | WireDistribution) -> Tensor:
    """The difference of each row, [rows]: ≥ 0, infinite if labels differ, NaN if it has no value.

    Parameters
    ----------
    space : Space of the wire of both ends.
    lhs, rhs : Tensor of points [rows, …], or the distribution that a kernel returned.

    Raises
    ------
    Unchecked : the ends cannot be compared without draws.
    """
    left, right = (end.parameters if isinstance(end, WireDistribution) else end for end in (lhs, rhs))
    if isinstance(left, Distribution) and isinstance(right, Distribution):
        return _of_distributions(left, right)
    if isinstance(left, Distribution) or isinstance(right, Distribution):
        raise Unchecked("one side ends in a value and the other in a Distribution, which are compared by draws only")
    if isinstance(lhs, WireDistribution) or isinstance(rhs, WireDistribution):
        return _of_values(probabilities(space, lhs), probabilities(space, rhs))
    return _of_values(left, right)


def _of_values(lhs: Tensor, rhs: Tensor) -> Tensor:
    a, b = (flat(wide(side)) for side in (lhs, rhs.to(lhs.device)))
    if not (a.is_floating_point() or a.is_complex()):
        return torch.zeros(len(a), device=a.device).masked_fill((a != b).any(1), torch.inf)
    if a.shape[1] == 0:
        return torch.zeros(len(a), device=a.device)
    apart = torch.where(a == b, 0.0, (a - b).abs())  # two equal infinities are 0 apart
    size = torch.maximum(a.abs(), b.abs())
    return apart.amax(1) / (1 + torch.where(size.isfinite(), size, 0.0).amax(1))


def probabilities(space: Space, end: Tensor | WireDistribution) -> Any:
    """The probabilities of logits, or of the Dirac kernel at a point; of a bit that of 1."""
    if isinstance(end, WireDistribution):
        logits = wide(end.parameters)  # type: ignore[arg-type]
        return torch.sigmoid(logits) if isinstance(space, Bernoulli) else torch.softmax(logits, -1)
    if isinstance(space, Bernoulli):
        return end
    return end if space.carrier == "probabilities" else functional.one_hot(end, space.outcomes or -1).float()


def _of_distributions(left: Distribution, right: Distribution) -> Tensor:
    # Features of a row are independent with or without this wrapper.
    while isinstance(left, Independent):
        left = left.base_dist
    while isinstance(right, Independent):
        right = right.base_dist
    if type(left) is type(right) and (names := _parameters(left)):
        pairs = [[torch.as_tensor(getattr(law, name)) for law in (left, right)] for name in sorted(names)]
        if any(a.shape != b.shape for a, b in pairs):
            raise Unchecked(f"the two sides end in {type(left).__name__}s of different shapes")
        rows = (left.batch_shape + left.event_shape)[0]
        return torch.stack([_of_values(*(_by_rows(part, rows) for part in pair)) for pair in pairs]).amax(0)
    try:
        return in_full_precision(distribution_kl_rows)(right, left).abs()
    except CompileError:
        raise Unchecked(
            f"torch has no KL divergence of {type(right).__name__} from {type(left).__name__}; register_kl adds left"
        ) from None


def _parameters(law: Distribution) -> set[str]:
    """Parameters that are equal exactly if two distributions of a family are equal; empty for an unknown family."""
    if not type(law).__module__.startswith("torch.distributions."):
        return set()
    names = set(law.arg_constraints)
    if "probs" in names:
        names -= {"logits"}
    if "scale_tril" in names:
        names -= {"covariance_matrix", "precision_matrix"}
    if "cov_factor" in names:
        names = {"loc", "covariance_matrix"}
    return names | {name for name in ("total_count", "temperature", "dim") if names and hasattr(law, name)}


def _by_rows(parameter: Tensor, rows: int) -> Tensor:
    return parameter.expand(rows) if parameter.dim() == 0 else parameter
