"""Terms read from text: a small grammar for diagrams, never evaluated.

    term   := tensor (">>" tensor)*
    tensor := atom ("@" atom)*
    atom   := name | id(type) | copy(type) | copy(type, n) | discard(type) | swap(type, type) | state(space) | (term)
    type   := I | object ("@" object)*

A column is written `space.column`, or by its bare name where nothing else has that name; a box goes first. Reading uses
an explicit stack, so length knows no limit, and parentheses may be nested `DEPTH` deep.

>>> from learning_diagrams.box import Box
>>> x, y = Ty("x"), Ty("y")
>>> f, g = Box("f", x, y), Box("g", y @ y, x)
>>> term = f >> Copy(y) >> g
>>> parse_term("f >> copy(y) >> g", Signature.of([term])) == term
True
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import NoReturn

from learning_diagrams.box import Copy, Diagram, Discard, Id, Swap, Ty
from learning_diagrams.errors import ParseError, TypeMismatch, did_you_mean
from learning_diagrams.printing import NAME, RESERVED
from learning_diagrams.sample_space import Column
from learning_diagrams.signature import Signature

DEPTH = 200
_TOKEN = re.compile(rf"(?P<space>\s+)|(?P<name>{NAME.pattern})|(?P<number>\d+)|(?P<mark>>>|[@(),])")


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    start: int


def parse_term(text: str, signature: Signature) -> Diagram:
    """Read a term over a signature.

    Raises
    ------
    ParseError : the text is no term, or names something that the signature does not have; it points at the place.
    TypeMismatch : parts that do not compose; it points at the place.
    """
    return _Parser(text, signature).term()


class _Parser:
    def __init__(self, text: str, signature: Signature) -> None:
        if not isinstance(text, str):
            raise ParseError(f"a term is a string, got {text!r}")
        self.text, self.signature = text, signature
        self.tokens = self._tokenize()
        self.here = 0

    def _tokenize(self) -> list[Token]:
        tokens, position = [], 0
        while position < len(self.text):
            match = _TOKEN.match(self.text, position)
            if match is None:
                self._fail(f"unexpected character {self.text[position]!r}", position)
            if match.lastgroup != "space":
                tokens.append(Token(str(match.lastgroup), match.group(), position))
            position = match.end()
        return [*tokens, Token("end", "the end of the term", len(self.text))]

    def _fail(self, message: str, start: int, error: type[ParseError | TypeMismatch] = ParseError) -> NoReturn:
        line = self.text.count("\n", 0, start) + 1
        first = self.text.rfind("\n", 0, start) + 1
        shown = self.text[first:].split("\n", 1)[0]
        column = start - first
        if len(shown) > 100:
            cut = max(0, column - 50)
            shown, column_shown = shown[cut : cut + 100], column - cut
        else:
            column_shown = column
        raise error(f"{message} (line {line}, column {column + 1})\n  {shown}\n  {' ' * column_shown}^")

    def _next(self, *wanted: str) -> Token:
        token = self.tokens[self.here]
        if wanted and token.kind not in wanted and (token.kind != "mark" or token.text not in wanted):
            expected = " or ".join(
                "a name" if w == "name" else "a number" if w == "number" else repr(w) for w in wanted
            )
            self._fail(f"expected {expected}, got {token.text!r}", token.start)
        self.here += 1
        return token

    def term(self) -> Diagram:
        # One frame for each open parenthesis: finished slices, and the factors of the slice being read.
        stack: list[tuple[list[tuple[Token, Diagram]], list[Diagram], Token]] = [([], [], self.tokens[0])]
        while True:
            token = self._next()
            if token.text == "(":
                if len(stack) > DEPTH:
                    self._fail(f"parentheses are nested more than {DEPTH} deep", token.start)
                stack.append(([], [], token))
                continue
            stack[-1][1].append(self._atom(token))
            while True:
                slices, factors, opened = stack[-1]
                token = self._next()
                if token.text == "@":
                    break
                slices.append((opened, Id(Ty()).tensor(*factors)))
                factors.clear()
                if token.text == ">>":
                    stack[-1] = (slices, factors, token)
                    break
                whole = self._compose(slices)
                stack.pop()
                if token.kind == "end" and not stack:
                    return whole
                if token.text != ")" or not stack:
                    what = "a parenthesis is not closed" if token.kind == "end" else f"unexpected {token.text!r}"
                    self._fail(what, token.start)
                stack[-1][1].append(whole)

    def _compose(self, slices: list[tuple[Token, Diagram]]) -> Diagram:
        for (_, left), (mark, right) in pairwise(slices):
            if left.cod != right.dom:
                message = f"these do not compose: {left.cod or 'I'} on the left, {right.dom or 'I'} on the right"
                self._fail(message, mark.start, TypeMismatch)
        first = slices[0][1]
        return Id(first.dom).then(*(part for _, part in slices))

    def _atom(self, token: Token) -> Diagram:
        if token.kind != "name" or token.text == "I":
            self._fail(f"expected a box, a column or '(', got {token.text!r}", token.start)
        if token.text not in RESERVED:
            return self._named(token)
        self._next("(")
        if token.text == "state":
            name = self._next("name")
            if name.text not in self.signature.sample_spaces:
                known = did_you_mean(name.text, self.signature.sample_spaces)
                self._fail(f"no sample space is named {name.text!r}; {known}", name.start)
            made: Diagram = self.signature.sample_spaces[name.text].state
        else:
            ty = self._type()
            match token.text:
                case "id":
                    made = Id(ty)
                case "discard":
                    made = Discard(ty)
                case "swap":
                    self._next(",")
                    made = Swap(ty, self._type())
                case _:
                    made = Copy(ty, self._count())
        self._next(")")
        return made

    def _count(self) -> int:
        if self.tokens[self.here].text != ",":
            return 2
        self._next(",")
        token = self._next("number")
        if len(token.text) > 4:
            self._fail("more copies than 9999", token.start)
        return int(token.text)

    def _type(self) -> Ty:
        names = []
        while True:
            token = self._next("name")
            if token.text == "I":
                pass
            elif token.text in self.signature.objects:
                names.append(self.signature.objects[token.text])
            elif token.text in self.signature.sample_spaces:
                names.append(self.signature.sample_spaces[token.text].ty)
            else:
                known = did_you_mean(token.text, [*self.signature.objects, *self.signature.sample_spaces])
                self._fail(f"no object is named {token.text!r}; {known}", token.start)
            if self.tokens[self.here].text != "@":
                return Ty().tensor(*names)
            self._next("@")

    def _named(self, token: Token) -> Diagram:
        found = self.signature.meanings(token.text)
        if len(found) > 1:
            spaces = ", ".join(f"{b.space.name}.{b.name}" if isinstance(b, Column) else f"box {b.name}" for b in found)
            self._fail(f"{token.text!r} is ambiguous: {spaces}", token.start)
        if not found:
            known = [*self.signature.boxes, *(f"{space}.{name}" for space, name in self.signature.columns)]
            self._fail(f"no box or column is named {token.text!r}; {did_you_mean(token.text, known)}", token.start)
        return found[0]
