"""The grader of an exercise by losses: a learning diagram is right if its loss is, on random batches.

>>> from learning_diagrams.backends.torch.functor.space import Euclidean
>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> from learning_diagrams.exercises.graded_exercise import exercise
>>> from learning_diagrams.presentation.constraint import Constraint
>>> x, rows = Ty("x"), SampleSpace("rows")
>>> f, a, b = Box("f", x, x), rows.column("a", x), rows.column("b", x)
>>> _ = torch.manual_seed(0)
>>> linear = torch.nn.Linear(2, 2)
>>> draw = lambda: {"rows": {"a": torch.randn(8, 2), "b": torch.randn(8, 2)}}
>>> by_hand = lambda batch: (linear(batch["rows"]["a"]) - batch["rows"]["b"]).square().sum(1).mean()
>>> functor = TorchFunctor({x: Euclidean(2)}, {f: linear})
>>> fit = exercise("Write this loss as a diagram.", by_hand, by_loss(functor, draw))
>>> fit(LearningDiagram(Constraint("any name", a >> f, b)))
<Grade: right>
>>> print(fit(LearningDiagram(Constraint("c", a >> f, b, weight=2))))
✗ wrong: on a random batch the loss is 6.252, and 3.126 is right; its terms: 'c' 3.126
>>> print(fit(a >> f))
✗ wrong: the answer is a learning diagram, got the diagram a >> f
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from learning_diagrams.backends.torch.data.mask import Batch
from learning_diagrams.backends.torch.functor.functor import TorchFunctor
from learning_diagrams.backends.torch.objective.compiler import compile
from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.errors import brief
from learning_diagrams.learning_diagram import LearningDiagram


def by_loss(
    functor: TorchFunctor, draw: Callable[[], Batch], batches: int = 3, tolerance: float = 1e-5
) -> Callable[[Any, Any], str | None]:
    """The grader that compares losses; the right answer is a learning diagram, or a function from a batch to a number.

    Parameters
    ----------
    functor : TorchFunctor, the modules of both answers.
    draw : function that draws a batch by PyTorch's generator, which is seeded for each batch and put back at the end.
    batches : int, how many batches are drawn.
    tolerance : float, relative to max(1, |loss|).
    """

    def fault(right: Any, answer: Any) -> str | None:
        if isinstance(answer, Diagram) or not (callable(answer) or isinstance(answer, LearningDiagram)):
            return f"the answer is a learning diagram, got {brief(answer)}"
        losses = [compile(side, functor) if isinstance(side, LearningDiagram) else side for side in (right, answer)]
        for seed in range(batches):
            with torch.random.fork_rng(), torch.no_grad():
                torch.manual_seed(seed)
                batch = draw()
                (wanted, _), (value, terms) = (_measured(loss, batch) for loss in losses)
            if not abs(value - wanted) <= tolerance * max(1.0, abs(wanted)):
                shown = ", ".join(f"{name!r} {term:.4g}" for name, term in terms.items())
                listed = f"; its terms: {shown}" if shown else ""
                return f"on a random batch the loss is {value:.4g}, and {wanted:.4g} is right{listed}"
        return None

    return fault


def _measured(loss: Callable[[Batch], Any], batch: Batch) -> tuple[float, dict[str, float]]:
    """A loss on a batch, and its terms where it has terms."""
    value = loss(batch)
    total, terms = value if isinstance(value, tuple) else (value, {})
    return float(total), {name: float(term) for name, term in terms.items()}
