"""Divergences of torch Distributions, which kernels into ℝⁿ return; the reference may also be a point.

>>> import torch
>>> from torch.distributions import Normal
>>> standard, moved = Normal(torch.zeros(1, 2), 1.0), Normal(torch.ones(1, 2), 1.0)
>>> distribution_kl_rows(standard, moved).item()
1.0
>>> round(negative_log_likelihood_rows(torch.zeros(1, 2), standard).item(), 6)  # log 2π
1.837877
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor
from torch.distributions import Distribution, Independent, kl_divergence

from learning_diagrams.backends.torch.data.mask import impute
from learning_diagrams.backends.torch.divergences.row_function import (
    Key,
    RowFunction,
    at_positions,
    by_rows,
    distances,
    in_one_dtype,
    over_positions,
)
from learning_diagrams.backends.torch.functor.draws import require_reparametrised
from learning_diagrams.errors import CompileError, DataError, kind


def distribution_kl_rows(
    reference: Distribution, prediction: Distribution, reverse: bool = False, positions: Tensor | None = None
) -> Tensor:
    """KL(reference ‖ prediction), in reverse KL(prediction ‖ reference), by torch's registry, in nats, for each row.

    The value is that of the marginals on the positions that are compared, of which the others must be independent.
    """
    reference, prediction = (_apart(end, positions) for end in (reference, prediction))
    ends = [(reference, "reference"), (prediction, "prediction")]
    (first, its_role), (second, other_role) = ends[::-1] if reverse else ends
    try:
        values = kl_divergence(first, second)
    except NotImplementedError:
        raise CompileError(
            f"torch has no KL divergence of {type(first).__name__} ({its_role}) from {type(second).__name__} "
            f"({other_role}); let both kernels return distributions of one kind, or add theirs by torch's register_kl"
        ) from None
    return over_positions(values, positions)


def negative_log_likelihood_rows(
    reference: Tensor, prediction: Distribution, positions: Tensor | None = None
) -> Tensor:
    """−log of the density of the prediction at the reference, in nats, sum over features, for each row."""
    prediction = _apart(prediction, positions)
    if positions is not None:  # what fills an absent position may lie outside the support
        reference = impute((reference.flatten(0, positions.dim() - 1), positions.flatten())).reshape(reference.shape)
    try:
        values = prediction.log_prob(reference)
    except NotImplementedError:
        raise CompileError(
            f"{type(prediction).__name__} has no density (log_prob), so no data has a likelihood under it"
        ) from None
    except ValueError as error:
        raise DataError(
            f"the reference lies outside the support of the prediction {type(prediction).__name__}: "
            f"{str(error).splitlines()[0]}"
        ) from error
    return -over_positions(values, positions)


def energy_rows(
    reference: Tensor | Distribution, prediction: Distribution, samples: int = 8, positions: Tensor | None = None
) -> Tensor:
    """2 E|P − R| − E|P − P′| − E|R − R′| for each row, estimated without bias from samples of each distribution.

    Parameters
    ----------
    reference : Tensor [rows, …], points; or a Distribution of batch shape [rows, …].
    samples : int, the number of samples of each distribution and row.
    positions : Tensor [rows, *positions] of bool, True for a position that is compared; a distance is over these.
    """
    p = _samples(prediction, samples, positions)
    if isinstance(reference, Distribution):
        r = _samples(reference, samples, positions)
        spread = _mean_distance(r)
    else:
        r = _vectors(reference.unsqueeze(0), positions)
        spread = torch.zeros((), device=p.device)
    return 2 * distances(*in_one_dtype(p, r)).mean((1, 2)) - _mean_distance(p) - spread


def _samples(distribution: Distribution, count: int, positions: Tensor | None) -> Tensor:
    """Samples [rows, count, features] of a distribution [rows, …], reparametrised where a gradient should pass."""
    if not _is_constant(distribution):
        require_reparametrised(distribution, "the divergence 'energy'")
    shape = torch.Size((count,))
    samples = distribution.rsample(shape) if distribution.has_rsample else distribution.sample(shape)
    return _vectors(samples, positions)


def _vectors(samples: Tensor, positions: Tensor | None) -> Tensor:
    """Samples [count, rows, …] as vectors [rows, count, features], 0 at the positions that are not compared."""
    if positions is not None:
        (samples,) = at_positions(positions.expand(len(samples), *positions.shape), samples)
    return samples.reshape(*samples.shape[:2], -1).transpose(0, 1)


def _apart(distribution: Distribution, positions: Tensor | None) -> Distribution:
    """The distribution as a product over the positions of a row, which have densities of their own."""
    if positions is None:
        return distribution
    apart = distribution
    while isinstance(apart, Independent) and len(apart.batch_shape) < positions.dim():
        apart = apart.base_dist
    if len(apart.batch_shape) < positions.dim():
        raise CompileError(
            f"positions of a row are masked, {list(positions.shape)}, and {kind(apart)} of batch shape "
            f"{list(apart.batch_shape)} does not say that they are independent, so those that are present have no "
            "density by torch; let the kernel return a distribution with a batch dimension for each position, as "
            "Normal(loc, scale) or Independent, mask whole rows, or take the divergence 'energy'"
        )
    return apart


def _is_constant(distribution: Distribution) -> bool:
    """Whether no parameter of a distribution requires a gradient, as far as its parameters are known."""
    if isinstance(distribution, Independent):
        return _is_constant(distribution.base_dist)
    parameters = [getattr(distribution, name, None) for name in distribution.arg_constraints]
    return bool(parameters) and all(isinstance(p, Tensor) and not p.requires_grad for p in parameters)


def _mean_distance(samples: Tensor) -> Tensor:
    """The mean distance of two different samples, for each row; [rows, count, features]."""
    count = samples.shape[1]
    return distances(samples, samples).sum((1, 2)) / (count * (count - 1))


_KL = by_rows("distribution_kl", distribution_kl_rows, by_position=True)
_REVERSE_KL = by_rows("reverse_distribution_kl", partial(distribution_kl_rows, reverse=True), by_position=True)
_LIKELIHOOD = by_rows("negative_log_likelihood", negative_log_likelihood_rows, by_position=True)
_ENERGY = by_rows("energy", energy_rows, by_position=True)
DISTRIBUTIONS: dict[Key, RowFunction] = {
    ("kl", "points", "distribution", "distribution"): _KL,
    ("reverse_kl", "points", "distribution", "distribution"): _REVERSE_KL,
    ("nll", "points", "point", "distribution"): _LIKELIHOOD,
    ("energy", "points", "point", "distribution"): _ENERGY,
    ("energy", "points", "distribution", "distribution"): _ENERGY,
}
