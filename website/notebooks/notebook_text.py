"""A notebook with its outputs as the Markdown text of a page, so that it looks and is searched like the other pages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nbformat import NotebookNode


def notebook_text(notebook: NotebookNode) -> str:
    r"""The page of a notebook; its first code cell, which only imports, is folded.

    Blocks are named `py`: the tests of the notebooks run the cells, so that those of the pages need not.

    >>> from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
    >>> cells = new_markdown_cell("# Sum"), new_code_cell("1 + 1", outputs=[new_output("stream", text="2\n")])
    >>> print(notebook_text(new_notebook(cells=cells)))
    # Sum
    <BLANKLINE>
    ??? abstract "Imports"
    <BLANKLINE>
        ```py
        1 + 1
        ```
    <BLANKLINE>
    ``` { .text .output }
    2
    ```
    """
    parts: list[str] = []
    folded = False
    for cell in notebook.cells:
        if cell.cell_type != "code":
            parts.append(_marked(cell))
            continue
        block = f"```py\n{cell.source}\n```"
        if not folded:
            block = '??? abstract "Imports"\n\n' + re.sub("^(?=.)", "    ", block, flags=re.M)
            folded = True
        parts += [block, *_outputs(cell)]
    return "\n\n".join(parts)


def _marked(cell: NotebookNode) -> str:
    """The text of a cell, which the page sets apart if it is for one kind of reader."""
    reader = next((tag for tag in cell.metadata.get("tags", []) if tag in ("engineer", "theorist")), None)
    return f'<div class="aside {reader}" markdown>\n\n{cell.source}\n\n</div>' if reader else cell.source


def _outputs(cell: NotebookNode) -> Iterator[str]:
    for output in cell.outputs:
        data = output.get("data", {})
        if "text/html" in data:
            html = re.sub(r"\n\s*\n", "\n", data["text/html"])  # an empty line would end the HTML
            html = html.replace("[data-jp-theme-light=false]", "[data-md-color-scheme=slate]")  # how each says "dark"
            yield f'<div class="output">{html}</div>'
        elif "text/latex" in data:
            yield "$$\n" + data["text/latex"].strip("$").removeprefix("\\displaystyle") + "\n$$"
        else:
            text = output.get("text") or data.get("text/plain", "")
            yield "``` { .text .output }\n" + text.rstrip("\n") + "\n```"
