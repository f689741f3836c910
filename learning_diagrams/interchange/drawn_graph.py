r"""Drawn graphs: a commutative diagram as labels and arrows, read as a learning diagram.

An object with a frame is a data set, and an arrow from it a column. A wavy arrow is a kernel, a grey one is frozen. A
2-cell is a constraint, and one without head an axiom. Below the name in the label of a 2-cell there may be lines
`over TERM`, `weight NUMBER` and `TERM = TERM`, the sides, which a 2-cell needs where its ends do not determine them.

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

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial as partial

from discopy import markov

from learning_diagrams.diagrams.box import Box, Diagram, Kernel, Ty
from learning_diagrams.diagrams.sample_space import Column, SampleSpace, State, is_sample_space
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.diagrams.symbol import box_symbol, generators
from learning_diagrams.drawing.tex.cell_sides import End, shown_sides
from learning_diagrams.errors import FileError, LearningDiagramError, LimitExceeded, TypeMismatch, brief
from learning_diagrams.interchange.math_label import LONGEST, bare, factors_of, lines_of, plain_text
from learning_diagrams.interchange.outside_text import require_name
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation, sides_text
from learning_diagrams.terms.parser import TermReader

MOST = {1: 5_000, 2: 500}  # arrows and 2-cells


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
        self.objects = [self._object(i, label) for i, label in enumerate(self.labels)]
        self.places = [i for i, arrow in enumerate(self.arrows) if arrow.level == 1]
        self.boxes = [self._box(self.arrows[i]) for i in self.places]
        self.signature = Signature()
        for ty in self.objects:
            self.signature.add_type(ty)
        for i, box in zip(self.places, self.boxes, strict=True):
            with self._located(self.arrows[i].where):
                self.signature.add_box(box)
        self.frozen = self._frozen()

    def learning_diagram(self, name: str = "") -> LearningDiagram:
        """The learning diagram of the 2-cells. An arrow that no 2-cell mentions is checked, and then dropped.

        Raises `FileError`, or the error of a term or a constraint, with the place at its head.
        """
        constraints: list[Constraint] = []
        axioms: list[Equation] = []
        reader = TermReader(self.signature)
        for arrow in self.arrows:
            if arrow.level == 2:
                with self._located(arrow.where):
                    statement = self._statement(arrow, reader)
                if isinstance(statement, Equation):
                    axioms.append(statement)
                else:
                    constraints.append(statement)
        if not (constraints or axioms):
            raise FileError(
                f"{self.where}: there is no 2-cell, so there is nothing to learn; draw an arrow between two arrows, or "
                "pass the boxes of signature_from_quiver to LearningDiagram.from_graph"
            )
        with self._located(self.where):
            diagram = LearningDiagram(*constraints, axioms=axioms, name=name)
            known = {box.name for box in diagram.boxes}
            diagram = diagram.freeze(*sorted(self.frozen & known))
            symbols = {str(symbol).replace("'", ""): symbol for symbol in generators(diagram.signature)}
            notation = {symbols[key]: latex for key, latex in self.symbols.items() if key in symbols}
            return diagram.edited(notation=notation) if notation else diagram

    def _object(self, i: int, label: str) -> Ty:
        where = f"{self.where}: object {i}"
        if (plain_text(bare(label)) or "").startswith("not shown: "):
            raise FileError(
                f"{where}: the text {plain_text(bare(label))!r} says what the arrows do not carry; delete it to read "
                "the rest"
            )
        if not bare(label):
            raise FileError(f"{where}: has no label; each object needs a name")
        factors = []
        for factor, framed in factors_of(label):
            kind = "sample space" if framed else "object"
            name = self._name(factor, kind, where)
            self._note(f"{kind} {name}", factor)
            factors.append(SampleSpace(name).ty if framed else Ty(name))
        return Ty().tensor(*factors)

    def _box(self, arrow: DrawnArrow) -> markov.Box:
        where = f"{self.where}: {arrow.where}"
        if not arrow.has_head:
            raise FileError(f"{where}: has no head; a box has a domain and a codomain, and an axiom is a double line")
        if not bare(arrow.label):
            raise FileError(f"{where}: has no label; each arrow needs the name of a box")
        name = self._name(arrow.label, "box", where)
        dom, cod = self.objects[arrow.source[1]], self.objects[arrow.target[1]]
        with self._located(arrow.where):
            if len(dom) == 1 and is_sample_space(dom) and not is_sample_space(cod):
                space = SampleSpace(dom.inside[0].name)
                column = space.column(name.removeprefix(f"{space.name}."), cod)
                self._note(f"column {box_symbol(column).called}", arrow.label)
                return column
            if not dom and len(cod) == 1 and is_sample_space(cod) and cod.inside[0].name == name:
                return SampleSpace(name).state
        self._note(f"box {name}", arrow.label)
        return (Kernel if arrow.is_wavy else Box)(name, dom, cod)

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
        for i, box in zip(self.places, self.boxes, strict=True):
            if isinstance(box, Column | State):
                continue
            if grey.setdefault(box.name, self.arrows[i].is_grey) != self.arrows[i].is_grey:
                raise FileError(f"{self.where}: box {box.name!r} is drawn in grey, for frozen, and in another colour")
        return {name for name, is_grey in grey.items() if is_grey}

    def _statement(self, arrow: DrawnArrow, reader: TermReader) -> Constraint | Equation:
        name, options = "", dict[str, str]()
        for i, line in enumerate(lines_of(arrow.label)):
            if line is None:
                raise FileError(f"line {i + 1} of the label {brief(arrow.label)} is no plain text")
            key = "sides" if " = " in line else line.split(" ", 1)[0]
            if i == 0:
                name = line
            elif key not in ("sides", "over", "weight") or key in options:
                raise FileError(f"the label says {line!r}; below its name it may say sides, over and weight, once each")
            else:
                options[key] = line if key == "sides" else line.removeprefix(f"{key} ")
        over = reader.read(options["over"]) if "over" in options else None
        if "sides" in options:
            lhs, rhs = (reader.read(side) for side in options["sides"].split(" = ", 1))
        else:
            lhs, rhs = self._shown(arrow, arrow.has_head and over is None)
        if not arrow.has_head:
            if options.keys() - {"sides"}:
                raise FileError("an axiom has no data and no weight; give the 2-cell a head to make it a constraint")
            return Equation(lhs, rhs, name)
        weight = plain_number(options["weight"]) if "weight" in options else 1.0
        name = name or sides_text(Equation(lhs, rhs))
        return Constraint(name, lhs, rhs, over=over, weight=weight)

    def _shown(self, arrow: DrawnArrow, from_data: bool) -> tuple[Diagram, Diagram]:
        number = {place: i for i, place in enumerate(self.places)}
        ends = [(self.arrows[i].source[1], self.arrows[i].target[1]) for i in self.places]
        source, target = ((end[0], number[end[1]] if end[0] else end[1]) for end in (arrow.source, arrow.target))
        try:
            return shown_sides(self.objects, self.boxes, ends, (source, target), from_data)
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
            raise type(error)(f"{where if where == self.where else f'{self.where}: {where}'}: {error}") from None


def plain_number(text: str) -> float:
    """The number that a text is; `FileError` for another text."""
    try:
        return float(text)
    except ValueError:
        raise FileError(f"the weight must be a number, got {brief(text)}") from None
