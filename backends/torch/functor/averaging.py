"""Moving averages of parameters: modules that follow others, one step at a time.

>>> import torch
>>> student, teacher = torch.nn.Linear(1, 1), torch.nn.Linear(1, 1)
>>> with torch.no_grad():
...     _ = student.weight.fill_(1.0), teacher.weight.fill_(0.0)
>>> Averaging({"teacher": ("student", 0.75)}, {"student": student, "teacher": teacher}.get).step()
>>> teacher.weight.item()
0.25

Source: Polyak & Juditsky, *Acceleration of stochastic approximation by averaging* (1992).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from learning_diagrams.backends.torch.functor.precision import wide
from learning_diagrams.diagrams.box import Box
from learning_diagrams.errors import CompileError, InvalidWeight
from learning_diagrams.presentation.moving_average import Decay, MovingAverages
from learning_diagrams.schedule import Schedule


class Averaging:
    """A step sets each target to decay · target + (1 − decay) · source, in every parameter and floating buffer.

    Other buffers, as counters, are copied. A target that is the source of another target lends the value that it had
    before the step. A target in half precision could not move by less than its last digit, so it is the rounded form of
    an average in float32, which starts anew where something else has written the target. A file has the rounded form.

    Parameters
    ----------
    ema : dict from target to pair (source, decay), by name of the box. A decay is a number, a schedule, or a box from I
        whose module is called at each step; its number is read from the device.
    module : function from the name of a box to its module.
    exact : dict from pairs (box, key) to Tensor, the averages of earlier targets in float32.

    Raises
    ------
    CompileError : the states of target and source differ in a name or shape.
    """

    def __init__(
        self,
        ema: MovingAverages,
        module: Callable[[str], Callable[..., Any]],
        exact: Mapping[tuple[str, str], Tensor] = MappingProxyType({}),
    ) -> None:
        self.exact = dict(exact)
        decays = [decay.name for _, decay in ema.values() if isinstance(decay, Box)]
        followed = [name for target, (source, _) in ema.items() for name in (target, source)]
        self.modules = {name: module(name) for name in (*followed, *decays)}
        for target, (source, _) in ema.items():
            states = [_state(name, self.modules[name]) for name in (target, source)]
            shapes = [{key: tuple(value.shape) for key, value in state.items()} for state in states]
            if shapes[0] != shapes[1]:
                key = next(key for key in [*shapes[0], *shapes[1]] if shapes[0].get(key) != shapes[1].get(key))
                shown = [f"{list(size)}" if (size := shape.get(key)) is not None else "nothing" for shape in shapes]
                raise CompileError(
                    f"box {target!r} is a moving average of box {source!r}, and their modules differ: at {key!r} "
                    f"{target!r} has {shown[0]}, {source!r} {shown[1]}; make one module as a copy.deepcopy of the other"
                )
        self.targets = frozenset(ema)
        # Masks of attention hold −∞; asking each step whether a tensor does would wait for the device.
        tensors = [tensor for target in ema for tensor in _state(target, self.modules[target]).values()]
        self._infinite = {id(tensor) for tensor in tensors if not tensor.is_meta and not tensor.isfinite().all()}
        self.ema = sorted(ema.items(), key=lambda item: -_depth(item[0], ema))

    @torch.no_grad()
    def step(self, count: int = 0) -> None:
        """Move every target once towards its source; `count` is the number of steps before this one, for schedules."""
        for target, (source, decay) in self.ema:
            moved: dict[int, tuple[Tensor, Tensor, Tensor]] = {}  # by identity: a tied tensor has two keys
            source_state = _state(source, self.modules[source])
            for key, value in _state(target, self.modules[target]).items():
                if value.dtype.is_floating_point or value.dtype.is_complex:
                    exact = self._exact(target, key, value)
                    followed = source_state[key]
                    followed = self._exact(source, key, followed) if source in self.targets else followed
                    moved[id(value)] = value, exact, followed.to(exact)
                else:
                    value.copy_(source_state[key])
            if moved:
                values, averages, sources = map(list, zip(*moved.values(), strict=True))
                get_ema_multi_avg_fn(self._number(target, decay, count))(averages, sources, 0)  # type: ignore[no-untyped-call]
                for value, average, source in zip(values, averages, sources, strict=True):
                    if id(value) in self._infinite:  # ∞ − ∞ is no number, and the average of equal entries is the entry
                        average.copy_(torch.where(source.isfinite(), average, source))
                    if average is not value:
                        value.copy_(average)

    def _number(self, target: str, decay: Decay, count: int) -> float:
        if isinstance(decay, float | Schedule):
            return decay if isinstance(decay, float) else decay(count)
        number = float(self.modules[decay.name]())
        if not 0 <= number <= 1:
            raise InvalidWeight(
                f"box {decay.name!r} gives the decay of box {target!r}, and returned {number!r}; let its module end in "
                "a function into [0, 1], as torch.sigmoid"
            )
        return number

    def _exact(self, box: str, key: str, value: Tensor) -> Tensor:
        """The average that a target is the rounded form of; the target itself, where its dtype is wide enough."""
        if (average := wide(value)) is value:
            return value
        kept = self.exact.get((box, key))
        if kept is not None and kept.shape == value.shape:
            kept = kept.to(value.device)
            average = torch.where(kept.to(value.dtype) == value, kept, average)
        self.exact[box, key] = average
        return average


def _state(name: str, module: Callable[..., Any]) -> dict[str, Tensor]:
    """Parameters and persistent buffers, themselves and not copies."""
    if not isinstance(module, nn.Module):
        raise CompileError(
            f"box {name!r} is part of a moving average, and its module is a function without parameters; give an "
            "nn.Module"
        )
    return module.state_dict(keep_vars=True)


def _depth(name: str, ema: MovingAverages) -> int:
    """The number of averages between a box and a trained box; the farthest box moves first."""
    return 1 + _depth(ema[name][0], ema) if name in ema else 0
