"""Divergences of laws on finitely many outcomes, written out on lists of numbers: what back ends are held to.

A law is a list of probabilities, a kernel a list of laws. r is the reference, p the prediction.
"""

from math import inf, log, sqrt


def kl(r, p):
    return sum((a * log(a / b) if b > 0 else inf) for a, b in zip(r, p, strict=True) if a > 0)


def renyi(r, p, alpha=2.0):
    shared = [(a, b) for a, b in zip(r, p, strict=True) if a > 0 and (b > 0 or alpha > 1)]
    total = sum((a**alpha * b ** (1 - alpha) if b > 0 else inf) for a, b in shared)
    return log(total) / (alpha - 1) if 0 < total < inf else inf


def middle(r, p):
    return [(a + b) / 2 for a, b in zip(r, p, strict=True)]


FORMULAS = {
    "kl": kl,
    "nll": kl,  # of a label
    "reverse_kl": lambda r, p: kl(p, r),
    "jensen_shannon": lambda r, p: (kl(r, middle(r, p)) + kl(p, middle(r, p))) / 2,
    "total_variation": lambda r, p: sum(abs(a - b) for a, b in zip(r, p, strict=True)) / 2,
    "hellinger": lambda r, p: 1 - sum(sqrt(a * b) for a, b in zip(r, p, strict=True)),
    "renyi": renyi,
    "chi_squared": lambda r, p: sum(
        ((a - b) ** 2 / b if b > 0 else inf) for a, b in zip(r, p, strict=True) if a > 0 or b > 0
    ),
}


def dirac(outcome, n):
    return [float(k == outcome) for k in range(n)]


def mix(laws, weights):
    """The average of some laws, and so the pushforward of `weights` along the kernel `laws`."""
    return [sum(w * law[k] for w, law in zip(weights, laws, strict=True)) for k in range(len(laws[0]))]


def product(p, q):
    return [a * b for a in p for b in q]
