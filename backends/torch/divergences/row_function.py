"""A divergence as two functions of tensors: its values row by row, and their mean, fused where PyTorch has a kernel.

The divergence of a user is a kind with such a pair, on the spaces and between the ends that the user names.

Every function here can be pickled by reference, so that an objective can be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from learning_diagrams.backends.torch.data.mask import as_fine_as
from learning_diagrams.backends.torch.functor.space import Carrier
from learning_diagrams.errors import DataError
from learning_diagrams.semantics.divergences import DivergenceKind
from learning_diagrams.semantics.functor.space import Kind

Ends = tuple[Kind, Kind]  # kinds of the reference and of the prediction
Key = tuple[str, Carrier, Kind, Kind]  # name of the divergence, carrier of the space, the two ends
Kernel = Callable[..., Tensor]  # a loss of PyTorch: (prediction, reference, reduction=, options)
NONE, MEAN, SUM = range(3)  # how PyTorch numbers the reductions of a kernel


@dataclass(frozen=True)
class RowFunction:
    """Two functions of (reference, prediction, options).

    Parameters
    ----------
    name : str, the name of the mean in the code of a loss; the code calls the values `<name>_rows`.
    rows : function to Tensor [rows], the values.
    mean : function to a 0-d Tensor, the mean of the values.
    by_position : bool, whether `rows` takes `positions`: bool [rows, *positions], True for a position that is compared.
    """

    name: str
    rows: Callable[..., Tensor]
    mean: Callable[..., Tensor]
    by_position: bool = False


@dataclass(frozen=True, kw_only=True)
class Definition(DivergenceKind):
    """The divergence of a user. A pickle of a definition refers to the user's function by module and name.

    Parameters
    ----------
    function : RowFunction, computes the values.
    carrier : str, the spaces on which the divergence is defined.
    ends : tuple of pairs, the kinds of (reference, prediction) that the function takes.
    row_by_row : bool, whether the value of a row depends on that row only, so that means over batches add up.
    takes_rows : bool, whether the function takes `present`: bool [rows], True for a row that is not absent.
    source : what the user has defined the divergence by, a function or an `nn.Module`.
    """

    function: RowFunction
    carrier: Carrier
    ends: tuple[Ends, ...]
    row_by_row: bool = False
    takes_rows: bool = False
    source: Callable[..., Tensor]

    @property
    def module(self) -> nn.Module | None:
        """The source, where it is a module, whose parameters may be trained."""
        return self.source if isinstance(self.source, nn.Module) else None

    @property
    def entries(self) -> dict[Key, RowFunction]:
        """The function under each of its keys, as in the library's table."""
        return {(self.name, self.carrier, *ends): self.function for ends in self.ends}


def by_rows(name: str, rows: Callable[..., Tensor], by_position: bool = False) -> RowFunction:
    """A divergence without a fused kernel: its mean is computed from its values."""
    return RowFunction(name, rows, partial(_mean, rows), by_position)


def _mean(rows: Callable[..., Tensor], /, reference: Any, prediction: Any, **options: Any) -> Tensor:
    return rows(reference, prediction, **options).mean()


def fused_mean(kernel: Kernel, /, reference: Tensor, prediction: Tensor, **options: Any) -> Tensor:
    """The values of a kernel, summed over features, mean over rows; for a single feature the kernel's mean."""
    rows, *features = prediction.shape
    if features == [1]:
        return kernel(prediction, reference, reduction=MEAN, **options)
    return kernel(prediction, reference, reduction=SUM, **options) / rows


def flat(value: Tensor) -> Tensor:
    """Each row as one vector: [rows, …] becomes [rows, features]."""
    return value.reshape(value.shape[0], -1)


def directions(value: Tensor) -> Tensor:
    """Each row as a vector of length 1, [rows, features]; a row shorter than 1e-8 has no direction and becomes 0.

    No gradient passes to such a row: it would be as large as the row is small.
    """
    vectors = flat(value)
    lengths = torch.linalg.vector_norm(vectors, dim=1, keepdim=True)
    short = lengths < 1e-8
    unit: Tensor = vectors.masked_fill(short, 0.0) / lengths.masked_fill(short, 1.0)
    return unit


def same_sizes(reference: Any, prediction: Any) -> tuple[Any, Any]:
    """Two ends of a comparison; `DataError` if their rows differ in size, which a space with a size None admits."""
    shapes = [
        (*end.batch_shape, *end.event_shape) if isinstance(end, Distribution) else tuple(end.shape)
        for end in (reference, prediction)
    ]
    common = min(map(len, shapes))
    if shapes[0][1:common] != shapes[1][1:common]:
        raise DataError(
            f"the two sides have rows of different sizes: the reference is {list(shapes[0])}, and the prediction is "
            f"{list(shapes[1])}"
        )
    return reference, prediction


def in_one_dtype(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Two floating ends in the wider of their dtypes, for kernels of PyTorch that take one dtype only.

    >>> tuple(end.dtype for end in in_one_dtype(torch.zeros(2), torch.zeros(2, dtype=torch.float64)))
    (torch.float64, torch.float64)
    """
    if first.dtype == second.dtype:
        return first, second
    wider = torch.promote_types(first.dtype, second.dtype)
    return first.to(wider), second.to(wider)


def over_positions(values: Tensor, positions: Tensor | None, mean: bool = False) -> Tensor:
    """The value of each row, [rows], from the values [rows, …] of its positions: a sum, or a mean of those present."""
    if positions is None:
        return flat(values).mean(1) if mean else flat(values).sum(1)
    positions = as_fine_as(values, positions).expand_as(values)
    total = flat(torch.where(positions, values, 0.0)).sum(1)
    return total / flat(positions).sum(1).clamp(min=1) if mean else total


def at_positions(positions: Tensor | None, *ends: Tensor) -> tuple[Tensor, ...]:
    """Both ends of a comparison, 0 at absent positions: a value that is not finite there would have a NaN gradient."""
    if positions is None:
        return ends
    return tuple(torch.where(as_fine_as(end, positions), end, 0) for end in ends)


def zero_where_absent(value: Tensor, positions: Tensor | None) -> Tensor:
    """Samples of sequences of outcomes, as vectors: an absent position is 0, which no outcome is."""
    return at_positions(positions, value)[0]


def distances(a: Tensor, b: Tensor) -> Tensor:
    """Distances |a_i − b_j|, [(rows,) n, m], of vectors [(rows,) n, features] and [(rows,) m, features]."""
    # By differences: PyTorch's other way, a matrix product, loses half of the digits where vectors are close.
    return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")
