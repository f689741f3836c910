"""The command `convert`: a learning diagram from one format to another."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Formats(StrEnum):
    """The formats that `convert` knows."""

    yaml = "yaml"
    json = "json"
    quiver = "quiver"
    tikz_cd = "tikz-cd"
    acset = "acset"
    wiring = "wiring"
    hypergraph = "hypergraph"
    discopy = "discopy"
    graphviz = "graphviz"
    mermaid = "mermaid"


def convert(
    source: Annotated[str, typer.Argument(metavar="FILE", help="A file, or a link to q.uiver.app.")],
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="Its end says the format.")],
    read: Annotated[
        Formats | None, typer.Option("--from", help="What is read, where its name does not say it.")
    ] = None,
    write: Annotated[Formats | None, typer.Option("--to", help="What is written, likewise.")] = None,
    side: Annotated[
        str | None, typer.Option(metavar="NAME.lhs", help="Write one side of an equation, as a string diagram.")
    ] = None,
) -> None:
    """Convert a learning diagram: YAML, JSON, quiver, tikz-cd and C-sets both ways, Graphviz and Mermaid out."""
    from pathlib import Path

    from learning_diagrams.files.lint import unused
    from learning_diagrams.files.load_save import read_bytes
    from learning_diagrams.files.plain_file import encode_by, read_text_file
    from learning_diagrams.interchange.formats import format_of, read_as, written_as
    from learning_diagrams.storage.atomic_write import write_whole

    to = write.value if write else format_of(output)
    of = read.value if read else format_of(source)
    given = source if source.startswith(("https://", "http://")) else read_text_file(source)
    diagram = read_as(of, given, source)
    text = written_as(to, diagram, side)
    write_whole(Path(output), encode_by(lambda _: text, {}))
    print(f"written to {output}, from {of} to {to}")
    if of in (Formats.yaml, Formats.json):
        document = read_bytes(given.encode("utf-8"), of, source).document
        if left := [f"{kind} {name!r}" for _, kind, name in unused(document, diagram.signature)]:
            print(f"left out, for nothing uses them: {', '.join(left)}")
