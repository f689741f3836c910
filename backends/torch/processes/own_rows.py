"""Loaders of which each process reads its own rows: those with a `DistributedSampler`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from torch.utils.data import DataLoader
from torch.utils.data.distributed import DistributedSampler

from learning_diagrams.backends.torch.data.rows import Rows
from learning_diagrams.backends.torch.data.source import Source
from learning_diagrams.errors import DataError, plural


class OwnRows:
    """The sample spaces whose loaders give each process rows of its own, each pass in another order.

    Raises `DataError` for a sampler that would repeat rows, because they would count twice.
    """

    def __init__(self, data: Mapping[str, Source]) -> None:
        self._loaders: dict[str, tuple[DistributedSampler[Any], int, int]] = {}
        for name, source in data.items():
            loader = source.source if isinstance(source, Rows) else source
            if not isinstance(loader, DataLoader):
                continue
            sampler = getattr(loader.batch_sampler, "sampler", loader.sampler)
            if not isinstance(sampler, DistributedSampler):
                continue
            repeated = sampler.total_size - len(sampler.dataset)  # type: ignore[arg-type]
            if repeated > 0:
                raise DataError(
                    f"the DistributedSampler of sample space {name!r} repeats {plural(repeated, 'row')}, so that all "
                    "processes have equally many; give it drop_last=True, or a loader without it, of which fit takes "
                    "the rows of each process"
                )
            self._loaders[name] = sampler, sampler.epoch, len(loader)

    @property
    def spaces(self) -> frozenset[str]:
        return frozenset(self._loaders)

    def counted(self, batches: Iterator[Any]) -> Iterator[Any]:
        """The same batches; each pass over a loader is an epoch of its sampler."""
        for number, batch in enumerate(batches, 1):
            for sampler, first, length in self._loaders.values():
                if number % length == 0:
                    sampler.set_epoch(first + number // length)
            yield batch
