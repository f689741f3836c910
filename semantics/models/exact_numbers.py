"""Exact numbers: each entry of a table is read as a fraction, a float too, which is seldom the decimal that it prints.

>>> exact_number("1/10", "here") + exact_number(0.5, "here")
Fraction(3, 5)
>>> shown_total(exact_number(0.1, "here") + exact_number(0.9, "here"))
'1 + 2.8e-17'
>>> printed_number(1 / 3), printed_number(0.1234567)
(Fraction(1, 3), Fraction(1234567, 10000000))
>>> print(hint_on_floats([0.5, 0.1]))
; a float is read exactly, and 0.1 is not 1/10 in binary: write "1/10" or Fraction(1, 10)
>>> print(hint_on_floats([0.8446342349052429, 0.15536575019359589]))
; a float is read exactly, and rounded(table), from learning_diagrams.backends.finite, gives fractions that sum to 1
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from learning_diagrams.errors import TypeMismatch, brief

SIMPLE = 1_000  # the largest denominator of a fraction that is guessed from a float
NEAR = Fraction(1, 1_000)  # a sum of probabilities that is this close to 1 is taken for 1, rounded
READABLE = 10**9  # the largest denominator that is printed


def exact_number(value: Any, where: str) -> Fraction:
    """The fraction that a number or its text is; `TypeMismatch` for what is no finite number."""
    try:
        return Fraction(value)
    except (TypeError, ValueError, OverflowError, ZeroDivisionError):
        hint = 'write a whole number, "1/10" or Fraction(1, 10)'
        raise TypeMismatch(f"{where} has the entry {brief(value)}, which is no finite number; {hint}") from None


def shown_total(total: Fraction | int) -> str:
    """A sum of probabilities as text; a long fraction as its distance from 1."""
    if total.denominator <= READABLE:
        return str(total)
    return f"1 {'+' if total > 1 else '−'} {abs(float(total - 1)):.2g}"


def printed_number(value: float) -> Fraction:
    """The simple fraction that a float is nearest to, if it is the nearest float of that, else its decimal."""
    near = Fraction(value).limit_denominator(SIMPLE)
    return near if float(near) == value else Fraction(repr(float(value)))


def hint_on_floats(row: Iterable[Any]) -> str:
    """What to write for a row of floats that do not sum to 1: the fractions that the floats print as, where those sum
    to 1 or the row is not near a distribution; else their rounding. Empty where neither would help.
    """
    numbers = [*row]
    floats = [number for number in numbers if isinstance(number, float)]
    if not floats:
        return ""
    law: list[Fraction] = [Fraction(number) for number in numbers]
    printed = [printed_number(number) if isinstance(number, float) else Fraction(number) for number in numbers]
    if sum(printed) != 1 and all(part >= 0 for part in law) and abs(sum(law, Fraction(-1))) <= NEAR:
        fractions = "rounded(table), from learning_diagrams.backends.finite, gives fractions that sum to 1"
        return f"; a float is read exactly, and {fractions}"
    unequal = [number for number in floats if Fraction(number) != Fraction(repr(float(number)))]
    if not unequal:
        return ""
    decimal, near = repr(float(unequal[0])), printed_number(unequal[0])
    simple = near.denominator <= SIMPLE
    better = f'"{near}" or Fraction({near.numerator}, {near.denominator})' if simple else f'"{decimal}"'
    meant = near if simple else "this decimal"
    return f"; a float is read exactly, and {decimal} is not {meant} in binary: write {better}"
