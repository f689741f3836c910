"""Places of the code as HTML that a narrow column may break after a joint, and not in the middle of a word."""

import re
from html import escape

CODE = re.compile(r"(?<=<code>)[^<\n]{16,}(?=</code>)")
JOINT = re.compile(r"(::|[/.=])(?=[A-Za-z_])")


def breakable(place: str) -> str:
    """A place with the points where a line of a table may end.

    >>> breakable("diagrams/box.py::Box")
    '<code class="place">diagrams/<wbr>box.py::<wbr>Box</code>'
    """
    parts = escape(place)
    for joint in ("/", "::", "_"):
        parts = parts.replace(joint, f"{joint}<wbr>")
    return f'<code class="place">{parts}</code>'


def on_page_content(html: str, **_: object) -> str:
    """The page, where long code in a text may break after a joint.

    >>> on_page_content("<p><code>kl</code> in <code>semantics/divergences.py::KL</code></p>")
    '<p><code>kl</code> in <code>semantics/<wbr>divergences.<wbr>py::<wbr>KL</code></p>'
    """
    return CODE.sub(lambda code: JOINT.sub(r"\1<wbr>", code[0]), html)
