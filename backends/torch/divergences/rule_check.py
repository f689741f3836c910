"""Rules of divergences between Distributions, looked up when a learning diagram is compiled.

Which rule torch's registry has for KL depends on the kinds of Distribution that two kernels return, and the check of
shapes has seen these on fake tensors.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.distributions import Distribution

from learning_diagrams.backends.torch.divergences.table import functions
from learning_diagrams.backends.torch.functor.draws import expand
from learning_diagrams.backends.torch.functor.shape_check import ROWS, Checked, without_validation
from learning_diagrams.errors import CompileError
from learning_diagrams.semantics.program.loss_program import LossProgram
from learning_diagrams.semantics.program.statement import Apply, Expand, Variable


def require_rules(program: LossProgram, checked: Checked) -> None:
    """Raise `CompileError` where a divergence has no rule for the kinds of Distribution that two kernels return."""
    computed = functions()
    with checked.mode, without_validation(), torch.no_grad():
        laws = _laws(program, checked)
        for term in program.terms:
            for one in () if term.in_law else term.distances:
                ends = [laws.get(end) for end in (*one.references, *one.predictions)]
                if all(isinstance(end, Distribution) for end in ends):
                    try:
                        computed[f"{one.function}_rows"](*ends)
                    except CompileError as error:
                        raise CompileError(f"constraint {term.name!r}: {error}") from None
                    except Exception:
                        continue  # a rule that fake tensors cannot run is there all the same


def _laws(program: LossProgram, checked: Checked) -> dict[Variable, Any]:
    """What kernels returned for fake points, by variable."""
    laws: dict[Variable, Any] = {}
    for statement in program.statements:
        if isinstance(statement, Apply) and statement.box in checked.laws:
            laws |= zip(statement.targets, checked.laws[statement.box], strict=True)
        elif isinstance(statement, Expand) and isinstance(laws.get(statement.source), Distribution):
            space = statement.target.space
            laws[statement.target] = expand(laws[statement.source], ROWS, (space and space.ndim("distribution")) or 0)
    return laws
