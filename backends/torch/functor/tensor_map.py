"""The Markov category of maps between spaces of tensors, in which a functor has its values.

Its objects are tuples of spaces; an arrow is a function of one value a wire. A value is a tensor [rows, *shape], a
mapping of columns for a sample space, or a `WireDistribution`, which a kernel returns; the first box that needs a point
draws from it, once. Boxes from I need the number of rows, so every arrow takes it. The arrows carry their parameters
with them, in modules, and parameters have global names: the category is the simple slice over the product of all
parameters. In Para (Fong, Spivak & Tuyéras, 2019; Gavranović, 2019) an arrow used twice has two parameters.

>>> import torch
>>> from learning_diagrams.backends.torch.functor.space import Euclidean
>>> x = (Euclidean(2),)
>>> double = TensorMap(x, x, lambda rows, values: (2 * values[0],))
>>> (TensorMap.copy(x) >> double @ double)(torch.ones(1, 2))
(tensor([[2., 2.]]), tensor([[2., 2.]]))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

from torch import Tensor
from torch.distributions import Distribution

from learning_diagrams.backends.torch.functor.draws import SAMPLERS
from learning_diagrams.backends.torch.functor.space import Space
from learning_diagrams.errors import CompileError, TypeMismatch
from learning_diagrams.errors.short_text import short_repr

Objects = tuple["Space | SampleRows", ...]


@dataclass(frozen=True)
class SampleRows:
    """The object that a sample space is sent to: its values are mappings from column names to tensors."""

    name: str


class WireDistribution:
    """A distribution at the end of a kernel's wire, with at most one draw, made when a box first needs it.

    Parameters
    ----------
    parameters : Tensor of logits [rows, …], or a torch Distribution.
    """

    __repr__ = short_repr

    def __init__(self, box: str, space: Space, parameters: Tensor | Distribution) -> None:
        self.box, self.space, self.parameters = box, space, parameters
        self._drawn: Tensor | None = None

    def draw(self) -> Tensor:
        sampling = self.space.sampling(self.box)
        if sampling is None:
            raise CompileError(
                f"kernel {self.box!r} ends in {self.space!r} and its output feeds a box: its space must say how to "
                "draw, by sample='straight-through', 'gumbel' or 'expectation'"
            )
        if self._drawn is None:
            self._drawn = SAMPLERS[sampling.function](self.parameters, *sampling.arguments)
        return self._drawn


Value = Tensor | WireDistribution | Mapping[str, Tensor]


@dataclass(frozen=True)
class TensorMap:
    """An arrow: a function from the values on the wires of `dom` to those on the wires of `cod`.

    Parameters
    ----------
    inside : a function of the number of rows and the tuple of values.
    """

    dom: Objects
    cod: Objects
    inside: Callable[[int, tuple[Any, ...]], tuple[Any, ...]]

    def __call__(self, *values: Any) -> Any:
        """Apply to one value a wire; return one value, or a tuple. Distributions are returned as parameters."""
        if len(values) != len(self.dom):
            raise TypeMismatch(f"this map takes {len(self.dom)} values, one for each of {self.dom}; got {len(values)}")
        outputs = self.inside(_count_rows(values), values)
        ends = tuple(end.parameters if isinstance(end, WireDistribution) else end for end in outputs)
        return ends[0] if len(ends) == 1 else ends

    @classmethod
    def id(cls, dom: Objects) -> TensorMap:
        return cls(dom, dom, lambda rows, values: values)

    @classmethod
    def swap(cls, left: Objects, right: Objects) -> TensorMap:
        cut = len(left)
        return cls(left + right, right + left, lambda rows, values: values[cut:] + values[:cut])

    @classmethod
    def copy(cls, dom: Objects, n: int = 2) -> TensorMap:
        return cls(dom, dom * n, lambda rows, values: values * n)

    @classmethod
    def discard(cls, dom: Objects) -> TensorMap:
        return cls.copy(dom, 0)

    def then(self, *others: TensorMap) -> TensorMap:
        return reduce(TensorMap.__rshift__, others, self)

    def __rshift__(self, other: TensorMap) -> TensorMap:
        if self.cod != other.dom:
            raise TypeMismatch(f"these maps do not compose: {self.cod} on the left, {other.dom} on the right")
        return TensorMap(self.dom, other.cod, lambda rows, values: other.inside(rows, self.inside(rows, values)))

    def tensor(self, *others: TensorMap) -> TensorMap:
        return reduce(TensorMap.__matmul__, others, self)

    def __matmul__(self, other: TensorMap) -> TensorMap:
        cut = len(self.dom)
        return TensorMap(
            self.dom + other.dom,
            self.cod + other.cod,
            lambda rows, values: self.inside(rows, values[:cut]) + other.inside(rows, values[cut:]),
        )


def _count_rows(values: tuple[Any, ...]) -> int:
    """The number of rows of the first value that has rows; 1 if no value has rows."""
    for value in values:
        for tensor in value.values() if isinstance(value, Mapping) else (value,):
            if isinstance(tensor, Tensor) and tensor.dim():
                return int(tensor.shape[0])
    return 1
