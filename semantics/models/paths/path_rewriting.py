"""Paths as words that rules rewrite, and boxes as functions of the words in normal form.

A letter, which is a box of one wire to one wire, sends a path to the normal form of the path with the letter at its
end. Any other box gives the identities of its outputs. These are functions, and no set of paths is empty, so that every
box and every state has its meaning. The file shares no code with the completion that finds rules.

>>> from learning_diagrams.diagrams.box import Box, Id, Ty
>>> x = Ty("x")
>>> f, g = Box("f", x, x), Box("g", x, x)
>>> rewriting = PathRewriting([f, g], [Equation(g >> f, Id(x))])
>>> rewriting.text(rewriting.normal_form(rewriting.word(g >> g >> f >> f >> g)))
'g'
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from discopy import markov, symmetric

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.labels import label, object_names
from learning_diagrams.diagrams.layers import steps
from learning_diagrams.errors import LimitExceeded, TypeMismatch
from learning_diagrams.presentation.equation import Equation

MOST_STEPS = 10_000_000  # some seconds
Value = tuple[int | None, str]  # of a wire: the input that its path extends, or None for a path alone; and the word


class PathRewriting:
    """Rules on words, which are strings with a character for each letter.

    Each rule goes down in the shortlex order: it shortens words, or keeps the length and goes down in the dictionary.
    The rules keep this order inside longer words, so that rewriting ends from every word.

    letters : sequence of boxes of one wire to one wire, from the least to the greatest.
    rules : sequence of Equation between paths of letters, from the greater to the lesser side.

    Raises `TypeMismatch`: the letters and the rules are not of this kind. `LimitExceeded` ends work of more than some
    seconds.
    """

    def __init__(self, letters: Sequence[markov.Box], rules: Sequence[Equation]) -> None:
        self.letters, self.steps_left = letters, MOST_STEPS
        self.rules: dict[str, str] = {}
        self._character: dict[Any, str] = {}
        for box in letters:
            if not is_letter(box):
                raise TypeMismatch(f"box {box.name!r} is not from one wire to one wire, so it is no letter of a path")
            if label(box) in self._character:
                raise TypeMismatch(f"box {box.name!r} stands twice among the letters")
            self._character[label(box)] = chr(len(self._character))
        for rule in rules:
            lhs, rhs = self.word(rule.lhs), self.word(rule.rhs)
            if (len(lhs), lhs) <= (len(rhs), rhs):
                shown = f"{rule.lhs!s:.200} → {rule.rhs!s:.200}"
                raise TypeMismatch(f"a rule does not go down in the shortlex order: {shown}")
            if lhs in self.rules:
                raise TypeMismatch(f"two rules have the left-hand side {rule.lhs!s:.500}")
            self.rules[lhs] = rhs
        self._lengths = sorted({len(lhs) for lhs in self.rules})

    def word(self, path: Diagram) -> str:
        """The word of a path: from one wire on, letters keep it at one wire."""
        if len(path.dom) != 1:
            raise TypeMismatch(f"{path!s:.500} is not a path")
        return "".join(map(self._character_of, path.boxes))

    def text(self, word: str) -> str:
        return " >> ".join(self.letters[ord(character)].name for character in word)

    def normal_form(self, word: str) -> str:
        """The word without a left-hand side that the rules lead to."""
        done, rest = "", word[::-1]  # `done` holds no left-hand side; `rest` is read from its end
        while rest:
            self.spend(1 + len(self._lengths) + (len(done) + len(rest)) // 1000)
            done, rest = done + rest[-1], rest[:-1]
            for length in self._lengths:
                if (rhs := self.rules.get(done[-length:])) is not None:
                    done, rest = done[:-length], rest + rhs[::-1]
                    break
        return done

    def elements(self, paths: Sequence[Diagram], ty: Any) -> list[Value]:
        """Paths into the objects of a type as values; `TypeMismatch` if they are not, or not in normal form."""
        if len(paths) != len(ty):
            raise TypeMismatch(f"{ty or 'I'} has one path for each object, got {len(paths)} paths")
        words = [self.word(path) for path in paths]
        for path, word, name in zip(paths, words, object_names(ty), strict=True):
            if object_names(path.cod) != (name,) or self.normal_form(word) != word:
                raise TypeMismatch(f"{path!s:.500} is not a path into {name} in normal form")
        return [(None, word) for word in words]

    def run(self, diagram: Diagram, inputs: Sequence[Value]) -> list[Value]:
        """The values on the output wires of a diagram, layer by layer."""
        values = list(inputs)
        for offset, box in steps(diagram):
            end = offset + len(box.dom)
            values[offset:end] = self._outputs(box, values[offset:end])
        return values

    def _outputs(self, box: markov.Box, values: list[Value]) -> list[Value]:
        self.spend(1 + len(box.cod))
        if isinstance(box, markov.Copy):
            return values * len(box.cod)
        if isinstance(box, symmetric.Swap):
            return values[::-1]
        if not is_letter(box):
            return [(None, "")] * len(box.cod)
        ((origin, word),) = values
        return [(origin, self.normal_form(word + self._character_of(box)))]

    def _character_of(self, box: markov.Box) -> str:
        key = label(box)
        if key not in self._character:
            raise TypeMismatch(f"box {box.name!r} is not among the letters")
        return self._character[key]

    def spend(self, steps: int) -> None:
        self.steps_left -= steps
        if self.steps_left < 0:
            raise LimitExceeded(f"the countermodel is too large: checking takes more than {MOST_STEPS:,} steps")


def is_letter(box: markov.Box) -> bool:
    """Whether a box goes from one wire to one wire."""
    return len(box.dom) == len(box.cod) == 1 and not isinstance(box, markov.Copy)
