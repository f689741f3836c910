"""The check of axioms on the first batch: both sides of each axiom are evaluated at test points, and must agree.

An axiom holds by construction and is not a term of the loss, so training would never notice a false axiom, and every
proof that uses it would be empty.

>>> import torch
>>> from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile
>>> from learning_diagrams.diagrams.box import Box, Id, Ty
>>> from learning_diagrams.presentation.constraint import Constraint
>>> from learning_diagrams.presentation.equation import Equation
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> x, rows = Ty("x"), SampleSpace("rows")
>>> f, double, halve = (Box(name, x, x) for name in ("f", "double", "halve"))
>>> from learning_diagrams.learning_diagram import LearningDiagram
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

from typing import Any

import torch
from torch import Tensor

from learning_diagrams.backends.torch.axioms.axiom_plan import AxiomPlan
from learning_diagrams.backends.torch.axioms.axiom_points import AxiomPoints
from learning_diagrams.backends.torch.axioms.difference import Unchecked, differences, probabilities, tolerance
from learning_diagrams.backends.torch.data.batch import BatchLayout
from learning_diagrams.backends.torch.data.mask import Batch
from learning_diagrams.backends.torch.functor.evaluation import Evaluation
from learning_diagrams.backends.torch.functor.functor import TorchFunctor
from learning_diagrams.backends.torch.functor.space import Space
from learning_diagrams.backends.torch.functor.tensor_map import WireDistribution
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.errors import FalseAxiom, kind
from learning_diagrams.errors.door import by_door
from learning_diagrams.errors.user_warning import warn
from learning_diagrams.presentation.equation import sides_text


class AxiomCheck:
    """The state of the axioms of a learning diagram: the results of the first batch.

    Parameters
    ----------
    plan : AxiomPlan.
    functor : TorchFunctor, the modules of the boxes.

    Attributes
    ----------
    due : bool, whether an axiom is to be checked and no batch has come.
    defects : dict from str to float or None, for each axiom the largest difference of its sides over test points and
        outputs; None for an axiom that was not checked.
    reasons : dict from str to str, why an axiom was not checked.
    """

    def __init__(self, plan: AxiomPlan, functor: TorchFunctor) -> None:
        self.plan, self.functor = plan, functor
        # The theory alone proves an axiom without a reason.
        self.defects: dict[str, float | None] = {name: None if name in plan.reasons else 0.0 for name in plan.axioms}
        self.reasons = dict(plan.reasons)
        self.due = bool(self.reasons) and plan.mode == "check"

    def __call__(self, batch: Batch, layout: BatchLayout) -> None:
        """Check every axiom on a batch.

        Raises
        ------
        FalseAxiom : the sides of an axiom differ by more than rounding explains; the next batch raises the error again.
        """
        evaluation = Evaluation(self.functor)
        false = []
        with evaluation.without_trace():
            points = AxiomPoints(batch, layout, self.plan.graphs, evaluation, self.plan.changed)
            for name, sides in self.plan.sides.items():
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
                + "\nA false axiom makes every proof empty: "
                + by_door(
                    "make it a Constraint, which training brings about, or modules for which it holds by "
                    "construction; axioms='trust' in compile takes it as given",
                    plan="write it under `constraints`, which training brings about, or give modules for which it "
                    "holds by construction",
                )
            )
        self.due = False
        if self.reasons:
            reasons = "".join(f"\n  {name!r}: {reason}" for name, reason in self.reasons.items())
            warn(f"axioms that the first batch could not check are taken as given:{reasons}")

    def _check(self, name: str, sides: PortGraph, points: AxiomPoints, evaluation: Evaluation) -> str | None:
        """The fault of an axiom, or None; `defects` gets its defect."""
        inputs, count, rows = points.inputs(sides)
        evaluation.dtypes.clear()
        ends = evaluation(sides, inputs, count)
        half = len(ends) // 2
        spaces = self.functor(self.plan.axioms[name].lhs.cod)
        allowed = tolerance(evaluation.dtypes)
        apart = torch.stack(
            [differences(*wire).double().cpu() for wire in zip(spaces, ends[:half], ends[half:], strict=True)]
        )
        worst = int(apart.nan_to_num(nan=torch.inf).argmax())
        wire, row = divmod(worst, count)
        defect = self.defects[name] = float(apart[wire, row])
        if defect <= allowed:
            return None
        axiom, where = (
            self.plan.axioms[name],
            f"test point {row} of {count}" if rows is None else f"row {int(rows[row])}",
        )
        space = spaces[wire]
        values = [f"the {side} {_shown(space, ends[i], row)}" for side, i in (("left", wire), ("right", wire + half))]
        return (
            f"axiom {name!r} is false on the first batch: {sides_text(axiom)}\n"
            f"  its sides differ by {defect:.3g}, and rounding explains {allowed:.0e} (the largest difference in a "
            f"row, relative to 1 + its largest value)\n"
            f"  worst at {where}, output {wire + 1} ({space!r}): {', '.join(values)}"
        )


def _shown(space: Space, end: Any, row: int) -> str:
    """The value of an end at a row, as a message shows it; of logits their probabilities."""
    value = getattr(end, "parameters", end)
    if not isinstance(value, Tensor):
        return f"is {kind(value)}"
    verb = "is"
    if isinstance(end, WireDistribution):
        value, verb = probabilities(space, end), "has probabilities"
    first = value[row].flatten()[:4].tolist()
    numbers = ", ".join(f"{number:.4g}" for number in first)
    return f"{verb} [{numbers}{', …' if value[row].numel() > 4 else ''}]"
