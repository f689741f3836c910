"""Diagrams of a statement as text and as LaTeX, so that two different statements never print alike.

A name is plain if it is a word of the grammar whose letters no other letters look like. Any other name is quoted, where
a letter or a sign that looks like another one has its number. Wires are written as identities where a box has the name
of an object.

>>> from learning_diagrams.diagrams.box import Box
>>> x = Ty("x")
>>> single, double = Box("f >> g", x, x), Box("f", x, x) >> Box("\\u0435", x, x)
>>> for diagram in (single, double):
...     print(Display([PortGraph.from_diagram(diagram)]).text(diagram))
"f >> g"
f >> "\\u0435"
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import sha256
from types import MappingProxyType
from typing import Any, NamedTuple

from discopy import markov

from learning_diagrams.diagrams.box import Diagram, Ty
from learning_diagrams.diagrams.labels import label
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.sample_space import Column, SampleObject, State
from learning_diagrams.diagrams.symbol import Symbol, box_symbol, object_symbol
from learning_diagrams.diagrams.uses import uses_of, with_uses
from learning_diagrams.errors import ProofError, brief, plural
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.terms.latex_text import ACCENTS, GREEK, SIGNS, code_point, latex
from learning_diagrams.terms.printer import is_name

LONGEST_NAME = 200
WORDS = frozenset({"Id", "Copy", "Discard", "Swap", "Ty", "id", "copy", "discard", "swap"})  # they mean structure


def require_shown(name: str, place: str) -> None:
    """Refuse a name that is empty or endless, has control characters, or is not in Unicode's form NFC."""
    if not name or not name[:LONGEST_NAME].isprintable():
        raise ProofError(f"{place}: a name consists of characters that can be seen, got {brief(name)}")
    if len(name) > LONGEST_NAME:
        raise ProofError(f"{place}: a name has at most {LONGEST_NAME:,} characters, got {len(name):,}: {brief(name)}")
    if not unicodedata.is_normalized("NFC", name):
        raise ProofError(f"{place}: a name is written in Unicode's form NFC, got {ascii(name)[:100]}")


@lru_cache
def shown_name(name: str) -> str:
    """The name itself where it is a plain word, else the name in quotes, where a strange character has its number."""
    plain = is_name(name) and name not in WORDS and all(map(_is_plain, name))
    return name if plain else _quoted(name)


def shown_title(name: str) -> str:
    """The name of an axiom: words, spaces, commas and primes are plain, everything else is quoted."""
    words = name.replace(", ", " ").split(" ")
    plain = all(word and all(map(_is_plain, word.replace("'", "_"))) for word in words) and words[-1] != "backwards"
    return name if plain and not name.startswith("lemma ") else _quoted(name)


def _quoted(name: str) -> str:
    return f'"{"".join(map(_escaped, name))}"'


def _escaped(char: str) -> str:
    if char in '\\"':
        return f"\\{char}"
    return char if " " <= char <= "~" or _is_plain(char) or char in SIGNS else code_point(char)


def _is_plain(char: str) -> bool:
    """Whether no other character looks like this one: ASCII, many Greek letters, accented Latin letters, ideographs."""
    if char.isascii():
        return char.isalnum() or char in "._-"
    base, *marks = tuple(unicodedata.normalize("NFD", char))
    accented = base.isascii() and base.isalpha() and len(marks) == 1 and marks[0] in ACCENTS
    return accented or char in GREEK or "₀" <= char <= "₉" or "一" <= char <= "鿿"


class Factor(NamedTuple):
    """A factor of a layer: a word of the structure with its arguments, or a box or a wire alone, without a word."""

    word: str
    arguments: tuple[Any, ...]


class Display:
    """The names of boxes and objects as they are printed, in the graphs of a statement and of its axioms."""

    def __init__(self, graphs: Iterable[PortGraph]) -> None:
        self.boxes: dict[tuple[Any, ...], markov.Box] = {}
        objects: dict[str, bool] = {}
        for graph in graphs:
            boxes = [part for box in {id(box): box for box in graph.boxes}.values() for part in with_uses(box)]
            self.boxes.update((label(box), box) for box in boxes)
            for ty in (graph.dom, *(end for box in boxes for end in (box.dom, box.cod))):
                objects.update((ob.name, isinstance(ob, SampleObject)) for ob in ty.inside)
        self.spaces = sorted(name for name, is_space in objects.items() if is_space)
        self.times = Counter(box.name for box in self.boxes.values())
        names = {box.name for box in self.boxes.values() if not isinstance(box, State)}
        self.wires_as_identities = not names.isdisjoint(objects)

    def text(self, diagram: Diagram) -> str:
        return " >> ".join(" @ ".join(map(self._text, factors)) for factors in self._layers(diagram))

    def equation(self, equation: Equation) -> str:
        return f"{self.text(equation.lhs)} = {self.text(equation.rhs)}"

    def latex_layers(self, diagram: Diagram, notation: Mapping[Symbol, str] = MappingProxyType({})) -> list[str]:
        """The layers in mathematics. With a notation its symbols stand in the words of the structure, too."""

        def named(part: Any, symbol: Symbol) -> str:
            tex = notation.get(symbol)
            return f"{{{tex}}}" if tex else f"\\texttt{{{latex(self._name(part))}}}"

        def argument(part: Any) -> str:
            if isinstance(part, int):
                return str(part)
            symbols = [named(part[i : i + 1], object_symbol(ob)) for i, ob in enumerate(part.inside)]
            # Braces keep the effect of a declaration inside, as of \bf, and a single letter needs none.
            return r" \otimes ".join(tex[1] if tex[1:-1].isalpha() and len(tex) == 3 else tex for tex in symbols) or "I"

        def written(factor: Factor) -> str:
            word, (first, *_) = factor
            if not word:
                return named(first, object_symbol(first.inside[0]) if isinstance(first, Ty) else box_symbol(first))
            arguments = ", ".join(map(argument, factor.arguments))
            return f"\\mathrm{{{word}}}({arguments})" if notation else f"\\texttt{{{latex(self._text(factor))}}}"

        return [r" \otimes ".join(map(written, factors)) for factors in self._layers(diagram)]

    def box(self, box: markov.Box) -> str:
        """A generator by its name; with its sample space where another box has its name."""
        name = shown_name(box.name)
        return f"{self.ty(box.dom)}.{name}" if self.times[box.name] > 1 and isinstance(box, Column) else name

    def ty(self, ty: Ty) -> str:
        return " @ ".join(shown_name(ob.name) for ob in ty.inside) or "I"

    def declarations(self) -> str:
        """The boxes with their types and kinds, and the sample spaces."""
        alike: dict[tuple[str, str], list[str]] = defaultdict(list)
        for (kind, *_), box in self.boxes.items():
            plain = "" if box.data is None else ascii(box.data)
            shown = plain if len(plain) < 100 else f"SHA-256 {sha256(plain.encode()).hexdigest()}"
            data = f" with the data {shown}" if shown else ""
            uses = ", ".join(map(self.box, uses_of(box)))
            data += f" that uses {uses}" if uses else ""
            words = "" if kind == "box" else f"{kind} "
            alike[words, f" : {self.ty(box.dom)} → {self.ty(box.cod)}{data}"].append(self.box(box))
        rows = [f"{words}{', '.join(names)}{ends}" for (words, ends), names in alike.items()]
        return "; ".join([*rows, *(f"{shown_name(space)} is a sample space" for space in self.spaces)])

    def _layers(self, diagram: Diagram) -> list[list[Factor]]:
        layers = []
        for layer in diagram.inside:
            factors: list[Factor] = []
            for i, part in enumerate(layer.boxes_or_types):
                factors += [_factor(part)] if i % 2 else map(self._wire, (part[j : j + 1] for j in range(len(part))))
            layers.append(factors)
        return layers or [[Factor("Id", (diagram.dom,))]]

    def _wire(self, ty: Ty) -> Factor:
        return Factor("Id" if self.wires_as_identities else "", (ty,))

    def _text(self, factor: Factor) -> str:
        names = ", ".join(map(self._name, factor.arguments))
        return f"{factor.word}({names})" if factor.word else names

    def _name(self, part: Any) -> str:
        if isinstance(part, Ty):
            return self.ty(part) if part else "Ty()"
        return str(part) if isinstance(part, int) else self.box(part)


def _factor(box: markov.Box) -> Factor:
    if isinstance(box, markov.Copy):
        return Factor("Copy", (box.dom,) if len(box.cod) == 2 else (box.dom, len(box.cod)))
    if isinstance(box, State):
        return Factor("state", (box.cod,))
    return Factor("Swap", (box.left, box.right)) if isinstance(box, markov.Swap) else Factor("", (box,))


def theorem(statement: Equation, axioms: Mapping[str, Equation], theory: str) -> str:
    """A statement with its assumptions, and with the types and kinds of the boxes."""
    display = Display(graph for equation in (statement, *axioms.values()) for graph in equation.graphs)
    has_kernels = any(kind in ("kernel", "state") for kind, *_ in display.boxes)
    functions = ", which takes every kernel for a function," if theory == "cartesian" and has_kernels else ","
    lines = [f"{display.equation(statement)} in the theory {theory}{functions} from {plural(len(axioms), 'axiom')}"]
    lines += [f"assumed: {shown_title(name)}: {display.equation(axiom)}" for name, axiom in axioms.items()]
    return "\n  ".join([*lines, f"where {display.declarations()}"] if display.boxes else lines)


def more_laws(own: str, asked: str) -> str:
    """Why a proof in a theory is none in a theory with fewer laws, and what to do."""
    laws = {"cartesian": "takes every kernel for a function", "markov": "copies and discards"}[own]
    hint = f"prove it in the theory {asked}, or ask for theory={own!r} (--theory {own}) if that is meant"
    return f"theory: this is a proof in the theory {own}, which {laws}, and the theory {asked} does not; {hint}"
