"""The steps for which a scheduler was made, beside those that the run makes."""

from __future__ import annotations

from collections.abc import Sequence

from torch.optim.lr_scheduler import LRScheduler, OneCycleLR

from learning_diagrams.backends.torch.optimizers.joined import JoinedOptimizer
from learning_diagrams.backends.torch.step.player_step import PlayerStep
from learning_diagrams.errors import TypeMismatch, plural
from learning_diagrams.errors.door import by_door


def require_lengths(player_steps: Sequence[PlayerStep], total: int | None, length: int) -> None:
    """Raise `TypeMismatch` for a scheduler of fewer steps than the run makes.

    Parameters
    ----------
    player_steps : the steps of a round, which is repeated.
    total : int or None, the steps of the run; None where nothing says it before.
    length : int, the steps of an epoch.
    """
    if total is None:
        return
    for each in dict.fromkeys(player_steps):
        rounds, rest = divmod(total, len(player_steps))
        turns = rounds * player_steps.count(each) + player_steps[:rest].count(each)
        count, what = (turns, "step") if each.scheduler_every == "step" else (-(-total // length), "epoch")
        for scheduler in each.schedulers:
            if isinstance(scheduler, OneCycleLR) and scheduler.total_steps < count:
                whose = "" if each.player is None else f" of player {each.player!r}"
                raise TypeMismatch(
                    f"{_where(each, scheduler)}the scheduler {type(scheduler).__name__}{whose} is made for "
                    f"{plural(scheduler.total_steps, what)}, and the run has {count:,}; "
                    f"give it total_steps{by_door('=', plan=': ')}{count}"
                )


def _where(step: PlayerStep, scheduler: LRScheduler) -> str:
    """The beginning of a message about a scheduler that is in the options of a box."""
    joined = step.optimizer
    own = [(box, joined.parts[box]) for box in joined.schedulers] if isinstance(joined, JoinedOptimizer) else []
    return next((f"groups= of box {box!r}: " for box, part in own if part is scheduler.optimizer), "")
