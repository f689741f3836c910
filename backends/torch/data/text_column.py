"""What a column holds where numbers are needed.

>>> import numpy as np
>>> described(np.array([0, "a", "b"], dtype=object))
"holds texts, the first 'a' in row 1"
>>> described(np.array(["1", "", "x"]))
"holds the text 'x' in row 2, among numbers"
>>> described(np.array(["1", "2"]))
"holds numbers that are written as texts, the first '1' in row 0"
"""

from __future__ import annotations

from learning_diagrams.backends.torch.data.foreign_column import Array
from learning_diagrams.errors import brief, kind


def described(array: Array) -> str:
    """The first value that is not a number, and its row, counted from 0; empty texts and fillers are passed over.

    Parameters
    ----------
    array : array [rows, …] whose dtype is not one of numbers.
    """
    cells = array.reshape(-1)
    each = max(1, cells.size // len(array)) if array.ndim and len(array) else 1
    texts = [(i // each, str(cell)) for i, cell in enumerate(cells) if isinstance(cell, str) and cell.strip()]
    if not texts:
        others = (cell for cell in cells.tolist() if not isinstance(cell, int | float | complex))
        return f"holds {kind(next(others, array))}"
    words = [(row, text) for row, text in texts if not _is_number(text)]
    if not words:
        return f"holds numbers that are written as texts, the first {brief(texts[0][1])} in row {texts[0][0]}"
    row, word = words[0]
    if len(words) < len(texts):
        return f"holds the text {brief(word)} in row {row}, among numbers"
    return f"holds texts, the first {brief(word)} in row {row}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
