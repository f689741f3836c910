"""The Markov category of finite sets and stochastic maps, in exact arithmetic.

An object is a tuple of sizes, an arrow an array of fractions: entry [inputs…, outputs…] is the probability of outputs
given the inputs.

>>> coin = StochasticMap.of((), (2,), [Fraction(1, 2), Fraction(1, 2)])
>>> twice = coin >> StochasticMap.copy((2,))
>>> apart = coin @ coin
>>> twice.array.tolist() == apart.array.tolist(), twice >> StochasticMap.discard((2, 2)) == StochasticMap.id(())
(False, True)

Source: Fritz, *A synthetic approach to Markov kernels* (2020), example 2.5 (FinStoch).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, reduce
from itertools import islice
from math import prod
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from learning_diagrams.backends.finite.given import numbers_of
from learning_diagrams.drawing.drawn import Drawn
from learning_diagrams.errors import CompileError, LimitExceeded, TypeMismatch, brief
from learning_diagrams.semantics.models.exact_numbers import exact_number, hint_on_floats, shown_total
from learning_diagrams.semantics.models.finite_model import SHOWN, shown_elements, shown_outcomes

if TYPE_CHECKING:
    from learning_diagrams.drawing.elements.svg import Scene
    from learning_diagrams.drawing.strings.pen import Direction

Sizes = tuple[int, ...]
MOST_WIRES, MOST_ENTRIES = 32, 20_000_000
Exact = Any  # an array of fractions


@dataclass(frozen=True, eq=False, repr=False)
class StochasticMap(Drawn):
    """An arrow: for each input, the probability of each output.

    dom, cod : tuple of int, the sizes of the inputs and of the outputs.
    array : NumPy array of Fraction [*dom, *cod].
    """

    dom: Sizes
    cod: Sizes
    array: Exact

    @classmethod
    def of(cls, dom: Sizes, cod: Sizes, entries: Any, where: str = "a stochastic map") -> StochasticMap:
        """The map with these probabilities, nested lists of numbers; each number is read exactly.

        The float 0.1 is not 1/10, and floats that print as parts of 1 need not sum to 1: write "1/10" or a Fraction, or
        give `rounded` of the table.

        Raises `CompileError` if the lists have another shape, or are not probabilities that sum to 1 for each input;
        `TypeMismatch` for an entry that is no number.
        """
        numbers = numbers_of(entries)
        if numbers.shape != dom + cod:
            wanted = f"{where} needs entries of shape {list(dom + cod)} (inputs {list(dom)}, then outputs {list(cod)})"
            raise CompileError(f"{wanted}, got {list(numbers.shape)}")
        array = np.asarray(np.frompyfunc(lambda entry: exact_number(entry, where), 1, 1)(numbers), dtype=object)
        for index in np.ndindex(*dom):
            row, law = (list(np.asarray(part[index], dtype=object).flat) for part in (numbers, array))
            if any(entry < 0 for entry in law) or sum(law) != 1:
                wanted = f"{where} needs probabilities ≥ 0 that sum to 1 for each input"
                given = f"got {brief(row)} at {shown_elements(index)}, with the sum {shown_total(sum(law))}"
                raise CompileError(f"{wanted}, {given}{hint_on_floats(row)}")
        return cls(dom, cod, array)

    @classmethod
    def over(cls, dom: Sizes, cod: Sizes, numerators: Any, denominator: int) -> StochasticMap:
        """The map with these numerators over a common denominator; for each input the numerators sum to it."""
        fraction = cache(lambda n: Fraction(n, denominator))
        return cls(dom, cod, np.asarray(np.frompyfunc(fraction, 1, 1)(numerators), dtype=object))

    @classmethod
    def function(cls, dom: Sizes, cod: Sizes, function: Callable[..., Any], where: str = "a function") -> StochasticMap:
        """The deterministic map of a function of whole numbers, one for each wire; its value is an int or a tuple."""
        require_small(dom + cod, where)
        array = np.full(dom + cod, Fraction(0), dtype=object)
        for index in np.ndindex(*dom):
            value = function(*index)
            value = value if isinstance(value, tuple) else (value,)
            whole = all(isinstance(part, Integral) for part in value)
            if not whole or len(value) != len(cod) or not all(0 <= v < n for v, n in zip(value, cod, strict=True)):
                hint = "" if whole else "; a function gives a whole number for each output, a list gives probabilities"
                raise CompileError(f"{where} sends {index} to {brief(value)}, which does not lie in {list(cod)}{hint}")
            array[index + value] = Fraction(1)
        return cls(dom, cod, array)

    @classmethod
    def id(cls, dom: Sizes) -> StochasticMap:
        return cls.copy(dom, 1)

    @classmethod
    def swap(cls, left: Sizes, right: Sizes) -> StochasticMap:
        cut = len(left)
        return cls.function(left + right, right + left, lambda *values: values[cut:] + values[:cut])

    @classmethod
    def copy(cls, dom: Sizes, n: int = 2) -> StochasticMap:
        return cls.function(dom, dom * n, lambda *values: values * n)

    @classmethod
    def discard(cls, dom: Sizes) -> StochasticMap:
        return cls.copy(dom, 0)

    def then(self, *others: StochasticMap) -> StochasticMap:
        return reduce(StochasticMap.__rshift__, others, self)

    def __rshift__(self, other: StochasticMap) -> StochasticMap:
        if self.cod != other.dom:
            raise TypeMismatch(f"these maps do not compose: {self.cod} on the left, {other.dom} on the right")
        array = np.tensordot(self.array, other.array, axes=len(self.cod))
        return StochasticMap(self.dom, other.cod, np.asarray(array, dtype=object))

    def tensor(self, *others: StochasticMap) -> StochasticMap:
        return reduce(StochasticMap.__matmul__, others, self)

    def __matmul__(self, other: StochasticMap) -> StochasticMap:
        array = np.asarray(np.tensordot(self.array, other.array, axes=0), dtype=object)
        a, b, c = len(self.dom), len(self.cod), len(other.dom)
        order = [*range(a), *range(a + b, a + b + c), *range(a, a + b), *range(a + b + c, array.ndim)]
        return StochasticMap(self.dom + other.dom, self.cod + other.cod, array.transpose(order))

    def __eq__(self, other: object) -> bool:
        same_type = isinstance(other, StochasticMap) and (self.dom, self.cod) == (other.dom, other.cod)
        return same_type and np.array_equal(self.array, other.array)  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((self.dom, self.cod, tuple(self.array.flat)))

    def distribution(self, *inputs: int) -> list[Fraction]:
        """The joint distribution of the outputs given inputs, a list in the order of the product of the outputs."""
        return [Fraction(entry) for entry in np.asarray(self.array[inputs], dtype=object).flat]

    def weights(self, inputs: Sizes) -> dict[Sizes, Fraction]:
        """The probability of each outcome given inputs, without outcomes of probability 0."""
        law = np.asarray(self.array[inputs], dtype=object)
        return {tuple(map(int, place)): Fraction(law[tuple(place)]) for place in np.argwhere(law)}

    def __str__(self) -> str:
        """The type, and a line for each input."""
        inputs = islice(np.ndindex(*self.dom), SHOWN)
        rows = [f"{shown_elements(line)} = {shown_outcomes(self.weights(line))}" for line in inputs]
        more = [f"… {hidden:,} more rows"] if (hidden := prod(self.dom) - SHOWN) > 0 else []
        return "\n".join([self._type, *rows, *more])

    def _drawing(self, direction: Direction, notation: Mapping[Any, str]) -> tuple[Scene, str, str]:
        from learning_diagrams.drawing.elements.look import named_looks
        from learning_diagrams.drawing.tables.separation import separation_scene
        from learning_diagrams.drawing.tables.table import table_of

        looks = named_looks([], notation)  # a map between sets of numbers has no names
        name = "function" if self.deterministic else "stochastic map"
        table = table_of(name, self._type, self.dom, self.cod, self.weights)
        return separation_scene([], [table], looks), name, str(self)

    @property
    def _type(self) -> str:
        return " → ".join(" @ ".join(map(str, sizes)) or "I" for sizes in (self.dom, self.cod))

    @property
    def deterministic(self) -> bool:
        """Whether every probability is 0 or 1."""
        return all(entry in (0, 1) for entry in self.array.flat)


def require_small(sizes: Sizes, where: str) -> None:
    """Raise `LimitExceeded` if an array of these sizes would have too many entries or axes."""
    if len(sizes) > MOST_WIRES or prod(sizes) > MOST_ENTRIES:
        most = f"{MOST_ENTRIES:,} entries or {MOST_WIRES} wires"
        raise LimitExceeded(f"{where} is over {len(sizes)} wires of sizes {list(sizes)}: more than {most}")
