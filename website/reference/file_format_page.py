"""The formats of files, from the JSON Schemas that the package ships: a table for each kind of mapping."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

SCHEMAS = Path(__file__).resolve().parents[2] / "learning_diagrams"
INTRODUCTION = """\
# File format

A file holds one learning diagram in YAML or JSON. `ld.load` and `ld.save` read and write it, `learning-diagrams check`
lists what is wrong in it, and `learning-diagrams schema` prints the JSON Schema from which this page is made. Loading
never runs code. A key that a table does not list is an error. [Files](../file-format.md) says how terms are written,
and which sizes are refused.

```yaml
# yaml-language-server: $schema=learning-diagram.schema.json
format: learning-diagram/1
objects: [image, digit]
sample_spaces:
  digits: {pixels: image, label: digit}
boxes:
  student: {dom: [image], cod: [digit], kernel: true}
constraints:
  supervised: {lhs: pixels >> student, rhs: label}
```
"""


PLAN = """\
# Format of plans

A file holds one plan in YAML or JSON: learning diagrams with spaces, modules and data, and how they are trained.
`learning-diagrams train` runs it, `learning-diagrams check` lists every fault without training, and
`learning-diagrams schema --plan` prints the JSON Schema from which this page is made. Names are those of a registry:
nothing in a file is imported or run. [Train from a file](../how-to/train/plan.md) shows how.
"""


def pages() -> Iterator[tuple[str, str]]:
    yield "reference/file-format.md", _page("learning-diagram", "A learning diagram", INTRODUCTION)
    yield "reference/plan-format.md", _page("learning-plan", "A plan", PLAN)


def _page(name: str, title: str, introduction: str) -> str:
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    shapes = {title: schema, **{_title(name): shape for name, shape in schema["$defs"].items()}}
    return "\n".join([introduction, *(_section(title, shape) for title, shape in shapes.items())])


def _title(name: str) -> str:
    """The title of the section on a definition of the schema.

    >>> _title("MovingAverageShape")
    'Moving average'
    """
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name.removesuffix("Shape"))
    return words.strip().capitalize()


def _section(title: str, shape: Mapping[str, Any]) -> str:
    required = shape.get("required", ())
    rows = [
        f"| `{key}` | {_kind(entry)} | {'required' if key in required else _default(entry)} "
        f"| {entry.get('description', '')} |"
        for key, entry in shape["properties"].items()
    ]
    more = shape.get("additionalProperties")
    if more:
        rows.append(f"| any other name | {_kind(more) if isinstance(more, dict) else 'a value'} |  | an option |")
    head = ["| key | value | default | meaning |", "|---|---|---|---|"]
    return "\n".join([f"## {title}", "", shape.get("description", ""), "", *head, *rows, ""])


def _default(entry: Mapping[str, Any]) -> str:
    return f"`{json.dumps(entry['default'], ensure_ascii=False)}`" if "default" in entry else ""


def _kind(entry: Mapping[str, Any]) -> str:
    """The kind of a value in words, with links to other sections."""
    if "$ref" in entry:
        title = _title(entry["$ref"].rpartition("/")[2])
        return f"[{title.lower()}](#{title.lower().replace(' ', '-')})"
    choices = entry.get("oneOf") or entry.get("anyOf")
    if choices:
        return " or ".join(_kind(choice) for choice in choices)
    if "const" in entry:
        return f"`{entry['const']}`"
    if "enum" in entry:
        return " or ".join(f"`{value}`" for value in entry["enum"])
    if isinstance(entry.get("type"), list):
        return " or ".join(_kind({"type": kind}) for kind in entry["type"])
    if entry.get("type") == "array":
        kind = _kind(entry.get("items", {}))
        return f"list of ({kind})" if " or " in kind else f"list of {kind}"
    if entry.get("type") == "object":
        inside = entry.get("additionalProperties")
        return f"mapping from names to {_kind(inside)}" if isinstance(inside, dict) else "mapping"
    signs = {"minimum": "≥", "maximum": "≤"}
    bounds = [f"{sign} {entry[key]}" for key, sign in signs.items() if key in entry]
    return ", ".join([entry.get("type", "a value"), *bounds])
