"""The rules for divergences between Distributions, found when a learning diagram is compiled.

Torch's registry has a KL rule for some pairs of kinds of Distribution. The kinds that two kernels return are known from
the check of shapes, which has run the kernels on fake tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Distribution

from learning_diagrams.backends.torch.functor.draws import expand
from learning_diagrams.backends.torch.functor.shape_check import ROWS, Checked, without_validation
from learning_diagrams.errors import CompileError
from learning_diagrams.semantics.program.loss_program import LossProgram
from learning_diagrams.semantics.program.statement import Apply, Expand, Variable


def require_rules(program: LossProgram, checked: Checked, functions: Mapping[str, Callable[..., Tensor]]) -> None:
    """Raise `CompileError` if a divergence has no rule for the kinds of Distribution that two kernels return.

    Parameters
    ----------
    functions : dict from str to function, those that the program calls.
    """
    with checked.mode, without_validation(), torch.no_grad():
        returned = _distributions(program, checked)
        for term in program.terms:
            for distance in () if term.in_law else term.distances:
                ends = [returned.get(end) for end in (*distance.references, *distance.predictions)]
                if all(isinstance(end, Distribution) for end in ends):
                    try:
                        functions[f"{distance.function}_rows"](*ends)
                    except CompileError as error:
                        raise CompileError(f"constraint {term.name!r}: {error}") from None
                    except Exception:
                        continue  # the rule exists, and fake tensors cannot run it


def _distributions(program: LossProgram, checked: Checked) -> dict[Variable, Any]:
    """The values that kernels returned for fake points, by variable."""
    returned: dict[Variable, Any] = {}
    for statement in program.statements:
        if isinstance(statement, Apply) and statement.box in checked.distributions:
            returned |= zip(statement.targets, checked.distributions[statement.box], strict=True)
        elif isinstance(statement, Expand) and isinstance(returned.get(statement.source), Distribution):
            space = statement.target.space
            dimensions = (space and space.ndim("distribution")) or 0
            returned[statement.target] = expand(returned[statement.source], ROWS, dimensions)
    return returned
