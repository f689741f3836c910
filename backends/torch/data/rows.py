"""Names for data whose rows, or ready batches, are tuples.

>>> import torch
>>> from torch.utils.data import TensorDataset
>>> rows = Rows(TensorDataset(torch.zeros(3, 2), torch.tensor([1, 2, 3])), columns=("pixels", "label"))
>>> rows.name(rows.source[1])
{'pixels': tensor([0., 0.]), 'label': tensor(2)}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from learning_diagrams.errors import DataError, brief, kind, plural
from learning_diagrams.errors.short_text import short_repr


@dataclass(frozen=True)
class Rows:
    """A source of tuples, and the names of their parts; the data of a sample space for `fit` and `batches`.

    Parameters
    ----------
    source : Dataset, DataLoader, list or another iterable of tuples, as TensorDataset and the data sets of torchvision
        are; or of bare values, if one column is named.
    columns : tuple of str, the name of each part; None leaves a part out.

    Raises
    ------
    DataError : names that are no texts, or that are equal; later, a tuple of another length.
    """

    source: Any
    columns: Sequence[str | None]

    __repr__ = short_repr

    def __post_init__(self) -> None:
        listed = isinstance(self.columns, Sequence) and not isinstance(self.columns, str)
        names = [name for name in self.columns if name is not None] if listed else []
        if not names or not all(isinstance(name, str) for name in names) or len({*names}) < len(names):
            raise DataError(
                f"columns= of Rows takes different names, as ('pixels', 'label'); got {brief(self.columns)}"
            )

    def name(self, item: Any) -> Mapping[str, Any]:
        """The parts of a tuple by their names."""
        if not isinstance(item, tuple | list) and len(self.columns) == 1:
            item = (item,)
        if not isinstance(item, tuple | list) or len(item) != len(self.columns):
            shape = f" of {len(item)}" if isinstance(item, tuple | list) else ""
            raise DataError(
                f"Rows names {plural(len(self.columns), 'column')} {tuple(self.columns)}, and an item of its source is "
                f"{kind(item)}{shape}"
            )
        return {name: part for name, part in zip(self.columns, item, strict=True) if name is not None}
