"""The failure of one process told to the others, which stop with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import count

from torch import distributed
from torch._C._distributed_c10d import Store

from learning_diagrams.errors import LearningDiagramError, ProcessError, printable

SECONDS = 2.0  # for which a process whose partner is gone waits for the reason
_numbers = count(1)


@contextmanager
def failure_shared() -> Iterator[None]:
    """Tell the others why this process fails; raise `ProcessError` with the reason if another one does.

    A process that ends closes its connections, and PyTorch raises an error in every process that waits for it.
    """
    store = distributed.distributed_c10d._get_default_store()
    key, rank = f"learning_diagrams/failure/{next(_numbers)}", distributed.get_rank()
    try:
        yield
    except (LearningDiagramError, KeyboardInterrupt, SystemExit, MemoryError) as error:
        _tell(store, key, rank, error)
        raise
    except Exception as error:
        reason = _reason(store, key) if _is_of_collective(error) else None
        if reason is None and not _is_of_collective(error):
            _tell(store, key, rank, error)
            raise
        raise ProcessError(
            f"process {rank} stops, because {reason}"
            if reason
            else f"process {rank} stops, because another process was killed or does not answer: "
            f"{printable(str(error)).splitlines()[0][:200]}"
        ) from error


def _tell(store: Store, key: str, rank: int, error: BaseException) -> None:
    with suppress(Exception):  # the store may have gone with the process that holds it
        store.compare_set(key, "", f"process {rank} failed: {type(error).__name__}: {error}"[:2000])


def _reason(store: Store, key: str) -> str | None:
    with suppress(Exception):
        store.wait([key], timedelta(seconds=SECONDS))
        return str(store.get(key).decode())
    return None


def _is_of_collective(error: Exception) -> bool:
    """Whether PyTorch failed to reach another process."""
    if isinstance(error, distributed.DistError):
        return True
    words = ("gloo", "Connection closed", "Connection reset", "Broken pipe", "NCCL", "Timed out waiting", "Socket")
    return isinstance(error, RuntimeError) and any(word in str(error) for word in words)
