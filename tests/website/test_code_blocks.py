"""Every code block of every page of the site runs, and prints what the page shows."""

from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
pytestmark = pytest.mark.skipif(not (ROOT / "website").is_dir(), reason="the site is in the clone only")
WRITTEN = {str(path.relative_to(DOCS)): path for path in sorted(DOCS.rglob("*.md"))}


def run(page, name, folder, monkeypatch):
    for place in ("data", "examples", "notebooks", "plans"):
        if (ROOT / place).exists() and not (folder / place).exists():
            (folder / place).symlink_to(ROOT / place)
    monkeypatch.chdir(folder)
    return import_module("website.code_blocks").run_page(page, name, folder)


@pytest.mark.parametrize("name", WRITTEN)
def test_blocks_of_a_written_page_run(name, tmp_path, monkeypatch):
    run(WRITTEN[name].read_text(encoding="utf-8"), name, tmp_path, monkeypatch)


def writers():
    if not (ROOT / "website").is_dir():
        return []
    # The gallery has no blocks, and draws for seconds.
    return [name for name in import_module("website.page_writers").WRITERS if name != "website.pictures.gallery_page"]


@pytest.mark.parametrize("writer", writers())
def test_blocks_of_generated_pages_run(writer, tmp_path, monkeypatch):
    for place, page in import_module(writer).pages():
        if isinstance(page, str):
            folder = tmp_path / place
            folder.mkdir(parents=True)
            run(page, place, folder, monkeypatch)


def test_a_block_that_prints_something_else_is_seen(tmp_path, monkeypatch):
    with pytest.raises(AssertionError, match="line 6 shows"):
        run("```python\nprint(1)\n```\n\n```text\n2\n```\n", "a page", tmp_path, monkeypatch)
    with pytest.raises(ZeroDivisionError):
        run("```python\n1 / 0\n```\n", "a page", tmp_path, monkeypatch)
