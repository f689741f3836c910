"""A headless Chromium that opens files; without Chromium or Playwright the tests that ask for it are skipped."""

import shutil
from dataclasses import dataclass, field
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CONTRAST, LOOK = "color-contrast", "data-look"
# Marks the first text of each colour, ground, size, weight and opacity.
MARK_LOOKS = """() => {
  const seen = new Set()
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  document.querySelectorAll('[LOOK]').forEach(element => element.removeAttribute('LOOK'))
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement
    if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue
    const style = getComputedStyle(element), grounds = []
    for (let above = element; above; above = above.parentElement) {
      const {backgroundColor, backgroundImage, opacity} = getComputedStyle(above)
      grounds.push([backgroundColor, backgroundImage, opacity].join())
    }
    const look = [style.color, style.fontSize, style.fontWeight, ...new Set(grounds)].join(' ')
    if (!seen.has(look)) element.setAttribute('LOOK', '')
    seen.add(look)
  }
}""".replace("LOOK", LOOK)


@dataclass
class Visit:
    """A page of Playwright, the requests that it made for anything but the opened file, and what it complained of."""

    page: Any
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)  # errors and warnings of the console, exceptions, dialogs

    def serious(self):
        """What axe holds against the page that is serious or critical, a line each.

        Axe takes milliseconds for the contrast of each text, so it sees each text that looks different from all others.
        """
        axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
        self.page.evaluate(MARK_LOOKS)
        whole, texts = None, {"include": [[f"[{LOOK}]"]]}
        runs = (whole, {"rules": {CONTRAST: {"enabled": False}}}), (texts, {"runOnly": [CONTRAST]})
        violations = [
            each
            for context, options in runs
            for each in axe.run(self.page, context, {"resultTypes": ["violations"], **options}).response["violations"]
        ]
        grave = [each for each in violations if each["impact"] in ("serious", "critical")]
        return [f"{each['id']}: {node['html'][:200]}" for each in grave for node in each["nodes"]]


@pytest.fixture(scope="module")
def chromium():
    """A browser. It ends with each module, because Playwright's loop of events would stay in the way of others."""
    playwright = pytest.importorskip("playwright.sync_api")
    place = next(filter(None, map(shutil.which, NAMES)), None)
    if place is None:
        pytest.skip(f"needs one of {', '.join(NAMES)}: apt-get install chromium")
    with playwright.sync_playwright() as api:
        browser = api.chromium.launch(executable_path=place, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium):
    """A function from the path of a file, with options of a browser context (as color_scheme="dark"), to a `Visit`.

    A page of `root`, the address of a server on this machine, may ask that server for more.
    """
    contexts = []

    def open_file(path, width=1280, height=900, root=None, **options):
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        seen = Visit(context.new_page())
        address = path.resolve().as_uri() if root is None else root + path

        def decide(route):
            if route.request.url == address or (root and route.request.url.startswith(root)):
                return route.continue_()
            seen.requests.append(route.request.url)
            return route.abort()

        seen.page.route("**/*", decide)
        seen.page.on("console", lambda message: message.type in ("error", "warning") and note(message.text))
        seen.page.on("pageerror", lambda error: note(str(error)))
        seen.page.on("dialog", lambda dialog: (note(dialog.message), dialog.dismiss()))
        note = seen.complaints.append
        seen.page.goto(address)
        return seen

    yield open_file
    for context in contexts:
        context.close()
