"""Whether the parts of a checkpoint are of one moment: as many steps in the history as in the loop, and so on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from learning_diagrams.backends.torch.checkpoints.likeness import refuse_if
from learning_diagrams.errors import plural

ENTRY = 8  # bytes of a whole number in a table


def require_agreement(state: Mapping[str, Any]) -> None:
    """Raise `FileError` for a state whose parts are each right, and do not belong together."""
    made = state["loop"]["made"]
    measured = len(state["history"]["steps"]["starts"]) // ENTRY
    refuse_if(measured != made, f"it is of a run of {plural(made, 'step')}, and its history has {measured:,}")
    best = state["best"]["seen"][2] if "best" in state else 0
    refuse_if(best > made, f"its best step is {best:,}, and it has {made:,}")
    read = made * int(state["options"]["accumulate"])
    for name, position in state.items():
        at = (position["taken"] or 0) if name.startswith("data of ") else 0
        refuse_if(at > read, f"it has read {read:,} batches, and is at batch {at:,} in the {name}")
