"""The error of a DataLoader whose worker has gone, which PyTorch raises wherever the program stands.

>>> lost_worker(RuntimeError("DataLoader worker (pid 7) is killed by signal: Killed. "))
DataError('a worker of a DataLoader was killed, as where memory is short: DataLoader worker (pid 7) is killed by ...')
>>> lost_worker(RuntimeError("out of memory"))
"""

from __future__ import annotations

from learning_diagrams.errors import DataError, printable
from learning_diagrams.errors.door import by_door

WORDS = ("is killed by signal", "exited unexpectedly")  # those of PyTorch


def lost_worker(error: RuntimeError) -> DataError | None:
    """The error of a worker that was killed; None for another error."""
    text = printable(str(error))
    if "DataLoader worker" not in text or not any(words in text for words in WORDS):
        return None
    return DataError(
        f"a worker of a DataLoader was killed, as where memory is short: {text.strip().rstrip('.')}; give the loader "
        "fewer workers; a run that is kept goes on from its last checkpoint with "
        + by_door("resume=True", plan="--resume")
    )
