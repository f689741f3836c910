"""Trackers of accelerate, each of which speaks to the package of its name: wandb, mlflow, aim.

A run that goes on is the same run there, and gets the steps that it has not got.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Any

from learning_diagrams.backends.torch.plans.names.registry import TRACKERS
from learning_diagrams.backends.torch.plans.names.trackers import EVERY, Memory

# For each package where its run says its name, and the options by which the package goes on with the run of a name.
PACKAGES: dict[str, tuple[str, Callable[[str], dict[str, Any]]]] = {
    "wandb": ("id", lambda run: {"id": run, "resume": "allow"}),
    "mlflow": ("info.run_id", lambda run: {"run_id": run}),
    "aim": ("hash", lambda run: {"run_hash": run}),
}


class OfAccelerate:
    """A tracker of accelerate.

    Parameters
    ----------
    project : str, of W&B, the experiment of MLflow, the name of the run of Aim.
    options : keyword arguments of accelerate's tracker; they go before those by which a run goes on.
    """

    def __init__(self, package: str, folder: Path, project: str = "plan", **options: Any) -> None:
        self._package = package
        from accelerate import PartialState, tracking

        PartialState()  # without it the trackers of accelerate refuse to write
        self._memory = Memory(folder, f"{package} {project}")
        self._step = self._memory.step
        name, goes_on = PACKAGES[package]
        place = {"dir": str(folder)} if package == "wandb" else {"logging_dir": str(folder / package)}
        again = {} if self._memory.run is None else goes_on(self._memory.run)
        kind: Any = tracking.LOGGER_TYPE_TO_CLASS[package]
        self._tracker: Any = kind(project, **{**place, **again, **options})
        self._tracker.start()
        self._memory.keep(self._step, str(attrgetter(name)(self._tracker.tracker)))

    def log(self, values: Mapping[str, float], step: int) -> None:
        if step > self._step:
            self._tracker.log({self._name(name): value for name, value in values.items()}, step=step)
            self._step = step
            if step - self._memory.step >= EVERY:
                self._memory.keep(step)

    def close(self) -> None:
        self._memory.keep(self._step)
        self._tracker.finish()

    def _name(self, name: str) -> str:
        """A name as the package takes it: MLflow refuses other letters, which become their code points."""
        if self._package != "mlflow":
            return name
        return re.sub(r"[^\w\-. :/]", lambda letter: f"_{ord(letter[0]):x}_", name)


for each in PACKAGES:
    maker: Any = partial(OfAccelerate, each)
    maker.needs = ("accelerate", each)
    TRACKERS.register(each, maker)
