"""The trusted checker of certificates. The checker replays each step and does not know the search.

A step by an equation lhs = rhs holds if the current diagram is equal, in the theory alone, to
`before >> bypass @ lhs >> after`, which then becomes `before >> bypass @ rhs >> after`. A proof holds if its steps lead
from the left-hand side of the statement to the right-hand side, and speak only of what the question speaks of. Whoever
trusts a verdict trusts this file, the reader of graphs (certificate.py), the signature, the bare equations and the
trivial axioms of a question (question.py, bare_equation.py, trivial_axiom.py), composition (step.py), the forms of
graphs (theory.py, normal_form.py, symmetric_form.py), and what prints them (display.py).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.equality.theory import THEORIES, Theory, TheoryOps, determinism
from learning_diagrams.errors import LearningDiagramError, LimitExceeded, ProofError, brief, require_count
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation, name_axioms
from learning_diagrams.proof.certificate import COST_OF_A_GRAPH, FORMAT, Reader, Sides
from learning_diagrams.proof.display import more_laws, require_shown, theorem
from learning_diagrams.proof.proof import Verdict
from learning_diagrams.proof.rules.bare_equation import bare, bare_axioms
from learning_diagrams.proof.rules.question import Symbols, require_one_meaning, symbols, symbols_in, symbols_of
from learning_diagrams.proof.rules.step import Step
from learning_diagrams.proof.rules.trivial_axiom import require_trivial

KEYS = {"format", "theory", "sample_spaces", "boxes", "axioms", "lemmas", "statement", "steps"}
BUDGET = 800_000  # wires of all diagrams that a check reads and compares: about a second
MOST_DRAWN = 100_000  # wires in all layers of all diagrams of a verdict: less than a second


def check(
    proof: Any,
    statement: Equation | Constraint | None = None,
    axioms: Mapping[str, Equation | Constraint] | Iterable[Equation | Constraint] | None = None,
    theory: Theory | None = None,
    *,
    signature: Any = (),
    budget: int = BUDGET,
) -> Verdict:
    """Whether a certificate proves its own statement, and the statement that the caller asks for.

    proof : mapping, the certificate as `Proof.to_dict` writes it; or an object with a `to_dict`, such as a `Proof`.
    statement : Equation that the certificate must prove; by default its own statement.
    axioms : equations that the certificate may assume; by default its own axioms. Here and in `statement` a constraint
        stands for its equation everywhere.
    theory : "symmetric", "markov" or "cartesian": the certificate may use the laws of this theory, and no more; by
        default the laws of its own theory, which the verdict names. In "cartesian" kernels are taken for functions.
    signature : boxes, sample spaces or learning diagrams of which the proof may speak, besides statement and axioms.
    budget : int, the wires of all diagrams together that the check may read and compare.

    Raises `ProofError` where `statement` is no equation, `UnknownName` for another theory, `DuplicateName` where two
    asked boxes have one name. A malformed certificate is rejected with a reason.
    """
    statement = bare(statement)
    if statement is not None and not isinstance(statement, Equation):
        raise ProofError(f"statement= takes an Equation(lhs, rhs), got {brief(statement)}")
    require_count("budget=", budget)
    determinism("cartesian" if theory is None else theory)
    allowed, more = None if axioms is None else name_axioms(bare_axioms(axioms)), symbols_in(signature)
    require_one_meaning(symbols_of([*([] if statement is None else [statement]), *(allowed or ())]) | more)
    try:
        data = proof.to_dict() if hasattr(proof, "to_dict") else proof
        checker = _Checker(data, budget)
        if theory is not None and THEORIES.index(checker.theory) > THEORIES.index(theory):
            return Verdict(False, more_laws(checker.theory, theory))
        return checker.verdict(statement, allowed, more)
    except LearningDiagramError as error:
        return Verdict(False, str(error))
    except RecursionError:
        return Verdict(False, "the certificate is nested too deeply")


class _Checker:
    def __init__(self, data: Any, budget: int = BUDGET) -> None:
        if not isinstance(data, Mapping) or data.get("format") != FORMAT:
            value = data.get("format") if isinstance(data, Mapping) else data
            hint = "; learning-diagrams check-proof reads countermodels" if value == "countermodel/1" else ""
            raise ProofError(f"format: expected {FORMAT!r}, got {brief(value)}{hint}")
        if strange := KEYS.symmetric_difference(data):
            raise ProofError(f"key {brief(sorted(map(str, strange))[0])} is missing or unknown")
        if (theory := data["theory"]) not in THEORIES:
            raise ProofError(f"theory: there is no theory {brief(theory)}")
        self.data, self.theory, self.ops = data, theory, TheoryOps(theory)
        self.budget, self.left, self.ops.spend = budget, budget, self.spend
        self.reader = Reader(data["boxes"], data["sample_spaces"], self.spend)
        self.known: dict[str, Sides] = {}
        self.wires = MOST_DRAWN * max(1, budget // BUDGET)

    def verdict(
        self, wanted: Equation | None, allowed: tuple[Equation, ...] | None, more: Symbols | None = None
    ) -> Verdict:
        axioms, lemmas = self.data["axioms"], self.data["lemmas"]
        if not isinstance(axioms, Mapping) or not all(isinstance(name, str) for name in axioms):
            raise ProofError(f"axioms: expected a mapping from names to equations, got {brief(axioms)}")
        for name, entry in axioms.items():
            require_shown(name, "axioms")
            self.known[name] = self.equation(entry, f"axioms.{name}", {"lhs", "rhs"})
        goal = self.equation(self.data["statement"], "statement", {"lhs", "rhs"})
        if wanted is not None and self.forms(goal) != self.forms(self.read(wanted)):
            return Verdict(False, "statement: this is another statement than the requested statement")
        question = symbols(goal if wanted is None else wanted.graphs) | (more or {})
        for sides in self.known.values() if allowed is None else (axiom.graphs for axiom in allowed):
            question |= symbols(sides)
        if allowed is not None:
            assumable = {self.forms(self.read(axiom)) for axiom in allowed}
            for name, sides in self.known.items():
                forms = self.forms(sides)
                if forms not in assumable:
                    require_trivial(sides, forms[2] == forms[3], question, f"axioms.{name}")
        self.reader.question = question
        if not isinstance(lemmas, list | tuple):
            raise ProofError(f"lemmas: expected a list, got {brief(lemmas)}")
        for i, entry in enumerate(lemmas):
            place = f"lemmas[{i}]"
            sides = self.equation(entry, place, {"name", "lhs", "rhs", "steps"})
            name = entry["name"]
            if not isinstance(name, str) or name in self.known:
                raise ProofError(f"{place}.name: expected a name that no axiom and no earlier lemma has")
            self.replay(sides, entry["steps"], f"{place}.steps")
            self.known[name] = sides
        self.replay(goal, self.data["steps"], "steps")
        assumed = {name: self.drawn(self.known[name], f"axioms.{name}", name) for name in axioms}
        proved = self.drawn(goal, "statement")
        return Verdict(True, f"proved: {theorem(proved, assumed, self.theory)}", self.theory, proved, assumed)

    def equation(self, entry: Any, place: str, keys: set[str]) -> Sides:
        if not isinstance(entry, Mapping) or keys.symmetric_difference(entry):
            raise ProofError(f"{place}: expected a mapping with {', '.join(sorted(keys))}; got {brief(entry)}")
        sides = self.reader.sides(entry, place)
        for graph in sides:
            self.require_linear(graph, place)
        return sides

    def replay(self, goal: Sides, steps: Any, place: str) -> None:
        """Raise `ProofError` unless the steps lead from the left-hand side to the right-hand side."""
        if not isinstance(steps, list | tuple):
            raise ProofError(f"{place}: expected a list, got {brief(steps)}")
        here = self.form(goal[0])
        for i, entry in enumerate(steps):
            where = f"{place}[{i}]"
            step = self.reader.step(entry, where)
            if step.name not in self.known:
                raise ProofError(f"{where}.by: {brief(step.name)} is neither an axiom nor an earlier lemma")
            source, target = self.known[step.name][:: -1 if step.backwards else 1]
            for context in (step.before, step.after):
                self.require_linear(context, where)  # each by itself: copies could be discarded on the other side
            if self.form(self.around(step, source, goal[0], where)) != here:
                raise ProofError(f"{where}: the side of the equation does not occur at the place of the step")
            here = self.form(self.around(step, target, goal[0], where))
        if here != self.form(goal[1]):
            raise ProofError(f"{place}: the steps end in another diagram than the right-hand side")

    def around(self, step: Step, side: PortGraph, goal: PortGraph, place: str) -> PortGraph:
        """The graph `before >> bypass @ side >> after`, with the type of the goal."""
        before, after = step.before, step.after
        cut = max(len(before.cod) - len(side.dom), 0)
        ends = (before.dom, before.cod[cut:], before.cod[:cut] @ side.cod, after.cod)
        if ends != (goal.dom, side.dom, after.dom, goal.cod):
            raise ProofError(f"{place}: before, the equation and after do not compose")
        return step.around(side)

    def require_linear(self, graph: PortGraph, place: str) -> None:
        if self.ops.linear and not graph.is_linear:
            raise ProofError(f"{place}: in the theory symmetric each wire is used exactly once")

    def spend(self, wires: int, place: str = "steps") -> None:
        self.left -= wires
        if self.left < 0:
            raise ProofError(f"{place}: checking takes more than the budget of {self.budget:,} wires; raise budget=")

    def form(self, graph: PortGraph) -> Hashable:
        self.spend(COST_OF_A_GRAPH + 2 * len(graph.boxes) + sum(map(len, graph.arguments)) + len(graph.outputs))
        return self.ops.form(graph)

    def read(self, equation: Equation) -> Sides:
        return self.ops.graph(equation.lhs), self.ops.graph(equation.rhs)

    def forms(self, sides: Sides) -> tuple[Hashable, ...]:
        """A value that is equal for parallel sides that are equal in the theory, each to each."""
        return sides[0].dom, sides[0].cod, self.form(sides[0]), self.form(sides[1])

    def drawn(self, sides: Sides, place: str, name: str = "") -> Equation:
        """The equation as diagrams for the verdict, within a limit: a short certificate can take long to draw."""
        diagrams: list[Diagram] = []
        for graph in sides:
            try:
                diagrams.append(graph.to_diagram(self.wires))
            except LimitExceeded as error:
                raise ProofError(f"{place}: {error}") from None
            wires = sum(len(layer.dom) for layer in diagrams[-1].inside)
            self.wires -= wires
            self.spend(wires * self.reader.longest_name // 10, place)  # to print
        return Equation(diagrams[0], diagrams[1], name)
