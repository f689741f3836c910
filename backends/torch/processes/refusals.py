"""What several processes cannot compute as one process does, so that it is refused."""

from __future__ import annotations

from torch import nn

from learning_diagrams.backends.torch.functor.module_support import is_sharded
from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.errors import CompileError

_BATCH_NORM = nn.modules.batchnorm._BatchNorm
_INSTANCE_NORM = nn.modules.instancenorm._InstanceNorm


def require_processes_can(objective: Objective) -> None:
    """Raise `CompileError` for a module that is trained and would mix the rows of one process only."""
    for name in sorted(objective.boxes.trained):
        for path, part in objective.boxes.of(name).named_modules():
            kind = f"{'an' if isinstance(part, _INSTANCE_NORM) else 'a'} {type(part).__name__}"
            where = f"{path!r} of the module of box {name!r}" if path else f"the module of box {name!r}"
            if isinstance(part, nn.SyncBatchNorm):
                if any(not parameter.is_cuda for parameter in part.parameters()):
                    raise CompileError(
                        f"{where} is a SyncBatchNorm, which PyTorch computes on GPUs only; take a GroupNorm or a "
                        "LayerNorm, or freeze the box"
                    )
            elif isinstance(part, _BATCH_NORM) or (isinstance(part, _INSTANCE_NORM) and part.track_running_stats):
                raise CompileError(
                    f"{where} is {kind}, whose statistics in several processes would be those of the "
                    "rows of one; convert the module before compile, by torch.nn.SyncBatchNorm.convert_sync_batchnorm, "
                    "which needs GPUs, or take a GroupNorm or a LayerNorm, or freeze the box"
                )


def sharded(objective: Objective) -> bool:
    """Whether the parameters that learn are sharded over the processes; `CompileError` where only some of them are."""
    kinds = {name: [is_sharded(p) for p in objective.boxes.of(name).parameters()] for name in objective.trained}
    whole = [name for name, parts in kinds.items() if not all(parts)]
    split = [name for name, parts in kinds.items() if any(parts)]
    if whole and split:
        raise CompileError(
            f"box {split[0]!r} is sharded by fully_shard, and box {whole[0]!r} is not, or not all of it; call "
            "fully_shard on the module of each box that learns"
        )
    return bool(split)
