"""A refutation: a model that satisfies some axioms and breaks a goal, so that the goal does not follow.

>>> from learning_diagrams.diagrams.box import Box, Id, Ty
>>> from learning_diagrams.diagrams.labels import label
>>> x = Ty("x")
>>> a, flip = Box("a", x, x), {(0,): {(1,): 1}, (1,): {(0,): 1}}
>>> model = FiniteModel("markov", {"x": 2}, {label(a): flip})
>>> goal, axioms = Equation(a, Id(x)), (Equation(a >> a, Id(x)),)
>>> Refutation(goal, axioms, "markov", model, (0,), (1,), Fraction(1), Fraction(0)).verify()
True
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.labels import object_names
from learning_diagrams.drawing.drawn import Drawn
from learning_diagrams.equality.decision import equal
from learning_diagrams.equality.separation import brief_weight
from learning_diagrams.equality.theory import Theory
from learning_diagrams.errors import TypeMismatch
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.proof.display import Display
from learning_diagrams.semantics.models.finite_model import FiniteModel, shown_elements
from learning_diagrams.semantics.models.joint_distribution import Elements
from learning_diagrams.semantics.models.model_check import fault
from learning_diagrams.semantics.models.paths.term_model import TermModel
from learning_diagrams.semantics.models.paths.term_model_check import term_model_fault

if TYPE_CHECKING:
    from learning_diagrams.drawing.elements.svg import Scene
    from learning_diagrams.drawing.strings.pen import Direction

MOST_AXIOMS = 12  # in a picture


@dataclass(frozen=True, repr=False)
class Refutation(Drawn):
    """A model that satisfies axioms and tells the sides of a goal apart: no proof exists. Its truth value is false.

    axioms : tuple of Equation, without those that the theory proves; c = c says that the model has a box c.
    model : FiniteModel, the sets and tables; or TermModel, whose elements are paths in normal form.
    inputs, outcome : tuples of int, or of paths, elements of the domain and of the codomain of the goal.
    lhs, rhs : Fraction, the weight of the outcome given the inputs on each side: a probability, in "symmetric" a
        natural number.
    nodes : int, how many rows the search for finite models tried before this model.
    """

    goal: Equation
    axioms: tuple[Equation, ...]
    theory: Theory
    model: FiniteModel | TermModel
    inputs: Elements | tuple[Diagram, ...]
    outcome: Elements | tuple[Diagram, ...]
    lhs: Fraction
    rhs: Fraction
    nodes: int = field(default=0, compare=False)

    def __bool__(self) -> bool:
        return False

    def verify(self) -> bool:
        """Check all axioms, and the goal at its inputs, by an own evaluator; `LimitExceeded` after some seconds."""
        return self.fault() is None

    def fault(self) -> str | None:
        """The first fault of this refutation, or None for a true refutation; raises as `verify`."""
        model = self.model
        claim: Any = (self.axioms, self.goal, self.inputs, self.outcome, (self.lhs, self.rhs))
        if isinstance(model, TermModel):
            return term_model_fault(self.theory, model.letters, model.rules, *claim)
        return fault(self.theory, model.deterministic, model.sizes, model.rows, *claim)

    def _drawing(self, direction: Direction, notation: Mapping[Any, str]) -> tuple[Scene, str, str]:
        from learning_diagrams.drawing.elements.label import phrase
        from learning_diagrams.drawing.elements.look import diagram_text, named_looks
        from learning_diagrams.drawing.page.equations import Row, row_of
        from learning_diagrams.drawing.tables.separation import difference_line, separation_scene, side_tables
        from learning_diagrams.drawing.tables.table import elements_text

        model, sides = self.model, []
        claim: tuple[Any, Any] = (self.inputs, self.outcome)
        looks = named_looks([graph for e in (self.goal, *self.axioms) for graph in e.graphs], notation)
        rows = [replace(row_of(axiom), name=axiom.name or "axiom") for axiom in self.axioms[:MOST_AXIOMS]]
        rows.append(Row("goal", self.goal.graphs, (), is_axiom=True, sign="≠"))
        if isinstance(model, FiniteModel):
            lhs = self.goal.lhs
            dom, cod = ([model.size(name) for name in object_names(ty)] for ty in (lhs.dom, lhs.cod))
            sides = side_tables(dom, cod, [partial(model.weights, side) for side in self.goal.diagrams], claim)
        else:
            claim = ([diagram_text(path, looks) for path in claim[0]], [diagram_text(path, looks) for path in claim[1]])
        inputs, outcome = map(elements_text, (0, 1), claim)
        line = difference_line(phrase("input ", inputs), outcome, (self.lhs, self.rhs))
        title = "the goal does not follow from the axioms" if self.axioms else "the sides are not equal"
        return separation_scene(rows, model.tables(looks), looks, direction, sides, line), title, str(self)

    def __str__(self) -> str:
        weight = "weight" if self.theory == "symmetric" else "probability"
        inputs, outcome = map(shown_elements, (self.inputs, self.outcome))
        lhs, rhs = map(brief_weight, (self.lhs, self.rhs))
        display = Display(graph for equation in (self.goal, *self.axioms) for graph in equation.graphs)
        goal = f"{display.equation(self.goal)} does not follow from the axioms in the theory {self.theory}"
        model = "".join(f"\n  {line}" for line in str(self.model).splitlines())
        sides = f"{weight} {lhs} on the left-hand side, {rhs} on the right-hand side"
        shown = f"this model satisfies them and tells its sides apart:{model}"
        return f"{goal}; {shown}\ngiven {inputs}, the outcome {outcome} has {sides}"


def have_same_sides(asked: Equation, written: Equation, theory: Theory, deterministic: Iterable[str] = ()) -> bool:
    """Whether two equations have equal sides in a theory, each to each."""
    try:
        pairs = zip(asked.diagrams, written.diagrams, strict=True)
        return all(equal(side, other, theory, deterministic) for side, other in pairs)
    except TypeMismatch:  # not parallel
        return False
