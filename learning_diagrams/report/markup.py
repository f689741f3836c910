"""HTML as text, of which everything that a run says is escaped.

>>> element("p", "a < b", lang="en")
'<p lang="en">a &lt; b</p>'
>>> element("ul", element("li", "one"), element("li", "two"))
'<ul><li>one</li><li>two</li></ul>'
>>> table("t", ["x"], [["1"]])[:15], json_script("data", "</script>")
('<table><caption', '<script type="application/json" id="data">"\\\\u003c/script\\\\u003e"</script>')
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from learning_diagrams.errors import printable


class Markup(str):
    """A text that is HTML already."""

    __slots__ = ()


def element(tag: str, *content: str, **attributes: object) -> Markup:
    """An element; what is no `Markup` is escaped. An attribute that is None is left out, `cls` is the class."""
    names = {"cls" if key == "class" else key: value for key, value in attributes.items() if value is not None}
    head = "".join(
        f' {"class" if key == "cls" else key.replace("_", "-")}="{escape(printable(str(value)))}"'
        for key, value in names.items()
    )
    inner = "".join(part if isinstance(part, Markup) else escape(printable(part)) for part in content)
    return Markup(f"<{tag}{head}>" + ("" if tag in ("img", "input", "meta") else f"{inner}</{tag}>"))


def table(caption: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Markup:
    """A table whose first cell in each row is its heading."""
    head = element("tr", *(element("th", heading, scope="col") for heading in headings))
    body = [
        element("tr", element("th", row[0], scope="row"), *(element("td", cell) for cell in row[1:])) for row in rows
    ]
    return element("table", element("caption", caption), element("thead", head), element("tbody", *body))


def json_script(name: str, data: Any) -> Markup:
    """Data for a script, in which no character can end the element."""
    text = json.dumps(data).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(f'<script type="application/json" id="{name}">{text}</script>')
