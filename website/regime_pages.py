"""A page for each regime, and their contact sheet."""

from collections.abc import Iterator

from learning_diagrams import regimes


def pages() -> Iterator[tuple[str, str]]:
    lines = [f"[![{name}]({name}.svg)]({name}.md)" for name in regimes.__all__]
    yield "regimes/index.md", "\n\n".join(["# Regimes", *lines, ""])
    for name in regimes.__all__:
        yield f"regimes/{name}.md", f"# {name}\n\n![The learning graph]({name}.svg)\n"
