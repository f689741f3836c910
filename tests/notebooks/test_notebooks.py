"""The notebooks: they run, print what is committed, run for either reader, and keep to their sizes."""

import contextlib
import io
import json
import re
import sys
from base64 import b64decode
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("[01][0-9]_*.ipynb"))
MOST_CELLS, MOST_PICTURES, MOST_BYTES = 40, 12, 500_000

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="the notebooks are in the clone only")
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.fixture(autouse=True)
def course(monkeypatch):
    monkeypatch.chdir(FOLDER)
    monkeypatch.syspath_prepend(str(FOLDER))


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def source(cell):
    return "".join(cell["source"])


@each
def test_a_run_prints_what_is_committed(path):
    pytest.importorskip("nbclient")
    from course.cells import differences
    from run import executed

    assert list(differences(read(path), executed(path))) == []


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("path", "other"),
    [
        pytest.param(path, other, marks=[pytest.mark.thorough] * (i % 2 != j), id=f"{other}-{path.stem}")
        for i, path in enumerate(NOTEBOOKS)
        for j, other in enumerate(("engineer", "theorist"))
    ],
)
def test_a_notebook_runs_without_the_cells_of_the_other_reader(path, other):
    from course.cells import without

    torch = sys.modules.get("torch")
    state = torch.get_rng_state() if torch else None
    names = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in without(read(path), other)["cells"]:
            if cell["cell_type"] == "code":
                lines = [line for line in source(cell).splitlines() if not line.startswith("%")]
                exec(compile("\n".join(lines), path.name, "exec"), names)
    if state is not None:
        torch.set_rng_state(state)


@each
def test_a_notebook_keeps_to_its_size(path):
    cells = read(path)["cells"]
    pictures = sum(bool(re.search("<svg|data:image", json.dumps(cell.get("outputs", [])))) for cell in cells)
    assert len(cells) <= MOST_CELLS and pictures <= MOST_PICTURES and path.stat().st_size <= MOST_BYTES
    text = "\n".join(map(source, cells))
    assert "You will be able to" in text and "Needs" in text and "## Notation" in text
    assert "record(" in source(cells[-1])
    assert not any(output["output_type"] == "error" for cell in cells for output in cell.get("outputs", []))


@each
def test_a_notebook_is_stripped_and_names_no_place(path):
    from course.cells import stripped

    notebook = read(path)
    assert stripped(notebook) == notebook
    assert not re.search(r"/(home|root|work|tmp|Users)/", path.read_text(encoding="utf-8"))


@each
def test_pictures_show_before_a_reader_trusts_the_notebook(path):
    """JupyterLab drops inline SVG from a notebook that was not run on this machine; an image stays.

    A browser shows an SVG as an image only if it is a document with its namespace.
    """
    outputs = [output for cell in read(path)["cells"] for output in cell.get("outputs", [])]
    pages = ["".join(output.get("data", {}).get("text/html", "")) for output in outputs]
    assert not any("<svg" in page and ":hover" not in page for page in pages)
    for image in re.findall("data:image/svg[+]xml;base64,([^\"]*)", "".join(pages)):
        assert ElementTree.fromstring(b64decode(image)).tag == "{http://www.w3.org/2000/svg}svg"


@each
def test_exercises_are_four_at_least(path):
    name = f"tasks_{path.stem[:2]}"
    __import__(f"course.{name}")
    module = sys.modules[f"course.{name}"]
    exercises = {key: value for key, value in vars(module).items() if type(value).__name__ == "Exercise"}
    text = "\n".join(map(source, read(path)["cells"]))
    asked = [key for key in exercises if re.search(rf"tasks\.{key}\((\.\.\.)?\)", text)]
    assert len(asked) >= 4 and sorted(asked) == sorted(exercises)


@pytest.mark.sampled(4)
@each
def test_each_exercise_grades_four_kinds_of_answers(path):
    name = f"course.tasks_{path.stem[:2]}"
    module = __import__(name, fromlist=["CASES"])
    for key, case in module.CASES.items():
        exercise = getattr(module, key)
        for answer in case.right:
            assert exercise(answer), (key, answer, exercise(answer))
        assert len(case.right) >= 2 and exercise(...).mark == "open" and exercise(...).explanation
        for answer in case.wrong:
            grade = exercise(answer)
            assert grade.mark == "wrong" and grade.explanation, (key, answer)
        assert case.wrong and case.grade in ("easy", "middle", "hard")
    assert len({case.grade for case in module.CASES.values()}) == 3


def test_an_error_of_the_library_shows_its_message_alone(capsys):
    """A diagram that does not compose is the most common wrong answer, and its error comes before the grader."""
    from course import message_alone
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    from learning_diagrams.errors import LearningDiagramError

    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    shell.set_custom_exc((LearningDiagramError,), message_alone)
    result = shell.run_cell("from course import tasks_01 as tasks\ntasks.from_picture(tasks.f >> tasks.mix)")
    shown = "".join(capsys.readouterr())
    assert not result.success and "do not compose" in shown and "Traceback" not in shown and "File" not in shown
