"""A run that is killed again and again, and goes on each time, ends with the bytes of the run that nothing stopped."""

import random
import warnings
from itertools import count

import pytest
import torch

from stopped_runs import RUNS, content, die_at, ended, forked, outcome, validated

torch.set_num_threads(1)
EVERY = {"checkpoint_every": 1, "keep": 2, "resume": True}


@pytest.fixture(scope="module", autouse=True)
def _loaded(tmp_path_factory):
    """What PyTorch loads when it is first used is loaded once, before any process is forked."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outcome(validated, place := tmp_path_factory.mktemp("loaded"), run=place / "run", resume=True)


def whole(run, place):
    """What a run leaves that nothing stops, and that keeps nothing."""
    place.mkdir()
    assert ended(forked(lambda: outcome(run, place))) == 0
    return content(place)


def killed(run, place, choose, **options):
    """Kill a run until it comes to its end; return how often, and what it leaves."""
    place.mkdir()
    for kills in range(500):
        moment, after = choose()

        def act(moment=moment):
            if moment is not None:
                die_at(moment)
            outcome(run, place, run=place / "run", **EVERY | options)

        begun = any(place.glob("run/checkpoints/*/step-*"))  # from then on the states of all generators are kept
        code = ended(forked(act, seed=6 + kills if begun else 5), after)
        if code == 0:  # also where the end came before the kill
            assert not [*place.glob("run/checkpoints/*/.*")]  # what killed processes left
            return kills, content(place)
        assert code == -9, code
    raise AssertionError("the run never came to its end")


@pytest.mark.sampled(4)
@pytest.mark.parametrize("run", RUNS)
def test_a_run_killed_at_a_change_of_a_file_ends_with_the_same_bytes(run, tmp_path):
    """Two kills of each run: at writes, renames and removals of its checkpoints, or in the middle of one."""
    chance = random.Random(run.__name__)
    moments = [chance.randrange(30, 90), chance.randrange(1, 60), None]
    kills, left = killed(run, tmp_path / "killed", lambda: (moments.pop(0), None))
    assert kills == 2 and left == whole(run, tmp_path / "whole")


@pytest.mark.thorough
def test_a_run_killed_at_a_hundred_moments_ends_with_the_same_bytes(tmp_path):
    """At moments of the clock, from the start of a process to its end, in a run that makes a checkpoint every step."""
    chance, kills = random.Random(0), 0
    for number in count():
        run = RUNS[number % len(RUNS)]
        seconds = [chance.uniform(0.02, 0.6) for _ in range(8)]
        more, left = killed(run, tmp_path / str(number), lambda: (None, seconds.pop() if seconds else None))  # noqa: B023
        kills += more
        assert left == whole(run, tmp_path / f"whole {number}")
        if kills >= 100:
            return
