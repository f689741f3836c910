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
    from learning_diagrams.files.experiment import Faults
    from learning_diagrams.files.load_save import Reading
    from learning_diagrams.learning_diagram import LearningDiagram


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


def spaces_of(path: str | os.PathLike[str], diagram: LearningDiagram) -> tuple[dict[str, str], Faults]:
    """The spaces that a plan gives to the objects of a learning diagram, none of other files; and faults of the file.

    Raises `FileError` for spaces that are no mapping from names to texts.
    """
    from learning_diagrams.errors import FileError
    from learning_diagrams.files.experiment import Faults
    from learning_diagrams.files.experiment_shape import FORMAT, read_shape
    from learning_diagrams.files.plain_file import read_plain

    file = read_plain(path)
    faults = Faults(file.where)
    if not isinstance(file.data, dict) or file.data.get("format") != FORMAT:
        return {}, faults
    for place, message in read_shape(file.data)[1]:
        if place[:1] == ("spaces",):
            raise FileError(f"{file.where(place)}: {message}")
    given = file.data.get("spaces") or {}
    return {name: text for name, text in given.items() if name in diagram.signature.objects}, faults
