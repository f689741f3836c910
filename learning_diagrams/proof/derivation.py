"""Derivations by hand: the user rewrites a diagram step by step.

>>> from learning_diagrams.diagrams.box import Box, Id, Ty
>>> x = Ty("x")
>>> f, g = Box("f", x, x), Box("g", x, x)
>>> derivation = Derivation(f >> g >> f >> g, {"inverse": Equation(f >> g, Id(x))})
>>> [str(diagram) for diagram in derivation.options("inverse")]
['f >> g']
>>> print(derivation.rewrite("inverse").rewrite("inverse").diagram)
Id(x)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from discopy import markov

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.drawing.drawn import Drawn
from learning_diagrams.equality.theory import Theory, TheoryOps
from learning_diagrams.errors import LimitExceeded, ProofError, TypeMismatch, UnknownName, brief, did_you_mean, plural
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.proof.premises import Premises
from learning_diagrams.proof.proof import Proof
from learning_diagrams.proof.rewriting.instantiation import terms_of, with_discards
from learning_diagrams.proof.rewriting.matching import Budget, HostGraph
from learning_diagrams.proof.rewriting.rewriting import rewrites
from learning_diagrams.proof.rewriting.search import find_steps
from learning_diagrams.proof.rules.question import require_one_meaning, symbols, symbols_of
from learning_diagrams.proof.rules.rule import Rule, rules
from learning_diagrams.proof.rules.step import Step, after

if TYPE_CHECKING:  # pictures are made when someone asks for one
    from learning_diagrams.drawing.elements.svg import Scene
    from learning_diagrams.drawing.strings.pen import Direction

PLACES = 2_000  # tried for a use of an equation by hand


@dataclass(frozen=True, repr=False)
class Derivation(Drawn):
    """A diagram and the steps from a start; each `rewrite` returns a new derivation.

    axioms : equations by name or in a list, constraints for their equations everywhere, and proofs as lemmas.
    steps : tuple of Step, which `rewrite` makes.

    Raises `TypeMismatch` for a start that is no diagram, `DuplicateName` for two boxes of one name.
    """

    start: Diagram
    axioms: Mapping[str, Equation | Constraint | Proof] | Iterable[Equation | Constraint | Proof]
    theory: Theory = "markov"
    steps: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.start, markov.Diagram):
            raise TypeMismatch(f"a derivation starts at a diagram, got {brief(self.start)}")
        if not isinstance(self.axioms, Premises):  # else a step before this one has read them
            premises = Premises.read(self.axioms, self.theory)
            require_one_meaning(symbols([self.start]) | symbols_of(premises.equations.values()))
            object.__setattr__(self, "axioms", premises)

    @property
    def diagram(self) -> Diagram:
        """The current diagram."""
        return TheoryOps(self.theory).reduce(self._graph).to_diagram()

    def options(self, name: str, backwards: bool = False) -> list[Diagram]:
        """The results of a use of an equation, without repetition, nearest to the outputs first.

        Raises `UnknownName` where no axiom or lemma has this name, `TypeMismatch` for a name that is not a string, and
        `LimitExceeded` for too many places.
        """
        return [graph.to_diagram() for _, graph in self._options(name, backwards)]

    def rewrite(self, name: str, at: int = 0, backwards: bool = False) -> Derivation:
        """Use an equation at a place that `options` lists.

        Raises as `options`, and `TypeMismatch` and `ProofError` for a place that is not a number or does not exist.
        """
        if isinstance(at, bool) or not isinstance(at, int):
            raise TypeMismatch(f"at= takes the number of a place, counted from 0 as in options(name), got {brief(at)}")
        options = self._options(name, backwards)
        if not 0 <= at < len(options):
            way, places = ", backwards," if backwards else "", plural(len(options), "place")
            hint = f"options({name!r}) lists them" if options else "try the other way, backwards=, or reach(…)"
            raise ProofError(f"{name}{way} applies at {places} of {self.diagram}; there is no place {at}; {hint}")
        return replace(self, steps=(*self.steps, options[at][0]))

    def reach(self, diagram: Diagram, budget: int = 2_000) -> Derivation:
        """Search for few steps to another diagram; `ProofError` where a budget, in diagrams, does not suffice."""
        goal = Equation(self.diagram, diagram)
        steps = find_steps(goal, self._premises.about(Equation(self.start, diagram)), self.theory, Budget(budget))
        if steps is None:
            raise ProofError(
                f"no steps from {self.diagram} to {diagram} were found among {budget:,} diagrams; give a nearer "
                "diagram or a larger budget=, and ask prove(Equation(…), axioms) for a countermodel of the step"
            )
        return replace(self, steps=(*self.steps, *steps))

    def proof(self, rhs: Diagram | None = None, name: str = "") -> Proof:
        """The proof that the start equals the current diagram, or `rhs`; `ProofError` where the two differ."""
        ops = TheoryOps(self.theory)
        end = ops.reduce(self._graph)
        if rhs is not None and ops.key(ops.read(rhs)) != ops.key(end):
            raise ProofError(f"the derivation has got to {self.diagram}, which is not {rhs}; .reach it first")
        statement = Equation(self.start, end.to_diagram() if rhs is None else rhs, name)
        return self._premises.proof(statement, self.steps)

    def __str__(self) -> str:
        return str(self.proof())

    def _drawing(self, direction: Direction, notation: Mapping[Any, str]) -> tuple[Scene, str, str]:
        return self.proof()._drawing(direction, notation)

    @property
    def _premises(self) -> Premises:
        return cast(Premises, self.axioms)  # `__post_init__` has read them

    @property
    def _graph(self) -> PortGraph:
        ops = TheoryOps(self.theory)
        return after(self.steps[-1], self._premises.equations, ops) if self.steps else ops.graph(self.start)

    def _hosts(self, rule: Rule, ops: TheoryOps) -> Iterator[HostGraph]:
        """The diagram; then, for variables on one side of the rule, the diagram with discarded and closed terms."""
        written = self._graph
        graph = ops.reduce(written)
        yield HostGraph(graph, ops)
        if rule.is_open:
            sides = [side for axiom in self._premises.axioms.values() for side in axiom.diagrams]
            whole = with_discards(written, terms_of([self.start, *sides], ops), ops)
            if len(whole.boxes) > len(graph.boxes):
                yield HostGraph(whole, ops, len(graph.boxes))

    def _options(self, name: str, backwards: bool) -> list[tuple[Step, PortGraph]]:
        equations = self._premises.equations
        if not isinstance(name, str):
            raise TypeMismatch(f"an equation is used by its name, a string; got {brief(name)}")
        if name not in equations:
            raise UnknownName(f"no equation is named {name!r}; {did_you_mean(name, equations)}")
        ops = TheoryOps(self.theory)
        rule = rules(name, equations[name], ops)[backwards]
        reached: dict[Any, tuple[Step, PortGraph]] = {}
        budget = Budget(PLACES)
        for host in self._hosts(rule, ops):
            for step, rewritten in rewrites(host, rule, budget):
                graph = ops.reduce(rewritten)
                reached.setdefault(ops.key(graph), (step, graph))
        if budget.exhausted:
            hint = "say where by an axiom with fewer wires that it does not read, or go on by reach(diagram)"
            raise LimitExceeded(f"{name} may apply at more than {PLACES:,} places of {self.diagram}; {hint}")
        return list(reached.values())
