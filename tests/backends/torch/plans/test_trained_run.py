"""What a run has trained comes out of its folder alone, with the weights that its results are of."""

import json
import shutil

import numpy as np
import pytest
import torch

import learning_diagrams as ld
import small_plan
from learning_diagrams.backends.torch.plans import Experiment, train, trained
from learning_diagrams.files.setting import Setting


def test_a_trained_objective_needs_the_folder_of_the_run_alone(tmp_path):
    def change(plan):
        plan["stages"][0]["diagram"], plan["diagram"] = plan["diagram"], "learned.yaml"
        plan["test"] = {"rows": {}}

    path = small_plan.written(tmp_path, change)
    ld.save(diagram_of_small(tmp_path), tmp_path / "learned.yaml")
    run = train(Experiment.load(path, [Setting.read("modules.f.widths=[5]")]), tmp_path / "out", progress=False)
    rows = dict(np.load(tmp_path / "rows.npz"))
    for name in ("learned.yaml", "plan.yaml", "rows.npz"):
        (tmp_path / name).unlink()
    shutil.move(tmp_path / "out", tmp_path / "elsewhere")
    objective = trained(tmp_path / "elsewhere")
    assert not objective.training
    assert all(map(torch.equal, objective.state_dict().values(), run.objective.state_dict().values()))
    x, y = torch.from_numpy(rows["x"]).float(), torch.from_numpy(rows["y"])
    right = objective.model(ld.parse("f", objective.diagram))(x).argmax(1) == y
    measured = json.loads((tmp_path / "elsewhere" / "results.json").read_text())["measured"]
    assert right.float().mean().item() == pytest.approx(measured["test/accuracy"])


def diagram_of_small(folder):
    """The learning diagram of the small plan."""
    from learning_diagrams.backends.torch.plans import prepare

    return prepare(Experiment.load(small_plan.written(folder, name="small.yaml"))).diagrams[0]


def test_each_stage_comes_out_of_the_folder_with_the_weights_that_it_has_left(tmp_path):
    def shorter(plan):
        plan["stages"] = [{"steps": 2, "optimizer": "adam"}]

    def change(plan):
        other = json.loads(json.dumps(plan["diagram"]).replace('"f"', '"g"').replace(">> f", ">> g"))
        plan["modules"]["g"] = {"name": "mlp"}
        plan["stages"] = [{"steps": 2, "optimizer": "adam"} | more for more in ({}, {"diagram": other}, {})]

    first = train(Experiment.load(small_plan.written(tmp_path, shorter)), progress=False).objective
    path, out = small_plan.written(tmp_path, change), tmp_path / "out"
    train(Experiment.load(path), out, progress=False)
    objectives = [trained(out, stage) for stage in (1, 2, 3)]
    states = [objective.state_dict() for objective in objectives]
    assert [[*objective.boxes.names] for objective in objectives] == [["f"], ["g"], ["f"]]
    assert not all(map(torch.equal, states[0].values(), states[2].values()))  # the third stage has moved f on
    assert all(map(torch.equal, states[0].values(), first.state_dict().values()))
    files = [out / f"weights{stage}.safetensors" for stage in ("-1", "-2", "")]
    before = [file.read_bytes() for file in files]
    for file in files[1:]:
        file.unlink()
    with pytest.raises(ld.FileError, match="it has not ended"):
        trained(out)
    train(Experiment.load(path), out, resume=True, progress=False)
    assert [file.read_bytes() for file in files] == before
    with pytest.raises(ld.DataError, match="3 stages, and no stage 4"):
        trained(out, 4)
    files[0].unlink()
    with pytest.raises(ld.FileError, match="resume it, which writes the file"):
        trained(out, 1)


def test_a_folder_without_trained_weights_is_refused(tmp_path):
    experiment = Experiment.load(small_plan.written(tmp_path))
    train(experiment, tmp_path / "out", progress=False)
    (tmp_path / "out" / "weights.safetensors").unlink()
    with pytest.raises(ld.FileError, match="it has not ended; resume it first"):
        trained(tmp_path / "out")
    with pytest.raises(ld.FileError, match="there is no file"):
        trained(tmp_path / "nothing")
    with pytest.raises(ld.TypeMismatch):
        trained(None)
