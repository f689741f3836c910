"""Where a stream of batches stands, and how another stream of the same data comes to stand there.

The order of a pass follows from the random states at its beginning. So a pass is begun again with these states, and the
batches that were given are passed over. Rows at hand are not read for that; a loader or another iterable is. The last
batch must then be the batch that it was: if it is not, the order follows from something else, and nothing goes on. A
source with a state of its own (`torchdata`, `datasets`) is asked for it instead.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Any

import torch

from learning_diagrams.backends.torch.checkpoints.likeness import refuse_if
from learning_diagrams.backends.torch.checkpoints.random_states import RandomStates
from learning_diagrams.backends.torch.data.mask import mask_of, values_of
from learning_diagrams.backends.torch.data.source import Indexed, Ready, Table
from learning_diagrams.backends.torch.data.space_reader import Columns
from learning_diagrams.backends.torch.data.stream import Stream
from learning_diagrams.backends.torch.objective.parameter_file import checksum
from learning_diagrams.errors import FileError, brief


class Position:
    """A stream that knows where it stands.

    Parameters
    ----------
    name : str, of the sample space.
    device : torch.device, whose random state is one of those that an order may follow from.

    Attributes
    ----------
    own_state : the source, if it keeps its own position; None otherwise.
    """

    def __init__(self, name: str, stream: Stream, device: torch.device) -> None:
        self.name, self.stream, self.columns = name, stream, stream.columns
        source: Any = stream.source
        self.own_state = source.source if _has_state(getattr(source, "source", None)) else None
        self._looks = not isinstance(source, Indexed)  # at the last batch; a row may be drawn each time it is read
        self._random = RandomStates(device)
        own = None if isinstance(source, Ready) else stream.generator
        self._follows_own = own is not None
        self._generators = _generators(source) if own is None else [own]
        self._begin: Any = None  # the states at the beginning of the pass; None before the first one
        self._before: Any = None  # those before the last batch
        self._taken = 0
        self._last: Columns | None = None
        self._rest: Iterator[Columns] | None = None
        first = torch.arange(min(stream.size, stream.rows or 0))
        self._first = _print(source.take(first)) if isinstance(source, Table) else None

    def __iter__(self) -> Iterator[Columns]:
        while True:
            if self._rest is None:
                self._begin, self._taken, self._rest = self._states(), 0, self.stream.one_pass()
            self._before = self._states() if isinstance(self.stream.source, Ready) else None
            batch = next(self._rest, None)
            if batch is None:
                self._rest = None
            else:
                self._taken, self._last = self._taken + 1, batch
                yield batch

    def state_dict(self) -> dict[str, Any]:
        stream = self.stream
        state = {"rows": stream.rows, "steps": stream.steps, "first": self._first, "now": self._states()}
        if self._begin is None:
            return state | {"taken": None}
        state["taken"] = self._taken
        if self.own_state is not None:
            return state | {"source": self.own_state.state_dict()}
        last = _print(self._last) if self._looks else None
        return state | {"begin": self._begin, "before": self._before, "last": last}

    def require(self, state: dict[str, Any]) -> None:
        """`FileError`, or another plain error, for the position of other data, or one that is not in them."""
        for what, now in (("rows", self.stream.rows), ("steps", self.stream.steps)):
            if state[what] != now:
                size = "batches in a pass" if what == "steps" else what
                raise FileError(f"the data of sample space {self.name!r} had {state[what]} {size}, and have {now} here")
        if state["first"] != self._first:
            raise FileError(f"the data of sample space {self.name!r} are other data than those of the run")
        taken, steps = state["taken"], self.stream.steps if self.stream.rows is not None else None
        refuse_if(
            taken is not None and (type(taken) is not int or not 1 <= taken <= (steps or taken)),
            f"there is no batch {brief(taken)} in a pass over sample space {self.name!r}",
        )
        for moment in ("now", "begin", "before"):
            if (states := state.get(moment)) is not None:
                self._require_states(states)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Stand where another stream of the same data stood; `FileError` if their order is another."""
        if state["taken"] is not None:
            self._go_to(state)
        self._set(state["now"])  # later passes begin with these

    def _go_to(self, state: dict[str, Any]) -> None:
        """Begin the pass again, and pass over the batches that were given."""
        stream, taken = self.stream, state["taken"]
        self._taken = taken
        if self.own_state is not None:
            self._begin = state["now"]
            self.own_state.load_state_dict(state["source"])
            self._rest = stream.one_pass(resumed=True)
            return
        self._set(state["begin"])
        self._begin, self._before = state["begin"], state["before"]
        if not self._looks:
            self._rest = stream.one_pass(taken)
            return
        if isinstance(stream.source, Ready):
            self._rest = stream.one_pass()
            deque(islice(self._rest, taken - 1), maxlen=0)
            self._set(state["before"])
        else:
            self._rest = stream.one_pass(taken - 1)
        self._last = next(self._rest, None)
        if _print(self._last) != state["last"]:
            raise FileError(
                f"batch {taken} of sample space {self.name!r} is not the batch that it was: these are other data, or "
                "their order does not follow from the global random generators; give the columns, a Dataset, or a "
                "torchdata.stateful_dataloader.StatefulDataLoader"
            )

    def _states(self) -> Any:
        own = [generator.get_state() for generator in self._generators]
        return {"own": own, "global": None if self._follows_own else self._random.state_dict()}

    def _require_states(self, states: Any) -> None:
        for generator, state in zip(self._generators, states["own"], strict=True):
            torch.Generator(generator.device).set_state(state)
        refuse_if(
            (states["global"] is None) != self._follows_own,
            f"the order of sample space {self.name!r} follows from other generators than here",
        )
        if states["global"] is not None:
            self._random.require(states["global"])

    def _set(self, states: Any) -> None:
        for generator, state in zip(self._generators, states["own"], strict=True):
            generator.set_state(state)
        if states["global"] is not None:
            self._random.load_state_dict(states["global"])


def _print(batch: Columns | None) -> str:
    """A checksum of a batch."""
    tensors = {}
    for name, column in (batch or {}).items():
        tensors[name], mask = values_of(column).cpu(), mask_of(column)
        if mask is not None:
            tensors[f"mask of {name}"] = mask.cpu()
    return checksum(tensors)


def _has_state(source: Any) -> bool:
    """Whether a source keeps its own position, as a StatefulDataLoader does."""
    return all(callable(getattr(source, name, None)) for name in ("state_dict", "load_state_dict"))


def _generators(source: Any) -> list[torch.Generator]:
    """The generators of a loader and its samplers, each once."""
    loader = getattr(source, "source", None)
    batches = getattr(loader, "batch_sampler", None)
    owners = (loader, getattr(loader, "sampler", None), batches, getattr(batches, "sampler", None))
    generators = [getattr(owner, "generator", None) for owner in owners]
    return list({id(each): each for each in generators if isinstance(each, torch.Generator)}.values())
