"""The parameter groups of an optimizer, edited in place: parameters leave with their state, and others join.

>>> import torch
>>> a, b, c = (nn.Parameter(torch.zeros(1)) for _ in range(3))
>>> optimizer = torch.optim.SGD([{"params": [a]}, {"params": [b], "lr": 0.1}], lr=1.0)
>>> edit_groups(optimizer, leaving={id(b)}, joining=[ParameterMove("c", c, beside=frozenset({id(b)}))])
>>> [(group["lr"], len(group["params"])) for group in optimizer.param_groups]
[(1.0, 1), (0.1, 1)]
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass

from torch import nn
from torch.optim import Optimizer


@dataclass(frozen=True)
class ParameterMove:
    """A parameter that joins an optimizer.

    Attributes
    ----------
    name : str, the name of the parameter in an optimizer with named parameters.
    beside : frozenset of int, ids of parameters whose group it joins; if there are none, it joins the first
        group.
    """

    name: str
    parameter: nn.Parameter
    beside: frozenset[int] = frozenset()


def group_of(optimizer: Optimizer) -> dict[int, int]:
    """For the id of each parameter that an optimizer holds, the number of its group."""
    return {id(p): number for number, group in enumerate(optimizer.param_groups) for p in group["params"]}


def edit_groups(optimizer: Optimizer, leaving: Set[int], joining: Iterable[ParameterMove]) -> None:
    """Take parameters, by id, out of an optimizer with their state, and put others into its groups.

    No group is added or removed, even if a group becomes empty: a scheduler knows the groups that existed when the
    scheduler was made. A parameter that the optimizer holds already stays in its group.
    """
    held = group_of(optimizer)
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            if id(parameter) in leaving:
                optimizer.state.pop(parameter, None)
        kept = [number for number, parameter in enumerate(group["params"]) if id(parameter) not in leaving]
        for key in {"params", "param_names"} & group.keys():
            group[key] = [group[key][number] for number in kept]
    for move in joining:
        if id(move.parameter) in held:
            continue
        group = optimizer.param_groups[min((held[other] for other in move.beside if other in held), default=0)]
        group["params"].append(move.parameter)
        if "param_names" in group:
            group["param_names"].append(move.name)
