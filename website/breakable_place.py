"""A place of the code as HTML that a narrow column of a table may break after "/", "::" and "_"."""

from html import escape


def breakable(place: str) -> str:
    """A place with the points where a line may end.

    >>> breakable("diagrams/box.py::Box")
    '<code>diagrams/<wbr>box.py::<wbr>Box</code>'
    """
    return f"<code>{escape(place).replace('/', '/<wbr>').replace('::', '::<wbr>').replace('_', '_<wbr>')}</code>"
