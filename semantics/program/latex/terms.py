"""Terms: a constraint as the expectation of a divergence, in pieces between which a line may end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

from discopy import monoidal

from learning_diagrams.diagrams.box import Ty
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.sample_space import Column, SampleObject
from learning_diagrams.equality.normal_form import normalise
from learning_diagrams.presentation.choice import Divergence
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.schedule import Schedule
from learning_diagrams.semantics.functor.space import Space, default_in_law
from learning_diagrams.semantics.least_term import KindOf, is_always_zero
from learning_diagrams.semantics.program.latex.expressions import (
    End,
    Expressions,
    Output,
    Point,
    Shared,
    stopped,
    tupled,
)
from learning_diagrams.semantics.program.latex.measures import Measures, Pieces
from learning_diagrams.semantics.program.latex.symbols import Symbols
from learning_diagrams.semantics.program.lowering import has_closed_form, require_free_outputs, sole_divergence


@runtime_checkable
class Written(Protocol):
    """A space that is written in LaTeX, and that says which label marks what is absent."""

    @property
    def latex(self) -> str: ...

    @property
    def padding_label(self) -> int | None: ...


@runtime_checkable
class Sampled(Protocol):
    """A space that says which value of a distribution a box gets."""

    @property
    def sample(self) -> str | None: ...


@runtime_checkable
class Reduced(Protocol):
    """A space that says whether the positions of a row are added, or averaged."""

    @property
    def reduction(self) -> str: ...


@dataclass(frozen=True)
class Term:
    """A term of a loss.

    Parameters
    ----------
    before : str, what stands before the divergences: weight and expectation.
    pieces : sequence of pairs of str, each a summand in two parts, between which a line may end.
    parts : mapping from expressions to the names that stand for them.
    remarks : tuple of str, words.
    """

    before: str
    pieces: Sequence[Pieces]
    parts: Mapping[str, str]
    remarks: tuple[str, ...] = ()


class Terms:
    """Writes diagrams as values, and constraints as terms.

    Parameters
    ----------
    spaces : mapping from the names of some objects to their Space.
    kind : function from the name of a divergence to its kind.
    written : bool, whether divergences are written out.

    Attributes
    ----------
    schedules : dict from LaTeX to Schedule, the numbers that move with the steps of training.
    """

    def __init__(self, symbols: Symbols, spaces: Mapping[str, Space], kind: KindOf, written: bool) -> None:
        self.symbols, self.spaces, self.kind = symbols, spaces, kind
        self.schedules: dict[str, Schedule] = {}
        self.measures = Measures(symbols, kind, written, lambda value, symbol: self.number(value, symbol, self._name))
        samples = {name: space.sample for name, space in spaces.items() if isinstance(space, Sampled)}
        self._means = {name for name, sample in samples.items() if sample == "expectation"}
        self._name = ""
        self._detached: Sequence[str] = ()
        self._parts: Mapping[str, str] = {}

    def term(self, constraint: Constraint, factor: float = 1.0) -> Term:
        """A constraint with its weight, times a factor."""
        self._name, self._detached, self._parts = constraint.name, constraint.detach, {}
        if is_always_zero(constraint, self.kind, self.spaces):
            return Term("", [("0", "")], {}, ("proved by the theory",))
        weight = self._weight(constraint.weight, factor)
        in_law = constraint.tested == "in law" and not has_closed_form(constraint, self.kind)
        before, pieces, choices = (self._in_law if in_law else self._pointwise)(constraint)
        kinds = [self.kind(choice.name) for choice in choices if choice is not None]
        remarks = ["in law"] * in_law
        remarks += [kind.compares for kind in kinds if kind.compares == "across a batch"]
        if self.spaces:
            units = [kind.unit.partition(" (")[0] for kind in kinds]
            remarks += [f"in {unit}" for unit in units if not unit.endswith(("no unit", "units"))]
            spaces = [space for ob in constraint.lhs.cod.inside if (space := self.spaces.get(ob.name))]
            remarks += [_averaged(space) for space in spaces if _averaged(space) and not in_law]
        return Term(weight + before, pieces, self._parts, tuple(dict.fromkeys(remarks)))

    def equation(self, equation: Equation) -> Term:
        """The values of both sides, with "=" between them; their draws are draws, also where training takes means."""
        self._detached, self._parts = (), {}
        inputs = self.inputs(equation.lhs.dom)
        lhs, rhs = (self.value(graph, inputs, means=())[0] for graph in equation.normal_forms)
        return Term("", [(lhs, f" = {rhs}")], self._parts)

    def map(self, graph: PortGraph) -> Term:
        """A graph as a map from its inputs to its values; only the values where it has no input."""
        inputs = self.inputs(graph.dom)
        text, parts = self.value(graph, inputs)
        rows, points = iter(parts.inputs()), iter(inputs)
        variables = [next(rows) if isinstance(ob, SampleObject) else next(points).text for ob in graph.dom.inside]
        return Term(rf"{tupled(variables)} \mapsto " if len(graph.dom) else "", [(text, "")], parts.parts)

    def inputs(self, dom: Ty) -> list[Point]:
        """Variables for the objects of a type, named as these are."""
        names = [ob.name for ob in dom.inside if not isinstance(ob, SampleObject)]
        total, seen = Counter(names), Counter[str]()
        points = []
        for name in names:
            seen[name] += 1
            points.append(Point(self.symbols.indexed(name, "it", seen[name] if total[name] > 1 else None)))
        return points

    def number(self, value: Any, symbol: str, name: str) -> str:
        """A quantity: a number, the symbol of a schedule, or what boxes compute."""
        if isinstance(value, monoidal.Diagram):
            return self.value(normalise(PortGraph.from_diagram(value)))[0]
        if not isinstance(value, Schedule):
            return numeral(value)
        moving = f"{symbol}_{{{self.symbols.name(name)}}}(t)"
        self.schedules[moving] = value
        return moving

    def value(
        self, graph: PortGraph, inputs: Sequence[Point] = (), means: Collection[str] | None = None
    ) -> tuple[str, Expressions]:
        """The values at the outputs of a graph together, as a distribution where the graph draws.

        means : the objects whose draws are means; None for those that the spaces say.
        """

        def write(parts: Expressions) -> str:
            points = iter(inputs)
            starts = [
                parts.row(ob.name, drawn=False) if isinstance(ob, SampleObject) else next(points)
                for ob in graph.dom.inside
            ]
            return parts.distribution(parts.fold(graph, starts))

        return self._twice(write, means)

    def _twice(
        self, write: Callable[[Expressions], Any], means: Collection[str] | None = None
    ) -> tuple[Any, Expressions]:
        """What is written in a second pass, which knows which rows and draws are alone."""
        means = self._means if means is None else means
        first = Expressions(self.symbols, self._detached, self._parts, means=means)
        write(first)
        second = Expressions(self.symbols, self._detached, self._parts, first.counts, means)
        text = write(second)
        self._parts = second.parts
        return text, second

    def _weight(self, weight: Any, factor: float) -> str:
        if isinstance(weight, monoidal.Diagram):
            computed = self.number(weight, "", "")
            return f"{self._weight(factor, 1.0)}{computed}\\, "
        product = weight.scaled(factor) if isinstance(weight, Schedule) else weight * factor
        text = self.number(product, r"\lambda", self._name)
        return {"1": "", "-1": "-"}.get(text, f"{text}\\, ")

    def _pointwise(self, constraint: Constraint) -> tuple[str, list[Pieces], Sequence[Divergence | None]]:
        reading, where = constraint.reading, f"constraint {constraint.name!r}"
        for graph in reading.sides:
            require_free_outputs(graph, where)

        def write(parts: Expressions) -> list[list[End]]:
            points = parts.fold(reading.source_form, [parts.row(ob.name) for ob in reading.source.dom.inside])
            shared = [Shared(point) if isinstance(point, Output) else point for point in points]
            return [[parts.end(end) for end in parts.fold(graph, shared)] for graph in reading.sides]

        sides, parts = self._twice(write)
        predictions, references = (
            [_stopped(end) if side in constraint.detach else end for end in ends]
            for side, ends in zip(("lhs", "rhs"), sides, strict=True)
        )
        wires = [ob.name for ob in constraint.lhs.cod.inside]
        choice = constraint.divergence
        choices = [
            named or self._own(wire)
            for named, wire in zip(choice if isinstance(choice, tuple) else [choice] * len(wires), wires, strict=True)
        ]
        pieces: list[Pieces] = []
        for named, wire, reference, prediction in zip(choices, wires, references, predictions, strict=True):
            first, rest = self.measures.between(named, wire, reference, prediction, self.spaces.get(wire))
            pieces.append((("" if not pieces or first.startswith("-") else " + ") + first, rest))
        before = parts.over(r"\mathbb{E}", self._present(constraint))
        if len(wires) > 1 or pieces[0][0].startswith("-"):
            pieces[0] = r"\Bigl[" + pieces[0][0], pieces[0][1]
            pieces[-1] = pieces[-1][0], pieces[-1][1] + r"\Bigr]"
        return before, pieces, choices

    def _in_law(self, constraint: Constraint) -> tuple[str, list[Pieces], Sequence[Divergence | None]]:
        choice, wires = sole_divergence(constraint), [ob.name for ob in constraint.lhs.cod.inside]
        if choice is None and all(wire in self.spaces for wire in wires):
            choice = Divergence(default_in_law([self.spaces[wire] for wire in wires]))
        texts = [self.value(graph)[0] for graph in constraint.reading.sides]
        prediction, reference = (
            stopped(text) if side in constraint.detach else text
            for side, text in zip(("lhs", "rhs"), texts, strict=True)
        )
        return "", [self.measures.named(choice, reference, prediction)], [choice]

    def _own(self, wire: str) -> Divergence | None:
        """The divergence of the space of an object."""
        own = self.spaces[wire].divergence if wire in self.spaces else None
        return None if own is None else Divergence(own)

    def _present(self, constraint: Constraint) -> list[str]:
        """The conditions that columns are present where their space marks what is absent."""
        boxes = dict.fromkeys(box for graph in constraint.reading.joints for box in graph.boxes)
        columns = {box: self.spaces.get(box.cod.inside[0].name) for box in boxes if isinstance(box, Column)}
        return [
            rf"{self.symbols.column(column, None)} \text{{ present}}"
            for column, space in columns.items()
            if isinstance(space, Written) and space.padding_label is not None
        ]


def _averaged(space: Space) -> str:
    """Over which positions the divergence of a space is a mean, in words; "" where it is a sum."""
    positions = space.compared({})
    if positions is None or positions.counted:
        return "mean over positions" if positions else ""
    return "mean over the positions of a row" if isinstance(space, Reduced) and space.reduction == "mean" else ""


def _stopped(end: End) -> End:
    return replace(end, detached=True) if isinstance(end, Output) else Point(stopped(end.text))


def numeral(value: float) -> str:
    """A number in LaTeX, exactly.

    >>> numeral(0.5), numeral(4.0), numeral(1e-7)
    ('0.5', '4', '10^{-7}')
    """
    digits, _, power = repr(value).removesuffix(".0").partition("e")
    if not power:
        return digits
    return ("" if digits == "1" else rf"{digits} \cdot ") + f"10^{{{int(power)}}}"
