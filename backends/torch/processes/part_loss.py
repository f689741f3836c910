"""The loss of several processes in a step: each computes its part, and the gradients are averaged."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, distributed
from torch.distributed.fsdp import FSDPModule
from torch.nn.parallel import DistributedDataParallel

from learning_diagrams.backends.torch.processes.world import total
from learning_diagrams.backends.torch.step.joined_loss import Call, JoinedLoss


@dataclass(frozen=True)
class PartLoss(JoinedLoss):
    """A `JoinedLoss` whose `call` takes the batch of all processes, and computes the part of this one."""

    @property
    def plain(self) -> Call:
        return self.call

    def before(self, last: bool) -> None:
        """Average gradients with those of the last batch only."""
        if isinstance(self.call, DistributedDataParallel):
            self.call.require_backward_grad_sync = last  # what its no_sync sets
        for module in self.objective.boxes.modules():
            if isinstance(module, FSDPModule):
                module.set_requires_gradient_sync(last, recurse=False)

    def met(self, jacobian: dict[str, list[Tensor | None]]) -> dict[str, list[Tensor | None]]:
        count = distributed.get_world_size()
        return {name: [None if part is None else total(part) / count for part in row] for name, row in jacobian.items()}
