"""Proofs: derivations of an equation from axioms, printed as text, as LaTeX or as a certificate; and other answers.

>>> from learning_diagrams.diagrams.box import Box, Id, Ty
>>> from learning_diagrams.proof.derivation import Derivation
>>> x = Ty("x")
>>> f, g = Box("f", x, x), Box("g", x, x)
>>> print(Derivation(f >> g >> f, {"inverse": Equation(f >> g, Id(x))}).rewrite("inverse").proof())
f >> g >> f = f in the theory markov, by 1 step
    f >> g >> f
  = f    by inverse
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.symbol import Symbol
from learning_diagrams.drawing.drawn import Drawn
from learning_diagrams.equality.theory import Theory, TheoryOps
from learning_diagrams.errors import plural, require_count
from learning_diagrams.errors.short_text import Printed
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.presentation.notation import notation_for
from learning_diagrams.proof.certificate import FORMAT, Writer
from learning_diagrams.proof.display import Display, require_shown, shown_title
from learning_diagrams.proof.part import ends_of, part_name
from learning_diagrams.proof.rules.assumptions import spoken_axioms
from learning_diagrams.proof.rules.step import Step, after
from learning_diagrams.proof.tex_rows import COLUMNS, align
from learning_diagrams.terms.latex_text import latex

if TYPE_CHECKING:  # pictures are made when someone asks for one
    from learning_diagrams.drawing.elements.svg import Scene
    from learning_diagrams.drawing.strings.pen import Direction


@dataclass(frozen=True, repr=False)
class Proof(Drawn):
    """A derivation of an equation from axioms. Its truth value is true.

    steps : tuple of Step, from the left-hand side to the right-hand side.
    axioms : mapping from str to Equation, the axioms of the steps and of the lemmas.
    lemmas : mapping from str to Proof, the lemmas of the steps; a lemma comes after the lemmas that it uses.
    """

    statement: Equation
    theory: Theory
    steps: tuple[Step, ...]
    axioms: Mapping[str, Equation]
    lemmas: Mapping[str, Proof] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._content == other._content

    def __hash__(self) -> int:
        return hash((self.statement, self.theory, len(self.steps), *self.axioms, *self.lemmas))

    def __getitem__(self, steps: slice) -> Proof:
        """Some steps in a row as a proof, such as `proof[0:5]`, whose picture fits a page; lemmas are axioms of it.

        It leads from the diagram before its first step to the diagram behind its last step.

        Raises `TypeMismatch` for what is no slice of steps in a row, `ProofError` for a slice without a step.
        """
        count = len(self.steps)
        first, last = ends_of(steps, count)
        diagrams, taken = list(self.diagrams()), self.steps[first:last]
        rhs = self.statement.rhs if last == count else diagrams[last]  # as it is written
        statement = Equation(diagrams[first], rhs, part_name(self.statement.name, first, last, count))
        names = {step.name for step in taken}
        used = {name: equation for name, equation in self._equations.items() if name in names}
        return Proof(statement, self.theory, taken, spoken_axioms(statement, taken, used, self._equations.values()))

    def to_dict(self) -> dict[str, Any]:
        """The certificate, plain data for `json.dump`. `certificate.py` defines the format, `check` checks the data.

        Raises `ProofError` for box data that no file can hold, two boxes of the same name, and an invisible name.
        """
        for name in self.axioms:
            require_shown(name, "an axiom")
        ops, writer = TheoryOps(self.theory), Writer()

        def sides(equation: Equation) -> dict[str, Any]:
            # As they are written: a normal form drops symbols of the question, and two normal forms may print alike.
            return writer.equation((ops.graph(equation.lhs), ops.graph(equation.rhs)))

        parts = {
            "axioms": {name: sides(axiom) for name, axiom in self.axioms.items()},
            "lemmas": [
                {"name": name, **sides(lemma.statement), "steps": [writer.step(step) for step in lemma.steps]}
                for name, lemma in self.lemmas.items()
            ],
            "statement": sides(self.statement),
            "steps": [writer.step(step) for step in self.steps],
        }  # which fill the list of boxes
        spaces = sorted(writer.sample_spaces)
        return {"format": FORMAT, "theory": self.theory, "sample_spaces": spaces, "boxes": writer.boxes, **parts}

    def diagrams(self) -> Iterator[Diagram]:
        """The diagrams of the derivation, from the left-hand side on: one more than the steps."""
        equations = self._equations
        yield self.statement.lhs
        for step in self.steps:
            ops = TheoryOps(self.theory)
            yield ops.reduce(after(step, equations, ops)).to_diagram()

    def __str__(self) -> str:
        said, *rows = self._lines()
        for name, lemma in self.lemmas.items():
            first, *others = lemma._lines()  # without its lemmas, which stand before it
            said += "\n  ".join([f"\nlemma {shown_title(name)}: {first}", *others])
        return "\n".join([said, *rows])

    def latex(
        self, notation: Mapping[Any, str] = MappingProxyType({}), columns: int = COLUMNS, lemmas: bool = False
    ) -> str:
        """The derivation as LaTeX, an `align*` of amsmath, with a semicolon for `>>` and ⊗ for `@`.

        A derivation of more than 12 lines breaks between pages, by an `\\allowdisplaybreaks` that holds for it alone.

        notation : mapping from boxes, objects, sample spaces or columns, or their names, to LaTeX; such as the notation
            of a learning diagram. The symbols of objects stand in copies and swaps, too, as in `\\mathrm{Copy}(X)`.
        columns : int ≥ 1, about how many letters of a typewriter a line has, with its reason. A longer row goes on in
            the next line. A line of the class article has some 58.
        lemmas : bool, whether the derivations of the lemmas stand before, each under its name.
        """
        require_count("columns=", columns)
        parts = {shown_title(name): lemma for name, lemma in self.lemmas.items()} if lemmas else {}
        written = notation_for([graph for part in (self, *parts.values()) for graph in part._graphs], notation)
        before = [f"\\emph{{Lemma {latex(name)}.}}\n{part._align(written, columns)}\n" for name, part in parts.items()]
        return "\n".join([*before, self._align(written, columns)])

    def _align(self, notation: Mapping[Symbol, str], columns: int) -> str:
        display = self._display
        rows = ((display.latex_layers(term, notation), f"by {latex(why)}" if why else "") for term, why in self._rows())
        return align(rows, columns)

    def _drawing(self, direction: Direction, notation: Mapping[Any, str]) -> tuple[Scene, str, str]:
        from learning_diagrams.drawing.elements.look import named_looks
        from learning_diagrams.proof.proof_picture import Strip, description, picture_of

        looks = named_looks(self._graphs, notation)
        name = self.statement.name or "proof"
        parts = {**{f"lemma {key}": lemma for key, lemma in self.lemmas.items()}, name: self}
        strips = [Strip(heading, part.statement, part.steps) for heading, part in parts.items()]
        return picture_of(strips, self._equations, self.theory, looks, direction), name, description(str(self))

    @property
    def _content(self) -> tuple[Any, ...]:
        """All parts, where each lemma is its statement with its steps: its own lemmas stand before it."""
        lemmas = {name: (lemma.statement, lemma.steps) for name, lemma in self.lemmas.items()}
        return self.statement, self.theory, self.steps, dict(self.axioms), lemmas

    @property
    def _equations(self) -> dict[str, Equation]:
        return {**self.axioms, **{name: lemma.statement for name, lemma in self.lemmas.items()}}

    @property
    def _graphs(self) -> list[PortGraph]:
        graphs = [graph for equation in (self.statement, *self.axioms.values()) for graph in equation.graphs]
        return [*graphs, *(graph for step in self.steps for graph in (step.before, step.after))]

    @property
    def _display(self) -> Display:
        return Display(self._graphs)

    def _lines(self) -> list[str]:
        """The statement, and the rows of its derivation."""
        display = self._display
        said = f"{display.equation(self.statement)} in the theory {self.theory}, by {plural(len(self.steps), 'step')}"
        first, *others = self._rows()
        rows = [f"  = {display.text(term)}    by {why}" for term, why in others]
        return [said, f"    {display.text(first[0])}", *rows]

    def _rows(self) -> Iterator[tuple[Diagram, str]]:
        """The diagrams, each with its reason. Without steps, the right-hand side follows as it is written."""
        reasons = ["", *(shown_title(step.name) + ", backwards" * step.backwards for step in self.steps)]
        yield from zip(self.diagrams(), reasons, strict=True)
        if not self.steps:
            yield self.statement.rhs, "the laws of the theory"


@dataclass(frozen=True, repr=False)
class Unknown(Printed):
    """The result of a search without a proof and without a countermodel. Its truth value is false.

    explored : int, the number of explored diagrams and models.
    """

    goal: Equation
    reason: str
    explored: int

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        goal = Display(self.goal.graphs).equation(self.goal)
        return f"unknown whether {goal}: {self.reason}, {self.explored:,} nodes explored"


@dataclass(frozen=True, repr=False)
class Verdict(Printed):
    """The answer of the checker, which is true if the certificate is accepted.

    accepted : bool, whether the certificate proves its statement and answers the question of `check`.
    reason : str, the proved statement with its assumptions and the types of its boxes, or the place and the reason of
        the rejection.
    theory, statement, axioms : the theory, the proved Equation and the assumed equations by name, as the certificate
        writes them.
    """

    accepted: bool
    reason: str
    theory: str = ""
    statement: Equation | None = None
    axioms: Mapping[str, Equation] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.reason if self.accepted else f"rejected: {self.reason}"

    def __bool__(self) -> bool:
        return self.accepted

    def __hash__(self) -> int:
        return hash((self.accepted, self.reason))
