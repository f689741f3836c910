"""A divergence of one's own: one function of tensors, decorated.

>>> import torch
>>> @divergence(formula="Σ max(|p − r| − width, 0)", unit="units", jointly_convex=True)
... def tube(reference, prediction, *, width=0.1):
...     return ((prediction - reference).abs() - width).clamp(min=0).sum(1)
>>> from learning_diagrams.backends.torch.divergences.table import TorchDivergences
>>> from learning_diagrams.presentation.choice import Divergence
>>> from learning_diagrams.backends.torch.functor.space import Euclidean
>>> asked = Divergence.read({"name": "tube", "width": 0.5})
>>> TorchDivergences((tube.divergence,)).pointwise(asked, Euclidean(2), "point", "point", "here").literals
(('width', '0.5'),)
"""

from __future__ import annotations

import inspect
import keyword
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from itertools import product
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn

from learning_diagrams.backends.torch.divergences.code_names import reserved
from learning_diagrams.backends.torch.divergences.row_function import Definition, Ends, by_rows
from learning_diagrams.backends.torch.divergences.table import TorchDivergences
from learning_diagrams.backends.torch.functor.precision import wide
from learning_diagrams.backends.torch.functor.space import Carrier
from learning_diagrams.errors import CompileError, DataError, DuplicateName, TypeMismatch, brief, kind
from learning_diagrams.semantics.divergences import KINDS, Capabilities, Option, define, is_number, latest_definitions
from learning_diagrams.semantics.functor.space import Kind

End = Literal["point", "distribution", "law"]
_KINDS: dict[str, Kind] = {"point": "point", "distribution": "distribution", "law": "distribution"}


def divergence(
    *arguments: object,
    name: str | None = None,
    formula: str = "",
    unit: str = "",
    reduction: str = "mean over rows",
    infinite: str = "never infinite",
    on: Carrier = "points",
    between: Iterable[tuple[End, End]] = (("point", "point"),),
    separating: bool = False,
    jointly_convex: bool = False,
    composes: bool = False,
    tensors: bool = False,
    least_at_equality: bool = False,
    row_by_row: bool = False,
) -> Callable[[Callable[..., Tensor]], Callable[..., Tensor]]:
    """Define a divergence by a function, or by an `nn.Module`; constraints ask for the divergence by its name.

    The function takes (reference, prediction): each is a Tensor [rows, …] of points or logits, or a torch Distribution.
    It returns the value of each row, a Tensor [rows]. Its keyword-only arguments are the options of the divergence;
    their defaults are numbers.

    A batch may have masks. A function with `positions=None` among its keyword-only arguments is given the positions
    that are present, bool [rows, *positions], where some may be absent. Without it, a mask finer than rows is an error.
    A function with `present=None` is given the rows that are present, bool [rows]. A function without `present` that is
    not declared `row_by_row=True` is called on the rows that are present alone, whose number the CPU waits for.

    Parameters of a module are trained with the boxes, under the name of the divergence in `objective.boxes`: name the
    module in `TorchFunctor(…, divergences=[module])`, and call `module.requires_grad_(False)` before to keep it as it
    is. A plain function that holds such parameters is refused by `compile`, for nobody would train or save them.

    `compile` uses the latest definition of a name, or the definition that `TorchFunctor(…, divergences=[…])` names. A
    compiled objective keeps its functions, also where a name is defined anew. `explain` and `review` read the latest
    definition.

    Parameters
    ----------
    name : str, the name of the divergence; by default that of the function. A module needs one.
    formula, unit, reduction, infinite : str, the words of `explain`.
    on : str, the spaces: "points" (Euclidean and Space), "complex", "labels" (Finite), "probabilities" (soft Finite),
        "bits" (Bernoulli) or "tokens" (also Finite with a shape).
    between : list of pairs (reference, prediction), each "point" or "distribution"; ("point", "distribution") is data
        against a kernel. "law" is an older word for "distribution".
    separating, jointly_convex, composes, tensors, least_at_equality : bool, the laws that the divergence keeps, see
        `Capabilities`; a law that is not named is not assumed. `least_at_equality` holds for all values of the options.
    row_by_row : bool, whether the value of a row depends on that row only. Otherwise validation takes all rows at once.

    Raises
    ------
    DuplicateName : a divergence of the library, or another function that losses call, has the name.
    TypeMismatch : `formula` or `unit` is missing; one of the words is empty, or no text; the function has another
        signature, or is none; `on` or `between` has an unknown word; a law is neither True nor False.
    """
    if arguments:
        raise TypeMismatch(
            "a divergence is defined by keywords, of which formula= and unit= are needed, as in @divergence("
            f"formula='Σ |p − r|', unit='units'); got {brief(arguments[0])}"
        )
    words = {"formula": formula, "unit": unit, "reduction": reduction, "infinite": infinite}
    for key, word in words.items():
        if not isinstance(word, str) or not word.strip():
            raise TypeMismatch(
                f"{key}= of a divergence must be a text that is not empty, got {brief(word)}; formula= and unit= are "
                "needed, as in @divergence(formula='Σ |p − r|', unit='units'), and unit='no unit' says that there is "
                "none"
            )
    laws = (separating, jointly_convex, composes, tensors, least_at_equality)
    for law in (*laws, row_by_row):
        if not isinstance(law, bool):
            raise TypeMismatch(f"a divergence keeps a law, True, or does not, False; row_by_row= too; got {brief(law)}")
    chosen = name

    def register(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        name = str(getattr(function, "__name__", "") if chosen is None else chosen)
        if not callable(function) or isinstance(function, type) or not name.isidentifier() or keyword.iskeyword(name):
            raise TypeMismatch(f"a divergence is a function with a name, or a module and name=; got {brief(function)}")
        if isinstance(getattr(function, "divergence", None), nn.Module | Tensor):
            raise TypeMismatch(f"the module of divergence {name!r} has a part 'divergence'; give the part another name")
        latest = latest_definitions().values()
        others = tuple(each for each in latest if isinstance(each, Definition) and each.name != name)
        if name in KINDS or {name, f"{name}_rows"} & reserved(TorchDivergences(others)):
            raise DuplicateName(f"{name!r} is a name of the library's own; give your divergence another one")
        options, masks = _arguments(function, name)
        if on not in get_args(Carrier):
            raise TypeMismatch(
                f"on= of divergence {name!r} is {', '.join(map(repr, get_args(Carrier)[:-1]))} or 'tokens', got {on!r}"
            )
        definition = Definition(
            name,
            formula,
            unit,
            reduction,
            infinite,
            Capabilities(*laws),
            options,
            note="a divergence of yours",
            function=by_rows(name, partial(checked_rows, function, name, masks), "positions" in masks),
            source=function,
            carrier=on,
            ends=_read_ends(between, name),
            row_by_row=row_by_row,
            takes_rows="present" in masks or not row_by_row,
        )
        define(definition)
        with suppress(AttributeError):  # a method has no attributes of its own
            function.divergence = definition  # type: ignore[attr-defined]
        return function

    return register


def _read_ends(between: Iterable[tuple[End, End]], name: str) -> tuple[Ends, ...]:
    pairs: tuple[Any, ...] = tuple(between) if isinstance(between, Iterable) else (between,)
    known = tuple(product(_KINDS, repeat=2))
    wrong = [pair for pair in pairs if pair not in known]
    if wrong or not pairs:
        raise TypeMismatch(
            f"between= of divergence {name!r} is a list of pairs (reference, prediction), each 'point' or "
            f"'distribution', as in [('point', 'distribution')]; got {brief(wrong[0] if wrong else pairs)}"
        )
    return tuple((_KINDS[reference], _KINDS[prediction]) for reference, prediction in pairs)


def _arguments(function: Callable[..., Tensor], name: str) -> tuple[tuple[Option, ...], frozenset[str]]:
    """The options of a function, and which of `present` and `positions` it takes."""
    called = function.forward if isinstance(function, nn.Module) else function
    try:
        parameters = list(inspect.signature(called).parameters.values())
    except ValueError:  # of a function that is written in C
        parameters = []
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    named = [p for p in parameters if p.kind is p.KEYWORD_ONLY]
    masks = frozenset(p.name for p in named if p.name in ("present", "positions") and p.default is None)
    options = [p for p in named if p.name not in masks]
    if len(positional) != 2 or len(positional) + len(named) != len(parameters):
        raise TypeMismatch(
            f"divergence {name!r} must be a function (reference, prediction, *, options…), as in "
            f"def {name}(reference, prediction, *, width=0.1)"
        )
    for option in options:
        if isinstance(option.default, bool) or not isinstance(option.default, int | float):
            raise TypeMismatch(
                f"option {option.name!r} of divergence {name!r} needs a number as its default; a function that "
                "makes and returns the divergence can hold a value of another kind"
            )
    return tuple(Option(option.name, option.default, "a number", is_number) for option in options), masks


def checked_rows(
    function: Callable[..., Tensor],
    name: str,
    masks: frozenset[str],
    /,
    reference: Any,
    prediction: Any,
    present: Tensor | None = None,
    **options: Any,
) -> Tensor:
    """The values of a user's function; `CompileError` unless they are a Tensor [rows].

    Parameters
    ----------
    masks : those of `present` and `positions` that the function takes.
    present : Tensor [rows] of bool. A function that does not take it sees the rows that are present, and no other row.
    """
    if present is not None and "present" not in masks:
        return _on_rows(partial(checked_rows, function, name, masks), name, present, reference, prediction, options)
    if present is not None:
        options["present"] = present
    if isinstance(function, nn.Module) and any(wide(part) is not part for part in function.parameters()):
        parts = (*function.named_parameters(), *function.named_buffers())
        full = {key: wide(part) for key, part in parts}
        values = torch.func.functional_call(function, full, (reference, prediction), options)
    else:
        values = function(reference, prediction, **options)
    end = reference if isinstance(reference, Tensor) else prediction
    count = end.shape[0] if isinstance(end, Tensor) else end.batch_shape[0]
    if not isinstance(values, Tensor) or values.shape != (count,):
        result = f"shape {list(values.shape)}" if isinstance(values, Tensor) else kind(values)
        raise CompileError(
            f"divergence {name!r} must return one value a row, [{count}], and it returned {result}; sum over the "
            "features of each row, and leave the mean over rows to the loss"
        )
    if not values.dtype.is_floating_point:
        raise CompileError(
            f"divergence {name!r} must return floating values, and it returned {values.dtype}; convert them: .float()"
        )
    return values


def _on_rows(
    values: Callable[..., Tensor], name: str, present: Tensor, reference: Any, prediction: Any, options: dict[str, Any]
) -> Tensor:
    """The values [rows] of a function that is called on the rows that are present; 0 in the other rows."""
    if not (isinstance(reference, Tensor) and isinstance(prediction, Tensor)):
        raise DataError(
            f"rows are masked, and divergence {name!r} of a Distribution may depend on several rows; define it with "
            "row_by_row=True, or let its function take present=None"
        )
    rows = present.nonzero().flatten()
    if not len(rows):  # the loss reads no value
        return values(reference, prediction, **options)
    chosen = {key: value[rows] if key == "positions" and value is not None else value for key, value in options.items()}
    result = values(reference[rows], prediction[rows], **chosen)
    return result.new_zeros(len(present)).index_copy(0, rows, result)
