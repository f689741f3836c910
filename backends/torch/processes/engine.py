"""The engine of several processes: accelerate, which starts their group, and wraps what they train.

Boxes that `fully_shard` has sharded form their gradients by themselves. For all others it is `DistributedDataParallel`.
"""

from __future__ import annotations

import os
from typing import Any

import torch
from torch import distributed, nn
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.nn.parallel import DistributedDataParallel

from learning_diagrams.backends.torch.data.device import device_of
from learning_diagrams.backends.torch.functor.module_support import is_sharded
from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.backends.torch.processes.joined_objective import JoinedObjective
from learning_diagrams.backends.torch.processes.world import processes
from learning_diagrams.errors import ProcessError, brief

Wrapped = JoinedObjective | DistributedDataParallel


class Engine:
    """What accelerate does here.

    Parameters
    ----------
    device : str or torch.device, as of `fit`.
    precision : as of `fit`, which the launcher may not contradict.

    Attributes
    ----------
    device : torch.device, that of this process.

    Raises
    ------
    DataError : a device that is not there.
    ProcessError : accelerate is not installed, or the launcher asks for something that `fit` does not do.
    """

    def __init__(self, device: str | torch.device, precision: str | None) -> None:
        count = processes()
        try:
            from accelerate import Accelerator
            from accelerate.utils import DistributedDataParallelKwargs
        except ImportError:
            raise ProcessError(
                f"fit runs in {count} processes, whose engine is accelerate, which is not installed; pip install "
                "'learning-diagrams[accelerate]', or start the script in one process"
            ) from None
        options = DistributedDataParallelKwargs(find_unused_parameters=True)
        kind = "cuda" if device == "auto" else str(device).partition(":")[0]
        if kind != "cuda" or not torch.cuda.is_available():  # a look at a GPU would take memory of the first one
            kind = device_of(device).type
        self._accelerator: Any = Accelerator(cpu=kind == "cpu", kwargs_handlers=[options])
        self.device: torch.device = self._accelerator.device
        kind = self._accelerator.distributed_type.value
        if self._accelerator.num_processes != count or not distributed.is_initialized():
            raise ProcessError(
                f"PyTorch's group has {count} processes, and accelerate sees {self._accelerator.num_processes}; start "
                "the script by torchrun or accelerate launch"
            )
        self.shards = kind == "FSDP"
        if os.environ.get("ACCELERATE_USE_FSDP") == "true" and not self.shards:
            raise ProcessError(
                f"the launcher asks for FSDP, and on {self.device.type} accelerate takes DistributedDataParallel "
                "without a word; start the script by torchrun and call torch's fully_shard on each box"
            )
        if kind not in ("MULTI_CPU", "MULTI_GPU", "FSDP"):
            raise ProcessError(f"accelerate is set to {kind}, and fit trains by DistributedDataParallel or fully_shard")
        if self.shards and self._accelerator.state.fsdp_plugin.fsdp_version != 2:
            raise ProcessError("accelerate is set to FSDP of version 1, and fit shards by version 2: --fsdp_version 2")
        asked = self._accelerator.mixed_precision
        if asked not in ("no", precision):
            raise ProcessError(f"the launcher asks for mixed precision {asked!r}; give fit precision={brief(asked)}")

    def shard(self, objective: Objective) -> None:
        """Shard each box, then the root, where the launcher asks for it; in a game each box is a root of its own."""
        for name in objective.boxes.names:
            module = objective.boxes.of(name)
            if any(not is_sharded(parameter) for parameter in module.parameters()):
                fully_shard(module)
        if not objective.players and not isinstance(objective, FSDPModule):
            fully_shard(objective)

    def wrap(self, joined: JoinedObjective) -> Wrapped:
        """The objective of everybody, or of a player, behind what averages the gradients of its parameters."""
        learning = {id(parameter) for parameter in joined.objective.trainable_parameters()}
        joined.unused = nn.Parameter(torch.zeros(1, device=self.device))  # where every one is used, PyTorch complains
        learning.add(id(joined.unused))
        others = [name for name, parameter in joined.named_parameters() if id(parameter) not in learning]
        ignored = [*others, *(name for name, _ in joined.named_buffers())]
        DistributedDataParallel._set_params_and_buffers_to_ignore_for_model(joined, ignored)  # type: ignore[no-untyped-call]
        wrapped: Wrapped = self._accelerator.prepare_model(joined)
        return wrapped
