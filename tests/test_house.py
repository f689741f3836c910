"""The house rules that a machine can hold: packages, links, imports, sizes.

They speak about the clone, so against an installed wheel (from another folder) they are skipped.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LINKS = {"semantics": "../semantics", "backends": "../backends"}
CODE = ("learning_diagrams", "semantics", "backends", "tests", "examples", "benchmarks", "website", "paper", "release")
NOT_OURS = {"runs", "build", "dist", "__pycache__"}  # nor a folder whose name starts with a dot, but these
DOTTED = {".ci", ".github"}
MOST_LINES = 350
MOST_FILES = 16

pytestmark = pytest.mark.skipif(not (ROOT / "Makefile").exists(), reason="needs the clone, not the wheel")


def pyproject():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def folders_with(pattern):
    """Packages under learning_diagrams, links followed, whose folder holds a file that matches the pattern."""
    top = ROOT / "learning_diagrams"
    for folder, _, _ in os.walk(top, followlinks=True):
        if any(Path(folder).glob(pattern)):
            yield ".".join(("learning_diagrams", *Path(folder).relative_to(top).parts))


def our_files():
    """Every file that a person wrote: no caches, no build outputs, no virtual environment; links not followed."""
    for folder, inner, names in os.walk(ROOT):
        inner[:] = [
            name
            for name in inner
            if name not in NOT_OURS
            and not name.endswith(".egg-info")
            and (name in DOTTED or not name.startswith("."))
            and not (Path(folder) / name / "pyvenv.cfg").exists()
        ]
        yield from (Path(folder) / name for name in names)


def test_every_folder_is_in_the_package_list():
    listed = pyproject()["tool"]["setuptools"]["packages"]
    assert len(listed) == len(set(listed))
    assert sorted(listed) == sorted(folders_with("__init__.py"))


def test_every_folder_of_code_is_a_package():
    assert sorted(folders_with("*.py")) == sorted(folders_with("__init__.py"))


def test_package_dir_and_links_show_the_same_picture():
    mapped = pyproject()["tool"]["setuptools"]["package-dir"]
    assert mapped == {"learning_diagrams": "learning_diagrams"} | {f"learning_diagrams.{name}": name for name in LINKS}
    for name, target in LINKS.items():
        link = ROOT / "learning_diagrams" / name
        assert link.is_symlink(), f"learning_diagrams/{name} must be a link; was it copied?"
        assert os.readlink(link) == target
        assert link.resolve() == ROOT / name


def test_tests_are_no_package():
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_no_file_of_code_is_too_long():
    files = [file for name in CODE for file in (ROOT / name).rglob("*.py")]
    lines = {str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines()) for file in files}
    assert lines
    assert {name: n for name, n in lines.items() if n > MOST_LINES} == {}


def test_no_folder_of_code_is_a_crowd():
    folders = {name: list((ROOT / name.replace(".", "/")).glob("*.py")) for name in folders_with("*.py")}
    assert {name: len(files) for name, files in folders.items() if len(files) - 1 > MOST_FILES} == {}


def test_every_folder_says_its_idea_in_its_first_line():
    for name in folders_with("__init__.py"):
        lines = (ROOT / name.replace(".", "/") / "__init__.py").read_text(encoding="utf-8").splitlines()
        assert re.fullmatch(r'"""[A-Z].*[.:;](""")?', lines[0]), name


def test_no_function_has_the_name_of_its_file():
    named = []
    for module, file in modules(ROOT):
        top = ast.parse(file.read_text(encoding="utf-8")).body
        named += [module for node in top if isinstance(node, ast.FunctionDef) and node.name == file.stem]
    assert named == []


def test_no_file_names_a_place_outside_the_clone():
    outside = re.compile(r"\.\./(?=shared\b)|(?<![\w.~-])/(?=work\b)")  # written so that it does not match itself
    places = []
    for file in our_files():
        try:
            text = file.read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):  # data, or a link to nowhere
            continue
        lines = enumerate(text.splitlines(), start=1)
        places += [f"{file.relative_to(ROOT)}:{n}" for n, line in lines if outside.search(line)]
    assert places == []


def test_importing_the_library_loads_no_torch():
    program = "import sys, learning_diagrams, learning_diagrams.semantics; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, "False"), done.stderr


# ---- imports go one way -------------------------------------------------------------------------------------------

ROOTS = {"learning_diagrams": "learning_diagrams"} | {f"learning_diagrams.{name}": name for name in LINKS}
DOORS = {"learning_diagrams", "learning_diagrams.cli"}  # they import lazily, and nothing imports them


def modules(root):
    """Every file of code by its dotted name; the links in `learning_diagrams` are not followed."""
    for package, folder in ROOTS.items():
        for above, inner, names in os.walk(root / folder):
            inner[:] = [name for name in inner if not (Path(above) / name).is_symlink()]
            for name in names:
                if name.endswith(".py"):
                    parts = (Path(above) / name).relative_to(root / folder).with_suffix("").parts
                    yield ".".join((package, *parts)).removesuffix(".__init__"), Path(above) / name


def arrows(root):
    """For each file the files that it imports: at its top, inside functions, and for types only."""
    files = dict(modules(root))
    imports = {}
    for name, file in files.items():
        targets = set()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                targets |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                targets |= {f"{node.module}.{alias.name}" for alias in node.names}
        known = {target if target in files else target.rpartition(".")[0] for target in targets}
        imports[name] = (known & files.keys()) - {name}
    return files, imports


def circle(graph):
    """The names in one circle of a graph; empty where it has none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def between_folders(root):
    """The same arrows between folders; those of the doors are left out, which stand above all folders."""
    files, imports = arrows(root)
    folders = defaultdict(set)
    for name in imports.keys() - DOORS:
        folders[files[name].parent] |= {files[target].parent for target in imports[name]} - {files[name].parent}
    return folders


def test_no_imports_go_round_in_a_circle_of_files():
    _, imports = arrows(ROOT)
    assert len(imports) > 150
    assert circle(imports) == []


def test_no_imports_go_round_in_a_circle_of_folders():
    assert circle(between_folders(ROOT)) == []


def test_nothing_imports_the_doors():
    _, imports = arrows(ROOT)
    # `python -m learning_diagrams` enters by the command line
    assert {name for name, targets in imports.items() if targets & DOORS} == {"learning_diagrams.__main__"}


@pytest.mark.parametrize("line", ["def later():\n    {}\n", "if TYPE_CHECKING:\n    {}\n", "{}\n"])
def test_a_deferred_or_type_only_import_counts_as_an_arrow(tmp_path, line):
    for folder in ("learning_diagrams/ground", "learning_diagrams/above", "semantics", "backends"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "learning_diagrams/above/house.py").write_text("from learning_diagrams.ground.stone import Stone\n")
    (tmp_path / "learning_diagrams/ground/stone.py").write_text("")
    assert circle(arrows(tmp_path)[1]) == [] and circle(between_folders(tmp_path)) == []
    upwards = line.format("from learning_diagrams.above.house import House")
    (tmp_path / "learning_diagrams/ground/stone.py").write_text(upwards)
    assert len(circle(arrows(tmp_path)[1])) == 3 and len(circle(between_folders(tmp_path))) == 3


# ---- and in the order of the layers -------------------------------------------------------------------------------


@pytest.fixture
def lint_imports(tmp_path):
    """The import contracts, run on a copy of the code that a test may change."""
    pytest.importorskip("importlinter")
    for name in ("learning_diagrams", "semantics", "backends"):
        shutil.copytree(ROOT / name, tmp_path / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    program = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as run; run()"

    def run(changed=None, text=""):
        if changed:
            file = tmp_path / changed
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-c", program, "--no-cache", "--no-logo"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=os.environ | {"PYTHONIOENCODING": "utf-8", "COLUMNS": "200"},  # wide, so that no name is wrapped
        )
        return done.returncode, done.stdout + done.stderr

    return run


def test_import_contracts_are_kept(lint_imports):
    code, report = lint_imports()
    assert code == 0, report


NEW = "learning_diagrams/brand_new.py"
SEMANTICS, BACKENDS = "Only semantics, back ends, exercises and the doors", "Only back ends and the doors"
DOOR, APART = "Nothing imports the doors", "Back ends do not import each other"
TENSORS = "Only back ends import a tensor library"
FORMULAS = "Only the symbolic back end imports SymPy"


@pytest.mark.parametrize(
    ("changed", "line", "contract"),
    [
        (NEW, "import learning_diagrams.semantics", SEMANTICS),
        (NEW, "from learning_diagrams import semantics", SEMANTICS),
        (NEW, "import learning_diagrams.backends.torch", BACKENDS),
        (NEW, "import learning_diagrams", DOOR),
        (NEW, "import numpy", TENSORS),
        ("semantics/brand_new.py", "import learning_diagrams.backends.torch", BACKENDS),
        ("semantics/brand_new.py", "import torch", TENSORS),
        ("backends/brand_new/__init__.py", "import sympy", FORMULAS),
        ("backends/brand_new/__init__.py", "import learning_diagrams.backends.torch", APART),
    ],
)
def test_a_new_file_is_held_to_the_contracts(lint_imports, changed, line, contract):
    """Deferred imports count: the line stands inside a function."""
    code, report = lint_imports(changed, f"def later():\n    {line}\n")
    broken = [row for row in report.splitlines() if "BROKEN" in row]
    assert code == 1, report
    assert any(contract in row for row in broken), report


@pytest.mark.parametrize("line", ["import learning_diagrams.backends.torch", "import learning_diagrams.semantics"])
def test_a_door_may_import_anything(lint_imports, line):
    code, report = lint_imports("learning_diagrams/cli.py", f"def later():\n    {line}\n")
    assert code == 0, report
