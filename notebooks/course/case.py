"""A case: the grade of difficulty of an exercise, its solution in two spellings at least, and wrong answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Case:
    """How an exercise is tested; the first right answer is the solution that a teacher shows.

    Parameters
    ----------
    right : list of right answers, in different spellings.
    wrong : list of wrong answers.
    """

    grade: Literal["easy", "middle", "hard"]
    right: list[Any]
    wrong: list[Any]
