"""Which steps a part of a proof has, and its name, in which steps are counted from 1, as a reader counts them.

>>> ends_of(slice(2, 5), 14), part_name("R3", 2, 5, 14), part_name("", 13, 14, 14), part_name("R3", 0, 14, 14)
((2, 5), 'R3, steps 3 to 5', 'step 14', 'R3')
"""

from __future__ import annotations

from typing import Any

from learning_diagrams.errors import ProofError, TypeMismatch, brief, plural


def ends_of(steps: Any, count: int) -> tuple[int, int]:
    """The number of the first step of a slice, and that behind its last one.

    Raises `TypeMismatch` for what is no slice of steps in a row, `ProofError` for a slice without a step.
    """
    try:
        first, last, stride = steps.indices(count)
    except (AttributeError, TypeError):
        stride = 0
    if stride != 1 or not isinstance(steps, slice):
        raise TypeMismatch(f"a part of a proof is a slice of its steps, as proof[0:5], got {brief(steps)}")
    if first >= last:
        written = ":".join("" if end is None else str(end) for end in (steps.start, steps.stop))
        raise ProofError(f"the proof has {plural(count, 'step')}, and [{written}] has none of them")
    return first, last


def part_name(name: str, first: int, last: int, count: int) -> str:
    """The name of a statement, with the numbers of the steps unless they are all steps."""
    if (first, last) == (0, count):
        return name
    numbers = f"step {last}" if last == first + 1 else f"steps {first + 1} to {last}"
    return f"{name}, {numbers}" if name else numbers
