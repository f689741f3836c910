"""Wire values: what stands on the wires of a diagram while it is folded into a program."""

from __future__ import annotations

from dataclasses import dataclass

from learning_diagrams.semantics.program.statement import Variable


@dataclass(frozen=True)
class RowsOf:
    """The rows of a sample space in the batch, rolled by `shift` rows: one more draw, of different rows.

    Parameters
    ----------
    space : str, the key of the sample space in the batch.
    shift : int ≥ 0.
    """

    space: str
    shift: int = 0


class KernelOutput:
    """An output wire of a kernel: a distribution, and its draw once a box has asked for a point.

    Parameters
    ----------
    box : str, the name of the kernel.
    distribution : Variable of kind "distribution".
    """

    def __init__(self, box: str, distribution: Variable) -> None:
        self.box, self.distribution = box, distribution
        self.drawn: Variable | None = None


@dataclass(frozen=True)
class SharedDraw:
    """A kernel output at the end of `over`: both sides see its draw, and neither sees its distribution."""

    output: KernelOutput


Value = Variable | RowsOf | KernelOutput | SharedDraw
