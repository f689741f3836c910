"""The typed errors: each says what is wrong, where, what was given, and what to do.

Every error of the library is a `LearningDiagramError`, so one `except` clause catches them all; each is also the
built-in exception that a reader would expect.

>>> issubclass(TypeMismatch, LearningDiagramError) and issubclass(TypeMismatch, TypeError)
True
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class LearningDiagramError(Exception):
    """Any fault that the library finds in what it was given."""


class TypeMismatch(LearningDiagramError, TypeError):
    """Diagrams that do not compose, are not parallel, or are of a kind that does not belong here."""


class UnknownName(LearningDiagramError, LookupError):
    """A name that nothing in sight carries."""


class DuplicateName(LearningDiagramError, ValueError):
    """One name for two things."""


class InvalidWeight(LearningDiagramError, ValueError):
    """A weight that is not a finite number ≥ 0."""


class LimitExceeded(LearningDiagramError, ValueError):
    """An enumeration that would be larger than the limit that was set for it."""


class ParseError(LearningDiagramError, ValueError):
    """Text that is not a term of the grammar."""


class FileError(LearningDiagramError, OSError):
    """A file that cannot be read or written, or that holds something else."""


class CompileError(LearningDiagramError, ValueError):
    """A learning diagram, and spaces and modules for it, that do not make a loss."""


class ProofError(LearningDiagramError, ValueError):
    """A certificate that is none, or a derivation that does not go through."""


class DataError(LearningDiagramError, ValueError):
    """A batch or a data set that does not fit the learning diagram."""


class FalseAxiom(LearningDiagramError, ValueError):
    """An axiom that the modules break: it was to hold by construction, and numbers say that it does not."""


class NonFiniteTerm(LearningDiagramError, ArithmeticError):
    """A term of the loss that became NaN or infinite in training; `history` holds the steps before."""

    history: object = None


def plural(count: int, noun: str) -> str:
    """A count with its noun.

    >>> plural(1, "row"), plural(2, "row")
    ('1 row', '2 rows')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def brief(value: object) -> str:
    """A value as a message shows it: diagrams and types as they print, anything else by a short repr.

    >>> from learning_diagrams.diagrams.box import Box, Ty
    >>> brief(Ty("x")), brief(Box("f", Ty("x"), Ty("y"))), brief("x")
    ('the type x', 'the diagram f', "'x'")
    """
    if hasattr(value, "inside"):
        text = f"the diagram {value}" if hasattr(value, "then") else f"the type {value or 'I'}"
    else:
        try:
            text = repr(value)
        except (RecursionError, ValueError):  # nested too deep, or a number too long to be written
            text = f"a large {type(value).__name__}"
    return text if len(text) <= 120 else f"{text[:120]}…"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of an `UnknownName` message: the closest known names, or all of them.

    >>> did_you_mean("studnet", ["student", "teacher"])
    "did you mean 'student'? known: 'student', 'teacher'"
    """
    names = sorted(known)
    # The comparison is cubic in what is long, so that a hostile file could make it take hours.
    close = get_close_matches(name[:60], [other for other in names[:500] if len(other) <= 60], n=1)
    listed = ", ".join(map(brief, names[:20])) + (", …" if len(names) > 20 else "") if names else "none"
    return (f"did you mean {close[0]!r}? " if close else "") + f"known: {listed}"


def require_count(name: str, value: object) -> None:
    """Raise `TypeMismatch` for anything but a whole number ≥ 1.

    >>> require_count("ways", 0)
    Traceback (most recent call last):
    ...
    learning_diagrams.errors.TypeMismatch: ways must be a whole number ≥ 1, got 0
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise TypeMismatch(f"{name} must be a whole number ≥ 1, got {brief(value)}")
