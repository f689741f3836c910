"""A file that one process holds for as long as it lives, so that no other process does the same work beside it."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from learning_diagrams.errors import FileError

try:
    import fcntl
except ImportError:  # not on Windows, where nothing is held
    fcntl = None  # type: ignore[assignment]


def hold(path: Path) -> BinaryIO | None:
    """Hold a file until it is closed, or until this process ends; a child that is forked does not hold it.

    Raises `FileError` if another process holds the file. Where the system has no such locks, nothing is held.
    """
    if fcntl is None:
        return None
    try:
        file = open(path, "ab")  # noqa: SIM115 - the caller closes it
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        raise FileError(
            f"another process holds {str(path)!r}, and writes to this folder; wait for its end, or name another folder"
        ) from None
    except OSError:  # a file system without locks, or without space
        return None
    return file
