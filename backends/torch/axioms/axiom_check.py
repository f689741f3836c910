"""The check of axioms on the first batch: both sides of each are evaluated at test points, and must agree.

An axiom holds by construction and is no term of the loss, so nothing would ever notice a false one, and all that is
proved with it would be empty.

>>> import torch
>>> from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile
>>> from learning_diagrams.diagrams.box import Box, Id, Ty
>>> from learning_diagrams.presentation.constraint import Constraint
>>> from learning_diagrams.presentation.equation import Equation
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> x, rows = Ty("x"), SampleSpace("rows")
>>> f, double, halve = (Box(name, x, x) for name in ("f", "double", "halve"))
>>> diagram = LearningDiagram(
...     Constraint("fit", rows.column("a", x) >> double >> f, rows.column("b", x)),
...     axioms={"inverse": Equation(double >> halve, Id(x))})
>>> modules = {"f": torch.nn.Linear(1, 1), "double": lambda a: 2 * a, "halve": lambda a: a / 2}
>>> objective = compile(diagram, TorchFunctor(ob={x: Euclidean(1)}, ar=modules))
>>> _ = objective({"rows": {"a": torch.ones(3, 1), "b": torch.ones(3, 1)}})
>>> objective.axiom_defects
{'inverse': 0.0}
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from learning_diagrams.backends.torch.axioms.axiom_points import AxiomPoints
from learning_diagrams.backends.torch.axioms.difference import Unchecked, differences, tolerance
from learning_diagrams.backends.torch.data.batch import BatchLayout
from learning_diagrams.backends.torch.data.mask import Batch
from learning_diagrams.backends.torch.functor.evaluation import Evaluation
from learning_diagrams.backends.torch.functor.functor import TorchFunctor
from learning_diagrams.diagrams.box import is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph, PortGraphBuilder
from learning_diagrams.diagrams.sample_space import Column, SampleObject, State
from learning_diagrams.equality.normal_form import normalise
from learning_diagrams.errors import FalseAxiom
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.equation import Equation


class AxiomCheck:
    """The axioms of a learning diagram, and what the first batch said of them.

    Parameters
    ----------
    functor : the modules of the boxes.
    graphs : the sides of the constraints, from data; they make the test points.
    trusted : whether nothing is to be evaluated.

    Attributes
    ----------
    due : whether there is something to check, and no batch has come.
    sides : for each axiom that can be checked, both its sides as one graph with two times its outputs.
    defects : for each axiom the largest difference of its sides, over test points and outputs; None if not checked.
    reasons : why axioms were not checked.
    """

    def __init__(
        self, diagram: LearningDiagram, functor: TorchFunctor, graphs: Iterable[PortGraph], trusted: bool
    ) -> None:
        self.axioms = {axiom.name: axiom for axiom in diagram.axioms}
        self.functor, self.graphs, self.trusted = functor, tuple(graphs), trusted
        self.sides: dict[str, PortGraph] = {}
        self.defects: dict[str, float | None] = dict.fromkeys(self.axioms)
        self.reasons: dict[str, str] = {}
        for name, axiom in self.axioms.items():
            self._plan(name, axiom, trusted)
        self.due = bool(self.reasons) and not trusted

    def _plan(self, name: str, axiom: Equation, trusted: bool) -> None:
        lhs, rhs = axiom.canonical
        if lhs == rhs:
            self.defects[name] = 0.0  # the theory alone proves it
            return
        both = _both_sides(axiom)
        reason = "it is trusted" if trusted else _obstacle(both, self.functor)
        if reason is None:
            self.sides[name] = both
        self.reasons[name] = reason or "no batch has come yet"

    def __call__(self, batch: Batch, layout: BatchLayout) -> None:
        """Check every axiom on a batch.

        Raises
        ------
        FalseAxiom : the sides of an axiom differ by more than rounding explains; it will be raised again.
        """
        evaluation = Evaluation(self.functor)
        false = []
        with evaluation.without_trace():
            points = AxiomPoints(batch, layout, self.graphs, evaluation)
            for name, sides in self.sides.items():
                try:
                    fault = self._check(name, sides, points, evaluation)
                except Unchecked as reason:
                    self.reasons[name] = str(reason)
                except Exception as error:
                    error.add_note(f"this happened while axiom {name!r} was checked; axioms='trust' leaves that out")
                    raise
                else:
                    self.reasons.pop(name, None)
                    false += [fault] if fault else []
        if false:
            raise FalseAxiom(
                "\n".join(false)
                + "\nA false axiom makes every proof empty: make it a Constraint, which training brings "
                "about, or modules for which it holds by construction; axioms='trust' in compile takes it as given"
            )
        self.due = False
        if self.reasons:
            said = "".join(f"\n  {name!r}: {reason}" for name, reason in self.reasons.items())
            warnings.warn(f"axioms that the first batch could not check are taken as given:{said}", stacklevel=7)

    def _check(self, name: str, sides: PortGraph, points: AxiomPoints, evaluation: Evaluation) -> str | None:
        """What is wrong with an axiom, if anything; its defect is written down."""
        inputs, count, rows = points.inputs(sides)
        evaluation.dtypes.clear()
        ends = evaluation(sides, inputs, count)
        half = len(ends) // 2
        spaces = self.functor(self.axioms[name].lhs.cod)
        allowed = tolerance(evaluation.dtypes)
        apart = torch.stack(
            [differences(*wire).double().cpu() for wire in zip(spaces, ends[:half], ends[half:], strict=True)]
        )
        worst = int(apart.nan_to_num(nan=torch.inf).argmax())
        wire, row = divmod(worst, count)
        defect = self.defects[name] = float(apart[wire, row])
        if defect <= allowed:
            return None
        axiom, where = self.axioms[name], f"test point {row} of {count}" if rows is None else f"row {int(rows[row])}"
        said = [f"the {side} {_shown(ends[i], row)}" for side, i in (("left", wire), ("right", wire + half))]
        return (
            f"axiom {name!r} is false on the first batch: {axiom.lhs} = {axiom.rhs}\n"
            f"  its sides differ by {defect:.3g}, and rounding explains {allowed:.0e} (the largest difference in a "
            f"row, relative to 1 + its largest value)\n"
            f"  worst at {where}, output {wire + 1} ({spaces[wire]!r}): {', '.join(said)}"
        )


def _both_sides(axiom: Equation) -> PortGraph:
    """Both sides from one domain, so that what they share is evaluated once."""
    builder = PortGraphBuilder(axiom.lhs.dom)
    ends = [
        wire for side in (axiom.lhs, axiom.rhs) for wire in builder.paste(PortGraph.from_diagram(side), builder.inputs)
    ]
    return normalise(builder.build(axiom.lhs.cod @ axiom.rhs.cod, ends))


def _obstacle(sides: PortGraph, functor: TorchFunctor) -> str | None:
    """Why no batch can check an axiom; None where one can."""
    for ob in sides.cod.inside:
        if isinstance(ob, SampleObject):
            return f"its sides end in the sample space {ob.name!r}; compose them with a column"
    uses = Counter(wire for arguments in sides.arguments for wire in arguments)
    ends = Counter(sides.outputs)
    for box, _, made in sides.applications():
        if isinstance(box, State):
            return f"a side draws from the data of {box.space.name!r}; start it from {box.space.name!r} itself"
        if not isinstance(box, Column) and box.name not in functor.modules:
            return f"box {box.name!r} has no module"
        for wire in made if not is_deterministic(box) else ():
            if uses[wire]:
                return f"a draw of kernel {box.name!r} feeds a box, and the law of what it makes is not computed"
            if ends[wire] > 1:
                return f"two outputs share a draw of kernel {box.name!r}, and joint laws are not computed"
    return None


def _shown(end: Any, row: int) -> str:
    """The value of an end at a row, as a message shows it."""
    value = getattr(end, "parameters", end)
    if not isinstance(value, Tensor):
        return f"is a {type(value).__name__}"
    first = value[row].flatten()[:4].tolist()
    numbers = ", ".join(f"{one:.4g}" for one in first)
    return f"is [{numbers}{', …' if value[row].numel() > 4 else ''}]"
