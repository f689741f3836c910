"""Divergences in closed form. r is the reference, p the prediction; both are lists of expressions.

A distribution on outcomes is the list of its probabilities. An outcome that is certain not to occur adds nothing.

>>> halves, tenths = [sympy.Rational(1, 2)] * 2, [sympy.Rational(9, 10), sympy.Rational(1, 10)]
>>> [OUTCOMES[name](halves, tenths) for name in ("total_variation", "hellinger", "renyi", "chi_squared")]
[2/5, 1 - 2*sqrt(5)/5, log(25/9), 16/9]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import sympy

from learning_diagrams.backends.symbolic.exact_values import exact
from learning_diagrams.errors import CompileError
from learning_diagrams.semantics.divergences import KINDS

Entries = Sequence[Any]
Formula = Callable[..., Any]
Weighted = Sequence[tuple[Any, Entries]]  # samples with their probabilities


def _sum(summand: Callable[[Any, Any], Any]) -> Formula:
    return lambda r, p: sympy.Add(*(summand(a, b) for a, b in zip(r, p, strict=True)))


def _huber(r: Entries, p: Entries, delta: Any = 1) -> Any:
    def each(a: Any, b: Any) -> Any:
        size = sympy.Abs(b - a)
        return sympy.Piecewise((size**2 / 2, size <= delta), (delta * (size - delta / sympy.Integer(2)), True))

    return _sum(each)(r, p)


def _inner(r: Entries, p: Entries) -> Any:
    return sympy.Add(*(a * b for a, b in zip(r, p, strict=True)))


def _cosine(r: Entries, p: Entries) -> Any:
    """The cosine of the angle; 0 for a vector of length 0."""
    lengths = sympy.sqrt(_inner(r, r)) * sympy.sqrt(_inner(p, p))
    return sympy.Integer(0) if lengths == 0 else _inner(r, p) / lengths


POINTS: Mapping[str, Formula] = MappingProxyType({
    "squared_error": _sum(lambda a, b: (b - a) ** 2),
    "mean_squared_error": lambda r, p: _sum(lambda a, b: (b - a) ** 2)(r, p) / sympy.Integer(len(r)),
    "absolute": _sum(lambda a, b: sympy.Abs(b - a)),
    "huber": _huber,
    "cosine": lambda r, p: 1 - _cosine(r, p),
    "difference": _sum(lambda a, b: b - a),
})  # fmt: skip


TEMPERATURE = exact(KINDS["info_nce"].options[0].default, "a temperature")


def info_nce(rows: Sequence[tuple[Entries, Entries]], temperature: Any = TEMPERATURE, symmetric: bool = False) -> Any:
    """The mean over rows, pairs (reference, prediction), of −log of the share of a row's own reference."""
    powers = [[sympy.exp(_cosine(r, p) / temperature) for r, _ in rows] for _, p in rows]
    tables = (powers, list(zip(*powers, strict=True))) if symmetric else (powers,)
    values = [-sympy.log(row[i] / sympy.Add(*row)) for table in tables for i, row in enumerate(table)]
    return sympy.Add(*values) / sympy.Integer(len(values))


def _kl(r: Entries, p: Entries) -> Any:
    return sympy.Add(*(a * _log_ratio(a, b) for a, b in zip(r, p, strict=True) if a != 0))


def _log_ratio(a: Any, b: Any) -> Any:
    if b == 0:
        return sympy.oo
    return sympy.log(a / b) if a.is_number and b.is_number else sympy.log(a) - sympy.log(b)


def _middle(r: Entries, p: Entries) -> list[Any]:
    return [(a + b) / 2 for a, b in zip(r, p, strict=True)]


def _renyi(r: Entries, p: Entries, alpha: Any = 2) -> Any:
    pairs = [(a, b) for a, b in zip(r, p, strict=True) if a != 0]
    return sympy.log(sympy.Add(*(a**alpha * b ** (1 - alpha) for a, b in pairs))) / (alpha - 1)


def _chi_squared(r: Entries, p: Entries) -> Any:
    return sympy.Add(*((a - b) ** 2 / b for a, b in zip(r, p, strict=True) if a != b))


OUTCOMES: Mapping[str, Formula] = MappingProxyType({
    "kl": _kl,
    "nll": _kl,  # of a certain outcome
    "reverse_kl": lambda r, p: _kl(p, r),
    "jensen_shannon": lambda r, p: (_kl(r, _middle(r, p)) + _kl(p, _middle(r, p))) / 2,
    "total_variation": lambda r, p: _sum(lambda a, b: sympy.Abs(a - b))(r, p) / 2,
    "hellinger": lambda r, p: 1 - _sum(lambda a, b: sympy.sqrt(a * b))(r, p),
    "renyi": _renyi,
    "chi_squared": _chi_squared,
})  # fmt: skip


def softened(distribution: Entries, temperature: Any) -> Entries:
    """The probabilities whose logits are divided by a temperature."""
    if temperature == 1:
        return distribution
    powers = [chance ** (1 / temperature) for chance in distribution]
    return [power / sympy.Add(*powers) for power in powers]


def cross_entropy(label: Entries, p: Entries, label_smoothing: Any = 0, class_weight: Any = None) -> Any:
    """−Σ log p under a certain outcome mixed with the uniform distribution, times the weight of that outcome."""
    mixed = [(1 - label_smoothing) * chance + label_smoothing / sympy.Integer(len(label)) for chance in label]
    weight = 1 if class_weight is None else _inner(label, class_weight)
    return (
        0 if weight == 0 else -weight * sympy.Add(*(a * sympy.log(b) for a, b in zip(mixed, p, strict=True) if a != 0))
    )


def _twice_apart(distance: Formula) -> Callable[[Weighted, Weighted], Any]:
    """2 E distance(P, R) − E distance(P, P′) − E distance(R, R′)."""

    def mean(first: Weighted, second: Weighted) -> Any:
        return sympy.Add(*(u * v * distance(a, b) for u, a in first for v, b in second))

    return lambda r, p: 2 * mean(p, r) - mean(p, p) - mean(r, r)


def _square(a: Entries, b: Entries) -> Any:
    return _sum(lambda x, y: (x - y) ** 2)(a, b)


def mmd(r: Weighted, p: Weighted, bandwidth: Any = 1) -> Any:
    return -_twice_apart(lambda a, b: sympy.exp(-_square(a, b) / (2 * bandwidth**2)))(r, p)


def energy_distance(r: Weighted, p: Weighted) -> Any:
    return _twice_apart(lambda a, b: sympy.sqrt(_square(a, b)))(r, p)


SAMPLES: Mapping[str, Callable[..., Any]] = MappingProxyType({"mmd": mmd, "energy_distance": energy_distance})


def log_density(distribution: Any, at: Any, where: str) -> Any:
    """The logarithm of the density, or probability, of a SymPy distribution."""
    try:
        return sympy.expand_log(sympy.log(distribution.pdf(at)), force=True)
    except (NotImplementedError, AttributeError) as error:
        raise CompileError(f"{where}: {distribution} has no density in closed form: {error}") from None
