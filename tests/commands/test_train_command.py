"""The commands about plans: what they print, and their exit codes."""

import shlex
import signal
from importlib import import_module
from pathlib import Path

import pytest
from typer.testing import CliRunner

import small_plan
from learning_diagrams.cli import app
from learning_diagrams.files.plan import Plan, Stage

pytest.importorskip("torch")


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small_plan.written(tmp_path)
    return lambda *args: CliRunner().invoke(app, args)


def test_train_prints_the_stages_and_what_was_measured(run, tmp_path):
    done = run("train", "plan.yaml", "--out", "run", "--report", "--set", "stages.1.steps=3", "--seed", "2")
    lines = done.stdout.splitlines()
    assert done.exit_code == 0, done.stderr
    assert lines[:2] == ["first: 10 steps, all steps were made", "second: 3 steps, all steps were made"]
    assert lines[2] == "the weights are those after epoch 1, step 3"
    assert lines[3].startswith("total: ") and lines[-2] == "written to run"
    assert lines[-1] == f"look at the last stage in a browser: {Path('run', 'report.html')}"
    assert "epoch 1, step 5: " in done.stderr and (tmp_path / "run" / "report.html").exists()
    whole = run("report", "run", "-o", "page.html")
    stages = [str(Path("run", name)) for name in "12"]
    assert whole.exit_code == 0, whole.stderr
    assert whole.stdout == f"written to page.html, the page of the last stage, in {stages[1]}\n"
    assert (tmp_path / "page.html").read_bytes() == (tmp_path / "run" / "report.html").read_bytes()
    again = run("train", "plan.yaml", "--out", "run")
    assert (again.exit_code, again.stdout) == (2, "") and "resume" in again.stderr
    onwards = run("train", "plan.yaml", "--out", "run", "--resume", "--set", "stages.1.steps=3", "--seed", "2")
    assert onwards.exit_code == 0 and onwards.stdout.splitlines() == lines[:-1]
    first = run("report", stages[0], "-o", "page.html")
    assert (first.exit_code, first.stdout) == (0, "written to page.html\n")
    (tmp_path / "run" / "plan.json").unlink()  # what is left is no folder of a plan
    refused = run("report", "run", "-o", "page.html")
    assert refused.exit_code == 2 and f"are {stages[0]!r}, {stages[1]!r}; name one of them" in refused.stderr


def test_check_says_fine_or_lists_every_fault(run, tmp_path):
    done = run("check", "plan.yaml")
    assert done.exit_code == 0 and done.stdout.startswith("plan.yaml: fine, 2 stages, digests ")

    def change(plan):
        plan["modules"]["f"] = "mlpp"
        plan["stages"][0]["optimizer"] = "adm"

    small_plan.written(tmp_path, change)
    done = run("check", "plan.yaml")
    assert done.exit_code == 1 and len(done.stdout.splitlines()) == 2
    assert done.stdout.splitlines()[0].startswith("plan.yaml:") and "did you mean 'adam'?" in done.stdout
    assert run("train", "plan.yaml").exit_code == 2
    mended = ["--set", "modules.f=linear", "--set", "stages.0.optimizer=adam"]
    assert run("check", "plan.yaml", *mended).stdout.startswith("plan.yaml: fine, 2 stages")
    assert run("check", "plan.yaml", *mended[:2]).exit_code == 1
    assert "the setting stages.0.optimizr=1: " in run("check", "plan.yaml", "--set", "stages.0.optimizr=1").stderr
    (tmp_path / "diagram.yaml").write_text("format: learning-diagram/1\n", encoding="utf-8")
    refused = run("check", "diagram.yaml", *mended)
    assert refused.exit_code == 2 and "--set is about the places of a plan" in refused.stderr


def test_a_plan_of_the_first_format_is_checked_and_not_trained(run):
    from learning_diagrams import regimes

    Plan(Stage(regimes.supervised(), 7), Stage(regimes.supervised(), 3)).save("old.yaml")
    done = run("check", "old.yaml")
    assert (done.exit_code, done.stdout) == (
        0,
        "old.yaml: fine, 2 stages of 10 steps; a plan of the format 'learning-plan/1' has no modules and no data; run "
        "it in Python, by run_plan(Plan.load(…), functor, data), or write one of the format 'learning-plan/2'\n",
    )
    done = run("train", "old.yaml")
    assert done.exit_code == 2 and "run it in Python, by run_plan" in done.stderr


@pytest.mark.parametrize(
    ("form", "advice"),
    [
        ("learning-plan", "this is a plan, and no learning diagram; its format is 'learning-plan': write format: "),
        ("learning-plan/1", "or write one of the format 'learning-plan/2'"),
        ("learning-plan/3", "this version reads 'learning-plan/2'"),
        (2, "its format is 2: write format: learning-plan/2"),
    ],
)
def test_a_wrong_format_of_a_plan_is_told_with_the_right_one(run, tmp_path, form, advice):
    small_plan.written(tmp_path, lambda plan: plan.update(format=form))
    done = run("check", "plan.yaml")
    assert done.exit_code == 2 and done.stderr.startswith("plan.yaml:1: format: ") and advice in done.stderr


def test_only_a_plugin_that_the_command_line_names_is_imported(run, tmp_path):
    (tmp_path / "own_plugin.py").write_text(
        "from torch import nn\n"
        "from learning_diagrams.backends.torch.plans import OfRows, register_module\n"
        "def make(ends, width: int = 3):\n"
        "    layers = nn.Linear(ends.numbers_in, width), nn.Linear(width, ends.numbers_out)\n"
        "    return OfRows(ends, nn.Sequential(*layers))\n"
        "register_module('own_net', make)\n",
        encoding="utf-8",
    )
    small_plan.written(tmp_path, lambda plan: plan["modules"].update(f={"name": "own_net", "width": 4}))
    refused = run("check", "plan.yaml")
    assert refused.exit_code == 1 and "a module named 'own_net' is not registered" in refused.stdout
    assert run("check", "plan.yaml", "--plugin", "own_plugin").exit_code == 0
    assert run("train", "plan.yaml", "--plugin", "own_plugin").exit_code == 0
    for name, content, message in (
        ("no_such_plugin", None, "there is no Python module 'no_such_plugin'"),
        ("../own_plugin", None, "there is no Python module '../own_plugin'"),
        ("broken", "import no_such_package", "of --plugin fails in broken.py:1: ModuleNotFoundError"),
        ("wrong", "1 +", "of --plugin fails: SyntaxError: invalid syntax (wrong.py, line 1)"),
    ):
        if content is not None:
            (tmp_path / f"{name}.py").write_text(content, encoding="utf-8")
        done = run("train", "plan.yaml", "--plugin", name)
        assert (done.exit_code, done.stdout) == (2, "") and message in done.stderr


def test_a_sweep_prints_its_table(run, tmp_path):
    pytest.importorskip("optuna")
    small_plan.written(tmp_path, lambda plan: plan.update(sweep={"grid": {"seed": [0, 1]}}))
    done = run("train", "plan.yaml", "--out", "swept")
    assert done.exit_code == 0 and done.stdout.splitlines()[0].split() == ["folder", "seed", "total", "epoch", "step"]
    assert len(done.stdout.splitlines()) == 3 and "0: combination 0 of 2, seed=0" in done.stderr


def test_check_looks_at_every_combination_of_a_sweep(run):
    grid = "sweep={grid: {stages.1.scheduler.total_steps: [5, 2], seed: [0, 1]}}"
    settings = ["--set", "stages.1.scheduler={name: one_cycle, max_lr: 0.1, total_steps: 5}", "--set", grid]
    done = run("check", "plan.yaml", *settings)
    assert done.exit_code == 1 and len(done.stdout.splitlines()) == 1
    begins = "with stages.1.scheduler.total_steps=2, seed=0 and 1 further combination: the setting"
    assert done.stdout.startswith(begins)


def test_what_test_measures_is_named(run, tmp_path):
    small_plan.written(tmp_path, lambda plan: plan.update(test={"rows": {}}))
    lines = run("train", "plan.yaml", "--set", "stages[1].steps=1").stdout.splitlines()
    assert "second: 1 steps, all steps were made" in lines
    assert [line.partition(":")[0] for line in lines[-4:]] == ["on test", "test/total", "test/fit", "test/accuracy"]


def test_a_plugin_defines_a_divergence_for_files_of_learning_diagrams_too(run, tmp_path):
    (tmp_path / "own_distance.py").write_text(
        "from learning_diagrams.backends.torch import divergence\n"
        "@divergence(formula='|x − y|', unit='units')\n"
        "def own_distance(reference, prediction):\n"
        "    return (prediction - reference).abs().sum(1)\n",
        encoding="utf-8",
    )
    (tmp_path / "d.yaml").write_text(
        "format: learning-diagram/1\nobjects: [x]\nsample_spaces: {rows: {a: x, b: x}}\n"
        "boxes: {f: {dom: [x], cod: [x]}}\n"
        "constraints: {fit: {lhs: a >> f, rhs: b, divergence: {name: own_distance}}}\n",
        encoding="utf-8",
    )
    commands = [("check", "d.yaml"), ("explain", "d.yaml"), ("draw", "d.yaml", "-o", "d.svg"), ("review", "d.yaml")]
    assert "in the command line by --plugin MODULE" in run("check", "d.yaml").stdout
    assert all(run(*command, "--plugin", "own_distance").exit_code == 0 for command in commands)
    assert all(run(*command, "--plugin", "no_such_plugin").exit_code == 2 for command in commands)


def test_a_plan_without_its_format_is_told_to_be_one(run, tmp_path):
    (tmp_path / "bare.yaml").write_text("stages: [{steps: 1}]\n", encoding="utf-8")
    for command in ("check", "explain"):
        assert "its format is missing: write format: learning-plan/2" in run(command, "bare.yaml").stderr
    assert "format is missing; this version reads 'learning-plan/2'" in run("train", "bare.yaml").stderr


def test_a_setting_or_a_device_that_cannot_be_is_an_error(run):
    for args in (["--set", "stages.0.lrate=1"], ["--device", "cuda:99"], ["--set", "nothing"], ["--report"]):
        done = run("train", "plan.yaml", *args)
        assert (done.exit_code, done.stdout) == (2, "") and done.stderr and "Traceback" not in done.stderr


def test_a_run_of_another_plan_goes_on_only_if_the_command_line_says_so(run):
    assert run("train", "plan.yaml", "--out", "run", "--set", "stages.1.steps=3").exit_code == 0
    assert run("train", "plan.yaml", "--out", "run", "--resume").exit_code == 0  # more steps are the same plan
    other = ["train", "plan.yaml", "--out", "run", "--resume", "--set", "stages.0.lr=0.5"]
    refused = run(*other)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "lr=0.5: was 0.01 in the run, and is 0.5 here" in refused.stderr and "--no-strict" in refused.stderr
    with pytest.warns(UserWarning, match="goes on with another plan"):
        assert run(*other, "--no-strict").exit_code == 0


PLUGIN = """
from torch import nn
from learning_diagrams.backends.torch.plans import OfRows, register_module
def make(ends, width: int = 3):
    layers = nn.Linear(ends.numbers_in, width), nn.Linear(width, ends.numbers_out)
    return OfRows(ends, nn.Sequential(*layers))
register_module('stopped_net', make)
"""
STOPS = {"Ctrl-C": (signal.SIGINT, 130, {}), "SIGTERM": (signal.SIGTERM, 143, {}), "a sweep": (signal.SIGINT, 130, {
    "sweep": {"grid": {"seed": [0, 1]}}})}  # fmt: skip


@pytest.mark.parametrize("case", STOPS)
def test_the_command_that_goes_on_is_whole(run, tmp_path, monkeypatch, case):
    number, code, keys = STOPS[case]
    if keys:
        pytest.importorskip("optuna")
    trackers = import_module("learning_diagrams.backends.torch.plans.names.trackers")
    plugin = f"plugin_of_{case.replace('-', '').replace(' ', '_')}"  # each is imported once
    (tmp_path / f"{plugin}.py").write_text(PLUGIN, encoding="utf-8")
    plan = small_plan.written(tmp_path, lambda plan: plan.update(modules={"f": "none"}, **keys), "a plan.yaml").name
    options = ["--seed", "3", "--device", "cpu", "--set", "modules.f={name: stopped_net, width: 4}"]
    options += ["--set", "trackers=[csv]", "--plugin", plugin, "--no-strict", "--report"]
    with monkeypatch.context() as patch:
        patch.setattr(trackers.Tracking, "__call__", lambda *_: signal.raise_signal(number))
        stopped = run("train", plan, "--out", "my run", *options)
    begins = "stopped; go on by: learning-diagrams train 'a plan.yaml' --out 'my run' --resume --seed 3 --device cpu "
    assert stopped.exit_code == code, stopped.stderr
    (line,) = [line for line in stopped.stdout.splitlines() if line.startswith("stopped")]
    assert line.startswith(begins)
    command = shlex.split(line.partition("go on by: ")[2])
    assert command[8 + 2 :] == options[4:]
    onward = run(*command[1:])
    assert onward.exit_code == 0 and "stopped" not in onward.stdout, onward.stderr
