"""Every code block of the README runs, in order, in one namespace; its commands are targets of the Makefile."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
TOPS = ("learning_diagrams", "semantics", "backends")
pytestmark = pytest.mark.skipif(not README.exists(), reason="the README is in the clone only")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README.read_text(encoding="utf-8"), re.M | re.S)


def test_python_blocks_run(tmp_path, monkeypatch, capsys):
    (tmp_path / "data").symlink_to(ROOT / "data")
    monkeypatch.chdir(tmp_path)
    namespace: dict = {"__name__": "readme"}
    examples = blocks("python")
    assert len(examples) >= 5
    for number, block in enumerate(examples):
        exec(compile(block, f"README.md, block {number + 1}", "exec"), namespace)
    printed = capsys.readouterr().out
    for shown in blocks("text"):
        assert shown in printed, f"the README shows what it does not print:\n{shown}"
    assert float(re.search(r"accuracy ([0-9.]+)", printed).group(1)) > 0.85
    assert "encode >> Copy(feature) >> classify @ feature" in printed
    assert "[Equation(f >> g = h)]" in printed


def test_commands_are_targets():
    for line in "".join(blocks("sh")).splitlines():
        subprocess.run([*line.split(), "--dry-run"], cwd=ROOT, check=True, capture_output=True)


@pytest.mark.parametrize("page", ["README.md", "docs/architecture.md"])
def test_links_and_paths_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    paths = re.findall(r"\[[^\]\n]*\]\((?!https?:)([\w./-]+\.\w+)\)", text)
    places = re.findall(r"`((?:learning_diagrams|semantics|backends|tests)/[\w/.]*)(?:::(\w+))?`", text)
    paths += [path for path, _ in places]
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []
    assert [place for place in places if place[1] and place[1] not in defined_in(ROOT / place[0])] == []


def defined_in(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def test_the_tree_of_the_readme_is_the_tree_of_the_code():
    tree = re.search(r"^```\n(learning_diagrams/ .*?)^```$", README.read_text(encoding="utf-8"), re.M | re.S).group(1)
    shown, top = set(), ""
    for line in tree.splitlines():
        name = line.split()[0]
        top = name if line == line.lstrip() else top
        shown |= {top if name == top else f"{top}{name}"}
    rooms = {f"{file.parent.relative_to(ROOT)}/" for root in TOPS for file in (ROOT / root).glob("*/__init__.py")}
    rooms = {room for room in rooms if not (ROOT / room.rstrip("/")).is_symlink()}
    assert {room for room in shown if room.endswith("/")} == rooms | {f"{root}/" for root in TOPS}


def test_what_the_readme_shows_of_explain_is_what_explain_says():
    import learning_diagrams as ld
    from learning_diagrams.semantics.program.explanation import explain

    explanation = explain(ld.load(ROOT / "examples" / "distillation.yaml"))
    (shown,) = (block for block in blocks("console") if "explain" in block)
    command, *parts = shown.split("...\n")
    assert command == "$ learning-diagrams explain examples/distillation.yaml\n"
    assert len(parts) == 2 and all(part.rstrip() in explanation for part in parts)
