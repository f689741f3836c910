"""The plan of an axiom check: which axioms a batch can check, by which graphs, and why others are not checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from learning_diagrams.backends.torch.functor.functor import TorchFunctor
from learning_diagrams.diagrams.box import is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph, PortGraphBuilder
from learning_diagrams.diagrams.sample_space import Column, SampleObject, State
from learning_diagrams.diagrams.uses import with_uses
from learning_diagrams.equality.normal_form import normalise
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.equation import Equation

Axioms = Literal["check", "trust"]


@dataclass(frozen=True)
class AxiomPlan:
    """How the axioms of a learning diagram are checked.

    Parameters
    ----------
    mode : "check" or "trust"; "trust" evaluates nothing.
    axioms : dict from str to Equation, by name.
    graphs : tuple of PortGraph, the sides of the constraints, from data; their wires give the test points.
    sides : dict from str to PortGraph, for each axiom that can be checked both its sides as one graph with two times
        its outputs.
    reasons : dict from str to str, why an axiom is not checked yet; an axiom that the theory proves is not here.
    changed : frozenset of str, the boxes of whose outputs no test points are made.
    """

    mode: Axioms
    axioms: Mapping[str, Equation]
    graphs: tuple[PortGraph, ...]
    sides: Mapping[str, PortGraph]
    reasons: Mapping[str, str]
    changed: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, diagram: LearningDiagram, functor: TorchFunctor, graphs: Iterable[PortGraph], mode: Axioms
    ) -> AxiomPlan:
        """The plan for a learning diagram, the modules of a functor, and the sides of the constraints."""
        axioms = {axiom.name: axiom for axiom in diagram.axioms}
        sides: dict[str, PortGraph] = {}
        reasons: dict[str, str] = {}
        for name, axiom in axioms.items():
            lhs, rhs = axiom.canonical
            if lhs == rhs:
                continue
            both = _both_sides(axiom)
            obstacle = "it is trusted" if mode == "trust" else _obstacle(both, functor)
            if obstacle is None:
                sides[name] = both
            reasons[name] = obstacle or "no batch has come yet"
        return cls(mode, axioms, tuple(graphs), sides, reasons)


def _both_sides(axiom: Equation) -> PortGraph:
    """Both sides from one domain, so that a part which they share is evaluated once."""
    builder = PortGraphBuilder(axiom.lhs.dom)
    ends = [
        wire for side in (axiom.lhs, axiom.rhs) for wire in builder.paste(PortGraph.from_diagram(side), builder.inputs)
    ]
    return normalise(builder.build(axiom.lhs.cod @ axiom.rhs.cod, ends))


def _obstacle(sides: PortGraph, functor: TorchFunctor) -> str | None:
    """Why no batch can check an axiom; None for an axiom that a batch can check."""
    for ob in sides.cod.inside:
        if isinstance(ob, SampleObject):
            return f"its sides end in the sample space {ob.name!r}; compose them with a column"
    uses = Counter(wire for arguments in sides.arguments for wire in arguments)
    ends = Counter(sides.outputs)
    for box, _, outputs in sides.applications():
        if isinstance(box, State):
            return f"a side draws from the data of {box.space.name!r}; start it from {box.space.name!r} itself"
        missing = [part.name for part in with_uses(box) if part.name not in functor.modules]
        if not isinstance(box, Column) and missing:
            return f"box {missing[0]!r} has no module"
        for wire in outputs if not is_deterministic(box) else ():
            if uses[wire]:
                return f"a draw of kernel {box.name!r} feeds a box, and the law of what it makes is not computed"
            if ends[wire] > 1:
                return f"two outputs share a draw of kernel {box.name!r}, and joint laws are not computed"
    return None
