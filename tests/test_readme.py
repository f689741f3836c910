"""README is short, each of its blocks runs, and its links and those of the pages about the code lead somewhere."""

import ast
import re
import subprocess
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
ARCHITECTURE = ROOT / "docs" / "architecture.md"
TOPS = ("learning_diagrams", "semantics", "backends")
pytestmark = pytest.mark.skipif(not README.exists(), reason="the README is in the clone only")


def test_readme_is_read_in_five_minutes():
    lines = README.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 150
    assert [line for line in lines if len(line) > 100] == []


def test_every_block_of_readme_runs(tmp_path, monkeypatch, capsys):
    for folder in ("data", "plans"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(ROOT))
    names = import_module("website.code_blocks").run_page(README.read_text(encoding="utf-8"), "README.md", tmp_path)
    right = names["objective"].model(names["student"])(names["X"][4000:]).argmax(1) == names["Y"][4000:]
    assert right.float().mean() > 0.85


def test_each_command_of_make_is_a_target():
    targets = set(re.findall(r"(?:^|`)make (\w+)", README.read_text(encoding="utf-8"), re.M))
    assert {"demo", "test", "docs", "notebooks"} <= targets
    subprocess.run(["make", "--dry-run", *sorted(targets)], cwd=ROOT, check=True, capture_output=True)


@pytest.mark.parametrize("page", ["README.md", "docs/architecture.md", "docs/mathematics/folders.md"])
def test_links_and_paths_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    links = re.findall(r"\[[^\]]*\]\((?!https?:)([\w./-]+\.\w+)\)", text)
    places = re.findall(r"`((?:learning_diagrams|semantics|backends|tests)/[\w/.]*)(?:::(\w+))?`", text)
    assert links
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []
    assert [path for path, _ in places if not (ROOT / path).exists()] == []
    assert [place for place in places if place[1] and place[1] not in defined_in(ROOT / place[0])] == []


def defined_in(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def test_readme_links_the_twelve_notebooks():
    notebooks = {f"notebooks/{path.name}" for path in (ROOT / "notebooks").glob("[01][0-9]_*.ipynb")}
    lines = [line for line in README.read_text(encoding="utf-8").splitlines() if line.count("](notebooks/") == 1]
    assert len(notebooks) == 12 and all(any(f"]({path}): " in line for line in lines) for path in notebooks)


def test_the_table_of_speed_is_that_of_the_results(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    assert f"<!-- speed -->\n{import_module('readme_table').table()}<!--" in README.read_text(encoding="utf-8")


def test_the_tree_of_the_architecture_is_the_tree_of_the_code():
    page = ARCHITECTURE.read_text(encoding="utf-8")
    tree = re.search(r"^```[^\n]*\n(learning_diagrams/ .*?)^```$", page, re.M | re.S).group(1)
    shown, top = set(), ""
    for line in tree.splitlines():
        name = line.split()[0]
        top = name if line == line.lstrip() else top
        shown |= {top if name == top else f"{top}{name}"}
    rooms = {f"{file.parent.relative_to(ROOT)}/" for root in TOPS for file in (ROOT / root).glob("*/__init__.py")}
    rooms = {room for room in rooms if not (ROOT / room.rstrip("/")).is_symlink()}
    assert {room for room in shown if room.endswith("/")} == rooms | {f"{root}/" for root in TOPS}
