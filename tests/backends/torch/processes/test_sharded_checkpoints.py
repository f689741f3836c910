"""Runs of sharded boxes are kept by all processes together, and go on bit for bit."""

import errno
import hashlib
import json
import os
import random
import shutil
import signal
import warnings
from unittest import mock

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import distributed, nn
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor

import joined_runs
import learning_diagrams as ld
from joined_runs import DATA, MORE, X, Y, f, g, label, made, net, other, point, trained
from learning_diagrams.backends.torch import Validation
from learning_diagrams.backends.torch.checkpoints import checkpoint_file
from learning_diagrams.backends.torch.checkpoints.checkpoint_file import read
from learning_diagrams.backends.torch.processes import failure
from process_pool import Pool
from stopped_runs import die_at

torch.set_num_threads(1)
KEPT = {"checkpoint_every": 1, "keep": 2}


def sharded(constraints, ar, **options):
    """An objective whose boxes are sharded before compile in a game, and else after it, with the root."""
    several = distributed.is_initialized()
    for module in ar.values() if several and "players" in options else ():
        if isinstance(module, nn.Module) and [*module.parameters()]:
            fully_shard(module)
    objective = made(constraints, ar, **options)
    if several and "players" not in options:
        for name in objective.boxes.names:
            fully_shard(objective.boxes.of(name))
        fully_shard(objective)
    return objective


def averaged(**options):
    """Moving averages, batches that are joined, clipping, and a best state that comes early: every kind of state."""
    constraints = [ld.Constraint("fit", point >> f, label), ld.Constraint("small", other >> f, other >> g, weight=0.1)]
    check = Validation({"rows": {"x": X[:7], "y": Y[:7]}, "more": {"x": MORE}}, mode="max")
    steps = {"epochs": 3, "accumulate": 2, "batch_size": 5, "clip_norm": 1.0, "lr": 0.1}
    objective = sharded(constraints, {f: net(), g: net()}, ema={g: (f, 0.9)})
    return trained(objective, DATA, validation=check, validate_every=1, **steps | options)


def game(**options):
    with mock.patch.object(joined_runs, "made", sharded):
        return joined_runs.game(**options)


def ended(make, folder, stop=None, **options):
    """Steps and whole weights of a run, or why it ended; some process sends itself a signal at a step."""

    def send(progress):
        if stop and progress.step == stop[1] and os.environ.get("RANK", "1") == "1":
            os.kill(os.getpid(), stop[0])

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            history, state = make(run=folder, step_callbacks=[send], **KEPT | options)
        except SystemExit as error:
            return error.code
        except ld.LearningDiagramError as error:
            return f"{type(error).__name__}: {error}"
    sharded_there = any(isinstance(value, DTensor) for value in state.values())
    assert sharded_there is distributed.is_initialized()
    state = {key: value.full_tensor() if isinstance(value, DTensor) else value for key, value in state.items()}
    return [*history.steps], state, [str(each.message) for each in caught if "refused" in str(each.message)]


def resumed(make, folder, **options):
    return ended(make, folder, resume=True, **options)


def newest(folder):
    return max(folder.glob("checkpoints/*/step-*"))


def same(answers, expected):
    for (steps, state, _), (rows, whole, _) in zip(answers, expected, strict=True):
        assert steps == rows
        torch.testing.assert_close(state, whole, rtol=0, atol=0)


def near(answers, expected):
    for steps, state, _ in answers:
        for row, other_row in zip(steps, expected[0], strict=True):
            assert row == pytest.approx(other_row, rel=1e-9)
        torch.testing.assert_close(state, expected[1], rtol=1e-9, atol=1e-9)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The folder of a run of one process that stopped; it also loads once what the processes use."""
    ended(averaged, place := tmp_path_factory.mktemp("alone") / "run", (signal.SIGINT, 3))
    return place


@pytest.fixture(scope="module")
def pool(alone):
    with Pool(2) as processes:
        yield processes


@pytest.mark.parametrize(("make", "number"), [(averaged, signal.SIGTERM), (game, signal.SIGINT)])
def test_a_sharded_run_that_was_stopped_goes_on_bit_for_bit(pool, make, number, tmp_path):
    whole = pool.run(ended, make, tmp_path / "whole")
    stopped = pool.run(ended, make, tmp_path / "stopped", (number, 3))
    assert stopped == [143, 143] if number == signal.SIGTERM else len(stopped[0][0]) == 3
    same(pool.run(resumed, make, tmp_path / "stopped"), whole)


def damaged(newest, how):
    first, second, away = newest / "rank-0000.safetensors", newest / "rank-0001.safetensors", newest / "away"
    if how == "missing":
        second.unlink()
    elif how == "changed":
        content = bytearray(second.read_bytes())
        content[-1] ^= 1
        second.write_bytes(content)
    elif how == "signed":  # numbers that only one process can refuse
        parts = load_file(second)
        parts["objective/weights/boxes.f.0.weight"][-1] = torch.nan
        save_file(parts, second)
        manifest, content = json.loads((newest / "manifest.json").read_text()), second.read_bytes()
        claim = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        manifest["files"][second.name] = claim
        (newest / "manifest.json").write_text(json.dumps(manifest))
    else:
        for source, target in ((first, away), (second, first), (away, second)):
            source.rename(target)


@pytest.fixture(scope="module")
def stopped(pool, tmp_path_factory):
    """The folder of a run of two processes that stopped after three of its steps, and the run that did not stop."""
    place = tmp_path_factory.mktemp("kept")
    pool.run(ended, averaged, place / "run", (signal.SIGINT, 3))
    return place / "run", pool.run(ended, averaged, place / "whole")


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("missing", "is refused: No such file or directory; an earlier one, of step 2, is taken"),
        ("changed", "is refused: rank-0001.safetensors does not have the hash that the manifest says; an earlier"),
        ("swapped", "is refused: rank-0000.safetensors has"),
        ("signed", "is refused: it holds 'boxes.f.0.weight', in which a number is not finite where that"),
    ],
)
def test_a_file_of_one_process_that_is_not_what_was_written_is_refused_by_all(pool, stopped, how, reason, tmp_path):
    shutil.copytree(stopped[0], tmp_path / "run")
    damaged(newest(tmp_path / "run"), how)
    answers = pool.run(resumed, averaged, tmp_path / "run")
    same(answers, stopped[1])
    for _, _, warned in answers:
        assert len(warned) == 1 and reason in warned[0]


def test_without_a_good_checkpoint_all_processes_say_so(pool, stopped, tmp_path):
    shutil.copytree(stopped[0], tmp_path / "run")
    for path in tmp_path.glob("run/checkpoints/*/*/rank-0001.safetensors"):
        path.unlink()
    for answer in pool.run(resumed, averaged, tmp_path / "run"):
        assert answer.startswith("FileError: no checkpoint of the run is good: the checkpoint")


def test_another_number_of_processes_goes_on_with_the_parts_joined(stopped, tmp_path):
    """Two processes stopped, and three go on, and one alone, whose boxes are whole."""
    with Pool(3) as three:
        for number, size in enumerate((3, 1)):
            shutil.copytree(stopped[0], place := tmp_path / str(number))
            answers = three.run(resumed, averaged, place) if size == 3 else [resumed(averaged, place)]
            near(answers, stopped[1][0])


def test_a_run_of_one_process_goes_on_in_two_whose_boxes_are_sharded(pool, alone, stopped):
    near(pool.run(resumed, averaged, alone), stopped[1][0])


def test_each_process_writes_its_parts_and_the_json_says_where_they_belong(stopped):
    path = newest(stopped[0])
    assert {each.name for each in path.iterdir()} == {
        "manifest.json", "rank-0000.json", "rank-0000.safetensors", "rank-0001.safetensors"
    }  # fmt: skip
    parts = [load_file(path / f"rank-000{rank}.safetensors") for rank in range(2)]
    key = "objective/weights/boxes.f.0.weight"
    assert [part[key].shape for part in parts] == [(3, 4), (3, 4)]
    assert torch.equal(torch.cat([part[key] for part in parts]), read(path).state["objective"]["weights"][key[18:]])
    entry = {"key": key, "shape": [6, 4], "placements": [0], "slices": [[[0, 3], [0, 4]], [[3, 6], [0, 4]]]}
    assert json.dumps({"sharded": entry}) in (path / "rank-0000.json").read_text()
    assert any("exp_avg" in key for key in parts[1])
    assert "random/torch" in parts[0].keys() - parts[1].keys()


def full(make, folder, step, asked):
    """A run whose second process finds no space on the disk when it writes the checkpoint of a step."""

    def write(path, data):
        if os.environ["RANK"] == "1" and path.parent.name.startswith(f".step-{step:012}"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        path.write_bytes(data)

    with mock.patch.object(checkpoint_file, "_write", write):
        return ended(make, folder, **{} if asked else {"checkpoint_every": None})


@pytest.mark.parametrize("asked", [True, False])
def test_a_disk_that_is_full_in_one_process_ends_all_or_none(pool, stopped, asked, tmp_path):
    answers = pool.run(full, averaged, tmp_path / "run", 2 if asked else 0, asked)
    if asked:
        for answer in answers:
            assert answer.startswith("FileError: cannot write the checkpoint") and "No space left on device" in answer
        assert newest(tmp_path / "run").name == "step-000000000001"
    else:
        same(answers, stopped[1])
    assert not [*tmp_path.glob("run/checkpoints/*/.*")]


def killed(make, folder, rank, moment):
    """A run in which one process kills itself at a change of a file."""
    failure.SECONDS = 0.1  # the one that is killed tells no reason
    if os.environ["RANK"] == str(rank):
        die_at(moment)
    try:
        return resumed(make, folder)
    except RuntimeError as error:  # the other process was killed after this one had ended its run
        return f"ProcessError: process {1 - rank} stops, because {error}"


@pytest.mark.thorough
@pytest.mark.parametrize("chance", range(25))
def test_a_run_of_which_a_process_is_killed_ends_with_the_same_bytes(stopped, chance, tmp_path):
    """The second process, and then the first one, at any write, rename or removal, or in the middle of one."""
    draws = random.Random(chance)
    for rank, last in ((1, 14), (0, 60)):
        with Pool(2) as processes:
            moment = draws.randrange(1, last)
            answers = processes.run(killed, averaged, tmp_path / "run", rank, moment, last=True, lost={rank})
        if answers[rank] is None:  # the run may have come to its end before
            assert answers[1 - rank].startswith(f"ProcessError: process {1 - rank} stops, because")
    with Pool(2) as processes:
        same(processes.run(resumed, averaged, tmp_path / "run"), stopped[1])
    assert not [*tmp_path.glob("run/checkpoints/*/.*")]
