"""Errors: their kinds, their wording, and the requirements that raise them."""

from learning_diagrams.errors.kinds import (
    CompileError,
    DataError,
    DuplicateName,
    FalseAxiom,
    FileError,
    InvalidWeight,
    LearningDiagramError,
    LimitExceeded,
    NonFiniteGradient,
    NonFiniteTerm,
    ParseError,
    ProcessError,
    ProofError,
    TypeMismatch,
    UnknownName,
)
from learning_diagrams.errors.requirement import require_count, require_flag
from learning_diagrams.errors.wording import brief, did_you_mean, kind, plural, printable

__all__ = [
    "CompileError",
    "DataError",
    "DuplicateName",
    "FalseAxiom",
    "FileError",
    "InvalidWeight",
    "LearningDiagramError",
    "LimitExceeded",
    "NonFiniteGradient",
    "NonFiniteTerm",
    "ParseError",
    "ProcessError",
    "ProofError",
    "TypeMismatch",
    "UnknownName",
    "brief",
    "did_you_mean",
    "kind",
    "plural",
    "printable",
    "require_count",
    "require_flag",
]
