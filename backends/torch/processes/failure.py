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

    A process that ends closes its connections, and PyTorch raises an error in every process that waits for it. A
    process that hangs lets the others wait for the timeout of PyTorch's group. Those that wait say so, and the error
    names the others.
    """
    store = distributed.distributed_c10d._get_default_store()
    key, rank = f"learning_diagrams/failure/{next(_numbers)}", distributed.get_rank()
    try:
        yield
    except (LearningDiagramError, KeyboardInterrupt, SystemExit, MemoryError) as error:
        _tell(store, key, rank, error)
        raise
    except Exception as error:
        if not _is_of_collective(error):
            _tell(store, key, rank, error)
            raise
        reason = _reason(store, key, rank)
        if reason is None:
            lost = _silent(store, key) or "another process"
            reason = f"{lost} was killed or does not answer: {printable(str(error)).splitlines()[0][:200]}"
        raise ProcessError(f"process {rank} stops, because {reason}") from error


def _tell(store: Store, key: str, rank: int, error: BaseException) -> None:
    with suppress(Exception):  # the store may have gone with the process that holds it
        store.compare_set(key, "", f"process {rank} failed: {type(error).__name__}: {error}"[:2000])


def _reason(store: Store, key: str, rank: int) -> str | None:
    """Why another process failed, if it says so in time; this one says that it waits."""
    with suppress(Exception):
        store.set(f"{key}/{rank}", "waits")
        store.wait([key], timedelta(seconds=SECONDS))
        return str(store.get(key).decode())
    return None


def _silent(store: Store, key: str) -> str:
    """The processes that neither fail nor wait; none, where the store has gone with one of them."""
    with suppress(Exception):
        ranks = range(distributed.get_world_size())
        silent = [str(rank) for rank in ranks if not store.check([f"{key}/{rank}"])]
        return f"process {' and '.join(silent)}" if silent else ""
    return ""


def _is_of_collective(error: Exception) -> bool:
    """Whether PyTorch failed to reach another process."""
    if isinstance(error, distributed.DistError):
        return True
    words = ("gloo", "Connection closed", "Connection reset", "Broken pipe", "NCCL", "Timed out waiting", "Socket")
    return isinstance(error, RuntimeError) and any(word in str(error) for word in words)
