"""What `fit` does in several processes beside training: all of them begin alike, go on alike, and stop together."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any

from torch import distributed

from learning_diagrams.backends.torch.checkpoints.interruption import EXIT, Interruption
from learning_diagrams.backends.torch.checkpoints.random_states import RandomStates
from learning_diagrams.backends.torch.data.device import to_device
from learning_diagrams.backends.torch.data.mask import Batch
from learning_diagrams.backends.torch.functor.module_support import is_sharded
from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.backends.torch.processes.engine import Engine
from learning_diagrams.backends.torch.processes.failure import failure_shared
from learning_diagrams.backends.torch.processes.joined_batch import whole_batch
from learning_diagrams.backends.torch.processes.joined_objective import JoinedObjective
from learning_diagrams.backends.torch.processes.own_rows import OwnRows
from learning_diagrams.backends.torch.processes.part_loss import PartLoss
from learning_diagrams.backends.torch.processes.refusals import require_processes_can, sharded
from learning_diagrams.backends.torch.processes.same_batches import compared
from learning_diagrams.backends.torch.processes.world import RUNS, of_all, of_first
from learning_diagrams.backends.torch.sharding.group import ALONE, Group
from learning_diagrams.errors import DataError, ProcessError, TypeMismatch

OF_THE_FIRST = {"run": None, "progress": False, "live": False}


class CommonRun:
    """A run of `fit` in several processes; a context that gives the arguments of `fit` in this process.

    Parameters
    ----------
    arguments : dict from str to value, those of `fit`.

    Attributes
    ----------
    group : Group, the processes that keep the run together if boxes are sharded; if not, the first one keeps it alone.

    Raises
    ------
    CompileError : a module that cannot compute in parts what one process computes.
    ProcessError : see `Engine`; or the processes have different learning diagrams or options.
    TypeMismatch : an option that several processes do not have.
    """

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        self._arguments, self._stack = dict(arguments), ExitStack()
        self.objective: Any = arguments["objective"]
        self.group = ALONE

    def __enter__(self) -> dict[str, Any]:
        with ExitStack() as stack:
            self.engine = Engine(self._arguments["device"], self._arguments["precision"])
            stack.enter_context(failure_shared())
            RUNS.append(self)
            stack.callback(RUNS.remove, self)
            self._begin()
            self._stack = stack.pop_all()
        others = {} if distributed.get_rank() == 0 else OF_THE_FIRST
        return self._arguments | others | {"device": self.engine.device}

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def _begin(self) -> None:
        """Refuse what cannot be; give each process the weights and the random states of the first."""
        objective = self.objective
        if hasattr(objective, "_orig_mod"):
            raise TypeMismatch(
                "torch.compile does not trace what processes tell each other; give fit the objective itself, and "
                "compile the modules of its boxes"
            )
        if not isinstance(objective, Objective):
            return  # which fit refuses
        plain = {key: value for key, value in self._arguments.items() if isinstance(value, bool | int | float | str)}
        told = of_all((objective.diagram.digest(), {**plain, "device": "", "progress": True, "live": False}))
        if told[0][0] != told[-1][0] or any(other != told[0] for other in told):
            differing = [key for key in told[0][1] if any(other[1].get(key) != told[0][1][key] for other in told)]
            raise ProcessError(
                "the processes do not train the same: "
                + (f"{', '.join(sorted(differing))} of fit differ" if differing else "their learning diagrams differ")
                + "; run the same script in each"
            )
        for each in (objective, *objective.players.values()):
            require_processes_can(each)
        if self.engine.shards:
            objective.to(self.engine.device)
            self.engine.shard(objective)
        self.sharded = sharded(objective)
        if self.sharded and self._arguments["aggregator"] is not None:
            raise TypeMismatch(
                "aggregator= takes a Jacobian of whole gradients, for each term as many numbers as the boxes have "
                "parameters, and boxes are sharded because one process does not hold so many; leave aggregator= out, "
                "or train boxes that are not sharded"
            )
        if not self.sharded:
            objective.to(self.engine.device)
        state = objective.state_dict().values()
        for value in state:
            if not is_sharded(value):
                distributed.broadcast(value, 0)
        if any(map(is_sharded, state)):
            self.group = Group(distributed.get_rank(), distributed.get_world_size(), of_all)
        objective.load_state_dict(objective.state_dict())  # the count of steps is no tensor
        states = RandomStates(self.engine.device)
        states.load_state_dict(of_first(states.state_dict()))
        self._own = OwnRows(_sources(self._arguments["data"]))
        measured = OwnRows(_sources(getattr(self._arguments["validation"], "data", self._arguments["validation"])))
        if measured.spaces:
            raise DataError(
                f"every process measures validation on all rows, and that of {min(measured.spaces)!r} gives those of "
                "one process; leave out its DistributedSampler or share="
            )
        if self._own.spaces and self._arguments["resume"]:
            raise TypeMismatch(
                f"resume= goes back to a batch of all processes, and the source of {min(self._own.spaces)!r} has a "
                "DistributedSampler or a share; give it without that, and fit takes the rows of each process"
            )

    def make_loss(self, objective: Objective, call: Any, *rest: Any) -> PartLoss:
        """The loss of everybody or of a player, of which this process computes its part."""
        joined: Any = JoinedObjective(objective, rows="all")
        aggregator = rest[-1]
        whole = joined if self.sharded or aggregator is not None else self.engine.wrap(joined)
        return PartLoss(objective, whole, *rest)

    def batches(self, batches: Iterator[Batch], every: int) -> Iterator[Batch]:
        """The batches of all processes, on the device; one in `every` is compared."""
        layout, own = self.objective.layout, self._own.spaces
        for batch in self._own.counted(compared(batches, layout, own, every)):
            placed = to_device(batch, self.engine.device)
            yield whole_batch(layout, placed, False, own) if own else placed

    def agreed(self, callbacks: tuple[Callable[[Any], Any], ...]) -> tuple[Callable[[Any], Any], ...]:
        """Callbacks that end training in all processes where one in some process asks for it."""
        if not any(of_all(len(callbacks))):
            return ()
        return (lambda progress: any(of_all(True in [callback(progress) is True for callback in callbacks])),)

    def clock(self) -> float:
        """The monotonic time of the first process, if the run has a time after which it ends."""
        return time.monotonic() if self._arguments["max_time"] is None else of_first(time.monotonic())

    @property
    def keeps(self) -> bool:
        """Whether the first process keeps the run in a folder."""
        return self._arguments["run"] is not None

    def signal_of_all(self, own: int | None) -> int | None:
        """The signal that has come to some process."""
        return max((each for each in of_all(own) if each is not None), default=None)

    def follow(self, stack: ExitStack, loop: Any, parts: Mapping[str, Any]) -> None:
        """Let a process that keeps nothing stand where the first one stands, and stop where that one stops."""
        first = distributed.get_rank() == 0
        resumes = self._arguments["resume"]
        state = of_first({name: part.state_dict() for name, part in parts.items()} if first and resumes else {})
        if first:
            return
        for name, part in parts.items() if resumes else ():
            part.require(state[name])
            part.load_state_dict(state[name])
        interruption = stack.enter_context(Interruption())

        def hook(step: int, ended: str | None, epoch_ends: bool, late: bool) -> str | None:
            asked = self.signal_of_all(interruption.signal)
            if asked == signal.SIGTERM:
                sys.exit(EXIT)
            return "Ctrl-C was pressed" if asked == signal.SIGINT and ended is None else ended

        loop.hook = hook

    def agree(self, value: Any) -> Any:
        """What the first process has measured."""
        return of_first(value)


def _sources(data: Any) -> Mapping[str, Any]:
    return data if isinstance(data, Mapping) else {}
