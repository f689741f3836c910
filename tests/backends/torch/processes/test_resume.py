"""Several processes that are stopped and resumed end with the weights of those that were not stopped."""

import os
import signal

import pytest
import torch

from joined_runs import game, plain
from process_pool import Pool

torch.set_num_threads(1)


def ended(make, folder, stop=None, **options):
    """Weights and steps of a run, or why it ended; one process sends itself a signal at a step."""

    def send(progress):
        if progress.step == stop[1] and os.environ["RANK"] == "1":
            os.kill(os.getpid(), stop[0])

    try:
        history, state = make(run=folder, step_callbacks=[send] if stop else [], **options)
    except SystemExit as error:
        return error.code
    return [*history.steps], history.stopped, state


@pytest.fixture(scope="module")
def pool():
    with Pool(2) as processes:
        yield processes


@pytest.mark.sampled(2)  # a game by SIGINT, without players by SIGTERM
@pytest.mark.parametrize("make", [plain, game])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=str)
def test_a_run_that_was_stopped_goes_on_in_all_processes(pool, make, number, tmp_path):
    whole = pool.run(ended, make, tmp_path / "whole")
    stopped = pool.run(ended, make, tmp_path / "stopped", (number, 3))
    if number == signal.SIGTERM:
        assert stopped == [143, 143]
    else:
        assert [reason for _, reason, _ in stopped] == ["Ctrl-C was pressed"] * 2
    for (steps, reason, state), expected in zip(pool.run(resumed, make, tmp_path / "stopped"), whole, strict=True):
        assert (steps, reason) == expected[:2]
        torch.testing.assert_close(state, expected[2], rtol=0, atol=0)


def resumed(make, folder):
    return ended(make, folder, resume=True)
