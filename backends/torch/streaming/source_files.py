"""The files of a source: paths, or the files of a folder, in the order of their names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from learning_diagrams.errors import FileError, TypeMismatch, brief

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


def files_of(paths: Any, endings: tuple[str, ...]) -> list[Path]:
    """The files that paths name; a folder stands for its files with one of the endings.

    Raises
    ------
    TypeMismatch : something that is not a path.
    FileError : a path that is not there, a folder without such files, or no path.
    """
    given = [paths] if isinstance(paths, str | os.PathLike) else list(paths) if isinstance(paths, Iterable) else [None]
    if not all(isinstance(path, str | os.PathLike) for path in given):
        raise TypeMismatch(f"a source is a path of a file or a folder, or a list of paths; got {brief(paths)}")
    files: list[Path] = []
    for path in map(Path, given):
        try:
            inside = sorted(file for file in path.iterdir() if file.suffix in endings) if path.is_dir() else [path]
            absent = [file for file in inside if not file.is_file()]
        except OSError as error:  # a folder that may not be read; a name that is too long
            raise FileError(f"cannot read {brief(str(path))}: {error.strerror}") from None
        if not inside:
            raise FileError(f"the folder {str(path)!r} has no file that ends in {' or '.join(endings)}")
        if absent:
            raise FileError(f"there is no file {str(absent[0])!r}")
        files += inside
    if not files:
        raise FileError("the source has no file")
    return files


@contextmanager
def reading(file: Path, *kinds: type[Exception]) -> Iterator[None]:
    """Turn the errors of these kinds, and those of the system, into a `FileError` that names the file."""
    faults: tuple[type[Exception], ...] = (OSError, *kinds)
    try:
        yield
    except FileError:
        raise
    except faults as error:
        reason = (str(error).splitlines() or [""])[0].rstrip(":")
        raise FileError(f"{str(file)!r} cannot be read: {reason}") from error
