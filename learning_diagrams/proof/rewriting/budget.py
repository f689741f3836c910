"""Budgets of work. Work is counted and never timed, so that an answer is the same on every machine.

The unit is a node, a place where the search tries a rule. Most of the work is done before the search knows whether the
rule applies there. Partial matches are much cheaper, so that a hundred of them cost a node.

>>> budget = Budget(2)
>>> budget.spend(), budget.attempt(ATTEMPTS), budget.spend(), budget.spent
(True, True, False, 3)
"""

from __future__ import annotations

from dataclasses import dataclass

ATTEMPTS = 100  # partial matches that cost as much as a node: known searches make 1 to 35 for each


@dataclass
class Budget:
    """Nodes for a search, of which `spent` are used. An exhausted budget has spent one more than `nodes`."""

    nodes: int
    spent: int = 0
    attempts: int = 0  # partial matches that do not make a node yet

    @property
    def explored(self) -> int:
        return min(self.spent, self.nodes)

    @property
    def exhausted(self) -> bool:
        return self.spent > self.nodes

    def spend(self, nodes: int = 1) -> bool:
        """Count nodes; false where the budget has fewer nodes left."""
        self.spent = min(self.spent + nodes, self.nodes + 1)
        return not self.exhausted

    def attempt(self, attempts: int = 1) -> bool:
        """Count partial matches; false where the budget is exhausted."""
        nodes, self.attempts = divmod(self.attempts + attempts, ATTEMPTS)
        return self.spend(nodes)
