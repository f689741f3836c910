"""Options of a divergence: whether they fit a space, and where they stand in the code of a loss."""

from __future__ import annotations

from typing import Any

from learning_diagrams.backends.torch.functor.space import Space
from learning_diagrams.errors import CompileError
from learning_diagrams.presentation.choice import Divergence
from learning_diagrams.presentation.fields.quantity import is_moving
from learning_diagrams.semantics.divergences import DivergenceKind
from learning_diagrams.semantics.functor.space import Kind
from learning_diagrams.semantics.program.lowering import DivergenceCall


def options_call(
    function: str,
    kind: DivergenceKind,
    asked: Divergence,
    literals: tuple[tuple[str, str], ...] = (),
    drawn: bool = False,
) -> DivergenceCall:
    """A call with the options that differ from their defaults: numbers for the device and moving ones as buffers.

    Parameters
    ----------
    literals : pairs (name, code) that follow the options in the code.
    drawn : whether samples of the two sides are drawn first; `samples` is then their number, not an argument.
    """
    options = {option.name: option for option in kind.options}
    changed = {key: value for key, value in asked.options if value != options[key].default}
    on_device = {key for key in changed if options[key].buffer or key in asked.moving}
    if drawn:
        changed.pop("samples", None)
    return DivergenceCall(
        function,
        (*((key, repr(value)) for key, value in changed.items() if key not in on_device), *literals),
        tuple((key, _number(value)) for key, value in changed.items() if key in on_device),
        drawn,
        kind.compares == "across a batch",
    )


def _number(value: Any) -> Any:
    if is_moving(value):
        return value
    return tuple(map(float, value)) if isinstance(value, tuple) else float(value)


def require_options_fit(asked: Divergence, space: Space, reference: Kind, where: str) -> None:
    """Raise `CompileError` for options that have no meaning on a space, or with such a reference."""
    options = dict(asked.options)
    if space.carrier == "points" and options and asked.name in ("kl", "reverse_kl", "nll"):
        raise CompileError(
            f"{where}: divergence {asked.name!r} between distributions on {space!r} takes no options, got "
            f"{', '.join(options)}"
        )
    for key in ("label_smoothing", "class_weight"):
        if key in options and (space.carrier not in ("labels", "tokens") or reference != "point"):
            raise CompileError(
                f"{where}: {key} is an option for labels, and the reference (rhs) is "
                f"{'a distribution' if space.carrier in ('labels', 'tokens') else 'not a label'} of {space!r}; leave "
                "it out"
            )
    weights = options.get("class_weight")
    if isinstance(weights, tuple) and len(weights) != space.outcomes:
        raise CompileError(
            f"{where}: class_weight has {len(weights)} numbers, and {space!r} has {space.outcomes} outcomes; give a "
            "number for each outcome"
        )
