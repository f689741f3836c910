"""Sources of data by name: npz, csv, parquet, images, and the sets that stand in the folder `data` of the repository.

A source is a table, a dict from name to array [rows, …], or (array, mask) where rows are absent; or rows that are read
while they are trained on.
"""

from __future__ import annotations

import csv as text_table
import io
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from learning_diagrams.backends.torch.data.foreign_column import Array
from learning_diagrams.backends.torch.plans.names.registry import DATA, Count
from learning_diagrams.backends.torch.streaming.arrow_rows import ParquetRows
from learning_diagrams.backends.torch.streaming.row_part import RowPart
from learning_diagrams.errors import FileError, TypeMismatch

Table = dict[str, Any]
DATA_FOLDER = Path(__file__).resolve().parents[4] / "data"
SETS = ("emoji32.npz", "emoji_wordllama256.npy", "glyphs.npz", "mnist5k.npz", "sunspots.csv")
PICTURES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")


@dataclass(frozen=True)
class Streamed:
    """Rows that are read while they are trained on.

    parts : function from names of columns to the list of RowPart with these columns.
    names : tuple of str, all columns.
    shuffle : int, rows in a window that is shuffled.
    table : function from names of columns to the table of all rows, from which a split takes a part; None where the
        rows do not fit into memory.
    """

    parts: Callable[[Sequence[str]], Sequence[RowPart]]
    names: tuple[str, ...]
    shuffle: int
    table: Callable[[Sequence[str]], Table] | None = None


def npz(folder: Path, path: str) -> Table:
    """The arrays of a file .npz, or under the name `values` that of a file .npy."""
    place = folder / path
    try:
        with _opened(place) as opened:
            content = np.load(opened, allow_pickle=False)
            return {"values": content} if isinstance(content, np.ndarray) else {n: content[n] for n in content.files}
    except FileError:
        raise
    except (OSError, ValueError, EOFError, KeyError, MemoryError, zipfile.BadZipFile, zlib.error, TypeError) as error:
        raise FileError(f"{str(place)!r} cannot be read as arrays of NumPy: {error}") from None


def csv(folder: Path, path: str) -> Table:
    """The columns of a file whose first line names them; a row with an empty field is absent there."""
    place = folder / path
    with _opened(place) as file:
        try:
            heads, *lines = list(text_table.reader(io.StringIO(file.read().decode("utf-8-sig"), newline="")))
        except (ValueError, text_table.Error) as error:  # no line; other bytes than UTF-8
            raise FileError(f"{str(place)!r} cannot be read as CSV: {error}") from None
    for number, line in enumerate(lines, start=2):
        if len(line) != len(heads):
            raise FileError(f"{place}:{number}: the line has {len(line)} fields, and the first line {len(heads)}")
    if len({*heads}) < len(heads):
        raise FileError(f"{place}:1: two columns have one name: {', '.join(heads)}")
    return {name: _numbers([line[i] for line in lines]) for i, name in enumerate(heads)}


def parquet(folder: Path, path: str, shuffle: Annotated[int, Field(ge=0)] = 0) -> Streamed:
    """The rows of a Parquet file, or of the files in a folder, which may be larger than memory unless a split is taken.

    shuffle : int, rows in a window that is shuffled in each epoch; 0 keeps the order of the files.
    """
    place = folder / path
    names = tuple(ParquetRows(place).parts[0].names)  # type: ignore[attr-defined]

    def parts(columns: Sequence[str]) -> Sequence[RowPart]:
        return ParquetRows(place, [*columns]).parts

    return Streamed(parts, names, shuffle, lambda columns: _table(parts(columns)))


def images(folder: Path, path: str, size: list[Count] | None = None, channels: Count = 3) -> Table:
    """Pictures in a folder for each class: `image`, uint8 [rows, channels, height, width], and `label`, int64 [rows].

    size : list of int, height and width to which pictures are scaled; None asks that all have one size.
    channels : int, 1 for grey, 3 for colours.
    """
    if channels not in (1, 3) or (size is not None and len(size) != 2):
        raise TypeMismatch("images have channels: 1 or 3, and size: [height, width]")
    try:
        from PIL import Image
    except ImportError:
        raise FileError("folders of images need the package Pillow: pip install pillow") from None
    place = folder / path
    classes = sorted(each.name for each in place.iterdir() if each.is_dir()) if place.is_dir() else []
    files = [(file, label) for label, name in enumerate(classes) for file in sorted((place / name).iterdir())]
    files = [(file, label) for file, label in files if file.suffix.lower() in PICTURES]
    if not files:
        raise FileError(f"{str(place)!r} is no folder with a folder of pictures for each class")
    arrays = []
    for file, _ in files:
        try:
            with Image.open(file) as opened:
                picture = opened.convert("L" if channels == 1 else "RGB")
                if size is not None:
                    picture = picture.resize((size[1], size[0]))
                arrays.append(np.asarray(picture).reshape(picture.height, picture.width, channels).transpose(2, 0, 1))
        except Exception as error:  # Pillow's own errors, and those of its decoders
            raise FileError(f"the picture {str(file)!r} cannot be read: {error}") from None
        if arrays[-1].shape != arrays[0].shape:
            raise FileError(
                f"the picture {str(file)!r} has another size than the first one; scale all by size: [height, width]"
            )
    return {"image": np.stack(arrays), "label": np.array([label for _, label in files])}


def standing(file: str, folder: Path) -> Table:
    """A set that stands in the folder `data` of the repository."""
    if not (DATA_FOLDER / file).exists():
        raise FileError(
            f"the set {Path(file).stem!r} stands in the repository of this library, in data/{file}, and not in the "
            f"installed package; get the file, and write {{name: npz, path: {file}}}"
        )
    return (csv if file.endswith(".csv") else npz)(DATA_FOLDER, file)


def _table(parts: Sequence[RowPart]) -> Table:
    """All rows of some parts."""
    pieces = [piece for part in parts for piece in part.pieces(0)]
    table: Table = {}
    for name in pieces[0] if pieces else ():
        values, masks = zip(*(piece[name] for piece in pieces), strict=True)
        whole = np.concatenate(values)
        if any(mask is not None for mask in masks):
            present = [np.ones(len(v), bool) if m is None else m for v, m in zip(values, masks, strict=True)]
            table[name] = whole, np.concatenate(present)
        else:
            table[name] = whole
    return table


def _opened(place: Path) -> Any:
    try:
        if place.is_file() or place.is_dir() or not place.exists():
            return place.open("rb")
    except (OSError, ValueError) as error:  # a null character in a name is a ValueError
        raise FileError(f"cannot read {str(place)!r}: {getattr(error, 'strerror', None) or error}") from None
    raise FileError(f"cannot read {str(place)!r}: it is not a file")  # a pipe would wait, and a device has no end


def _numbers(fields: list[str]) -> Array | tuple[Array, Array]:
    """Fields as whole numbers, as floats, or as texts; with a mask where one is empty."""
    present = np.array([bool(text.strip()) for text in fields], bool)
    filled = [text if there else "0" for text, there in zip(fields, present, strict=True)]
    for kind in (np.int64, np.float32):
        try:
            values = np.array([kind(text) for text in filled])
            return values if present.all() else (values, present)
        except (ValueError, OverflowError):
            continue
    return np.array(fields)


for maker in (npz, csv, parquet, images):
    DATA.register(maker.__name__, maker)
for each in SETS:
    DATA.register(Path(each).stem, partial(standing, each))
