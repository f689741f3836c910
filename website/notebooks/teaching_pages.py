"""What lecturers need, from the folder `notebooks/teaching`: syllabus, lecture, sheets, grading, licence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "notebooks" / "teaching"
SLIDES = "lecture_90_minutes/slides.html"
PAGES = {"The lecture": "lecture", "The sheets": "grading"}  # sections of README.md that are pages here
LINKS = {
    r"\.\./(\d\d_\w+)\.ipynb": r"../notebooks/\1.md",
    r"\[(\w+)\]\((?:\.\./)+LICENSE\)": r"\1",
    r"LICENCE\.md": "licence.md",
    r"\[problem_sheets/\]\(problem_sheets\)": "[problem sheets](problem_sheets/week_1.md)",
    r"\[(solutions/)\]\(solutions\)": r"`notebooks/teaching/\1`",  # students read this site
}


def pages() -> Iterator[tuple[str, str]]:
    front, *sections = re.split(r"^## (?=.*\n)", _text("README.md"), flags=re.M)
    texts = {title: text.strip() for title, _, text in (section.partition("\n") for section in sections)}
    kept = "".join(f"## {title}\n\n{text}\n\n" for title, text in texts.items() if title not in PAGES)
    yield "teach/index.md", front.replace("the folder above", "[Learn](../notebooks/index.md)") + kept
    yield "teach/syllabus_six_weeks.md", _text("syllabus_six_weeks.md")
    yield f"teach/{SLIDES}", _text(SLIDES)
    for title, page in PAGES.items():
        link = f"[Open the slides]({SLIDES}){{ .md-button }}\n\n" if page == "lecture" else ""
        yield f"teach/{page}.md", f"# {title}\n\n{link}{texts[title]}\n"
    for path in sorted((FOLDER / "problem_sheets").glob("*.md")):
        yield f"teach/problem_sheets/{path.name}", _text(f"problem_sheets/{path.name}")
    yield "teach/licence.md", _text("LICENCE.md")


def _text(name: str) -> str:
    """A text of the folder, with its links as they are on the site."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    if name.endswith(".md"):
        for pattern, link in LINKS.items():
            text = re.sub(pattern, link, text)
    return text
