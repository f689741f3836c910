"""A text that YAML has cut at a comma, as the space in `{digit: Finite(3, padding=-1)}`: the rest is read as a key."""

from __future__ import annotations

from collections.abc import Sequence


def comma_hint(place: Sequence[str | int]) -> str:
    """What to do about a place whose last key is the rest of such a text; empty for other places.

    >>> comma_hint(["spaces", "padding=-100)"]), comma_hint(["spaces", "copy(x)"]), comma_hint([])
    ('; between { and } a text with a comma stands in quotes', '', '')
    """
    key = str(place[-1]) if place else ""
    rest = key.count(")") > key.count("(")
    return "; between { and } a text with a comma stands in quotes" if rest else ""
