# ruff: isort: skip_file
from learning_diagrams import schedule as schedule
from learning_diagrams.composition.colimits import (
    Colimit as Colimit,
    colimit as colimit,
    coproduct as coproduct,
    pushout as pushout,
)
from learning_diagrams.composition.differences import Difference as Difference, difference as difference
from learning_diagrams.composition.isomorphism import isomorphic as isomorphic
from learning_diagrams.composition.morphism import Morphism as Morphism
from learning_diagrams.composition.square import Square as Square
from learning_diagrams.diagrams.box import Box as Box, Diagram as Diagram, Id as Id, Kernel as Kernel, Ty as Ty
from learning_diagrams.diagrams.sample_space import SampleSpace as SampleSpace
from learning_diagrams.diagrams.structure import Copy as Copy, Discard as Discard, Swap as Swap
from learning_diagrams.diagrams.tracing import apply as apply, diagram as diagram
from learning_diagrams.drawing.diagram_picture import draw as draw
from learning_diagrams.equality.canonical_form import digest as digest
from learning_diagrams.errors import (
    CompileError as CompileError,
    DataError as DataError,
    DuplicateName as DuplicateName,
    FalseAxiom as FalseAxiom,
    FileError as FileError,
    InvalidWeight as InvalidWeight,
    LearningDiagramError as LearningDiagramError,
    LimitExceeded as LimitExceeded,
    NonFiniteGradient as NonFiniteGradient,
    NonFiniteTerm as NonFiniteTerm,
    ParseError as ParseError,
    ProcessError as ProcessError,
    ProofError as ProofError,
    TypeMismatch as TypeMismatch,
    UnknownName as UnknownName,
)
from learning_diagrams.exercises.graded_exercise import exercise as exercise
from learning_diagrams.files.load_save import load as load, save as save
from learning_diagrams.files.plan import Plan as Plan, Stage as Stage
from learning_diagrams.learning_diagram import LearningDiagram as LearningDiagram
from learning_diagrams.presentation.constraint import Constraint as Constraint
from learning_diagrams.presentation.equation import Equation as Equation
from learning_diagrams.presentation.path_equation import path_equations as path_equations
from learning_diagrams.proof.checker import check as check
from learning_diagrams.semantics.program.latex.mathematics import formula as formula
from learning_diagrams.semantics.reasoning.evidence import equal as equal
from learning_diagrams.semantics.reasoning.interpretation import (
    Interpretation as Interpretation,
    interprets as interprets,
)
from learning_diagrams.semantics.reasoning.proving import prove as prove
from learning_diagrams.semantics.reasoning.diagnosis import minimal as minimal, review as review
from learning_diagrams.terms.parser import parse as parse
from learning_diagrams.terms.printer import print_term as print_term

__version__: str
__all__: list[str]
