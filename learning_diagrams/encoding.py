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

from learning_diagrams.decoding import UNPRINTABLE, plain_scalar

_Base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_WORDS_OF_1_1 = frozenset({"y", "n", "yes", "no", "on", "off"})  # words, and what older readers take for booleans


class _Dumper(_Base):
    """PyYAML's writer, with quotes around every string that would be read back as something else."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _string(dumper: Any, text: str) -> Any:
    ambiguous = len(text) > 400 or not isinstance(plain_scalar(text), str) or text.lower() in _WORDS_OF_1_1
    quoted = ambiguous or not text.isprintable()
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if quoted else None)


def _float(dumper: Any, number: float) -> Any:
    text = repr(number)
    if "." not in text:  # 1e-05, which YAML 1.1 takes for a string, so that the writer would add a tag
        text = text.replace("e", ".0e")
    return dumper.represent_scalar("tag:yaml.org,2002:float", text)


_Dumper.add_representer(str, _string)
_Dumper.add_representer(float, _float)


def to_yaml(data: dict[str, Any]) -> str:
    """YAML in block style, keys in the order of the data."""
    made: str = yaml.dump(
        data, Dumper=_Dumper, sort_keys=False, default_flow_style=False, allow_unicode=True, width=2**30
    )
    return made


def to_json(data: dict[str, Any]) -> str:
    """JSON with two blanks of indentation, keys in the order of the data."""
    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return UNPRINTABLE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
