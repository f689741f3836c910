"""Whether the parts of a checkpoint are of one moment: as many steps in the history as in the loop, and so on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from learning_diagrams.errors import FileError, plural

ENTRY = 8  # bytes of a whole number in a table


def require_agreement(state: Mapping[str, Any]) -> None:
    """Raise `FileError` for a state whose parts are each right, and do not belong together."""
    made = state["loop"]["made"]
    measured = len(state["history"]["steps"]["starts"]) // ENTRY
    if measured != made:
        raise FileError(f"it is of a run of {plural(made, 'step')}, and its history has {measured:,}")
    if "best" in state and state["best"]["seen"][2] > made:
        raise FileError(f"its best step is {state['best']['seen'][2]:,}, and it has {made:,}")
    read = made * int(state["options"]["accumulate"])
    for name, position in state.items():
        if name.startswith("data of ") and (position["taken"] or 0) > read:
            raise FileError(f"it has read {read:,} batches, and is at batch {position['taken']:,} in the {name}")
