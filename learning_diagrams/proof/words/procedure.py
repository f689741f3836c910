"""The completion procedure of Knuth and Bendix: equations become rules, and overlaps become equations.

Letters are characters in order, so that Python searches, cuts and compares words fast.

>>> procedure = Procedure([Theorem("aaa", "", "cube", ()), Theorem("aaaaa", "", "fifth", ())], StepLimit(100, "this"))
>>> procedure.run()
>>> [(lhs, rhs) for lhs, (rhs, _) in procedure.rules.items()]
[('a', '')]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from heapq import heappop, heappush
from typing import Any, TypeAlias

from learning_diagrams.errors import DuplicateName, TypeMismatch, UnknownName, brief
from learning_diagrams.proof.words.word_derivation import StepLimit, Theorem, Use, Uses, Word, backwards

Rules: TypeAlias = dict[str, tuple[str, int]]  # left side: right side, and the number of the theorem lhs = rhs


class Alphabet:
    """Letters in order, each with a character, so that a word is a string."""

    def __init__(self, letters: Iterable[Hashable]) -> None:
        self.letters = tuple(letters)
        self.code = {letter: chr(number) for number, letter in enumerate(self.letters)}

    @classmethod
    def of(cls, letters: set[Hashable], order: Iterable[Hashable] | None) -> Alphabet:
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

    def extended(self, *words: Word) -> Alphabet:
        """The alphabet followed by the unknown letters of these words."""
        for word in words:
            check_word(word, "a word")
        new = {letter: None for word in words for letter in word if letter not in self.code}
        return Alphabet((*self.letters, *new)) if new else self

    def encode(self, word: Word) -> str:
        return "".join(map(self.code.__getitem__, word))

    def decode(self, text: str) -> Word:
        return tuple(self.letters[ord(character)] for character in text)


def check_word(word: Word, role: str) -> None:
    try:
        fits = isinstance(word, tuple) and hash(word) is not None
    except TypeError:
        fits = False
    if not fits:
        raise TypeMismatch(f"{role} must be a tuple of hashable letters, got {brief(word)}")


class Procedure:
    """A running completion. Its rules are interreduced at every moment, so that it may stop at any moment."""

    def __init__(self, axioms: list[Theorem], budget: StepLimit) -> None:
        self.theorems, self.budget = list(axioms), budget
        self.rules: Rules = {}
        self.equations: list[tuple[int, str, str, Uses]] = []  # a heap: length, greater side, lesser side, proof
        self.overlaps: list[tuple[int, str, str, int]] = []  # a heap: length, two left sides, letters shared
        self.met: set[tuple[str, str]] = set()
        for index, theorem in enumerate(axioms):
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
        """Add an equation with this proof from lhs to rhs."""
        if shortlex(lhs) < shortlex(rhs):
            lhs, rhs, proof = rhs, lhs, backwards(proof)
        if lhs != rhs:
            heappush(self.equations, (len(lhs), lhs, rhs, proof))

    def settle(self, lhs: str, rhs: str, proof: Uses) -> None:
        """Make an equation a rule, unless the rules prove it. Rules that the new rule reduces become equations."""
        (lhs, down), (rhs, up) = (normalised(self.rules, side, self.budget) for side in (lhs, rhs))
        if lhs == rhs:
            return
        proof = (*backwards(down), *proof, *up)
        if shortlex(lhs) < shortlex(rhs):
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
        """Put only the next overlap of two left sides in the queue, because long words have thousands of overlaps."""
        if shared := _most_shared(first, second, below):
            heappush(self.overlaps, (len(first) + len(second) - shared, first, second, shared))

    def resolve(self, first: str, second: str, shared: int) -> None:
        """Add the equation between the two results of an overlap of left sides."""
        self.budget.spend()
        word, position = first + second[shared:], len(first) - shared
        # With a third left side inside, the word splits into two shorter overlaps, which the queue holds anyway.
        if not any(lhs in word[1:-1] for lhs in self.rules):
            (left, by_first), (right, by_second) = self.rules[first], self.rules[second]
            proof = (by_first, False, 0), (by_second, True, position)
            self.state(left + second[shared:], word[:position] + right, proof)


def shortlex(text: str) -> tuple[int, str]:
    return len(text), text


def normalised(rules: Rules, text: str, budget: StepLimit) -> tuple[str, Uses]:
    """The irreducible word, and the uses of rules that lead there."""
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
    """The length, less than `below`, of the longest end of the first word that begins the second word."""
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
