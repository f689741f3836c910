"""A finite model: a finite set for each object, and for each box the weights of its outcomes, in exact arithmetic.

In "markov" and "cartesian" a row of weights is a probability distribution, and a row of a deterministic box has a
single outcome: a model is a functor into finite sets and stochastic maps. In "symmetric" weights are natural numbers: a
model is a functor into matrices, which counts scalars and effects. A set may be empty.

>>> from learning_diagrams import Copy, Kernel
>>> bit = Ty("bit")
>>> coin, half = Kernel("coin", Ty(), bit), Fraction(1, 2)
>>> model = FiniteModel("markov", {"bit": 2}, {label(coin): {(): {(0,): half, (1,): half}}})
>>> print(model)
bit = {0, 1}
coin() = 0 (1/2), 1 (1/2)
>>> [str(model.weights(diagram, ()).get((0, 1), 0)) for diagram in (coin >> Copy(bit), coin @ coin)]
['0', '1/4']

Source: Fritz, *A synthetic approach to Markov kernels* (2020), example 2.5 (FinStoch).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import islice
from math import prod
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from discopy import cat, markov

from learning_diagrams.diagrams.box import Box, Diagram, Id, Kernel, Ty
from learning_diagrams.diagrams.labels import label, object_names
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.sample_space import SampleSpace
from learning_diagrams.drawing.drawn import Drawn
from learning_diagrams.equality.theory import Theory, determinism
from learning_diagrams.errors import TypeMismatch, UnknownName, brief, did_you_mean, printable
from learning_diagrams.proof.display import shown_name
from learning_diagrams.semantics.models.exact_numbers import exact_number, hint_on_floats, shown_total
from learning_diagrams.semantics.models.joint_distribution import Element, Elements, JointDistribution, Row, Weight

if TYPE_CHECKING:
    from learning_diagrams.drawing.elements.plates import Look
    from learning_diagrams.drawing.elements.svg import Scene
    from learning_diagrams.drawing.strings.pen import Direction
    from learning_diagrams.drawing.tables.table import Table as ShownTable

BoxKey = tuple[Any, ...]  # the `label` of a box
Table = Mapping[Elements, Row]
SHOWN = 30  # rows of a box, elements of a set, outcomes of a row


@dataclass(frozen=True, repr=False)
class FiniteModel(Drawn):
    """Sets and tables for the objects and boxes of some diagrams.

    Functoriality: `weights(f >> g)` is the composite of the distributions of f and g, `weights(f @ g)` is their
    product.

    theory : Theory, "markov" or "cartesian" for probabilities, "symmetric" for natural numbers.
    sizes : mapping from str to int, for each object the number n ≥ 0 of its elements 0, …, n − 1.
    rows : nested mappings, for each box, by its `label`, and for each of its arguments, the weight of each outcome. An
        argument without a row goes to the last element of each set; in "symmetric" its row is empty.
    deterministic : tuple of str, the names of boxes that are functions besides those of kind `Box`.

    Raises `TypeMismatch`: the sizes or the tables are not a model; the message names the box and the row.
    `UnknownName`: an object of a box has no size.
    """

    theory: Theory
    sizes: Mapping[str, int]
    rows: Mapping[BoxKey, Table]
    deterministic: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        determinism(self.theory, self.deterministic)
        for name, size in self.sizes.items():
            if not isinstance(name, str) or type(size) is not int or size < 0:
                raise TypeMismatch(f"the size of object {name!r} must be a whole number ≥ 0, got {brief(size)}")
        rows = {key: self._read_table(key, table) for key, table in self.rows.items()}
        object.__setattr__(self, "sizes", MappingProxyType(dict(self.sizes)))
        object.__setattr__(self, "rows", MappingProxyType(rows))
        object.__setattr__(self, "deterministic", tuple(self.deterministic))

    def __hash__(self) -> int:
        return hash((self.theory, frozenset(self.sizes.items()), frozenset(self.rows)))

    def __reduce__(self) -> tuple[Any, ...]:
        rows = {key: {a: dict(row) for a, row in table.items()} for key, table in self.rows.items()}
        return FiniteModel, (self.theory, dict(self.sizes), rows, self.deterministic)

    def weights(self, diagram: Diagram | PortGraph, inputs: Sequence[Element]) -> dict[Elements, Fraction]:
        """The weight of each outcome of a diagram at some elements, without outcomes of weight 0.

        Raises `TypeMismatch` for inputs that are not elements of the domain, `UnknownName` for a box without a table,
        and `LimitExceeded` for more than a hundred thousand states at once.
        """
        return {outcome: Fraction(weight) for outcome, weight in self._run(diagram, inputs, None).items()}

    def weight(self, diagram: Diagram | PortGraph, inputs: Sequence[Element], outcome: Sequence[Element]) -> Fraction:
        """The weight of a single outcome, without the weights of the others; errors as in `weights`."""
        return Fraction(self._run(diagram, inputs, outcome).get((), 0))

    def _run(
        self, diagram: Diagram | PortGraph, inputs: Sequence[Element], outcome: Sequence[Element] | None
    ) -> dict[Elements, Weight]:
        graph = diagram
        if not isinstance(graph, PortGraph):
            graph = PortGraph.from_diagram(diagram, copies=self.theory != "symmetric")
        boxes = {id(box): box for box in graph.boxes}
        keys = {number: label(box) for number, box in boxes.items()}
        for number, box in boxes.items():
            if keys[number] not in self.rows:
                raise UnknownName(f"the model has no table for box {box.name!r} : {box.dom or 'I'} → {box.cod}")
        self._require_elements("inputs", inputs, graph.dom)
        if outcome is not None:
            self._require_elements("outcome", outcome, graph.cod)
        own = [keys[id(box)] for box in graph.boxes]
        joint = JointDistribution(graph, range(len(own)), of_outcome=outcome is not None)
        return joint.run(lambda i, arguments: self._row(own[i], arguments), inputs, outcome or ())

    def size(self, ob: cat.Ob | str) -> int:
        """The number of elements of an object."""
        name = ob if isinstance(ob, str) else object_names(Ty(ob))[0]
        if name not in self.sizes:
            raise UnknownName(f"the model has no set for object {name!r}; {did_you_mean(name, self.sizes)}")
        return self.sizes[name]

    def __str__(self) -> str:
        """Sets and tables, with a line for each row."""
        lines = [f"{shown_name(name)} = {{{_some(map(str, range(size)))}}}" for name, size in self.sizes.items()]
        for key, table in self.rows.items():
            name = self._name(key, shown_name)
            lines += [f"{name}{shown_elements(a)} = {shown_outcomes(row)}" for a, row in islice(table.items(), SHOWN)]
            if len(table) > SHOWN:
                lines.append(f"… {len(table) - SHOWN:,} more rows of {name}")
        if any(len(table) < prod(map(self.size, key[2])) for key, table in self.rows.items()):
            lines.append(self._rest)
        return printable("\n".join(lines))

    def tables(self, looks: Mapping[str, Look] = MappingProxyType({})) -> list[ShownTable]:
        """A table for each box.

        looks : mapping from names of boxes to looks, such as `Looks` with the symbols of the author.
        """
        return [self._shown_table(key, looks) for key in self.rows]

    def _drawing(self, direction: Direction, notation: Mapping[Any, str]) -> tuple[Scene, str, str]:
        from learning_diagrams.drawing.elements.look import named_looks
        from learning_diagrams.drawing.tables.separation import separation_scene

        used = {name for key in self.rows for name in (*key[2], *key[3])}
        parts = [*map(_box, self.rows), *(Id(Ty(name)) for name in self.sizes if name not in used)]
        looks = named_looks(map(PortGraph.from_diagram, parts), notation)
        return separation_scene([], self.tables(looks), looks, direction), "model", str(self)

    @property
    def _rest(self) -> str:
        return f"anything else gives {'nothing' if self.theory == 'symmetric' else 'the last element'}"

    def _name(self, key: BoxKey, written: Callable[[str], str] = str) -> str:
        """The name of a box; of a column `space.column` where the name is that of two boxes."""
        is_shared = key[0] == "column" and sum(other[1] == key[1] for other in self.rows) > 1
        return f"{written(key[2][0])}.{written(key[1])}" if is_shared else written(key[1])

    def _shown_table(self, key: BoxKey, looks: Mapping[str, Look]) -> ShownTable:
        from learning_diagrams.drawing.elements.label import phrase
        from learning_diagrams.drawing.elements.look import look_of, type_text
        from learning_diagrams.drawing.tables.table import table_of

        (dom, cod), box = key[2:4], _box(key)
        ty = phrase(type_text(box.dom, looks), " → ", type_text(box.cod, looks))
        look = look_of(box, looks)
        look = look if look.kind == "column" else replace(look, kind="function" if self._is_function(key) else "kernel")
        before, after = ([self.size(ob) for ob in obs] for obs in (dom, cod))
        row = partial(self._row, key)
        return table_of(self._name(key), ty, before, after, row, listed=[*self.rows[key]], rest=self._rest, look=look)

    def _row(self, key: BoxKey, arguments: Elements) -> Row:
        if (row := self.rows[key].get(arguments)) is not None:
            return row
        return {} if self.theory == "symmetric" else {tuple([self.sizes[name] - 1 for name in key[3]]): 1}

    def _require_elements(self, role: str, elements: Sequence[Element], ty: Ty) -> None:
        sizes = [self.size(ob) for ob in ty.inside]
        if not _inside(elements, sizes):
            each = f"one element for each object of {ty or 'I'}"
            raise TypeMismatch(f"the {role} must be {each}, below {sizes}; got {brief(elements)}")

    def _read_table(self, key: BoxKey, table: Table) -> Table:
        _, name, dom, cod = key[:4]
        (before, after), where = ([self.size(ob) for ob in obs] for obs in (dom, cod)), f"box {name!r}"
        function = self._is_function(key)
        if self.theory != "symmetric" and all(before) and not all(after):
            raise TypeMismatch(f"{where} goes from a set that has elements to the empty set; there is no such map")
        read: dict[Elements, Row] = {}
        for arguments, row in table.items():
            if not _inside(arguments, before):
                raise TypeMismatch(f"{where} has a row for {brief(arguments)}, which is not below {before}")
            place = f"{where} at {arguments}"
            weights = {outcome: exact_number(weight, place) for outcome, weight in row.items()}
            read[arguments] = MappingProxyType({outcome: weight for outcome, weight in weights.items() if weight})
            self._require_row(place, read[arguments], after, function, row.values())
        return MappingProxyType({arguments: read[arguments] for arguments in sorted(read)})

    def _is_function(self, key: BoxKey) -> bool:
        kind, name, dagger = key[0], key[1], key[4]
        declared = (kind in ("box", "column") or name in self.deterministic) and not dagger
        return declared or self.theory == "cartesian"

    def _require_row(self, where: str, row: Row, sizes: Sequence[int], function: bool, given: Iterable[Any]) -> None:
        for outcome, weight in row.items():
            if not _inside(outcome, sizes):
                raise TypeMismatch(f"{where} has the outcome {brief(outcome)}, which is not below {list(sizes)}")
            if weight < 0 or (self.theory == "symmetric" and weight.denominator != 1):
                kind = "natural numbers" if self.theory == "symmetric" else "probabilities"
                raise TypeMismatch(f"{where} has the weight {weight}; weights are {kind}")
        if self.theory != "symmetric" and (total := sum(row.values())) != 1:
            hint = hint_on_floats(given)
            raise TypeMismatch(f"{where} has probabilities that sum to {shown_total(total)}, not to 1{hint}")
        if self.theory != "symmetric" and function and len(row) != 1:
            raise TypeMismatch(f"{where} is deterministic and has {len(row)} outcomes; declare it a Kernel")


def _box(key: BoxKey) -> markov.Box:
    """A box as its key describes it."""
    kind, name, dom, cod = key[:4]
    if kind in ("column", "state"):
        space = SampleSpace((cod if kind == "state" else dom)[0])
        return space.column(name, Ty(*cod)) if kind == "column" else space.state
    return (Box if kind == "box" else Kernel)(name, Ty(*dom), Ty(*cod))


def shown_elements(elements: Sequence[object]) -> str:
    """Elements as text: (0, 1), or (0) for a single element."""
    return f"({_some(map(str, elements))})"


def shown_outcomes(row: Row) -> str:
    """The outcomes of a row as text, each with its weight where this is not 1."""

    def shown(outcome: Elements, weight: Weight) -> str:
        elements = str(outcome[0]) if len(outcome) == 1 else shown_elements(outcome)
        return elements if weight == 1 else f"{elements} ({weight})"

    return _some(shown(*item) for item in sorted(row.items())) or "nothing"


def _some(items: Iterable[str]) -> str:
    """The first items, and three dots for more."""
    first = list(islice(items, SHOWN + 1))
    return ", ".join(first if len(first) <= SHOWN else [*first[:SHOWN], "…"])


def _inside(elements: Any, sizes: Sequence[int]) -> bool:
    """Whether a value is a tuple or list of elements of sets of these sizes."""
    if not isinstance(elements, tuple | list) or len(elements) != len(sizes):
        return False
    return all(type(e) is int and 0 <= e < n for e, n in zip(elements, sizes, strict=True))
