"""The file of a regime: its learning diagram as YAML, with what its docstring says written where it belongs.

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
# Said in every file, above the key.
NOTES = {
    "objects": "Objects are types of data.",
    "sample_spaces": "A sample space is a data set; each of its columns ends in an object.",
    "boxes": "A kernel returns a probability distribution; without `kernel: true` a box is a function.",
    "frozen": "What is frozen is not trained.",
    "constraints": "Each constraint is a term of the loss, D(rhs ‖ lhs): the reference against the prediction.",
    "axioms": "Axioms hold by construction; they are checked on the first batch, and no term of the loss.",
    "ema": "After each step the parameters of a box move towards those of its source.",
    "players": "A game: each player lowers its terms in its boxes, in turn.",
}


def annotated(regime: Callable[[], LearningDiagram]) -> str:
    """The text of the file of a function that returns a learning diagram.

    Above a box or a constraint stands what the sections "Boxes" and "Constraints" of the docstring say of it; at the
    head the other paragraphs, without sections of other names and without doctests.
    """
    head, said = _read(inspect.getdoc(regime) or "")
    data = regime().to_dict()
    data["boxes"] = {name: {k: v for k, v in box.items() if v is not False} for name, box in data["boxes"].items()}
    lines = [f"# {line}" if line else "#" for line in head]
    section = ""
    for line in to_compact_yaml({key: value for key, value in data.items() if value}).splitlines():
        if top := re.match(r"(\w+):", line):
            section = top[1]
            lines += ["", *_comment(NOTES[section], "")] if section in NOTES else []
        elif (key := re.match(r"  ([\w.]+):", line)) and key[1] in said.get(section, {}):
            lines += _comment(said[section][key[1]], "  ")
        lines.append(line)
    return "\n".join(lines) + "\n"


def _comment(text: str, indent: str) -> list[str]:
    text = text[:1].upper() + text[1:]
    return textwrap.wrap(text, WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ")


def _read(doc: str) -> tuple[list[str], dict[str, dict[str, str]]]:
    """The lines of the head, and for each section ("boxes") what is said of each name."""
    head: list[str] = []
    said: dict[str, dict[str, str]] = {}
    for paragraph in doc.split("\n\n"):
        title, _, rest = paragraph.partition("\n")
        if re.match(r"-+\n", rest):
            items = re.split(r"\n(?=\S)", rest.partition("\n")[2])
            pairs = (item.partition(" : ") for item in items)
            said[title.lower()] = {
                name: " ".join(text.split()) for names, _, text in pairs for name in names.split(", ")
            }
        elif not paragraph.startswith(">>>"):
            head += textwrap.wrap(" ".join(paragraph.split()), WIDTH - 2)
    return head, said
