"""Shapes, checked box by box with fake tensors: no real computation, no buffer changed.

A functor never checks that F(box) has type F(dom) → F(cod). This check does, when a learning diagram is compiled. Fake
tensors cannot run a box whose code depends on values: the box is *not checkable*, and its real outputs are checked.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache, partial
from itertools import product
from threading import RLock
from typing import Any

import torch
from discopy import markov
from torch import Tensor, nn
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensorMode,
    UnsupportedFakeTensorException,
    UnsupportedOperatorException,
)
from torch.distributions import Distribution
from torch.fx.experimental.symbolic_shapes import GuardOnDataDependentSymNode

from learning_diagrams.backends.torch.functor.functor import (
    TorchFunctor,
    kind_of,
    outputs_of,
    require_untouched,
    versions,
)
from learning_diagrams.backends.torch.functor.module_support import (
    MixedDtypes,
    OneDtype,
    require_ready,
    runs_on_fakes,
    shallow_copy,
)
from learning_diagrams.backends.torch.functor.space import Size, Space, dtype_name, fits
from learning_diagrams.backends.torch.functor.uses import bound_module
from learning_diagrams.diagrams.box import is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.sample_space import Column, State
from learning_diagrams.diagrams.uses import uses_of, with_uses
from learning_diagrams.errors import CompileError, LearningDiagramError, TypeMismatch
from learning_diagrams.errors.door import by_door
from learning_diagrams.errors.layout import layout_advice
from learning_diagrams.semantics.functor.arity import require_arity
from learning_diagrams.semantics.functor.functor import fold

SWITCHES = RLock()  # held while a switch of the whole process is set
ROWS = 97  # a number that no module returns by itself: messages call it "rows"
SIZES = (7, 11)  # of what may have any size
OF_SCORES = "; return labels, as .argmax(-1), or make it a frozen Kernel whose module returns logits"
OF_NETWORK = (
    "; a network gives numbers: declare the box kernel: true, so that they are logits, or take the module constant, "
    "which gives one label"
)
_GRADIENT_HINT = "; to differentiate with respect to an input, call requires_grad_() on the input first"
_NEEDS_VALUES = (
    DataDependentOutputException,
    DynamicOutputShapeException,
    GuardOnDataDependentSymNode,
    UnsupportedFakeTensorException,
    UnsupportedOperatorException,
)


@dataclass(frozen=True)
class Checked:
    """The result of a check of shapes.

    Parameters
    ----------
    not_checkable : frozenset of str, the boxes whose code depends on values.
    distributions : dict from str to tuple, the outputs of each kernel that could be checked, for fake points.
    mode : FakeTensorMode, of these points and outputs.
    """

    not_checkable: frozenset[str]
    distributions: Mapping[str, tuple[Any, ...]]
    mode: FakeTensorMode


def check_shapes(functor: TorchFunctor, graphs: Iterable[PortGraph], frozen: Collection[str] = ()) -> Checked:
    """Run the boxes of some graphs, and those that these use, on fake points.

    Raises `CompileError` for a module that does not take or return what the type of its box says, `TypeMismatch` for
    one that computes in another dtype than the spaces of its arguments say.
    """
    not_checkable: set[str] = set()
    distributions: dict[str, tuple[Any, ...]] = {}
    done: dict[tuple[str, int], tuple[Any, ...]] = {}
    mode = FakeTensorMode(allow_non_fake_inputs=True)
    fake_parameter = cache(torch.empty)  # parameters that look alike share one: no forward pass changes their shapes
    dtype, device = functor.dtype, functor.device

    @cache
    def fake_point(space: Space, free: int) -> Tensor:
        sizes = (free if size is None else size for size in space.argument_shape)
        return torch.empty(ROWS, *sizes, dtype=space.argument_dtype or dtype, device=device)

    def apply(free: int, box: markov.Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
        if isinstance(box, Column | State):
            return tuple(None if isinstance(box, State) else fake_point(space, free) for space in functor(box.cod))
        for part in [part for part in with_uses(box) if (part.name, free) not in done]:
            points = tuple(fake_point(space, free) for space in functor(part.dom))
            returned = _run(functor, part, points, frozen, fake_parameter)
            if returned is None:
                not_checkable.add(part.name)
            elif not is_deterministic(part):
                distributions.setdefault(part.name, returned)
            done[part.name, free] = tuple(fake_point(space, free) for space in functor(part.cod))
        return done[box.name, free]

    sizes = SIZES if any(None in space.shape for space in functor.spaces.values()) else SIZES[:1]

    with mode, without_validation(), torch.no_grad():
        for graph, free in product(graphs, sizes):
            inputs = [fake_point(space, free) if isinstance(space, Space) else None for space in functor(graph.dom)]
            fold(graph, inputs, partial(apply, free))
    return Checked(frozenset(not_checkable), distributions, mode)


def _run(
    functor: TorchFunctor,
    box: markov.Box,
    points: tuple[Tensor, ...],
    frozen: Collection[str],
    fake_parameter: Callable[..., Tensor],
) -> tuple[Any, ...] | None:
    """The checked outputs of a box for fake points, in its mode of training; None if fake points cannot run it."""
    modules = {part.name: functor.module(part.name) for part in with_uses(box)}
    require_ready(box.name, modules[box.name], box.name in frozen)
    if not all(map(runs_on_fakes, modules.values())):
        return None
    # Other threads may run the modules now.
    modules = {name: shallow_copy(part) if isinstance(part, nn.Module) else part for name, part in modules.items()}
    module = modules[box.name]
    require_arity(box, module.forward if isinstance(module, nn.Module) else module, "module")
    before = versions(points)
    try:
        call = partial(call_on_fakes, fake_parameter)
        with OneDtype() if _says_dtype(functor, box) else nullcontext():  # type: ignore[no-untyped-call]
            result = bound_module(box, lambda name: partial(call, modules[name], name not in frozen))(*points)
    except LearningDiagramError:
        raise
    except MixedDtypes as error:
        arguments = ", ".join(_shape(point) for point in points)
        raise TypeMismatch(
            f"the module of box {box.name!r} takes {arguments}, which is what {box.dom} is sent to, and computes "
            f"{error}{_dtype_hint(functor(box.dom))}"
        ) from None
    except _NEEDS_VALUES:
        return None
    except Exception as error:
        if isinstance(error.__cause__, _NEEDS_VALUES) or "numpy" in str(error) or "FakeTensor" in str(error):
            return None
        arguments = ", ".join(_shape(point) for point in points)
        raise CompileError(
            f"the module of box {box.name!r} cannot take {arguments or 'no argument'}, which is what {box.dom or 'I'} "
            f"is sent to; with {ROWS} rows it raised {type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
            f"{_labels_hint(functor(box.dom))}{_GRADIENT_HINT if uses_of(box) and 'require grad' in str(error) else ''}"
        ) from error
    require_untouched(box, before, points)
    check_outputs(box, functor(box.cod), result, ROWS, functor(box.dom))
    return outputs_of(box, result)


def _says_dtype(functor: TorchFunctor, box: markov.Box) -> bool:
    """Whether a space says the dtype of an argument; otherwise torch.autocast may join boxes of several dtypes."""
    return any(space.argument_dtype is not None for space in functor(box.dom))


def _dtype_hint(spaces: tuple[Space, ...]) -> str:
    dtypes = [dtype for space in spaces if (dtype := space.argument_dtype) and not space.outcomes]
    wanted = next((dtype for dtype in dtypes if dtype.is_floating_point or dtype.is_complex), None)
    if wanted is None:
        return _labels_hint(spaces) or "; let the module convert its argument, as by .float()"
    return f"; convert the module, by .to({wanted}), or choose another dtype= of the space"


def _labels_hint(spaces: tuple[Space, ...]) -> str:
    labels = [space for space in spaces if space.outcomes is not None and not space.one_hot]
    if not labels:
        return ""
    return f"; {labels[0]!r} gives labels, or with sample='straight-through' (or another way to draw) one-hot vectors"


def call_on_fakes(
    fake_parameter: Callable[..., Tensor], module: Callable[..., Any], training: bool, *points: Any
) -> Any:
    """Call the shallow copy of a module with fake parameters and buffers; the real ones are not touched."""
    if not isinstance(module, nn.Module):
        return module(*points)
    for part in module.modules():
        part.training = training
    fakes = {
        name: make(part.shape, dtype=part.dtype, device=part.device)
        for make, parts in ((fake_parameter, module.named_parameters()), (torch.empty, module.named_buffers()))
        for name, part in parts
    }
    return torch.func.functional_call(module, fakes, points)


def check_outputs(
    box: markov.Box, spaces: tuple[Space, ...], result: Any, rows: int | None, given: tuple[Space, ...] = ()
) -> None:
    """Raise `CompileError` if a module returned values of the wrong number, shape or dtype.

    rows : int or None, the expected number of rows; None accepts any number.
    given : tuple of Space, those of the arguments, if they may be the reason why an output has no rows.
    """
    for space, output in zip(spaces, outputs_of(box, result), strict=True):
        if is_deterministic(box):
            _check_point(box, space, output, rows, given)
        elif space.logits:
            _check_logits(box, space, output, rows, given)
        else:
            _check_distribution(box, space, output, rows, given)


def _check_point(box: markov.Box, space: Space, output: Any, rows: int | None, given: tuple[Space, ...]) -> None:
    if not isinstance(output, Tensor):
        raise CompileError(
            f"box {box.name!r} is deterministic, and its module returned a {kind_of(output)}; declare it a Kernel"
        )
    scores = space.outcomes is not None and tuple(output.shape[-1:]) == (space.outcomes,)
    labels = OF_SCORES * scores
    what = f"box {box.name!r} returned {_shape(output)}"
    _require_shape(box, output.shape, space.point_shape, rows, what, space, given, labels)
    if not space.admits(output.dtype):
        numbers = space.outcomes is not None and output.dtype.is_floating_point
        raise CompileError(
            f"the module of box {box.name!r} returned dtype {dtype_name(output.dtype)}, where {space!r} needs "
            f"{space.dtype_name}{by_door(OF_SCORES, plan=OF_NETWORK) * numbers}"
        )


def _check_logits(box: markov.Box, space: Space, output: Any, rows: int | None, given: tuple[Space, ...]) -> None:
    if not isinstance(output, Tensor):
        raise CompileError(
            f"kernel {box.name!r} ends in {space!r}, so its module must return logits, and it returned a "
            f"{kind_of(output)}"
        )
    if not output.dtype.is_floating_point:
        raise CompileError(
            f"the module of kernel {box.name!r} returned dtype {dtype_name(output.dtype)}, where logits are floating"
        )
    what = f"kernel {box.name!r} returned logits of shape {_shown(tuple(output.shape))}"
    _require_shape(box, output.shape, space.row_shape("distribution"), rows, what, space, given)


def _check_distribution(box: markov.Box, space: Space, output: Any, rows: int | None, given: tuple[Space, ...]) -> None:
    if not isinstance(output, Distribution):
        raise CompileError(
            f"kernel {box.name!r} ends in {space!r}, so its module must return a torch Distribution, and it "
            f"returned a {kind_of(output)} {_shape(output)}; declare it a Box if it is a function"
        )
    shape = (*output.batch_shape, *output.event_shape)
    what = f"kernel {box.name!r} returned a Distribution of shape {_shown(shape)}"
    _require_shape(box, shape, space.point_shape, rows, what, space, given)


def _require_shape(
    box: markov.Box,
    shape: Sequence[int],
    row: tuple[Size, ...],
    rows: int | None,
    what: str,
    space: Space,
    given: tuple[Space, ...],
    hint: str = "",
) -> None:
    """Raise `CompileError` unless a shape is [rows, *row]; for a box from I unless it is row or [1, *row]."""
    shape = tuple(shape)
    if len(box.dom):
        right = len(shape) > 0 and rows in (None, shape[0]) and fits(shape[1:], row)
        wanted = (rows or ROWS, *row)
    else:
        wanted = (1, *row)
        right = fits(shape, row) or fits(shape, wanted)
    if not right:
        moved = (row[-1], *row[:-1]) if row else ()
        first = space.shape and moved != tuple(row) and fits(shape[1:], moved) and space.logits
        hint = "; the outcomes stand last: return logits.movedim(1, -1)" if first else hint
        if not len(box.dom) and len(shape) > 0 and fits(shape[1:], row):
            hint = "; a box from I returns one row, which stands for every row"
        if not hint and len(box.dom) and len(shape) > 0 and rows in (None, shape[0]):
            hint = f"; {advice}" if (advice := layout_advice(shape[1:], row)) else ""
        if not hint and rows is not None and shape[:1] != (rows,):
            hint = _labels_hint(given)
        raise CompileError(f"the module of {what}, where {space!r} needs {_shown(wanted)}{hint}")


def _shown(shape: tuple[Size, ...]) -> str:
    """A shape in words, with the number of rows of the check as "rows"."""
    first = "rows" if shape[:1] == (ROWS,) else str(*shape[:1])
    return f"[{', '.join([first, *('any' if size is None else str(size) for size in shape[1:])])}]"


def _shape(value: Any) -> str:
    return f"{_shown(tuple(value.shape))} {dtype_name(value.dtype)}" if isinstance(value, Tensor) else ""


@contextmanager
def without_validation() -> Iterator[None]:
    """Let fake tensors pass: Distributions do not validate, and PyTorch logs no traceback.

    Distributions look at the values of their parameters, which fake tensors do not have. PyTorch logs a traceback for
    an operation that a fake tensor cannot do, and our error says the same. Both switches hold for the whole process, so
    only one thread at a time may be inside.
    """
    logger = logging.getLogger("torch._subclasses.fake_tensor")
    with SWITCHES:
        validates, disabled = Distribution._validate_args, logger.disabled
        Distribution.set_default_validate_args(False)
        logger.disabled = True
        try:
            yield
        finally:
            Distribution.set_default_validate_args(validates)
            logger.disabled = disabled
