"""The loss functor into PyTorch: a learning diagram, and spaces and modules for it, become one loss.

>>> import torch
>>> from learning_diagrams.backends.torch.functor.space import Euclidean
>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.learning_diagram import LearningDiagram
>>> from learning_diagrams.presentation.constraint import Constraint
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> x, rows = Ty("x"), SampleSpace("rows")
>>> a, b, c = (Box(name, x, x) for name in "abc")
>>> triangle = LearningDiagram(Constraint("commutes", a >> b, c, over=rows.column("x", x)))
>>> F = TorchFunctor(ob={x: Euclidean(1)}, ar={n: torch.nn.Linear(1, 1, bias=False) for n in "abc"})
>>> print(compile(triangle, F).code)
def loss(batch, boxes, constants):
    # commutes: a >> b = c over x
    x = batch['rows']['x']
    a_out = boxes['a'](x)
    b_out = boxes['b'](a_out)
    c_out = boxes['c'](x)
    commutes = squared_error(c_out, b_out)
<BLANKLINE>
    total = constants['weight_commutes'] * commutes  # 1.0
    return total, {
        'commutes': commutes,
    }
<BLANKLINE>
"""

from __future__ import annotations

from learning_diagrams.backends.torch.axioms.axiom_plan import Axioms
from learning_diagrams.backends.torch.functor.functor import TorchFunctor
from learning_diagrams.backends.torch.objective.loss_compiler import compile_loss
from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.learning_diagram import LearningDiagram


def compile(diagram: LearningDiagram, functor: TorchFunctor, axioms: Axioms = "check") -> Objective:
    """The loss of a learning diagram as a module.

    Every deterministic application is computed once, every distribution once, and a draw once for each occurrence of
    its kernel. Frozen boxes are put in eval with `requires_grad=False`; other boxes get back the flags that their
    modules came with.

    Parameters
    ----------
    axioms : "check" or "trust". "check" evaluates both sides of each axiom once, on the first batch, and a false axiom
        raises `FalseAxiom` there; "trust" evaluates no axiom.

    Raises
    ------
    UnknownName : an object without a space, a box without a module, a divergence that does not exist.
    CompileError : a module that does not fit the type of its box, a divergence that does not fit its space, a
        constraint whose sides cannot be compared.
    """
    return Objective(compile_loss(diagram, functor, axioms), functor)
