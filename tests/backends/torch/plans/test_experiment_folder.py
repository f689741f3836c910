"""The folder of an experiment: which plan goes on in it, and what is said of another one."""

import json

import pytest

import learning_diagrams as ld
import small_plan
from learning_diagrams.backends.torch.plans import Experiment, train
from learning_diagrams.backends.torch.step.player_step import PlayerStep
from learning_diagrams.files.setting import Setting

ADAM = {"name": "adam", "lr": 0.1}


def load(folder, *settings, change=lambda plan: None):
    return Experiment.load(small_plan.written(folder, change), [Setting.read(text) for text in settings])


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    train(load(folder), folder / "out", progress=False)
    return folder


def resumed(folder, *settings, change=lambda plan: None, **options):
    return train(load(folder, *settings, change=change), folder / "out", resume=True, progress=False, **options)


def test_a_run_of_another_plan_is_refused_with_every_change_at_its_line(trained):
    def change(plan):
        plan["stages"][0] |= {"batch_size": 3, "optimizer": ADAM}
        del plan["stages"][0]["lr"]
        plan["diagram"]["constraints"]["fit"]["weight"] = 2.0

    plan = (trained / "out" / "plan.json").read_bytes()
    with pytest.raises(ld.FileError) as caught:
        resumed(trained, "seed=7", change=change)
    *lines, last = str(caught.value).splitlines()
    path = trained / "plan.yaml"
    numbers = {line.strip(): i for i, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)}
    assert lines == [
        f"{path}:{numbers['weight: 2.0']}: diagram.constraints.fit.weight: was absent in the run, and is 2.0 here",
        "the setting seed=7: was 0 in the run, and is 7 here",
        f"{path}:{numbers['batch_size: 3']}: stages[0].batch_size: was 8 in the run, and is 3 here",
        f"{path}:{numbers['- name: first']}: stages[0].lr: was 0.01 in the run, and is 0.1 here",
        f"{path}:{numbers['optimizer:']}: stages[0].optimizer: was 'adam' in the run, and is {ADAM} here",
    ]
    assert "has another plan" in last and "strict=False" in last
    assert (trained / "out" / "plan.json").read_bytes() == plan


def test_a_learning_diagram_in_a_file_of_its_own_is_that_of_the_run_and_another_one_is_not(tmp_path):
    train(load(tmp_path), tmp_path / "out", progress=False)

    def moved(plan, weight=1.0):
        plan["diagram"]["constraints"]["fit"]["weight"] = weight
        data = {"format": "learning-diagram/1", **plan["diagram"]}
        (tmp_path / "setup.json").write_text(json.dumps(data), encoding="utf-8")
        plan["diagram"] = "setup.json"

    run = resumed(tmp_path, "stages.1.steps=8", change=moved)
    assert [len(history.steps) for history in run.histories] == [10, 8]
    with pytest.raises(ld.FileError, match=r"diagram: was 'setup\.json'|has another plan|other learning diagram"):
        resumed(tmp_path, "stages.1.steps=9", change=lambda plan: moved(plan, 2.0))


def test_changes_that_do_not_matter_go_on_and_become_the_plan_of_the_run(tmp_path, recwarn):
    train(load(tmp_path), tmp_path / "out", progress=False)
    run = resumed(tmp_path, "stages.1.steps=8", "name=longer", "trackers=[csv]", "checkpoints.every=2")
    assert [len(history.steps) for history in run.histories] == [10, 8] and not recwarn.list
    assert json.loads((tmp_path / "out" / "plan.json").read_text(encoding="utf-8"))["name"] == "longer"
    whole = train(load(tmp_path, "stages.1.steps=8"), progress=False)
    after, fresh = run.objective.state_dict(), whole.objective.state_dict()
    assert all(after[name].equal(fresh[name]) for name in fresh)
    with pytest.raises(ld.FileError, match="epochs=3: was 2 in the run, and is 3 here"):  # the second stage has begun
        resumed(tmp_path, "stages.0.epochs=3", "stages.1.steps=8")


def test_without_strict_another_plan_goes_on_with_a_warning_that_says_what_stays(tmp_path):
    train(load(tmp_path), tmp_path / "out", progress=False)
    with pytest.warns(UserWarning, match=r"lr=0\.5: was 0\.01 in .*\n.*learning rates and all else") as caught:
        run = resumed(tmp_path, "stages.0.lr=0.5", "stages.1.steps=6", strict=False)
    assert caught and run.histories[1].steps[-1]["learning_rate"] == 0.01


def test_without_strict_the_last_stage_that_has_begun_takes_over_the_weights_of_another_diagram(tmp_path):
    def single(plan):
        plan["stages"].pop()

    def change(plan):
        plan["diagram"]["constraints"]["fit"]["weight"] = 2.0

    train(load(tmp_path, change=single), tmp_path / "out", progress=False)
    with pytest.warns(UserWarning, match="boxes taken: 'f'"):
        run = resumed(tmp_path, change=change, strict=False)
    assert run.finished and [len(history.steps) for history in run.histories] == [10, 5]
    with pytest.raises(ld.FileError, match="its stage 2 has begun from another learning diagram"):
        resumed(tmp_path, change=lambda plan: plan["diagram"]["constraints"]["fit"].update(weight=3.0), strict=False)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"format": "learning-plan/2"}', '{"format": "learning-plan/1"}'])
def test_a_plan_of_a_run_that_is_damaged_is_named(tmp_path, content):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "plan.json").write_text(content, encoding="utf-8")
    with pytest.raises(ld.FileError, match=r"out/plan\.json"):
        resumed(tmp_path)


def test_the_time_of_a_stage_that_has_ended_is_not_spent_again(tmp_path):
    change = lambda plan: plan["stages"].__setitem__(0, {"max_time": 0.3, "batch_size": 8})  # noqa: E731
    first = train(load(tmp_path, change=change), tmp_path / "out", progress=False)
    again = resumed(tmp_path, change=change)
    assert [len(h.steps) for h in again.histories] == [len(h.steps) for h in first.histories]
    assert all(value.equal(first.objective.state_dict()[k]) for k, value in again.objective.state_dict().items())


@pytest.mark.parametrize("there", [False, True])
def test_a_run_that_did_not_begin_leaves_the_folder_to_the_corrected_command(tmp_path, monkeypatch, there):
    out = tmp_path / "out"
    if there:
        out.mkdir()
    csv = "trackers=[csv]"

    def refuse(*_, **options):
        raise ld.CompileError("there is no gradient")

    monkeypatch.setattr(PlayerStep, "make", refuse)
    with pytest.raises(ld.CompileError):
        train(load(tmp_path, csv), out, progress=False)
    assert out.exists() == there and not list(out.glob("*"))
    monkeypatch.undo()
    train(load(tmp_path, csv), out, progress=False)


def test_a_run_that_has_begun_keeps_its_folder(tmp_path):
    with pytest.raises((ld.NonFiniteTerm, ld.NonFiniteGradient)):
        train(load(tmp_path, "stages.0.lr=1e30"), tmp_path / "out", progress=False)
    assert (tmp_path / "out" / "1" / "history.json").exists()
