"""Verdicts of the checker.

>>> bool(Verdict(False, "format: expected 'proof/1'"))
False
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from learning_diagrams.presentation.equation import Equation


@dataclass(frozen=True)
class Verdict:
    """The answer of the checker, which is true if the certificate is accepted.

    accepted : bool, whether the certificate proves its statement and answers the question of `check`.
    reason : str, the proved statement with its assumptions and the types of its boxes, or the place and the reason of
        the rejection.
    theory, statement, axioms : the theory, the proved Equation, and the assumed equations by name.
    """

    accepted: bool
    reason: str
    theory: str = ""
    statement: Equation | None = None
    axioms: Mapping[str, Equation] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.accepted

    def __hash__(self) -> int:
        return hash((self.accepted, self.reason))
