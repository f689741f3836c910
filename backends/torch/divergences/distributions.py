"""Divergences whose prediction, or both of whose sides, are torch Distributions: what a kernel into ℝⁿ returns.

>>> import torch
>>> from torch.distributions import Normal
>>> standard, moved = Normal(torch.zeros(1, 2), 1.0), Normal(torch.ones(1, 2), 1.0)
>>> distribution_kl_rows(standard, moved).item()
1.0
>>> round(negative_log_likelihood_rows(torch.zeros(1, 2), standard).item(), 6)  # log 2π
1.837877
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.distributions import Distribution, Independent, kl_divergence

from learning_diagrams.backends.torch.divergences.row_function import by_rows, distances, flat, wide
from learning_diagrams.backends.torch.functor.draws import require_reparametrised
from learning_diagrams.errors import CompileError, DataError


def distribution_kl_rows(reference: Distribution, prediction: Distribution) -> Tensor:
    """KL(reference ‖ prediction) by torch's registry, in nats, sum over features, for each row."""
    return _registered(reference, prediction, "reference", "prediction")


def reverse_distribution_kl_rows(reference: Distribution, prediction: Distribution) -> Tensor:
    """KL(prediction ‖ reference) by torch's registry, in nats, sum over features, for each row."""
    return _registered(prediction, reference, "prediction", "reference")


def _registered(first: Distribution, second: Distribution, *roles: str) -> Tensor:
    try:
        values = kl_divergence(first, second)
    except NotImplementedError:
        raise CompileError(
            f"torch has no KL divergence of {type(first).__name__} ({roles[0]}) from {type(second).__name__} "
            f"({roles[1]}); let both kernels return distributions of one kind, or add theirs by torch's register_kl"
        ) from None
    return flat(wide(values)).sum(1)


def negative_log_likelihood_rows(reference: Tensor, prediction: Distribution) -> Tensor:
    """−log of the density of the prediction at the reference, in nats, sum over features, for each row."""
    try:
        values = prediction.log_prob(reference)
    except NotImplementedError:
        raise CompileError(
            f"{type(prediction).__name__} has no density (log_prob), so nothing has a likelihood"
        ) from None
    except ValueError as error:
        raise DataError(
            f"the reference lies outside the support of the prediction, a {type(prediction).__name__}: "
            f"{str(error).splitlines()[0]}"
        ) from error
    return -flat(wide(values)).sum(1)


def energy_rows(reference: Tensor | Distribution, prediction: Distribution, samples: int = 8) -> Tensor:
    """2 E|P − R| − E|P − P′| − E|R − R′| for each row, estimated without bias from samples of each law.

    reference : points [rows, …], or a law on them.
    """
    predicted = _samples(prediction, samples)
    if isinstance(reference, Distribution):
        given = _samples(reference, samples)
        spread = _mean_distance(given)
    else:
        given, spread = flat(wide(reference)).unsqueeze(1), torch.zeros((), device=predicted.device)
    return 2 * distances(predicted, given).mean((1, 2)) - _mean_distance(predicted) - spread


def _samples(law: Distribution, count: int) -> Tensor:
    """Samples [rows, count, features] of a law [rows, …], reparametrised where a gradient should pass."""
    if not _is_constant(law):
        require_reparametrised(law, "the divergence 'energy'")
    shape = torch.Size((count,))
    drawn = law.rsample(shape) if law.has_rsample else law.sample(shape)
    return wide(drawn).reshape(count, drawn.shape[1], -1).transpose(0, 1)


def _is_constant(law: Distribution) -> bool:
    """Whether a law is known to depend on nothing that is trained."""
    if isinstance(law, Independent):
        return _is_constant(law.base_dist)
    parameters = [getattr(law, name, None) for name in law.arg_constraints]
    return bool(parameters) and all(isinstance(one, Tensor) and not one.requires_grad for one in parameters)


def _mean_distance(samples: Tensor) -> Tensor:
    """The mean distance of two different samples, for each row; [rows, count, features]."""
    count = samples.shape[1]
    return distances(samples, samples).sum((1, 2)) / (count * (count - 1))


DISTRIBUTIONS = (
    by_rows("distribution_kl", distribution_kl_rows),
    by_rows("reverse_distribution_kl", reverse_distribution_kl_rows),
    by_rows("negative_log_likelihood", negative_log_likelihood_rows),
    by_rows("energy", energy_rows),
)
