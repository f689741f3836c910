"""Text to plain data: YAML and JSON, read strictly and without recursion, with the line of each value.

YAML is read from the events of PyYAML's parser, never by its constructors, so that no tag means anything. Plain scalars
follow the core schema of YAML 1.2: `NO`, `on` and `y` are strings, `1e-3` is a number. Anchors, aliases, tags and a
second document are refused. So are a key that is given twice and a key that is not a string.

>>> read_yaml("weight: 1e-3\\nname: NO").data()
{'weight': 0.001, 'name': 'NO'}
>>> read_json('{"weight": 1e-3}').line(("weight",))
1

Source: YAML 1.2.2, section 10.3 (core schema); RFC 8259.
"""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from learning_diagrams.errors import brief
from learning_diagrams.files.plain_data import DEPTH, NODES, TOO_DEEP, DataBuilder, SyntaxFault

_LONGEST_NUMBER = 400  # characters: a float has at most 309 digits before its point
UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INT, _OCT, _HEX = (re.compile(pattern) for pattern in (r"[-+]?[0-9]+", r"0o[0-7]+", r"0x[0-9a-fA-F]+"))
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_CONSTANTS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **{f"{sign}{inf}": float(f"{sign}inf") for sign in ("", "+", "-") for inf in (".inf", ".Inf", ".INF")},
}
_JSON_TOKEN = re.compile(r'[\[\]{}]|"[^"\\]*+(?:\\.[^"\\]*+)*+"|[^\s\[\]{}:,"]+', re.DOTALL)


def decode(content: bytes) -> str:
    """Bytes as text in UTF-8, with or without a byte order mark; `SyntaxFault` for other bytes."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SyntaxFault("this is not UTF-8 text", content.count(b"\n", 0, error.start) + 1) from None


def read_text(content: bytes) -> str:
    """Bytes as text, as `decode` does; `SyntaxFault` for a control character too."""
    text = decode(content)
    if match := UNPRINTABLE.search(text):
        raise SyntaxFault(f"control character {match.group()!r}", text.count("\n", 0, match.start()) + 1)
    return text


def read_yaml(text: str) -> DataBuilder:
    """Read one YAML document; `SyntaxFault` for another text."""
    builder, documents = DataBuilder(), 0
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, yaml.NodeEvent):
                _require_plain(event, line)
            match event:
                case yaml.DocumentStartEvent():
                    documents += 1
                    if documents > 1:
                        raise SyntaxFault("a second document begins; a file holds one", line)
                case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                    builder.open({} if isinstance(event, yaml.MappingStartEvent) else [], line)
                case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                    builder.close()
                case yaml.ScalarEvent():
                    value = plain_scalar(event.value, line) if event.implicit[0] else event.value
                    builder.key(value, line) if builder.wants_key else builder.value(value, line)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = min(mark.line, text.count("\n")) + 1 if mark else 1  # the end may be marked one line too late
        if mark and text.split("\n")[line - 1][mark.column : mark.column + 1] == "\t":
            raise SyntaxFault("this is not YAML: a tab stands where only spaces can; write spaces", line) from None
        message = " ".join(str(part) for part in (error.context, error.problem) if part)
        # libyaml reads ahead, and has a depth of its own.
        raise SyntaxFault(TOO_DEEP if "nesting depth" in message else f"this is not YAML: {message}", line) from None
    return builder


def _require_plain(event: yaml.NodeEvent, line: int) -> None:
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        mark = "*" if isinstance(event, yaml.AliasEvent) else "&"
        raise SyntaxFault(f"anchors and aliases are not read ({mark}{event.anchor:.40}); write the value out", line)
    tag = getattr(event, "tag", None)  # an alias has none
    if tag is not None:
        raise SyntaxFault(f"tags are not read ({tag:.60}); leave it out, or put the text in quotes", line)


def plain_scalar(text: str, line: int = 1) -> Any:
    """The value of a scalar without quotes in the core schema.

    >>> [plain_scalar(text) for text in ("on", "0o17", "0x1F", "+1", ".5", "1_000", "~", "2001-01-01")]
    ['on', 15, 31, 1, 0.5, '1_000', None, '2001-01-01']
    """
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if not (text[0] in "+-." or "0" <= text[0] <= "9"):
        return text
    if len(text) > _LONGEST_NUMBER:
        if _FLOAT.fullmatch(text) or _HEX.fullmatch(text) or _OCT.fullmatch(text):
            raise SyntaxFault(f"a number of {len(text):,} characters is too long", line)
        return text
    if _INT.fullmatch(text):
        return int(text)
    if _OCT.fullmatch(text) or _HEX.fullmatch(text):
        return int(text, 0)
    return float(text) if _FLOAT.fullmatch(text) else text


def parse_json(text: str) -> Any:
    """The data of a JSON document, several times as quick as `read_json`; `SyntaxFault` if that refuses the text.

    >>> parse_json('{"steps": [1, 2]}')
    {'steps': [1, 2]}
    """
    try:
        return json.loads(text, object_pairs_hook=_distinct, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return read_json(text, nodes=len(text)).data()  # this reader knows the line


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    return data if len(data) == len(pairs) else _refuse("a key")


def _refuse(word: str) -> Any:
    raise ValueError(word)


def read_json(text: str, nodes: int = NODES) -> DataBuilder:
    """Read one JSON document with at most `nodes` keys and values; `SyntaxFault` for another text.

    The first pass refuses what could make the standard library's parser recurse too deep. Then that parser decides what
    is JSON. The last pass finds the lines, and keys given twice.
    """
    _require_tame(text, nodes)
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        raise SyntaxFault(f"this is not JSON: {error.msg}", error.lineno) from None
    builder, line, position = DataBuilder(nodes), 1, 0
    for match in _JSON_TOKEN.finditer(text):
        line += text.count("\n", position, match.start())
        position, token = match.start(), match.group()
        if token in "{[":
            builder.open({} if token == "{" else [], line)
        elif token in "}]":
            builder.close()
        else:
            value = json.loads(token)
            if "\\u" in token and any("\ud800" <= char <= "\udfff" for char in value):
                raise SyntaxFault(f"{brief(value)} holds half of a surrogate pair, which is not a character", line)
            builder.key(value, line) if builder.wants_key else builder.value(value, line)
    return builder


def _require_tame(text: str, nodes: int) -> None:
    """Refuse texts that are too deep or too long, and tokens that are not numbers of JSON."""
    depth = 0
    for count, match in enumerate(_JSON_TOKEN.finditer(text)):
        token = match.group()
        depth += (token in "[{") - (token in "]}")
        message = ""
        if depth > DEPTH:
            message = TOO_DEEP
        elif count > 4 * nodes:
            message = f"there are more than {nodes:,} keys and values"
        elif token in ("NaN", "Infinity", "-Infinity"):
            message = f"{token} is not JSON; a number must be finite"
        elif len(token) > _LONGEST_NUMBER and token[0] in "-0123456789":
            message = f"a number of {len(token):,} characters is too long"
        if message:
            raise SyntaxFault(message, text.count("\n", 0, match.start()) + 1)
