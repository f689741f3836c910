"""Completion of equations between paths: rules that decide them, where it ends, and derivations from the equations.

A path is the word of its boxes, read from left to right, and the equations present a category. Completion orients each
equation from its greater to its lesser side in shortlex order (the shorter word is less; of equal lengths, the one that
comes first in the dictionary), and adds what two overlapping rules imply until nothing is new. Then two parallel words
are equal exactly when they have one normal form. Objects are not needed: an overlap is not empty, so the word in which
two paths overlap is a path. What is compared must be parallel, as () stands for every identity.

>>> done = complete({"cube": (("a",) * 3, ()), "fifth": (("a",) * 5, ())})
>>> done.converged, done.rules
(True, ((('a',), ()),))
>>> for step in done.derivation(("a",), ()):
...     print(step.equation, step.forward, step.position, "".join(step.after) or "1")
fifth False 0 aaaaaa
cube True 0 aaa
cube True 0 1

Every rule is a theorem: it keeps how earlier theorems prove it, and derivations are unfolded from there.

Source: Knuth & Bendix, *Simple word problems in universal algebras* (1970); for words, Kapur & Narendran, *The
Knuth–Bendix completion procedure and Thue systems* (1985). That overlaps around a third left side may be left out:
Winkler & Buchberger (1983), Kapur, Musser & Narendran, *Only prime superpositions need be considered* (1988).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from heapq import heappop, heappush
from itertools import count
from typing import Any, TypeAlias

from learning_diagrams.errors import DuplicateName, LimitExceeded, TypeMismatch, UnknownName, brief
from learning_diagrams.proof.words.word_derivation import (
    Budget,
    Lemma,
    Step,
    Theorem,
    Use,
    Uses,
    Word,
    backwards,
    unfold,
    words,
)

_Rules: TypeAlias = dict[str, tuple[str, int]]  # left side: right side, and the theorem lhs = rhs


class Completion:
    """What completion of some equations came to.

    Attributes
    ----------
    converged : whether all overlaps are resolved, so that normal forms decide equality.
    rules : pairs (lhs, rhs) in shortlex order; no side of a rule holds the left side of another.

    Every method takes `limit`, the greatest number of steps it may take, and raises `LimitExceeded` beyond it.
    """

    def __init__(
        self, alphabet: _Alphabet, theorems: Sequence[Theorem], given: int, rules: _Rules, converged: bool
    ) -> None:
        self.converged = converged
        ordered = sorted(rules.items(), key=lambda rule: _shortlex(rule[0]))
        self.rules = tuple((alphabet.decode(lhs), alphabet.decode(rhs)) for lhs, (rhs, _) in ordered)
        self._alphabet, self._theorems, self._given, self._rules = alphabet, theorems, given, dict(ordered)

    def __repr__(self) -> str:
        return f"<Completion: {len(self.rules)} rules, {'converged' if self.converged else 'not converged'}>"

    def normal_form(self, word: Word, *, limit: int = 100_000) -> Word:
        """The word that the rules lead to, which none of them applies to."""
        alphabet = self._alphabet.extended(word)
        return alphabet.decode(_normalised(self._rules, alphabet.encode(word), Budget(limit, "the normal form"))[0])

    def decides(self, word: Word, other: Word, *, limit: int = 100_000) -> bool | None:
        """Whether two parallel words are equal in the presented category; None where this is not known.

        >>> done = complete({"fourth": (("a",) * 4, ()), "sixth": (("a",) * 6, ())})
        >>> done.decides(("a", "a"), ()), done.decides(("a",), ())
        (True, False)
        """
        if self.normal_form(word, limit=limit) == self.normal_form(other, limit=limit):
            return True
        return False if self.converged else None

    def derivation(self, word: Word, other: Word, *, limit: int = 100_000) -> list[Step] | None:
        """The steps from a word to another by the given equations alone; None where the normal forms differ.

        No word comes twice. All that is unfolded on the way counts against the limit.
        """
        found = self._unfolded(word, other, share=False, limit=limit)
        return None if found is None else found[1]

    def lemmas(self, word: Word, other: Word, *, limit: int = 100_000) -> tuple[list[Lemma], list[Step]] | None:
        """A derivation with what is used more than once proved once: lemmas, and the steps that use them.

        It is never longer than what `derivation` finds under the same limit.

        >>> done = complete({"f": (("a",) * 8, ()), "g": (("a",) * 13, ())})
        >>> lemmas, steps = done.lemmas(("a",), ())
        >>> [lemma.name for lemma in lemmas], [step.equation for step in steps]
        (['lemma_1', 'lemma_2'], ['lemma_1', 'lemma_2', 'lemma_2'])
        """
        return self._unfolded(word, other, share=True, limit=limit)

    def _unfolded(self, word: Word, other: Word, share: bool, limit: int) -> tuple[list[Lemma], list[Step]] | None:
        alphabet, budget = self._alphabet.extended(word, other), Budget(limit, "the derivation")
        start, end = alphabet.encode(word), alphabet.encode(other)
        (here, down), (there, up) = (_normalised(self._rules, text, budget) for text in (start, end))
        if here != there:
            return None
        uses = (*down, *backwards(up))
        bodies, last = unfold(self._theorems, self._given, start, uses, share=share, budget=budget)
        if bodies:
            size = len(last) + sum(map(len, bodies.values()))
            budget = Budget(limit, "the derivation without lemmas")
            with suppress(LimitExceeded):  # without lemmas it is the shorter one where these hide loops
                plain = unfold(self._theorems, self._given, start, uses, share=False, budget=budget)[1]
                if len(plain) <= size:
                    bodies, last = {}, plain
        name = {index: theorem.name for index, theorem in enumerate(self._theorems[: self._given])}
        taken = set(name.values())
        name |= zip(bodies, (fresh for n in count(1) if (fresh := f"lemma_{n}") not in taken), strict=False)

        def steps(text: str, uses: Uses) -> list[Step]:
            through = [alphabet.decode(text) for text in words(self._theorems, text, uses)]
            return [Step(name[i], f, p, through[n], through[n + 1]) for n, (i, f, p) in enumerate(uses)]

        lemmas = []
        for index, body in bodies.items():
            lhs, rhs = self._theorems[index].lhs, self._theorems[index].rhs
            lemmas.append(Lemma(name[index], alphabet.decode(lhs), alphabet.decode(rhs), steps(lhs, body)))
        return lemmas, steps(start, last)


def complete(
    equations: Mapping[str, tuple[Word, Word]], limit: int = 10_000, *, order: Iterable[Hashable] | None = None
) -> Completion:
    """Complete equations between parallel words, or stop at the limit, without convergence.

    The outcome depends on the equations and the order of letters, and not on the order in which equations come.

    Parameters
    ----------
    equations : the two words of each name; a word is a tuple of letters, and () an identity.
    limit : the greatest number of rules made, pairs of rules compared, overlaps resolved and rules applied, in all;
        ten thousand are a quarter of a second on short words, and about a hundred rules.
    order : the letters from the least to the greatest; sorted by default. Letters that no equation has may be left out.

    Raises
    ------
    TypeMismatch : an equation is no pair of tuples of hashable letters, or there is no order and they cannot be sorted.
    UnknownName, DuplicateName : the order lacks a letter of the equations, or has one twice.
    """
    _check(equations)
    alphabet = _Alphabet.of({letter for pair in equations.values() for word in pair for letter in word}, order)
    given = [Theorem(alphabet.encode(lhs), alphabet.encode(rhs), name, ()) for name, (lhs, rhs) in equations.items()]
    given.sort()
    procedure = _Procedure(given, Budget(limit, "completion"))
    try:
        procedure.run()
        converged = True
    except LimitExceeded:
        converged = False
    return Completion(alphabet, procedure.theorems, len(given), procedure.rules, converged)


class _Procedure:
    """Completion under way; its rules are interreduced at every moment, so that it may be stopped at any."""

    def __init__(self, given: list[Theorem], budget: Budget) -> None:
        self.theorems, self.budget = list(given), budget
        self.rules: _Rules = {}
        self.equations: list[tuple[int, str, str, Uses]] = []  # a heap: length, greater side, lesser side, proof
        self.overlaps: list[tuple[int, str, str, int]] = []  # a heap: length, two left sides, letters shared
        self.met: set[tuple[str, str]] = set()
        for index, theorem in enumerate(given):
            self.state(theorem.lhs, theorem.rhs, ((index, True, 0),))

    def run(self) -> None:
        while self.equations or self.overlaps:
            if self.equations:
                _, lhs, rhs, proof = heappop(self.equations)
                self.settle(lhs, rhs, proof)
            else:
                _, first, second, shared = heappop(self.overlaps)
                if first in self.rules and second in self.rules:
                    self.await_overlap(first, second, shared)
                    self.resolve(first, second, shared)

    def state(self, lhs: str, rhs: str, proof: Uses) -> None:
        """Take up an equation that has this proof from lhs to rhs."""
        if _shortlex(lhs) < _shortlex(rhs):
            lhs, rhs, proof = rhs, lhs, backwards(proof)
        if lhs != rhs:
            heappush(self.equations, (len(lhs), lhs, rhs, proof))

    def settle(self, lhs: str, rhs: str, proof: Uses) -> None:
        """Make an equation a rule, unless the rules prove it; rules that it reduces become equations again."""
        (lhs, down), (rhs, up) = (_normalised(self.rules, side, self.budget) for side in (lhs, rhs))
        if lhs == rhs:
            return
        proof = (*backwards(down), *proof, *up)
        if _shortlex(lhs) < _shortlex(rhs):
            lhs, rhs, proof = rhs, lhs, backwards(proof)
        self.budget.spend()
        for left, (right, index) in list(self.rules.items()):
            if lhs in left or lhs in right:
                del self.rules[left]
                self.state(left, right, ((index, True, 0),))
        self.rules[lhs] = rhs, len(self.theorems)
        self.theorems.append(Theorem(lhs, rhs, "", proof))
        for other in self.rules:
            for first, second in ((lhs, other), (other, lhs)):
                if second[0] in first and first[-1] in second and (first, second) not in self.met:
                    self.budget.spend()
                    self.met.add((first, second))
                    self.await_overlap(first, second, min(len(first), len(second)))

    def await_overlap(self, first: str, second: str, below: int) -> None:
        """Put the next overlap of two left sides in the queue; the next one only, as long words have thousands."""
        if shared := _most_shared(first, second, below):
            heappush(self.overlaps, (len(first) + len(second) - shared, first, second, shared))

    def resolve(self, first: str, second: str, shared: int) -> None:
        """Take up the equation between the two words that an overlap of left sides is reduced to."""
        self.budget.spend()
        word, position = first + second[shared:], len(first) - shared
        # With a third left side inside, the word splits into two overlaps, which are shorter and come by themselves.
        if not any(lhs in word[1:-1] for lhs in self.rules):
            (left, one), (right, two) = self.rules[first], self.rules[second]
            self.state(left + second[shared:], word[:position] + right, ((one, False, 0), (two, True, position)))


class _Alphabet:
    """Letters as characters, in order: a word is then a string, which Python searches, cuts and compares fast."""

    def __init__(self, letters: Iterable[Hashable]) -> None:
        self.letters = tuple(letters)
        self.code = {letter: chr(number) for number, letter in enumerate(self.letters)}

    @classmethod
    def of(cls, letters: set[Hashable], order: Iterable[Hashable] | None) -> _Alphabet:
        unsorted: Any = letters
        try:
            ordered = list(sorted(unsorted) if order is None else order)
        except TypeError:
            raise TypeMismatch("the letters cannot be sorted; give order=, from the least to the greatest") from None
        for letter, times in Counter(ordered).items():
            if times > 1:
                raise DuplicateName(f"order= has the letter {brief(letter)} {times} times")
        if missing := letters.difference(ordered):
            raise UnknownName(f"order= lacks letters of the equations: {', '.join(sorted(map(brief, missing)))}")
        return cls(ordered)

    def extended(self, *words: Word) -> _Alphabet:
        """The alphabet with the letters of these words, which may be free ones, after its own."""
        for word in words:
            _check_word(word, "a word")
        new = {letter: None for word in words for letter in word if letter not in self.code}
        return _Alphabet((*self.letters, *new)) if new else self

    def encode(self, word: Word) -> str:
        return "".join(map(self.code.__getitem__, word))

    def decode(self, text: str) -> Word:
        return tuple(self.letters[ord(character)] for character in text)


def _shortlex(text: str) -> tuple[int, str]:
    return len(text), text


def _normalised(rules: _Rules, text: str, budget: Budget) -> tuple[str, Uses]:
    """The word that no rule applies to any more, and the uses of rules that lead there."""
    uses: list[Use] = []
    before = None
    while before != text:
        before = text
        for lhs, (rhs, index) in rules.items():
            while (position := text.find(lhs)) >= 0:
                budget.spend()
                uses.append((index, True, position))
                text = text[:position] + rhs + text[position + len(lhs) :]
    return text, tuple(uses)


def _most_shared(first: str, second: str, below: int) -> int:
    """The greatest number of letters, less than `below`, that end the first word and begin the second; 0 for none."""
    most = below - 1
    while most > 0:
        size = 1 << (most.bit_length() - 1)  # to share from `size` to `most` letters is to share the first `size`
        at = first.find(second[:size], len(first) - most)
        while at >= 0:
            if second.startswith(first[at:]):
                return len(first) - at
            at = first.find(second[:size], at + 1)
        most = size - 1
    return 0


def _check(equations: Mapping[str, tuple[Word, Word]]) -> None:
    if not isinstance(equations, Mapping):
        raise TypeMismatch(f"equations are a mapping from names to pairs of words, got {brief(equations)}")
    for name, pair in equations.items():
        if not isinstance(name, str) or not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeMismatch(f"an equation is a pair of words under a name, got {brief(pair)} as {brief(name)}")
        for word in pair:
            _check_word(word, f"a side of equation {name!r}")


def _check_word(word: Word, what: str) -> None:
    try:
        hash(word)
    except TypeError:
        hashable = False
    else:
        hashable = True
    if not isinstance(word, tuple) or not hashable:
        raise TypeMismatch(f"{what} must be a tuple of hashable letters, got {brief(word)}")
