"""The check that all processes have read the same batch, of which each takes its rows."""

from __future__ import annotations

from collections.abc import Container, Iterator

from learning_diagrams.backends.torch.data.batch import BatchLayout
from learning_diagrams.backends.torch.data.mask import Batch, mask_of, values_of
from learning_diagrams.backends.torch.objective.parameter_file import checksum
from learning_diagrams.backends.torch.processes.world import of_all
from learning_diagrams.errors import DataError


def compared(batches: Iterator[Batch], layout: BatchLayout, own: Container[str], every: int) -> Iterator[Batch]:
    """The same batches; one in `every` is compared with those of the other processes.

    Raises
    ------
    DataError : the processes have read different rows of a sample space.
    """
    for number, batch in enumerate(batches):
        if number % every == 0:
            for name in sorted(layout.read):
                if name not in own and len(set(of_all(_print(batch, name)))) > 1:
                    raise DataError(
                        f"the processes have read different batches of sample space {name!r}, and fit gives each the "
                        "rows of one batch; let the order follow from PyTorch's generator, or give a DataLoader with a "
                        "torch.utils.data.DistributedSampler"
                    )
        yield batch


def _print(batch: Batch, space: str) -> str:
    tensors = {name: values_of(column).cpu() for name, column in batch[space].items()}
    masks = {name: mask_of(column) for name, column in batch[space].items()}
    return checksum(tensors | {f"{name}, mask": mask.cpu() for name, mask in masks.items() if mask is not None})
