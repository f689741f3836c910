"""The door by which a user came, so that advice is in the words that he writes: arguments in Python, or keys of a plan.

>>> by_door("pass strict=False", plan="leave it out of `columns`")
'pass strict=False'
>>> with in_words_of_plans():
...     by_door("pass strict=False", plan="leave it out of `columns`")
'leave it out of `columns`'
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_OF_PLANS = ContextVar("of_plans", default=False)


def by_door(python: str, *, plan: str) -> str:
    """Advice in the words of Python; inside `in_words_of_plans`, in those of a plan and of the command line."""
    return plan if _OF_PLANS.get() else python


@contextmanager
def in_words_of_plans() -> Iterator[None]:
    """Inside, advice is in the words of a plan."""
    token = _OF_PLANS.set(True)
    try:
        yield
    finally:
        _OF_PLANS.reset(token)
