"""The report in a browser: the slider moves by keyboard, faces change, nothing is asked for, and no name runs."""

import json
import re

import pytest

from learning_diagrams import regimes
from learning_diagrams.drawing.graph.graph_picture import learning_graph
from learning_diagrams.errors import printable
from learning_diagrams.report.graph_section import Reading
from learning_diagrams.report.report_page import write_report
from learning_diagrams.report.timeline import LEVELS

HOSTILE = [
    "</script><script>alert(1)</script>",
    "\"><img src=http://example.com/a.png onerror=alert(2)>",
    "'); alert(3); ('",
    "\x1b[31m\x00\u202eevil\u2066",
    "${alert(4)}",
    "</style><style>@import 'http://example.com/b.css'",
    "]]></svg><svg onload=alert(5)>&amp;&lt;",
]  # fmt: skip


@pytest.fixture
def page_of(written, tmp_path):
    def write(*names, **options):
        write_report(written(*names, **options), tmp_path / "report.html")
        return tmp_path / "report.html"

    return write


def rgb(colour):
    return "rgb({}, {}, {})".format(*(int(colour[i : i + 2], 16) for i in (1, 3, 5)))


def state(page, name):
    """The filling of the face or chart of a constraint, the number in it, and its row of the table."""
    return page.evaluate(
        """name => {
          const own = key => [...document.querySelectorAll(`[data-${key}]`)].filter(e => e.dataset[key] === name);
          const sand = [...own('face'), ...own('constraint').flatMap(g => [...g.querySelectorAll('rect.sand')])];
          sand.forEach(e => { e.style.transition = 'none'; });
          const texts = own('term')[0].querySelectorAll('text');
          const row = [...document.querySelectorAll('#terms tbody tr')].find(r => r.cells[0].textContent === name);
          return {fill: getComputedStyle(sand[0]).fill, number: texts[texts.length - 1].textContent,
                  text: getComputedStyle(texts[0]).fill, row: [...row.cells].map(c => c.textContent)};
        }""",
        name,
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_slider_moves_by_keyboard_and_all_follows_it(page_of, visit, scheme):
    seen = visit(page_of(), color_scheme=scheme)
    page = seen.page
    at_end = state(page, "falls")
    assert (at_end["fill"], at_end["number"], at_end["text"]) == (rgb(LEVELS[0]), "0.05", "rgb(255, 255, 255)")
    assert at_end["row"] == ["falls", "0.05", "5 %", "8"]
    slider = page.get_by_label("Step of training")
    slider.focus()
    page.keyboard.press("Home")
    at_start = state(page, "falls")
    assert (at_start["fill"], at_start["number"], at_start["text"]) == (rgb(LEVELS[4]), "1", "rgb(0, 0, 0)")
    assert slider.get_attribute("aria-valuetext") == page.locator("output").text_content() == "step 1 of 5, epoch 1"
    assert page.locator("#cosines td").all_text_contents() == ["f", "1"]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert state(page, "falls")["fill"] == rgb(LEVELS[2])
    assert (state(page, "rises")["number"], state(page, "rises")["row"][2]) == ("nan", "–")
    assert state(page, "rises")["fill"] not in map(rgb, LEVELS)
    line = page.locator(".now").first
    assert line.get_attribute("transform") == "translate(108 0)"  # half of the way
    page.keyboard.press("End")
    assert state(page, "falls") == at_end
    assert page.locator("#cosines td").all_text_contents() == ["f", "−0.25"]
    assert (seen.requests, seen.complaints) == ([], [])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_axe_finds_nothing_serious(page_of, visit, scheme, width):
    seen = visit(page_of(), width=width, color_scheme=scheme)
    assert seen.serious() == []
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert [picture.get_attribute("alt") for picture in seen.page.locator("img").all()] == [
        "rows.pixels of row 3: 8 × 9 pixels"
    ]
    assert seen.page.locator("img").first.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [9, 8]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_run_nothing_and_ask_for_nothing(page_of, visit, name):
    path = page_of(name, name + "2", name=name, text=name)
    seen = visit(path)
    seen.page.get_by_label("Step of training").focus()
    seen.page.keyboard.press("Home")
    assert (seen.requests, seen.complaints) == ([], [])
    assert (state(seen.page, printable(name))["number"], state(seen.page, printable(name + "2"))["number"]) == (
        "1",
        "1",
    )
    assert seen.page.locator("h1").text_content() == printable(name)
    assert printable(name) in seen.page.locator(".cards").text_content()
    assert seen.page.locator("script").count() == 2 and seen.page.locator("style").count() == 2


def test_the_data_of_the_page_are_json_and_end_no_element(page_of):
    text = page_of("</script><!--", "b&amp;").read_text(encoding="utf-8")
    inner = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)[1]
    assert not set("<>&") & set(inner) and json.loads(inner)["terms"][0][0] == "</script><!--"


def test_no_script_runs_but_that_of_the_page(page_of, visit, tmp_path):
    """Even where the escaping failed: the page forbids it."""
    path = page_of()
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("</main>", "<script>document.title = 'run'</script></main>"), encoding="utf-8")
    seen = visit(path)
    assert seen.page.title() == "Training of school" and "Content Security Policy" in seen.complaints[0]


@pytest.mark.sampled(6)
@pytest.mark.parametrize("name", regimes.__all__)
def test_every_term_of_every_regime_has_its_number_in_the_graph(name):
    diagram = getattr(regimes, name)()
    scene = learning_graph(diagram, captions=lambda c: Reading(c.name, ("", "0.00"), number="1.25"))
    graph = "".join(scene.elements)
    games = [term for player in diagram.players for term, _ in player.terms]
    terms = games or [constraint.name for constraint in diagram.constraints]
    assert sorted(re.findall(r'data-term="([^"]*)"', graph)) == sorted(terms)
    assert graph.count(">1.25<") == len(terms)
