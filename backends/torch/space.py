"""Spaces: what an object of a diagram is sent to, one tensor shape a row.

A *point* of a space is what a column holds or a deterministic box returns; a *law* on it is what a kernel returns.

>>> Finite(10).point_shape, Finite(10).law_shape
((), (10,))
>>> Euclidean(3, 32, 32)
Euclidean(3, 32, 32)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import torch

from learning_diagrams.errors import CompileError
from learning_diagrams.semantics.divergence import divergence as divergence_kind


@dataclass(frozen=True)
class Space:
    """A space of tensors of one shape a row.

    Parameters
    ----------
    shape : sizes of one row; a batch of points is [rows, *shape].
    dtype : dtype of points; None admits every floating dtype.
    divergence : the name of the divergence by which points are compared, where a constraint names none.
    """

    shape: tuple[int, ...]
    dtype: torch.dtype | None = None
    divergence: str | None = None

    def __post_init__(self) -> None:
        for size in self.shape:
            if isinstance(size, bool) or not isinstance(size, int) or size < 0:
                raise CompileError(f"the shape of a space is made of whole numbers ≥ 0, got {self.shape!r}")
        if self.dtype is not None and not isinstance(self.dtype, torch.dtype):
            raise CompileError(f"the dtype of a space must be a torch.dtype or None, got {self.dtype!r}")
        if self.divergence is not None:
            divergence_kind(self.divergence)

    @property
    def point_shape(self) -> tuple[int, ...]:
        """The shape of one point."""
        return self.shape

    @property
    def law_shape(self) -> tuple[int, ...] | None:
        """The shape of one row of the logits that a kernel returns; None where it returns a Distribution."""
        return None

    def row_shape(self, kind: Literal["point", "law"]) -> tuple[int, ...]:
        """The shape of one row of a point or of a law; a Distribution has the shape of its samples."""
        return self.law_shape or self.point_shape if kind == "law" else self.point_shape

    def admits(self, dtype: torch.dtype) -> bool:
        """Whether points may have this dtype."""
        return dtype.is_floating_point if self.dtype is None else dtype == self.dtype

    @property
    def dtype_name(self) -> str:
        return "a floating dtype" if self.dtype is None else str(self.dtype).removeprefix("torch.")


@dataclass(frozen=True, init=False, repr=False)
class Euclidean(Space):
    """ℝ^shape, measured by squared error: sum over features, mean over rows.

    Points are floating tensors [rows, *shape]; a kernel into it returns a torch Distribution over such tensors.
    """

    def __init__(self, *shape: int) -> None:
        Space.__init__(self, shape, None, "squared_error")

    def __repr__(self) -> str:
        return f"Euclidean({', '.join(map(str, self.shape))})"


@dataclass(frozen=True, init=False, repr=False)
class Finite(Space):
    """A set of n outcomes, measured by Kullback–Leibler divergence in nats, mean over rows.

    Points are int64 labels [rows] in 0 … n−1; a kernel into it returns logits [rows, n].
    """

    n: int = field(default=0)

    def __init__(self, n: int) -> None:
        _require_count(n, "Finite")
        object.__setattr__(self, "n", n)
        Space.__init__(self, (), torch.int64, "kl")

    @property
    def law_shape(self) -> tuple[int, ...]:
        return (self.n,)

    def __repr__(self) -> str:
        return f"Finite({self.n})"


@dataclass(frozen=True, init=False, repr=False)
class Bernoulli(Space):
    """n independent bits, measured by Kullback–Leibler divergence in nats: sum over bits, mean over rows.

    Points are floating tensors [rows, n] of zeros and ones; a kernel into it returns logits [rows, n].
    """

    n: int = field(default=0)

    def __init__(self, n: int) -> None:
        _require_count(n, "Bernoulli")
        object.__setattr__(self, "n", n)
        Space.__init__(self, (n,), None, "kl")

    @property
    def law_shape(self) -> tuple[int, ...]:
        return (self.n,)

    def __repr__(self) -> str:
        return f"Bernoulli({self.n})"


def _require_count(n: object, who: str) -> None:
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise CompileError(f"{who} takes a number of outcomes ≥ 1, as in {who}(10); got {n!r}")
