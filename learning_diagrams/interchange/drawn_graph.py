r"""Drawn graphs: a commutative diagram as labels and arrows, read as a learning diagram.

An object with a frame is a data set, and an arrow from it a column. A wavy arrow is a kernel, a grey one is frozen. A
2-cell is a constraint, and one without head an axiom. An arrow whose label is a term, such as `copy(x)`, `f @ id(x)` or
`f \otimes x`, is no box: it stands for the term. Below the name in the label of a 2-cell there may be fields of a
constraint as in a file, `weight 0.5`, and `TERM = TERM`, the sides, which a 2-cell needs where its ends do not
determine them. An object `stated: ema …` states a field of the learning diagram.

>>> arrow = partial(DrawnArrow, where="arrow")
>>> graph = DrawnGraph(
...     [r"\boxed{\textrm{rows}}", "A", "B"],
...     [arrow((False, 0), (False, 1), "x"), arrow((False, 1), (False, 2), "f"), arrow((False, 1), (False, 2), "g"),
...      arrow((True, 1), (True, 2), r"\alpha", level=2)], "a drawing")
>>> print(graph.learning_diagram())
learning diagram
  α: x >> f = x >> g
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial as partial
from typing import Any

from discopy import markov

from learning_diagrams.diagrams.box import Box, Diagram, Kernel, Ty
from learning_diagrams.diagrams.sample_space import Column, SampleSpace, State, is_sample_space
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.diagrams.symbol import box_symbol, generators
from learning_diagrams.documents.document import FORMAT, Place
from learning_diagrams.documents.serialization import from_dict, written, written_box
from learning_diagrams.drawing.tex.cell_sides import End, shown_sides
from learning_diagrams.drawing.tex.lines import is_continued
from learning_diagrams.drawing.tex.term_symbols import in_names
from learning_diagrams.errors import (
    DuplicateName,
    FileError,
    LearningDiagramError,
    LimitExceeded,
    TypeMismatch,
    brief,
    did_you_mean,
)
from learning_diagrams.interchange.math_label import LONGEST, bare, factors_of, in_one_line, lines_of, plain_text
from learning_diagrams.interchange.outside_text import require_name, yaml_value
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.equation import Equation, sides_text
from learning_diagrams.terms.parser import TermReader
from learning_diagrams.terms.printer import print_term

MOST = {1: 5_000, 2: 500}  # arrows and 2-cells
STATED = "stated: "
WIDEST = 200  # factors of an object
_USES = re.compile(r"([^\[\]]+)\[([^\[\]]+)\]")


@dataclass(frozen=True)
class DrawnArrow:
    """An arrow between objects or arrows, each given by its place.

    where : str, what the arrow is called at the head of errors.
    """

    source: End
    target: End
    label: str
    where: str
    level: int = 1
    has_head: bool = True
    is_wavy: bool = False
    is_grey: bool = False


@dataclass
class DrawnGraph:
    """Labels of objects, and arrows. `names` has the names that stand for labels which are no names."""

    labels: Sequence[str]
    arrows: Sequence[DrawnArrow]
    where: str
    names: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for label in (*self.labels, *(arrow.label for arrow in self.arrows)):
            if len(label) > LONGEST:
                raise LimitExceeded(f"{self.where}: a label has more than {LONGEST:,} characters: {brief(label[:100])}")
        for level, most in MOST.items():
            if len(self.labels) > MOST[1] or sum(arrow.level == level for arrow in self.arrows) > most:
                raise LimitExceeded(
                    f"{self.where}: there are more than {most:,} {'2-cells' if level > 1 else 'arrows'}"
                )
        if not isinstance(self.names, Mapping) or not all(isinstance(text, str) for text in self.names.values()):
            raise TypeMismatch(f"names= takes a mapping from labels to names, got {brief(self.names)}")
        self.symbols: dict[str, str] = {}  # the notation: what stands for a name, by its key in a file
        self.stated: dict[str, Any] = {}
        self.in_terms: dict[str, str] = {}  # the names of the symbols in terms
        for i, label in enumerate(self.labels):
            self._state(i, label)
        self.arrows = [self._named(arrow) for arrow in self.arrows]
        self.objects = [self._object(i, label) for i, label in enumerate(self.labels)]
        self.places = [i for i, arrow in enumerate(self.arrows) if arrow.level == 1]
        self.signature = Signature()
        for ty in self.objects:
            self.signature.add_type(ty)
        self.boxes: dict[int, Diagram] = {}  # what an arrow stands for, by its place
        self._read_boxes()
        self.frozen = self._frozen()

    def learning_diagram(self, name_of_all: str = "") -> LearningDiagram:
        """The learning diagram of the 2-cells. An arrow that no 2-cell mentions is checked, and then dropped.

        Raises `FileError`, or the error of a term or a constraint, with the place at its head.
        """
        reader = TermReader(self.signature)
        statements: dict[str, dict[str, Any]] = {"constraints": {}, "axioms": {}}
        heads: dict[Place, str] = {}
        for arrow in self.arrows:
            if arrow.level == 2:
                with self._located(arrow.where):
                    name, entry = self._statement(arrow, reader)
                    kind = "constraints" if arrow.has_head else "axioms"
                    if statements[kind].setdefault(name, entry) != entry:
                        raise DuplicateName(f"another 2-cell is called {name!r}; give one of them another name")
                heads[kind, name] = f"{self.where}: {arrow.where}"
        if not any(statements.values()):
            raise FileError(
                f"{self.where}: there is no 2-cell, so there is nothing to learn; draw an arrow between two arrows, or "
                "pass the boxes of signature_from_quiver to LearningDiagram.from_graph"
            )
        signature = self.signature
        spaces: dict[str, dict[str, str]] = {space: {} for space in signature.sample_spaces}
        for (space, own), column in signature.columns.items():
            spaces[space][own] = column.cod.inside[0].name
        data = {
            "format": FORMAT,
            "name": name_of_all,
            "objects": list(signature.objects),
            "sample_spaces": spaces,
            "boxes": {name: written_box(box) for name, box in signature.boxes.items()},
            **statements,
            **self.stated,
        }

        def head(place: Place) -> str:
            return heads.get(place[:2], self.where) + (f": {written(place[2:] if place[:2] in heads else place)}")

        diagram = from_dict(data, LearningDiagram, head)
        with self._located(self.where):
            known = {box.name for box in diagram.boxes}
            diagram = diagram.freeze(*sorted(self.frozen & known))
            symbols = {str(symbol).replace("'", ""): symbol for symbol in generators(diagram.signature)}
            notation = {symbols[key]: latex for key, latex in self.symbols.items() if key in symbols}
            return diagram.edited(notation=notation) if notation else diagram

    def _named(self, arrow: DrawnArrow) -> DrawnArrow:
        """The arrow with names in place of the symbols in its terms; that of a box in one line."""
        label = arrow.label if bare(arrow.label) in self.names else in_names(arrow.label, self.in_terms)
        return replace(arrow, label=in_one_line(label) if arrow.level == 1 else label)

    def _state(self, i: int, label: str) -> None:
        """Read a text that stands beside the arrows."""
        text = plain_text(bare(label)) or ""
        if text.startswith("not shown: "):
            raise FileError(
                f"{self.where}: object {i}: the text {text!r} says what the arrows do not carry; delete it to read the "
                "rest"
            )
        if not text.startswith(STATED):
            return
        key, _, value = text.removeprefix(STATED).partition(" ")
        fields = [field.name for field in LearningDiagram.listed]
        if key not in fields or key in self.stated:
            raise FileError(f"{self.where}: object {i}: {text!r} may state {', '.join(fields)}, once each")
        self.stated[key] = yaml_value(value, f"{self.where}: object {i}")
        notation = self.stated[key] if key == "notation" else None
        if isinstance(notation, dict) and all(isinstance(latex, str) for latex in notation.values()):
            del self.stated[key]
            self.in_terms = {latex: name.rpartition(" ")[2] for name, latex in notation.items()}
            self.names = {bare(latex): name for latex, name in self.in_terms.items()} | dict(self.names)

    def _object(self, i: int, label: str) -> Ty:
        where = f"{self.where}: object {i}"
        if (plain_text(bare(label)) or "").startswith(STATED):
            return Ty()
        if not bare(label):
            raise FileError(f"{where}: has no label; each object needs a name")
        factors, parts = [], factors_of(label)
        if len(parts) > WIDEST:
            raise LimitExceeded(f"{where}: has {len(parts):,} factors; at most {WIDEST:,} are read")
        for factor, framed in parts:
            kind = "sample space" if framed else "object"
            name = self._name(factor, kind, where)
            self._note(f"{kind} {name}", factor)
            factors.append(SampleSpace(name).ty if framed else Ty(name))
        return Ty().tensor(*factors)

    def _read_boxes(self) -> None:
        """The boxes, each after those that it uses, and then the terms over them."""
        uses = {i: self._uses(self.arrows[i]) for i in self.places}
        waiting = [i for i in self.places if not is_term(self.arrows[i].label)]
        while waiting:
            ready = [i for i in waiting if all(use in self.signature.boxes for use in uses[i][1])]
            if not ready:
                unknown = next(use for use in uses[waiting[0]][1] if use not in self.signature.boxes)
                raise FileError(
                    f"{self.where}: {self.arrows[waiting[0]].where}: uses {unknown!r}, which no arrow before it is "
                    f"called; {did_you_mean(unknown, self.signature.boxes)}"
                )
            for i in ready:
                with self._located(self.arrows[i].where):
                    self.boxes[i] = self._box(self.arrows[i], *uses[i])
                    self.signature.add_box(self.boxes[i])
            waiting = [i for i in waiting if i not in ready]
        reader = TermReader(self.signature)
        for i in self.places:
            if i not in self.boxes:
                arrow = self.arrows[i]
                dom, cod = self.objects[arrow.source[1]], self.objects[arrow.target[1]]
                with self._located(arrow.where):
                    term = self.boxes[i] = reader.read(self._term(arrow.label))
                    if (term.dom, term.cod) != (dom, cod):
                        raise TypeMismatch(
                            f"the term goes from {term.dom} to {term.cod}, and the arrow from {dom} to {cod}"
                        )

    def _term(self, label: str) -> str:
        """The term of a label. Between signs of the tensor, an object stands for its identity."""
        parts = [plain_text(factor) or factor for factor, _ in factors_of(label)]
        objects = (self.signature.objects.keys() | self.signature.sample_spaces.keys()) - self.signature.boxes.keys()
        return " @ ".join(f"id({part})" if part in objects else part for part in parts)

    def _uses(self, arrow: DrawnArrow) -> tuple[str, list[str]]:
        """The label of a box without the names of the boxes that it uses, and these names."""
        for label in (bare(arrow.label), plain_text(bare(arrow.label)) or ""):
            if match := _USES.fullmatch(label):
                return match[1], (plain_text(match[2]) or "").split(", ")
        return arrow.label, []

    def _box(self, arrow: DrawnArrow, label: str, uses: Sequence[str]) -> markov.Box:
        if not arrow.has_head:
            raise FileError("has no head; a box has a domain and a codomain, and an axiom is a double line")
        if not bare(label):
            raise FileError("has no label; each arrow needs the name of a box")
        name = self._name(label, "box", f"{self.where}: {arrow.where}")
        dom, cod = self.objects[arrow.source[1]], self.objects[arrow.target[1]]
        if len(dom) == 1 and is_sample_space(dom) and not is_sample_space(cod):
            space = SampleSpace(dom.inside[0].name)
            column = space.column(name.removeprefix(f"{space.name}."), cod)
            self._note(f"column {box_symbol(column).called}", label)
            return column
        if not dom and len(cod) == 1 and is_sample_space(cod) and cod.inside[0].name == name:
            return SampleSpace(name).state
        self._note(f"box {name}", label)
        boxes = [self.signature.boxes[use] for use in uses]
        return (Kernel if arrow.is_wavy else Box)(name, dom, cod, uses=boxes)

    def _name(self, label: str, kind: str, where: str) -> str:
        label = bare(label)
        name = self.names.get(label, plain_text(label))
        if name is None:
            raise FileError(
                f"{where}: the label {brief(label)} is no plain text, so it names no {kind}; pass its name, as in "
                f"names={{{label[:60]!r}: '…'}}"
            )
        return require_name(name, kind, where)

    def _note(self, key: str, label: str) -> None:
        if bare(label) in self.names:
            self.symbols[key] = bare(label)

    def _frozen(self) -> set[str]:
        grey: dict[str, bool] = {}
        for i, box in self.boxes.items():
            if not isinstance(box, markov.Box) or isinstance(box, Column | State):
                continue
            if grey.setdefault(box.name, self.arrows[i].is_grey) != self.arrows[i].is_grey:
                raise FileError(f"{self.where}: box {box.name!r} is drawn in grey, for frozen, and in another colour")
        return {name for name, is_grey in grey.items() if is_grey}

    def _statement(self, arrow: DrawnArrow, reader: TermReader) -> tuple[str, dict[str, Any]]:
        """The name of a 2-cell, and the statement as a file holds it."""
        name, entry = "", dict[str, Any]()
        fields = [field.name for field in LearningDiagram.constraint_type.listed()]
        for i, line in enumerate(_statements(arrow.label)):
            key, _, value = line.partition(" ")
            is_sides = key not in fields and " = " in line
            if i == 0:
                name = line
            elif is_sides and "lhs" not in entry:
                entry["lhs"], entry["rhs"] = line.split(" = ", 1)
            elif key in fields and key not in entry:
                entry[key] = value if key == "over" else yaml_value(value, key)
            else:
                raise FileError(
                    f"the label says {line!r}; below its name it may say sides, {', '.join(fields)}, once each, as in "
                    "a file"
                )
        if not arrow.has_head and entry.keys() - {"lhs", "rhs"}:
            raise FileError("an axiom has no data and no weight; give the 2-cell a head to make it a constraint")
        if "lhs" in entry:
            sides = Equation(*(reader.read(entry[key]) for key in ("lhs", "rhs")))
        else:
            sides = Equation(*self._shown(arrow, arrow.has_head and "over" not in entry))
        for key, side in (("lhs", sides.lhs), ("rhs", sides.rhs)):
            entry[key] = print_term(side, self.signature)
        return name or sides_text(sides), entry

    def _shown(self, arrow: DrawnArrow, from_data: bool) -> tuple[Diagram, Diagram]:
        number = {place: i for i, place in enumerate(self.places)}
        ends = [(self.arrows[i].source[1], self.arrows[i].target[1]) for i in self.places]
        source, target = ((end[0], number[end[1]] if end[0] else end[1]) for end in (arrow.source, arrow.target))
        try:
            return shown_sides(self.objects, [self.boxes[i] for i in self.places], ends, (source, target), from_data)
        except TypeMismatch as error:
            raise FileError(
                f"it does not say its sides: {error}; write them below its name, as in \\substack{{law \\\\ "
                "\\textrm{f >> g = h}}"
            ) from None

    @contextmanager
    def _located(self, where: str) -> Iterator[None]:
        try:
            yield
        except LearningDiagramError as error:
            head = "" if str(error).startswith(self.where) else f"{self.where}: "
            place = f"{where}: " if head and where != self.where else ""
            raise type(error)(f"{head}{place}{error}") from None


def _statements(label: str) -> list[str]:
    """The lines of a label, of which those that continue another are joined to it; the first is the name."""
    lines: list[str] = []
    for i, line in enumerate(lines_of(label)):
        if line is None:
            raise FileError(f"line {i + 1} of the label {brief(label)} is no plain text")
        if i > 1 and is_continued(lines[-1], line):
            lines[-1] += f" {line}"
        else:
            lines.append(line)
    return lines


def is_term(label: str) -> bool:
    """Whether the label of an arrow is a term, not the name of a box."""
    text = plain_text(bare(label)) or ""
    return "@" in text or text.endswith(")") or len(factors_of(label)) > 1
