"""Runs that are small, each with another kind of state; and processes that are killed while they make one.

A process is forked from this one, which has PyTorch loaded: it is a real process, and it costs a few milliseconds.
"""

import builtins
import hashlib
import json
import os
import random
import signal
import sys
import time
import traceback
import warnings
from importlib.util import find_spec

import numpy as np
import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR, ReduceLROnPlateau, StepLR
from torch.utils.data import DataLoader, Dataset, TensorDataset

import learning_diagrams as ld
from learning_diagrams.backends.torch import Rows, TorchFunctor, Validation, compile, fit
from process_pool import require_fork
from small_runs import GAME, PLAYERS, SPACES, Noise, critic, f, g, label, maker, no, noise, other, point, rows, x, yes

draws = torch.Generator().manual_seed(0)
X, Y = torch.randn(24, 4, generator=draws), torch.randint(3, (24,), generator=draws)
Z = torch.randn(10, 4, generator=draws)
PRESENT = torch.rand(24, generator=draws) < 0.6
DATA = {"rows": {"x": X, "y": Y}}
STEPS = {"epochs": 3, "batch_size": 8, "progress": False}


class Noisy(Dataset):
    """Rows that are drawn each time they are read, with every generator there is."""

    def __len__(self):
        return len(X)

    def __getitem__(self, i):
        return {"x": X[i] + torch.rand(4) + random.random() + np.random.rand(), "y": Y[i]}


def net(*sizes, seed=1, dropout=0.3, norm=False):
    torch.manual_seed(seed)
    layers = [nn.Linear(4, 6), *([nn.BatchNorm1d(6)] if norm else []), nn.Tanh(), nn.Dropout(dropout), nn.Linear(6, 3)]
    return nn.Sequential(*layers)


def made(constraints, ar, dtype=torch.float32, **options):
    modules = {box: module.to(dtype) if isinstance(module, nn.Module) else module for box, module in ar.items()}
    return compile(ld.LearningDiagram(*constraints, **options), TorchFunctor(ob=SPACES, ar=modules))


def supervised(**options):
    return made([ld.Constraint("fit", point >> f, label)], {f: net(norm=True)}, **options)


def plain(**options):
    """Dropout, BatchNorm, momentum, two sample spaces of different length."""
    constraints = [ld.Constraint("fit", point >> f, label), ld.Constraint("small", other >> f, other >> g, weight=0.1)]
    objective = made(constraints, {f: net(norm=True), g: net(seed=2)}, frozen=[g])
    return objective, fit(objective, DATA | {"more": {"x": Z}}, **STEPS | {"lr": 0.01} | options)


def game(**options):
    """Two players with optimizers of their own, and noise."""
    torch.manual_seed(0)
    ar = {maker: nn.Linear(4, 4), critic: nn.Linear(4, 1), noise: Noise().requires_grad_(False)}
    ar |= {yes: lambda: torch.ones(1, 1), no: lambda: torch.zeros(1, 1)}
    objective = made(GAME, ar, players=PLAYERS)
    return objective, fit(objective, {"rows": {"x": X}}, **STEPS | options)


def averaged(**options):
    """A teacher in half precision that is a moving average, a weight and a decay that follow schedules, a scheduler."""
    constraints = [
        ld.Constraint("fit", point >> f, label),
        ld.Constraint("agree", point >> f, point >> g, weight=ld.schedule.linear(0, 1, steps=5)),
    ]
    average = {g: (f, ld.schedule.linear(0.5, 0.9, steps=4))}
    objective = made(constraints, {f: net(), g: net()}, torch.bfloat16, ema=average)
    data = {"rows": {"x": X.bfloat16(), "y": Y}}
    return objective, fit(objective, data, scheduler=lambda o: StepLR(o, 2, 0.7), **STEPS | options)


def workers(**options):
    """A DataLoader with two workers, which shuffles."""
    loader = DataLoader(Noisy(), batch_size=8, shuffle=True, num_workers=2)
    objective = supervised()
    return objective, fit(objective, {"rows": loader}, **STEPS | {"epochs": 2} | options)


def loader(**options):
    """A DataLoader without workers, whose rows are drawn with the generators that dropout draws with."""
    objective = supervised()
    return objective, fit(objective, {"rows": DataLoader(Noisy(), batch_size=8, shuffle=True)}, **STEPS | options)


def own_generator(**options):
    """A DataLoader of tuples, with a generator of its own."""
    source = DataLoader(TensorDataset(X, Y), 8, shuffle=True, generator=torch.Generator().manual_seed(3))
    objective = supervised()
    return objective, fit(objective, {"rows": Rows(source, ("x", "y"))}, **STEPS | options)


def stateful(count=2, **options):
    """A loader of torchdata that keeps its own position, with workers whose rows are drawn."""
    from torchdata.stateful_dataloader import StatefulDataLoader

    source = StatefulDataLoader(Noisy(), 4, shuffle=True, num_workers=count)
    objective = supervised()
    return objective, fit(objective, {"rows": source}, **STEPS | {"epochs": 2} | options)


def ready(**options):
    """A list of ready batches of unequal length."""
    batches = [{"x": X[:9], "y": Y[:9]}, {"x": X[9:20], "y": Y[9:20]}, {"x": X[20:], "y": Y[20:]}]
    objective = supervised()
    return objective, fit(objective, {"rows": batches}, **STEPS | options)


def accumulated(**options):
    """Masks with unequal counts, two batches a step, an epoch that does not divide, a scheduler by epochs."""
    objective = supervised()
    step = {"accumulate": 2, "batch_size": 5, "clip_norm": 1.0}
    rates = {"scheduler_every": "epoch", "scheduler": lambda o: LambdaLR(o, lambda i: 0.9**i)}
    return objective, fit(objective, {"rows": {"x": X, "y": (Y, PRESENT)}}, **STEPS | step | rates | options)


def validated(**options):
    """Validation every two steps, with patience and a plateau."""
    objective, check = supervised(), Validation({"rows": {"x": X[:7], "y": Y[:7]}}, patience=4)
    rates = {"scheduler": lambda o: ReduceLROnPlateau(o, patience=0), "lr": 0.3}
    run = {"validation": check, "validate_every": 2, "epochs": 6}
    return objective, fit(objective, DATA, **STEPS | rates | run | options)


def in_law(**options):
    """Two laws that are compared by samples, in float64, without a seed of `fit`, with a limited memory of slopes."""
    noise, h = ld.Kernel("noise", ld.Ty(), x), ld.Box("h", x, x)
    torch.manual_seed(0)
    constraint = ld.Constraint("law", rows.state >> point >> h, noise, divergence="energy_distance")
    objective = made([constraint], {h: nn.Linear(4, 4), noise: Noise()}, torch.float64)
    data = {"rows": {"x": X.double()}}
    return objective, fit(objective, data, seed=None, **STEPS | {"optimizer": torch.optim.LBFGS, "lr": 0.1} | options)


RUNS = [plain, game, averaged, workers, loader, own_generator, ready, accumulated, validated, in_law]
RUNS += [stateful] if find_spec("torchdata") else []


def outcome(make, place, **options):
    """Make a run to its end in this process, and leave its weights and its history in a folder."""
    objective, history = make(**options)
    objective.save(place / "weights.safetensors")
    tables = {name: [*getattr(history, name)] for name in ("steps", "counts", "epochs", "validations")}
    tables["epochs"] = [{name: value for name, value in row.items() if name != "seconds"} for row in tables["epochs"]]
    text = json.dumps(tables | {"best": history.best, "stopped": history.stopped})
    (place / "history.json").write_text(text)


def signed(path):
    """Let the manifest of a checkpoint say what its files are, as one who writes a hostile checkpoint does."""
    manifest = json.loads((path / "manifest.json").read_text())
    for name in manifest["files"]:
        data = (path / name).read_bytes()
        manifest["files"][name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (path / "manifest.json").write_text(json.dumps(manifest))


def content(place):
    return [(place / name).read_bytes() for name in ("weights.safetensors", "history.json")]


def forked(act, seed=5):
    """The number of a process that does something, and then exits with 0, with the code of a SystemExit, or with 1.

    The generators that `fit` does not seed stand at a seed when the process begins.
    """
    require_fork()
    number = os.fork()
    if number:
        return number
    code = 1
    try:
        sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - for as long as the process lives
        torch.set_num_threads(1)
        for each in (torch.manual_seed, random.seed, np.random.seed):
            each(seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.filterwarnings("error", "the checkpoint .* refused")  # what is written whole is never refused
            act()
        code = 0
    except SystemExit as error:
        code = int(error.code)
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)  # which pytest shows
    finally:
        os._exit(code)


def ended(number, after=None):
    """Wait for a process, which is killed after so many seconds; its exit code, or minus the signal that ended it."""
    if after is not None:
        time.sleep(after)
        os.kill(number, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


def die_at(count):
    """Let this process kill itself at its so-manieth call of the system that changes a file: before it, or half-way."""
    left = [count]

    def counted(call, half=None):
        def act(*args, **kwargs):
            left[0] -= 1
            if left[0] == 0:
                if half is not None:
                    half(*args, **kwargs)
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*args, **kwargs)

        return act

    for name in ("fsync", "rename", "replace", "mkdir", "unlink", "rmdir"):
        setattr(os, name, counted(getattr(os, name)))
    opened = builtins.open

    def open_counted(path, mode="r", *args, **kwargs):
        file = opened(path, mode, *args, **kwargs)
        if "x" not in mode:
            return file
        write = file.write

        class Counted:
            def __getattr__(self, name):
                return getattr(file, name)

            def __enter__(self):
                return self

            def __exit__(self, *error):
                file.close()

        def part(data):
            write(data[: len(data) // 2])
            file.flush()

        counting = Counted()
        counting.write = counted(write, part)
        return counting

    builtins.open = open_counted
