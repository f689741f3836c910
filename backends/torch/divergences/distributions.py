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

from learning_diagrams.backends.torch.divergences.row_function import Key, RowFunction, by_rows, distances, flat
from learning_diagrams.backends.torch.functor.draws import require_reparametrised
from learning_diagrams.errors import CompileError, DataError


def distribution_kl_rows(reference: Distribution, prediction: Distribution, reverse: bool = False) -> Tensor:
    """KL(reference ‖ prediction), in reverse KL(prediction ‖ reference), by torch's registry, in nats, for each row."""
    ends = [(reference, "reference"), (prediction, "prediction")]
    (first, its_role), (second, other_role) = ends[::-1] if reverse else ends
    try:
        values = kl_divergence(first, second)
    except NotImplementedError:
        raise CompileError(
            f"torch has no KL divergence of {type(first).__name__} ({its_role}) from {type(second).__name__} "
            f"({other_role}); let both kernels return distributions of one kind, or add theirs by torch's register_kl"
        ) from None
    return flat(values).sum(1)


def negative_log_likelihood_rows(reference: Tensor, prediction: Distribution) -> Tensor:
    """−log of the density of the prediction at the reference, in nats, sum over features, for each row."""
    try:
        values = prediction.log_prob(reference)
    except NotImplementedError:
        raise CompileError(
            f"{type(prediction).__name__} has no density (log_prob), so no data has a likelihood under it"
        ) from None
    except ValueError as error:
        raise DataError(
            f"the reference lies outside the support of the prediction, a {type(prediction).__name__}: "
            f"{str(error).splitlines()[0]}"
        ) from error
    return -flat(values).sum(1)


def energy_rows(reference: Tensor | Distribution, prediction: Distribution, samples: int = 8) -> Tensor:
    """2 E|P − R| − E|P − P′| − E|R − R′| for each row, estimated without bias from samples of each distribution.

    Parameters
    ----------
    reference : Tensor [rows, …], points; or a Distribution of batch shape [rows, …].
    samples : int, the number of samples of each distribution and row.
    """
    p = _samples(prediction, samples)
    if isinstance(reference, Distribution):
        r = _samples(reference, samples)
        spread = _mean_distance(r)
    else:
        r, spread = flat(reference).unsqueeze(1), torch.zeros((), device=p.device)
    return 2 * distances(p, r).mean((1, 2)) - _mean_distance(p) - spread


def _samples(distribution: Distribution, count: int) -> Tensor:
    """Samples [rows, count, features] of a distribution [rows, …], reparametrised where a gradient should pass."""
    if not _is_constant(distribution):
        require_reparametrised(distribution, "the divergence 'energy'")
    shape = torch.Size((count,))
    samples = distribution.rsample(shape) if distribution.has_rsample else distribution.sample(shape)
    return samples.reshape(count, samples.shape[1], -1).transpose(0, 1)


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


_ENERGY = by_rows("energy", energy_rows)
DISTRIBUTIONS: dict[Key, RowFunction] = {
    ("kl", "points", "distribution", "distribution"): by_rows("distribution_kl", distribution_kl_rows),
    ("reverse_kl", "points", "distribution", "distribution"): by_rows(
        "reverse_distribution_kl", partial(distribution_kl_rows, reverse=True)
    ),
    ("nll", "points", "point", "distribution"): by_rows("negative_log_likelihood", negative_log_likelihood_rows),
    ("energy", "points", "point", "distribution"): _ENERGY,
    ("energy", "points", "distribution", "distribution"): _ENERGY,
}
