"""Expressions: a diagram as functions applied to values, with the values that are drawn.

A kernel k at x is the distribution k(· | x). Where a box reads its output, a value z ∼ k(· | x) is drawn.

>>> from learning_diagrams.diagrams.box import Box, Kernel, Ty
>>> x = Ty("x")
>>> graph = PortGraph.from_diagram(Box("f", x, x) >> Kernel("k", x, x) >> Box("g", x, x))
>>> parts = Expressions(Symbols())
>>> (end,) = parts.fold(graph, [Point("x")])
>>> print(end.text, "where", *parts.drawn())
g(z_{1}) where z_{1} \\sim k(\\cdot \\mid f(x))
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType

from discopy import markov

from learning_diagrams.diagrams.box import is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.sample_space import Column, State
from learning_diagrams.semantics.functor.functor import fold
from learning_diagrams.semantics.program.latex.symbols import Symbols, width

WIDEST = 56  # letters of an application, before its arguments get names
SHORT = 30  # letters under an operator, on one line


@dataclass(frozen=True)
class Point:
    """A value: a column, a draw, or a function applied to values.

    Parameters
    ----------
    function, inner : str, the function that is applied last, and what it is applied to first where it is repeated.
    times : int, how often it is applied in a row.
    """

    text: str
    function: str = ""
    inner: str = ""
    times: int = 0


@dataclass(eq=False)
class Output:
    """The distribution that a kernel gives at some values, and its draw once there is one.

    Parameters
    ----------
    is_mean : bool, whether a box that reads the output gets its mean in place of a draw.
    """

    function: str
    arguments: str = ""
    detached: bool = False
    is_mean: bool = False
    drawn: Point | None = None

    def at(self, outcome: str) -> str:
        """The probability of an outcome."""
        return f"{self.function}({outcome} \\mid {self.arguments})" if self.arguments else f"{self.function}({outcome})"

    @property
    def text(self) -> str:
        text = self.at(r"\cdot") if self.arguments else self.function
        return stopped(text) if self.detached else text


@dataclass(frozen=True)
class Shared:
    """The output of a kernel at the end of a source, which both sides draw once."""

    output: Output


@dataclass(frozen=True)
class Row:
    """A row of a sample space, the first, the second, …"""

    space: str
    number: int
    drawn: bool = True


Value = Point | Output | Shared | Row
End = Point | Output


@dataclass
class Counts:
    """How many rows of each sample space, and how many draws, have a name; a single one needs no index."""

    rows: Counter[str]
    draws: int


class Expressions:
    """Folds graphs into expressions, and remembers what is drawn.

    Parameters
    ----------
    detached : names of the boxes that pass no gradient.
    parts : mapping from expressions to names that stand for them already.
    counts : Counts of an earlier pass over the same graphs.
    means : names of the objects of which a box gets the mean of a distribution in place of a draw.

    Attributes
    ----------
    rows : dict from Row to its columns that are read, by name.
    draws : list of pairs (variable, distribution).
    """

    def __init__(
        self,
        symbols: Symbols,
        detached: Iterable[str] = (),
        parts: Mapping[str, str] = MappingProxyType({}),
        counts: Counts | None = None,
        means: Iterable[str] = (),
    ) -> None:
        self.symbols, self.detached, self._known, self._means = symbols, frozenset(detached), counts, frozenset(means)
        self.parts = dict(parts)
        self.rows: dict[Row, dict[str, str]] = {}
        self.draws: list[tuple[str, str]] = []
        self._next: Counter[str] = Counter()
        self._columns: dict[str, tuple[str, str]] = {}

    @property
    def counts(self) -> Counts:
        """What a second pass is to know."""
        return Counts(Counter(row.space for row, columns in self.rows.items() if columns), len(self.draws))

    def fold(self, graph: PortGraph, inputs: Sequence[Value]) -> tuple[Value, ...]:
        """The values at the outputs of a graph."""
        return fold(graph, inputs, self._apply)

    def row(self, space: str, drawn: bool = True) -> Row:
        """The next row of a sample space; an input of a diagram is not drawn."""
        self._next[space] += 1
        row = Row(space, self._next[space], drawn)
        self.rows[row] = {}
        return row

    def end(self, value: Value) -> End:
        """The value at the end of a side: a distribution as it is, a shared draw as a point."""
        return value if isinstance(value, Output) else self.point(value)

    def point(self, value: Value) -> Point:
        """A value as a point; of a distribution its draw, which is made once."""
        match value:
            case Point():
                return value
            case Shared(output):
                return self.point(output)
            case Row():
                return self._read(value, value.space, r"\omega", r"\omega")
            case Output():
                if value.drawn is None and value.is_mean:
                    value.drawn = Point(rf"\mathbb{{E}}[{value.text}]")
                if value.drawn is None:
                    alone = self._known is not None and self._known.draws == 1
                    name = self.symbols.draw + ("" if alone else f"_{{{len(self.draws) + 1}}}")
                    value.drawn = Point(name)
                    self.draws.append((name, value.text))
                return value.drawn

    def inputs(self) -> list[str]:
        """The rows that are inputs, each by the columns that are read."""
        rows = [(row, tupled(columns.values()) if columns else r"\omega") for row, columns in self.rows.items()]
        return [rf"{text} \in {self.symbols.name(row.space)}" for row, text in rows if not row.drawn]

    def drawn(self) -> list[str]:
        """The rows and values that an expectation is over."""
        rows = sorted((row.space, row.number, columns) for row, columns in self.rows.items() if columns and row.drawn)
        lines = []
        for space, group in groupby(rows, lambda row: row[0]):
            texts = [tupled(text for _, text in sorted(columns.items())) for *_, columns in group]
            lines.append(rf"{', '.join(texts)} \sim {self.symbols.name(space)}")
            lines += [r"\text{different rows}"] * (len(texts) > 1)
        for law, draws in groupby(self.draws, lambda draw: draw[1]):
            lines.append(rf"{', '.join(name for name, _ in draws)} \sim {law}")
        return lines

    def over(self, operator: str, conditions: Sequence[str] = ()) -> str:
        """An operator over all that is drawn; "" where nothing is drawn."""
        lines = self.drawn()
        if not lines:
            return ""
        lines += conditions
        short = len(lines) == 1 or width("".join(lines)) <= SHORT
        below = r",\ ".join(lines) if short else r"\substack{" + r" \\ ".join(lines) + "}"
        return rf"\operatorname*{{{operator}}}_{{{below}}}\, "

    def distribution(self, values: Sequence[Value]) -> str:
        """The values at some wires together, as a distribution where something is drawn."""
        outputs = [value for value in values if isinstance(value, Output)]
        single = len(set(map(id, outputs))) == len(outputs)
        if single and (len(values) == 1 == len(outputs) or not self.drawn()):
            return self.over(r"\mathbb{E}") + tupled(self.end(value).text for value in values)
        points = tupled([self.point(value).text for value in values])
        return self.over("Law") + points

    def _apply(self, box: markov.Box, values: tuple[Value, ...]) -> Sequence[Value]:
        if isinstance(box, State):
            return [self.row(box.space.name)]
        if isinstance(box, Column):
            (row,) = values
            assert isinstance(row, Row), "a column starts from its sample space, which only rows inhabit"
            return [self._column(box, row)]
        count, detached = len(box.cod), box.name in self.detached
        functions = [self.symbols.box(box, i + 1 if count > 1 else None) for i in range(count)]
        points = [self.point(value) for value in values]
        if is_deterministic(box):
            return [self._applied(function, points, detached) for function in functions]
        arguments = self._arguments(box.name, points)
        means = [ob.name in self._means for ob in box.cod.inside]
        return [Output(function, arguments, detached, mean) for function, mean in zip(functions, means, strict=True)]

    def _applied(self, function: str, points: Sequence[Point], detached: bool) -> Point:
        if not points:
            return Point(stopped(function) if detached else function)
        times, inner = 1, self._arguments(function, points)
        if len(points) == 1 and points[0].function == function and not detached:
            times, inner = points[0].times + 1, points[0].inner
            if times == 2:
                return Point(f"{function}({function}({inner}))", function, inner, times)
        power = f"^{{{times}}}" if times > 2 else ""
        text = f"{function}{power}({inner})"
        return Point(stopped(text)) if detached else Point(text, function, inner, times)

    def _arguments(self, function: str, points: Sequence[Point]) -> str:
        """The arguments of a function; the wide ones get names of their own where all are too wide together."""
        texts = [point.text for point in points]
        widths = [width(text) for text in texts]
        if width(function) + sum(widths) > WIDEST and (widest := max(widths)) > 8:
            texts = [self._part(text) if 2 * own > widest else text for text, own in zip(texts, widths, strict=True)]
        return ", ".join(texts)

    def _part(self, text: str) -> str:
        return self.parts.setdefault(text, f"{self.symbols.part}_{{{len(self.parts) + 1}}}")

    def _column(self, column: Column, row: Row) -> Point:
        alone = self._known is not None and self._known.rows[row.space] == 1
        texts = (self.symbols.column(column, None if alone else row.number, whole) for whole in (False, True))
        key = (row.space, f"{row.number} {column.name}")
        text = next(text for text in texts if self._columns.setdefault(text, key) == key)
        return self._read(row, row.space, column.name, text)

    def _read(self, row: Row, space: str, column: str, text: str) -> Point:
        self.rows[row][column] = text
        return Point(text)


def stopped(text: str) -> str:
    """A value through which no gradient passes."""
    return text if text.startswith(r"\operatorname{sg}") else rf"\operatorname{{sg}}({text})"


def tupled(texts: Iterable[str]) -> str:
    """Values together, in brackets where there are several."""
    parts = list(texts)
    return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"
