"""Learning diagrams: training setups written as string diagrams and the equations that training is to make true.

This module is a door: names are imported from their files when they are first used, so that `import
learning_diagrams` is quick and never loads a tensor library.

>>> import learning_diagrams as ld
>>> ld.Ty("x") @ ld.Ty("y")
monoidal.Ty(cat.Ob('x'), cat.Ob('y'))
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

from learning_diagrams.moved import OldPaths

if TYPE_CHECKING:
    from learning_diagrams.composition.colimits import Colimit, colimit, coproduct, pushout
    from learning_diagrams.composition.morphism import Morphism
    from learning_diagrams.composition.square import Square
    from learning_diagrams.diagrams.box import Box, Diagram, Id, Kernel, Ty
    from learning_diagrams.diagrams.sample_space import SampleSpace
    from learning_diagrams.diagrams.structure import Copy, Discard, Swap
    from learning_diagrams.diagrams.tracing import apply, diagram
    from learning_diagrams.equality.canonical_form import digest
    from learning_diagrams.equality.decision import equal
    from learning_diagrams.errors import (
        CompileError,
        DataError,
        DuplicateName,
        FalseAxiom,
        FileError,
        InvalidWeight,
        LearningDiagramError,
        LimitExceeded,
        NonFiniteTerm,
        ParseError,
        ProofError,
        TypeMismatch,
        UnknownName,
    )
    from learning_diagrams.files.load_save import load, save
    from learning_diagrams.files.plan import Plan, Stage
    from learning_diagrams.learning_diagram import LearningDiagram
    from learning_diagrams.presentation.constraint import Constraint
    from learning_diagrams.presentation.equation import Equation
    from learning_diagrams.presentation.path_equation import path_equations
    from learning_diagrams.proof.checker import check
    from learning_diagrams.semantics.reasoning.interpretation import Interpretation, interprets
    from learning_diagrams.semantics.reasoning.proving import prove
    from learning_diagrams.semantics.reasoning.review import minimal, review
    from learning_diagrams.terms.parser import parse
    from learning_diagrams.terms.printer import print_term

__version__ = "0.1.0"
sys.meta_path.insert(0, OldPaths())

_FILES = {
    "diagrams.box": ("Ty", "Box", "Kernel", "Diagram", "Id"),
    "diagrams.structure": ("Swap", "Copy", "Discard"),
    "diagrams.sample_space": ("SampleSpace",),
    "equality.decision": ("equal",),
    "equality.canonical_form": ("digest",),
    "presentation.equation": ("Equation",),
    "presentation.constraint": ("Constraint",),
    "learning_diagram": ("LearningDiagram",),
    "composition.morphism": ("Morphism",),
    "composition.colimits": ("colimit", "coproduct", "pushout", "Colimit"),
    "composition.square": ("Square",),
    "diagrams.tracing": ("diagram", "apply"),
    "presentation.path_equation": ("path_equations",),
    "terms.parser": ("parse",),
    "files.load_save": ("load", "save"),
    "files.plan": ("Plan", "Stage"),
    "terms.printer": ("print_term",),
    "proof.checker": ("check",),
    "semantics.reasoning.proving": ("prove",),
    "semantics.reasoning.interpretation": ("interprets", "Interpretation"),
    "semantics.reasoning.review": ("minimal", "review"),
    "errors": (
        "LearningDiagramError",
        "TypeMismatch",
        "UnknownName",
        "DuplicateName",
        "InvalidWeight",
        "LimitExceeded",
        "ParseError",
        "ProofError",
        "FileError",
        "CompileError",
        "DataError",
        "FalseAxiom",
        "NonFiniteTerm",
    ),
}
_FILE_OF = {name: file for file, names in _FILES.items() for name in names}

__all__ = [
    "Box",
    "Colimit",
    "CompileError",
    "Constraint",
    "Copy",
    "DataError",
    "Diagram",
    "Discard",
    "DuplicateName",
    "Equation",
    "FalseAxiom",
    "FileError",
    "Id",
    "Interpretation",
    "InvalidWeight",
    "Kernel",
    "LearningDiagram",
    "LearningDiagramError",
    "LimitExceeded",
    "Morphism",
    "NonFiniteTerm",
    "ParseError",
    "Plan",
    "ProofError",
    "SampleSpace",
    "Square",
    "Stage",
    "Swap",
    "Ty",
    "TypeMismatch",
    "UnknownName",
    "apply",
    "check",
    "colimit",
    "coproduct",
    "diagram",
    "digest",
    "equal",
    "interprets",
    "load",
    "minimal",
    "parse",
    "path_equations",
    "print_term",
    "prove",
    "pushout",
    "review",
    "save",
]


def __getattr__(name: str) -> object:
    if name not in _FILE_OF:
        raise AttributeError(f"module 'learning_diagrams' has no attribute {name!r}")
    value = getattr(import_module(f"learning_diagrams.{_FILE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
