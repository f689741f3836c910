"""A budget of work: counted and never timed, so that an answer is the same every time and everywhere.

What counts is a node, a place where a rule is tried: whether it leads to a graph is known only when most of the work is
done. Partial matches, on the way to such a place or to none, are much cheaper, and are counted by the hundred.

>>> budget = Budget(2)
>>> budget.spend(), budget.attempt(ATTEMPTS), budget.spend(), budget.spent
(True, True, False, 3)
"""

from __future__ import annotations

from dataclasses import dataclass

ATTEMPTS = 100  # partial matches that cost as much as a node: known searches make 1 to 35 for each


@dataclass
class Budget:
    """How many nodes a search may look at, and how many it has looked at: one more than it may once it is exhausted."""

    nodes: int
    spent: int = 0
    attempts: int = 0  # that are not yet counted as a node

    @property
    def explored(self) -> int:
        return min(self.spent, self.nodes)

    @property
    def exhausted(self) -> bool:
        return self.spent > self.nodes

    def spend(self, nodes: int = 1) -> bool:
        """Count nodes; false where not so many are left."""
        self.spent = min(self.spent + nodes, self.nodes + 1)
        return not self.exhausted

    def attempt(self, attempts: int = 1) -> bool:
        """Count partial matches; false where too many are made."""
        nodes, self.attempts = divmod(self.attempts + attempts, ATTEMPTS)
        return self.spend(nodes)
