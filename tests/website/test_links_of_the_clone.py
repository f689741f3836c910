"""Links in `docs` lead to files of the clone, so that they can be followed before the site is built."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
pytestmark = pytest.mark.skipif(not DOCS.exists(), reason="the pages are in the clone only")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.S)
LINK = re.compile(r"\]\((?![\w+]+:|#)([^)#\s]+)[^)\s]*\)")


def leading_nowhere():
    for page in sorted(DOCS.rglob("*.md")):
        for link in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
            if not (page.parent / link).exists():
                yield f"{page.relative_to(DOCS)}: {link}"


def test_links_of_the_sources_lead_to_files_of_the_clone():
    assert list(leading_nowhere()) == ["pictures/language.md: gallery.md"]
    language = (DOCS / "pictures" / "language.md").read_text(encoding="utf-8")
    assert "gallery.md), a page\nthat `make docs` writes" in language
