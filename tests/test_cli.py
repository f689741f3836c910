"""The command line: what it prints and where, its exit codes, and what it does not load."""

import os
import subprocess
import sys
import types
from pathlib import Path

import pytest
from typer.testing import CliRunner

import learning_diagrams as ld
from learning_diagrams.cli import app, main, without_place
from learning_diagrams.documents.document import json_schema

FINE = """\
format: learning-diagram/1
name: fit
objects: [a, b]
sample_spaces: {rows: {x: a, y: b}}
boxes: {f: {dom: [a], cod: [b]}}
constraints: {fit: {lhs: x >> f, rhs: y}}
"""
ODD = """\
format: learning-diagram/1
objects: [a, b, c]
sample_spaces:
  rows: {x: a, y: b, z: b}
  others: {w: a}
boxes:
  f: {dom: [a], cod: [b]}
  g: {dom: [a], cod: [b]}
  h: {dom: [a], cod: [b]}
frozen: [h]
constraints:
  light: {lhs: x >> f, rhs: y, weight: 0}
  true: {lhs: y, rhs: y}
  frozen: {lhs: x >> h, rhs: y}
  unknown:
    lhs: x >> f
    rhs: y
    divergence: [sqared_error]
  option: {lhs: x >> f, rhs: y, divergence: {name: squared_error, temprature: 2}}
""".replace("  true:", '  "true":')


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("fine.yaml").write_text(FINE, encoding="utf-8")
    Path("odd.yaml").write_text(ODD, encoding="utf-8")
    Path("bad.yaml").write_text(FINE.replace("x >> f", "x >> nobody"), encoding="utf-8")
    return lambda *args: CliRunner().invoke(app, args)


def test_check_says_fine_with_the_digest(run):
    done = run("check", "fine.yaml")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"fine.yaml: fine, digest {ld.load('fine.yaml').digest()}\n"


def test_check_finds_what_does_nothing(run):
    done = run("check", "odd.yaml")
    assert done.exit_code == 1 and done.stderr == ""
    findings = [
        "2: objects[2]: object 'c' is used by nothing; remove it",
        "4: sample_spaces.rows.z: column 'z' is used by no term; remove it",
        "5: sample_spaces.others: sample space 'others' is used by nothing; remove it",
        "8: boxes.g: box 'g' is used by no term; remove it",
        "14: constraints.frozen: it trains nothing: its boxes are all frozen or detached; unfreeze one, or remove it",
        "12: constraints.light.weight: the weight is 0, so that its term trains nothing",
        "19: constraints.option.divergence: divergence 'squared_error' takes no options, got 'temprature'",
        "13: constraints.true: the theory proves it, so its term is always 0; remove it, or correct its sides",
        "18: constraints.unknown.divergence[0]: this version has no divergence named 'sqared_error'; did you mean "
        "'squared_error'?",
    ]
    lines = done.stdout.splitlines()
    assert len(lines) == len(findings)
    assert all(line.startswith(f"odd.yaml:{start}") for line, start in zip(lines, findings, strict=True)), done.stdout


def test_the_worst_of_several_files_is_the_exit_code(run):
    assert run("check", "fine.yaml", "odd.yaml").exit_code == 1
    done = run("check", "bad.yaml", "odd.yaml", "missing.yaml", "fine.yaml")
    assert done.exit_code == 2
    assert done.stderr.startswith("bad.yaml:6: constraints.fit.lhs: no box or column is named 'nobody'")
    assert "there is no file 'missing.yaml'" in done.stderr and "fine.yaml: fine" in done.stdout


@pytest.mark.parametrize("command", ["check", "explain", "print"])
def test_unusable_input_is_one_message_on_stderr(run, command):
    done = run(command, "bad.yaml")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr and done.stderr.endswith("^\n")


@pytest.mark.parametrize(
    "line",
    [
        "check", "print", "nothing", "print fine.yaml --format xml", "print --no fine.yaml",
        "explain fine.yaml --space a", "explain fine.yaml --space =Euclidean(1)", "explain fine.yaml --weights w",
    ],
)  # fmt: skip
def test_a_usage_error_is_2(run, line):
    done = run(*line.split())
    assert done.exit_code == 2 and "Usage" in done.stderr and not done.stdout


def test_print_is_canonical(run):
    yaml = run("print", "fine.yaml")
    assert (yaml.exit_code, yaml.stderr) == (0, "")
    Path("again.yaml").write_text(yaml.stdout, encoding="utf-8")
    assert run("print", "again.yaml").stdout == yaml.stdout and ld.load("again.yaml") == ld.load("fine.yaml")
    Path("again.json").write_text(run("print", "fine.yaml", "--format", "json").stdout, encoding="utf-8")
    assert ld.load("again.json") == ld.load("fine.yaml")
    assert run("print", "--format", "text", "fine.yaml").stdout == "fit\n  fit: x >> f = y\n"


def test_the_schema_is_that_of_the_models(run):
    import json

    done = run("schema")
    assert done.exit_code == 0 and json.loads(done.stdout) == json_schema()


# explain: both functions are stubs here; what they say is tested beside them.


def stub(monkeypatch, name, function):
    module = types.ModuleType(name)
    module.explain = function
    monkeypatch.setitem(sys.modules, name, module)


def test_explain_without_spaces_asks_semantics(run, monkeypatch):
    stub(monkeypatch, "learning_diagrams.semantics.program.explanation", lambda diagram: f"about {diagram.name}")
    done = run("explain", "fine.yaml")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "about fit\n", "")


def test_explain_with_spaces_asks_the_back_end(run, monkeypatch):
    name = "learning_diagrams.backends.torch.objective.explanation"
    stub(monkeypatch, name, lambda diagram, spaces, weights: f"{diagram.name} {spaces} {weights}")
    done = run("explain", "fine.yaml", "--space", "a=Euclidean(784)", "--space", "b = Finite(10)", "--weights", "w")
    assert done.stdout == "fit {'a': 'Euclidean(784)', 'b': 'Finite(10)'} w\n"
    assert run("explain", "fine.yaml", "--space", "a=Finite(1)").stdout == "fit {'a': 'Finite(1)'} None\n"


def test_explain_writes_the_loss_in_latex(run, monkeypatch):
    done = run("explain", "fine.yaml", "--latex")
    assert (done.exit_code, done.stdout) == (0, f"{ld.formula(ld.load('fine.yaml'))}\n")
    module = types.ModuleType("learning_diagrams.backends.torch.objective.explanation")
    module.formula = lambda diagram, spaces: f"{diagram.name} {spaces}"
    monkeypatch.setitem(sys.modules, module.__name__, module)
    assert run("explain", "fine.yaml", "--latex", "--space", "a=Finite(1)").stdout == "fit {'a': 'Finite(1)'}\n"
    assert run("explain", "fine.yaml", "--latex", "--space", "a=Finite(1)", "--weights", "w").exit_code == 2


def test_an_error_of_explain_is_one_message(run, monkeypatch):
    def refuse(diagram, spaces, weights):
        raise ld.CompileError("object 'a' is called 'Euclid(4)'")

    stub(monkeypatch, "learning_diagrams.backends.torch.objective.explanation", refuse)
    done = run("explain", "fine.yaml", "--space", "a=Euclid(4)")
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", "object 'a' is called 'Euclid(4)'\n")


# In a process of its own.


def command(*args, **options):
    module = ["-m", "learning_diagrams"]
    return subprocess.run([sys.executable, *module, *args], capture_output=True, text=True, **options)


def test_without_torch_it_says_what_to_install(tmp_path):
    (tmp_path / "fine.yaml").write_text(FINE, encoding="utf-8")
    (tmp_path / "torch.py").write_text("raise ImportError('no torch', name='torch')", encoding="utf-8")
    program = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); sys.modules.pop('torch', None)\n"
        "from learning_diagrams.cli import main\nsys.argv[0] = 'learning-diagrams'\nmain()"
    )
    args = [str(tmp_path), "explain", str(tmp_path / "fine.yaml"), "--space", "a=Euclidean(1)"]
    done = subprocess.run([sys.executable, "-c", program, *args], capture_output=True, text=True)
    assert done.returncode == 2 and "pip install 'learning-diagrams[torch]'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("args", [["--help"], ["check", "--help"], ["explain", "--help"], ["print", "--help"]])
def test_help_loads_nothing_heavy(args):
    program = (
        "import sys\nfrom learning_diagrams.cli import main\ntry: main()\nfinally: print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program, *args], capture_output=True, text=True)
    assert done.returncode == 0 and "Usage" in done.stdout
    loaded = set(done.stderr.split())
    assert "learning_diagrams.cli" in loaded
    heavy = {"discopy", "pydantic", "torch", "yaml", "matplotlib", "numpy"}
    assert not {name.partition(".")[0] for name in loaded} & heavy
    ours = {name for name in loaded if name.startswith("learning_diagrams")}
    door = {"learning_diagrams", "learning_diagrams.cli", "learning_diagrams.lazy_names", "learning_diagrams.moved"}
    assert {name for name in ours if not name.startswith("learning_diagrams.commands")} == door


def test_a_closed_pipe_is_quiet(tmp_path):
    program = "import sys; from learning_diagrams.cli import main; main()"
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        args = [sys.executable, "-c", program, "schema"]
        done = subprocess.run(args, stdout=closed, stderr=subprocess.PIPE, text=True)
    assert done.stderr == ""


@pytest.mark.parametrize(("goal", "code"), [("f >> f >> f = f", 0), ("f = id(x)", 1)])
def test_a_closed_pipe_changes_neither_the_certificate_nor_the_exit_code(tmp_path, goal, code):
    """As `learning-diagrams prove FILE GOAL -o OUT | head -1` with a reader that is gone at once."""
    file, out = tmp_path / "a.yaml", tmp_path / "out.json"
    x = ld.Ty("x")
    f = ld.Box("f", x, x)
    ld.save(ld.LearningDiagram(axioms=[ld.Equation(f >> f, f, "twice")]), file)
    program = "import sys; from learning_diagrams.cli import main; main()"
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        args = [sys.executable, "-u", "-c", program, "prove", str(file), goal, "-o", str(out)]
        done = subprocess.run(args, stdout=closed, stderr=subprocess.PIPE, text=True)
    assert done.stderr == "" and done.returncode == code and out.exists()


def test_a_terminal_that_cannot_show_a_name(tmp_path):
    (tmp_path / "fine.yaml").write_text(FINE.replace("name: fit", "name: équité → 名"), encoding="utf-8")
    path, ascii_only = str(tmp_path / "fine.yaml"), os.environ | {"PYTHONIOENCODING": "ascii"}
    done = command("print", "--format", "text", path, env=ascii_only)
    assert done.returncode == 0 and done.stdout.startswith("\\xe9quit\\xe9 \\u2192 \\u540d\n"), done.stderr


def test_the_entry_point_is_main():
    import tomllib

    root = Path(__file__).resolve().parent.parent
    scripts = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    assert scripts == {"learning-diagrams": "learning_diagrams.cli:main"} and callable(main)


@pytest.mark.parametrize(
    ("theory", "lhs", "rhs", "code"),
    [
        ("markov", "x >> k >> discard(b)", "discard(rows)", 0),
        ("markov", "x >> copy(a)", "copy(rows) >> x @ x", 0),
        ("markov", "k >> copy(b)", "copy(a) >> k @ k", 1),
        ("cartesian", "k >> copy(b)", "copy(a) >> k @ k", 0),
        ("symmetric", "f @ k", "id(a) @ k >> f @ id(b)", 0),
        ("symmetric", "copy(a)", "copy(a)", 2),
        ("markov", "f", "x", 2),
        ("markov", "nobody", "f", 2),
    ],
)
def test_equal_answers_by_its_exit_code(run, theory, lhs, rhs, code):
    kernel = FINE.replace("boxes: {", "boxes: {k: {dom: [a], cod: [b], kernel: true}, ")
    Path("terms.yaml").write_text(kernel, encoding="utf-8")
    done = run("equal", "terms.yaml", lhs, rhs, "--theory", theory)
    assert done.exit_code == code
    assert done.stdout == ("" if code == 2 else f"{'not ' * code}equal in the theory {theory}\n")
    told = run("equal", "terms.yaml", lhs, rhs, "--theory", theory, "--evidence")
    assert told.exit_code == code and told.stdout.startswith(done.stdout.rstrip())
    assert ("given (" in told.stdout) == (code == 1)
    assert bool(done.stderr) == (code == 2)


def test_a_warning_to_the_user_shows_no_line_of_python():
    shown = without_place(UserWarning("the box learns nothing"), UserWarning, "train_command.py", 3)
    assert shown == "warning: the box learns nothing\n"
    assert "train_command.py:3" in without_place(FutureWarning("soon"), FutureWarning, "train_command.py", 3)
    code = "from learning_diagrams import cli; cli.app = lambda: __import__('warnings').warn('a word'); cli.main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "warning: a word\n"
