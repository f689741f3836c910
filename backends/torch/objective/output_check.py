"""The check of real outputs, for boxes whose shapes fake tensors could not check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from discopy import markov

from learning_diagrams.backends.torch.functor.functor import TorchFunctor, require_untouched, versions
from learning_diagrams.backends.torch.functor.shape_check import check_outputs
from learning_diagrams.learning_diagram import LearningDiagram


@dataclass(frozen=True)
class OutputCheck:
    """What the code of a loss names `check`: it calls a box and checks what the module really returns."""

    diagram: LearningDiagram
    functor: TorchFunctor

    def __call__(self, name: str, module: Callable[..., Any], *values: Any) -> Any:
        box: markov.Box = self.diagram.box(name)
        before = versions(values)
        result = module(*values)
        require_untouched(box, before, values)
        check_outputs(box, self.functor(box.cod), result, None)
        return result
