"""Which function computes a divergence: by its name, the space of the wire, and what stands at the two ends.

>>> from learning_diagrams.backends.torch.functor.space import Finite
>>> TorchDivergences().pointwise(Divergence("kl"), Finite(10), "point", "distribution", "here").function
'cross_entropy'
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from learning_diagrams.backends.torch.divergences.contrast import ACROSS
from learning_diagrams.backends.torch.divergences.distributions import DISTRIBUTIONS
from learning_diagrams.backends.torch.divergences.outcomes import BITS, COMPARISONS, LABELS, TOKENS
from learning_diagrams.backends.torch.divergences.points import POINTS, SIGNED
from learning_diagrams.backends.torch.divergences.row_function import RowFunction
from learning_diagrams.backends.torch.divergences.samples import AVERAGES, SAMPLES
from learning_diagrams.backends.torch.functor.space import Bernoulli, Finite, Space, Tokens
from learning_diagrams.errors import CompileError
from learning_diagrams.presentation.choice import Divergence
from learning_diagrams.semantics.divergences import divergence as divergence_kind
from learning_diagrams.semantics.functor.space import Kind
from learning_diagrams.semantics.program.lowering import DivergenceCall

Key = tuple[str, str, Kind, Kind]  # divergence, carrier, kinds of reference and of prediction


def _table() -> dict[Key, RowFunction]:
    named = {one.name: one for one in (*LABELS, *BITS, *TOKENS, *DISTRIBUTIONS)}
    table: dict[Key, RowFunction] = {(one.name, "points", "point", "point"): one for one in (*POINTS, *SIGNED, *ACROSS)}
    likelihoods = {
        "points": "negative_log_likelihood",
        "labels": "cross_entropy",
        "bits": "binary_cross_entropy",
        "tokens": "token_cross_entropy",
    }
    for carrier, name in likelihoods.items():
        table["nll", carrier, "point", "distribution"] = named[name]
        if carrier != "points":
            table["kl", carrier, "point", "distribution"] = named[name]
    for carrier, name in (
        ("points", "distribution_kl"),
        ("labels", "kl"),
        ("bits", "binary_kl"),
        ("tokens", "token_kl"),
    ):
        table["kl", carrier, "distribution", "distribution"] = named[name]
    table["reverse_kl", "points", "distribution", "distribution"] = named["reverse_distribution_kl"]
    for reference in ("point", "distribution"):
        table["energy", "points", reference, "distribution"] = named["energy"]
    for name in COMPARISONS:
        # Against a label, or from one, some of these would always be infinite.
        ends: list[tuple[Kind, Kind]] = [("distribution", "distribution")]
        if name != "reverse_kl":
            ends.append(("point", "distribution"))
        if name in ("jensen_shannon", "total_variation", "hellinger"):
            ends += [("distribution", "point"), ("point", "point")]
        for kinds in ends:
            table[name, "labels", *kinds] = named[name]
            table[name, "tokens", *kinds] = named[f"{name}_of_tokens"]
        table[name, "bits", "distribution", "distribution"] = named[f"{name}_of_bits"]
        if name != "reverse_kl":
            table[name, "bits", "point", "distribution"] = named[f"{name}_of_data_bits"]
    return table


# A user's own divergences join these, by `own_divergence.divergence`.
TABLE = _table()


def functions() -> dict[str, Callable[..., Tensor]]:
    """Every function that the code of a loss may name."""
    by_name: dict[str, Callable[..., Tensor]] = {**SAMPLES, **AVERAGES}
    for one in TABLE.values():
        by_name |= {one.name: one.mean, f"{one.name}_rows": one.rows}
    return by_name


class TorchDivergences:
    """The divergences of this back end."""

    def pointwise(
        self, asked: Divergence | None, space: Space, reference: Kind, prediction: Kind, where: str
    ) -> DivergenceCall:
        """How two ends of one wire are compared, row by row; `CompileError` where nothing fits."""
        if asked is None and space.divergence is None:
            raise CompileError(f"{where}: {space!r} has no divergence of its own; give divergence=")
        asked = asked or Divergence(str(space.divergence))
        carrier = _carrier(space)
        found = TABLE.get((asked.name, carrier, reference, prediction))
        if found is None:
            raise CompileError(_misfit(asked, space, reference, prediction, where))
        if carrier == "points" and space.dtype is not None and not space.dtype.is_floating_point:
            raise CompileError(
                f"{where}: divergence {asked.name!r} needs floating values, and {space!r} holds {space.dtype_name}"
            )
        _require_options_fit(asked, space, carrier, reference, where)
        measure = _measure(found.name, asked)
        if not isinstance(space, Tokens) or found not in TOKENS:
            return measure
        literals = [] if space.padding is None else [("padding", repr(space.padding))]
        literals += [("mean", "True")] if space.reduction == "mean" else []
        return DivergenceCall(measure.function, (*measure.literals, *literals), measure.buffers)

    def in_law(self, asked: Divergence | None, spaces: tuple[Space, ...], where: str) -> DivergenceCall:
        """How two sides from I are compared in law; by default by averages on one finite space, else by samples."""
        alone = spaces[0] if len(spaces) == 1 and isinstance(spaces[0], Finite) else None
        asked = asked or Divergence("energy_distance" if alone is None else "kl")
        if asked.name in SAMPLES:
            return _measure(asked.name, asked, drawn=True)
        if f"{asked.name}_in_law" in AVERAGES and alone is not None:
            measure = _measure(f"{asked.name}_in_law", asked)
            if measure.buffers or any(key != "alpha" for key, _ in measure.literals):
                raise CompileError(f"{where}: average laws are compared by {asked.name!r} without options but alpha")
            return DivergenceCall(measure.function, (*measure.literals, ("outcomes", str(alone.n))))
        fitting = [*SAMPLES, *(name.removesuffix("_in_law") for name in AVERAGES if alone is not None)]
        raise CompileError(
            f"{where} starts from I, so its sides are compared in law, and divergence {asked.name!r} compares "
            f"row by row on {', '.join(map(repr, spaces))}; what fits: {', '.join(map(repr, fitting))}; or give over="
        )


def _measure(function: str, asked: Divergence, drawn: bool = False) -> DivergenceCall:
    """The options of a divergence that differ from their defaults: on the device, or in the code."""
    options = {option.name: option for option in divergence_kind(asked.name).options}
    given = {key: value for key, value in asked.options if value != options[key].default}
    in_code: dict[str, Any] = {key: value for key, value in given.items() if not options[key].buffer}
    if drawn:
        in_code.pop("samples", None)  # it says how many rows there are
    return DivergenceCall(
        function,
        tuple((key, repr(value)) for key, value in in_code.items()),
        tuple((key, _number(value)) for key, value in given.items() if options[key].buffer),
        drawn,
        divergence_kind(asked.name).compares == "across a batch",
    )


def _number(value: Any) -> float | tuple[float, ...]:
    return tuple(map(float, value)) if isinstance(value, tuple) else float(value)


def _require_options_fit(asked: Divergence, space: Space, carrier: str, reference: Kind, where: str) -> None:
    """Raise `CompileError` for options that have no meaning on a space, or with such a reference."""
    options = dict(asked.options)
    if carrier == "points" and options and asked.name in ("kl", "reverse_kl", "nll"):
        raise CompileError(
            f"{where}: divergence {asked.name!r} between distributions on {space!r} takes no options, got "
            f"{', '.join(options)}"
        )
    for key in ("label_smoothing", "class_weight"):
        if key in options and (carrier not in ("labels", "tokens") or reference != "point"):
            raise CompileError(
                f"{where}: {key} speaks of labels, and the reference (rhs) is "
                f"{'no label' if carrier in ('points', 'bits') else 'a distribution'} of {space!r}; leave it out"
            )
    weights = options.get("class_weight")
    if isinstance(weights, tuple) and len(weights) != space.outcomes:
        raise CompileError(
            f"{where}: class_weight has {len(weights)} numbers, and {space!r} has {space.outcomes} outcomes; give one "
            "for each"
        )


def _misfit(asked: Divergence, space: Space, reference: Kind, prediction: Kind, where: str) -> str:
    said = {"point": "a deterministic value", "distribution": "a distribution"}
    name = asked.name
    message = f"{where}: divergence {name!r} does not fit {space!r} with {said[reference]} as reference (rhs) and "
    message += f"{said[prediction]} as prediction (lhs)"
    if divergence_kind(name).compares == "in law":
        return message + "; it compares two sides in law: let both start from I, as in space.state >> column"
    if name == "kl" and prediction == "point" and reference == "distribution":
        return message + "; KL to a deterministic value is infinite: swap the sides, the reference stands on the right"
    if name == "kl" and (reference, prediction) == ("point", "point"):
        return message + "; KL between deterministic values is 0 or infinite: let the prediction be a Kernel"
    fitting = sorted({key[0] for key in TABLE if key[1:] == (_carrier(space), reference, prediction)})
    if prediction == "distribution" and space.distribution_shape is None:
        return message + f"; a kernel into such a space names its divergence: {', '.join(map(repr, fitting))}"
    return message + f"; what fits: {', '.join(map(repr, fitting)) or 'nothing'}"


def _carrier(space: Space) -> str:
    for of, name in ((Finite, "labels"), (Bernoulli, "bits"), (Tokens, "tokens")):
        if isinstance(space, of):
            return name
    return "points"
