"""A plan: training as a list of stages, each with its learning diagram, its steps and its optimizer, as data.

Boxes are the same through all stages when their names are: a later stage trains on what an earlier one has learned.

>>> from learning_diagrams.diagrams.box import Kernel, Ty
>>> from learning_diagrams.presentation.constraint import Constraint
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> rows = SampleSpace("rows")
>>> x, y = rows.column("x", Ty("a")), rows.column("y", Ty("b"))
>>> d = LearningDiagram(Constraint("fit", x >> Kernel("f", Ty("a"), Ty("b")), y))
>>> warm_up = Stage(d, steps=100, optimizer={"name": "sgd", "lr": 0.1})
>>> plan = Plan(warm_up, Stage(d.reweight({"fit": 2.0}), steps=300))
>>> Plan.from_dict(plan.to_dict()) == plan
True
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from learning_diagrams.errors import (
    FileError,
    LearningDiagramError,
    TypeMismatch,
    UnknownName,
    brief,
    did_you_mean,
    require_count,
)
from learning_diagrams.errors.short_text import short_repr
from learning_diagrams.files.load_save import read_data
from learning_diagrams.files.plain_file import form_of, read_plain, to_bytes
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.choice import Optimizer
from learning_diagrams.storage.atomic_write import write_whole

FORMAT = "learning-plan/1"

Place = tuple[str | int, ...]
Where = Callable[[Place], str]


@dataclass(frozen=True)
class Stage:
    """A stretch of training.

    Parameters
    ----------
    diagram : LearningDiagram, which the stage trains.
    steps : int ≥ 1, the number of updates.
    optimizer : str, a name; or a mapping with a name and options; or None, to go on with the optimizer of the stage
        before and with its state.
    batch_size : int ≥ 1, in rows.

    Raises
    ------
    TypeMismatch : `steps` or `batch_size` is not a whole number ≥ 1, or `diagram` is not a learning diagram.
    """

    diagram: LearningDiagram
    steps: int
    optimizer: Any = None
    batch_size: int = 64

    __repr__ = short_repr

    def __post_init__(self) -> None:
        if not isinstance(self.diagram, LearningDiagram):
            raise TypeMismatch(f"a stage trains a learning diagram, got {brief(self.diagram)}")
        for name in ("steps", "batch_size"):
            require_count(f"{name} of a stage", getattr(self, name))
        if self.optimizer is not None:
            object.__setattr__(self, "optimizer", Optimizer.read(self.optimizer))

    def to_dict(self) -> dict[str, Any]:
        """The stage as plain data."""
        data: dict[str, Any] = {"diagram": self.diagram.to_dict(), "steps": self.steps, "batch_size": self.batch_size}
        return data if self.optimizer is None else data | {"optimizer": self.optimizer.to_dict()}

    @classmethod
    def from_dict(cls, data: Any) -> Stage:
        """Read the data that `to_dict` wrote; typed errors for other data."""
        return _read_stage(data, (), _path)


@dataclass(frozen=True, init=False)
class Plan:
    """Stages, one after the other.

    Parameters
    ----------
    stages : Stage, at least one.
    name : str, a title, which equality ignores.
    """

    stages: tuple[Stage, ...]
    name: str

    __repr__ = short_repr

    def __init__(self, *stages: Stage, name: str = "") -> None:
        for stage in stages:
            if not isinstance(stage, Stage):
                raise TypeMismatch(f"a plan is made of stages, got {brief(stage)}")
        if not stages:
            raise TypeMismatch("a plan has at least one stage")
        if not isinstance(name, str):
            raise TypeMismatch(f"the name of a plan must be a string, got {brief(name)}")
        object.__setattr__(self, "stages", stages)
        object.__setattr__(self, "name", name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Plan) and self.stages == other.stages

    def __hash__(self) -> int:
        return hash(self.stages)

    def to_dict(self) -> dict[str, Any]:
        """The plan as plain data, in the shape of its files; `from_dict` reads it back."""
        return {"format": FORMAT, "name": self.name, "stages": [stage.to_dict() for stage in self.stages]}

    @classmethod
    def from_dict(cls, data: Any) -> Plan:
        """Read the data that `to_dict` wrote; typed errors for other data. Nothing in the data is run."""
        return _read_plan(data, _path)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the plan to a file (.yaml, .yml or .json), whole or not at all; `load` reads back an equal one."""
        name, form = form_of(path, "write")
        write_whole(Path(name), to_bytes(self.to_dict(), form))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Plan:
        """Read a plan from a file. Nothing in the file is run or imported.

        Raises `FileError` if the file cannot be read or does not hold a plan. Errors of a learning diagram in the file
        keep their type. An error names the file, the line and the path in the plan, as in
        `plan.yaml:30: stages[0].diagram.constraints.fit.weight: …`.
        """
        file = read_plain(path)
        return _read_plan(file.data, file.where)


def _read_plan(data: Any, where: Where) -> Plan:
    with _located(where, ()):
        entry = _keys(data, ("format", "name", "stages"), ("format", "stages"), "a plan")
    if entry["format"] != FORMAT:
        raise FileError(f"{where(('format',))}: format is {brief(entry['format'])}; this version reads {FORMAT!r}")
    if not isinstance(entry["stages"], list):
        raise FileError(f"{where(('stages',))}: the stages of a plan are a list, got {brief(entry['stages'])}")
    stages = [_read_stage(stage, ("stages", i), where) for i, stage in enumerate(entry["stages"])]
    with _located(where, ()):
        return Plan(*stages, name=entry.get("name", ""))


def _read_stage(data: Any, place: Place, where: Where) -> Stage:
    with _located(where, place):
        entry = _keys(data, ("diagram", "steps", "optimizer", "batch_size"), ("diagram", "steps"), "a stage")
    _, diagram = read_data(entry["diagram"], lambda inner: where((*place, "diagram", *inner)))
    with _located(where, place):
        return Stage(**entry | {"diagram": diagram})


def _keys(data: Any, known: tuple[str, ...], needed: tuple[str, ...], noun: str) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise FileError(f"{noun} is a mapping, got {brief(data)}")
    for key in data:
        if key not in known:
            raise UnknownName(f"{noun} has no key {brief(key)}; {did_you_mean(str(key), known)}")
    for key in needed:
        if key not in data:
            raise FileError(f"{noun} lacks the key {key!r}")
    return dict(data)


@contextmanager
def _located(where: Where, place: Place) -> Iterator[None]:
    """Errors inside begin with their place."""
    try:
        yield
    except LearningDiagramError as error:
        raise type(error)(f"{where(place)}: {error}") from None


def _path(place: Place) -> str:
    from learning_diagrams.documents.serialization import written

    return written(place)
