"""The decision whether two diagrams are equal, with its evidence: a model that separates unequal diagrams.

>>> from learning_diagrams.diagrams.box import Kernel, Ty
>>> from learning_diagrams.diagrams.structure import Copy
>>> x = Ty("x")
>>> k = Kernel("k", x, x)
>>> print(equal(k >> Copy(x), Copy(x) >> k @ k, evidence=True))
not equal in the theory markov; this model tells them apart:
  x = {input 1, k, ⊥}
  k(input 1) = k (1/2), ⊥ (1/2)
  anything else gives ⊥
given (input 1), the outcome (k, k) has probability 1/2 on the left-hand side, 1/4 on the right-hand side
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, overload

from discopy import cat, markov

from learning_diagrams.diagrams.box import Ty
from learning_diagrams.diagrams.labels import label
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.symbol import box_symbol
from learning_diagrams.drawing.drawn import Drawn
from learning_diagrams.equality.canonical_model import SHOWN, CanonicalModel, Weight
from learning_diagrams.equality.decision import Boxes, Side
from learning_diagrams.equality.decision import equal as decide
from learning_diagrams.equality.separation import brief_weight, separate
from learning_diagrams.equality.theory import Theory, TheoryOps, require_occurring
from learning_diagrams.errors import DuplicateName, printable
from learning_diagrams.proof.rules.question import require_one_meaning, symbols
from learning_diagrams.semantics.models.joint_distribution import Elements, JointDistribution, Row

if TYPE_CHECKING:
    from learning_diagrams.drawing.elements.look import Looks
    from learning_diagrams.drawing.elements.svg import Scene
    from learning_diagrams.drawing.strings.pen import Direction
    from learning_diagrams.drawing.tables.table import Table

EVALUATED = 40  # boxes of a side whose table is shown


@dataclass(frozen=True, repr=False)
class Evidence(Drawn):
    """The answer whether two diagrams are equal, as truth value, with a model that separates unequal diagrams.

    sides : both diagrams, as PortGraph.
    model : CanonicalModel that separates the sides; None for equal sides.
    lhs, rhs : Fraction or int, the weight of `model.outcome` given `model.inputs`: a probability, or in "symmetric" a
        natural number.
    """

    theory: Theory
    sides: tuple[PortGraph, PortGraph]
    model: CanonicalModel | None = None
    lhs: Weight = 1
    rhs: Weight = 1

    def __bool__(self) -> bool:
        return self.model is None

    def __str__(self) -> str:
        if self.model is None:
            return f"equal in the theory {self.theory}"
        model = self.model
        inputs, outcome = model.named(model.graph.dom, model.inputs), model.named(model.graph.cod, model.outcome)
        weight = "probability" if model.stochastic else "weight"
        lhs, rhs = map(brief_weight, (self.lhs, self.rhs))
        shown = str(model).replace("\n", "\n  ")
        sides = f"{weight} {lhs} on the left-hand side, {rhs} on the right-hand side"
        model_line = f"not equal in the theory {self.theory}; this model tells them apart:\n  {shown}"
        try:
            require_one_meaning(symbols(self.sides))
        except DuplicateName as error:  # the model shows two boxes under this name
            sides += f"\ntwo boxes have one name, and differ: {error}"
        return printable(f"{model_line}\ngiven {inputs}, the outcome {outcome} has {sides}")

    def _drawing(self, direction: Direction, notation: Mapping[Any, str]) -> tuple[Scene, str, str]:
        from learning_diagrams.drawing.elements.look import named_looks
        from learning_diagrams.drawing.page.equations import Row as EquationRow
        from learning_diagrams.drawing.tables.separation import difference_line, separation_scene, side_tables

        model, text, looks = self.model, str(self), named_looks(self.sides, notation)
        rows = [EquationRow(self.theory, self.sides, (), is_axiom=True, sign="≠" if model else "=")]
        if model is None:
            return separation_scene(rows, [], looks, direction), text, text
        graph, claim = model.graph, (model.inputs, model.outcome)
        dom, cod = ([model.size(ob) for ob in ty.inside] for ty in (graph.dom, graph.cod))
        named = _names(model, looks, graph.dom, graph.cod)
        few = max(len(side.boxes) for side in self.sides) <= EVALUATED
        maps = [partial(_weights, model, side) for side in self.sides]
        tables = side_tables(dom, cod, maps, claim, named) if few else []
        line = difference_line(named(0, claim[0]), named(1, claim[1]), (self.lhs, self.rhs))
        scene = separation_scene(rows, [*_tables(model, looks)], looks, direction, tables, line)
        return scene, text.partition(";")[0], text


def _tables(model: CanonicalModel, looks: Looks) -> Iterator[Table]:
    """A table for each box of a model, up to a dozen of them."""
    from learning_diagrams.drawing.elements.label import phrase
    from learning_diagrams.drawing.elements.look import look_of, type_text
    from learning_diagrams.drawing.tables.table import table_of

    graph, listed = model.graph, dict[Any, tuple[markov.Box, dict[Elements, None]]]()
    for box, arguments in zip(graph.boxes, graph.arguments, strict=True):
        listed.setdefault(label(box), (box, {}))[1][model.at(arguments)] = None
    for box, inputs in islice(listed.values(), SHOWN):
        dom, cod = ([model.size(ob) for ob in ty.inside] for ty in (box.dom, box.cod))
        ty, look = phrase(type_text(box.dom, looks), " → ", type_text(box.cod, looks)), look_of(box, looks)
        named = _names(model, looks, box.dom, box.cod)
        row = partial(model.row, box)
        yield table_of(model.called(box), ty, dom, cod, row, listed=[*inputs], rest=model.rest, named=named, look=look)


def _names(model: CanonicalModel, looks: Looks, *ends: Ty) -> Callable[[int, Elements], str]:
    """The names of elements of a domain, whose role is 0, and of a codomain, whose role is 1."""
    from learning_diagrams.drawing.elements.label import phrase
    from learning_diagrams.drawing.elements.look import label_of
    from learning_diagrams.drawing.tables.table import elements_text

    def name(ob: cat.Ob, element: int) -> str:
        box, rest = model.maker(ob, element)
        return rest if box is None else phrase(label_of(box_symbol(box), looks), rest)

    return lambda role, elements: elements_text(role, [*map(name, ends[role].inside, elements)])


def _weights(model: CanonicalModel, graph: PortGraph, inputs: Elements) -> Row:
    """The weight of each outcome of a graph in a model."""
    joint = JointDistribution(graph, range(len(graph.boxes)))
    return joint.run(lambda number, arguments: model.row(graph.boxes[number], arguments), inputs)


@overload
def equal(
    lhs: Side, rhs: Side, theory: Theory = ..., deterministic: Boxes = ..., *, evidence: Literal[False] = ...
) -> bool: ...


@overload
def equal(
    lhs: Side, rhs: Side, theory: Theory = ..., deterministic: Boxes = ..., *, evidence: Literal[True]
) -> Evidence: ...


def equal(
    lhs: Side, rhs: Side, theory: Theory = "markov", deterministic: Boxes = (), *, evidence: bool = False
) -> bool | Evidence:
    """Whether two parallel diagrams are equal in a theory.

    lhs, rhs, theory, deterministic : as of `equality.decision.equal`: "symmetric", "markov" or "cartesian", and boxes
        that are deterministic in "markov" besides those of kind `Box`. A name must occur in one of the diagrams.
    evidence : bool, whether to return an `Evidence` in place of a bool. Its truth value is the answer. For unequal
        diagrams it holds a finite model in exact arithmetic that separates them.

    Raises `TypeMismatch`: the diagrams are not parallel, contain structure that the theory does not have (copies and
    discards in "symmetric"; sums, bubbles, traces and merges anywhere), or contain boxes whose data is not hashable.
    `UnknownName`: another theory, or a name in `deterministic` that no box of the diagrams has.
    """
    also = list(deterministic) if isinstance(deterministic, Iterator) else deterministic
    answer = decide(lhs, rhs, theory, also)
    if not also and not evidence:
        return answer
    ops = TheoryOps(theory, also)
    sides = ops.graph(lhs), ops.graph(rhs)
    require_occurring(also, sides)
    if not evidence:
        return answer
    return Evidence(theory, sides, *(() if answer else separate(*sides, ops)))
