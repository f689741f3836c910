"""Files that are written whole: at every moment the path holds the old file or the new file, never a part of either."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path

from learning_diagrams.errors import FileError


def write_whole(path: Path, content: bytes) -> None:
    """Write a temporary file beside the path, and then give the path to it.

    A link is followed, and an existing file keeps its mode. Only a killed process leaves a temporary file behind.

    Raises `FileError` if the file cannot be written, or if the path is not a file. The old file is untouched then.
    """
    temporary = None
    try:
        target = Path(os.path.realpath(path))
        mode = _mode(target)
        temporary = target.with_name(f".{target.name[:40]}.{secrets.token_hex(8)}.tmp")
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            if mode is not None:
                os.chmod(temporary, mode)
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except FileError:
        raise
    except (OSError, ValueError) as error:  # a null character in a name is a ValueError
        reason = getattr(error, "strerror", None) or str(error)
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
        raise FileError(f"cannot write {str(target)!r}: it is {'a folder' if stat.S_ISDIR(mode) else 'not a file'}")
    return stat.S_IMODE(mode)
