"""A divergence of one's own: one function of tensors, decorated.

>>> import torch
>>> @divergence(formula="Σ max(|p − r| − width, 0)", unit="units", jointly_convex=True)
... def tube(reference, prediction, *, width=0.1):
...     return ((prediction - reference).abs() - width).clamp(min=0).sum(1)
>>> from learning_diagrams.backends.torch.divergences.table import TorchDivergences
>>> from learning_diagrams.presentation.choice import Divergence
>>> from learning_diagrams.backends.torch.functor.space import Euclidean
>>> asked = Divergence.read({"name": "tube", "width": 0.5})
>>> TorchDivergences().pointwise(asked, Euclidean(2), "point", "point", "here")
DivergenceCall(function='tube', literals=(('width', '0.5'),), buffers=(), drawn=False, coupled=False)
"""

from __future__ import annotations

import inspect
import keyword
from collections.abc import Callable, Iterable
from functools import wraps
from itertools import product
from typing import Any, Literal, get_args

from torch import Tensor

from learning_diagrams.backends.torch.divergences.row_function import by_rows
from learning_diagrams.backends.torch.divergences.table import TABLE
from learning_diagrams.backends.torch.objective.executable import printer
from learning_diagrams.errors import CompileError, DuplicateName, TypeMismatch, brief
from learning_diagrams.semantics.divergences import KINDS, Capabilities, DivergenceKind, Option, is_number
from learning_diagrams.semantics.functor.space import Kind

Carrier = Literal["points", "labels", "bits", "tokens"]
_own: set[str] = set()
_KIND_OF: dict[str, Kind] = {"law": "distribution"}  # the word of versions before 0.2


def divergence(
    *,
    formula: str,
    unit: str,
    reduction: str = "mean over rows",
    infinite: str = "never infinite",
    on: Carrier = "points",
    between: Iterable[tuple[Kind, Kind]] = (("point", "point"),),
    separating: bool = False,
    jointly_convex: bool = False,
    composes: bool = False,
    tensors: bool = False,
) -> Callable[[Callable[..., Tensor]], Callable[..., Tensor]]:
    """Register a function as the divergence of its name, for constraints to ask for.

    The function takes (reference, prediction), each [rows, …] of a point, logits, or a torch Distribution, and returns
    its value for each row, [rows]. Keyword-only arguments with numbers as defaults are its options.

    Parameters
    ----------
    formula, unit, reduction, infinite : what `explain` says of it.
    on : the spaces that it is for: "points" (Euclidean and Space), "labels" (Finite), "bits" (Bernoulli) or "tokens".
    between : for which kinds of (reference, prediction): ("point", "distribution") is data against a kernel.
    separating, jointly_convex, composes, tensors : the laws that it keeps, see `Capabilities`; none is assumed.

    Raises
    ------
    DuplicateName : the name is that of a divergence of the library, or of another function that losses call.
    TypeMismatch : the function has another signature, or `on` or `between` names what there is not.
    """

    def register(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        name = getattr(function, "__name__", "")
        if not name.isidentifier() or keyword.iskeyword(name):
            raise TypeMismatch(f"a divergence is a function with a name, got {brief(function)}")
        if name not in _own and (name in KINDS or {name, f"{name}_rows"} & printer().reserved):
            raise DuplicateName(f"{name!r} is a name of the library's own; give your divergence another one")
        options, ends = _options(function, name), tuple(between)
        _require_known(name, on, ends)
        ends = tuple(
            (_KIND_OF.get(reference, reference), _KIND_OF.get(prediction, prediction)) for reference, prediction in ends
        )
        laws = Capabilities(separating, jointly_convex, composes, tensors)
        row_function = by_rows(name, _checked(function, name))
        for key in [key for key in TABLE if key[0] == name]:
            del TABLE[key]
        KINDS[name] = DivergenceKind(
            name, formula, unit, reduction, infinite, laws, options, note="a divergence of yours"
        )
        TABLE.update({(name, on, reference, prediction): row_function for reference, prediction in ends})
        _own.add(name)
        return function

    return register


def _require_known(name: str, on: str, ends: tuple[Any, ...]) -> None:
    if on not in get_args(Carrier):
        raise TypeMismatch(f"on= of divergence {name!r} is 'points', 'labels', 'bits' or 'tokens', got {on!r}")
    known = tuple(product(("point", "distribution", "law"), repeat=2))
    wrong = [end for end in ends if end not in known]
    if wrong or not ends:
        raise TypeMismatch(
            f"between= of divergence {name!r} is a list of pairs (reference, prediction), each 'point' or 'distribution', as in "
            f"[('point', 'distribution')]; got {brief(wrong[0] if wrong else ends)}"
        )


def _options(function: Callable[..., Tensor], name: str) -> tuple[Option, ...]:
    parameters = list(inspect.signature(function).parameters.values())
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    options = [p for p in parameters if p.kind is p.KEYWORD_ONLY]
    if len(positional) != 2 or len(positional) + len(options) != len(parameters):
        raise TypeMismatch(
            f"divergence {name!r} must be a function (reference, prediction, *, options…), as in "
            f"def {name}(reference, prediction, *, width=0.1)"
        )
    for option in options:
        if isinstance(option.default, bool) or not isinstance(option.default, int | float):
            raise TypeMismatch(f"option {option.name!r} of divergence {name!r} needs a number as its default")
    return tuple(Option(option.name, option.default, "a number", is_number) for option in options)


def _checked(function: Callable[..., Tensor], name: str) -> Callable[..., Tensor]:
    @wraps(function)
    def rows(reference: Any, prediction: Any, **options: Any) -> Tensor:
        values = function(reference, prediction, **options)
        some = reference if isinstance(reference, Tensor) else prediction
        count = some.shape[0] if isinstance(some, Tensor) else some.batch_shape[0]
        if not isinstance(values, Tensor) or values.shape != (count,):
            found = f"shape {list(values.shape)}" if isinstance(values, Tensor) else f"a {type(values).__name__}"
            raise CompileError(
                f"divergence {name!r} must return one value a row, [{count}], and it returned {found}; sum over the "
                "features of each row, and leave the mean over rows to the loss"
            )
        return values

    return rows
