"""Divergences of tensors, by PyTorch's fused kernels: each is a function of (reference, prediction) to a 0-d tensor.

>>> p, q = torch.tensor([[0.5, 0.5]]), torch.tensor([[0.9, 0.1]])
>>> round(kl(p.log(), q.log()).item(), 6)
0.510826
>>> round(kl(q.log(), p.log()).item(), 6)
0.368064
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor
from torch.distributions import Distribution, kl_divergence
from torch.nn import functional

from learning_diagrams.backends.torch.space import Bernoulli, Finite, Space
from learning_diagrams.errors import CompileError

Kind = Literal["point", "law"]

# cross_entropy drops rows whose label is `ignore_index`, -100 by default; no label that a data set holds may vanish.
_NO_LABEL = -(2**62)


def squared_error(reference: Tensor, prediction: Tensor) -> Tensor:
    """Σ (prediction − reference)², sum over features, mean over rows; [rows, …] each."""
    return _over_features(functional.mse_loss, _wide(prediction), _wide(reference))


def mean_squared_error(reference: Tensor, prediction: Tensor) -> Tensor:
    """The mean of (prediction − reference)² over features and rows; [rows, …] each."""
    return functional.mse_loss(_wide(prediction), _wide(reference))


def absolute(reference: Tensor, prediction: Tensor) -> Tensor:
    """Σ |prediction − reference|, sum over features, mean over rows; [rows, …] each."""
    return _over_features(functional.l1_loss, _wide(prediction), _wide(reference))


def cross_entropy(reference: Tensor, prediction: Tensor, temperature: Tensor | None = None) -> Tensor:
    """KL(label ‖ prediction) in nats, mean over rows; labels [rows], logits [rows, n]."""
    return functional.cross_entropy(_softened(prediction, temperature), reference, ignore_index=_NO_LABEL)


def kl(reference: Tensor, prediction: Tensor, temperature: Tensor | None = None) -> Tensor:
    """KL(reference ‖ prediction) in nats, mean over rows; logits [rows, n] each, both softened by the temperature.

    Infinite where a prediction gives probability 0 to what the reference does not. No factor is hidden: Hinton,
    Vinyals & Dean (2015) multiply by temperature², which here is the weight of the constraint.
    """
    logs = functional.log_softmax(_softened(prediction, temperature), -1)
    softened = _softened(reference, temperature)
    if softened.requires_grad:  # the gradient of a probability that underflows is NaN, that of its logarithm is not
        return functional.kl_div(logs, functional.log_softmax(softened, -1), reduction="batchmean", log_target=True)
    return functional.kl_div(logs, functional.softmax(softened, -1), reduction="batchmean")


def binary_cross_entropy(reference: Tensor, prediction: Tensor, temperature: Tensor | None = None) -> Tensor:
    """KL(bits ‖ prediction) in nats, sum over bits, mean over rows; bits and logits [rows, n]."""
    logits = _softened(prediction, temperature)
    return _over_features(functional.binary_cross_entropy_with_logits, logits, reference.to(logits.dtype))


def binary_kl(reference: Tensor, prediction: Tensor, temperature: Tensor | None = None) -> Tensor:
    """KL(reference ‖ prediction) of independent bits in nats, sum over bits, mean over rows; logits [rows, n] each."""
    reference, prediction = _softened(reference, temperature), _softened(prediction, temperature)
    of_one, of_zero = functional.logsigmoid(reference), functional.logsigmoid(-reference)
    one, zero = functional.logsigmoid(prediction), functional.logsigmoid(-prediction)
    return (of_one.exp() * (of_one - one) + of_zero.exp() * (of_zero - zero)).sum() / prediction.shape[0]


def distribution_kl(reference: Distribution, prediction: Distribution) -> Tensor:
    """KL(reference ‖ prediction) of torch Distributions by torch's registry, sum over features, mean over rows."""
    try:
        values = kl_divergence(reference, prediction)
    except NotImplementedError:
        raise CompileError(
            f"torch has no KL divergence of {type(reference).__name__} (reference) from {type(prediction).__name__} "
            "(prediction); let both kernels return distributions of one kind, or add theirs by torch's register_kl"
        ) from None
    return values.sum() / values.shape[0]


# Which function computes a divergence, by its name, the kind of space, and the kinds of reference and prediction.
_FUNCTIONS: dict[tuple[str, str, Kind, Kind], Callable[..., Tensor]] = {
    ("squared_error", "points", "point", "point"): squared_error,
    ("mean_squared_error", "points", "point", "point"): mean_squared_error,
    ("absolute", "points", "point", "point"): absolute,
    ("kl", "points", "law", "law"): distribution_kl,
    ("kl", "labels", "point", "law"): cross_entropy,
    ("kl", "labels", "law", "law"): kl,
    ("kl", "bits", "point", "law"): binary_cross_entropy,
    ("kl", "bits", "law", "law"): binary_kl,
}
FUNCTIONS = {function.__name__: function for function in _FUNCTIONS.values()}


def resolve(name: str, space: Space, reference: Kind, prediction: Kind, options: tuple[str, ...], where: str) -> str:
    """The name of the function that computes a divergence on a space; `CompileError` where none fits."""
    carrier = _carrier(space)
    function = _FUNCTIONS.get((name, carrier, reference, prediction))
    if function is None or (function is distribution_kl and options):
        raise CompileError(_misfit(name, space, reference, prediction, options, where))
    if carrier == "points" and space.dtype is not None and not space.dtype.is_floating_point:
        raise CompileError(
            f"{where}: divergence {name!r} needs floating values, and {space!r} holds {space.dtype_name}"
        )
    return function.__name__


def _misfit(name: str, space: Space, reference: Kind, prediction: Kind, options: tuple[str, ...], where: str) -> str:
    said = {"point": "a deterministic value", "law": "a distribution"}
    message = f"{where}: divergence {name!r} does not fit {space!r} with {said[reference]} as reference (rhs) and "
    message += f"{said[prediction]} as prediction (lhs)"
    if name == "kl" and prediction == "point" and reference == "law":
        return message + "; KL to a deterministic value is infinite: swap the sides, the reference stands on the right"
    if name == "kl" and (reference, prediction) == ("point", "point"):
        return message + "; KL between deterministic values is 0 or infinite: let the prediction be a Kernel"
    if prediction == "law" and space.law_shape is None:
        return (
            message
            + '; a kernel into such a space names its divergence: "kl" between two distributions'
            + (f", without {', '.join(options)}" if options else "")
        )
    fitting = sorted({key[0] for key in _FUNCTIONS if key[1:] == (_carrier(space), reference, prediction)})
    return message + f"; what fits: {', '.join(map(repr, fitting)) or 'nothing'}"


def _carrier(space: Space) -> str:
    return "labels" if isinstance(space, Finite) else "bits" if isinstance(space, Bernoulli) else "points"


def _over_features(kernel: Callable[..., Tensor], prediction: Tensor, reference: Tensor) -> Tensor:
    """A fused kernel summed over features and averaged over rows; for one feature that is its plain mean."""
    if prediction.dim() == 2 and prediction.shape[1] == 1:
        return kernel(prediction, reference)
    return kernel(prediction, reference, reduction="sum") / prediction.shape[0]


def _wide(value: Tensor) -> Tensor:
    """At least float32, so that a loss of half-precision models is summed with care."""
    return value if value.dtype in (torch.float32, torch.float64) else value.float()


def _softened(logits: Tensor, temperature: Tensor | None) -> Tensor:
    return _wide(logits) if temperature is None else _wide(logits) / temperature
