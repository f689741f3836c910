"""Links from the sources in `docs` to other files of the clone, which lead to the pages of those files on the site.

So a reader of the clone, for whom the generated pages are not there, follows the same links.
"""

import posixpath
import re

from mkdocs.structure.pages import Page

LINK = re.compile(r"(?<=\]\()(?P<file>(?:\.\./)+[\w./-]+(?:#[\w.-]+)?)(?=\))")
PAGES = {
    r"CHANGELOG\.md": "changelog.md",
    r"backends/torch/__init__\.py(#[\w.-]+)?": r"reference/backends/torch.md\1",
    r"benchmarks/results": "performance.md",
    r"learning_diagrams/commands": "reference/command-line.md",
    r"learning_diagrams/learning-diagram\.schema\.json": "reference/file-format.md",
    r"learning_diagrams/learning-plan\.schema\.json": "reference/plan-format.md",
    r"learning_diagrams/regimes": "regimes/index.md",
    r"learning_diagrams/regimes/(\w+)\.yaml": r"regimes/\1.md",
    r"notebooks": "notebooks/index.md",
    r"notebooks/(\d\d_\w+)\.ipynb": r"notebooks/\1.md",
    r"notebooks/teaching/README\.md": "teach/index.md",
    r"notebooks/teaching/README\.md#the-lecture": "teach/lecture.md",
    r"notebooks/teaching/(syllabus_\w+\.md)": r"teach/\1",
    r"website/mathematics/laws\.yaml(#[\w-]+)?": r"mathematics/laws.md\1",
}


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    return linked(markdown, posixpath.dirname(page.file.src_uri))


def linked(markdown: str, folder: str) -> str:
    """The text of a page in a folder of `docs`, with the links of the site.

    >>> linked("[GAN](../../../learning_diagrams/regimes/gan.yaml)", "how-to/train")
    '[GAN](../../regimes/gan.md)'
    """

    def link(match: re.Match[str]) -> str:
        file = posixpath.normpath(posixpath.join("docs", folder, match["file"]))
        for pattern, page in PAGES.items():
            if whole := re.fullmatch(pattern, file):
                return posixpath.relpath(whole.expand(page), folder or ".")
        return match["file"]

    return LINK.sub(link, markdown)
