"""Terms without a row, whose value 0 would look like a perfect fit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from learning_diagrams.errors.user_warning import warn


@dataclass
class AbsentTerms:
    """The terms of which a warning was given.

    where : str, the rows, as warnings name them: "in this epoch".
    """

    where: str
    _known: set[str] = field(default_factory=set)

    def warn(self, names: Iterable[str]) -> None:
        """Give a `UserWarning` for each term without a row, once for each term."""
        for name in sorted({*names} - self._known):
            self._known.add(name)
            warn(
                f"term {name!r} has no row {self.where}: in each of them a column that it reads is absent, so its "
                "value 0 says nothing; look at the masks of its columns, in which True is a row that is present"
            )
