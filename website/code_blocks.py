"""The code blocks of a page, and what runs them.

Blocks of `python` share one namespace a page. A block of `text` right after such a block is what it printed. A block of
`console` holds commands, each after `$ `, and what they print, where a line `...` stands for any lines. A block of `sh`
holds commands whose output the page does not show.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^(?P<indent> *)```(?P<language>\w*)[^\n]*\n(?P<text>.*?)^(?P=indent)```$", re.M | re.S)
LEFT_OUT = ("pip ", "git ", "python -m http.server")  # they change the reader's machine, or do not end
PROGRAMS = """
python() { "$PYTHON" "$@"; }
learning-diagrams() { python -c "from learning_diagrams.cli import main; main()" "$@"; }
torchrun() { python -m torch.distributed.run "$@"; }
make() { command make --dry-run --directory "$ROOT" "$@"; }
"""


@dataclass(frozen=True)
class CodeBlock:
    """A code block: its language, its text, and the line of the page where it starts."""

    language: str
    text: str
    line: int


def blocks_of(page: str) -> Iterator[CodeBlock]:
    """The code blocks of a page of Markdown.

    >>> [(block.language, block.text, block.line) for block in blocks_of('A law:\\n\\n```python\\n1 + 1\\n```\\n')]
    [('python', '1 + 1\\n', 4)]
    """
    for match in BLOCK.finditer(page):
        indent = len(match["indent"])
        text = "".join(line[indent:] or "\n" for line in match["text"].splitlines(keepends=True))
        yield CodeBlock(match["language"], text, page.count("\n", 0, match.start("text")) + 1)


def run_page(page: str, name: str, folder: Path) -> dict:
    """Run the blocks of a page in a folder that is the working directory; the names that they define.

    Raises
    ------
    AssertionError
        if a block does not print what the page shows.
    """
    namespace: dict = {"__name__": "page"}
    printed = ""
    for block in blocks_of(page):
        place = f"{name}, line {block.line}"
        if block.language == "python":
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                exec(compile("\n" * (block.line - 1) + block.text, name, "exec"), namespace)
            printed = output.getvalue()
        elif block.language == "text":
            assert _holds(printed, block.text), f"{place} shows\n{block.text}but the block before printed\n{printed}"
        elif block.language in ("sh", "console"):
            for command, expected in _commands(block):
                if not command.startswith(LEFT_OUT):
                    answer = _run(command, bool(expected.strip()), folder)
                    assert _holds(answer, expected), f"{place} shows\n{expected}but the command printed\n{answer}"
    return namespace


def _commands(block: CodeBlock) -> Iterator[tuple[str, str]]:
    """Each command of a block with the output that the page shows."""
    if block.language == "sh":
        yield from ((line.split(" #")[0].strip(), "") for line in block.text.splitlines() if line.strip())
    else:
        for part in re.split(r"^\$ ", block.text, flags=re.M)[1:]:
            command, _, expected = part.partition("\n")
            yield command, expected


def _run(command: str, shown: bool, folder: Path) -> str:
    """What a command prints; it may fail only where the page shows that. A target of make is only looked up."""
    words = shlex.split(command)
    if words[0] == "learning-diagrams" and not {"|", ">"} & set(words):
        output, status = _run_here(words, folder)
    else:
        process = subprocess.run(
            ["bash", "-c", f"{PROGRAMS}{command}"],
            cwd=folder, env=os.environ | {"PYTHON": sys.executable, "ROOT": str(ROOT)},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300,
        )  # fmt: skip
        output, status = process.stdout, process.returncode
    assert shown or status == 0, f"{command}\n{output}"
    return output


def _run_here(words: list[str], folder: Path) -> tuple[str, int]:
    """What a command of the library prints, and its exit code, in this process: a start of Python takes seconds."""
    from learning_diagrams.cli import main

    output, before = io.StringIO(), sys.argv
    sys.argv = words
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output), contextlib.chdir(folder):
            main()
    except SystemExit as end:
        return output.getvalue(), int(end.code or 0)
    finally:
        sys.argv = before
    return output.getvalue(), 0


def _holds(output: str, expected: str) -> bool:
    """Whether the expected lines stand in the output, in order and together but at `...`."""
    position = 0
    for part in re.split(r"^\.\.\.\n?", expected, flags=re.M):
        position = output.find(part.rstrip(), position)
        if position < 0:
            return False
    return True
