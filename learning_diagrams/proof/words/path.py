"""Equations between paths, decided by completion. A path is a row of boxes, each from one wire to one wire.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> x = Ty("x")
>>> a = Box("a", x, x)
>>> power = lambda n: Id(x).then(*[a] * n)
>>> decide(Equation(a, Id(x)), {"4": Equation(power(4), Id(x)), "6": Equation(power(6), Id(x))}, "markov", 100)
'completion ended with 1 rule, by which the two sides have different normal forms: a and Id(x)'
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence

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


def decide(goal: Equation, axioms: Mapping[str, Equation], theory: Theory, limit: int) -> Proof | str | None:
    """A proof of an equation between paths from others, or the reason why no proof exists.

    The answer is None where the completion does not end within the limit, in rules and comparisons, or a side is not a
    path. An axiom that the theory proves is left out where it is not about paths.
    """
    reader = _Reader(goal, axioms)
    equations = reader.equations
    others = (axiom for name, axiom in axioms.items() if name not in equations)
    if reader.goal is None or not all(equal(axiom.lhs, axiom.rhs, theory) for axiom in others):
        return None
    try:
        completion = complete(equations, limit)
        derivation = completion.lemmas(*reader.goal, limit=limit)
        if derivation is None and completion.converged:
            forms = (reader.diagram(completion.normal_form(w, limit=limit), goal.lhs) for w in reader.goal)
            verdict = f"completion ended with {plural(len(completion.rules), 'rule')}, by which the two sides have "
            return verdict + "different normal forms: {} and {}".format(*forms)
    except LimitExceeded:
        return None
    if derivation is None:
        return None
    lemmas, steps = derivation
    proofs: dict[str, Proof] = {}
    for lemma in lemmas:
        statement = Equation(*reader.parallel(lemma.lhs, lemma.rhs), lemma.name)
        used = [reader.step(step, statement.lhs, equations) for step in lemma.steps]
        proofs[lemma.name] = Premises(theory, axioms, proofs).proof(statement, used)
        equations[lemma.name] = lemma.lhs, lemma.rhs
    used = [reader.step(step, goal.lhs, equations) for step in steps]
    return Premises(theory, axioms, proofs).proof(goal, used)


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
    named = {str(number): axiom for number, axiom in enumerate(axioms)}
    reader = _Reader(goal, named)
    if reader.goal is None or len(reader.equations) < len(named):
        return None
    completion = complete(reader.equations, limit)
    if not completion.converged:
        return None
    rules = tuple(Equation(*reader.parallel(*rule)) for rule in completion.rules)
    return reader.boxes(completion.letters), rules


class _Reader:
    """Reads paths as words of names, and words as paths.

    equations : the axioms between paths, as words.
    goal : the words of the goal; None where a side is not a path, or two boxes of one name are different.
    """

    def __init__(self, goal: Equation, axioms: Mapping[str, Equation]) -> None:
        self._boxes: dict[Hashable, markov.Box] = {}
        self._distinct = True
        sides = {name: self._sides(axiom) for name, axiom in axioms.items()}
        self.equations = {name: words for name, words in sides.items() if words is not None}
        own = self._sides(goal)
        self.goal = own if self._distinct else None

    def _sides(self, equation: Equation) -> tuple[Word, Word] | None:
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
            self._distinct = self._distinct and label(self._boxes.setdefault(name, box)) == label(box)
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
