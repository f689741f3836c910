"""How far two ends of an equation are apart: points, labels, laws."""

from functools import partial

import pytest
import torch
from torch.distributions import Categorical, LowRankMultivariateNormal, MultivariateNormal, Normal

from learning_diagrams.backends.torch import Bernoulli, Euclidean, Finite, Tokens
from learning_diagrams.backends.torch.axioms.difference import Unchecked, differences
from learning_diagrams.backends.torch.functor.tensor_map import WireDistribution

torch.set_num_threads(1)

ends = partial(WireDistribution, "k")
LOGITS = torch.tensor([[0.0, 1.0, 2.0], [3.0, 1.0, 0.0]])
HALVES, SIX_TENTHS = torch.zeros(2, 2), torch.tensor([0.6, 0.4]).log()
SURE = torch.tensor([[-99.0, 99.0, -99.0], [99.0, -99.0, -99.0]])


@pytest.mark.parametrize(
    ("space", "lhs", "rhs", "expected"),
    [
        (Finite(3), ends(Finite(3), LOGITS), ends(Finite(3), LOGITS + 5), 0),
        (Finite(3), ends(Finite(3), SURE), torch.tensor([1, 0]), 0),
        (Finite(3), torch.tensor([1, 1]), ends(Finite(3), SURE), 0.5),
        (Bernoulli(3), ends(Bernoulli(3), SURE), SURE.gt(0).float(), 0),
        (Finite(3), ends(Finite(3), SURE), ends(Finite(3), SURE * 2), 0),  # two ways to write a sure outcome
        (Bernoulli(3), ends(Bernoulli(3), SURE), ends(Bernoulli(3), SURE * 2), 0),
        (Finite(2), ends(Finite(2), HALVES), ends(Finite(2), HALVES + SIX_TENTHS), 0.1 / 1.6),
        (Bernoulli(3), ends(Bernoulli(3), LOGITS), ends(Bernoulli(3), LOGITS + 5), None),
        (Tokens(3, 2), torch.tensor([[0, 1], [2, 2]]), torch.tensor([[0, 1], [2, 2]]), 0),
        (Tokens(3, 2), torch.tensor([[0, 1], [2, 2]]), torch.tensor([[0, 1], [2, 1]]), torch.inf),
        (Tokens(3, 1), ends(Tokens(3, 1), SURE[:, None]), torch.tensor([[1], [0]]), 0),
        (Euclidean(2), torch.tensor([[torch.inf, 1.0]]), torch.tensor([[torch.inf, 2.0]]), 1 / 3),
        (Euclidean(0), torch.zeros(2, 0), torch.zeros(2, 0), 0),
        (Finite(2), ends(Finite(2), LOGITS[:, :1] / 0), ends(Finite(2), LOGITS[:, :1] / 0), torch.nan),
    ],
)
def test_differences_of_ends(space, lhs, rhs, expected):
    distance = differences(space, lhs, rhs).max().item()
    if expected is None:
        assert distance > 0.1
    else:
        assert distance == pytest.approx(expected, abs=1e-6, nan_ok=True)


def test_parameters_that_stand_for_one_law_are_one():
    of = lambda law: ends(Euclidean(3), law)  # noqa: E731
    probabilities, logits = torch.softmax(LOGITS, -1), LOGITS
    first, second = Categorical(probs=probabilities), Categorical(logits=logits + 3)
    assert differences(Euclidean(3), of(first), of(second)).max() < 1e-6
    covariance = torch.eye(3) * 2
    first, second = (
        MultivariateNormal(LOGITS, **{k: m})
        for k, m in [("covariance_matrix", covariance), ("precision_matrix", torch.eye(3) / 2)]
    )
    assert differences(Euclidean(3), of(first), of(second)).max() < 1e-6
    turned, small = torch.linalg.qr(LOGITS.T @ LOGITS + torch.eye(3))[0], torch.tensor([1.0, 1.0, 1e-4])
    covariance = (turned * small) @ turned.T  # its inverse loses what rounding takes from it, ten thousand times
    nearly = covariance + 1e-7 * torch.eye(3)
    first, second = (MultivariateNormal(LOGITS, matrix) for matrix in (covariance, nearly))
    assert differences(Euclidean(3), of(first), of(second)).max() < 1e-4
    factor = torch.tensor([[1.0], [2.0], [3.0]]).expand(2, 3, 1)
    first, second = (LowRankMultivariateNormal(LOGITS, sign * factor, torch.ones(3)) for sign in (1, -1))
    assert differences(Euclidean(3), of(first), of(second)).max() < 1e-6
    first, second = (torch.distributions.Multinomial(n, logits=LOGITS) for n in (2, 3))
    assert differences(Euclidean(3), of(first), of(second)).min() > 0.1
    first, second = (
        torch.distributions.MixtureSameFamily(Categorical(torch.ones(2, 2)), Normal(torch.zeros(2, 2), s))
        for s in (1.0, 2.0)
    )
    with pytest.raises(Unchecked, match="no KL"):
        differences(Euclidean(), of(first), of(second))
