"""The catalogue of errors as it is written: for each class a text of Markdown with the programs that raise it.

A heading of an entry is the place of a `raise`, as `error_sites` names it. A block of `py` is a program that ends
there, and a block of `text` is what the error says. Every place has one entry.
"""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

from torch import distributed

from website.errors.error_sites import sites_of

FOLDER = Path(__file__).resolve().parent
PRELUDE = "import learning_diagrams as ld\nimport torch\nfrom torch import nn\n"
_ENTRY = re.compile(r"^## (?P<place>\S+)\n\n```py\n(?P<program>.*?)```\n\n```text\n(?P<shown>.*?)```$", re.M | re.S)
_LINES = 12  # of a message


@dataclass(frozen=True)
class Entry:
    """A program, the place of the `raise` where it ends, and the error that it shows."""

    place: str
    program: str
    shown: str


def read(name: str) -> tuple[str, list[Entry]]:
    """What is said of a class of errors, and its entries."""
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    return text.partition("\n## ")[0].strip(), [Entry(**match.groupdict()) for match in _ENTRY.finditer(text)]


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.md"))


def run(program: str) -> tuple[str, set[str]]:
    """What the error of a program says, and the places that it comes from.

    >>> shown, places = run('ld.Ty("x") >> 3')
    >>> print(shown, end="")
    TypeError: unsupported operand type(s) for >>: 'Ty' and 'int'
    """
    namespace: dict[str, object] = {"__name__": "page"}
    quiet = io.StringIO()
    with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(compile(PRELUDE + program, "program.py", "exec", dont_inherit=True), namespace)
        except Exception as error:
            return shown(error), sites_of(error)
        finally:
            if distributed.is_initialized():  # by this program, and not for the next one
                distributed.destroy_process_group()
    return "", set()


def shown(error: Exception) -> str:
    """An error as the last lines of a traceback show it, cut where it is long."""
    lines = f"{type(error).__name__}: {error}".splitlines()
    return "\n".join(line.rstrip() for line in [*lines[:_LINES], *(["…"] if len(lines) > _LINES else [])]) + "\n"
