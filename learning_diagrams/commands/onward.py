"""The command by which a run that was stopped goes on: with all options that it was started with.

>>> print(onward_command("plan.yaml", "my runs", settings=["stages.0.lr=0.1"], seed=3))
learning-diagrams train plan.yaml --out 'my runs' --resume --seed 3 --set stages.0.lr=0.1
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence


def onward_command(
    plan: str,
    out: str,
    *,
    seed: int | None = None,
    device: str | None = None,
    settings: Sequence[str] = (),
    strict: bool = True,
    report: bool = False,
    plugins: Sequence[str] = (),
) -> str:
    """The command as a shell reads it; the parameters are those of `train`, as they were given."""
    words = ["learning-diagrams", "train", plan, "--out", out, "--resume"]
    for option, value in (("--seed", seed), ("--device", device)):
        words += [] if value is None else [option, str(value)]
    for option, values in (("--set", settings), ("--plugin", plugins)):
        words += [word for value in values for word in (option, value)]
    words += ["--no-strict"] * (not strict) + ["--report"] * report
    return shlex.join(words)
