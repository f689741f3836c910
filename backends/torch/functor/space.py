"""Spaces: the values of a functor on objects, with one tensor shape a row.

A *point* of a space is what a column holds or a deterministic box returns; a *law* on it is what a kernel returns.

>>> Finite(10).point_shape, Finite(10).distribution_shape
((), (10,))
>>> Euclidean(3, 32, 32)
Euclidean(3, 32, 32)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import ClassVar, Literal

import torch

from learning_diagrams.errors import CompileError
from learning_diagrams.semantics.divergences import divergence as divergence_kind
from learning_diagrams.semantics.functor.space import Kind, Sampling

Sample = Literal["straight-through", "gumbel", "expectation"]
Carrier = Literal["points", "labels", "bits", "tokens"]  # by which a divergence knows how to read points


@dataclass(frozen=True)
class Space:
    """A space of tensors of one shape a row.

    Parameters
    ----------
    shape : tuple of int, the sizes of one row; a batch of points is [rows, *shape].
    dtype : torch.dtype of points; None admits every floating dtype.
    divergence : str, the divergence of constraints that do not name a divergence.
    """

    shape: tuple[int, ...]
    dtype: torch.dtype | None = None
    divergence: str | None = None
    carrier: ClassVar[Carrier] = "points"

    def __post_init__(self) -> None:
        if not isinstance(self.shape, tuple):
            raise CompileError(f"the shape of a space is a tuple, as in Space((3, 4)), got {self.shape!r}")
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
    def distribution_shape(self) -> tuple[int, ...] | None:
        """The shape of one row of the logits that a kernel returns; None if the kernel returns a Distribution."""
        return None

    @property
    def logits(self) -> bool:
        """Whether a kernel into the space returns logits, a tensor; otherwise the kernel returns a Distribution."""
        return self.distribution_shape is not None

    def row_shape(self, kind: Kind) -> tuple[int, ...]:
        """The shape of one row of a point or of a distribution; a Distribution has the shape of its samples."""
        return self.distribution_shape or self.point_shape if kind == "distribution" else self.point_shape

    def ndim(self, kind: Kind) -> int:
        """The number of dimensions of one row."""
        return len(self.row_shape(kind))

    @property
    def outcomes(self) -> int | None:
        """The number of outcomes of a discrete space, whose points are labels; None for other spaces."""
        return None

    @property
    def one_hot(self) -> bool:
        """Whether points enter boxes as one-hot vectors, as draws do."""
        return False

    @property
    def argument_shape(self) -> tuple[int, ...]:
        """The shape of one row of an argument of a box from this space."""
        return self.row_shape("distribution" if self.one_hot else "point")

    @property
    def argument_dtype(self) -> torch.dtype | None:
        """The dtype of an argument of a box from this space; None admits every floating dtype."""
        return None if self.one_hot else self.dtype

    def sampling(self, box: str) -> Sampling | None:
        """How a kernel's output that feeds a box is drawn: a Distribution by its reparametrised sample."""
        return Sampling("draw", (box,))

    def admits(self, dtype: torch.dtype) -> bool:
        """Whether points may have this dtype."""
        return dtype.is_floating_point if self.dtype is None else dtype == self.dtype

    @property
    def dtype_name(self) -> str:
        return "a floating dtype" if self.dtype is None else dtype_name(self.dtype)


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
class Discrete(Space):
    """A space of outcomes: kernels into it return logits, and `sample` says how a draw lets gradients pass.

    A draw is a vector of probabilities for each outcome: of a category, with the gradient of the probabilities
    ("straight-through": Bengio, Léonard & Courville, 2013); relaxed at a temperature ("gumbel": Jang, Gu & Poole,
    2017; Maddison, Mnih & Teh, 2017); or the probabilities themselves ("expectation"). Without `sample`, a kernel
    whose output feeds a box is an error. With it, boxes are given such vectors, also in place of labels. Gradients by
    "straight-through" and "gumbel" are biased.
    """

    sample: Sample | None = field(default=None)
    temperature: float = field(default=1.0)
    suffix: ClassVar[str] = ""

    def _set(self, sample: Sample | None, temperature: float, **own: object) -> None:
        if sample not in (None, "straight-through", "gumbel", "expectation"):
            raise CompileError(
                f"sample of {type(self).__name__} is 'straight-through', 'gumbel', 'expectation' or None, "
                f"got {sample!r}"
            )
        if isinstance(temperature, bool) or not isinstance(temperature, int | float) or not 0 < temperature < inf:
            raise CompileError(f"temperature of {type(self).__name__} must be a finite number > 0, got {temperature!r}")
        for key, value in {"sample": sample, "temperature": float(temperature), **own}.items():
            object.__setattr__(self, key, value)

    @property
    def one_hot(self) -> bool:
        return self.sample is not None and self.outcomes is not None

    def sampling(self, box: str) -> Sampling | None:
        if self.sample is None:
            return None
        function = self.sample.replace("-", "_") + self.suffix
        arguments = (self.temperature,) if self.sample == "gumbel" else ()
        return Sampling(function, arguments, exact=self.sample == "straight-through")

    def _text(self, *given: object) -> str:
        options = [] if self.sample is None else [f"sample={self.sample!r}"]
        options += [f"temperature={self.temperature}"] if self.sample == "gumbel" else []
        return f"{type(self).__name__}({', '.join([*map(str, given), *options])})"


@dataclass(frozen=True, init=False, repr=False)
class Finite(Discrete):
    """A set of n outcomes, measured by Kullback–Leibler divergence in nats, mean over rows.

    Points are int64 labels [rows] in 0 … n−1; a kernel into it returns logits [rows, n]. With `sample` (see
    `Discrete`) boxes from it are given floating vectors [rows, n].
    """

    n: int = field(default=0)
    carrier: ClassVar[Carrier] = "labels"

    def __init__(self, n: int, *, sample: Sample | None = None, temperature: float = 1.0) -> None:
        _require_count(n, "Finite", "outcomes")
        self._set(sample, temperature, n=n)
        Space.__init__(self, (), torch.int64, "kl")

    @property
    def distribution_shape(self) -> tuple[int, ...]:
        return (self.n,)

    @property
    def outcomes(self) -> int:
        return self.n

    def __repr__(self) -> str:
        return self._text(self.n)


@dataclass(frozen=True, init=False, repr=False)
class Bernoulli(Discrete):
    """n independent bits, measured by Kullback–Leibler divergence in nats: sum over bits, mean over rows.

    Points are floating tensors [rows, n] of zeros and ones; a kernel into it returns logits [rows, n], ±∞ for a sure
    bit. Draws (see `sample` in `Discrete`) are [rows, n] as well.
    """

    n: int = field(default=0)
    suffix: ClassVar[str] = "_bits"
    carrier: ClassVar[Carrier] = "bits"

    def __init__(self, n: int, *, sample: Sample | None = None, temperature: float = 1.0) -> None:
        _require_count(n, "Bernoulli", "bits")
        self._set(sample, temperature, n=n)
        Space.__init__(self, (n,), None, "kl")

    @property
    def distribution_shape(self) -> tuple[int, ...]:
        return (self.n,)

    def __repr__(self) -> str:
        return self._text(self.n)


@dataclass(frozen=True, init=False, repr=False)
class Tokens(Discrete):
    """Sequences of `length` tokens from a vocabulary, measured token by token, mean over rows.

    Points are int64 tensors [rows, length] in 0 … vocabulary−1; a kernel into it returns logits [rows, length,
    vocabulary], one distribution for each position. With `sample` (see `Discrete`) boxes from it take
    such vectors.

    Parameters
    ----------
    vocabulary, length : int, the number of tokens, and the number of positions in a sequence.
    padding : int or None, the token that fills up short sequences: a position at which the reference is this token is
        not compared. A reference that is a kernel has no padding, so every position counts.
    reduction : "sum" over the tokens of a row, or "mean" over the tokens of that row.
    """

    vocabulary: int = field(default=0)
    length: int = field(default=0)
    padding: int | None = field(default=None)
    reduction: Literal["sum", "mean"] = field(default="sum")
    carrier: ClassVar[Carrier] = "tokens"

    def __init__(
        self,
        vocabulary: int,
        length: int,
        *,
        padding: int | None = None,
        reduction: Literal["sum", "mean"] = "sum",
        sample: Sample | None = None,
        temperature: float = 1.0,
    ) -> None:
        _require_count(vocabulary, "Tokens", "tokens", "10, 5")
        _require_count(length, "Tokens", "positions", "10, 5")
        if padding is not None and (
            isinstance(padding, bool) or not isinstance(padding, int) or not 0 <= padding < vocabulary
        ):
            raise CompileError(f"padding of Tokens is a token in 0 … {vocabulary - 1} or None, got {padding!r}")
        if reduction not in ("sum", "mean"):
            raise CompileError(f"reduction of Tokens is 'sum' or 'mean' over the tokens of a row, got {reduction!r}")
        self._set(sample, temperature, vocabulary=vocabulary, length=length, padding=padding, reduction=reduction)
        Space.__init__(self, (length,), torch.int64, "kl")

    @property
    def distribution_shape(self) -> tuple[int, ...]:
        return (self.length, self.vocabulary)

    @property
    def outcomes(self) -> int:
        return self.vocabulary

    def __repr__(self) -> str:
        padding = [] if self.padding is None else [f"padding={self.padding}"]
        reduction = [] if self.reduction == "sum" else ["reduction='mean'"]
        return self._text(self.vocabulary, self.length, *padding, *reduction)


def _require_count(n: object, who: str, what: str, example: str = "10") -> None:
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise CompileError(f"{who} takes a number of {what} ≥ 1, as in {who}({example}); got {n!r}")


def dtype_name(dtype: torch.dtype) -> str:
    """The name of a dtype as messages write it.

    >>> dtype_name(torch.float32)
    'float32'
    """
    return str(dtype).removeprefix("torch.")
