"""Draws: a sample of a distribution, made so that gradients pass.

A torch Distribution is drawn by its reparametrised sample. A draw from logits is a vector of probabilities, made in the
way that its space names: a category with the gradient of its probabilities ("straight-through"), relaxed at a
temperature ("gumbel"), or the probabilities themselves ("expectation"). Gradients by the first two are biased: they are
not those of the mean over outcomes, and may differ from these in sign. Noise is made in at least float32: numbers of
8 bits would give a rare outcome the probability 1/256.

Sources: Bengio, Léonard & Courville (2013); Jang, Gu & Poole (2017); Maddison, Mnih & Teh (2017).

>>> logits = torch.zeros(2, 3, requires_grad=True)
>>> straight_through(logits).sum(-1).tolist(), expectation(logits)[0, 0].item() == 1 / 3 or "about"
([1.0, 1.0], 'about')
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, overload

import torch
from torch import Tensor, nn
from torch.distributions import Distribution
from torch.nn import functional

from learning_diagrams.backends.torch.functor.precision import map_tensors, wide
from learning_diagrams.errors import CompileError


def draw(law: Distribution, box: str) -> Tensor:
    """One sample for each row of a distribution [rows, *shape].

    Raises
    ------
    CompileError : a gradient should pass through the draw, and the law has no reparametrised sample.
    """
    if law.has_rsample:
        return law.rsample()
    require_reparametrised(law, f"the draw of kernel {box!r}")
    return law.sample()


def require_reparametrised(law: Distribution, where: str) -> None:
    """Raise `CompileError` where a gradient should pass through samples of a law, and none would."""
    if torch.is_grad_enabled() and not law.has_rsample:
        raise CompileError(
            f"a gradient should pass through {where}, but {type(law).__name__} has no reparametrised sample, so none "
            "would; freeze the kernel and every box before it, or return a distribution with rsample"
        )


@overload
def expand(row: Tensor, rows: int, ndim: int) -> Tensor: ...
@overload
def expand(row: Distribution, rows: int, ndim: int) -> Distribution: ...
def expand(row: Tensor | Distribution, rows: int, ndim: int) -> Tensor | Distribution:
    """The output of a box from I, repeated for every row; no memory is copied.

    Parameters
    ----------
    row : Tensor [*shape] or [1, *shape], or a Distribution of that shape.
    rows : int, the number of rows.
    ndim : int, the length of shape.
    """
    if isinstance(row, Distribution):
        rank = len(row.batch_shape) + len(row.event_shape)
        kept = row.batch_shape[rank - ndim :]
        wide: Distribution = row.expand(torch.Size((rows, *kept)))
        return wide
    return row.expand(rows, *row.shape[row.ndim - ndim :])


def detach(law: Any) -> Any:
    """A tensor or distribution through which no gradient passes."""
    return map_tensors(Tensor.detach, law)


def straight_through(logits: Tensor) -> Tensor:
    """One category a row as a one-hot vector, with the gradient of the probabilities; logits [rows, …, n]."""
    probabilities = torch.softmax(logits, -1)
    gumbels = -torch.empty_like(wide(logits)).exponential_().log()
    chosen = (logits.detach() + gumbels).argmax(-1, keepdim=True)
    return torch.zeros_like(probabilities).scatter(-1, chosen, 1.0) + (probabilities - probabilities.detach())


def gumbel(logits: Tensor, temperature: float) -> Tensor:
    """A relaxed category, a vector of probabilities; logits [rows, …, n]."""
    return functional.gumbel_softmax(wide(logits), tau=temperature).to(logits.dtype)


def expectation(logits: Tensor) -> Tensor:
    """The probabilities of the categories; logits [rows, …, n]."""
    return torch.softmax(logits, -1)


def straight_through_bits(logits: Tensor) -> Tensor:
    """Bits, with the gradient of their probabilities; logits [rows, n]."""
    probabilities = torch.sigmoid(wide(logits))
    bits = (torch.rand_like(probabilities) < probabilities).to(probabilities.dtype)
    return (bits + (probabilities - probabilities.detach())).to(logits.dtype)


def gumbel_bits(logits: Tensor, temperature: float) -> Tensor:
    """Relaxed bits, numbers from 0 to 1; logits [rows, n]."""
    noise = torch.rand_like(wide(logits))
    noise = noise.clamp(torch.finfo(noise.dtype).tiny, 1 - torch.finfo(noise.dtype).eps)
    return torch.sigmoid((logits + torch.logit(noise)) / temperature).to(logits.dtype)


def expectation_bits(logits: Tensor) -> Tensor:
    """The probabilities of the bits; logits [rows, n]."""
    return torch.sigmoid(logits)


def one_hot(labels: Tensor, outcomes: int, boxes: Mapping[str, Any]) -> Tensor:
    """Labels as vectors in the floating dtype of the boxes, which are to take them; labels [rows, …]."""
    return functional.one_hot(labels, outcomes).to(floating_dtype(boxes.values()))


def floating_dtype(modules: Iterable[Any]) -> torch.dtype:
    """The dtype of the first floating parameter of some modules; torch's default where there is none."""
    dtypes = (parameter.dtype for parameter in parameters_of(modules))
    return next((dtype for dtype in dtypes if dtype.is_floating_point), torch.get_default_dtype())


def parameters_of(modules: Iterable[Any]) -> Iterator[nn.Parameter]:
    """The parameters of some modules, also behind a call of them; a plain function has none."""
    parts = (getattr(module, "module", module) for module in modules)
    return (parameter for module in parts if isinstance(module, nn.Module) for parameter in module.parameters())


SAMPLERS: dict[str, Callable[..., Tensor]] = {
    function.__name__: function
    for function in (draw, straight_through, gumbel, expectation, straight_through_bits, gumbel_bits, expectation_bits)
}
