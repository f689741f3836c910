"""Terms read from text: a small grammar for diagrams, never evaluated.

    term   := tensor (">>" tensor)*
    tensor := atom ("@" atom)*
    atom   := name | id(type) | copy(type) | copy(type, n) | discard(type) | swap(type, type) | state(space) | (term)
    type   := I | object ("@" object)*

Terms are also read as Python and proofs print them: `Id`, `Copy`, `Discard` and `Swap` are the structure, and an object
or a sample space beside a box is its wire, as in `f @ y`, unless a box or a column has that name. The words of the
structure are that before a parenthesis. Elsewhere they are names, if a box, a column or an object has such a name.

A column is written `space.column`. Its bare name suffices if no other box or column has that name; a box goes first.
Reading uses an explicit stack, so only `SIZE` limits the length. Parentheses may be nested `DEPTH` deep.

>>> from learning_diagrams.diagrams.box import Box
>>> x, y = Ty("x"), Ty("y")
>>> f, g = Box("f", x, y), Box("g", y @ y, x)
>>> parse("f >> copy(y) >> g", f, g) == f >> Copy(y) >> g
True
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from discopy import cat, markov

from learning_diagrams.diagrams.box import Diagram, Ty
from learning_diagrams.diagrams.layers import stack_layers
from learning_diagrams.diagrams.sample_space import Column
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.diagrams.structure import Copy, Swap
from learning_diagrams.errors import TypeMismatch, brief, did_you_mean
from learning_diagrams.terms.printer import STRUCTURE, UNIT
from learning_diagrams.terms.scope import signature_of
from learning_diagrams.terms.tokens import Token, Tokens

DEPTH = 200
SIZE = 1_000_000  # of all terms of a file: some 45,000 boxes in a row, or 900 side by side

Objects = tuple[cat.Ob, ...]
PYTHON = {word.capitalize(): word for word in STRUCTURE - {"state"}}


def parse(text: str, *scope: Any) -> Diagram:
    """Read a term over a scope.

    >>> from learning_diagrams import Kernel, SampleSpace
    >>> digits = SampleSpace("digits")
    >>> pixels, student = digits.column("pixels", Ty("image")), Kernel("student", Ty("image"), Ty("digit"))
    >>> print(parse("state(digits) >> pixels >> student", [pixels, student]))
    state(digits) >> pixels >> student

    scope : the meanings of names: boxes, columns, diagrams, types, sample spaces (without their columns, which are
        passed beside them), learning diagrams, signatures; or lists of these, or mappings whose values are these.

    Raises `ParseError`: the text is not a term, is too large, or uses an unknown name. The error points at the place.
    `TypeMismatch`: two parts do not compose (the error points at the place), or an item of the scope has no names.
    `DuplicateName`: a name has two meanings in the scope.
    """
    return parse_term(text, signature_of(scope))


def parse_term(text: str, signature: Signature) -> Diagram:
    """Read a term over a signature; errors as in `parse`."""
    return TermReader(signature).read(text)


# Reading spends size about in proportion to its time. A layer costs _LAYER, and 1 for each of its wires. A parenthesis
# and an object of a type cost little. DisCoPy takes long to make a copy with many ends.
_LAYER, _SMALL, _COPY = 20, 10, 50


@dataclass
class TermReader:
    """A reader of terms over one signature. All its terms together have a bounded size.

    room : int, the size that is left.
    copies : dict from the arguments of `Copy` to its diagram, so that each is made once.
    """

    signature: Signature
    room: int = SIZE
    copies: dict[tuple[Objects, int], Diagram] = field(default_factory=dict)

    def read(self, text: str) -> Diagram:
        """Read one term; errors as in `parse`."""
        return _Parser(text, self).term()


@dataclass(slots=True)
class _Part:
    """A diagram under construction: its ends, its steps (offset, box), and its place in the text."""

    dom: Objects
    cod: Objects
    steps: list[tuple[int, markov.Box]]
    start: int
    wire: str | None = None  # the object or space whose name stands alone, which is a wire beside a box


class _Parser:
    def __init__(self, text: str, reader: TermReader) -> None:
        self.tokens = Tokens(text)
        self.reader, self.signature = reader, reader.signature

    def term(self) -> Diagram:
        # One frame for each open parenthesis: the composite of the slices so far, the factors of the present slice, and
        # the arrow between them.
        tokens = self.tokens
        stack: list[tuple[_Part | None, list[_Part], Token]] = [(None, [], tokens.peek)]
        while True:
            token = tokens.next()
            if token.text == "(":
                if len(stack) > DEPTH:
                    tokens.fail(f"parentheses are nested more than {DEPTH} deep", token.start)
                self._spend(_SMALL, token.start)
                stack.append((None, [], token))
                continue
            stack[-1][1].append(self._atom(token))
            self._spend(len(stack[-1][1]) // 4, token.start)  # a wide slice is refused before all of it is read
            while True:
                done, factors, arrow = stack[-1]
                token = tokens.next()
                if token.text == "@":
                    break
                done = self._compose(done, self._beside(factors), arrow)
                if token.text == ">>":
                    stack[-1] = (done, [], token)
                    break
                stack.pop()
                if token.kind == "end" and not stack:
                    return self._diagram(done)
                if token.text != ")" or not stack:
                    unexpected = f"unexpected {brief(token.text)}"
                    tokens.fail("a parenthesis is not closed" if token.kind == "end" else unexpected, token.start)
                stack[-1][1].append(done)

    def _compose(self, left: _Part | None, right: _Part, arrow: Token) -> _Part:
        if left is None:
            return right
        if left.cod != right.dom:
            message = f"these do not compose: {_ends(left.cod)} on the left, {_ends(right.dom)} on the right"
            self.tokens.fail(message, arrow.start, TypeMismatch)
        left.steps.extend(right.steps)
        left.cod = right.cod
        return left

    def _beside(self, factors: list[_Part]) -> _Part:
        """The factors of a slice side by side. Each acts after those to its left."""
        if all(factor.wire for factor in factors):
            name = factors[0].wire
            rows = f", state({name}) for its rows" if name in self.signature.sample_spaces else ""
            what = "a sample space" if rows else "an object"
            advice = f"{brief(name)} is {what}: write id({name}) for its identity{rows}"
            self.tokens.fail(f"no box or column is named {brief(name)}; {advice}", factors[0].start)
        if len(factors) == 1:
            return factors[0]
        dom: list[cat.Ob] = []
        cod: list[cat.Ob] = []
        steps: list[tuple[int, markov.Box]] = []
        for factor in factors:
            steps.extend((len(cod) + offset, box) for offset, box in factor.steps)
            dom.extend(factor.dom)
            cod.extend(factor.cod)
        return _Part(tuple(dom), tuple(cod), steps, factors[0].start)

    def _spend(self, size: int, start: int) -> None:
        self.reader.room -= size
        if self.reader.room < 0:
            most = "some 45,000 boxes in a row, or 900 side by side"
            self.tokens.fail(f"too large: a term, or all terms of a file, may have {most}", start)

    def _diagram(self, part: _Part) -> Diagram:
        width = len(part.dom)
        for _, box in part.steps:
            self._spend(width, part.start)
            width += len(box.cod) - len(box.dom)
        return stack_layers(Ty(*part.dom), part.steps)

    def _atom(self, token: Token) -> _Part:
        if token.kind != "name" or token.text == UNIT:
            self.tokens.fail(f"expected a box, a column or '(', got {brief(token.text)}", token.start)
        word = self._structure(token.text)
        if word is None:
            return self._symbol(token)
        self.tokens.next("(")
        match word:
            case "state":
                name = self.tokens.next("name")
                if name.text not in self.signature.sample_spaces:
                    known = did_you_mean(name.text, self.signature.sample_spaces)
                    self.tokens.fail(f"no sample space is named {brief(name.text)}; {known}", name.start)
                part = self._box(self.signature.sample_spaces[name.text].state, token)
            case "id":
                ty = self._type()
                part = _Part(ty, ty, [], token.start)
            case "swap":
                left = self._type()
                self.tokens.next(",")
                right = self._type()
                self._spend(len(left) * len(right) * (_LAYER + len(left) + len(right)), token.start)
                part = _part(Swap(Ty(*left), Ty(*right)), token.start)
            case _:
                ty = self._type()
                part = self._copy(ty, 0 if word == "discard" else self._count(), token)
        self.tokens.next(")")
        return part

    def _structure(self, name: str) -> str | None:
        """The word of the structure that is meant; None where a box, a column or an object is meant by its name."""
        word = PYTHON.get(name, name)
        is_symbol = bool(self.signature.meanings(name)) or name in self.signature.objects
        return word if word in STRUCTURE and (not is_symbol or self.tokens.peek.text == "(") else None

    def _symbol(self, token: Token) -> _Part:
        """The box or the column of a name; the wire of an object or of a sample space."""
        objects, spaces, name = self.signature.objects, self.signature.sample_spaces, token.text
        if (name in objects or name in spaces) and not self.signature.meanings(name):
            ty = objects[name].inside if name in objects else spaces[name].ty.inside
            self._spend(_SMALL + len(ty), token.start)
            return _Part(ty, ty, [], token.start, wire=token.text)
        return self._box(self._named(token), token)

    def _box(self, box: markov.Box, token: Token) -> _Part:
        self._spend(_LAYER + len(box.dom) + len(box.cod), token.start)
        return _Part(box.dom.inside, box.cod.inside, [(0, box)], token.start)

    def _copy(self, ty: Objects, n: int, token: Token) -> _Part:
        k, copies = len(ty), self.reader.copies
        crossings = k * (k - 1) * n * (n - 1) // 4
        self._spend((k + crossings) * (_LAYER + k * max(n, 1)), token.start)
        if (ty, n) not in copies:
            self._spend(_COPY * k * n, token.start)
            copies[ty, n] = Copy(Ty(*ty), n)
        return _part(copies[ty, n], token.start)

    def _count(self) -> int:
        if self.tokens.peek.text != ",":
            return 2
        self.tokens.next(",")
        token = self.tokens.next("number")
        if len(token.text) > 4:
            self.tokens.fail("more copies than 9999", token.start)
        return int(token.text)

    def _type(self) -> Objects:
        objects: list[cat.Ob] = []
        signature = self.signature
        while True:
            token = self.tokens.next("name")
            self._spend(_SMALL, token.start)
            if token.text in signature.objects:
                objects.extend(signature.objects[token.text].inside)
            elif token.text in signature.sample_spaces:
                objects.extend(signature.sample_spaces[token.text].ty.inside)
            elif token.text == "Ty" and self.tokens.peek.text == "(":  # as Python prints I
                self.tokens.next("(")
                self.tokens.next(")")
            elif token.text != UNIT:
                known = did_you_mean(token.text, [*signature.objects, *signature.sample_spaces])
                if signature.meanings(token.text):
                    known = f"{brief(token.text)} is a box or a column, and a type is made of objects"
                self.tokens.fail(f"no object is named {brief(token.text)}; {known}", token.start)
            if self.tokens.peek.text != "@":
                return tuple(objects)
            self.tokens.next("@")

    def _named(self, token: Token) -> markov.Box:
        boxes = self.signature.meanings(token.text)
        if len(boxes) > 1:
            spaces = ", ".join(f"{b.space.name}.{b.name}" if isinstance(b, Column) else f"box {b.name}" for b in boxes)
            self.tokens.fail(f"{brief(token.text)} is ambiguous: {spaces[:500]}", token.start)
        if not boxes:
            names = [*self.signature.boxes, *(f"{a}.{b}" for a, b in self.signature.columns)]
            known = did_you_mean(token.text, names)
            self.tokens.fail(f"no box or column is named {brief(token.text)}; {known}", token.start)
        return boxes[0]


def _ends(objects: Objects) -> str:
    some = " @ ".join(str(ob) for ob in objects[:10]) or "I"
    return some if len(some) <= 200 and len(objects) <= 10 else f"{some[:200]} … ({len(objects)} wires)"


def _part(diagram: Diagram, start: int) -> _Part:
    steps = [(len(layer.boxes_or_types[0]), layer.boxes_or_types[1]) for layer in diagram.inside]
    return _Part(diagram.dom.inside, diagram.cod.inside, steps, start)
