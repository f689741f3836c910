"""Divergences: how far a prediction is from its reference, and which laws each kind of distance keeps.

A divergence D(reference ‖ prediction) is ≥ 0. Back ends compute them; here stands what may be relied on.

>>> divergence("kl").capabilities({}).composes, divergence("kl").capabilities({"temperature": 4.0}).composes
(True, False)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from learning_diagrams.errors import CompileError, UnknownName, did_you_mean


@dataclass(frozen=True)
class Capabilities:
    """Laws of a divergence.

    separating : it is 0 only at equality (almost surely in the rows).
    jointly_convex : mixing rows of both sides alike does not increase it, so a sampled term is an upper bound.
    composes : it adds over composition, the second part under the pushforward of the reference (the chain rule).
    tensors : on a product of spaces it is the sum over the factors.
    """

    separating: bool
    jointly_convex: bool
    composes: bool
    tensors: bool


NONE = Capabilities(False, False, False, False)


@dataclass(frozen=True)
class DivergenceKind:
    """A divergence by name: its formula, its unit, its laws, and the options that it takes (with their defaults)."""

    name: str
    formula: str
    unit: str
    laws: Capabilities
    options: tuple[tuple[str, float], ...] = ()

    def capabilities(self, options: Mapping[str, Any]) -> Capabilities:
        """The laws that hold with these options; a temperature other than 1 keeps none."""
        return self.laws if options.get("temperature", 1) == 1 else NONE

    def check(self, options: Mapping[str, Any], where: str) -> None:
        """Raise `CompileError` for an option that is unknown or out of range."""
        for key, value in options.items():
            known = dict(self.options)
            if key not in known:
                raise CompileError(
                    f"{where}: divergence {self.name!r} takes {', '.join(known) or 'no options'}, got {key!r}"
                )
            if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
                raise CompileError(f"{where}: {key} of divergence {self.name!r} must be a number > 0, got {value!r}")


_MEAN = "mean over rows"
KINDS = {
    kind.name: kind
    for kind in (
        DivergenceKind(
            "squared_error", "Σ_i (p_i − r_i)²", f"squared units, sum over features, {_MEAN}",
            Capabilities(separating=True, jointly_convex=True, composes=False, tensors=True),
        ),
        DivergenceKind(
            "mean_squared_error", "(1/n) Σ_i (p_i − r_i)²", f"squared units, mean over features, {_MEAN}",
            Capabilities(separating=True, jointly_convex=True, composes=False, tensors=False),
        ),
        DivergenceKind(
            "absolute", "Σ_i |p_i − r_i|", f"units, sum over features, {_MEAN}",
            Capabilities(separating=True, jointly_convex=True, composes=False, tensors=True),
        ),
        DivergenceKind(
            "kl", "Σ_k r_k log(r_k / p_k)", f"nats, {_MEAN}",
            Capabilities(separating=True, jointly_convex=True, composes=True, tensors=True),
            options=(("temperature", 1.0),),
        ),
    )
}  # fmt: skip


def divergence(name: str, where: str = "") -> DivergenceKind:
    """The divergence of that name; `UnknownName` where there is none."""
    if name not in KINDS:
        said = f"{where}: " if where else ""
        raise UnknownName(f"{said}this version has no divergence named {name!r}; {did_you_mean(name, KINDS)}")
    return KINDS[name]
