"""The loss of a learning diagram as code, without PyTorch; comments, which quote diagrams as written, are left out."""

from __future__ import annotations

import learning_diagrams as ld
from learning_diagrams.semantics.program.explanation import explain


def loss_code(diagram: ld.LearningDiagram) -> str:
    """The code that `compile` generates, as far as it is fixed before the objects have spaces."""
    code = explain(diagram).partition("the loss\n")[2].partition("\n\ncounts")[0]
    return "\n".join(line for line in code.splitlines() if line and not line.lstrip().startswith("#"))
