"""Several optimizers that step as one optimizer.

>>> import torch
>>> a, b = (torch.nn.Parameter(torch.ones(1)) for _ in range(2))
>>> joined = JoinedOptimizer({None: torch.optim.SGD([a], lr=0.5), "f": torch.optim.SGD([b], lr=0.25)})
>>> a.grad = b.grad = torch.ones(1)
>>> joined.step()
>>> a.item(), b.item(), [group["lr"] for group in joined.param_groups]
(0.5, 0.75, [0.5, 0.25])
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from torch.optim import Optimizer


class JoinedOptimizer(Optimizer):
    """The groups and the state of some optimizers, shared with them, so that what edits one edits the other.

    Parameters
    ----------
    parts : dict from the name of a box, or None for all other boxes, to its optimizer.
    schedulers : dict from the name of a box to the scheduler that its options name.
    """

    def __init__(self, parts: Mapping[str | None, Optimizer], schedulers: Mapping[str, Any] = MappingProxyType({})):
        self.parts, self.schedulers = dict(parts), dict(schedulers)
        super().__init__([group for part in self.parts.values() for group in part.param_groups], {})
        for part in self.parts.values():
            self.state.update(part.state)
        self._share()

    def _share(self) -> None:
        groups = iter(self.param_groups)
        for part in self.parts.values():
            part.param_groups = [next(groups) for _ in part.param_groups]
            part.state = self.state

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for part in self.parts.values():
            part.step()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().load_state_dict(state_dict)
        self._share()

    def __getstate__(self) -> dict[str, Any]:
        return super().__getstate__() | {"parts": self.parts, "schedulers": self.schedulers}


def parts_of(optimizer: Optimizer) -> dict[str | None, Optimizer]:
    """The optimizers that step when an optimizer steps, by box; under None the optimizer of all other boxes."""
    return optimizer.parts if isinstance(optimizer, JoinedOptimizer) else {None: optimizer}
