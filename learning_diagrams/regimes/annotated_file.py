"""The file of a regime: its learning diagram as YAML, with the notes of its docstring as comments.

>>> from learning_diagrams.regimes.supervision import supervised
>>> annotated(supervised).splitlines()[0]
'# A model learns from labels.'
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable

from learning_diagrams.files.encoding import to_compact_yaml
from learning_diagrams.learning_diagram import LearningDiagram

WIDTH = 120
# Comments above the keys of every file.
NOTES = {
    "objects": "Objects are types of data.",
    "sample_spaces": "A sample space is a data set; each of its columns ends in an object.",
    "boxes": "A kernel returns a probability distribution; without `kernel: true` a box is a function.",
    "frozen": "Frozen boxes are not trained.",
    "constraints": "Each constraint is a term of the loss, D(rhs ‖ lhs): the reference against the prediction.",
    "axioms": "Axioms hold by construction. They are checked on the first batch, and are not terms of the loss.",
    "ema": "After each step the parameters of a box move towards those of its source.",
    "players": "A game: the players take turns, and each trains its boxes to lower its terms.",
}


def annotated(regime: Callable[[], LearningDiagram]) -> str:
    """The text of the file of a function that returns a learning diagram.

    A box or a constraint stands below its note from the section "Boxes" or "Constraints" of the docstring. The head of
    the file has the paragraphs of the docstring, without sections and without doctests.
    """
    head, notes = read_docstring(inspect.getdoc(regime) or "")
    data = regime().to_dict()
    data["boxes"] = {name: {k: v for k, v in box.items() if v is not False} for name, box in data["boxes"].items()}
    lines = [line for paragraph in head for line in _comment(paragraph, "")]
    section = ""
    for line in to_compact_yaml({key: value for key, value in data.items() if value}).splitlines():
        if top := re.match(r"(\w+):", line):
            section = top[1]
            lines += ["", *_comment(NOTES[section], "")] if section in NOTES else []
        elif (key := re.match(r"  ([\w.]+):", line)) and key[1] in notes.get(section, {}):
            lines += _comment(notes[section][key[1]], "  ")
        lines.append(line)
    return "\n".join(lines) + "\n"


def _comment(text: str, indent: str) -> list[str]:
    text = text[:1].upper() + text[1:]
    return textwrap.wrap(text, WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ")


def read_docstring(doc: str) -> tuple[list[str], dict[str, dict[str, str]]]:
    """The paragraphs outside sections and doctests, and for each section ("boxes") the note of each name."""
    head: list[str] = []
    notes: dict[str, dict[str, str]] = {}
    for paragraph in doc.split("\n\n"):
        title, _, rest = paragraph.partition("\n")
        if re.match(r"-+\n", rest):
            items = re.split(r"\n(?=\S)", rest.partition("\n")[2])
            pairs = (item.partition(" : ") for item in items)
            notes[title.lower()] = {
                name: " ".join(text.split()) for names, _, text in pairs for name in names.split(", ")
            }
        elif not paragraph.startswith(">>>"):
            head.append(" ".join(paragraph.split()))
    return head, notes
