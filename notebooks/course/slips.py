"""Slips: wrong numbers that an author foresaw, each with its explanation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from learning_diagrams.exercises.graders import Grader, by_value


def by_value_and_slip(slips: Mapping[str, Any], tolerance: float = 1e-6) -> Grader:
    """The answer is the right number, as by `by_value`; a slip gets its own explanation.

    Parameters
    ----------
    slips : dict from an explanation to the wrong answer that it explains.
    tolerance : float, relative to max(1, |number|).
    """
    compare = by_value(tolerance)

    def fault(right: Any, answer: Any) -> Any:
        plain = compare(right, answer)
        return plain and next((text for text, slip in slips.items() if compare(slip, answer) is None), plain)

    return fault
