"""Notebooks: DisCoPy's diagrams show as string diagrams where IPython displays them.

DisCoPy's classes stay as they are: IPython looks up by the name of the type how to show a value.
"""

from __future__ import annotations

from typing import Any


def register(shell: Any) -> None:
    """Let an IPython shell show diagrams as pictures; their text stays what it is."""
    shell.display_formatter.formatters["text/html"].for_type_by_name("discopy.markov", "Diagram", _picture)


def _picture(diagram: Any) -> str | None:
    from learning_diagrams.drawing.diagram_picture import html

    return html(diagram)
