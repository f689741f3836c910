"""Plans as data: read, written, compared, and refused."""

import copy
import pickle

import pytest

import learning_diagrams as ld

image, digit = ld.Ty("image"), ld.Ty("digit")
digits = ld.SampleSpace("digits")
pixels, label = digits.column("pixels", image), digits.column("label", digit)
student, teacher = ld.Kernel("student", image, digit), ld.Kernel("teacher", image, digit)
lesson = ld.LearningDiagram(ld.Constraint("lesson", pixels >> teacher, label))
pupil = ld.LearningDiagram(ld.Constraint("distilled", pixels >> student, pixels >> teacher), frozen=[teacher])
plan = ld.Plan(
    ld.Stage(lesson, steps=5, optimizer={"name": "sgd", "lr": 0.1}, batch_size=8),
    ld.Stage(pupil, steps=7),
    name="school",
)


@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_it_survives_every_form(tmp_path, suffix):
    path = tmp_path / f"plan.{suffix}"
    plan.save(path)
    for other in (
        ld.Plan.load(path),
        ld.Plan.from_dict(plan.to_dict()),
        copy.deepcopy(plan),
        pickle.loads(pickle.dumps(plan)),
    ):
        assert other == plan and hash(other) == hash(plan) and other.name == "school"
    assert ld.Plan(*plan.stages[::-1]) != plan and ld.Plan(*plan.stages) == plan


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda d: d.pop("format"), ld.FileError, "lacks the key 'format'"),
        (lambda d: d.update(format="learning-plan/2"), ld.FileError, "this version reads"),
        (lambda d: d.update(stages={}), ld.FileError, "are a list"),
        (lambda d: d.update(stages=[]), ld.TypeMismatch, "at least one stage"),
        (lambda d: d.update(steges=[]), ld.UnknownName, "did you mean 'stages'"),
        (lambda d: d.update(name=3), ld.TypeMismatch, "must be a string"),
        (lambda d: d["stages"].__setitem__(1, None), ld.FileError, r"stages\[1\]: a stage is a mapping"),
        (lambda d: d["stages"][1].pop("steps"), ld.FileError, r"stages\[1\]: a stage lacks the key 'steps'"),
        (lambda d: d["stages"][1].update(steps=0), ld.TypeMismatch, r"stages\[1\]: steps of a stage must be"),
        (lambda d: d["stages"][1].update(steps=True), ld.TypeMismatch, "whole number"),
        (lambda d: d["stages"][0].update(optimizer=5), ld.TypeMismatch, "an optimizer is"),
        (lambda d: d["stages"][0]["diagram"].update(objects=["image"]), ld.FileError, r"stages\[0\]\.diagram.*digit"),
    ],
)
def test_bad_plans_are_refused_with_the_place(change, error, message):
    data = copy.deepcopy(plan.to_dict())
    change(data)
    with pytest.raises(error, match=message):
        ld.Plan.from_dict(data)


def test_a_file_says_its_name(tmp_path):
    (tmp_path / "plan.yaml").write_text("format: learning-plan/1\nstages: 3\n", encoding="utf-8")
    with pytest.raises(ld.FileError, match=r"plan\.yaml:2: stages: the stages of a plan"):
        ld.Plan.load(tmp_path / "plan.yaml")
    with pytest.raises(ld.FileError, match="there is no file"):
        ld.Plan.load(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_a_fault_in_a_stage_is_named_with_its_line(tmp_path, suffix):
    path = tmp_path / f"plan.{suffix}"
    plan.save(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    rhs = next(i for i, line in enumerate(lines) if line.lstrip(' "').startswith("rhs"))
    lines[rhs] += ",\n\"weight\": -1" if suffix == "json" else "\n" + lines[rhs].partition("rhs")[0] + "weight: -1"
    path.write_text("\n".join(lines), encoding="utf-8")
    place = rf"plan\.{suffix}:{rhs + 2}: stages\[0\]\.diagram\.constraints\.lesson\.weight: must be a number ≥ 0"
    with pytest.raises(ld.FileError, match=place):
        ld.Plan.load(path)


@pytest.mark.parametrize(
    "wrong", [lambda: ld.Plan(lesson), lambda: ld.Stage("lesson", 3), lambda: ld.Stage(lesson, 2.5)]
)
def test_a_plan_is_made_of_stages(wrong):
    with pytest.raises(ld.TypeMismatch):
        wrong()
