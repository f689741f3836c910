"""Signals, lost workers, full disks and other runs in one process and in several: each has its error, and all end."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest import mock

import pytest
import torch
from torch.utils.data import DataLoader, Dataset

import learning_diagrams as ld
from joined_runs import FIT, X, Y, f, g, linear, made, plain, trained
from learning_diagrams.backends.torch.checkpoints import checkpoint_file
from learning_diagrams.report import run_folder
from process_pool import Pool

torch.set_num_threads(1)
RANK = "RANK"


def said(act, *args):
    """The error of a function, and whether the handlers of signals are those from before."""
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    try:
        act(*args)
        text = ""
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        text = f"{type(error).__name__}: {error}"
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before
    return text


def steps_in(folder):
    return sorted(int(path.name[5:]) for path in folder.glob("checkpoints/*/step-*"))


class Deadly(Dataset):
    """Rows of which one ends the process that reads it."""

    def __len__(self):
        return len(X)

    def __getitem__(self, i):
        if i == 12:
            os.kill(os.getpid(), signal.SIGKILL)
        return {"x": X[i], "y": Y[i]}


def worker():
    trained(made([FIT], {f: linear(4, 3)}), {"rows": DataLoader(Deadly(), 8, num_workers=1)})


def device():
    trained(made([FIT], {f: linear(4, 3)}), device="cuda:63")


def other_diagram(folder):
    objective = made([FIT, ld.Constraint("more", FIT.lhs, FIT.rhs)], {f: linear(4, 3)})
    trained(objective, {"rows": {"x": X, "y": Y}}, run=folder, resume=True, strict=True)


def full(folder, size):
    """A file of a checkpoint, or of the run, may not grow beyond a size, as on a disk that is full there."""

    def limited(write):
        def act(*args):
            before = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
            try:
                return write(*args)
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, before)

        return act

    with (
        mock.patch.object(checkpoint_file, "write", limited(checkpoint_file.write)),
        mock.patch.object(run_folder, "open_new", limited(run_folder.open_new)),
    ):
        plain(run=folder, checkpoint_every=1)


FAULTS = {
    worker: "DataError: a worker of a DataLoader was killed",
    device: "DataError: device 'cuda:63' cannot be used",
    other_diagram: "FileError: the folder '{}' holds a run of another learning diagram",
}


@pytest.mark.parametrize("act", FAULTS)
def test_a_fault_is_the_same_error_in_one_process_and_in_several(act, tmp_path):
    folder = [tmp_path / "run"] if act is other_diagram else []
    if folder:
        plain(run=folder[0])
    expected = FAULTS[act].format(*folder)
    assert said(act, *folder).startswith(expected)
    with Pool(2) as pool:
        answers = pool.run(said, act, *folder, last=True)
    assert any(answer.startswith(expected) for answer in answers)
    for number, answer in enumerate(answers):
        told = f"ProcessError: process {number} stops, because process {1 - number} failed: {expected}"
        assert answer.startswith((expected, told))


@pytest.mark.parametrize("size", [0, 3000])
def test_a_full_disk_ends_all_processes_and_the_last_checkpoint_stays(size, tmp_path):
    text = said(full, tmp_path / "alone", size)
    assert text.startswith("FileError: ") and "File too large" in text
    with Pool(2) as pool:
        first, second = pool.run(said, full, tmp_path / "several", size, last=True)
    assert first.startswith("FileError: ") and "File too large" in first
    assert second.startswith("ProcessError: process 1 stops, because process 0 failed: FileError: ")
    for place in (tmp_path / "alone", tmp_path / "several"):
        assert all(checkpoint_file.read(path) for path in place.glob("checkpoints/*/step-*"))
        assert not [*place.glob("checkpoints/*/.*")]
