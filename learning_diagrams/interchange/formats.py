"""Formats: the table of what the command `convert` reads and writes.

>>> format_of("distilled.acset.json"), format_of("mine.mmd"), format_of("https://q.uiver.app/#q=WzAsMF0=")
('acset', 'mermaid', 'quiver')
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.errors import FileError, UnknownName, brief, did_you_mean
from learning_diagrams.files.load_save import encode, read_bytes
from learning_diagrams.interchange.discopy_tree import to_discopy_json
from learning_diagrams.interchange.graph_acset import from_graph_acset, to_graph_acset
from learning_diagrams.interchange.graphviz_text import to_graphviz
from learning_diagrams.interchange.mermaid_text import to_mermaid
from learning_diagrams.interchange.open_hypergraph import to_open_hypergraph
from learning_diagrams.interchange.quiver_cells import from_quiver
from learning_diagrams.interchange.tikz_cd_cells import from_tikz_cd
from learning_diagrams.interchange.wiring_acset import to_wiring_acset
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.constraint import Constraint


class Format(NamedTuple):
    """What a format carries.

    suffixes : tuple of str, how the names of its files end.
    read : function from a text, and what it is called in errors, to its learning diagram; None where there is none.
    write : function from a learning diagram to its text.
    write_side : function from a diagram, a side of an equation, to its text.
    """

    suffixes: tuple[str, ...]
    read: Callable[[str, str], LearningDiagram] | None = None
    write: Callable[[LearningDiagram], str] | None = None
    write_side: Callable[[Diagram], str] | None = None


def _own(form: str) -> Format:
    def read(text: str, name: str) -> LearningDiagram:
        return read_bytes(text.encode("utf-8"), form, name).diagram

    suffixes = {"yaml": (".yaml", ".yml"), "json": (".json",)}[form]
    return Format(suffixes, read, lambda diagram: encode(diagram, form).decode("utf-8"))


FORMATS: dict[str, Format] = {
    "yaml": _own("yaml"),
    "json": _own("json"),
    "quiver": Format((".quiver",), lambda text, _: from_quiver(text), lambda diagram: f"{diagram.to_quiver()}\n"),
    "tikz-cd": Format(
        (".tex",), lambda text, _: from_tikz_cd(text), lambda diagram: diagram.to_tikz_cd(standalone=True)
    ),
    "acset": Format((".acset.json",), lambda text, _: from_graph_acset(text), to_graph_acset),
    "wiring": Format((".wiring.json",), write_side=to_wiring_acset),
    "hypergraph": Format((".hypergraph.json",), write_side=to_open_hypergraph),
    "discopy": Format((".discopy.json",), write_side=to_discopy_json),
    "graphviz": Format((".dot", ".gv"), None, to_graphviz, to_graphviz),
    "mermaid": Format((".mmd",), None, to_mermaid, to_mermaid),
}


def format_of(name: str) -> str:
    """The format that the name of a file, or a link, says by its end or its start; `FileError` for another name."""
    if name.startswith(("https://", "http://")):
        return "quiver"
    endings = {suffix: form for form, entry in FORMATS.items() for suffix in entry.suffixes}
    for suffix in sorted(endings, key=len, reverse=True):
        if name.lower().endswith(suffix):
            return endings[suffix]
    raise FileError(f"{brief(name)} says no format: a name ends in {', '.join(endings)}; or give --from and --to")


def read_as(form: str, text: str, name: str) -> LearningDiagram:
    """The learning diagram of a text, called `name` in errors; `FileError` for a format that holds none."""
    read = FORMATS[form].read
    if read is None:
        readable = ", ".join(name for name, entry in FORMATS.items() if entry.read)
        raise FileError(f"a learning diagram is not read from {form}; it is from {readable}")
    return read(text, name)


def written_as(form: str, diagram: LearningDiagram, side: str | None = None) -> str:
    """The text of a learning diagram, or of a side of an equation, such as "distilled.lhs".

    Raises `FileError` for a format that does not hold it, `UnknownName` for a side that is not there.
    """
    entry = FORMATS[form]
    if side is not None and entry.write_side is not None:
        return entry.write_side(side_of(diagram, side))
    if side is None and entry.write is not None:
        return entry.write(diagram)
    what = (
        "one side of an equation: add --side NAME.lhs" if side is None else "a whole learning diagram: leave --side out"
    )
    raise FileError(f"{form} holds {what}")


def side_of(diagram: LearningDiagram, name: str) -> Diagram:
    """A side of an equation, such as "distilled.lhs", after its data."""
    sides: dict[str, Diagram] = {}
    for equation in diagram.equations:
        pair = equation.reading.composites if isinstance(equation, Constraint) else (equation.lhs, equation.rhs)
        sides |= {f"{equation.name}.{end}": side for end, side in zip(("lhs", "rhs"), pair, strict=True)}
    if name not in sides:
        raise UnknownName(f"there is no side {brief(name)}; {did_you_mean(name, sides)}")
    return sides[name]
