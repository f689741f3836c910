"""The steps for which a scheduler was made, beside those that the run makes."""

from __future__ import annotations

from collections.abc import Sequence

from torch.optim.lr_scheduler import LRScheduler, OneCycleLR

from learning_diagrams.backends.torch.optimizers.joined import JoinedOptimizer
from learning_diagrams.backends.torch.step.player_step import PlayerStep
from learning_diagrams.errors import TypeMismatch, plural
from learning_diagrams.errors.door import by_door

LENGTHS = ("total_steps", "T_max", "total_iters")  # attributes of schedulers that end after so many steps


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
        count, what = _updates(each, player_steps, total), "step"
        if each.scheduler_every == "epoch":
            count, what = -(-total // length), "epoch"
        for scheduler in each.schedulers:
            if isinstance(scheduler, OneCycleLR) and scheduler.total_steps < count:
                whose = "" if each.player is None else f" of player {each.player!r}"
                raise TypeMismatch(
                    f"{_where(each, scheduler)}the scheduler {type(scheduler).__name__}{whose} is made for "
                    f"{plural(scheduler.total_steps, what)}, and the run has {count:,}; "
                    f"give it total_steps{by_door('=', plan=': ')}{count}"
                )


def cut_short(player_steps: Sequence[PlayerStep], total: int | None) -> list[str]:
    """What is said of each scheduler of a game that has not ended when the run ends.

    Only of several players: the steps of the run are not those of a player.
    """
    players = list(dict.fromkeys(player_steps))
    if total is None or len(players) == 1:
        return []
    alike = len({player_steps.count(each) for each in players}) == 1
    notes = []
    for each in players:
        count = _updates(each, player_steps, total)
        for scheduler in each.schedulers if each.scheduler_every == "step" else ():
            lengths = {name: getattr(scheduler, name) for name in LENGTHS if hasattr(scheduler, name)}
            for name, length in lengths.items():
                if length > count:
                    advice = (
                        f"give it {name}{by_door('=', plan=': ')}{count}"
                        if alike
                        else "where players make unequal numbers of updates, give each box a scheduler of its own in "
                        f"groups{by_door('=', plan='')}"
                    )
                    notes.append(
                        f"{_where(each, scheduler)}the scheduler {type(scheduler).__name__} of player {each.player!r} "
                        f"has {name}{by_door('=', plan=': ')}{length}, and the player makes {plural(count, 'update')}, "
                        f"so the schedule does not reach its end; {advice}"
                    )
    return notes


def _updates(step: PlayerStep, player_steps: Sequence[PlayerStep], total: int) -> int:
    """How many of the steps of a run are those of one player."""
    rounds, rest = divmod(total, len(player_steps))
    return rounds * player_steps.count(step) + player_steps[:rest].count(step)


def _where(step: PlayerStep, scheduler: LRScheduler) -> str:
    """The beginning of a message about a scheduler that is in the options of a box."""
    joined = step.optimizer
    own = [(box, joined.parts[box]) for box in joined.schedulers] if isinstance(joined, JoinedOptimizer) else []
    return next((f"groups= of box {box!r}: " for box, part in own if part is scheduler.optimizer), "")
