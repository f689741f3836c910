"""Each kind of page in a browser: nothing serious for axe, no complaint, no request that leaves, no overflow."""

from itertools import product

import pytest

KINDS = {
    "first page": "index.html",
    "how-to": "how-to/train/options.html",
    "notebook": "notebooks/03_*.html",
    "regime": "regimes/distillation.html",
    "reference": "reference/presentation.html",
    "table": "reference/file-format.html",
    "cards": "notebooks/index.html",
    "error": "errors/InvalidWeight.html",
    "glossary": "glossary.html",
}
LOOKS = {"wide and light": (1300, "light"), "narrow and dark": (400, "dark")}
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Axe takes seconds for hundreds of rows of one form; the thorough test leaves nothing out.
REPEATED = ("tbody tr:nth-child(n + 20)",)
SETTLED = "document.readyState === 'complete' && document.fonts.status === 'loaded'"


def faults(visit, served, place, width, scheme, left_out=()):
    seen = visit(place, width=width, root=served, color_scheme=scheme, reduced_motion="reduce")
    seen.page.wait_for_function(SETTLED)
    overflow = seen.page.evaluate(OVERFLOW)
    wide = [f"{overflow} pixels too wide"] if overflow > 0 else []
    serious = seen.serious(left_out)
    seen.page.context.close()  # hundreds of open pages would fill the memory
    return [*seen.requests, *seen.complaints, *wide, *serious]


def place_of(site, pattern):
    return next(path.relative_to(site).as_posix() for path in sorted(site.glob(pattern)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("look", LOOKS)
def test_a_page_of_each_kind_has_no_fault(visit, site, served, kind, look):
    assert faults(visit, served, place_of(site, KINDS[kind]), *LOOKS[look], REPEATED) == []


@pytest.mark.thorough
@pytest.mark.parametrize(("width", "scheme"), list(product((1300, 400), ("light", "dark"))))
def test_no_page_has_a_fault(visit, site, served, width, scheme):
    places = [path.relative_to(site).as_posix() for path in sorted(site.rglob("*.html")) if path.name != "slides.html"]
    found = {place: faults(visit, served, place, width, scheme) for place in places}
    assert {place: value for place, value in found.items() if value} == {}


def test_faults_are_seen(visit, served, site):
    text = '<html lang="en"><title>x</title><p style="width:900px">wide</p><img src="https://example.org/a.png">'
    (site / "faulty.html").write_text(text)
    try:
        seen = faults(visit, served, "faulty.html", 400, "light")
    finally:
        (site / "faulty.html").unlink()
    assert "https://example.org/a.png" in seen
    assert any("too wide" in fault for fault in seen) and any(fault.startswith("image-alt") for fault in seen)


def test_a_search_finds_a_page_and_asks_nobody(visit, served):
    seen = visit("start/install.html", root=served)
    seen.page.fill(".md-search__input", "distillation")
    link = seen.page.wait_for_selector(".md-search-result__link[href*='distillation']", timeout=20_000)
    link.click()
    seen.page.wait_for_url("**/*distillation*")
    assert seen.requests == [] and seen.complaints == []


def test_pictures_follow_the_scheme_that_a_reader_chooses(visit, served):
    seen = visit("regimes/distillation.html", root=served, color_scheme="light")
    seen.page.locator("label[title='Dark']").click()
    assert seen.page.evaluate("getComputedStyle(document.querySelector('.md-typeset img')).colorScheme") == "dark"
