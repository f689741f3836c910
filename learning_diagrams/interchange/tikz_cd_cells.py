r"""tikz-cd: the environment `tikzcd`, as this library and quiver write it, read as a learning diagram.

The text is never run by LaTeX. This is the grammar that is read; comments, and what stands around the one environment,
are passed over:

    environment := \begin{tikzcd} [options]? row ("\\" row)* "\\"? arrow* \end{tikzcd}
    row         := label ("&" label)*                      an empty label is no object
    arrow       := \arrow[ item ("," item)* ]
    item        := "label" "'"? {options}?  |  from=END  |  to=END  |  Rightarrow  |  equals  |  squiggly  |  gray
                 | an option that only says where, in which colour or how thick something is drawn
    END         := row-column, from 1  |  the name of an arrow: "" {name=NAME, …} in its items

>>> from learning_diagrams.regimes import inverse_pair
>>> from_tikz_cd(inverse_pair().to_tikz_cd()) == inverse_pair()
True
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from learning_diagrams.drawing.tex.cell_sides import End
from learning_diagrams.drawing.tex.letters import in_latex
from learning_diagrams.errors import FileError, brief
from learning_diagrams.interchange.drawn_graph import DrawnArrow, DrawnGraph
from learning_diagrams.interchange.math_label import at_top, bare
from learning_diagrams.interchange.outside_text import require_text
from learning_diagrams.learning_diagram import LearningDiagram

WHERE = "the tikz-cd text"
_ENVIRONMENT = re.compile(r"\\begin\{tikzcd\}(.*?)\\end\{tikzcd\}", re.DOTALL)
_COMMENT = re.compile(r"(?<!\\)%[^\n]*\n?\s*")
_MISSING = re.compile(r"^\s*% (not shown: .*)", re.MULTILINE)
_STATED = re.compile(r"^\s*% (stated: .*)", re.MULTILINE)
_LABEL = re.compile(r'"(?P<label>.*)"\s*(?P<swap>\'?)\s*(?P<options>\{.*\})?', re.DOTALL)
_GREY = ("gray", "color={rgb,255:red,102;green,102;blue,102}")
_DRAWN = re.compile(
    r"(shift (left|right)|bend (left|right)|curve|shorten( [<>])?|between|colou?r|draw|in|out|distance|controls|loop"
    r"|text|pos|looseness|[xy]shift|inner sep|anchor|start anchor|end anchor)( ?=.*)?"
    r"|thick|dashed|dotted|loop (above|below|left|right)|nfold|description|marking|allow upside down|swap",
    re.DOTALL,
)  # fmt: skip


def from_tikz_cd(text: str, *, names: Mapping[str, str] | None = None, name: str = "") -> LearningDiagram:
    """The learning diagram that an environment `tikzcd` draws: parameters and errors as in `from_quiver`.

    Raises `FileError` for a text that the grammar does not have, such as `\\arrow[r]` without `from=` and `to=`, and
    for what is not carried, such as an arrow with a tail, or a comment `% not shown: …` of this library.
    """
    text = require_text(text, WHERE) + "\n"
    if match := _MISSING.search(text):
        raise FileError(
            f"{WHERE}: the comment {brief(match[1])} says what the arrows do not carry; delete it to read the rest"
        )
    stated = _STATED.findall(text)
    text = _COMMENT.sub("", text)
    found = _ENVIRONMENT.findall(text)
    if len(found) != 1:
        raise FileError(f"{WHERE}: one environment tikzcd is read, and there are {len(found)}")
    grid, *arrows = re.split(r"\\(?:arrow|ar)(?=\s*\[)", re.sub(r"^\s*\[[^\]]*\]", "", found[0]))
    if match := re.search(r"\\ar(row)?(?![a-zA-Z])", grid):
        raise FileError(f"{WHERE}: an arrow has no options: {brief(grid[match.start() :][:60])}")
    places: dict[str, End] = {}
    labels: list[str] = []
    for row, cells in enumerate(at_top(grid, r"\\\\"), start=1):
        for column, cell in enumerate(at_top(cells, "&"), start=1):
            if bare(cell):
                places[f"{row}-{column}"] = False, len(labels)
                labels.append(cell)
    reader = _Arrows(places)
    for i, arrow in enumerate(arrows):
        reader.add(i, arrow.strip())
    labels += [f"\\textrm{{{in_latex(line)}}}" for line in stated]
    return DrawnGraph(labels, reader.arrows, WHERE, names or {}).learning_diagram(name)


class _Arrows:
    """Arrows as they are read; ends are objects by their places, and arrows by their names."""

    def __init__(self, places: Mapping[str, End]) -> None:
        self.ends = dict(places)
        self.arrows: list[DrawnArrow] = []

    def add(self, i: int, text: str) -> None:
        place = f"{WHERE}: arrow {i}"
        if not text.endswith("]"):
            raise FileError(
                f'{place}: arrows stand behind all rows, as \\arrow["f", from=1-1, to=1-2]; got {brief(text[-60:])}'
            )
        labels, own, ends, options = [], [], {}, set[str]()
        for item in (item.strip() for item in at_top(text[1:-1], ",")):
            key, equals, value = item.partition("=")
            if match := _LABEL.fullmatch(item):
                inner = [part.strip() for part in at_top(match["options"][1:-1], ",")] if match["options"] else []
                own += [part.removeprefix("name=") for part in inner if part.startswith("name=")]
                self._require_known({part for part in inner if not part.startswith("name=")}, place)
                labels += [match["label"]] if match["label"] else []
            elif equals and key in ("from", "to"):
                ends[key] = value.strip()
            else:
                options.add(item)
        if "phantom" in options:  # a second, invisible copy of an arrow, to which others are tied: quiver writes it
            self.ends |= {name: self.ends.get(name.removesuffix("p"), (True, -1)) for name in own}
            return
        for end in ("from", "to"):
            if ends.get(end) not in self.ends:
                raise FileError(
                    f"{place}: {end}= must name an object, as row-column, or an arrow before it, got "
                    f"{brief(ends.get(end))}"
                )
        if len(labels) > 1:
            raise FileError(f"{place}: has several labels, {brief(labels[1])} among them, which is not carried")
        self._require_known(options - {"Rightarrow", "equals", "squiggly", *_GREY}, place)
        source, target = self.ends[ends["from"]], self.ends[ends["to"]]
        inner_level = max([self.arrows[at].level for is_arrow, at in (source, target) if is_arrow], default=0)
        if inner_level > 1:
            raise FileError(f"{place}: is a cell of dimension 3; objects, arrows and 2-cells are read")
        level = 2 if options & {"Rightarrow", "equals"} or inner_level else 1
        self.ends |= {name: (True, len(self.arrows)) for name in own}
        label, grey, wavy = "".join(labels), bool(options & set(_GREY)), "squiggly" in options
        where = f"arrow {i}" + (f" ({label:.60})" if label else "")
        self.arrows.append(DrawnArrow(source, target, label, where, level, "equals" not in options, wavy, grey))

    def _require_known(self, options: set[str], place: str) -> None:
        for option in sorted(options):
            if not _DRAWN.fullmatch(option):
                raise FileError(f"{place}: the option {brief(option)} is not carried")
