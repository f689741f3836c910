"""A finding: one fact that a review states about a learning diagram, with the proofs that show it.

>>> print(Finding("untrained", "f", "no constraint trains it"))
f: untrained: no constraint trains it
"""

from __future__ import annotations

from dataclasses import dataclass

from learning_diagrams.errors import printable
from learning_diagrams.proof.proof import Proof


@dataclass(frozen=True)
class Finding:
    """One fact about a learning diagram.

    Attributes
    ----------
    kind : str: "vacuous", "redundant on the data", "redundant as an equation", "follows as an equation" (its term
        consumes draws and says more), "inconsistent", "forced", "collapsing", "untrained" or "unread".
    subject : str, the name of a constraint, box or column; empty for a fact about the whole learning diagram.
    says : str, the fact in words.
    evidence : tuple of Proof, the proofs that show the fact.
    """

    kind: str
    subject: str
    says: str
    evidence: tuple[Proof, ...] = ()

    def __str__(self) -> str:
        return printable(f"{f'{self.subject}: ' if self.subject else ''}{self.kind}: {self.says}")
