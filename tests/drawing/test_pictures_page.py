"""The page of the picture language shows each mark as it is drawn, and the contact sheet has every kind of picture."""

import importlib.util
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
pytestmark = pytest.mark.skipif(not DOCS.is_dir(), reason="docs are part of a clone")


def script(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "website" / "pictures" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_mark_on_the_page_is_as_it_is_drawn():
    marks = script("write_pictures")
    page = (DOCS / "pictures" / "language.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"\]\((\w+)\.svg\)", page)) == sorted(marks.MARKS)
    assert {path.stem for path in (DOCS / "pictures").glob("*.svg")} == set(marks.MARKS)
    for name in marks.MARKS:
        shown = (DOCS / "pictures" / f"{name}.svg").read_text(encoding="utf-8")
        assert shown == marks.picture(name).svg, "run `make regimes`"


def test_each_drawing_by_hand_is_beside_the_picture_of_its_regime():
    page = (DOCS / "pictures" / "hard_cases.md").read_text(encoding="utf-8")
    pairs = re.findall(r"\]\(by_hand/(\w+)\.svg\)\n!\[[^]]*\]\(\.\./regimes/(\w+)\.svg\)", page)
    assert {(path.stem, path.stem) for path in (DOCS / "pictures" / "by_hand").iterdir()} == set(pairs) and len(
        pairs
    ) == 6
    rules = (DOCS / "pictures" / "language.md").read_text(encoding="utf-8")
    assert all(
        f"\n**{number}.** " in rules
        for phrase in re.findall(r"\(rules? ([^)]*)\)", page)
        for number in re.findall(r"\d+", phrase)
    )
    for drawing, _ in pairs:
        root = ElementTree.parse(DOCS / "pictures" / "by_hand" / f"{drawing}.svg").getroot()
        titles = [root.findtext(f"{{http://www.w3.org/2000/svg}}{tag}") for tag in ("title", "desc")]
        assert all(titles) and (DOCS / "regimes" / f"{drawing}.svg").is_file()


def test_rules_are_numbered_in_order():
    numbers = re.findall(r"^\*\*(\d+)\.\*\* ", (DOCS / "pictures" / "language.md").read_text(encoding="utf-8"), re.M)
    assert numbers == [str(i + 1) for i in range(len(numbers))] and len(numbers) > 20


def test_the_contact_sheet_shows_every_picture_in_every_size(tmp_path, monkeypatch):
    gallery = script("gallery")
    kinds = {kind: pictures for kind, pictures in gallery.KINDS.items() if kind != "learning graphs"}
    monkeypatch.setattr(gallery, "KINDS", kinds)
    first = gallery.write(tmp_path / "sheet")
    count = sum(len(pictures()) for pictures in kinds.values())
    for look in gallery.LOOKS:
        shown = re.findall(r'<img src="([^"]+)" width="(\d+)"', (first.parent / f"{look}.html").read_text("utf-8"))
        assert len(shown) == count * len(gallery.WIDTHS)
        assert all((first.parent / file).is_file() for file, _ in shown)
