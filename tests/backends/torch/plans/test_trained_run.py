"""What a run has trained comes out of its folder alone, with the weights that its results are of."""

import copy
import json
import shutil

import numpy as np
import pytest
import torch

import learning_diagrams as ld
import small_plan
from learning_diagrams.backends.torch.plans import Experiment, prepare, train, trained
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


@pytest.mark.parametrize("streamed", [False, True])
def test_each_stage_is_measured_anew_on_what_it_reads_of_the_data(tmp_path, streamed):
    """The first stage reads a column that the last one, with a learning diagram of its own, does not have."""

    def change(plan):
        plan["spaces"]["level"] = "Euclidean(1)"
        plan["modules"]["g"] = {"name": "mlp", "widths": [4]}
        plan["data"]["rows"]["columns"]["level"] = {"column": "level", "shape": [1]}
        first = copy.deepcopy(plan["diagram"])
        first["objects"] += ["level"]
        first["sample_spaces"]["rows"]["level"] = "level"
        first["boxes"]["g"] = {"dom": ["level"], "cod": ["kind"], "kernel": True}
        first["constraints"] = {"low": {"lhs": "level >> g", "rhs": "y"}, "fit": first["constraints"]["fit"]}
        plan["stages"][0] |= {"diagram": first, "epochs": 1}
        plan["metrics"]["level"] = {"name": "accuracy", "prediction": "level >> g", "target": "y"}
        plan |= {"validation": {"data": {"rows": {}}}, "test": {"rows": {}}}
        if streamed:
            plan["data"]["rows"]["source"] = {"name": "parquet", "path": "rows.parquet"}
            plan["data"]["rows"]["columns"]["x"] = {"column": ["a", "b"]}

    path = small_plan.written(tmp_path, change)
    rows = dict(np.load(tmp_path / "rows.npz")) | {"level": np.linspace(0, 1, 40)}
    np.savez(tmp_path / "rows.npz", **rows)
    if streamed:
        table = {"a": rows["x"][:, 0], "b": rows["x"][:, 1], "y": rows["y"], "level": rows["level"]}
        arrow = pytest.importorskip("pyarrow")
        pytest.importorskip("pyarrow.parquet").write_table(arrow.table(table), tmp_path / "rows.parquet")
    experiment = Experiment.load(path)
    run = train(experiment, tmp_path / "out", progress=False)
    kept = json.loads((tmp_path / "out" / "results.json").read_text())["measured"]
    prepared, last, earlier = prepare(experiment), trained(tmp_path / "out"), trained(tmp_path / "out", 1)
    measured = prepared.test_for(last.diagram)
    again = last.evaluate(measured.data, metrics=measured.metrics, batch_size=measured.batch_size)
    assert {f"test/{name}": value for name, value in again.items()} == pytest.approx(kept)
    assert {*again} == {"total", "fit", "accuracy"}
    measured = prepared.validation_for(earlier.diagram)
    again = earlier.evaluate(measured.data, metrics=measured.metrics, batch_size=measured.batch_size)
    row = run.histories[0].validations[-1]
    assert {f"validation/{name}": value for name, value in again.items()} == pytest.approx(
        {name: row[name] for name in row if name.startswith("validation/")}
    )
    assert {"level", "low"} <= {*again}
