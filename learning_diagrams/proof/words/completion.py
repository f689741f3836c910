"""Completion of equations between paths: rules that decide equality where completion ends, and derivations.

A path is the word of its boxes, read from left to right, and the equations present a category. Completion orients each
equation from its greater to its lesser side in shortlex order: the shorter word is less, and words of equal length have
the order of the dictionary. Completion then adds the consequences of two overlapping rules until no consequence is new.
After that, two parallel words are equal exactly when they have the same normal form. Objects are not needed: an overlap
is not empty, so the word in which two paths overlap is a path. Compared words must be parallel, as () stands for every
identity.

>>> done = complete({"cube": (("a",) * 3, ()), "fifth": (("a",) * 5, ())})
>>> done.converged, done.rules
(True, ((('a',), ()),))
>>> for step in done.derivation(("a",), ()):
...     print(step.equation, step.forward, step.position, "".join(step.after) or "1")
fifth False 0 aaaaaa
cube True 0 aaa
cube True 0 1

Source: Knuth & Bendix, *Simple word problems in universal algebras* (1970); for words, Kapur & Narendran, *The
Knuth–Bendix completion procedure and Thue systems* (1985). That overlaps around a third left side may be left out:
Winkler & Buchberger (1983), Kapur, Musser & Narendran, *Only prime superpositions need be considered* (1988).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import count
from typing import NamedTuple

from learning_diagrams.errors import LimitExceeded, TypeMismatch, brief
from learning_diagrams.proof.words.procedure import Alphabet, Procedure, Rules, check_word, normalised, shortlex
from learning_diagrams.proof.words.word_derivation import StepLimit, Theorem, Uses, Word, backwards, unfold, words


class WordStep(NamedTuple):
    """A use of an equation: `before` holds its left side at `position`, or its right side where not `forward`."""

    equation: str
    forward: bool
    position: int
    before: Word
    after: Word


class Lemma(NamedTuple):
    """An equation lhs = rhs with a derivation from axioms and earlier lemmas."""

    name: str
    lhs: Word
    rhs: Word
    steps: list[WordStep]


class Completion:
    """The result of completing some equations.

    converged : bool, whether all overlaps are resolved, so that normal forms decide equality.
    letters : tuple of the letters of the equations, from the least to the greatest.
    rules : tuple of pairs (lhs, rhs) in shortlex order. No side of a rule holds the left side of another rule.

    Every method takes `limit`, the greatest number of steps it may take, and raises `LimitExceeded` beyond it.
    """

    def __init__(
        self, alphabet: Alphabet, theorems: Sequence[Theorem], axiom_count: int, rules: Rules, converged: bool
    ) -> None:
        self.converged, self.letters = converged, alphabet.letters
        ordered = sorted(rules.items(), key=lambda rule: shortlex(rule[0]))
        self.rules = tuple((alphabet.decode(lhs), alphabet.decode(rhs)) for lhs, (rhs, _) in ordered)
        self._alphabet, self._theorems, self._axiom_count, self._rules = alphabet, theorems, axiom_count, dict(ordered)

    def __repr__(self) -> str:
        return f"<Completion: {len(self.rules)} rules, {'converged' if self.converged else 'not converged'}>"

    def normal_form(self, word: Word, *, limit: int = 100_000) -> Word:
        """The irreducible word that the rules lead to."""
        alphabet = self._alphabet.extended(word)
        return alphabet.decode(normalised(self._rules, alphabet.encode(word), StepLimit(limit, "the normal form"))[0])

    def decides(self, word: Word, other: Word, *, limit: int = 100_000) -> bool | None:
        """Whether two parallel words are equal in the presented category; None where the answer is not known.

        >>> done = complete({"fourth": (("a",) * 4, ()), "sixth": (("a",) * 6, ())})
        >>> done.decides(("a", "a"), ()), done.decides(("a",), ())
        (True, False)
        """
        if self.normal_form(word, limit=limit) == self.normal_form(other, limit=limit):
            return True
        return False if self.converged else None

    def derivation(self, word: Word, other: Word, *, limit: int = 100_000) -> list[WordStep] | None:
        """The steps from a word to another by axioms alone, no word twice; None for different normal forms."""
        lemmas_and_steps = self.lemmas(word, other, share=False, limit=limit)
        return None if lemmas_and_steps is None else lemmas_and_steps[1]

    def lemmas(
        self, word: Word, other: Word, *, limit: int = 100_000, share: bool = True
    ) -> tuple[list[Lemma], list[WordStep]] | None:
        """A derivation that proves repeated parts once, if these are shared: lemmas, and the steps that use them.

        The result is never longer than the result of `derivation` under the same limit.

        >>> done = complete({"f": (("a",) * 8, ()), "g": (("a",) * 13, ())})
        >>> lemmas, steps = done.lemmas(("a",), ())
        >>> [lemma.name for lemma in lemmas], [step.equation for step in steps]
        (['lemma_1', 'lemma_2'], ['lemma_1', 'lemma_2', 'lemma_2'])
        """
        alphabet, budget = self._alphabet.extended(word, other), StepLimit(limit, "the derivation")
        start, end = alphabet.encode(word), alphabet.encode(other)
        (here, down), (there, up) = (normalised(self._rules, text, budget) for text in (start, end))
        if here != there:
            return None
        uses = (*down, *backwards(up))
        bodies, last = unfold(self._theorems, self._axiom_count, start, uses, share=share, budget=budget)
        if bodies:
            size = len(last) + sum(map(len, bodies.values()))
            budget = StepLimit(limit, "the derivation without lemmas")
            with suppress(LimitExceeded):  # where lemmas hide loops, the derivation without lemmas is shorter
                plain = unfold(self._theorems, self._axiom_count, start, uses, share=False, budget=budget)[1]
                if len(plain) <= size:
                    bodies, last = {}, plain
        name = {index: theorem.name for index, theorem in enumerate(self._theorems[: self._axiom_count])}
        taken = set(name.values())
        name |= zip(bodies, (fresh for n in count(1) if (fresh := f"lemma_{n}") not in taken), strict=False)

        def steps(text: str, uses: Uses) -> list[WordStep]:
            through = [alphabet.decode(text) for text in words(self._theorems, text, uses)]
            return [WordStep(name[i], f, p, through[n], through[n + 1]) for n, (i, f, p) in enumerate(uses)]

        lemmas = []
        for index, body in bodies.items():
            lhs, rhs = self._theorems[index].lhs, self._theorems[index].rhs
            lemmas.append(Lemma(name[index], alphabet.decode(lhs), alphabet.decode(rhs), steps(lhs, body)))
        return lemmas, steps(start, last)


def complete(
    equations: Mapping[str, tuple[Word, Word]], limit: int = 10_000, *, order: Iterable[Hashable] | None = None
) -> Completion:
    """Complete equations between parallel words, or stop at the limit, without convergence.

    The outcome depends on the equations and on the order of letters, not on the order of the equations.

    equations : mapping from str to pairs of words. A word is a tuple of letters, and () is an identity.
    limit : int, the most new rules, compared pairs of rules, resolved overlaps and applied rules, in all. Ten thousand
        take a quarter of a second on short words, and give about a hundred rules.
    order : iterable of letters from the least to the greatest; sorted by default. Unused letters may be left out.

    Raises `TypeMismatch`: an equation is not a pair of tuples of hashable letters, or letters without order= cannot be
    sorted. `UnknownName`, `DuplicateName`: the order lacks a letter of the equations, or repeats a letter.
    """
    _require_equations(equations)
    alphabet = Alphabet.of({letter for pair in equations.values() for word in pair for letter in word}, order)
    axioms = [Theorem(alphabet.encode(lhs), alphabet.encode(rhs), name, ()) for name, (lhs, rhs) in equations.items()]
    axioms.sort()
    procedure = Procedure(axioms, StepLimit(limit, "completion"))
    try:
        procedure.run()
        converged = True
    except LimitExceeded:
        converged = False
    return Completion(alphabet, procedure.theorems, len(axioms), procedure.rules, converged)


def _require_equations(equations: Mapping[str, tuple[Word, Word]]) -> None:
    if not isinstance(equations, Mapping):
        raise TypeMismatch(f"equations are a mapping from names to pairs of words, got {brief(equations)}")
    for name, pair in equations.items():
        if not isinstance(name, str) or not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeMismatch(f"an equation is a pair of words under a name, got {brief(pair)} as {brief(name)}")
        for word in pair:
            check_word(word, f"a side of equation {name!r}")
