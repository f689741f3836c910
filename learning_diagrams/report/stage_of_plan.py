"""The run whose page stands for the folder of a plan: that of its last stage, under the name of the plan.

>>> run_of("runs/first")
(PosixPath('runs/first'), '')
"""

from __future__ import annotations

import os
from pathlib import Path

from learning_diagrams.files.plain_file import read_table
from learning_diagrams.report.run_folder import RECORD

PLAN = "plan.json"  # the plan, which its folder keeps beside a folder for each stage


def run_of(folder: str | os.PathLike[str]) -> tuple[Path, str]:
    """The folder of the run, and the title of its page; a folder that is none of a plan as it is, without a title.

    Raises `FileError` for the folder of a plan whose file `plan.json` is damaged.
    """
    place = Path(folder)
    begun = [path.parent for path in place.glob(f"*/{RECORD}") if path.parent.name.isdecimal()]
    if not begun or not (place / PLAN).is_file():
        return place, ""
    plan = read_table(place / PLAN).data
    name = plan.get("name") if isinstance(plan, dict) else None
    return max(begun, key=lambda stage: int(stage.name)), name if isinstance(name, str) else ""
