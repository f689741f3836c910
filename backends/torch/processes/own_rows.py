"""Sources of which each process reads its own rows: loaders with a `DistributedSampler`, and streams with a share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from torch import distributed
from torch.utils.data import DataLoader
from torch.utils.data.distributed import DistributedSampler

from learning_diagrams.backends.torch.data.rows import Rows
from learning_diagrams.backends.torch.data.source import Source
from learning_diagrams.backends.torch.processes.world import of_all
from learning_diagrams.backends.torch.streaming.streamed_rows import StreamedRows
from learning_diagrams.errors import DataError, plural


class OwnRows:
    """The sample spaces whose sources give each process rows of its own, each pass in another order.

    Raises `DataError` for a sampler that would repeat rows, because they would count twice; for a share of another
    process; and for a source that has more batches in one process than in another.
    """

    def __init__(self, data: Mapping[str, Source]) -> None:
        self._samplers: list[tuple[DistributedSampler[Any], int, int]] = []
        lengths = {}
        for name, source in data.items():
            source = source.source if isinstance(source, Rows) else source
            if isinstance(source, StreamedRows) and source.share[1] > 1:
                self._require_own(name, "share", source.share)
                lengths[name] = len(source)
            elif isinstance(source, DataLoader):
                sampler = getattr(source.batch_sampler, "sampler", source.sampler)
                if isinstance(sampler, DistributedSampler):
                    self._require_once(name, sampler)
                    self._require_own(name, "DistributedSampler", (sampler.rank, sampler.num_replicas))
                    lengths[name] = len(source)
                    self._samplers.append((sampler, sampler.epoch, len(source)))
        self.spaces = frozenset(lengths)
        for number, others in enumerate(of_all(lengths)):
            if others != lengths:
                raise DataError(f"a pass has the batches {lengths} in this process, and {others} in process {number}")

    def _require_own(self, name: str, what: str, share: tuple[int, int]) -> None:
        own = distributed.get_rank(), distributed.get_world_size()
        if share != own:
            raise DataError(f"the {what} of sample space {name!r} is {share}, and this is process {own[0]} of {own[1]}")

    def _require_once(self, name: str, sampler: DistributedSampler[Any]) -> None:
        repeated = sampler.total_size - len(sampler.dataset)  # type: ignore[arg-type]
        if repeated > 0:
            raise DataError(
                f"the DistributedSampler of sample space {name!r} repeats {plural(repeated, 'row')}, so that all "
                "processes have equally many; give it drop_last=True, or a loader without it, of which fit takes "
                "the rows of each process"
            )

    def counted(self, batches: Iterator[Any]) -> Iterator[Any]:
        """The same batches; each pass over a loader is an epoch of its sampler."""
        for number, batch in enumerate(batches, 1):
            for sampler, first, length in self._samplers:
                if number % length == 0:
                    sampler.set_epoch(first + number // length)
            yield batch
