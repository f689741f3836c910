"""The site is built without a warning, its links lead somewhere, and pages ask no other machine for anything."""

import doctest
from functools import cache
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

WEBSITE = Path(__file__).resolve().parents[2] / "website"
LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "srcset", "link": "href"}


class Page(HTMLParser):
    """What a page links to, what it loads, and the anchors that it has."""

    def __init__(self, text):
        super().__init__()
        self.links, self.loads, self.anchors = [], [], {"", "__top"}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.anchors |= {values.get("id"), values.get("name")}
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        if tag in LOADED and values.get(LOADED[tag]) and values.get("rel") != "canonical":
            self.loads.append(values[LOADED[tag]])


@cache
def page(path):
    return Page(path.read_text(encoding="utf-8"))


@cache
def target_of(folder, place):
    """The file that a link from a page in a folder leads to, if there is one; the menu leads from every page to all."""
    file = (folder / unquote(place)).resolve()
    file = file / "index.html" if file.is_dir() else file
    return file if file.is_file() else None


def broken(site):
    """Each link or resource that leads nowhere, with the page that has it."""
    for path in sorted(site.rglob("*.html")):
        root = site if path.name == "404.html" else path.parent  # its links start at the root of a server
        for link in (*page(path).links, *page(path).loads):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            place = parts.path.lstrip("/") if path.name == "404.html" else parts.path
            target = target_of(root, place) if place else path
            anchored = target and target.suffix == ".html" and parts.fragment and not parts.fragment.startswith("__")
            if not target or (anchored and unquote(parts.fragment) not in page(target).anchors):
                yield f"{path.relative_to(site)}: {link}"


def test_links_and_anchors_of_every_page_resolve(site):
    assert len(list(site.rglob("*.html"))) > 60
    assert list(broken(site)) == []


def test_a_link_that_leads_nowhere_is_seen(tmp_path):
    (tmp_path / "a.html").write_text('<a href="b.html#here">x</a><a href="b.html#gone">y</a><img src="none.svg">')
    (tmp_path / "b.html").write_text('<p id="here">')
    assert list(broken(tmp_path)) == ["a.html: b.html#gone", "a.html: none.svg"]


def test_pages_load_nothing_from_another_machine(site):
    loads = {load for path in site.rglob("*.html") for load in page(path).loads}
    assert {load for load in loads if urlsplit(load).netloc} == set()
    styles = [path.read_text(encoding="utf-8") for path in site.rglob("*.css")]
    assert styles and not any("url(http" in style or "url(//" in style for style in styles)


def test_formulas_are_written_out(site):
    pages = [path.read_text(encoding="utf-8") for path in site.rglob("*.html")]
    assert any("<math" in text for text in pages)
    assert not any('class="arithmatex"' in text for text in pages)


def test_a_parameter_is_described_in_the_words_of_its_docstring(site):
    text = " ".join((site / "reference" / "presentation.html").read_text(encoding="utf-8").split())
    assert "Diagram, prediction and reference, parallel and with a non-empty codomain." in text
    assert "<code>Diagram, prediction" not in text
    assert "the weight is negative, infinite, NaN or not a number." in text


def test_every_public_name_is_in_the_reference_once(site):
    names = import_module("website.reference.reference_pages").public_names()
    assert len(names) > 15
    for place, entries in names.items():
        anchors = page(site / "reference" / f"{place}.html").anchors
        assert set(entries) <= anchors, place
    assert len({entry for entries in names.values() for entry in entries}) == sum(map(len, names.values()))


@pytest.mark.parametrize(
    "name",
    [
        ".".join(path.relative_to(WEBSITE.parent).with_suffix("").parts)
        for path in sorted(WEBSITE.rglob("*.py"))
        if ">>> " in path.read_text()
    ],
)
def test_doctests_of_the_scripts_hold(name):
    pytest.importorskip("mkdocs")
    assert doctest.testmod(import_module(name)).failed == 0
