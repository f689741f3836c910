"""Files that are written whole: at every moment the old one or the new one, never a part of either."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path

from learning_diagrams.errors import FileError


def write_whole(path: Path, content: bytes) -> None:
    """Write a file by way of a temporary one beside it, which then takes its name.

    A link is followed, and a file that exists keeps its mode. Only a process that is killed leaves a temporary file.

    Raises `FileError` where the file cannot be written, or is something else than a file; it is untouched then.
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
    """The permissions of a file; None if there is none yet."""
    try:
        found = os.stat(target).st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found):
        raise FileError(f"cannot write {str(target)!r}: it is {'a folder' if stat.S_ISDIR(found) else 'not a file'}")
    return stat.S_IMODE(found)
