"""Equations between paths, decided by completion. A path is a row of boxes, each from one wire to one wire.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> x = Ty("x")
>>> a = Box("a", x, x)
>>> power = lambda n: Id(x).then(*[a] * n)
>>> answer = decide(Equation(a, Id(x)), {"4": Equation(power(4), Id(x)), "6": Equation(power(6), Id(x))}, "markov", 100)
>>> answer.proof, answer.reason
(None, 'completion ended with 1 rule, by which the two sides have different normal forms: a and Id(x)')
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from discopy import markov

from learning_diagrams.diagrams.box import Diagram, Id
from learning_diagrams.diagrams.labels import label
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.equality.decision import equal
from learning_diagrams.equality.theory import Theory
from learning_diagrams.errors import LimitExceeded, plural
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.proof.certificate import displayed
from learning_diagrams.proof.premises import Premises
from learning_diagrams.proof.proof import Proof
from learning_diagrams.proof.rules.step import Step
from learning_diagrams.proof.words.completion import WordStep, complete
from learning_diagrams.proof.words.word_derivation import Word


@dataclass(frozen=True)
class Answer:
    """A proof, or the reason why no proof exists, or neither where the completion did not end."""

    proof: Proof | None = None
    reason: str = ""


def decide(goal: Equation, axioms: Mapping[str, Equation], theory: Theory, limit: int) -> Answer | None:
    """The answer whether an equation between paths follows from others; None where a side is not a path.

    An axiom that the theory proves is left out where it is not about paths.

    goal, axioms : Equation, and mapping from str to Equation.
    limit : int, the limit of the completion, in rules and comparisons.
    """
    reader = _Reader()
    sides = {name: reader.sides(equation) for name, equation in axioms.items()}
    goal_sides = reader.sides(goal)
    if goal_sides is None or not reader.distinct:
        return None
    equations = {name: words for name, words in sides.items() if words is not None}
    others = (axiom for name, axiom in axioms.items() if name not in equations)
    if not all(equal(axiom.lhs, axiom.rhs, theory) for axiom in others):
        return None
    try:
        completion = complete(equations, limit)
        derivation = completion.lemmas(*goal_sides, limit=limit)
        if derivation is None and completion.converged:
            forms = (reader.diagram(completion.normal_form(w, limit=limit), goal.lhs) for w in goal_sides)
            verdict = f"completion ended with {plural(len(completion.rules), 'rule')}, by which the two sides have "
            return Answer(reason=verdict + "different normal forms: {} and {}".format(*forms))
    except LimitExceeded:
        return Answer()
    if derivation is None:
        return Answer()
    lemmas, steps = derivation
    proofs: dict[str, Proof] = {}
    for lemma in lemmas:
        statement = Equation(*reader.parallel(lemma.lhs, lemma.rhs), lemma.name)
        used = [reader.step(step, statement.lhs, equations) for step in lemma.steps]
        proofs[lemma.name] = Premises(theory, axioms, proofs).proof(statement, used)
        equations[lemma.name] = lemma.lhs, lemma.rhs
    used = [reader.step(step, goal.lhs, equations) for step in steps]
    return Answer(Premises(theory, axioms, proofs).proof(goal, used))


def path_rules(
    goal: Equation, axioms: Iterable[Equation], limit: int
) -> tuple[tuple[markov.Box, ...], tuple[Equation, ...]] | None:
    """The boxes of some equations between paths, from the least to the greatest, and the rules of their completion.

    The result is None where a side is not a path, or the completion does not end within the limit.

    >>> from learning_diagrams.diagrams.box import Box, Ty
    >>> a = Box("a", Ty("x"), Ty("x"))
    >>> path_rules(Equation(a, a), [Equation(a >> a >> a >> a, a), Equation(a >> a >> a, a)], 100)[1]
    (Equation(a >> a = a),)
    """
    reader = _Reader()
    sides = {str(number): reader.sides(axiom) for number, axiom in enumerate(axioms)}
    equations = {name: words for name, words in sides.items() if words is not None}
    if len(equations) < len(sides) or reader.sides(goal) is None or not reader.distinct:
        return None
    completion = complete(equations, limit)
    if not completion.converged:
        return None
    rules = tuple(Equation(*reader.parallel(*rule)) for rule in completion.rules)
    return reader.boxes(completion.letters), rules


class _Reader:
    """Reads paths as words of names, and words as paths."""

    def __init__(self) -> None:
        self._boxes: dict[Hashable, markov.Box] = {}
        self.distinct = True  # whether boxes of the same name are equal

    def sides(self, equation: Equation) -> tuple[Word, Word] | None:
        lhs, rhs = map(self._word, equation.graphs)
        return None if lhs is None or rhs is None else (lhs, rhs)

    def _word(self, graph: PortGraph) -> Word | None:
        if len(graph.dom) != 1 or len(graph.cod) != 1:
            return None
        word, wire = [], 0
        for i, (box, arguments) in enumerate(zip(graph.boxes, graph.arguments, strict=True)):
            if len(box.dom) != 1 or len(box.cod) != 1 or arguments != (wire,):
                return None
            wire = i + 1
            name = displayed(box)
            self.distinct = self.distinct and label(self._boxes.setdefault(name, box)) == label(box)
            word.append(name)
        return tuple(word) if graph.outputs == (wire,) else None

    def boxes(self, word: Sequence[Hashable]) -> tuple[markov.Box, ...]:
        return tuple(self._boxes[name] for name in word)

    def diagram(self, word: Sequence[Hashable], like: Diagram) -> Diagram:
        """The path of a word from the domain of a diagram."""
        return Id(like.dom).then(*self.boxes(word))

    def parallel(self, lhs: Sequence[Hashable], rhs: Sequence[Hashable]) -> tuple[Diagram, Diagram]:
        """The paths of two words that are not both empty."""
        dom = Id(self._boxes[(lhs or rhs)[0]].dom)
        return self.diagram(lhs, dom), self.diagram(rhs, dom)

    def step(self, step: WordStep, start: Diagram, equations: Mapping[str, tuple[Word, Word]]) -> Step:
        """The step of diagrams for a use of an equation at a position of a word."""
        source = equations[step.equation][0 if step.forward else 1]
        before = self.diagram(step.before[: step.position], start)
        whole = before.then(*self.boxes(source))
        after = self.diagram(step.before[step.position + len(source) :], Id(whole.cod))
        return Step(step.equation, not step.forward, *map(PortGraph.from_diagram, (before, after)))
