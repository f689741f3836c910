"""The shape of files: the schema that ships is that of the models, and both refuse the same."""

import copy
import json
from pathlib import Path

import jsonschema
import pytest
import yaml

import learning_diagrams as ld
from learning_diagrams.documents.document import json_schema
from learning_diagrams.equality.canonical_form import digest

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((Path(ld.__file__).parent / "learning-diagram.schema.json").read_text(encoding="utf-8"))
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
validator = jsonschema.Draft202012Validator(SCHEMA)

in_the_clone = pytest.mark.skipif(not EXAMPLES, reason="the examples are in the clone only")
each_example = pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)


def refused_by_both(data):
    assert not validator.is_valid(data)
    with pytest.raises(ld.FileError):
        ld.LearningDiagram.from_dict(data)


def test_the_schema_that_ships_is_that_of_the_models():
    assert json_schema() == SCHEMA
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@in_the_clone
def test_there_are_five_examples():
    assert [path.stem for path in EXAMPLES] == [
        "captioning", "cycle_consistency", "distillation", "equivariance", "multi_task",
    ]  # fmt: skip


@each_example
def test_an_example_is_valid_and_loads(path):
    text = path.read_text(encoding="utf-8")
    first = text.splitlines()[0]
    prefix = "# yaml-language-server: $schema="
    assert first.startswith(prefix) and (path.parent / first.removeprefix(prefix)).exists()
    validator.validate(yaml.safe_load(text))
    diagram = ld.load(path)
    validator.validate(diagram.to_dict())
    assert ld.LearningDiagram.from_dict(diagram.to_dict()) == diagram


def places(data, place=()):
    yield place
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from places(value, (*place, key))


def changed(data, place, change):
    data = copy.deepcopy(data)
    here = data
    for key in place[:-1]:
        here = here[key]
    change(here, place[-1])
    return data


@each_example
def test_what_is_missing_unknown_or_of_another_type_is_refused_by_both(path):
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    required = {"format", "constraints", "dom", "cod", "lhs", "rhs"}
    names = {"sample_spaces", "boxes", "constraints", "axioms"}  # mappings whose keys are the user's
    for place in places(data):
        if not place:
            continue
        if place[-1] in required and place[-2:-1] not in [(name,) for name in names]:
            refused_by_both(changed(data, place, lambda here, key: here.pop(key)))
        for wrong in (None, {"no": []}, [[]]):
            if "divergence" not in place:
                refused_by_both(changed(data, place, lambda here, key, wrong=wrong: here.__setitem__(key, wrong)))
    for place in [(), *((name, key) for name in names - {"sample_spaces"} for key in data.get(name, {}))]:
        refused_by_both(changed(data, (*place, "unknown"), lambda here, key: here.__setitem__(key, "x")))


@pytest.mark.parametrize(
    "divergence",
    ["kl", {"name": "kl"}, {"name": "kl", "t": 4, "u": 0.5, "v": "x", "w": True, "l": [1, 2.5, "x", False]},
     ["kl"], [{"name": "kl", "t": 4}]],
)  # fmt: skip
def test_divergences_that_both_take(divergence):
    data = yaml.safe_load(EXAMPLES[2].read_text(encoding="utf-8")) if EXAMPLES else pytest.skip("no examples")
    data["constraints"]["distilled"]["divergence"] = divergence
    validator.validate(data)
    assert ld.LearningDiagram.from_dict(data).constraints[0].name == "distilled"


@pytest.mark.parametrize(
    "divergence", [3, None, True, {}, {"t": 4}, {"name": 3}, {"name": "kl", "t": None}, {"name": "kl", "t": {"a": 1}},
                   {"name": "kl", "t": [[1]]}, [3], [["kl"]], [None]],
)  # fmt: skip
def test_divergences_that_both_refuse(divergence):
    data = {"format": "learning-diagram/1", "constraints": {"c": {"lhs": "f", "rhs": "f", "divergence": divergence}}}
    refused_by_both(data)


@in_the_clone
def test_the_distillation_example_is_that_of_the_readme():
    image, digit = ld.Ty("image"), ld.Ty("digit")
    digits = ld.SampleSpace("digits")
    pixels, label = digits.column("pixels", image), digits.column("label", digit)
    teacher, student = ld.Kernel("teacher", image, digit), ld.Kernel("student", image, digit)
    distillation = ld.LearningDiagram(
        ld.Constraint("supervised", pixels >> student, label),
        ld.Constraint("distilled", pixels >> student, pixels >> teacher, weight=0.5,
                      divergence={"name": "kl", "temperature": 4.0}),
        frozen=[teacher], name="distillation")  # fmt: skip
    loaded = ld.load(ROOT / "examples" / "distillation.yaml")
    assert loaded.digest() == distillation.digest() and loaded.name == "distillation"
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert 'ld.Constraint("supervised", pixels >> student, label)' in readme and '"temperature": 4.0' in readme


@in_the_clone
def test_the_other_examples_say_what_they_are_for():
    multi, captions, cycles, square = (
        ld.load(ROOT / "examples" / f"{name}.yaml")
        for name in ("multi_task", "captioning", "cycle_consistency", "equivariance")
    )
    assert all("backbone" in {box.name for box in c.lhs.boxes} for c in multi.constraints)
    assert {box.name for box in captions.boxes} == {"see", "read", "write"}
    assert [c.tested for c in cycles.constraints] == ["in law", "in law", "over", "pointwise"]
    x, y = ld.Ty("x"), ld.Ty("y")
    back = ld.Box("to_painting", x, y) >> ld.Box("to_photo", y, x)
    assert digest(cycles.constraints[3].lhs) == digest(ld.SampleSpace("photos").column("photo", x) >> back)
    assert len(square.axioms) == 2 and square.constraints[0].tested == "over"
