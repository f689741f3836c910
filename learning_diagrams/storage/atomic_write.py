"""Files that are written whole: at every moment the path holds the old file or the new file, never a part of either."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat
from pathlib import Path
from typing import BinaryIO

from learning_diagrams.errors import FileError

try:
    import fcntl
except ImportError:  # not on Windows, where temporary files of killed processes stay
    fcntl = None  # type: ignore[assignment]


def write_whole(path: str | Path, content: bytes) -> None:
    """Write a temporary file beside the path, and then give the path to it.

    A link is followed, and an existing file keeps its mode. Only a killed process leaves a temporary file behind; the
    next save to the path removes it. The process that writes a temporary file holds a lock on it.

    Raises `FileError` if the file cannot be written, or if the path is not a file. The old file is untouched then.
    """
    temporary = None
    try:
        target = Path(os.path.realpath(path))
        mode = _mode(target)
        temporary, file = _open_temporary(target)
        with file:
            file.write(content)
            file.flush()
            if mode is not None:
                os.chmod(temporary, mode)
            os.fsync(file.fileno())
            if fcntl is not None:  # the lock is held until the file has its name
                os.replace(temporary, target)
        if fcntl is None:
            os.replace(temporary, target)
        _remove_left(target)
    except (OSError, ValueError, TypeError) as error:  # of a null character in a name, of what is no path
        reason = getattr(error, "strerror", None) or str(error)
        if isinstance(error, FileNotFoundError):
            reason = f"there is no folder {str(Path(path).parent)!r}; make it, or give another path"
        raise FileError(f"cannot write {str(path)!r}: {reason}") from None
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # not every system opens a folder
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _mode(target: Path) -> int | None:
    """The permissions of a file; None if the file does not exist yet."""
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(mode):
        raise OSError(f"it is {'a folder' if stat.S_ISDIR(mode) else 'not a file'}")
    return stat.S_IMODE(mode)


def _open_temporary(target: Path) -> tuple[Path, BinaryIO]:
    """A new file beside a path, locked where the system can."""
    while True:
        temporary = target.with_name(f".{target.name[:40]}.{secrets.token_hex(8)}.tmp")
        file = open(temporary, "xb")  # noqa: SIM115 - the caller closes it
        with contextlib.suppress(OSError):  # a file system without locks
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file.fileno()).st_nlink:
            return temporary, file
        file.close()  # another save took it for a left file, before it was locked


def _remove_left(target: Path) -> None:
    """Remove the temporary files that killed processes left for a path."""
    pattern = re.compile(rf"\.{re.escape(target.name[:40])}\.[0-9a-f]{{16}}\.tmp")
    if fcntl is None:
        return
    with contextlib.suppress(OSError):
        for path in [path for path in target.parent.iterdir() if pattern.fullmatch(path.name)]:
            if stat.S_ISREG(path.lstat().st_mode):
                with contextlib.suppress(OSError), open(path, "rb") as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    path.unlink()
