"""The divergences that a loss is compiled with: those of the library, and those that the user has defined.

>>> from learning_diagrams.backends.torch.functor.discrete import Finite
>>> TorchDivergences().pointwise(Divergence("kl"), Finite(10), "point", "distribution", "here").function
'cross_entropy'
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Self

from torch import Tensor, nn

from learning_diagrams.backends.torch.divergences.contrast import ACROSS
from learning_diagrams.backends.torch.divergences.distributions import DISTRIBUTIONS
from learning_diagrams.backends.torch.divergences.options import options_call, require_options_fit
from learning_diagrams.backends.torch.divergences.outcomes import OUTCOMES
from learning_diagrams.backends.torch.divergences.points import COMPLEX, POINTS, SIGNED
from learning_diagrams.backends.torch.divergences.row_function import Definition, Key, RowFunction
from learning_diagrams.backends.torch.divergences.samples import AVERAGES, SAMPLES
from learning_diagrams.backends.torch.functor.hidden_parameters import hides_parameters
from learning_diagrams.backends.torch.functor.precision import in_full_precision
from learning_diagrams.backends.torch.functor.space import Space
from learning_diagrams.errors import CompileError, DuplicateName
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.choice import Divergence
from learning_diagrams.semantics.divergences import DivergenceKind, divergence, latest_definitions
from learning_diagrams.semantics.functor.space import Kind, default_in_law
from learning_diagrams.semantics.program.lowering import DivergenceCall

_BETWEEN_POINTS: dict[Key, RowFunction] = {
    (function.name, "points", "point", "point"): function for function in (*POINTS, *SIGNED, *ACROSS)
}
# The function for each name, carrier of the space, and kinds of reference and prediction.
LIBRARY: Mapping[Key, RowFunction] = MappingProxyType(_BETWEEN_POINTS | COMPLEX | DISTRIBUTIONS | OUTCOMES)


@dataclass(frozen=True)
class TorchDivergences:
    """The library's divergences and some definitions of the user; what is compiled keeps this value.

    Parameters
    ----------
    definitions : tuple of Definition, at most one for each name.
    """

    definitions: tuple[Definition, ...] = ()

    @classmethod
    def asked_by(
        cls, diagram: LearningDiagram, spaces: Mapping[str, Space], preferred: Iterable[DivergenceKind] = ()
    ) -> Self:
        """The library with the definitions that a learning diagram asks for, by a constraint or by a space.

        Parameters
        ----------
        preferred : definitions that go before the latest ones; of two with one name, the last one counts.
        """
        known = {**latest_definitions(), **{kind.name: kind for kind in preferred}}
        chosen = [choice for constraint in diagram.constraints for choice in _divergences_of(constraint.divergence)]
        names = {choice.name for choice in chosen} | {str(space.divergence) for space in spaces.values()}
        asked = (known[name] for name in sorted(names & known.keys()))
        return cls(tuple(kind for kind in asked if isinstance(kind, Definition)))

    @property
    def modules(self) -> dict[str, nn.Module]:
        """The modules among the functions of the user, by the name of the divergence."""
        return {kind.name: kind.module for kind in self.definitions if kind.module is not None}

    def require_held(self, held: Mapping[str, object], boxes: Container[str]) -> None:
        """Raise `CompileError` for parameters of a divergence that nobody would train or save.

        Parameters
        ----------
        held : mapping from names to the modules of a functor.
        boxes : the names of boxes; raise `DuplicateName` for a module under the name of a box.
        """
        for kind in self.definitions:
            what = f"divergence {kind.name!r}"
            if kind.module is None and hides_parameters(kind.source):
                raise CompileError(
                    f"{what} is a function that holds trainable parameters, which nobody would train or save; write an "
                    f"nn.Module whose forward it is, define it by divergence(name={kind.name!r}, …)(module) "
                    "and give TorchFunctor divergences=[module]; or call requires_grad_(False) on the parameters"
                )
            if kind.module is not None and kind.name in boxes:
                raise DuplicateName(f"{what} has a module, and a box has its name; rename one of the two")
            if kind.module is not None and held.get(kind.name) is not kind.module:
                raise CompileError(
                    f"{what} has a module, which the functor holds: give TorchFunctor divergences=[module]"
                )

    def kind(self, name: str, where: str = "") -> DivergenceKind:
        """The divergence of that name; `UnknownName` if no divergence has the name."""
        return next((kind for kind in self.definitions if kind.name == name), None) or divergence(name, where)

    @property
    def entries(self) -> dict[Key, RowFunction]:
        """The function for each name, carrier and ends."""
        entries = dict(LIBRARY)
        for definition in self.definitions:
            entries |= definition.entries
        return entries

    def functions(self) -> dict[str, Callable[..., Tensor]]:
        """Every function that the code of a loss may call for a divergence, by name, in full precision."""
        by_name: dict[str, Callable[..., Tensor]] = {**SAMPLES, **AVERAGES}
        for function in self.entries.values():
            by_name |= {function.name: function.mean, f"{function.name}_rows": function.rows}
        return {name: in_full_precision(function) for name, function in by_name.items()}

    def pointwise(
        self, asked: Divergence | None, space: Space, reference: Kind, prediction: Kind, where: str
    ) -> DivergenceCall:
        """The call that compares two ends of a wire row by row; `CompileError` if no function fits."""
        if asked is None and space.divergence is None:
            raise CompileError(f"{where}: {space!r} has no divergence of its own; give divergence=")
        asked = asked or Divergence(str(space.divergence))
        function = self.entries.get((asked.name, space.carrier, reference, prediction))
        if function is None:
            raise CompileError(self._misfit(asked.name, space, reference, prediction, where))
        if space.carrier == "points" and space.dtype is not None and not space.dtype.is_floating_point:
            raise CompileError(
                f"{where}: divergence {asked.name!r} needs floating values, and {space!r} holds {space.dtype_name}"
            )
        require_options_fit(asked, space, reference, where)
        kind, reduction = self.kind(asked.name), getattr(space, "reduction", "sum")
        if isinstance(kind, Definition) and reduction != "sum":
            raise CompileError(
                f"{where}: divergence {asked.name!r} of yours returns the value of a whole row, and {space!r} asks for "
                "a mean over positions; let your function take the mean, and leave reduction out"
            )
        literals = (("mean", "True"),) if reduction == "mean" else ()
        call = options_call(function.name, kind, asked, literals)
        coupled = kind.takes_rows if isinstance(kind, Definition) else call.coupled
        return replace(call, by_position=function.by_position, coupled=coupled)

    def in_law(self, asked: Divergence | None, spaces: tuple[Space, ...], where: str) -> DivergenceCall:
        """The call that compares two sides from I; by default averages on one finite space, otherwise samples."""
        default = default_in_law(spaces)
        alone = spaces[0] if default == "kl" else None
        asked = asked or Divergence(default)
        if asked.name in SAMPLES:
            ragged = all(not each.position_shape or each.carrier in ("tokens", "probabilities") for each in spaces)
            return replace(options_call(asked.name, self.kind(asked.name), asked, drawn=True), by_position=ragged)
        if f"{asked.name}_in_law" in AVERAGES and alone is not None:
            outcomes = (("outcomes", str(alone.outcomes)),)
            call = options_call(f"{asked.name}_in_law", self.kind(asked.name), asked, outcomes)
            if any(key not in ("alpha", "outcomes") for key, _ in (*call.literals, *call.buffers)):
                raise CompileError(
                    f"{where}: average distributions are compared by {asked.name!r} without options but alpha"
                )
            return call
        fitting = [*SAMPLES, *(name.removesuffix("_in_law") for name in AVERAGES if alone is not None)]
        raise CompileError(
            f"{where} starts from I, so its sides are compared in law, and divergence {asked.name!r} compares "
            f"row by row on {', '.join(map(repr, spaces))}; what fits: {', '.join(map(repr, fitting))}; or give over="
        )

    def _misfit(self, name: str, space: Space, reference: Kind, prediction: Kind, where: str) -> str:
        """The message for two ends that no function of a divergence takes."""
        ends = {"point": "a deterministic value", "distribution": "a distribution"}
        message = f"{where}: divergence {name!r} does not fit {space!r} with {ends[reference]} as reference (rhs) and "
        message += f"{ends[prediction]} as prediction (lhs)"
        if self.kind(name).compares == "in law":
            return message + "; it compares two sides in law: let both start from I, as in space.state >> column"
        if name == "kl" and (reference, prediction) == ("distribution", "point"):
            return message + (
                "; KL to a deterministic value is infinite: swap the sides, the reference stands on the right"
            )
        if name == "kl" and (reference, prediction) == ("point", "point"):
            return message + "; KL between deterministic values is 0 or infinite: let the prediction be a Kernel"
        fitting = sorted({key[0] for key in self.entries if key[1:] == (space.carrier, reference, prediction)})
        kind = self.kind(name)
        if isinstance(kind, Definition):
            return message + (
                f"; its definition says on={kind.carrier!r}, between={list(kind.ends)!r}; "
                f"declare on={space.carrier!r}, between=[({reference!r}, {prediction!r})]"
            )
        if prediction == "distribution" and space.distribution_shape is None:
            return message + f"; a kernel into such a space names its divergence: {', '.join(map(repr, fitting))}"
        return message + f"; what fits: {', '.join(map(repr, fitting)) or 'nothing'}"


def _divergences_of(field: Divergence | tuple[Divergence | None, ...] | None) -> list[Divergence]:
    """The divergences that a constraint names."""
    choices = field if isinstance(field, tuple) else (field,)
    return [choice for choice in choices if choice is not None]
