"""The worst rows of each equation: those with the largest values of its term, and their columns as plain data.

>>> from learning_diagrams.backends.torch.functor.discrete import Finite
>>> described("x.label", torch.tensor(7), None, Finite(10)).text
'7'
>>> described("x.pixels", torch.zeros(1, 28, 28), None, Euclidean(1, 28, 28)).text
'28 × 28 pixels, from 0 to 0'
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from itertools import islice

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from learning_diagrams.backends.torch.data.device import to_device
from learning_diagrams.backends.torch.data.mask import Batch, as_fine_as, mask_of, values_of
from learning_diagrams.backends.torch.data.source import Source
from learning_diagrams.backends.torch.functor.space import Euclidean, Space
from learning_diagrams.backends.torch.measuring.measurement import open_pass, spaces_of
from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.errors import plural
from learning_diagrams.report.run_folder import Value, WorstRow, WorstRows

KEPT = 6  # rows of a term
LOOKED_AT = 4096  # rows, at most
SMALLEST, LARGEST = 8, 128  # pixels of a side of what is shown as a picture
LISTED = 12  # numbers of a value


def worst_rows(objective: Objective, data: Mapping[str, Source], batch_size: int, strict: bool) -> WorstRows:
    """The worst rows among the first rows of data, in eval mode and without gradients. The mode is left at eval.

    data : as for `fit`, of sources whose rows have numbers.
    """
    batches = open_pass(objective, data, objective.layout, batch_size, strict)
    rows: dict[str, list[WorstRow]] = {}
    device, seen = objective.constants["zero"].device, 0
    objective.eval()
    with torch.no_grad():
        for columns, fresh in islice(batches, max(1, LOOKED_AT // batch_size)):
            batch = to_device(columns, device)
            for name, worst in _in_batch(objective, batch, fresh, seen).items():
                rows[name] = sorted([*rows.get(name, []), *worst], key=_order)[:KEPT]
            seen += max(len(values_of(column)) for space in fresh for column in columns[space].values())
    return WorstRows(note=f"among the first {seen:,} rows of the training data", rows=rows)


def _order(row: WorstRow) -> tuple[bool, float]:
    return row.defect == row.defect, -row.defect  # what is not a number comes first


def _in_batch(objective: Objective, batch: Batch, fresh: Iterable[str], start: int) -> dict[str, list[WorstRow]]:
    """The worst rows of a batch whose first row has the number `start`."""
    defects, worst = objective.defects(batch, False), {}
    for term in objective.loss.terms:
        if term.keys and spaces_of(term.keys) <= set(fresh) and term.name in defects:
            largest = defects[term.name].topk(min(KEPT, len(defects[term.name])))
            worst[term.name] = [
                WorstRow(row=start + i, defect=defect, values=_columns(objective, batch, term.keys, i))
                for defect, i in zip(largest.values.tolist(), largest.indices.tolist(), strict=True)
            ]
    return worst


def _columns(objective: Objective, batch: Batch, keys: Iterable[tuple[str, str, int]], row: int) -> list[Value]:
    """What a row of a term reads; a shifted draw of a column is another row of the batch."""
    cells = []
    for space, name, shift in keys:
        column = batch[space][name]
        values, mask = values_of(column), mask_of(column)
        at = (row - shift) % len(values)
        present = None if mask is None else mask[at]
        title = f"{space}.{name}" + (f", {plural(shift, 'row')} before" if shift else "")
        cells.append(described(title, values[at], present, objective.layout.spaces[space][name]))
    return cells


def described(title: str, value: Tensor, present: Tensor | None, space: Space) -> Value:
    """A value of a space as text, and as a picture where its shape is h × w, 1 × h × w or 3 × h × w.

    present : Tensor of bool, 0-d or as fine as the positions of the value; None where all are present.
    """
    value, present = value.detach().cpu(), None if present is None else present.cpu()
    if present is not None and not present.any():
        return Value(column=title, text="absent")
    is_image = isinstance(space, Euclidean) and (value.dim() == 2 or value.shape[:-2] in ((1,), (3,)))
    if is_image and min(value.shape[-2:]) >= SMALLEST and value.is_floating_point() and value.isfinite().all():
        return _picture(title, value.float())
    there = torch.ones_like(value, dtype=torch.bool)
    if present is not None:
        there &= as_fine_as(value, present)
    if space.padding_label is not None:
        there &= value != space.padding_label
    pairs = zip(value.flatten()[:LISTED].tolist(), there.flatten().tolist(), strict=False)
    texts = [_number(number) if shown else "·" for number, shown in pairs]
    if value.numel() > LISTED:
        texts.append(f"… ({value.numel():,} numbers)")
    return Value(column=title, text=" ".join(texts) or "nothing")


def _number(number: float | complex) -> str:
    return f"{number:.4g}" if isinstance(number, float | complex) else str(int(number))


def _picture(title: str, value: Tensor) -> Value:
    """Pixels from the least value, black, to the greatest, white; values between 0 and 1 are shown as they are."""
    planes = value if value.dim() == 3 else value[None]
    low, high = planes.min().item(), planes.max().item()
    text = f"{planes.shape[1]} × {planes.shape[2]} pixels, from {low:.4g} to {high:.4g}"
    if max(planes.shape[1:]) > LARGEST:
        scale = LARGEST / max(planes.shape[1:])
        height, width = (max(1, round(scale * side)) for side in planes.shape[1:])
        planes = adaptive_avg_pool2d(planes, (height, width))
    black, white = (0.0, 1.0) if low >= 0 and high <= 1 else (low, high)
    grey = ((planes - black) / (white - black or 1) * 255).round().byte().permute(1, 2, 0).contiguous()
    height, width, channels = grey.shape
    pixels = b64encode(bytes(grey.flatten().tolist())).decode()
    return Value(column=title, text=text, pixels=pixels, size=(height, width, channels))
