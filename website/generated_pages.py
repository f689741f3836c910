"""Pages of the site that are made from the code when the site is built.

Each module that `page_writers` lists has `pages()`: for each page its place on the site and its text, in the order of
the menu. A page without a text is a file of the clone, in the same place; a picture that takes time to draw is a
function that returns it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
# The search ranks tasks above what merely has many words: factors, by the beginnings of places.
RANKS = {
    "how-to/": 8,
    "divergences": 8,
    "start/": 4,
    "teach/": 0.2,
    "reference/": 0.2,
    "changelog": 0.1,
    "errors/": 0.05,
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages, and write their folders out in the menu."""
    sys.path[:0] = [str(ROOT)]  # mkdocs takes back what a hook adds while it loads
    places = []
    for name in import_module("website.page_writers").WRITERS:
        for place, content in import_module(name).pages():
            if content is None:
                files.append(File(place, str(ROOT), config.site_dir, config.use_directory_urls))
            else:
                written = content() if callable(content) else content
                files.append(File.generated(config, place, content=written))
            places.append(place)
    config.nav = list(_written_out(config.nav, places))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> None:
    """Say how the search ranks the page."""
    for place, factor in RANKS.items():
        if page.file.src_uri.startswith(place):
            page.meta["search"] = {"boost": factor}


def _written_out(menu: list, places: list[str]) -> Iterator:
    """The menu, where each folder is the list of its generated pages.

    >>> list(_written_out([{"Rules": "rules/"}, "index.md"], ["rules/a.md", "rules/b.md"]))
    [{'Rules': ['rules/a.md', 'rules/b.md']}, 'index.md']
    """
    for entry in menu:
        if not isinstance(entry, dict):
            yield entry
            continue
        ((title, target),) = entry.items()
        if isinstance(target, list):
            yield {title: list(_written_out(target, places))}
        elif target.endswith("/"):
            yield {title: [place for place in places if place.startswith(target) and place.endswith(".md")]}
        else:
            yield entry
