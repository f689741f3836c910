"""Run notebooks in place, or those named on the command line; `make notebooks` runs all of them, two at a time."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from course.cells import stripped
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parent


def executed(path: Path) -> nbformat.NotebookNode:
    """The notebook of a file, run in its folder and stripped; the file stays as it is."""
    notebook = nbformat.read(path, as_version=4)
    longest = 1200 if os.environ.get("RECOMPUTE") == "1" else 120  # seconds of a cell
    NotebookClient(
        notebook, timeout=longest, kernel_name="python3", resources={"metadata": {"path": str(HERE)}}
    ).execute()
    return nbformat.from_dict(stripped(notebook))


def run(path: Path) -> None:
    nbformat.write(executed(path), path)
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} KB", flush=True)


if __name__ == "__main__":
    chosen = [Path(name).resolve() for name in sys.argv[1:]] or sorted(HERE.glob("[01][0-9]_*.ipynb"))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, chosen))
