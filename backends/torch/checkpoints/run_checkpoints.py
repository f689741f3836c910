"""The checkpoints of a run: when they are written, which of them stay, and from which of them the run goes on.

They stand in the folder of the run, in a folder for the learning diagram that was trained:

    checkpoints/<first digits of its digest>/step-000000000012/
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from learning_diagrams.backends.torch.checkpoints import checkpoint_file
from learning_diagrams.backends.torch.checkpoints.agreement import require_agreement
from learning_diagrams.backends.torch.checkpoints.interruption import EXIT, Interruption
from learning_diagrams.backends.torch.checkpoints.likeness import refuse_if, require_like
from learning_diagrams.backends.torch.checkpoints.pace import Pace
from learning_diagrams.backends.torch.checkpoints.packing import Stateful, pack, unpack
from learning_diagrams.backends.torch.objective import parameter_file
from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.backends.torch.sharding.group import ALONE, Group
from learning_diagrams.backends.torch.sharding.shards import Parts, meshes_of
from learning_diagrams.errors import FileError, brief, plural
from learning_diagrams.errors.user_warning import warn

FOLDER = "checkpoints"


class RunCheckpoints:
    """Writes the checkpoints of a run; a hook of its loop, and a context in which signals ask the run to stop.

    A checkpoint is written after every `every` steps, after a validation that is the best so far, when a signal or the
    time ends the run, and at its end. Without a number one is written after an epoch instead, when its time has come.

    Parameters
    ----------
    run : Path, the folder of the run.
    parts : dict from str to Stateful, all that the run consists of, in the order in which states are put back.
    every : int or None, steps.
    keep : int, how many checkpoints stay beside that of the best validation.
    pace : Pace, which says whether it is time, where `every` is None.
    best_step : function that returns the step of the best validation so far, or None.
    complain : function of a message, for a checkpoint that cannot be written; None makes it an error.
    agree : function of the signal that came, or of None, that returns the one that came to some process; None in one
        process.
    group : Group, the processes that each hold parts of the state; each of them has such a hook.
    """

    def __init__(
        self,
        run: Path,
        objective: Objective,
        parts: Mapping[str, Stateful],
        every: int | None,
        keep: int,
        pace: Pace,
        best_step: Callable[[], int | None],
        complain: Callable[[str], None] | None = None,
        agree: Callable[[int | None], int | None] | None = None,
        group: Group = ALONE,
    ) -> None:
        self.objective, self.digest = objective, objective.diagram.digest()
        self.parts, self.every, self.keep = parts, every, keep
        self._folders, self.folder = run / FOLDER, run / FOLDER / self.digest[:16]
        self._pace, self._best_step, self._complain = pace, best_step, complain
        self._written, self._agree, self._group = -1, agree, group
        self._interruption = Interruption()

    def __enter__(self) -> Self:
        self._interruption.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._interruption.__exit__(kind, error, trace)

    def resume(self, strict: bool) -> bool:
        """Put back the state of the newest checkpoint that is good; return whether there is one.

        A warning names each that is refused. Without one of the learning diagram, and with `strict` False, boxes take
        over the weights that another learning diagram left in the folder.

        Raises
        ------
        FileError : there are checkpoints, and none of them is good. The objective is as it was then.
        """
        if self._group.rank == 0:
            checkpoint_file.remove_left(self.folder)
        steps = self._group.of_first(checkpoint_file.steps_of(self.folder))
        before, failure = pack(self._state()) if steps else ("", {}), None
        meshes = meshes_of(self.objective.state_dict())
        reasons: dict[str, list[str]] = {}
        begun = whole = False
        for step in steps:
            path = checkpoint_file.path_of(self.folder, step)
            try:
                checkpoint = checkpoint_file.read(path, self._group, meshes)
                whole = True
                if checkpoint.digest != self.digest:
                    raise FileError(f"it is of another learning diagram, whose digest is {checkpoint.digest[:12]}…")
                self._group.together(partial(self._require, checkpoint.state))
                begun = True
                self._group.together(partial(self._put, checkpoint.state))
            except FileError as error:
                failure = error
                reasons.setdefault(str(error), []).append(str(path))
                continue
            for reason, paths in reasons.items():
                warn(f"{_refused(paths, reason)}; an earlier one, of step {step}, is taken")
            self._written = step
            return True
        if reasons:
            if begun:
                text, tensors = before
                self._put(unpack(text, Parts(lambda _, key: tensors[key], self._group.rank, meshes)))
            texts = "; ".join(_refused(paths, why) for why, paths in reasons.items())
            advice = "Give the objective, the data and the options of the run, or remove the folder to begin anew"
            if not whole:
                advice = "No whole checkpoint is left; begin anew in another folder, or remove this one"
            raise FileError(f"no checkpoint of the run is good: {texts}. {advice}") from failure
        if not strict:
            self._take_over()
        return False

    def begin(self) -> None:
        """Write the checkpoint of a run that has made no step; so it is known early what cannot be kept."""
        self._write(0)

    def __call__(self, step: int, ended: str | None, epoch_ends: bool, late: bool) -> str | None:
        """Write a checkpoint if it is due; return why the run is to stop.

        Parameters
        ----------
        ended : str or None, why the run has ended by itself.
        late : bool, whether its time is over.
        """
        asked = self._interruption.signal if self._agree is None else self._agree(self._interruption.signal)
        best = self._best_step() == step
        regular = step % self.every == 0 or best if self.every else (epoch_ends or best) and self._pace.due()
        if regular or late or ended is not None or asked is not None:
            self._write(step)
            self._pace.done()
        if asked == signal.SIGTERM:
            sys.exit(EXIT)
        return "Ctrl-C was pressed" if asked == signal.SIGINT and ended is None else ended

    def _write(self, step: int) -> None:
        try:
            checkpoint_file.write(self.folder, step, self.digest, self._state(), self._group)
        except FileError as error:
            if self._complain is None:
                raise
            return self._complain(f"{error}; training goes on, and nothing can resume it from here")
        self._written = step
        steps = checkpoint_file.steps_of(self.folder) if self._group.rank == 0 else []
        kept = {*[number for number in steps if number <= step][: self.keep], self._best_step()}
        for number in steps:
            if number not in kept:
                with suppress(OSError):
                    checkpoint_file.remove(checkpoint_file.path_of(self.folder, number))

    def _state(self) -> dict[str, Any]:
        return {name: part.state_dict() for name, part in self.parts.items()}

    def _require(self, state: Mapping[str, Any]) -> None:
        """Raise an error for a state that some part cannot take; nothing is changed."""
        now = self._state()
        differing = sorted(map(str, state.keys() ^ now.keys())) if self._group.rank == 0 else []
        refuse_if(differing, f"either it or the run here has {brief(differing)}, and the other one has not")
        require_like(state, now)
        for name, part in self.parts.items():
            part.require(state[name])
        require_agreement(state)

    def _put(self, state: Mapping[str, Any]) -> None:
        for name, part in self.parts.items():
            part.load_state_dict(state[name])

    def _take_over(self) -> None:
        """Take the weights of another learning diagram, box by box, from its newest good checkpoint."""
        others = [place for place in self._folders.glob("*") if place.is_dir() and place != self.folder]
        others.sort(key=lambda place: place.stat().st_mtime, reverse=True)
        paths = [checkpoint_file.path_of(place, step) for place in others for step in checkpoint_file.steps_of(place)]
        for path in self._group.of_first(paths):
            try:
                weights = checkpoint_file.read(path, self._group).state["objective"]["weights"]
                return parameter_file.put(self.objective, self.objective.diagram, weights, repr(str(path)), False)
            except Exception as error:
                warn(f"the checkpoint {str(path)!r} is refused: {error}")


def _refused(paths: list[str], reason: str) -> str:
    those = f" and {plural(len(paths) - 1, 'older one')} are" if len(paths) > 1 else " is"
    return f"the checkpoint {paths[0]!r}{those} refused: {reason}"
