"""The folder of a training run, which `fit(…, run=FOLDER)` writes. It holds plain data, read and never run.

    diagram.json     the learning diagram, in its file format
    run.json         the format of the folder, the state of the run, digest, seed, device, versions, arguments, times
    history.json     a column of numbers for each measurement of steps, epochs and validations; cosines of gradients
    checkpoints      the states from which the run can go on
    lock             held by the process that writes the run
    worst_rows.json  for each constraint the rows that are furthest from it, once the run has ended well

Each file is written whole. A folder of a run that goes on, or that was cut off, holds what was measured so far.

>>> read_run("runs/none")
Traceback (most recent call last):
...
learning_diagrams.errors.FileError: there is no folder 'runs/none'
"""

from __future__ import annotations

import os
from base64 import b64decode
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite, prod
from pathlib import Path
from typing import Any, BinaryIO, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from learning_diagrams.errors import FileError, LearningDiagramError, brief, printable
from learning_diagrams.errors.door import by_door
from learning_diagrams.files.load_save import load, save
from learning_diagrams.files.plain_file import PlainFile, read_table
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.storage.atomic_write import write_whole
from learning_diagrams.storage.held_file import hold

FORMAT = "learning-run/1"
LARGEST = 1_000_000_000  # bytes of a history
DIAGRAM, RECORD, HISTORY, WORST = "diagram.json", "run.json", "history.json", "worst_rows.json"
CHECKPOINTS, LOCK = "checkpoints", "lock"

Columns = dict[str, list[float | None]]  # None where a row has no such measurement


class Part(BaseModel):
    """A file of the folder, or a part of it. Numbers that are not finite stand as the texts "NaN" and "Infinity"."""

    model_config = ConfigDict(frozen=True, ser_json_inf_nan="strings")


class Record(Part):
    """What is said of a run.

    Attributes
    ----------
    state : str, "running", "ended", or the error that ended it.
    stopped : str, why no further step was made.
    terms : dict from constraint to the heading of its term in the history.
    best : dict or None, the epoch and the value of the best validation; the step, too, if validation counts steps.
    restored : bool, whether the state of the best validation was put back at the end.
    """

    format: str
    digest: str
    state: str
    stopped: str
    started: str
    seconds: float
    seed: int | None
    device: str
    versions: dict[str, str]
    arguments: dict[str, str]
    rows: dict[str, str]
    terms: dict[str, str]
    best: dict[str, float] | None = None
    restored: bool = False


class Cosine(Part):
    """The cosine between the gradients of two terms in the parameters of a box, after so many steps."""

    step: int
    box: str
    terms: tuple[str, str]
    value: float


class Measurements(Part):
    """The measurements of a run."""

    steps: Columns = {}
    counts: Columns = {}
    epochs: Columns = {}
    validations: Columns = {}
    cosines: list[Cosine] = []

    @model_validator(mode="after")
    def _are_tables(self) -> Self:
        for table in (self.steps, self.counts, self.epochs, self.validations):
            if len({len(column) for column in table.values()}) > 1:
                raise ValueError("the columns of a table have different lengths")
        for table in (self.steps, self.epochs, self.validations):
            wrong = [n for n in table.get("step", []) + table.get("epoch", []) if n is None or not isfinite(n)]
            if wrong or (table and not {"step", "epoch"} <= table.keys()):
                raise ValueError("a row has no step or no epoch")
        return self


class Value(Part):
    """The value of a column in a row: a text, and for a picture its pixels too.

    Attributes
    ----------
    pixels : str, base64 of height × width × channels bytes.
    """

    column: str
    text: str
    pixels: str = ""
    size: tuple[int, int, int] = (0, 0, 0)

    @model_validator(mode="after")
    def _is_picture(self) -> Self:
        if len(b64decode(self.pixels, validate=True)) != prod(self.size) or self.size[2] not in (0, 1, 3):
            raise ValueError("the pixels of a picture do not fit its size")
        return self


class WorstRow(Part):
    """A row, its value of the term, and its columns."""

    row: int
    defect: float
    values: list[Value]


class WorstRows(Part):
    """The rows with the largest values of each term; `note` says which rows were looked at."""

    note: str
    rows: dict[str, list[WorstRow]] = {}


@dataclass(frozen=True)
class Run:
    """A run that was read from its folder; `worst` is None where the run has not ended well."""

    diagram: LearningDiagram
    record: Record
    measurements: Measurements
    worst: WorstRows | None


AnyPart = TypeVar("AnyPart", bound=Part)


def open_new(folder: Path, diagram: LearningDiagram, record: Record) -> BinaryIO | None:
    """Begin the folder of a new run, whole or not at all; return its lock, which is held while it is open.

    Raises `FileError` where the folder holds anything, or cannot be written; and as `save` of the learning diagram.
    """
    require_new(folder, diagram)
    new = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        save(diagram, folder / DIAGRAM)
        write_part(folder, RECORD, record)
    except BaseException as error:
        with suppress(OSError):
            (folder / DIAGRAM).unlink(missing_ok=True)
            for place in new:
                place.rmdir()
        if not isinstance(error, OSError):
            raise
        raise FileError(f"cannot write a run to {str(folder)!r}: {error.strerror or error}") from None
    return hold(folder / LOCK)


def open_again(
    folder: Path, diagram: LearningDiagram, record: Record, strict: bool = True
) -> tuple[Record, BinaryIO | None]:
    """Let the run of a folder go on, or begin one where there is none; return the record, which goes on, and the lock.

    Raises as `earlier_record`, `open_new` and `hold`.
    """
    earlier = earlier_record(folder, diagram, strict)
    if not folder.exists() or not os.listdir(folder):
        return record, open_new(folder, diagram, record)
    lock = hold(folder / LOCK)
    if earlier is None:
        for name in (RECORD, HISTORY, WORST):  # of another learning diagram; without a record the folder holds no run
            (folder / name).unlink(missing_ok=True)
        save(diagram, folder / DIAGRAM)
    else:
        record = record.model_copy(update={"started": earlier.started, "seconds": earlier.seconds})
    write_part(folder, RECORD, record)
    return record, lock


def earlier_record(folder: Path, diagram: LearningDiagram, strict: bool = True) -> Record | None:
    """The record of the run in a folder, if it is that of a learning diagram.

    Raises `FileError` where the folder holds what no run writes or, if `strict`, the run of another learning diagram.
    """
    try:
        content = sorted(os.listdir(folder))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:  # a null character in a name is a ValueError
        reason = getattr(error, "strerror", None) or error
        raise FileError(f"cannot read a run in {str(folder)!r}: {reason}") from None
    known = (DIAGRAM, RECORD, HISTORY, WORST, CHECKPOINTS, LOCK)
    for name in content:
        if not any(name == part or name.startswith(f".{part}.") for part in known):
            raise FileError(
                f"the folder {str(folder)!r} holds {name!r}, which is no part of a run; name another folder in run="
            )
    if RECORD not in content:  # a run that was killed when it began
        return None
    record, _ = _beginning(folder)
    if record.digest == diagram.digest():
        return record
    if strict:
        advice = by_door(
            "name another folder in run=, or pass strict=False",
            plan="name another folder, or go on by strict=False, in the command line --no-strict,",
        )
        raise FileError(
            f"the folder {str(folder)!r} holds {_held(folder, diagram)}; {advice} "
            "to take over the weights of the boxes that have the same names"
        )
    return None


def require_new(folder: Path, diagram: LearningDiagram) -> None:
    """Raise `FileError` where a folder holds anything, or is no folder."""
    try:
        content = sorted(os.listdir(folder))
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:  # a null character in a name is a ValueError
        reason = getattr(error, "strerror", None) or error
        raise FileError(f"cannot write a run to {str(folder)!r}: {reason}") from None
    if content:
        held = _held(folder, diagram) if RECORD in content else repr(content[0])
        goes_on = "to go on with that run, pass resume=True; " if _goes_on(folder, diagram) else ""
        raise FileError(
            f"the folder {str(folder)!r} is not empty: it holds {held}; {goes_on}no run is written over what is there, "
            "so name another folder in run=, or remove this one"
        )


def write_part(folder: Path, name: str, part: Part) -> None:
    """Write a file of the folder, whole."""
    write_whole(folder / name, part.model_dump_json(indent=1).encode())


def read_run(folder: str | os.PathLike[str]) -> Run:
    """Read the folder of a run, as far as the run has come.

    Raises
    ------
    FileError : the folder does not exist, holds no run or one of a newer format, or a file in it is damaged.
    """
    record, diagram = _beginning(folder)
    place = Path(folder)
    history, worst = place / HISTORY, place / WORST
    return Run(
        diagram,
        record,
        _part(read_table(history, LARGEST), Measurements) if history.exists() else Measurements(),
        _part(read_table(worst, LARGEST), WorstRows) if worst.exists() else None,
    )


def _beginning(folder: str | os.PathLike[str]) -> tuple[Record, LearningDiagram]:
    """The record of a run, and its learning diagram."""
    place = Path(folder)
    if not place.is_dir():
        raise FileError(f"there is no folder {str(folder)!r}")
    if not (place / RECORD).exists():
        # A plan keeps a run for each stage, and a sweep a plan for each combination.
        records = [*place.glob(f"*/{RECORD}"), *place.glob(f"*/*/{RECORD}")]
        runs = sorted((str(path.parent) for path in records), key=lambda name: (len(name), name))
        listed = ", ".join(map(repr, runs[:10])) + (", …" if len(runs) > 10 else "")
        raise FileError(
            f"the folder {str(folder)!r} holds no run: there is no file {RECORD!r} in it; "
            + (f"the runs of its stages are {listed}; name one of them" if runs else "fit(…, run=FOLDER) writes one")
        )
    file = read_table(place / RECORD)
    form = file.data.get("format") if isinstance(file.data, dict) else None
    if form != FORMAT:
        raise FileError(
            f"{file.name}: the format of the run is {brief(form)}, and this version of the library reads {FORMAT!r}; "
            "read it with the version that wrote it"
        )
    record = _part(file, Record)
    diagram = load(place / DIAGRAM)
    if diagram.digest() != record.digest:
        raise FileError(
            f"{place / DIAGRAM}: this is not the learning diagram of the run, whose digest is {record.digest}"
        )
    return record, diagram


def _part(file: PlainFile, form: type[AnyPart]) -> AnyPart:
    try:
        return form.model_validate(file.data)
    except ValidationError as error:
        fault: Any = error.errors()[0]
        reason = printable(fault["msg"].removeprefix("Value error, "))
        raise FileError(f"{file.where(fault['loc'])}: {reason}; the file is damaged") from None


def _goes_on(folder: Path, diagram: LearningDiagram) -> bool:
    """Whether a folder holds a run of a learning diagram that can be read, and so can go on."""
    try:
        return earlier_record(folder, diagram) is not None
    except LearningDiagramError:
        return False


def _held(folder: Path, diagram: LearningDiagram) -> str:
    """Which run a folder holds, as far as it can be read."""
    try:
        other = read_run(folder).diagram
    except LearningDiagramError as error:
        return f"a run that cannot be read ({error})"
    name = repr(other.name) if other.name else "without a name"
    return f"a run of {'this' if other == diagram else 'another'} learning diagram, {name}"
