"""The folder of a checkpoint: each tensor once, and on the disk before its name is."""

import os
from pathlib import Path

import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, Validation, compile, fit
from learning_diagrams.backends.torch.checkpoints import checkpoint_file


def test_the_file_of_the_tensors_holds_each_of_them_once(tmp_path):
    """Also the tied ones, also those of the best state."""
    from safetensors import safe_open

    x, rows = ld.Ty("x"), ld.SampleSpace("rows")
    f, point, tied = ld.Box("f", x, x), rows.column("x", x), nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    tied[1].weight = tied[0].weight
    diagram = ld.LearningDiagram(ld.Constraint("c", point >> f, point))
    objective = compile(diagram, TorchFunctor(ob={x: Euclidean(3)}, ar={f: tied}))
    values, data = iter([1.0, 2.0, 2.0]), {"rows": {"x": torch.randn(8, 3)}}
    options = {"validation": Validation(metrics={"m": lambda objective: next(values)}, monitor="m"), "progress": False}
    fit(objective, data, epochs=2, run=tmp_path / "run", **options)
    (path,) = tmp_path.glob("run/checkpoints/*/step-000000000002/rank-0000.safetensors")
    with safe_open(path, "pt") as file:
        for section in ("objective/weights/boxes", "best/state/boxes"):
            kept = [key.rpartition(".")[2] for key in file.keys() if key.startswith(section)]  # noqa: SIM118
            assert sorted(kept) == ["bias", "bias", "weight"]
    assert {each.name for each in path.parent.iterdir()} == {"manifest.json", "rank-0000.json", "rank-0000.safetensors"}
    history = fit(objective, data, epochs=3, run=tmp_path / "run", resume=True, **options)
    assert history.best["epoch"] == 1 and tied[0].weight is tied[1].weight


def test_a_checkpoint_is_on_the_disk_before_it_is_named_and_its_name_before_the_run_goes_on(tmp_path, monkeypatch):
    """Each file and folder is synced in the order in which a power failure may come."""
    seen, sync, rename = [], os.fsync, os.rename

    def fsync(number):
        name = Path(os.readlink(f"/proc/self/fd/{number}"))
        seen.append("temporary" if name.name.endswith(".tmp") else "" if name == tmp_path else name.name)
        sync(number)

    def renamed(old, new):
        seen.append("rename")
        rename(old, new)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "rename", renamed)
    files = ["rank-0000.safetensors", "rank-0000.json", "manifest.json", "temporary"]
    checkpoint_file.write(tmp_path / "run" / "checkpoints" / "0123", 0, "digest", {})
    assert seen == [*files, "rename", "0123", "checkpoints", "run", ""]  # the last one is that of the test
    seen.clear()
    checkpoint_file.write(tmp_path / "run" / "checkpoints" / "0123", 1, "digest", {})
    assert seen == [*files, "rename", "0123"]
