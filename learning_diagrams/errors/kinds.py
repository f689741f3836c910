"""The typed errors: each message says what is wrong, where it is wrong, which value was passed, and how to mend it.

Every error of the library is a `LearningDiagramError`, so one `except` clause catches them all. Each error is also the
built-in exception that a reader would expect.

>>> issubclass(TypeMismatch, LearningDiagramError) and issubclass(TypeMismatch, TypeError)
True
"""

from __future__ import annotations

from learning_diagrams.errors.short_text import one_line
from learning_diagrams.errors.wording import printable


class LearningDiagramError(Exception):
    """The library refuses an argument, a file, a module or a batch.

    Attributes
    ----------
    place : tuple, keys and numbers of items, where the fault stands below what was read.
    faults : tuple of LearningDiagramError, those that the error lists if it lists several.
    """

    place: tuple[str | int, ...] = ()
    faults: tuple[LearningDiagramError, ...] = ()

    def __str__(self) -> str:
        return printable(super().__str__())

    def __repr__(self) -> str:
        return one_line(f"{type(self).__name__}({str(self)!r})")


class TypeMismatch(LearningDiagramError, TypeError):
    """Diagrams do not compose, are not parallel, or have a kind that the operation does not take."""


class UnknownName(LearningDiagramError, LookupError):
    """No object, box, constraint or option in scope has this name."""


class DuplicateName(LearningDiagramError, ValueError):
    """Two different things have one name."""


class InvalidWeight(LearningDiagramError, ValueError):
    """A weight is not a finite number ≥ 0."""


class LimitExceeded(LearningDiagramError, ValueError):
    """An enumeration would exceed its limit."""


class ParseError(LearningDiagramError, ValueError):
    """A text is not a term of the grammar."""


class FileError(LearningDiagramError, OSError):
    """A file cannot be read or written, or its content does not have the expected form."""


class CompileError(LearningDiagramError, ValueError):
    """A learning diagram does not compile to a loss with these spaces and modules."""


class ProofError(LearningDiagramError, ValueError):
    """A certificate is malformed, or a step of a derivation is not valid."""


class DataError(LearningDiagramError, ValueError):
    """A batch or a data set does not fit the learning diagram."""


class FalseAxiom(LearningDiagramError, ValueError):
    """The modules violate an axiom. An axiom must hold by construction, and a numerical check found a difference.

    axiom : str, its name where one axiom was checked alone, as before a plan is trained.
    """

    axiom: str = ""


class NonFiniteTerm(LearningDiagramError, ArithmeticError):
    """A term of the loss became NaN or infinite in training; `history` ends with that step, which was not made."""

    history: object = None
    record: object = None


class NonFiniteGradient(LearningDiagramError, ArithmeticError):
    """A gradient became NaN or infinite in training, and no step was made; `history` ends with it."""

    history: object = None
    record: object = None


class ProcessError(LearningDiagramError, RuntimeError):
    """Processes that train together cannot begin, or another one of them has failed, whose reason it says."""


for _kind in (LearningDiagramError, *LearningDiagramError.__subclasses__()):
    _kind.__module__ = "learning_diagrams.errors"  # the path that tracebacks and pickles show
