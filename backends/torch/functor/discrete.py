"""Spaces of outcomes: labels, bits and tokens, whose kernels return logits.

>>> Finite(10).point_shape, Finite(10).distribution_shape
((), (10,))
>>> print(Finite(10).latex, Bernoulli(5).latex, Tokens(1000, 20).latex)
\\{0, \\dots, 9\\} \\{0, 1\\}^{5} \\{0, \\dots, 999\\}^{20}
>>> Finite(3, shape=(None, None), padding=255)
Finite(3, shape=(None, None), padding=255)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import inf
from numbers import Integral
from typing import ClassVar, Literal

import torch

from learning_diagrams.backends.torch.functor.space import Carrier, Size, Space, text
from learning_diagrams.errors import CompileError
from learning_diagrams.errors.door import by_door
from learning_diagrams.semantics.functor.space import Cell, Positions, Sampling

Sample = Literal["straight-through", "gumbel", "expectation"]
Reduction = Literal["sum", "mean", "tokens"]
NO_LABEL = (-100, 255)  # what PyTorch and torchvision write where a label is absent


def without_label(space: Space, label: int = NO_LABEL[0]) -> str:
    """How a row is given that has no label.

    >>> without_label(Finite(4), -1)
    'a row without a label has the label -100 in Finite(4, padding=-100), or it is absent: (labels, mask)'
    """
    mark = space.padding_label
    if mark is None:
        mark = label if label in NO_LABEL else NO_LABEL[0]
    marked = repr(space) if mark == space.padding_label else f"{repr(space).removesuffix(')')}, padding={mark})"
    absent = by_door("(labels, mask)", plan="an empty field of CSV, or null in Parquet")
    return f"a row without a label has the label {mark} in {marked}, or it is absent: {absent}"


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
    padding: int | None = field(default=None)
    reduction: Reduction = field(default="sum")
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
        name, last = type(self).__name__, (self.outcomes or 0) - 1
        if self.padding is not None and (
            isinstance(self.padding, bool)
            or not isinstance(self.padding, int)
            or not (0 <= self.padding <= last or self.padding in NO_LABEL)
        ):
            raise CompileError(
                f"padding of {name} is a label in 0 … {last}, or {NO_LABEL[0]} or {NO_LABEL[1]}, which is no label, or "
                f"None; got {self.padding!r}"
            )
        if self.reduction not in ("sum", "mean", "tokens"):
            raise CompileError(
                f"reduction of {name} is 'sum' or 'mean' over the positions of a row, or 'tokens', the mean over those "
                f"of the batch; got {self.reduction!r}"
            )

    def compared(self, columns: Mapping[Cell, Space]) -> Positions | None:
        positions = super().compared(columns)
        return positions and replace(positions, counted=self.reduction == "tokens")

    @property
    def padding_label(self) -> int | None:
        return self.padding

    @property
    def filler(self) -> float:
        if self.outcomes is None:
            return super().filler
        return self.padding if self.padding is not None and 0 <= self.padding < self.outcomes else 0

    @property
    def one_hot(self) -> bool:
        return self.sample is not None and self.outcomes is not None

    def sampling(self, box: str) -> Sampling | None:
        if self.sample is None:
            return None
        function = self.sample.replace("-", "_") + self.suffix
        arguments = (self.temperature,) if self.sample == "gumbel" else ()
        return Sampling(function, arguments, exact=self.sample == "straight-through")

    @property
    def _letter(self) -> str:
        n = (self.distribution_shape or (0,))[-1] or 0
        if self.carrier == "probabilities":
            return rf"\Delta^{{{n - 1}}}"
        return r"\{0, 1\}" if self.carrier == "bits" or n == 2 else rf"\{{0, \dots, {n - 1}\}}"

    def _text(self, *sizes: object, **options: object) -> str:
        reduction = None if self.reduction == "sum" else self.reduction
        temperature = self.temperature if self.sample == "gumbel" else None
        own = {"padding": self.padding, "reduction": reduction, "positions": self.positions, "sample": self.sample}
        return text(type(self).__name__, *sizes, **options, **own, temperature=temperature)


@dataclass(frozen=True, init=False, repr=False)
class Finite(Discrete):
    """A set of n outcomes, measured by Kullback–Leibler divergence in nats, mean over rows; or an array of such labels.

    Points are int64 labels [rows, *shape] in 0 … n−1; a kernel into it returns logits [rows, *shape, n], with the
    outcomes last. (PyTorch's [rows, n, *shape] become such logits by `logits.movedim(1, -1)`.) With `sample` (see
    `Discrete`) boxes from it are given floating vectors [rows, *shape, n].

    Parameters
    ----------
    n : int, the number of outcomes.
    shape : tuple of int or None, the shape of the labels of a row, as (height, width) for a label each pixel; () for
        one label. None admits any size.
    soft : bool, whether points are probabilities, floating [rows, *shape, n], in place of labels: ≥ 0, of sum 1.
    padding, reduction, positions : see `Tokens`.
    """

    n: int = field(default=0)
    soft: bool = field(default=False)

    def __init__(
        self,
        n: int,
        *,
        shape: tuple[Size, ...] = (),
        soft: bool = False,
        padding: int | None = None,
        reduction: Reduction = "sum",
        positions: str | None = None,
        sample: Sample | None = None,
        temperature: float = 1.0,
    ) -> None:
        n = _require_count(n, "Finite", "outcomes")
        if not isinstance(soft, bool) or (soft and padding is not None):
            fault = f"soft={soft!r}" if padding is None else "padding= beside soft=True, which has no labels"
            raise CompileError(f"soft of Finite is True or False, and only labels have padding; got {fault}")
        Space.__init__(self, shape, None if soft else torch.int64, "kl", positions)
        object.__setattr__(self, "soft", soft)
        self._set(sample, temperature, n=n, padding=padding, reduction=reduction)

    @property
    def carrier(self) -> Carrier:
        return "probabilities" if self.soft else "tokens" if self.shape else "labels"

    @property
    def point_shape(self) -> tuple[Size, ...]:
        return self.distribution_shape if self.soft else self.shape

    @property
    def distribution_shape(self) -> tuple[Size, ...]:
        return (*self.shape, self.n)

    @property
    def outcomes(self) -> int | None:
        return None if self.soft else self.n

    def sampling(self, box: str) -> Sampling | None:
        sampling = super().sampling(box)
        return replace(sampling, exact=True) if sampling and self.soft else sampling

    def __repr__(self) -> str:
        return self._text(self.n, shape=self.shape or None, soft=self.soft or None)


@dataclass(frozen=True, init=False, repr=False)
class Bernoulli(Discrete):
    """n independent bits, measured by Kullback–Leibler divergence in nats: sum over bits, mean over rows.

    Points are floating tensors [rows, n] of zeros and ones; a kernel into it returns logits [rows, n], ±∞ for a sure
    bit. Draws (see `sample` in `Discrete`) are [rows, n] as well. A mask of a column may be [rows] or [rows, n].

    Parameters
    ----------
    n : int, the number of bits.
    positions : str or None, see `Space`.
    """

    n: int = field(default=0)
    suffix: ClassVar[str] = "_bits"

    def __init__(
        self, n: int, *, positions: str | None = None, sample: Sample | None = None, temperature: float = 1.0
    ) -> None:
        n = _require_count(n, "Bernoulli", "bits")
        self._set(sample, temperature, n=n)
        Space.__init__(self, (n,), None, "kl", positions)

    @property
    def carrier(self) -> Carrier:
        return "bits"

    @property
    def distribution_shape(self) -> tuple[Size, ...]:
        return (self.n,)

    def __repr__(self) -> str:
        return self._text(self.n)


@dataclass(frozen=True, init=False, repr=False)
class Tokens(Discrete):
    """Sequences of `length` tokens from a vocabulary, measured token by token, mean over rows.

    Points are int64 tensors [rows, length] in 0 … vocabulary−1; a kernel into it returns logits [rows, length,
    vocabulary], one distribution for each position. With `sample` (see `Discrete`) boxes from it take
    such vectors. A mask of a column may be [rows] or [rows, length].

    Parameters
    ----------
    vocabulary : int, the number of tokens.
    length : int, the number of positions in a sequence; None admits any length, one for all rows of a batch.
    padding : int or None, the token that fills up short sequences. It makes a mask from the column itself: a position
        with this token is absent. −100 and 255 are no tokens, and boxes get the token 0 there.
    reduction : "sum" over the positions of a row that are present, "mean" over these (both then mean over the rows
        that have one), or "tokens", the mean over all present positions of the batch, as PyTorch's `ignore_index`.
    positions : str or None, see `Space`.
    """

    vocabulary: int = field(default=0)
    length: Size = field(default=0)

    def __init__(
        self,
        vocabulary: int,
        length: Size,
        *,
        padding: int | None = None,
        reduction: Reduction = "sum",
        positions: str | None = None,
        sample: Sample | None = None,
        temperature: float = 1.0,
    ) -> None:
        vocabulary = _require_count(vocabulary, "Tokens", "tokens", "10, 5")
        if length is not None:
            length = _require_count(length, "Tokens", "positions", "10, 5")
        self._set(sample, temperature, vocabulary=vocabulary, length=length, padding=padding, reduction=reduction)
        Space.__init__(self, (length,), torch.int64, "kl", positions)

    @property
    def carrier(self) -> Carrier:
        return "tokens"

    @property
    def distribution_shape(self) -> tuple[Size, ...]:
        return (self.length, self.vocabulary)

    @property
    def outcomes(self) -> int:
        return self.vocabulary

    def __repr__(self) -> str:
        return self._text(self.vocabulary, self.length)


def _require_count(n: object, who: str, what: str, example: str = "10") -> int:
    """The count as an int; a whole number of NumPy, such as `labels.max() + 1`, is one as well."""
    if isinstance(n, bool) or not isinstance(n, Integral) or n < 1:
        raise CompileError(f"{who} takes a number of {what} ≥ 1, as in {who}({example}); got {n!r}")
    return int(n)
