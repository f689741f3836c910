"""What several processes cannot do as one is a typed error in each; one process does not come here."""

import os
import subprocess
import sys

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import learning_diagrams as ld
from joined_runs import FIT, X, Y, f, label, linear, made, net, point, trained
from learning_diagrams.backends.torch import JoinedObjective, Rows
from process_pool import Pool

torch.set_num_threads(1)
INSTANCE = nn.Sequential(nn.Unflatten(1, (3, 2)), nn.InstanceNorm1d(3, track_running_stats=True), nn.Flatten())


@pytest.fixture(scope="module")
def pool():
    with Pool(2) as processes:
        yield processes


def said(act, *args):
    try:
        act(*args)
    except ld.LearningDiagramError as error:
        return f"{type(error).__name__}: {error}"


@pytest.mark.parametrize(
    ("norm", "text"),
    [
        (nn.BatchNorm1d(6), "'1' of the module of box 'f' is a BatchNorm1d, whose statistics in several processes"),
        (nn.SyncBatchNorm(6), "'1' of the module of box 'f' is a SyncBatchNorm, which PyTorch computes on GPUs only"),
        (
            INSTANCE,
            "'1.1' of the module of box 'f' is an InstanceNorm1d",
        ),
    ],
    ids=["batch", "sync", "instance"],
)
def test_statistics_of_the_rows_of_one_process_are_refused(norm, text):
    module = nn.Sequential(nn.Linear(4, 6), norm, nn.Linear(6, 3)).double()
    objective = made([FIT], {f: module})
    with pytest.raises(ld.CompileError) as caught:
        JoinedObjective(objective)
    assert str(caught.value).startswith(text)
    g = ld.Kernel("g", ld.Ty("x"), ld.Ty("y"))
    frozen = [FIT, ld.Constraint("agree", point >> f, point >> g)]
    JoinedObjective(made(frozen, {f: linear(4, 3), g: module}, frozen=[g]))  # its statistics stand still


def compiled():
    trained(torch.compile(made([FIT], {f: net()})))


def other_batches():
    """Each process reads rows in an order of its own."""
    order = torch.Generator().manual_seed(int(os.environ["RANK"]))
    loader = DataLoader(TensorDataset(X, Y), 8, shuffle=True, generator=order)
    trained(made([FIT], {f: net()}), {"rows": Rows(loader, ("x", "y"))})


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell, self.out = nn.GRU(4, 4, 2, dropout=0.5, batch_first=True), nn.Linear(4, 3)

    def forward(self, value):
        return self.out(self.cell(value.unsqueeze(1))[0].squeeze(1))


def recurrent():
    trained(made([FIT], {f: Recurrent().double()}))


def other_diagrams():
    weight = 1.0 + int(os.environ["RANK"])
    trained(made([ld.Constraint("fit", point >> f, label, weight=weight)], {f: net()}))


def without_accelerate():
    sys.modules["accelerate"] = None
    try:
        trained(made([FIT], {f: net()}))
    finally:
        del sys.modules["accelerate"]


def asked_for_fsdp():
    os.environ["ACCELERATE_USE_FSDP"] = "true"
    try:
        trained(made([FIT], {f: net()}))
    finally:
        del os.environ["ACCELERATE_USE_FSDP"]


@pytest.mark.parametrize(
    ("act", "text"),
    [
        (compiled, "TypeMismatch: torch.compile does not trace what processes tell each other"),
        (other_batches, "DataError: the processes have read different batches of sample space 'rows'"),
        (recurrent, "CompileError: a recurrent module with dropout= draws inside PyTorch"),
        (other_diagrams, "ProcessError: the processes do not train the same: their learning diagrams differ"),
        (
            without_accelerate,
            "ProcessError: fit runs in 2 processes, whose engine is accelerate, which is not",
        ),
        (asked_for_fsdp, "ProcessError: the launcher asks for FSDP, and on cpu accelerate takes Distributed"),
    ],
)
def test_what_cannot_be_equal_is_refused(pool, act, text):
    for answer in pool.run(said, act):
        assert answer is not None and answer.startswith(text)


ALONE = """
import sys, torch
from torch import distributed
calls = []
distributed.all_reduce = lambda *args, **options: calls.append("all_reduce")
import joined_runs
joined_runs.plain()
own = "learning_diagrams.backends.torch.processes"
entered = {name.removeprefix(own + ".") for name in sys.modules if name.startswith(own + ".")}
print(sorted(entered & {"common_run", "engine", "part_loss"}), "accelerate" in sys.modules, calls)
"""


def test_one_process_never_enters_the_engine():
    folder = os.path.dirname(sys.modules["joined_runs"].__file__)
    paths = os.pathsep.join([os.getcwd(), folder])
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ALONE],
        env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert answer.stdout.strip() == "[] False []"
