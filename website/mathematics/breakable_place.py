"""A place of the code as HTML that a narrow column of a table may break after "/", "::" and "_"."""

from html import escape


def breakable(place: str) -> str:
    """A place with the points where a line may end.

    >>> breakable("diagrams/box.py::Box")
    '<code class="place">diagrams/<wbr>box.py::<wbr>Box</code>'
    """
    parts = escape(place)
    for joint in ("/", "::", "_"):
        parts = parts.replace(joint, f"{joint}<wbr>")
    return f'<code class="place">{parts}</code>'
