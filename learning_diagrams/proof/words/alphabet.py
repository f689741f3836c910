"""Alphabets: letters as characters in order, so that Python searches, cuts and compares words fast.

>>> alphabet = Alphabet.of({"f", "g"}, order=None)
>>> alphabet.decode(alphabet.encode(("g", "f")))
('g', 'f')
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from typing import Any

from learning_diagrams.errors import DuplicateName, TypeMismatch, UnknownName, brief
from learning_diagrams.proof.words.word_derivation import Word


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
        hash(word)
    except TypeError:
        hashable = False
    else:
        hashable = True
    if not isinstance(word, tuple) or not hashable:
        raise TypeMismatch(f"{role} must be a tuple of hashable letters, got {brief(word)}")
