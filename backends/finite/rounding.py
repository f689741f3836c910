"""Tables of floats in fractions with one denominator that sum to 1, so that a trained table is a stochastic map.

The outcomes share the denominator by largest remainders: each share is rounded down, and the units that are left go to
the outcomes with the largest remainders, of equal ones to the first.

>>> [str(p) for p in rounded([1 / 3, 1 / 3, 1 / 3], 100)]
['17/50', '33/100', '33/100']
>>> from learning_diagrams.backends.finite.functor import FiniteFunctor
>>> from learning_diagrams.diagrams.box import Kernel, Ty
>>> bit = Ty("bit")
>>> k = Kernel("k", bit, bit)
>>> softmax = [[0.8446342349052429, 0.15536575019359589], [0.200000003, 0.800000012]]
>>> F = FiniteFunctor({bit: 2}, {k: rounded(softmax, 1_000)})
>>> print(F(k))
2 → 2
(0) = 0 (169/200), 1 (31/200)
(1) = 0 (1/5), 1 (4/5)

Source: Balinski & Young, *Fair Representation* (1982), the method of Hamilton.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor
from numbers import Integral
from typing import Any

import numpy as np

from learning_diagrams.backends.finite.given import numbers_of
from learning_diagrams.errors import CompileError, TypeMismatch, brief
from learning_diagrams.semantics.models.exact_numbers import NEAR, exact_number, shown_total
from learning_diagrams.semantics.models.finite_model import shown_elements


def rounded(table: Any, denominator: int = 1_000_000, outputs: int = 1) -> list[Any]:
    """The table in fractions with a common denominator, which sum to exactly 1 for each input.

    Law: a table of such fractions stays as it is. Each entry differs from the given one, divided by the sum of its
    input, by less than 1 / denominator. So a probability below 1 / denominator may become 0, where `kl` is infinite.

    table : nested lists, array or tensor [inputs…, outputs…] of numbers ≥ 0, which sum to 1 ± 1/1000 for each input.
    denominator : int ≥ 1.
    outputs : int ≥ 1, the number of output wires. The sum is over these last axes.

    Raises `CompileError`: entries are negative, or their sum is further from 1 than rounding explains.
    `TypeMismatch`: an entry is no finite number, or the denominator or the number of outputs is none.
    """
    if not isinstance(denominator, Integral) or isinstance(denominator, bool) or denominator < 1:
        raise TypeMismatch(f"the denominator of rounded is a whole number ≥ 1, as 1_000_000; got {brief(denominator)}")
    numbers = numbers_of(table)
    if not isinstance(outputs, Integral) or isinstance(outputs, bool) or not 1 <= outputs <= numbers.ndim:
        wanted = "the outputs of rounded are the last axes of the table, 1 for a kernel with one output wire"
        raise TypeMismatch(f"{wanted}; got outputs={brief(outputs)} and a table of shape {list(numbers.shape)}")
    array = np.asarray(np.frompyfunc(lambda entry: exact_number(entry, "the table"), 1, 1)(numbers), dtype=object)
    result = np.empty_like(array)
    for index in np.ndindex(*array.shape[: array.ndim - outputs]):
        law = list(np.asarray(array[index], dtype=object).flat)
        if any(entry < 0 for entry in law) or abs(sum(law) - 1) > NEAR:
            wanted = f"rounded needs probabilities ≥ 0 that sum to 1 ± {NEAR} for each input"
            row = brief(list(np.asarray(numbers[index], dtype=object).flat))
            given = f"got {row} at {shown_elements(index)}, with the sum {shown_total(sum(law))}"
            hint = "a network that returns logits needs a softmax, and a table with two outputs has outputs=2"
            raise CompileError(f"{wanted}, {given}; {hint}")
        result[index] = np.reshape(np.array(_shares(law, int(denominator)), dtype=object), result[index].shape)
    return list(result.tolist())


def _shares(law: list[Fraction], denominator: int) -> list[Fraction]:
    """The whole numbers of units, by largest remainders, over the denominator."""
    quotas = [entry * denominator / sum(law) for entry in law]
    units = [*map(floor, quotas)]
    order = sorted(range(len(law)), key=lambda i: units[i] - quotas[i])
    for i in order[: denominator - sum(units)]:
        units[i] += 1
    return [Fraction(unit, denominator) for unit in units]
