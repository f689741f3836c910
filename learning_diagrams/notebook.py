"""Notebooks: diagrams and equations show as string diagrams, and types as their names, where IPython displays them.

DisCoPy's classes stay as they are: IPython looks up by the name of the type how to show a value. Whoever imports the
package before IPython starts says `%load_ext learning_diagrams`, or uses a further name of the package.
"""

from __future__ import annotations

from typing import Any

OURS = "learning_diagrams.diagrams."
PRINTED = [  # what has a `repr` of its own
    ("discopy.monoidal", "Ty"),
    ("discopy.monoidal", "Diagram"),
    ("discopy.monoidal", "Box"),
    (f"{OURS}on_wires", "Composite"),
    (f"{OURS}box", "Generator"),
    (f"{OURS}sample_space", "Column"),
    (f"{OURS}sample_space", "State"),
]

DRAWN = [  # what `draw` shows, and has no `draw` of its own
    ("discopy.monoidal", "Diagram"),
    (f"{OURS}port_graph", "PortGraph"),
    ("learning_diagrams.presentation.equation", "Equation"),
    ("learning_diagrams.presentation.constraint", "Constraint"),
]


def register(shell: Any) -> None:
    """Let an IPython shell show diagrams as pictures, and diagrams and types in text as they print."""
    formatters = shell.display_formatter.formatters
    for module, name in DRAWN:
        formatters["text/html"].for_type_by_name(module, name, _picture)
    for module, name in PRINTED:
        formatters["text/plain"].for_type_by_name(module, name, _text)


def _picture(diagram: Any) -> str | None:
    from learning_diagrams.drawing.diagram_picture import html

    return html(diagram)


def _text(value: Any, printer: Any, cycle: bool) -> None:
    from learning_diagrams.errors import printable

    printer.text(printable(str(value)) if len(value) or hasattr(value, "then") else "I")
