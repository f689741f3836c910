"""Each kind of page in a browser: nothing serious for axe, no complaint, no request that leaves, no overflow."""

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
SETTLED = "document.readyState === 'complete' && document.fonts.status === 'loaded'"


def faults(seen):
    """What is wrong with the page as it stands, and what it has asked and complained of."""
    seen.page.wait_for_function(SETTLED)
    overflow = seen.page.evaluate(OVERFLOW)
    wide = [f"{overflow} pixels too wide"] if overflow > 0 else []
    return [*seen.requests, *seen.complaints, *wide, *seen.serious()]


def opened(visit, served, place, width, scheme):
    return visit(place, width=width, root=served, color_scheme=scheme, reduced_motion="reduce")


def place_of(site, pattern):
    return next(path.relative_to(site).as_posix() for path in sorted(site.glob(pattern)))


@pytest.mark.sampled(4)
@pytest.mark.parametrize(
    ("look", "kind"),
    [
        pytest.param(look, kind, marks=[pytest.mark.thorough] * (i % 2 != j))
        for i, kind in enumerate(KINDS)
        for j, look in enumerate(LOOKS)
    ],
)
def test_a_page_of_each_kind_has_no_fault(visit, site, served, kind, look):
    assert faults(opened(visit, served, place_of(site, KINDS[kind]), *LOOKS[look])) == []


@pytest.mark.thorough
@pytest.mark.parametrize("look", LOOKS)
def test_no_page_has_a_fault(visit, site, served, look):
    """One page of the browser goes through the whole site, and keeps what it has read."""
    places = [path.relative_to(site).as_posix() for path in sorted(site.rglob("*.html")) if path.name != "slides.html"]
    seen, found = opened(visit, served, places[0], *LOOKS[look]), {}
    for place in places:
        seen.page.goto(served + place)
        found[place] = faults(seen)
        seen.requests.clear(), seen.complaints.clear()
    assert {place: value for place, value in found.items() if value} == {}


def test_faults_are_seen(visit, served, site):
    text = '<html lang="en"><title>x</title><p style="width:900px">wide</p><img src="https://example.org/a.png">'
    (site / "faulty.html").write_text(text)
    try:
        seen = faults(opened(visit, served, "faulty.html", 400, "light"))
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


SOUGHT = {
    "resume": "how-to/train/resume", "torchrun": "how-to/train/many-processes", "FSDP": "how-to/train/many-processes",
    "checkpoint": "how-to/train/resume", "plan": "how-to/train/plan", "sweep": "how-to/train/plan",
    "export": "how-to/train/export", "onnx": "how-to/interchange/onnx", "gradient accumulation": "how-to/train/options",
    "kl": "divergences", "distillation": "regimes/distillation", "quiver": "how-to/interchange/commutative-diagrams",
    "proof": "how-to/reason/prove", "tikz": "how-to/publish/figures-tikz", "mask": "how-to/data/masks",
}  # fmt: skip


@pytest.mark.thorough
def test_a_search_on_the_disk_finds_the_page_of_a_task(visit, site):
    """Pages that are read as files have no worker and fetch nothing; the page of the task is among the first three."""
    seen, missed = visit("index.html", root=f"{site.as_uri()}/"), {}
    for words, place in SOUGHT.items():
        seen.page.goto(f"{site.as_uri()}/index.html")
        seen.page.click(".md-search__input")
        seen.page.keyboard.type(words)
        seen.page.wait_for_selector(".md-search-result__item", timeout=60_000)
        links = seen.page.locator(".md-search-result__item > a").evaluate_all("links => links.map(a => a.href)")[:3]
        if not any(f"/{place}.html" in link for link in links):
            missed[words] = links
    assert missed == {} and seen.requests == [] and seen.complaints == []


def test_pictures_follow_the_scheme_that_a_reader_chooses(visit, served):
    seen = visit("regimes/distillation.html", root=served, color_scheme="light")
    seen.page.locator("label[title='Dark']").click()
    assert seen.page.evaluate("getComputedStyle(document.querySelector('.md-typeset img')).colorScheme") == "dark"
