"""`check` finds every fault of a plan without training, each with its file, line and place."""

import copy

import numpy as np
import pytest

import learning_diagrams as ld
import small_plan
from learning_diagrams import regimes
from learning_diagrams.backends.torch import compile
from learning_diagrams.backends.torch.plans import Experiment, prepare, train
from learning_diagrams.files.setting import Setting
from small_plan import put

DATA = ("data", "rows")
FAULTS = {
    "modules.f: a module named 'mlpp' is not registered; did you mean 'mlp'?": put("modules", "f", to="mlpp"),
    "modules.f.width: 'mlp' has no option 'width'; did you mean 'widths'?": put(
        "modules", "f", to={"name": "mlp", "width": [3]}
    ),
    "modules.f.widths: option 'widths' of 'mlp' must be a list of whole numbers ≥ 1, got 3": put(
        "modules", "f", to={"name": "mlp", "widths": 3}
    ),
    "modules.f: 'mlp' cannot be made: ": put("modules", "f", to={"name": "mlp", "widths": [10**18]}),
    "scheduler.T_max: scheduler 'cosine' refuses its options: T_max is 0, and the schedule divides by it": put(
        "stages", 0, "scheduler", to={"name": "cosine", "T_max": 0}
    ),
    "modules.g: no learning diagram has a box 'g'; known: 'f'": put("modules", "g", to="mlp"),
    "modules: box 'f' has no module; add one, as 'f': {name: linear}": put("modules", to={}),
    "modules.f: a network of images needs a box": put("modules", "f", to="cnn"),
    "spaces.point: 'Euclid(2)' is no space": put("spaces", "point", to="Euclid(2)"),
    "spaces.pint: no learning diagram has an object 'pint'; did you mean 'point'?": put("spaces", "pint", to="Mask()"),
    "spaces: object 'kind' has no space": put("spaces", to={"point": "Euclidean(2)"}),
    "data: sample space 'rows' has no data": put("data", to={}),
    "data.row: there is no sample space 'row'; did you mean 'rows'?": put("data", "row", to={"source": "mnist5k"}),
    "data.rows: lacks the key 'source'": put(*DATA, to={"columns": {"x": "x"}}),
    "data.rows.source: a source of data named 'mnist' is not registered": put(*DATA, "source", to="mnist"),
    "data.rows.source: cannot read": put(*DATA, "source", "path", to="nothing.npz"),
    "data.rows.columns.x: the source has no column 'z'": put(*DATA, "columns", "x", to="z"),
    "data.rows.columns.z: the sample space has no column 'z'": put(*DATA, "columns", "z", to="x"),
    "data.rows.columns.y: column 'x' has dtype float64, where Finite(3) needs int64": put(
        *DATA, "columns", "y", to="x"
    ),
    "data.rows.columns.x: a row of column 'y' has the shape [], and Euclidean(2) needs [2]": put(
        *DATA, "columns", "x", to="y"
    ),
    "data.rows.columns.y: column 'names' holds texts, the first 'a' in row 0, where Finite(3) needs": put(
        *DATA, "columns", "y", to="names"
    ),
    "data.rows.columns.y: column 'y' has labels from 0 to 2, and Finite(2) takes 0 to 1": put(
        "spaces", "kind", to="Finite(2)"
    ),
    "data.rows.rows.split: there is no split 'a'; known: none": put(*DATA, "rows", to={"split": "a", "part": "b"}),
    "stages[0]: a stage has one of steps, epochs and max_time": put("stages", 0, "steps", to=3),
    "stages[0].optimizer: no optimizer is named 'adm'; did you mean 'adam'?": put("stages", 0, "optimizer", to="adm"),
    "stages[0].optimizer: no optimizer is named 'AdamW'; did you mean 'adamw'?": put(
        "stages", 0, "optimizer", to="AdamW"
    ),
    "modules.f.dropout: option 'dropout' of 'mlp' must be a finite number ≥ 0 and < 1, got '0.001'; this is": put(
        "modules", "f", "dropout", to="0.001"
    ),
    "stages[0].scheduler: a scheduler named 'stp' is not registered; did you mean 'step'?": put(
        "stages", 0, "scheduler", to="stp"
    ),
    "stages[0].scheduler: 'step' needs the option 'step_size'": put("stages", 0, "scheduler", to="step"),
    "scheduler.step_size: scheduler 'step' refuses its options: step_size is 0, and the schedule divides": put(
        "stages", 0, "scheduler", to={"name": "step", "step_size": 0}
    ),
    "stages[1].no_decay: the optimizer of the stage before goes on, and no_decay is for a new one": put(
        "stages", 1, "no_decay", to=True
    ),
    "stages[0].optimizer: the optimizer says its lr, and the stage says another one": put(
        "stages", 0, "optimizer", to={"name": "adam", "lr": 0.1}
    ),
    "stages[0].groups.g: no box is named 'g'; known: 'f'": put("stages", 0, "groups", to={"g": {"lr": 0.1}}),
    "stages[0].diagram: 'distilation' is no path": put("stages", 0, "diagram", to="distilation"),
    "stages[0].diagram: there is no file": put("stages", 0, "diagram", to="nothing.yaml"),
    "diagram.constraints.fit.lhs": put("diagram", "constraints", "fit", "lhs", to="x >> g"),
    "diagram.constraint: unknown key 'constraint'": put("diagram", "constraint", to={}),
    "metrics.accuracy.prediction": put("metrics", "accuracy", "prediction", to="x >> g"),
    "metrics.accuracy: a metric named 'acc' is not registered": put("metrics", "accuracy", "name", to="acc"),
    "validation.metrics[0]: there is no metric 'acc'": put("validation", to={"metrics": ["acc"]}),
    "validation: stage 1, 'first': validation does not measure 'loss'": put(
        "validation", to={"data": {"rows": {}}, "monitor": "loss"}
    ),
    "trackers[0].folder: 'csv' has no option 'folder'": put("trackers", to=[{"name": "csv", "folder": "x"}]),
    "trackers[0].folder: 'wandb' has no option 'folder'": put("trackers", to=[{"name": "wandb", "folder": "x"}]),
    "trackers[0].file: option 'file' of 'csv' must be a string": put("trackers", to=[{"name": "csv", "file": 3}]),
    "stages[0].optimizer.betas: option 'betas' of 'adam' must be a list of 2 finite numbers, got [0.9]": put(
        "stages", 0, "optimizer", to={"name": "adam", "betas": [0.9]}
    ),
    "trackers[0]: a tracker named 'cvs' is not registered; did you mean 'csv'?": put("trackers", to=["cvs"]),
    "device: device 'cuda:99' cannot be used": put("device", to="cuda:99"),
    "device: device 'meta' cannot be used": put("device", to="meta"),
    "device: device 'gpu' cannot be used": put("device", to="gpu"),
    "sweep.grid.stages.0.lrr": put("sweep", to={"grid": {"stages.0.lrr": [1]}}),
    "sweep.measure: a run does not measure 'accuracy'; known: 'fit', 'gradient_norm'": put(
        "sweep", to={"grid": {"seed": [1]}, "measure": "accuracy"}
    ),
}


OF_ALL = "players 'critic', 'generator' name their own"


@pytest.mark.parametrize(
    "options, grid, message",
    [
        ({"optimizer": "sgd"}, {}, f"stages[0].optimizer: {OF_ALL} optimizers, so the optimizer here is used by none"),
        ({"lr": 5}, {}, f"stages[0].lr: {OF_ALL} learning rates, so the lr here is used by none"),
        ({}, {"stages.0.lr": [5]}, f"sweep.grid['stages.0.lr']: {OF_ALL} learning rates"),
        ({}, {"stages.0.optimizer.name": ["sgd"]}, f"sweep.grid['stages.0.optimizer.name']: {OF_ALL} optimizers"),
        ({}, {"stages.0.steps": [2]}, ""),
    ],
)
def test_a_choice_that_no_player_of_a_game_uses_is_a_fault(tmp_path, options, grid, message):
    def change(plan):
        plan |= {"diagram": "gan", "stages": [{"steps": 1} | options]} | ({"sweep": {"grid": grid}} if grid else {})

    with pytest.raises(ld.LearningDiagramError) as caught:  # in any case for the spaces, which are those of another one
        prepare(Experiment.load(small_plan.written(tmp_path, change)))
    assert message in str(caught.value)
    assert message or "players" not in str(caught.value)


@pytest.mark.parametrize("message", FAULTS)
def test_a_fault_names_file_line_and_place(tmp_path, message):
    path = small_plan.written(tmp_path, FAULTS[message])
    with pytest.raises(ld.LearningDiagramError) as caught:
        prepare(Experiment.load(path))
    text = str(caught.value).replace("sweep.grid['stages.0.lrr']", "sweep.grid.stages.0.lrr")
    head = text.splitlines()[0]
    assert head.startswith(f"{path}:") and int(head.removeprefix(f"{path}:").partition(":")[0]) >= 1
    assert message in text


def test_all_faults_are_found_at_once(tmp_path):
    def change(plan):
        begins = ("modules.f: a module", "stages[0].opt", "device: device 'gpu")
        for key in (key for key in FAULTS if key.startswith(begins)):
            FAULTS[key](plan)
        plan["spaces"]["kind"] = "Finite(2)"

    with pytest.raises(ld.LearningDiagramError) as caught:
        prepare(Experiment.load(small_plan.written(tmp_path, change)))
    lines = str(caught.value).splitlines()
    assert len(lines) == 4 and [line.split(": ")[1].partition(".")[0] for line in lines] == [
        "device", "stages[0]", "modules", "data",
    ]  # fmt: skip


@pytest.mark.parametrize("launched", [{}, {"LOCAL_RANK": "0"}, {"LOCAL_RANK": "1"}])
def test_a_diagram_that_cannot_be_read_brings_no_faults_of_what_it_names(tmp_path, monkeypatch, launched):
    def change(plan):
        other = {
            "objects": ["point"], "sample_spaces": {"rows": {"x": "point"}},
            "boxes": {"g": {"dom": ["point"], "cod": ["point"]}},
            "constraints": {"same": {"lhs": "x >> g", "rhs": "x"}},
        }  # fmt: skip
        plan["diagram"]["constraint"] = {}
        plan["stages"][1]["diagram"] = other
        plan |= {"device": "gpu", "validation": {"data": {"rows": {}}}, "test": {"rows": {}}}
        plan["spaces"]["point"] = "Euclid(2)"

    monkeypatch.setattr("learning_diagrams.files.experiment.WAIT", 0)
    for key, value in launched.items():
        monkeypatch.setenv(key, value)
    with pytest.raises(ld.LearningDiagramError) as caught:
        prepare(Experiment.load(small_plan.written(tmp_path, change)))
    lines = [line.split(": ")[1] for line in str(caught.value).splitlines()]
    whole = ["device", "diagram.constraint", "spaces.point"]
    assert lines == (whole if launched != {"LOCAL_RANK": "1"} else whole[:1])
    if launched == {"LOCAL_RANK": "1"}:
        with pytest.raises(ld.UnknownName, match=r"^the plan has 1 fault, which the first process lists$"):
            prepare(Experiment.load(small_plan.written(tmp_path, put("diagram", to="supervized"))))


@pytest.mark.parametrize("stage", [0, 1])
def test_validation_is_checked_against_the_stages_that_it_measures(tmp_path, stage):
    def change(plan):
        plan["stages"][1]["diagram"] = copy.deepcopy(plan["diagram"])
        diagram = plan["stages"][1]["diagram"] if stage else plan["diagram"]
        diagram["constraints"]["again"] = {"lhs": "x >> f", "rhs": "y"}
        plan["stages"][1 - stage]["validation"] = False
        plan["validation"] = {"data": {"rows": {}}, "monitor": "again"}

    path = small_plan.written(tmp_path, change)
    assert prepare(Experiment.load(path)).validation
    everywhere = Setting.read(f"stages.{1 - stage}.validation=true")
    name = "stage 2, 'second'" if stage == 0 else "stage 1, 'first'"
    with pytest.raises(ld.UnknownName) as caught:
        prepare(Experiment.load(path, [everywhere]))
    (line,) = str(caught.value).splitlines()
    assert f"validation: {name}: validation does not measure 'again'; known: 'accuracy', 'fit', 'total'" in line
    assert line.endswith("; a stage with validation: false is not validated")


def test_a_diagram_is_a_file_a_regime_or_stands_in_the_plan(tmp_path):
    def change(plan):
        plan["spaces"] |= {"image": "Euclidean(2)", "digit": "Finite(3)"}
        plan["modules"] |= {"teacher": "linear", "student": "linear"}
        plan["data"]["digits"] = {
            "source": {"name": "npz", "path": "rows.npz"}, "columns": {"pixels": "x", "label": "y"},
        }  # fmt: skip
        plan["stages"] = [{"steps": 1}, {"steps": 1, "diagram": "distillation"}, {"steps": 1, "diagram": "own.yaml"}]

    ld.save(regimes.distillation().without("distilled"), tmp_path / "own.yaml")
    prepared = prepare(Experiment.load(small_plan.written(tmp_path, change)))
    inline, regime, file = prepared.diagrams
    assert [constraint.name for constraint in inline.constraints] == ["fit"]
    assert regime == regimes.distillation() and file == ld.load(tmp_path / "own.yaml")


def test_the_parameters_of_a_box_follow_from_seed_and_name_alone(tmp_path):
    def first(change=lambda plan: None):
        prepared = prepare(Experiment.load(small_plan.written(tmp_path, change)))
        return next(prepared.functor.modules["f"].parameters())

    assert first().equal(first()) and not first().equal(first(put("seed", to=1)))


@pytest.mark.parametrize("x", [np.ones((39, 2)), np.float64(3), np.ones((0, 2))], ids=["fewer", "number", "none"])
@pytest.mark.parametrize("rows", [None, {"split": "s", "part": "all"}])
def test_columns_of_unequal_length_are_a_fault(tmp_path, x, rows):
    def change(plan):
        plan["splits"] = {"s": {"parts": {"all": 0.99}}}
        plan["data"]["rows"] |= {} if rows is None else {"rows": rows}

    path = small_plan.written(tmp_path, change)
    np.savez(tmp_path / "rows.npz", x=x, y=np.arange(40) % 3, more=np.ones(3))
    with pytest.raises(ld.DataError, match=r"equally many|the source has 0"):
        prepare(Experiment.load(path))


def test_an_entry_of_validation_says_which_columns_differ(tmp_path):
    def change(plan):
        plan["validation"] = {"data": {"rows": {"columns": {"x": {"column": "x", "divide": 2}}}}}

    prepared = prepare(Experiment.load(small_plan.written(tmp_path, change)))
    table, other = prepared.data["rows"], prepared.validation["rows"]
    assert {*other} == {"x", "y"} and other["y"].equal(table["y"]) and (other["x"] * 2).allclose(table["x"])


def test_a_key_data_where_sample_spaces_stand_at_once_is_explained(tmp_path):
    def change(plan):
        plan["test"] = {"data": {"points": {"columns": {"x": "x"}}}}

    with pytest.raises(ld.LearningDiagramError, match="the sample spaces stand below 'test' at once, without 'data'"):
        prepare(Experiment.load(small_plan.written(tmp_path, change)))


def test_a_column_that_is_not_there_is_the_only_fault_of_its_rows(tmp_path):
    def change(plan):
        plan["splits"] = {"s": {"parts": {"a": 30, "b": 10}}}
        plan["data"]["rows"] = {"source": "npz", "rows": {"split": "s", "part": "a"}, "columns": {"x": "z", "y": "w"}}
        plan["data"]["rows"]["source"] = {"name": "npz", "path": "rows.npz"}

    with pytest.raises(ld.UnknownName) as caught:
        prepare(Experiment.load(small_plan.written(tmp_path, change)))
    lines = str(caught.value).splitlines()
    assert [line.partition("data.rows.")[2][:9] for line in lines] == ["columns.x", "columns.y"]


def test_a_split_of_more_rows_than_there_are_is_one_fault_at_its_place(tmp_path):
    def change(plan):
        plan["splits"] = {"s": {"parts": {"a": 0.8, "b": 0.4}}}
        plan["data"]["rows"] |= {"rows": {"split": "s", "part": "a"}}
        plan["test"] = {"rows": {"rows": {"split": "s", "part": "b"}}}

    with pytest.raises(ld.DataError, match=r"splits\.s: the parts of the split have 32 \+ 16 rows") as caught:
        prepare(Experiment.load(small_plan.written(tmp_path, change)))
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(("batch_size", "faults"), [(8, 1), (40, 0)])
def test_advice_is_in_the_words_of_a_plan(tmp_path, batch_size, faults):
    def change(plan):
        contrast = {"lhs": "x >> h", "rhs": "x >> h", "divergence": {"name": "info_nce"}}
        plan["diagram"]["boxes"]["h"] = {"dom": ["point"], "cod": ["point"]}
        plan["diagram"]["constraints"]["contrast"] = contrast
        plan["modules"]["h"] = "linear"
        plan["validation"] = {"data": {"rows": {}}, "batch_size": batch_size}

    experiment = Experiment.load(small_plan.written(tmp_path, change))
    if not faults:
        assert prepare(experiment).validation
        return
    with pytest.raises(ld.DataError, match=r"as one batch \(validation: \{batch_size: 40\}, for test too\)"):
        prepare(experiment)
    with pytest.raises(ld.DataError, match="batch_size=None, or a loader of one batch"):
        without = small_plan.written(tmp_path, lambda plan: (change(plan), plan.pop("validation")))
        prepared = prepare(Experiment.load(without))
        objective = compile(prepared.diagrams[0], prepared.functor)
        objective.evaluate(prepared.data, batch_size=8)


@pytest.mark.parametrize("experiment", [3, None, "plan.yaml", []])
def test_an_experiment_is_what_was_loaded(experiment):
    for take in (prepare, train):
        with pytest.raises(ld.TypeMismatch, match="an experiment is what"):
            take(experiment)


@pytest.mark.parametrize("out", [3, [], b"run", "", 1.5])
def test_the_folder_of_a_run_is_a_path(tmp_path, out):
    experiment = Experiment.load(small_plan.written(tmp_path))
    with pytest.raises(ld.TypeMismatch, match="out is the path of a folder"):
        train(experiment, out)
    for flag in ("resume", "report", "progress", "strict"):
        with pytest.raises(ld.TypeMismatch, match=f"{flag}= is True or False, got 'yes'"):
            train(experiment, tmp_path / "out", **{flag: "yes"})


def test_a_folder_in_which_nothing_can_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    experiment = Experiment.load(small_plan.written(tmp_path))
    for out in (tmp_path / "file", tmp_path / "file" / "run", "\0", "/dev/null/run"):
        with pytest.raises(ld.FileError, match="cannot write a run to"):
            train(experiment, out, progress=False)
