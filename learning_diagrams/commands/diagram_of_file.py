"""The learning diagram that a command is about: that of a file, or that of a plan whose stages all have the same one.

>>> import tempfile
>>> path = Path(tempfile.mkdtemp(), "plan.yaml")
>>> _ = path.write_text("format: learning-plan/2\\ndiagram: supervised\\nstages: [{steps: 1}, {steps: 2}]\\n")
>>> read_diagram(path).diagram.name
'supervised'
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from learning_diagrams.documents.document import Place
    from learning_diagrams.files.load_save import Reading


def read_diagram(path: str | os.PathLike[str]) -> Reading:
    """Read a file of a learning diagram, or the learning diagram of a plan, with its document.

    Raises as `read_file`, also for a plan whose stages have several learning diagrams.
    """
    from learning_diagrams.files.load_save import PLAN, Reading, read_bytes, read_data, read_file
    from learning_diagrams.files.plain_file import FORMATS, read_plain
    from learning_diagrams.regimes.catalogue import regime_file

    file = read_plain(path)
    found = diagram_in(file.data) if isinstance(file.data, dict) and file.data.get("format") == PLAN else None
    if found is None:
        return read_file(path)
    place, source = found
    if isinstance(source, dict):
        data = {"format": "learning-diagram/1"} | source
        return Reading(file, *read_data(data, lambda inner: file.where((*place, *inner))))
    if source.endswith(tuple(FORMATS)):
        return read_file(Path(path).parent / source)
    return read_bytes(regime_file(source).encode(), "yaml", source)


def diagram_in(plan: dict[str, Any]) -> tuple[Place, str | dict[str, Any]] | None:
    """The place and the value of what a plan says of the learning diagram of all its stages; None for several ones.

    >>> diagram_in({"diagram": "a.yaml", "stages": [{}, {"diagram": "b.yaml"}]})
    >>> diagram_in({"diagram": "a.yaml", "stages": [{"diagram": "b.yaml"}, {"diagram": "b.yaml"}]})
    (('stages', 0, 'diagram'), 'b.yaml')
    """
    stages = plan.get("stages")
    found: list[tuple[Place, Any]] = []
    for i, stage in enumerate(stages if isinstance(stages, list) else ()):
        own = stage.get("diagram") if isinstance(stage, dict) else None
        found.append((("diagram",), plan.get("diagram")) if own is None else (("stages", i, "diagram"), own))
    if not found or any(source != found[0][1] for _, source in found) or not isinstance(found[0][1], str | dict):
        return None
    return found[0]
