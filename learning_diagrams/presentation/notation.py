r"""Notation: the author's symbols, as LaTeX, for boxes, objects, sample spaces and columns.

A notation is not part of equality, nor of the digest. Pictures, formulas and proofs show it; names stay as they are.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> from learning_diagrams.learning_diagram import LearningDiagram
>>> from learning_diagrams.presentation.constraint import Constraint
>>> x, student = SampleSpace("rows").column("x", Ty("a")), Box("student", Ty("a"), Ty("a"))
>>> d = LearningDiagram(Constraint("fit", x >> student, x), notation={student: r"f_\theta", "rows.x": r"\xi"})
>>> notation_of(d)
{'student': 'f_\\theta', 'rows.x': '\\xi', 'x': '\\xi'}
>>> d.rename({"student": "pupil"}).to_dict()["notation"], d == d.edited(notation={})
({'pupil': 'f_\\theta', 'column rows.x': '\\xi'}, True)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from types import MappingProxyType, SimpleNamespace
from typing import Any

from discopy import markov

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.diagrams.symbol import Symbol, find_in, generators
from learning_diagrams.errors import DuplicateName, TypeMismatch, brief
from learning_diagrams.presentation.fields.transport import Transport
from learning_diagrams.presentation.presentation_field import Described, PresentationField

LONGEST = 200  # characters of a symbol
# What the tables of pylatexenc know beside mathematics: macros that read files, or speak of a document.
_OF_DOCUMENTS = re.compile(
    "input|include|title|author|date|today|maketitle|url|href|item|footnote|part|chapter|(sub)*section|(sub)?paragraph|"
    "textcolor|f?colorbox|[hv]space|texorpdfstring"
)
_OPERATORS = "arg deg det dim gcd hom ker Pr"
# Mathematics of LaTeX and amssymb that the tables lack, in macros that they have, or as pictures show it.
BESIDE: Mapping[str, str] = {
    "operatorname": r"\mathrm", **{name: rf"\mathrm{{{name}}}" for name in _OPERATORS.split()},
    "boldsymbol": r"\mathbf", "left": "", "right": "", "mathbin": "", "mathnormal": "", "mathop": "", "mathord": "",
    "mathrel": "",
    "bot": "⊥", "neg": "¬", "land": "∧", "lor": "∨", "models": "⊨", "vDash": "⊨", "implies": "⟹", "iff": "⟺", "ne": "≠",
    "owns": "∋", "gets": "←", "leadsto": "⇝", "dashrightarrow": "⇢", "restriction": "↾", "colon": ":", "smallint": "∫",
    "Re": "ℜ", "Im": "ℑ", "imath": "ı", "jmath": "ȷ", "lhd": "⊲", "rhd": "⊳", "unlhd": "⊴", "unrhd": "⊵", "Join": "⋈",
    "bigsqcup": "⨆", "ddagger": "‡", "triangle": "△", "Box": "□", "Diamond": "◇", "bigstar": "★", "clubsuit": "♣",
    "diamondsuit": "♢", "heartsuit": "♡", "spadesuit": "♠",
}  # fmt: skip
_TABLES = ("latex-base", "latex-approximations", "advanced-symbols")


class Notation(PresentationField):
    """The field `notation`: a mapping from symbols to LaTeX of mathematics, without dollar signs."""

    name = "notation"
    default = MappingProxyType[Symbol, str]({})
    shape = dict[str, str]
    description = "LaTeX for boxes by name, and for others by kind and name, as: object image, column digits.pixels"

    def read(self, value: Any, presentation: Described) -> Mapping[Symbol, str]:
        if not isinstance(value, Mapping):
            raise TypeMismatch(f"notation= takes a mapping as {{student: r'f_\\theta'}}, got {brief(value)}")
        known = generators(presentation.signature) if value else []
        written = {_written(symbol): symbol for symbol in known}  # a bare name is that of a box, where there is one
        read: dict[Symbol, str] = {}
        called = {symbol.called for symbol in known}
        for key, latex in value.items():
            symbol = written.get(key) if isinstance(key, str) else None
            bare = presentation.signature.meanings(key) if isinstance(key, str) and key not in called else []
            symbol = symbol or find_in(presentation.signature, known, bare[0] if len(bare) == 1 else key)
            require_symbol(latex, f"the notation of {symbol}")
            if read.setdefault(symbol, latex) != latex:
                raise DuplicateName(f"notation= gives {symbol} two symbols, {read[symbol]!r} and {latex!r}")
        return MappingProxyType(dict(sorted(read.items(), key=lambda item: (item[0].kind, *item[0][1:]))))

    def map(self, value: Mapping[Symbol, str], to: Transport) -> dict[Symbol, str]:
        images: dict[Symbol, str] = {}
        for symbol, latex in value.items():
            boxes = to.boxes(symbol.name) if symbol.kind == "box" else ()
            if symbol.kind != "box" or len(boxes) == 1:
                images.setdefault(Symbol("box", boxes[0]) if boxes else to.symbol(symbol), latex)
        return images

    def restricted(self, value: Mapping[Any, str], presentation: Described) -> dict[Any, str]:
        known = set(generators(presentation.signature)) if value else set()
        return {key: latex for key, latex in value.items() if not isinstance(key, Symbol) or key in known}

    def of_box(self, value: Mapping[Symbol, str], box: markov.Box, to: Transport) -> str:
        return ""  # a morphism may change the notation

    def joined(self, values: Sequence[Mapping[Symbol, str]]) -> dict[Symbol, str]:
        return {symbol: latex for value in reversed(values) for symbol, latex in value.items()}

    def canonical(self, value: Mapping[Symbol, str], live: frozenset[str]) -> Any:
        return None

    def plain(self, value: Mapping[Symbol, str]) -> Any:
        return {_written(symbol): latex for symbol, latex in value.items()} or None

    def lines(self, value: Mapping[Symbol, str]) -> list[str]:
        return [f"{symbol.called} is written {latex}" for symbol, latex in value.items()]


def notation_for(graphs: Iterable[Diagram | PortGraph], notation: Any) -> Mapping[Symbol, str]:
    """A notation as `Notation` reads it, without the symbols of a learning diagram that the graphs do not have."""
    if isinstance(notation, Mapping) and not notation:
        return notation
    named: Any = SimpleNamespace(signature=Signature.of(graphs))
    known = Notation().restricted(notation, named) if isinstance(notation, Mapping) else notation
    return Notation().read(known, named)


def notation_of(presentation: Described) -> Mapping[str, str]:
    """The LaTeX of names: of boxes, then of objects and sample spaces, and of columns as `space.column`.

    The bare name of a column is there too if nothing else has the name. Where a box and an object share a name, the
    name is that of the box.
    """
    names: dict[str, str] = {}
    for symbol, latex in presentation.notation.items():
        names.setdefault(symbol.called, latex)
    called = {symbol.called for symbol in generators(presentation.signature)}
    bare = {s.name: latex for s, latex in presentation.notation.items() if s.kind == "column" and s.name not in called}
    return names | {name: bare[name] for name in bare if len(presentation.signature.meanings(name)) == 1}


def require_symbol(latex: Any, what: str) -> None:
    """Raise `TypeMismatch` unless a text is LaTeX of one symbol that pictures, formulas and TikZ can show."""
    from pylatexenc.latex2text import get_default_latex_context_db
    from pylatexenc.latexwalker import LatexWalker, LatexWalkerParseError

    example = r"give mathematics without dollar signs, as r'f_\theta'"
    if not isinstance(latex, str) or not latex.strip() or not latex.isprintable() or len(latex) > LONGEST:
        raise TypeMismatch(f"{what} is a text of 1 to {LONGEST} characters, got {brief(latex)}; {example}")
    try:
        LatexWalker(latex, tolerant_parsing=False).get_latex_nodes()
    except LatexWalkerParseError as error:
        raise TypeMismatch(f"{what}, {latex!r}, is not LaTeX: {error.msg}; {example}") from None
    if wrong := re.search(r"(?<!\\)([$%&#~]|[_^]\s*([_^}]|$))|\\(begin|end|\(|\[|\\)", latex):
        raise TypeMismatch(f"{what}, {latex!r}, contains {wrong[0]!r}; {example}")
    if has_two_scripts(latex):
        raise TypeMismatch(f"{what}, {latex!r}, has two indices or two exponents on one letter, which TeX refuses")
    tables = get_default_latex_context_db().filter_context(keep_categories=_TABLES)
    for macro in re.findall(r"\\([A-Za-z]+|.)", latex):
        spec = tables.get_macro_spec(macro)
        if (macro not in BESIDE and not (spec and spec.macroname)) or _OF_DOCUMENTS.fullmatch(macro):
            known = [*BESIDE, *(each.macroname for each in tables.iter_macro_specs())]
            near = [f"\\{name}" for name in get_close_matches(macro, known, 3) if not _OF_DOCUMENTS.fullmatch(name)]
            hint = f"; near to it are {', '.join(near)}" if near else "; symbols of LaTeX and amssymb are known"
            fault = f"contains \\{macro}, which is not a known macro of mathematics"
            raise TypeMismatch(f"{what}, {latex!r}, {fault}{hint}")


_ARGUMENT = r"\s*(?:\\[A-Za-z]+\s*\x00*|[^\s{}_^\\])\s*"  # \x00 stands for a group
_TWICE = re.compile(rf"([_^]){_ARGUMENT}(?:[_^]{_ARGUMENT})?\1|\^{_ARGUMENT}(?:_{_ARGUMENT})?'")


def has_two_scripts(latex: str) -> bool:
    """Whether a letter or a group has two indices or two exponents.

    >>> [has_two_scripts(text) for text in ("a_b^c", "a_b_c", "a_{b_c}", "a_{b_c_d}", "f'^2", "f^2'")]
    [False, True, False, True, False, True]
    """
    rest, groups = re.sub(r"\\[^A-Za-z]", "x", latex), 1
    while groups and not _TWICE.search(rest):
        rest, groups = re.subn(r"\{[^{}]*\}", "\x00", rest)
    return bool(groups)


def _written(symbol: Symbol) -> str:
    """A symbol as a file holds it: a box by its name, others by kind and name."""
    return symbol.name if symbol.kind == "box" else f"{symbol.kind} {symbol.called}"
