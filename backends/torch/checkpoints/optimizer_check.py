"""What the state of an optimizer must be before it is believed: that of an optimizer of its class.

The class itself says what its state is: one of its optimizers makes a step with a small parameter and the same options,
and the state of that parameter is the pattern.

>>> weight = nn.Parameter(torch.ones(1))
>>> weight.grad = torch.ones(1)
>>> optimizer = torch.optim.Adam([weight])
>>> optimizer.step()
>>> state = optimizer.state_dict()
>>> require_optimizer_state(optimizer, state)
>>> state["state"][0]["step"] = torch.tensor(-1.0)
>>> require_optimizer_state(optimizer, state)
Traceback (most recent call last):
...
learning_diagrams.errors.FileError: it holds -1.0 as 'step' of Adam, which is a whole number ≥ 1
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from learning_diagrams.backends.torch.checkpoints.likeness import refuse_if, require_like
from learning_diagrams.backends.torch.functor.module_support import own_part
from learning_diagrams.backends.torch.optimizers.finite_step import needs_closure
from learning_diagrams.backends.torch.optimizers.joined import parts_of
from learning_diagrams.errors import brief

SQUARES = (
    "exp_avg_sq",
    "max_exp_avg_sq",
    "square_avg",
    "acc_delta",
    "sum",
    "exp_inf",
    "row_var",
    "col_var",
    "variance",
)
COUNTS = ("step", "n_iter", "func_evals")
MOST_STEPS = 2**53


@dataclass(frozen=True)
class _Pattern:
    """The state of a small parameter after a step."""

    name: str
    shape: torch.Size
    values: Mapping[str, Any]
    begun: bool  # whether the class makes the state before the first step


def require_optimizer_state(optimizer: Optimizer, state: Mapping[str, Any]) -> None:
    """Raise `FileError`, or another plain error, for a state that no optimizer of the class and the groups has.

    Shapes, dtypes, counts of steps, options, and whether numbers are finite; squares are ≥ 0, and may be infinite.
    """
    now, then = optimizer.state_dict()["param_groups"], state["param_groups"]
    refuse_if(
        [group["params"] for group in now] != [group["params"] for group in then],
        "it holds the state of an optimizer of other parameters",
    )
    entries = dict(state["state"])
    for (part, parameters), options, saved in zip(_groups(optimizer), now, then, strict=True):
        name = type(part).__name__
        missing = sorted(options.keys() - saved.keys())
        refuse_if(missing, f"it lacks the options {missing} of {name}")
        require_like(saved, options)
        for key in options:
            _require_finite(saved[key], key, name)
        numbers = options["params"]
        if needs_closure(part):
            entry = entries.pop(numbers[0], {}) if numbers else {}
            if entry:
                whole = torch.empty(sum(parameter.numel() for parameter in parameters), device="meta")
                small = torch.empty(2, dtype=parameters[0].dtype, device=parameters[0].device)
                _require_entry(_pattern(part, options, saved, small), entry, whole, name)
                _require_memory(entry, saved)
            continue
        patterns: dict[Any, _Pattern | None] = {}
        for number, parameter in zip(numbers, parameters, strict=True):
            kind = (parameter.dim(), parameter.dtype, parameter.device)
            if kind not in patterns:
                small = torch.empty([2 + i for i in range(parameter.dim())], dtype=kind[1], device=kind[2])
                patterns[kind] = _pattern(part, options, saved, small)
            if number in entries:
                _require_entry(patterns[kind], entries.pop(number), parameter, name)
    refuse_if(entries, f"it holds states of {brief(list(entries))}, which are no parameters of the optimizer")


def _groups(optimizer: Optimizer) -> Iterator[tuple[Optimizer, list[Tensor]]]:
    for part in parts_of(optimizer).values():
        for group in part.param_groups:
            yield part, group["params"]


def _pattern(part: Optimizer, options: Mapping[str, Any], saved: Mapping[str, Any], small: Tensor) -> _Pattern | None:
    """The pattern; None for a class that cannot be made from its options, or that does not take plain gradients."""
    if _trial(part, options, small) is None:
        return None
    pattern = _trial(part, saved, small)
    refuse_if(pattern is None, f"{type(part).__name__} does not take the options that it holds: {brief(dict(saved))}")
    return pattern


def _trial(part: Optimizer, options: Mapping[str, Any], small: Tensor) -> _Pattern | None:
    kind: Any = type(part)
    known = inspect.signature(kind).parameters
    parameter = nn.Parameter(torch.ones_like(small))
    parameter.grad = torch.ones_like(small)

    def closure() -> Tensor:
        return parameter.detach().abs().sum()

    try:
        trial = kind([parameter], **{key: value for key, value in options.items() if key in known and key != "params"})
        begun = bool(trial.state[parameter])
        for _ in range(2):
            with torch.enable_grad():
                trial.step(closure) if needs_closure(part) else trial.step()
    except Exception:
        return None
    return _Pattern(kind.__name__, parameter.shape, trial.state[parameter], begun)


def _require_entry(pattern: _Pattern | None, entry: Mapping[str, Any], parameter: Tensor, name: str) -> None:
    """Raise `FileError` unless an entry is the state of a parameter."""
    wanted = {} if pattern is None else pattern.values
    if entry or (pattern is not None and pattern.begun):
        missing = sorted(wanted.keys() - entry.keys())
        refuse_if(missing, f"it lacks {missing} of {name}")
    for key, value in entry.items():
        like = wanted.get(key)
        if isinstance(like, Tensor) and pattern is not None:
            _require_tensor(value, like, pattern, parameter, f"{key!r} of {name}")
        elif like is not None:
            require_like(value.item() if isinstance(value, Tensor) and value.dim() == 0 else value, like, key)
        least = 1 if pattern is not None and not pattern.begun else 0
        _require_finite(value, key, name, least)


def _require_tensor(value: Any, like: Tensor, pattern: _Pattern, parameter: Tensor, what: str) -> None:
    refuse_if(not isinstance(value, Tensor), f"it holds {brief(value)} as {what}, which is a tensor")
    shape = parameter.shape if like.shape == pattern.shape else like.shape
    refuse_if(
        value.dim() != like.dim() or (like.shape in (pattern.shape, ()) and value.shape != shape),
        f"it holds {what} of shape {list(value.shape)} for a parameter of shape {list(parameter.shape)}",
    )
    narrow = like.dtype in (torch.bfloat16, torch.float16) and value.dtype == torch.float32
    refuse_if(value.dtype != like.dtype and not narrow, f"it holds {what} of {value.dtype}, which is of {like.dtype}")


def _require_finite(value: Any, key: str, name: str, least: int = 0) -> None:
    """Raise `FileError` for a number that is not finite, also in a tensor or a list, and for a count below `least`."""
    if isinstance(value, list | tuple):
        for item in value:
            _require_finite(item, key, name, least)
    elif key in COUNTS:
        number = value.item() if isinstance(value, Tensor) else value
        refuse_if(
            not least <= number <= MOST_STEPS or number != int(number),
            f"it holds {brief(number)} as {key!r} of {name}, which is a whole number ≥ {least}",
        )
    elif isinstance(value, Tensor):
        part = own_part(value)
        right = part >= 0 if key in SQUARES else part.isfinite()
        refuse_if(not right.all(), f"it holds {key!r} of {name} with a number that is not finite, or less than 0")
    else:
        refuse_if(isinstance(value, float) and not math.isfinite(value), f"it holds {value!r} as {key!r} of {name}")


def _require_memory(entry: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    """The memory of LBFGS has one step for each direction, and no more than its size."""
    sizes = {len(entry[key]) for key in ("old_dirs", "old_stps", "ro") if key in entry}
    refuse_if(
        len(sizes) > 1 or max(sizes, default=0) > options.get("history_size", math.inf),
        "it holds directions and steps of LBFGS that are not equally many",
    )
    for vector in [*entry.get("old_dirs", ()), *entry.get("old_stps", ())]:
        refuse_if(
            not isinstance(vector, Tensor) or vector.shape != entry["prev_flat_grad"].shape,
            "it holds a direction of LBFGS of another shape",
        )
    refuse_if(
        any(torch.as_tensor(number).dim() for number in entry.get("ro", ())),
        "it holds a number of LBFGS that is a list",
    )
    refuse_if(
        "al" in entry and len(entry["al"]) != options["history_size"], "it holds a memory of LBFGS of another size"
    )
