"""Plain data as text, YAML or JSON, that `decoding` reads back exactly.

>>> print(to_yaml({"name": "NO", "objects": ["image", "1e-3"], "axioms": {}, "weight": 0.001}), end="")
name: "NO"
objects:
- image
- "1e-3"
axioms: {}
weight: 0.001
"""

from __future__ import annotations

import json
from typing import Any

import yaml

from learning_diagrams.files.decoding import UNPRINTABLE, plain_scalar

_Base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_WORDS_OF_1_1 = frozenset({"y", "n", "yes", "no", "on", "off"})  # which readers of YAML 1.1 take for booleans


class _Dumper(_Base):
    """PyYAML's writer, with quotes around each string that a reader would take for another value."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _string(dumper: Any, text: str) -> Any:
    ambiguous = len(text) > 400 or not isinstance(plain_scalar(text), str) or text.lower() in _WORDS_OF_1_1
    quoted = ambiguous or not text.isprintable()
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if quoted else None)


def _float(dumper: Any, number: float) -> Any:
    text = repr(number)
    if "." not in text:  # YAML 1.1 takes 1e-05 for a string, so the writer would add a tag
        text = text.replace("e", ".0e")
    return dumper.represent_scalar("tag:yaml.org,2002:float", text)


class _Line(dict[str, Any]):
    """A mapping that is written on one line."""


class _Row(list[Any]):
    """A list that is written on one line."""


_Dumper.add_representer(str, _string)
_Dumper.add_representer(float, _float)
_Dumper.add_representer(
    _Line, lambda dumper, data: dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=True)
)
_Dumper.add_representer(
    _Row, lambda dumper, data: dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=True)
)


def to_yaml(data: dict[str, Any]) -> str:
    """YAML in block style, keys in the order of the data."""
    text: str = yaml.dump(
        data, Dumper=_Dumper, sort_keys=False, default_flow_style=False, allow_unicode=True, width=2**30
    )
    return text


def to_compact_yaml(data: dict[str, Any], width: int = 112) -> str:
    """YAML with each list on one line, and with each entry of a section on one line if it fits.

    width : int, in characters, of a line.

    >>> print(to_compact_yaml({"boxes": {"f": {"dom": ["a"], "cod": ["b"]}}}), end="")
    boxes:
      f: {dom: [a], cod: [b]}
    """

    def entry(name: str, value: Any) -> Any:
        if not isinstance(value, dict) or len(to_yaml({name: _Line(value)})) <= width:
            return _line(value)
        return {key: _line(part) for key, part in value.items()}

    return to_yaml(
        {
            key: {name: entry(name, value) for name, value in part.items()} if isinstance(part, dict) else _line(part)
            for key, part in data.items()
        }
    )


def _line(value: Any) -> Any:
    return _Line(value) if isinstance(value, dict) else _Row(value) if isinstance(value, list) else value


def to_json(data: dict[str, Any]) -> str:
    """JSON with two blanks of indentation, keys in the order of the data."""
    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return UNPRINTABLE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
