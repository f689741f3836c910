"""Constraints: equations that training is to make true.

>>> from learning_diagrams.diagrams.box import Kernel, Ty
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> image, digit = Ty("image"), Ty("digit")
>>> digits = SampleSpace("digits")
>>> pixels, label = digits.column("pixels", image), digits.column("label", digit)
>>> student = Kernel("student", image, digit)
>>> Constraint("supervised", pixels >> student, label, weight=0.5)
Constraint('supervised', pixels >> student = label, weight=0.5)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, Literal, Self

from discopy import markov

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.diagrams.symbol import shared_names, text_of
from learning_diagrams.equality.canonical_form import canonical
from learning_diagrams.equality.normal_form import normalise
from learning_diagrams.errors import TypeMismatch, brief
from learning_diagrams.errors.short_text import one_line
from learning_diagrams.presentation.choice import WireDivergences
from learning_diagrams.presentation.equation import Canonical, Equation, OwnForms, require_parallel, sides_text
from learning_diagrams.presentation.fields.constraint_field import MEANING, ConstraintField
from learning_diagrams.presentation.fields.detach import Detach
from learning_diagrams.presentation.fields.over import Over
from learning_diagrams.presentation.fields.transport import Transport
from learning_diagrams.presentation.fields.weight import Weight
from learning_diagrams.presentation.reading import Reading


@dataclass(frozen=True, eq=False, repr=False)
class Constraint(Canonical):
    """An equation to be learned, with a name, a divergence, a weight, and the data that it is tested on.

    With a source `over`, both sides share each draw of dom(over) ≫ over. Without a source, the domain is a product of
    sample spaces and the equation is tested point by point, or the domain is I and the sides are compared in law.

    Parameters
    ----------
    name : str, the name of its term in the loss.
    lhs, rhs : Diagram, prediction and reference, parallel and with a non-empty codomain.
    over : Diagram from sample spaces, or from I, into the domain of the sides.
    divergence : str, mapping {"name": …, options…}, or a list of these, one for each output wire. By default the space
        of each output wire gives its divergence.
    weight : finite float ≥ 0, a schedule of such numbers, or a box or deterministic diagram from I into an object of
        one number: the factor of the term in the total. A box may return any number; under a negative one training
        increases the term. A number among the options of a divergence may be a schedule or such a diagram, too.
    detach : "lhs", "rhs", a box, the name of a box, or a list of these, which pass no gradient in this term. A box is
        detached in each of its applications in this constraint. Detaching does not change values or equality of
        diagrams.

    Raises
    ------
    TypeMismatch : the sides are not parallel, or end in I; they do not start from data and have no `over`; both sides
        are detached; the diagram of a weight or an option has inputs, draws, or does not end in one object.
    InvalidWeight : the weight is negative, infinite, NaN or not a number.
    UnknownName : `detach` names a box that the constraint does not use.
    """

    name: str
    lhs: Diagram
    rhs: Diagram
    over: Diagram | None = field(default=Over.default, kw_only=True, metadata={MEANING: Over()})
    divergence: Any = field(default=WireDivergences.default, kw_only=True, metadata={MEANING: WireDivergences()})
    weight: Any = field(default=Weight.default, kw_only=True, metadata={MEANING: Weight()})
    detach: Any = field(default=Detach.default, kw_only=True, metadata={MEANING: Detach()})

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise TypeMismatch(f"the name of a constraint must be a string, got {brief(self.name)}")
        who = f"constraint {self.name!r}"
        require_parallel(self.lhs, self.rhs, who)
        if len(self.lhs.cod) == 0:
            raise TypeMismatch(f"{who} ends in I, so there is nothing to compare; let its sides end in an object")
        for meaning, value in self.annotations:
            object.__setattr__(self, meaning.name, meaning.read(value, self))

    @classmethod
    def listed(cls) -> tuple[ConstraintField, ...]:
        """The meanings of the fields beside name and sides, in order."""
        return tuple(each.metadata[MEANING] for each in fields(cls) if MEANING in each.metadata)

    @property
    def annotations(self) -> list[tuple[ConstraintField, Any]]:
        """The fields beside name and sides, each with its value."""
        return [(meaning, getattr(self, meaning.name)) for meaning in self.listed()]

    @cached_property
    def equation(self) -> Equation:
        return Equation(self.lhs, self.rhs, self.name)

    @cached_property
    def reading(self) -> Reading:
        """The port graphs and normal forms of its diagrams."""
        return Reading(self.equation, self.over)

    @property
    def tested(self) -> Literal["over", "pointwise", "in law"]:
        """Where the equation is tested: over a given source, at each row of its domain, or in law."""
        return self.reading.tested

    @property
    def source(self) -> Diagram:
        """The diagram from data to the test points, shared by both sides."""
        return self.reading.source

    @property
    def diagrams(self) -> tuple[Diagram, ...]:
        """Both sides, and the diagrams of the other fields."""
        return (self.lhs, self.rhs, *(part for meaning, value in self.annotations for part in meaning.diagrams(value)))

    @cached_property
    def graphs(self) -> tuple[PortGraph, ...]:
        return (*self.reading.graphs, *map(PortGraph.from_diagram, self.quantities))

    @cached_property
    def forms(self) -> tuple[list[Any], ...]:
        over = () if self.reading.over_form is None else (self.reading.over_form,)
        return (*self.equation.forms, *over, *map(canonical, self.quantities))

    @property
    def quantities(self) -> tuple[Diagram, ...]:
        """The diagrams of fields other than `over`: from I into one number each, of options and of the weight."""
        return self.diagrams[2:] if self.over is None else self.diagrams[3:]

    @cached_property
    def numbers(self) -> tuple[PortGraph, ...]:
        """The normal forms of its quantities."""
        return tuple(normalise(PortGraph.from_diagram(quantity)) for quantity in self.quantities)

    @property
    def boxes(self) -> Mapping[str, markov.Box]:
        """The boxes in its sides, in its source, in weight and options, and those that these use, by name."""
        return Signature.of(self.graphs).boxes

    @property
    def applied(self) -> frozenset[str]:
        """The names of the boxes in its sides, in its source, and in weight and options."""
        return frozenset(box.name for graph in self.graphs for box in graph.boxes)

    @property
    def annotated_boxes(self) -> frozenset[str]:
        """The names of the boxes that a field annotates."""
        return frozenset(box for meaning, value in self.annotations for box in meaning.boxes(value))

    def content(self, to: Transport) -> list[Any]:
        sides = [to.canonical(self.lhs), to.canonical(self.rhs)]
        return [sides, *(entry for meaning, value in self.annotations for entry in meaning.canonical(value, to))]

    def map(self, to: Transport) -> Self:
        """The constraint after a transport."""
        changes = {meaning.name: meaning.map(value, to) for meaning, value in self.annotations}
        name = to.name("constraint", self.name)
        return replace(self, name=name, lhs=to.diagram(self.lhs), rhs=to.diagram(self.rhs), **changes)

    @cached_property
    def canonical(self) -> list[Any]:
        return [self.name, *self.content(OwnForms(self))]

    @property
    def options(self) -> dict[str, Any]:
        """The fields that are not the default, by name, as plain data."""
        plain = {meaning.name: meaning.plain(value) for meaning, value in self.annotations}
        return {name: value for name, value in plain.items() if value is not None}

    @property
    def words(self) -> dict[str, Any]:
        """The fields that are not the default, by name, as a printed constraint shows them."""
        words = {meaning.name: meaning.words(value) for meaning, value in self.annotations}
        return {name: value for name, value in words.items() if value is not None}

    @property
    def phrases(self) -> list[str]:
        """Short texts about the fields that a picture does not show, such as "weight 0.5"."""
        return [phrase for meaning, value in self.annotations for phrase in meaning.phrases(value)]

    @property
    def factor(self) -> str:
        """What multiplies its term in the loss written in one line; "" for nothing."""
        return " · ".join(filter(None, (meaning.factor(value) for meaning, value in self.annotations)))

    @property
    def measure(self) -> str:
        """The divergence of its term in the loss written in one line; "" for that of the space."""
        return ", ".join(filter(None, (meaning.measure(value) for meaning, value in self.annotations)))

    @property
    def stopped(self) -> frozenset[str]:
        """What passes no gradient in its term: "lhs" or "rhs" for a side, and names of boxes."""
        return frozenset(part for meaning, value in self.annotations for part in meaning.stopped(value))

    def __repr__(self) -> str:
        shared = shared_names(self.diagrams)
        options = [f"{key}={text_of(value, shared)}" for key, value in self.words.items()]
        shown = ", ".join([repr(self.name), sides_text(self, shared), *options])
        return one_line(f"{type(self).__name__}({shown})")
