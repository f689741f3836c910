"""The cells of a notebook, by reader: the tag `engineer` or `theorist` marks a cell for one of two readers.

A cell with the tag `engineer` is for the ML engineer who never saw a category, one with `theorist` for the theorist who
never trained a network. A notebook reads, and runs, without the cells of the other reader.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

READERS = ("engineer", "theorist")
LOOSE = re.compile(r"^(python .*|time: .*)$", re.MULTILINE)  # lines that differ between machines
PICTURE = re.compile(r"(?:<style>[^<]*</style>)?(<svg\b.*?</svg>)", re.DOTALL)
TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
NUMBER = re.compile(r"-?\d+\.?\d*(?:[eE][-+]?\d+)?")


def without(notebook: Any, reader: str) -> Any:
    """The notebook without the cells of a reader."""
    rest = deepcopy(notebook)
    rest["cells"] = [cell for cell in rest["cells"] if reader not in cell["metadata"].get("tags", [])]
    return rest


def printed(cell: Any) -> str:
    """What a cell printed and showed as text, without what differs between machines."""
    texts = (
        "".join(output.get("text", output.get("data", {}).get("text/plain", ""))) for output in cell.get("outputs", [])
    )
    return LOOSE.sub("", "\n".join(texts)).strip()


def differences(before: Any, after: Any, tolerance: float = 1e-3) -> Iterator[str]:
    """Where the text outputs of two runs differ by more than numbers that are close, relative to max(1, |number|)."""
    for i, (first, second) in enumerate(zip(before["cells"], after["cells"], strict=True)):
        texts = printed(first), printed(second)
        words = [NUMBER.sub("#", text) for text in texts]
        numbers = [[float(number) for number in NUMBER.findall(text)] for text in texts]
        far = any(abs(a - b) > tolerance * max(1.0, abs(a)) for a, b in zip(*numbers, strict=False))
        if words[0] != words[1] or far:
            yield f"cell {i} printed {texts[1]!r}, where the committed notebook has {texts[0]!r}"


def stripped(notebook: Any) -> Any:
    """The notebook without what a run leaves besides outputs: counts, times, identifiers of the kernel.

    A picture becomes an image, unless it answers to the pointer.
    """
    clean = deepcopy(notebook)
    clean["metadata"] = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    clean["nbformat_minor"] = 5
    for i, cell in enumerate(clean["cells"]):
        tags = cell["metadata"].get("tags", [])
        cell["metadata"] = {"tags": tags} if tags else {}
        cell["id"] = f"cell-{i}"
        if cell["cell_type"] == "code":
            cell["execution_count"] = None
            cell["outputs"] = _joined(cell["outputs"])
            for output in cell["outputs"]:
                if "execution_count" in output:
                    output["execution_count"] = None
                output.pop("metadata", None) if output["output_type"] == "stream" else output.update(metadata={})
                html = "".join(output.get("data", {}).get("text/html", ""))
                if "<svg" in html and ":hover" not in html:
                    output["data"]["text/html"] = PICTURE.sub(_image, html)
    return clean


def _image(picture: re.Match[str]) -> str:
    """A picture as an image: JupyterLab drops inline SVG from a notebook that was not run here, and keeps its words."""
    title = TITLE.search(picture[1])
    words = title[1].replace('"', "&quot;") if title else "picture"
    return f'<img alt="{words}" src="data:image/svg+xml;base64,{b64encode(picture[1].encode()).decode()}">'


def _joined(outputs: list[Any]) -> list[Any]:
    """The outputs, with neighbouring pieces of one stream joined: where a kernel cuts a stream is an accident."""
    joined: list[Any] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last and output["output_type"] == last["output_type"] == "stream" and output["name"] == last["name"]:
            last["text"] = "".join([*last["text"], *output["text"]])
        else:
            joined.append(output)
    return joined
