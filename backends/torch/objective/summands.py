"""The summands of a total, read from the graph of the total whatever its weights are: numbers, boxes or schedules.

>>> a, b = torch.tensor(2.0, requires_grad=True), torch.tensor(3.0, requires_grad=True)
>>> terms = {"a": a * 1, "b": b * 1}
>>> {name: value.item() for name, value in weighted_terms(0.5 * terms["a"] + 4 * terms["b"], terms).items()}
{'a': 1.0, 'b': 12.0}
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor


def weighted_terms(total: Tensor, terms: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weight · term of each term that the total depends on, with gradient; their sum has the gradient of the total.

    The total is linear in its terms, so that a weight is a derivative of the total. A weight that is learnt keeps its
    own gradient.
    """
    names = [name for name, term in terms.items() if term.requires_grad]
    if not names:
        return {}
    weights = torch.autograd.grad(total, [terms[name] for name in names], create_graph=True, allow_unused=True)
    return {name: weight * terms[name] for name, weight in zip(names, weights, strict=True) if weight is not None}
