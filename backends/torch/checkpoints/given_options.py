"""The options of a run: those on which its order of data depends stay, and a warning names others that have changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from learning_diagrams.errors import FileError
from learning_diagrams.errors.user_warning import warn

FIXED = ("batch_size", "drop_last", "accumulate")
FREE = (
    *("epochs", "steps", "max_time", "checkpoint_every", "keep", "resume", "progress", "strict"),
    *("callbacks", "step_callbacks", "device", "fast_dev_run"),
)


@dataclass(frozen=True)
class GivenOptions:
    """The options of this call of `fit`, as texts."""

    texts: Mapping[str, str]

    def state_dict(self) -> dict[str, str]:
        return {name: text for name, text in self.texts.items() if name not in FREE}

    def require(self, state: Mapping[str, str]) -> None:
        """`FileError` where the data would come in other batches."""
        now = self.state_dict()
        for name in FIXED:
            if now[name] != state[name]:
                raise FileError(f"{name}= was {state[name]}, and is {now[name]} here, which makes other batches")

    def load_state_dict(self, state: Mapping[str, str]) -> None:
        """Compare with those of the run."""
        now = self.state_dict()
        changed = [f"{name}= was {state.get(name)}, and is {now[name]}" for name in now if state.get(name) != now[name]]
        if changed:
            warn(
                f"the run goes on with other options: {'; '.join(changed)}. The learning rates, and all else that an "
                "optimizer or a scheduler keeps, are those of the checkpoint"
            )
