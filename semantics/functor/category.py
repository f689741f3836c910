"""Markov categories: what a target of a functor out of diagrams has to offer.

A *Markov category* is a symmetric monoidal category in which every object has a copy and a discard, and discarding is
natural. Source: Fritz, *A synthetic approach to Markov kernels* (2020).
"""

from __future__ import annotations

from typing import Any, Protocol, Self


class Arrow(Protocol):
    """A morphism of a strict Markov category; objects are tuples of atoms, so ⊗ on objects is concatenation.

    Laws, run as property tests for every category we ship: `>>` is associative with unit `id`; `@` is a functor of two
    variables; `swap` is natural and self-inverse; `copy` and `discard` are a commutative comonoid; discarding is
    natural for all arrows, copying for deterministic ones.
    """

    @property
    def dom(self) -> tuple[Any, ...]: ...

    @property
    def cod(self) -> tuple[Any, ...]: ...

    @classmethod
    def id(cls, dom: tuple[Any, ...]) -> Self: ...

    @classmethod
    def swap(cls, left: tuple[Any, ...], right: tuple[Any, ...]) -> Self: ...

    @classmethod
    def copy(cls, dom: tuple[Any, ...], n: int = 2) -> Self: ...

    def then(self, *others: Self) -> Self: ...

    def tensor(self, *others: Self) -> Self: ...
