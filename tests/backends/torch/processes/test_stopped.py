"""Signals, lost workers, full disks and other runs in one process and in several: each has its error, and all end."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest
import torch
from torch.utils.data import DataLoader, Dataset

import learning_diagrams as ld
from joined_runs import FIT, X, Y, f, linear, made, plain, trained
from learning_diagrams.backends.torch.checkpoints import checkpoint_file
from learning_diagrams.report import run_folder
from process_pool import Pool

torch.set_num_threads(1)


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


def signalled(folder, number, times=1):
    """Every process sends itself a signal in step 3, as torchrun sends it to each of them."""

    def send(progress):
        for _ in range(times if progress.step == 3 else 0):
            signal.raise_signal(number)

    return said(lambda: plain(run=folder, step_callbacks=[send]))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_every_process_saves_once_and_ends_all(number, tmp_path):
    with mock.patch.object(checkpoint_file, "write", mock.Mock(wraps=checkpoint_file.write)) as write:
        assert write is checkpoint_file.write  # also in processes that are forked from here
        with Pool(2) as pool:
            answers = pool.run(signalled_counted, tmp_path / "run", number)
            again = pool.run(signalled, tmp_path / "twice", number, 2, last=True)
    ended = "SystemExit: 143" if number == signal.SIGTERM else ""
    assert answers == [(ended, [0, 3]), (ended, [])]
    assert steps_in(tmp_path / "run") == [0, 3]
    at_once = "SystemExit: 143" if number == signal.SIGTERM else "KeyboardInterrupt: "
    assert again == [at_once, at_once] and steps_in(tmp_path / "twice") == [0]


def signalled_counted(folder, number):
    """The same, with the steps of the checkpoints that this process writes."""
    checkpoint_file.write.reset_mock()
    return signalled(folder, number), [call.args[1] for call in checkpoint_file.write.call_args_list]


SCRIPT = """
import os, sys, time
import joined_runs

def wait(progress):
    if progress.step == 3:
        print("ready", flush=True)
        time.sleep(1)

joined_runs.plain(run=sys.argv[1], resume=True, checkpoint_every=1000, step_callbacks=[wait] if sys.argv[2:] else [])
"""


@pytest.mark.thorough  # the launcher takes its time
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_torchrun_saves_and_the_run_goes_on(number, tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    paths = os.pathsep.join([os.getcwd(), str(Path(sys.modules["joined_runs"].__file__).parent)])
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = [*launcher, str(tmp_path / "script.py"), str(tmp_path / "run")]
    own = os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"}
    with subprocess.Popen([*command, "wait"], env=own, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        process.stdout.readline()
        process.send_signal(number)
        process.communicate(timeout=120)
    assert steps_in(tmp_path / "run") == [0, 3]
    subprocess.run(command, env=own, check=True, timeout=200, capture_output=True)
    assert steps_in(tmp_path / "run")[-1] == 6
