"""An experiment as a file: learning diagrams with the names of spaces, modules and data, and how they are trained.

Nothing in a file is run or imported. A back end says what the names mean, and collects further faults beside those that
reading finds.

>>> import tempfile
>>> from pathlib import Path
>>> path = Path(tempfile.mkdtemp(), "plan.yaml")
>>> _ = path.write_text("format: learning-plan/2\\nstages:\\n- {steps: 10, lr: 0.1}\\n")
>>> experiment = Experiment.load(path, [Setting.read("stages.0.lr=0.5")])
>>> experiment.shape.stages[0].lr, experiment.where(("stages", 0, "steps")).rpartition("/")[2]
(0.5, 'plan.yaml:3: stages[0].steps')
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import sleep
from typing import Any, Self

from learning_diagrams.documents.document import Place
from learning_diagrams.errors import FileError, LearningDiagramError, TypeMismatch, brief, plural
from learning_diagrams.errors.short_text import short_repr
from learning_diagrams.files import plan
from learning_diagrams.files.experiment_shape import FORMAT, ExperimentShape, read_shape
from learning_diagrams.files.plain_file import read_plain
from learning_diagrams.files.setting import Setting

WITHOUT_DATA = (
    f"a plan of the format {plan.FORMAT!r} has no modules and no data; run it in Python, by run_plan(Plan.load(…), "
    f"functor, data), or write one of the format {FORMAT!r}"
)

WAIT = 5.0  # seconds


@dataclass
class Faults:
    """The errors of a file, each with its place.

    where : function from a place to the beginning of a message.
    """

    where: Callable[[Place], str]
    errors: list[LearningDiagramError] = field(default_factory=list)

    @contextmanager
    def at(self, *place: str | int) -> Iterator[None]:
        """An error inside belongs to a place, or to one below it that the error says, and is kept."""
        try:
            yield
        except LearningDiagramError as error:
            for each in error.faults or (error,):
                self.errors.append(_after(each, f"{self.where((*place, *each.place))}: {each}"))

    @contextmanager
    def placed(self) -> Iterator[None]:
        """An error inside says its place itself, and is kept."""
        try:
            yield
        except LearningDiagramError as error:
            self.errors += error.faults or (error,)

    def require_none(self) -> None:
        """Raise the errors as one, of the type of the first of them.

        Of the processes that a launcher has started on a machine the first lists them; each has a device of its own.
        """
        if self.errors:
            lines = [*dict.fromkeys(map(str, self.errors))]
            if os.environ.get("LOCAL_RANK", "0") != "0":
                own = [line for line in lines if line.startswith(f"{self.where(('device',))}: ")]
                if not own:
                    sleep(WAIT)  # a launcher ends all processes as soon as one fails, and the first one has to list
                lines = own or [f"the plan has {plural(len(lines), 'fault')}, which the first process lists"]
            raise _after(self.errors[0], "\n".join(lines)) from None


def _after(error: LearningDiagramError, message: str) -> LearningDiagramError:
    """An error of the same type that remembers the other one, and does not show it."""
    other = type(error)(message)
    other.__context__ = error
    return other


@dataclass(frozen=True)
class Experiment:
    """The content of a file of the format learning-plan/2, with the lines of its parts.

    Attributes
    ----------
    shape : ExperimentShape, what the file says.
    data : dict, the same as plain data, after the settings.
    folder : Path, from which paths in the file begin.
    where : function from a place to `file:line: path`, the beginning of a message.
    """

    shape: ExperimentShape
    data: dict[str, Any]
    folder: Path
    where: Callable[[Place], str]

    __repr__ = short_repr

    @classmethod
    def load(cls, path: str | os.PathLike[str], settings: Iterable[Setting] = ()) -> Self:
        """Read a file, and then put values in the places of settings.

        Raises
        ------
        FileError : the file cannot be read, or is of another format or shape; each fault is a line of the message.
        UnknownName, ParseError : a setting for a place that there cannot be.
        TypeMismatch : settings of another type.
        """
        listed = [*settings] if isinstance(settings, Iterable) else [settings]
        if not all(isinstance(setting, Setting) for setting in listed):
            raise TypeMismatch(f"settings are what Setting.read('seed=1') makes, in a list; got {brief(settings)}")
        file = read_plain(path)
        form = file.data.get("format") if isinstance(file.data, dict) else None
        if form == plan.FORMAT:
            raise FileError(f"{file.where(('format',))}: {WITHOUT_DATA}")
        if form != FORMAT:
            given = f"format is {'missing' if form is None else brief(form)}"
            raise FileError(f"{file.where(('format',))}: {given}; this version reads {FORMAT!r}")
        data, places = file.data, {}
        for setting in listed:
            data = setting.put(data)
            places[setting.place] = f"the setting {setting}"

        def where(place: Place) -> str:
            names = (name for at, name in places.items() if place[: len(at)] == at)
            within = ", ".join(name for at, name in places.items() if place and at[: len(place)] == place)
            return next(names, file.where(place) + (f", with {within}" if within else ""))

        shape, found = read_shape(data)
        faults = Faults(where)
        for place, message in found:
            with faults.at(*place):
                raise FileError(message)
        faults.require_none()
        assert shape is not None
        return cls(shape, data, Path(path).parent, where)
