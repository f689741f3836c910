"""The files of experiments: the schema that ships, faults with their lines, and settings."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

import learning_diagrams as ld
import small_plan
from learning_diagrams.files.experiment import Experiment
from learning_diagrams.files.experiment_shape import json_schema
from learning_diagrams.files.setting import Setting

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((Path(ld.__file__).parent / "learning-plan.schema.json").read_text(encoding="utf-8"))
PLANS = sorted((ROOT / "plans").glob("*.yaml"))


def test_the_schema_that_ships_is_that_of_the_models():
    assert json_schema() == SCHEMA
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(small_plan.PLAN, SCHEMA)


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_the_plans_of_the_repository_are_valid(path):
    jsonschema.validate(yaml.safe_load(path.read_text(encoding="utf-8")), SCHEMA)
    assert Experiment.load(path).shape.stages


def changes():
    def change(key, value, *place):
        def put(plan):
            here = plan
            for step in place:
                here = here[step]
            here[key] = value

        return put

    return {
        "stages[0].epoch: unknown key 'epoch'; did you mean 'epochs'?": change("epoch", 3, "stages", 0),
        "stages[0].patience: unknown key 'patience'; 'patience' is a key of 'validation', as in valida": change(
            "patience", 3, "stages", 0
        ),
        "stages[1].steps: must be a number ≥ 1, got 0": change("steps", 0, "stages", 1),
        "stages: must be a list that is not empty, got []": change("stages", []),
        "data.rows.path: unknown key 'path'; an option of the source is written with its name, as in source:": change(
            "path", "a.csv", "data", "rows"
        ),
        "data.rows.colums: unknown key 'colums'; did you mean 'columns'?": change("colums", {}, "data", "rows"),
        "data.rows.columns.x: lacks the key 'column'": change("x", {"divide": 2}, "data", "rows", "columns"),
        "data.rows.columns.x.divid: unknown key 'divid'; did you mean 'divide'?": change(
            "x", {"column": "x", "divid": 2}, "data", "rows", "columns"
        ),
        "modules.f: lacks the key 'name'": change("f", {"widths": [3]}, "modules"),
        "modules.f.widths": change("widths", {"a": 1}, "modules", "f"),
        "seed: must be a number ≥ 0, got -1": change("seed", -1),
        "name: must be a string, got 3; put it in quotes": change("name", 3),
        "spaces['padding=-100)']: must be a string, got None; between { and } a text with a comma": change(
            "padding=-100)", None, "spaces"
        ),
        "stages[0].batch_size: must be a whole number or a mapping, got 'fifty'": change(
            "batch_size", "fifty", "stages", 0
        ),
        "stages[0].batch_size: must be a number ≥ 1, got 0": change("batch_size", 0, "stages", 0),
        "stages[0].batch_size.rows: must be a whole number, got 'a'": change("batch_size", {"rows": "a"}, "stages", 0),
        "data.rows.columns.x.colum: unknown key 'colum'; did you mean 'column'?": change(
            "x", {"colum": "x"}, "data", "rows", "columns"
        ),
        "stages[0].lr: must be a finite number, got '0.001'; this is a text; write it without quotes": change(
            "lr", "0.001", "stages", 0
        ),
        "stages[0].precision: must be bf16 or fp16, got 'fp8'": change("precision", "fp8", "stages", 0),
        "spaces: must be a mapping, got 3": change("spaces", 3),
        "splits.a.parts.b": change("splits", {"a": {"parts": {"b": 1.5}}}),
    }


@pytest.mark.parametrize("message", changes())
def test_a_fault_names_file_line_and_place(tmp_path, message):
    path = small_plan.written(tmp_path, changes()[message])
    with pytest.raises(ld.FileError) as caught:
        Experiment.load(path)
    file, line, rest = str(caught.value).splitlines()[0].removeprefix(str(path.parent)).split(":", 2)
    assert file == "/plan.yaml" and message in rest and len(str(caught.value).splitlines()) == 1
    key = message.split(":")[0].split(".")[-1].partition("[")[0]
    assert key in path.read_text(encoding="utf-8").splitlines()[int(line) - 1] or "[" in message.split(":")[0]
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_every_fault_of_the_shape_is_a_line(tmp_path):
    path = small_plan.written(tmp_path, lambda plan: plan["stages"][0].update(epoch=3, lr=-1.0, momentum=3))
    with pytest.raises(ld.FileError) as caught:
        Experiment.load(path)
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize("form", ["learning-plan/1", "learning-plan/3", None])
def test_another_format_is_refused(tmp_path, form):
    path = small_plan.written(tmp_path, lambda plan: plan.update(format=form))
    with pytest.raises(ld.FileError, match="run_plan" if form == "learning-plan/1" else "format is"):
        Experiment.load(path)


@pytest.mark.parametrize(
    ("text", "place", "value"),
    [
        ("stages.0.lr=1e-2", ("stages", 0, "lr"), 0.01),
        ("modules.f.widths=[3, 4]", ("modules", "f", "widths"), [3, 4]),
        ("checkpoints.every=5", ("checkpoints", "every"), 5),
        ("name=a=b", ("name",), "a=b"),
        ("stages.1.optimizer=null", ("stages", 1, "optimizer"), None),
    ],
)
def test_a_setting_is_typed(tmp_path, text, place, value):
    here = Experiment.load(small_plan.written(tmp_path), [Setting.read(text)]).data
    for step in place:
        here = here[step]
    assert here == value and type(here) is type(value)


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("stages.0.lr", ld.ParseError, "place=value"),
        ("stages..lr=1", ld.ParseError, "place=value"),
        ("stages.0.lr=[1", ld.ParseError, "not YAML"),
        ("stages.7.lr=1", ld.UnknownName, "7 is no item of a list of 2 items; add it in the file"),
        ("stages.first.lr=1", ld.UnknownName, "'first' is no item"),
        ("name.length=1", ld.UnknownName, "'small' has no parts"),
        ("stages.0.lrate=1", ld.FileError, "the setting stages.0.lrate=1: unknown key 'lrate'; known: "),
        ("stages.0.lr=fast", ld.FileError, "the setting stages.0.lr=fast: must be a finite number"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(tmp_path, text, kind, message):
    with pytest.raises(kind) as caught:
        Experiment.load(small_plan.written(tmp_path), [Setting.read(text)])
    assert message in str(caught.value)


@pytest.mark.parametrize("settings", [3, None, "seed=1", ["seed=1"], [None]])
def test_settings_are_settings(tmp_path, settings):
    with pytest.raises(ld.TypeMismatch, match="settings are what"):
        Experiment.load(small_plan.written(tmp_path), settings)


@pytest.mark.parametrize("text", [3, None, b"seed=1", [], "", "=", "seed", "a..b=1"])
def test_a_setting_is_written_place_and_value(text):
    with pytest.raises(ld.ParseError, match="a setting is written place=value"):
        Setting.read(text)
