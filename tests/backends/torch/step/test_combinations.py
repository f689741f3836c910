"""The table of docs/how-to/train/options.md: each pair that it allows runs, and each other pair is a typed error."""

from itertools import combinations
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import ExponentialLR, ReduceLROnPlateau

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile, fit

torch.set_num_threads(1)
X = ld.Ty("x")
s = ld.SampleSpace("s")
a, b = s.column("a", X), s.column("b", X)
f, g = ld.Box("f", X, X), ld.Box("g", X, X)
ROWS = torch.randn(2, 12, 2, generator=torch.Generator().manual_seed(0))
DATA = {"s": {"a": ROWS[0], "b": ROWS[1]}}
PAGE = Path(__file__).parents[4] / "docs" / "how-to" / "train" / "options.md"
pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="the page is in the clone only")
SGD, Adam, LBFGS = torch.optim.SGD, torch.optim.Adam, torch.optim.LBFGS
OPTIONS = {
    "accumulate": {"accumulate": 2},
    "bf16": {"precision": "bf16"},
    "fp16": {"precision": "fp16"},
    "aggregator": {"aggregator": lambda matrix: matrix.mean(0)},
    "clip_norm": {"clip_norm": 1.0},
    "LBFGS": {"optimizer": LBFGS},
    "groups": {"groups": {"g": {"lr": 0.02}}},
    "own optimizers": {"groups": {"f": {"optimizer": Adam, "lr": 0.03}}},
    "no_decay": {"no_decay": True},
    "by epochs": {"scheduler": lambda o: ExponentialLR(o, 0.9), "scheduler_every": "epoch"},
    "plateau": {"scheduler": ReduceLROnPlateau, "validation": DATA},
    "instance": {},
    "game": {},
    "compiled": {},
}


def table():
    lines = [line.strip("| ").split("|") for line in PAGE.read_text(encoding="utf-8").splitlines() if "|" in line]
    cells = [[cell.strip(" *") for cell in line] for line in lines]
    names = list(OPTIONS)
    return {row[0]: dict(zip(names, row[1:], strict=False)) for row in cells if row[0] in names and len(row) > 10}


def train(*names):
    torch.manual_seed(0)
    nets = {f: nn.Linear(2, 2), g: nn.Linear(2, 2)}
    constraints = [ld.Constraint("far", a >> f >> g, b), ld.Constraint("near", a >> f, b)]
    players = {"one": {"terms": ["far", "near"], "boxes": [f]}, "two": {"terms": ["far"], "boxes": [g]}}
    diagram = ld.LearningDiagram(*constraints, **({"players": players} if "game" in names else {}))
    o = compile(diagram, TorchFunctor(ob={X: Euclidean(2)}, ar=nets))
    options = {"groups": {}, "lr": 0.01}
    for name in names:
        options |= OPTIONS[name] | {"groups": options["groups"] | OPTIONS[name].get("groups", {})}
    options["groups"] = options["groups"] or None
    if {"by epochs", "plateau"} <= {*names}:
        options |= {"scheduler_every": "epoch"}
    if "instance" in names:
        kind, rate = options.get("optimizer", SGD), options.pop("lr")
        held = {name: kind(each.trainable_parameters(), lr=rate) for name, each in o.players.items()}
        options["optimizer"] = held or kind(o.trainable_parameters(), lr=rate)
    call = torch.compile(o, backend="eager") if "compiled" in names else o
    before = [p.detach().clone() for p in o.parameters()]
    history = fit(call, DATA, epochs=2, batch_size=6, progress=False, **options)
    assert len(history.epochs) == 2
    assert all(torch.isfinite(p).all() and not torch.equal(p, q) for p, q in zip(o.parameters(), before, strict=True))


@pytest.mark.sampled(20)
@pytest.mark.parametrize(("first", "second"), [pair for pair in combinations(OPTIONS, 2) if pair != ("bf16", "fp16")])
def test_the_table_is_what_happens(first, second):
    cells = table()
    assert list(cells) == list(OPTIONS) and cells[first][second] == cells[second][first]
    if cells[first][second] == "no":
        with pytest.raises(ld.TypeMismatch):
            train(first, second)
    else:
        assert cells[first][second] == "yes"
        if "fp16" in (first, second) and not torch.cuda.is_available():
            with pytest.raises(ld.DataError, match="needs a CUDA device"):
                train(first, second)
        else:
            train(first, second)
