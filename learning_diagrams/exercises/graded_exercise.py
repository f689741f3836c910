"""Exercises that grade themselves: every right answer passes, and a wrong one gets an explanation.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.diagrams.structure import Copy
>>> x = Ty("x")
>>> f = Box("f", x, x)
>>> doubled = exercise("Write f and then a copy of its output.", f >> Copy(x), hint="copy(x) has two outputs")
>>> doubled(Copy(x) >> f @ f), doubled(...)
(<Grade: right>, <Grade: open, copy(x) has two outputs>)
>>> print(doubled(f))
✗ wrong: TypeMismatch: only parallel diagrams can be equal:
  x → x
  x → x @ x

A function as an answer may fail in the hands of the grader, and the grade says how.

>>> double = exercise("Write a function that doubles.", lambda n: 2 * n, lambda right, own: own(3) - right(3) or None)
>>> print(double(lambda: 2))
✗ wrong: a call of your function ended in an error: <lambda>() takes 0 positional arguments but 1 was given (TypeError)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from learning_diagrams.errors import LearningDiagramError, TypeMismatch, printable
from learning_diagrams.errors.short_text import Printed
from learning_diagrams.exercises.grade import Grade
from learning_diagrams.exercises.graders import Grader, grader_of

OPEN = "replace ... by your answer"


@dataclass(frozen=True, eq=False, repr=False)
class Exercise(Printed):
    """A statement with a hole, which is called with an answer and returns its grade; a call never raises.

    Attributes
    ----------
    statement : str, what is asked.
    answer : a right answer.
    by : function from the right answer and an answer to a fault, or None.
    hint : str, what an open exercise says.
    """

    statement: str
    answer: Any
    by: Grader
    hint: str = OPEN

    def __call__(self, *answers: Any) -> Grade:
        """The grade of an answer; `...`, None and nothing leave the exercise open. Several answers are one tuple."""
        answer = answers[0] if len(answers) == 1 else answers or ...
        if answer is ... or answer is None:
            return Grade("open", self.hint)
        try:
            fault = self.by(self.answer, answer)
            picture = fault.draw() if hasattr(fault, "draw") else None
        except LearningDiagramError as error:
            return Grade("wrong", f"{type(error).__name__}: {error}")
        except Exception as error:  # an answer may be anything, and a reader needs a reason
            act = "a call of your function" if callable(answer) else "the reading of your answer"
            return Grade("wrong", f"{act} ended in an error: {error} ({type(error).__name__})")
        return Grade("right") if fault is None else Grade("wrong", str(fault), picture)

    def __str__(self) -> str:
        return printable(f"Exercise. {self.statement}")


def exercise(statement: str, answer: Any, by: Grader | None = None, hint: str = OPEN) -> Exercise:
    """An exercise, whose own answer must pass.

    Parameters
    ----------
    answer : a right answer: a diagram, which is graded by equality; a learning diagram, by the difference of both;
        numbers, by value; another object with `by`.
    by : function from the right answer and an answer to the fault of that, or None where it is right. See `graders` for
        those that come with the library, and `backends.torch.by_loss` for losses on random batches.
    hint : str, what the exercise says while it is open.

    Raises
    ------
    TypeMismatch : no grader is known for the answer, or the answer does not pass.
    """
    result = Exercise(statement, answer, by or grader_of(answer), hint)
    grade = result(answer)
    if not grade:
        raise TypeMismatch(f"the answer of an exercise does not pass: {grade.explanation}")
    return result
