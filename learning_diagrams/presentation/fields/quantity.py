"""Quantities: the numbers of a learning diagram that are fixed, follow a schedule, or are computed by a diagram from I.

A file writes a number as it is, a schedule as `{schedule: linear, start: 0, end: 1, steps: 1000}`, and a diagram as the
term in `{box: log_scale >> exp}`.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> plain(read_moving({"schedule": "linear", "start": 0, "end": 1, "steps": 10}, "a weight"))
{'schedule': 'linear', 'start': 0.0, 'end': 1.0, 'steps': 10}
>>> read_moving(0.5, "a weight"), read_moving(Box("scale", Ty(), Ty("number")), "a weight").name
(None, 'scale')
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias, TypeGuard

from discopy import monoidal

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.port_graph import first_kernel
from learning_diagrams.diagrams.sample_space import is_sample_space
from learning_diagrams.errors import LearningDiagramError, TypeMismatch
from learning_diagrams.presentation.fields.transport import Transport
from learning_diagrams.schedule import Schedule

Moving: TypeAlias = Schedule | Diagram


def is_moving(value: Any) -> TypeGuard[Moving]:
    """Whether a number of a learning diagram is not fixed."""
    return isinstance(value, Schedule | monoidal.Diagram)


def read_moving(value: Any, what: str) -> Moving | None:
    """The schedule or the diagram that a value stands for; None for another value, such as a number.

    Parameters
    ----------
    what : str, the number in words, for messages.

    Raises
    ------
    TypeMismatch : a diagram has inputs, does not end in one object, or draws; what a schedule raises.
    """
    if isinstance(value, Mapping) and "schedule" in value:
        try:
            return Schedule.read(value)
        except LearningDiagramError as error:
            raise type(error)(f"{what}: {error}") from None
    if isinstance(value, Mapping) and value.keys() == {"box"}:
        value = value["box"]
    if not is_moving(value) or isinstance(value, Schedule):
        return value if isinstance(value, Schedule) else None
    if len(value.dom) or len(value.cod) != 1 or is_sample_space(value.cod):
        raise TypeMismatch(
            f"{what} is a number, and {value} : {value.dom or 'I'} → {value.cod or 'I'} computes none; give a box, "
            "or a diagram, from I into one object whose space holds one number"
        )
    if (kernel := first_kernel(value)) is not None:
        raise TypeMismatch(f"{what} is a number, and {kernel!r} would draw it; let functions compute it, not kernels")
    return value


def plain(value: Any) -> Any:
    """A quantity as a file holds it, with a diagram in place of its term."""
    if isinstance(value, Schedule):
        return value.to_dict()
    return {"box": value} if is_moving(value) else value


def diagrams(*values: Any) -> tuple[Diagram, ...]:
    """The diagrams among some quantities."""
    return tuple(value for value in values if isinstance(value, monoidal.Diagram))


def canonical(value: Moving, to: Transport) -> list[Any]:
    """The canonical form of a transported quantity that is not fixed."""
    return value.canonical if isinstance(value, Schedule) else ["box", to.canonical(value)]


def mapped(value: Any, to: Transport) -> Any:
    """A quantity after a transport."""
    return value if isinstance(value, Schedule) or not is_moving(value) else to.diagram(value)
