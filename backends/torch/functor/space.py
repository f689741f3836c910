"""Spaces: the values of a functor on objects, with one tensor shape a row. Spaces of outcomes are in `discrete`.

A *point* of a space is what a column holds or a deterministic box returns; a *law* on it is what a kernel returns.

>>> Euclidean(3, 32, 32)
Euclidean(3, 32, 32)
>>> Euclidean(None, 3).compared({("clouds", "points", 0): Euclidean(None, 3)})
Positions(keys=(('clouds', 'points', 0),), ndim=2, size=None, sized_by=('clouds', 'points', 0), counted=False)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Literal

import torch

from learning_diagrams.errors import CompileError, brief
from learning_diagrams.semantics.divergences import divergence as divergence_kind
from learning_diagrams.semantics.functor.space import Cell, Kind, Positions, Sampling

# By which a divergence knows how to read points.
Carrier = Literal["points", "complex", "labels", "probabilities", "bits", "tokens"]
Size = int | None


@dataclass(frozen=True)
class Space:
    """A space of tensors of one shape a row.

    Parameters
    ----------
    shape : tuple of int or None, the sizes of one row; a batch of points is [rows, *shape]. None admits any size, one
        for all rows of a batch.
    dtype : torch.dtype of points; None admits every floating dtype.
    divergence : str, the divergence of constraints that do not name a divergence.
    positions : str or None, a name for the positions of a row. Where two spaces have one name, the mask of a column in
        either space says which positions of the other space are compared.
    """

    shape: tuple[Size, ...]
    dtype: torch.dtype | None = None
    divergence: str | None = None
    positions: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.shape, tuple):
            raise CompileError(f"the shape of a space is a tuple, as in Space((3, 4)), got {self.shape!r}")
        for size in self.shape:
            if size is not None and (isinstance(size, bool) or not isinstance(size, int) or size < 0):
                star = "; give the sizes one by one, as in Euclidean(*shape)" if isinstance(size, tuple | list) else ""
                raise CompileError(
                    f"the shape of a space is made of whole numbers ≥ 0 or None, got {self.shape!r}{star}"
                )
        for word, name in (("positions", self.positions), ("divergence", self.divergence)):
            if name is not None and not isinstance(name, str):
                raise CompileError(f"{word} of a space is a name or None, got {brief(name)}")
        if self.dtype is not None and not isinstance(self.dtype, torch.dtype):
            raise CompileError(f"the dtype of a space must be a torch.dtype or None, got {self.dtype!r}")
        if self.divergence is not None:
            divergence_kind(self.divergence)

    @property
    def carrier(self) -> Carrier:
        """How a divergence reads points."""
        return "complex" if self.dtype is not None and self.dtype.is_complex else "points"

    @property
    def point_shape(self) -> tuple[Size, ...]:
        """The shape of one point."""
        return self.shape

    @property
    def position_shape(self) -> tuple[Size, ...]:
        """The shape of the positions of a row, over which its divergences add; a mask is [rows] or as fine as these."""
        return self.shape

    @property
    def distribution_shape(self) -> tuple[Size, ...] | None:
        """The shape of one row of the logits that a kernel returns; None if the kernel returns a Distribution."""
        return None

    @property
    def logits(self) -> bool:
        """Whether a kernel into the space returns logits, a tensor; otherwise the kernel returns a Distribution."""
        return self.distribution_shape is not None

    def row_shape(self, kind: Kind) -> tuple[Size, ...]:
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
    def padding_label(self) -> int | None:
        """The label that says of a position that it is absent; None if there is no such label."""
        return None

    @property
    def filler(self) -> float:
        """What boxes get at an absent position."""
        return 0.5 if self.dtype is None or self.dtype.is_floating_point or self.dtype.is_complex else False

    @property
    def one_hot(self) -> bool:
        """Whether points enter boxes as one-hot vectors, as draws do."""
        return False

    @property
    def argument_shape(self) -> tuple[Size, ...]:
        """The shape of one row of an argument of a box from this space."""
        return self.row_shape("distribution" if self.one_hot else "point")

    def compared(self, columns: Mapping[Cell, Space]) -> Positions | None:
        """The positions of a row that a term into this space compares; None for a space without positions.

        A mask of positions counts if its column has positions of this name, or if its space equals this space. If no
        column is such, unnamed positions of one shape are the same positions: so the padding of words counts between
        two kernels from words to tags.

        Parameters
        ----------
        columns : mapping from the columns that the term reads to their spaces.
        """
        shape = self.position_shape
        if not shape:
            return None
        keys = [key for key, other in columns.items() if self._shares_positions(other)]
        if not keys and self.positions is None and self._has_labels:
            alike = (key for key, other in columns.items() if other._has_labels and other.positions is None)
            keys = [key for key in alike if columns[key].position_shape == shape]
        size = None if None in shape else prod(size or 0 for size in shape)
        whole = (key for key in keys if len(columns[key].position_shape) >= len(shape))
        return Positions(tuple(sorted(keys)), len(shape), size, next(whole, None))

    @property
    def _has_labels(self) -> bool:
        return self.carrier in ("tokens", "probabilities")

    def _shares_positions(self, other: Space) -> bool:
        if other == self:
            return True
        if self.positions is None or self.positions != other.positions:
            return False
        for size, its in zip(self.position_shape, other.position_shape, strict=False):
            if None not in (size, its) and size != its:
                raise CompileError(f"{self!r} and {other!r} differ in the sizes of their positions {self.positions!r}")
        return True

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
    def latex(self) -> str:
        """The set of its points in LaTeX, in math mode; a size that the data gives is a star.

        >>> print(Euclidean(3, 32, 32).latex, Euclidean(None, 2).latex)
        \\mathbb{R}^{3 \\times 32 \\times 32} \\mathbb{R}^{* \\times 2}
        """
        sizes = r" \times ".join("*" if size is None else str(size) for size in self.shape)
        return f"{self._letter}^{{{sizes}}}" if sizes not in ("", "1") else self._letter

    @property
    def _letter(self) -> str:
        """The set of one number of a point, in LaTeX."""
        if self.dtype is None or self.dtype.is_floating_point:
            return r"\mathbb{R}"
        return {"complex": r"\mathbb{C}"}.get(self.carrier, r"\{0, 1\}" if self.dtype == torch.bool else r"\mathbb{Z}")

    @property
    def dtype_name(self) -> str:
        return "a floating dtype" if self.dtype is None else dtype_name(self.dtype)


@dataclass(frozen=True, init=False, repr=False)
class Euclidean(Space):
    """ℝ^shape, measured by squared error: sum over features, mean over rows.

    Points are floating tensors [rows, *shape]; a kernel into it returns a torch Distribution over such tensors. A
    mask of a column may be [rows] or [rows, *shape], or [rows] and the first sizes of shape; only present features
    are compared.

    Parameters
    ----------
    shape : int or None each, see `Space`.
    dtype : torch.dtype, floating or complex; None admits every floating dtype. The squared error of complex numbers
        is |p − r|².
    positions : str or None, see `Space`.
    """

    def __init__(self, *shape: Size, dtype: torch.dtype | None = None, positions: str | None = None) -> None:
        Space.__init__(self, shape, dtype, "squared_error", positions)
        if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
            raise CompileError(f"dtype of Euclidean is a floating or a complex dtype or None, got {dtype}")

    def __repr__(self) -> str:
        return text("Euclidean", *self.shape, dtype=self.dtype, positions=self.positions)


@dataclass(frozen=True, init=False, repr=False)
class Mask(Space):
    """Bits that boxes read and nothing is compared with: `SampleSpace.presence` ends in it.

    Points are bool tensors [rows, *shape], where shape is that of the positions of the column whose presence it is.
    """

    def __init__(self, *shape: Size) -> None:
        Space.__init__(self, shape, torch.bool)

    def __repr__(self) -> str:
        return text("Mask", *self.shape)


def fits(shape: Sequence[int], row: Sequence[Size]) -> bool:
    """Whether a shape is that of a row, in which None is any size.

    >>> fits((7, 3), (None, 3)), fits((7,), (None, 3))
    (True, False)
    """
    # The comparison of tuples is quicker, and suffices for most spaces.
    return shape == row or (
        len(shape) == len(row) and all(size in (None, its) for size, its in zip(row, shape, strict=True))
    )


def text(name: str, *sizes: object, **options: object) -> str:
    """A space as it is written, without the options that are None."""
    shown = [
        f"{key}={value if isinstance(value, torch.dtype) else repr(value)}"
        for key, value in options.items()
        if value is not None
    ]
    return f"{name}({', '.join([*map(str, sizes), *shown])})"


def dtype_name(dtype: torch.dtype) -> str:
    """The name of a dtype as messages write it.

    >>> dtype_name(torch.float32)
    'float32'
    """
    return str(dtype).removeprefix("torch.")
