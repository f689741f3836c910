"""A figure and the test items that it is made of, so that its spread over items can be computed from the results.

An item is what a test draws: an image, a character, a caption, a trajectory, a stretch of years.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Measure:
    """A ratio of two sums over items, or its root in a unit: accuracy, recall, mean and root mean square.

    Attributes
    ----------
    sums, counts : arrays [items], what the ratio divides: right answers by answers, say, or squares by their number.
    unit : float or None, the factor of a root; None if the figure is the ratio itself.
    """

    sums: np.ndarray
    counts: np.ndarray
    unit: float | None = None

    @classmethod
    def of(cls, sums: Iterable[float], counts: Iterable[int] | None = None, unit: float | None = None) -> Measure:
        """A measure with six digits of each sum; by default each item counts once."""
        kept = np.array([float(f"{value:.6g}") for value in np.asarray(sums, dtype=float)])
        return cls(kept, np.ones(len(kept), int) if counts is None else np.asarray(counts, dtype=int), unit)

    @property
    def value(self) -> float:
        """The figure on all items."""
        return float(self.resampled(np.ones((1, len(self.sums))))[0])

    def resampled(self, weights: np.ndarray) -> np.ndarray:
        """The figure when each item counts as often as it was drawn; weights [draws, items] to figures [draws]."""
        ratio = (weights @ self.sums) / (weights @ self.counts)
        return ratio if self.unit is None else self.unit * np.sqrt(ratio)

    def to_data(self) -> dict[str, Any]:
        """Bits as hexadecimal digits where each item is right or wrong; else numbers as text."""
        data: dict[str, Any] = {"items": len(self.sums)}
        single = bool((self.counts == 1).all())
        if single and self.unit is None and bool(np.isin(self.sums, (0.0, 1.0)).all()):
            return data | {"bits": np.packbits(self.sums.astype(bool)).tobytes().hex()}
        if single and len(set(self.sums.tolist())) == 1:
            data["each"] = float(self.sums[0])
        else:
            data["sums"] = " ".join(f"{value:.6g}" for value in self.sums)
        if not single:
            data["counts"] = " ".join(str(count) for count in self.counts)
        return data if self.unit is None else data | {"unit": self.unit}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Measure:
        """The measure that `to_data` wrote."""
        items = data["items"]
        if "bits" in data:
            sums = np.unpackbits(np.frombuffer(bytes.fromhex(data["bits"]), np.uint8))[:items].astype(float)
        elif "each" in data:
            sums = np.full(items, data["each"])
        else:
            sums = np.array([float(value) for value in data["sums"].split()])
        counts = np.array([int(value) for value in data["counts"].split()]) if "counts" in data else np.ones(items, int)
        return cls(sums, counts, data.get("unit"))


def packed(lines: Iterable[str]) -> str:
    """Lines of text, compressed (zlib, then base 85)."""
    return base64.b85encode(zlib.compress("\n".join(lines).encode(), 9)).decode()


def unpacked(text: str) -> list[str]:
    """The lines that `packed` wrote."""
    return zlib.decompress(base64.b85decode(text)).decode().split("\n")
