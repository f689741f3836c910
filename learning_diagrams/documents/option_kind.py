"""The kind of value that an option takes, as the annotation of an argument says it, and what it is called in an error.

>>> require_kind("option 'betas' of 'adam'", tuple[float, float], [0.9])
Traceback (most recent call last):
...
learning_diagrams.errors.TypeMismatch: option 'betas' of 'adam' must be a list of 2 finite numbers, got [0.9]
>>> require_kind("option 'lr' of 'adam'", float | Iterable[float], "0.1")
Traceback (most recent call last):
...
learning_diagrams.errors.TypeMismatch: option 'lr' of 'adam' must be a finite number or a list of finite numbers, \
got '0.1'; this is a text; write it without quotes
"""

from __future__ import annotations

import collections.abc
import inspect
import typing
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import reduce
from operator import or_
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import Field, PydanticUserError, TypeAdapter, ValidationError

from learning_diagrams.documents.document import WANTED, quotes_hint
from learning_diagrams.errors import TypeMismatch, brief

# How a value is called, and several of them.
WORDS: dict[Any, tuple[str, str]] = {
    float: ("a finite number", "finite numbers"),
    int: ("a whole number", "whole numbers"),
    bool: ("true or false", "values true and false"),
    str: ("a string", "strings"),
}
BOUNDS = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}


def annotations_of(maker: Callable[..., Any]) -> dict[str, Any]:
    """The annotations of a maker's arguments; none where they name what cannot be found.

    >>> annotations_of(require_kind)["what"]
    <class 'str'>
    """
    made: Any = getattr(maker, "func", maker)
    function = made.__init__ if inspect.isclass(made) else made
    for names in (None, vars(typing) | vars(collections.abc)):  # some modules import these for a type checker alone
        try:
            return get_type_hints(function, localns=names, include_extras=True)
        except NameError:
            continue
        except (TypeError, AttributeError):
            break
    return {}


def require_kind(what: str, annotation: Any, value: Any) -> None:
    """Raise `TypeMismatch` for a value that is not of the kind of an annotation.

    what : str, how the message calls what has the value.
    """
    kind = plain_kind(annotation)
    if kind is None:
        return
    value = [*value] if isinstance(value, tuple) else value  # as a choice holds the lists of a file
    try:
        TypeAdapter(kind).validate_python(value, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        wanted = in_words(kind) or WANTED.get(first["type"], first["msg"]).format(**first.get("ctx", {}))
        hint = quotes_hint(first["type"], first["input"])
        raise TypeMismatch(f"{what} must be {wanted}, got {brief(value)}{hint}") from None


def plain_kind(annotation: Any) -> Any:
    """The part of an annotation that data of a file can have; None where it does not say any.

    >>> plain_kind(bool | object), plain_kind(tuple[int, ...]), plain_kind(int | None)
    (<class 'bool'>, list[int], <class 'int'>)
    """
    origin, parts = get_origin(annotation), get_args(annotation)
    if annotation in (object, Any, NoneType):
        return None
    if origin in (Union, UnionType):
        kinds = [kind for part in parts if (kind := plain_kind(part)) is not None]
        return reduce(or_, kinds) if kinds else None
    if origin in (tuple, list, Iterable, Sequence, Collection) and parts:
        own = [part for part in parts if part is not Ellipsis]
        item: Any = plain_kind(own[0])
        if item is None or any(part != own[0] for part in own):
            return None
        exact = origin is tuple and Ellipsis not in parts
        items = list[item]
        return Annotated[items, Field(min_length=len(own), max_length=len(own))] if exact else items
    try:
        TypeAdapter(annotation)
    except PydanticUserError:  # a class that plain data does not have
        return None
    return annotation


def in_words(kind: Any, several: bool = False) -> str:
    """What a kind is called, as one value or as several; empty for a kind without a name.

    >>> in_words(Annotated[list[int], Field(min_length=1)]), in_words(Annotated[float, Field(ge=0, lt=1)])
    ('a list of whole numbers that is not empty', 'a finite number ≥ 0 and < 1')
    """
    origin, parts = get_origin(kind), get_args(kind)
    if kind in WORDS:
        return WORDS[kind][several]
    if origin is Literal:
        return " or ".join(map(repr, parts))
    if origin in (Union, UnionType):
        words = [in_words(part, several) for part in parts]
        return " or ".join(dict.fromkeys(words)) if all(words) else ""
    if origin is list:
        items = in_words(parts[0], True)
        return items and f"{'lists' if several else 'a list'} of {items}"
    if origin is not Annotated or not (words_of_kind := in_words(parts[0], several)):
        return ""
    limits = {
        name: limit
        for part in parts[1:]
        for each in getattr(part, "metadata", [part])
        for name in (*BOUNDS, "min_length", "max_length")
        if (limit := getattr(each, name, None)) is not None
    }
    least, most = limits.pop("min_length", 0), limits.pop("max_length", None)
    if least == most:
        return words_of_kind.replace("of ", f"of {least} ", 1)
    bounds = " and ".join(f"{BOUNDS[name]} {limit:g}" for name, limit in limits.items())
    size = (" that is not empty" if least == 1 else f" with at least {least} items") if least else ""
    return " ".join(filter(None, [words_of_kind, bounds])) + size + (f" with at most {most} items" if most else "")
