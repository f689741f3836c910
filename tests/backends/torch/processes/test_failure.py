"""A process that fails ends the others, and they say why."""

import os
import time
from datetime import timedelta

import pytest
import torch

import learning_diagrams as ld
from joined_runs import FIT, X, Y, f, linear, made, net, plain, trained
from process_pool import Pool

torch.set_num_threads(1)


def said(act, *args):
    try:
        act(*args)
    except (ld.LearningDiagramError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def failing(step):
    def fail(progress):
        if progress.step == step and os.environ["RANK"] == "1":
            raise ValueError("the disk is on fire")

    plain(step_callbacks=[fail])


def test_the_others_stop_with_the_reason_of_the_one_that_failed():
    with Pool(3) as pool:
        answers = pool.run(said, failing, 3, last=True)
    assert answers[1] == "ValueError: the disk is on fire"
    for number in (0, 2):
        assert answers[number] == (
            f"ProcessError: process {number} stops, because process 1 failed: ValueError: the disk is on fire"
        )


def killed():
    def kill(progress):
        if progress.step == 2 and os.environ["RANK"] == "1":
            os.kill(os.getpid(), 9)

    plain(step_callbacks=[kill])


def test_a_process_that_is_killed_is_an_error_in_the_others():
    with Pool(2) as pool:
        first, second = pool.run(said, killed, last=True, lost={1})
    assert first.startswith("ProcessError: process 0 stops, because process 1 was killed or does not answer")
    assert second is None


def hanging(folder):
    """One process hangs until the others have ended."""

    def hang(progress):
        while progress.step == 2 and os.environ["RANK"] == "1" and len(list(folder.iterdir())) < 2:
            time.sleep(0.05)

    try:
        plain(step_callbacks=[hang])
    finally:
        (folder / os.environ["RANK"]).touch()


@pytest.mark.thorough  # it waits for the timeout
def test_a_process_that_hangs_is_named_by_the_others_after_the_timeout_of_the_group(tmp_path):
    with Pool(3, timedelta(seconds=3)) as pool:
        answers = pool.run(said, hanging, tmp_path, last=True)
    for number in (0, 2):
        assert answers[number].startswith(f"ProcessError: process {number} stops, because process 1 was killed or does")
    assert answers[1].startswith("ProcessError: process 1 stops, because ")  # it wakes up, and nobody is there


def infinite():
    """A label of a row of one process has no finite value."""
    values = X.clone()
    values[3] = torch.inf
    trained(made([FIT], {f: linear(4, 3)}), {"rows": {"x": values, "y": Y}})


def test_a_term_that_is_not_finite_in_one_process_is_the_same_error_in_all():
    with Pool(2) as pool:
        answers = pool.run(said, infinite)
    assert answers[0] == answers[1] == said(infinite)
    assert answers[0].startswith("NonFiniteTerm: term 'fit' became")


def unequal():
    trained(made([FIT], {f: net()}), batch_size=4 + int(os.environ["RANK"]))


def test_processes_with_other_options_are_refused_together():
    with Pool(2) as pool:
        for answer in pool.run(said, unequal):
            assert answer == (
                "ProcessError: the processes do not train the same: batch_size of fit differ; run the same script in "
                "each"
            )
