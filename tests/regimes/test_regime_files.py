"""Every regime: a short function, its file, its picture and its docstring, which say the same."""

import ast
import inspect
import re
import subprocess
import sys
import textwrap
from html import unescape
from importlib.resources import files
from pathlib import Path

import pytest

import learning_diagrams as ld
from learning_diagrams import regimes
from learning_diagrams.cli import app
from learning_diagrams.files.lint import findings
from learning_diagrams.files.load_save import read_bytes
from learning_diagrams.regimes.annotated_file import annotated
from learning_diagrams.regimes.catalogue import NAMES as CATALOGUE
from learning_diagrams.regimes.catalogue import regime_file, sentences

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(CATALOGUE)
in_the_clone = pytest.mark.skipif(not (ROOT / "Makefile").exists(), reason="the pictures are in the clone only")


def reading(name):
    return read_bytes(regime_file(name).encode(), "yaml", f"{name}.yaml")


def test_there_are_twenty_three_and_every_file_is_one():
    shipped = sorted(file.name for file in files("learning_diagrams.regimes").iterdir() if file.name.endswith(".yaml"))
    assert shipped == [f"{name}.yaml" for name in NAMES] and len(NAMES) == 23
    assert regimes.__all__ == NAMES and set(NAMES) <= set(dir(regimes))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = regimes.nothing


@pytest.mark.parametrize("name", NAMES)
def test_the_file_is_the_function(name):
    function = getattr(regimes, name)
    diagram = reading(name).diagram
    assert diagram == function() and diagram.digest() == function().digest() and diagram.name == function().name
    assert regime_file(name) == annotated(function), "run `make regimes`"
    assert max(map(len, regime_file(name).splitlines())) <= 120 or name == "prototypical"


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_found_in_the_file(name):
    read = reading(name)
    assert list(findings(read.document, read.diagram)) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_function_is_short_and_its_docstring_complete(name):
    function = getattr(regimes, name)
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    body = tree.body[1:]
    assert body[-1].end_lineno - body[0].lineno + 1 < 25
    doc = inspect.getdoc(function)
    assert doc.partition("\n")[0] == sentences()[name] and doc.partition("\n")[2].startswith("\n")
    assert re.search(r"^Source: .*\((19|20)\d\d\)", " ".join(doc.partition("\nSource:")[1:]).strip(), re.S)
    for constraint in function().constraints:
        assert f"\n{constraint.name} : " in doc
    for parameter in inspect.signature(function).parameters:
        assert re.search(rf"^([a-z]+, )?{parameter}(, [a-z]+)? : ", doc, re.M)


def texts(picture):
    """What is written in a picture, in order; coordinates depend on the version of Matplotlib."""
    return [unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", picture)]


@in_the_clone
@pytest.mark.parametrize("name", NAMES)
def test_the_picture_is_the_function(name):
    picture = (ROOT / "docs" / "regimes" / f"{name}.svg").read_text(encoding="utf-8")
    diagram = getattr(regimes, name)()
    assert texts(picture) == texts(diagram.draw().svg), "run `make regimes`"
    boxes = {box for constraint in diagram.constraints for graph in constraint.reading.graphs for box in graph.boxes}
    written = [*texts(picture), *re.findall(r"<title>([^<]*)</title>", picture)]  # a long name stands in a title
    names = {name for text in written for name in (text, text.rpartition(".")[2])}  # space.column
    assert {getattr(box, "drawing_name", box.name) for box in boxes} < names and len(picture) < 60_000
    for phrase in (phrase for constraint in diagram.constraints for phrase in constraint.phrases):
        assert any(phrase in text for text in texts(picture))  # the box of a weight stands in the title
    assert len(diagram.boxes) > 1 or diagram.draw().svg == diagram.draw().svg


def test_distillation_is_the_example_of_the_readme():
    path = ROOT / "examples" / "distillation.yaml"
    if path.exists():
        assert regimes.distillation() == ld.load(path)


# Parameters.


def test_parameters_are_numbers_of_the_diagram():
    assert regimes.distillation(weight=2.0) == regimes.distillation().reweight({"distilled": 2.0})
    assert regimes.multi_task({"a": 1.0, "b": 0.5, "c": 2}).box("read_c").cod == ld.Ty("c")
    few = regimes.prototypical(ways=5, shots=4, tasks=["bird"])
    assert len(few.columns) == 22 and len(few.box("nearest").dom) == 21
    assert len(regimes.koopman_autoencoder(horizon=4).constraints) == 6
    assert regimes.inverse_pair(given=False) == regimes.inverse_pair().unfreeze("forward")
    assert regimes.image_captioning(fine_tune=True) == regimes.image_captioning().unfreeze("see")
    assert regimes.lens_laws(very_well_behaved=False) == regimes.lens_laws().without("put_put")
    assert regimes.supervised(label_smoothing=0.1).constraints[0].divergence.options == (("label_smoothing", 0.1),)
    assert regimes.gan(critic_steps=5).players[0].steps == regimes.wgan_gp().players[0].steps == 5
    assert regimes.pinn(weight=2.0) == regimes.pinn().reweight({"slope_at_start": 2.0, "value_at_start": 2.0})
    assert regimes.variational_autoencoder(4.0, warm_up=0).constraints[1].weight == 4.0
    assert regimes.variational_autoencoder(4.0, warm_up=10).constraints[1].weight == ld.schedule.linear(0, 4, 10)
    assert regimes.dino(0.9, steps=10).ema["teacher"][1] == ld.schedule.cosine(0.9, 1, 10)
    assert len(regimes.arithmetic_from_images(addends=3).box("add").dom) == 3


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda: regimes.prototypical(ways=0), ld.TypeMismatch, "ways must be a whole number ≥ 1, got 0"),
        (lambda: regimes.prototypical(shots=True), ld.TypeMismatch, "shots must be a whole number ≥ 1, got True"),
        (lambda: regimes.koopman_autoencoder(1.5), ld.TypeMismatch, "horizon must be a whole number ≥ 1, got 1.5"),
        (lambda: regimes.arithmetic_from_images(-1), ld.TypeMismatch, "addends must be a whole number ≥ 1, got -1"),
        (lambda: regimes.gan(critic_steps=0), ld.TypeMismatch, "steps of player 'critic'"),
        (lambda: regimes.distillation(weight=-1), ld.InvalidWeight, "the weight of constraint 'distilled'"),
        (lambda: regimes.dino(steps=0), ld.TypeMismatch, "steps of a schedule must be a whole number ≥ 1, got 0"),
        (lambda: regimes.dino(momentum=2), ld.InvalidWeight, "the decay of 'teacher'"),
        (lambda: regimes.variational_autoencoder(-1), ld.InvalidWeight, "the weight of constraint 'regular'"),
        (lambda: regimes.mean_teacher(decay=2), ld.InvalidWeight, "the decay of 'teacher'"),
    ],
)
def test_wrong_parameters_are_typed_errors(call, error, sentence):
    with pytest.raises(error, match=re.escape(sentence)):
        call()


# The command line.


def run(*args):
    from typer.testing import CliRunner

    return CliRunner().invoke(app, ["regimes", *args])


def test_the_list_has_a_line_for_each():
    done = run()
    assert (done.exit_code, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [re.split(r"  +", line) for line in lines] == [[name, sentence] for name, sentence in sentences().items()]
    assert len(lines) == 23 and max(map(len, lines)) <= 130


def test_show_prints_the_file(tmp_path):
    done = run("show", "mean_teacher")
    (tmp_path / "mine.yaml").write_text(done.stdout, encoding="utf-8")
    assert done.exit_code == 0 and ld.load(tmp_path / "mine.yaml") == regimes.mean_teacher()
    assert run("show", "Mean teacher").stdout == done.stdout == run("show", "mean-teacher").stdout


def test_an_unknown_name_is_one_message_and_2():
    done = run("show", "mean_techer")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("no regime is named 'mean_techer'; did you mean 'mean_teacher'? known: ")
    with pytest.raises(ld.UnknownName):
        regime_file("../cli")
    assert run("list").exit_code == 2 and "Usage" in run("show").stderr


@pytest.mark.parametrize("args", [["regimes", "--help"], ["regimes"], ["regimes", "show", "gan"]])
def test_neither_help_nor_the_list_loads_anything_heavy(args):
    program = (
        "import sys\nfrom learning_diagrams.cli import main\ntry: main()\nfinally: print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program, *args], capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0 and len(done.stdout) > 200
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert not loaded & {"discopy", "pydantic", "torch", "yaml", "matplotlib", "numpy"}
