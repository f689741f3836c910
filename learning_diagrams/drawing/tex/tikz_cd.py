"""tikz-cd: a learning diagram as a commutative diagram for LaTeX.

>>> from learning_diagrams.regimes import distillation
>>> print(tikz_cd_text(distillation()).splitlines()[-1])
\\end{tikzcd}
"""

from __future__ import annotations

from math import atan2, degrees, hypot

from learning_diagrams.drawing.elements.palette import LIGHT
from learning_diagrams.drawing.elements.plates import Look
from learning_diagrams.drawing.tex.cell_sides import End
from learning_diagrams.drawing.tex.commutative import Bow, Cell, commutative_diagram
from learning_diagrams.drawing.tex.letters import LETTER
from learning_diagrams.drawing.tex.lines import label
from learning_diagrams.drawing.tex.uncrowded import STEP, Way, turn_of
from learning_diagrams.errors import printable
from learning_diagrams.presentation.presentation import Presentation

CELL, EM = 5, 0.36  # em of a cell of the grid, and centimetres of an em
LOOPS = ("above", "below", "left", "right")
ARC = 0.3915  # of the length of an arc with looseness 1, how far from its ends TikZ sets the points that steer it
_LIBRARY = "decorations.pathmorphing"
WAVES = rf"\ifcsname tikz@library@{_LIBRARY}@loaded\endcsname\else\tikzcdset{{squiggly/.style=dotted}}\fi"


def tikz_cd_text(diagram: Presentation, standalone: bool = False) -> str:
    """The environment tikzcd of a learning diagram, or a document with it; comments say what its arrows do not."""
    drawn = commutative_diagram(diagram)
    rows = max((place.row for place in drawn.objects), default=0) + 1
    columns = max((place.column for place in drawn.objects), default=0) + 1
    grid = [["{}"] * columns for _ in range(rows)]
    for place in drawn.objects:
        grid[place.row][place.column] = place.latex
    crossed = {end[1] for cell in drawn.cells for end in (cell.source, cell.target) if end[0]}
    at = [f"{place.row + 1}-{place.column + 1}" for place in drawn.objects]
    notes = [
        diagram.name or "learning diagram",
        "needs the packages amsmath, amssymb and tikz-cd",
        "a kernel is a wavy arrow where \\usetikzlibrary{decorations.pathmorphing} is in force, else a dotted one",
        *(f"stated: {text}" for text in drawn.stated),
        *(f"not shown: {text}" for text in drawn.missing),
    ]
    lines = [f"% {printable(note)}".replace("\n", " ") for note in notes]
    lines += [LETTER, r"\providecommand{\ldsize}[1]{\fontsize{#1bp}{#1bp}\selectfont}", WAVES]
    em = min(CELL, 100 / max(rows, columns))  # TeX computes no arc across more
    gap = f"{{{em:.3g}em,between origins}}"
    lines += [rf"\begin{{tikzcd}}[row sep={gap}, column sep={gap}]"]
    lines += ["  " + " & ".join(row) + (r" \\" if i + 1 < rows or drawn.arrows else "") for i, row in enumerate(grid)]
    lines += [f"  {_arrow(bow, i in crossed, i, at, em)}" for i, bow in enumerate(drawn.arrows)]
    lines += [f"  {_cell(cell, at, em)}" for cell in drawn.cells]
    text = "\n".join([*lines, r"\end{tikzcd}", ""])
    if not standalone:
        return text
    width, height = (5 + em * EM * length for length in drawn.size)
    packages = [
        f"[paperwidth={width:.1f}cm, paperheight={height:.1f}cm, margin=1cm]{{geometry}}",
        "[T1]{fontenc}",
        "{amsmath,amssymb}",
        "{tikz-cd}",
    ]
    modern = r"\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}"
    head = [
        r"\documentclass{article}",
        *(f"\\usepackage{package}" for package in packages),
        rf"\usetikzlibrary{{{_LIBRARY}}}",
        modern,
        r"\pagestyle{empty}",
    ]
    return "\n".join([*head, r"\begin{document}", r"\[", text + r"\]", r"\end{document}", ""])


def _arrow(bow: Bow, crossed: bool, number: int, at: list[str], em: float) -> str:
    options = [_label(bow.latex, bow.way, em, bow.source == bow.target)]
    if crossed:
        options.append(f'""{{name=A{number}, anchor=center, inner sep=0}}')
    options += [f"from={at[bow.source]}", f"to={at[bow.target]}", *_style(bow.look)]
    loop = LOOPS[turn_of(bow.way.bend)] if bow.source == bow.target else None
    return f"\\arrow[{', '.join([*options, *_arc(bow.way, loop)])}]"


def _label(latex: str, way: Way, em: float, is_loop: bool) -> str:
    """A label where the layout has it; TikZ would set a corner of it on an arrow that is not level."""
    options = [f"pos={way.slide}"] if way.slide != 0.5 else []
    x, y = way.aside
    if not is_loop and min(abs(x), abs(y)) > 0.01:
        options += ["anchor=center", f"xshift={em * x:.2f}em", f"yshift={-em * y:.2f}em"]
    return f'"{{{latex}}}"' + "'" * way.right + (f"{{{', '.join(options)}}}" if options else "")


def _arc(way: Way, loop: str | None) -> list[str]:
    """The options of an arc: the parabola of the layout, and of quiver."""
    if loop:
        return [f"loop {loop}"]
    if not way.bend:
        return []
    across, down = max(way.length, 0.1) / 2, 2 * STEP * abs(way.bend)
    looseness = 2 / 3 * hypot(across, down) / (ARC * 2 * across)
    side = "left" if way.bend < 0 else "right"
    return [f"bend {side}={degrees(atan2(down, across)):.0f}, looseness={looseness:.2f}"]


def _style(look: Look) -> list[str]:
    wave = ["squiggly"] if look.kind == "kernel" else ["dashed"] * (look.training == "follower")
    if look.training == "trained":
        red, green, blue = (int(LIGHT.hues[look.hue - 1][i : i + 2], 16) for i in (1, 3, 5))
        return [*wave, "thick", f"color={{rgb,255:red,{red};green,{green};blue,{blue}}}"]
    return [*wave, *{"frozen": ["gray"], "follower": ["gray"]}.get(look.training, [])]


def _cell(cell: Cell, at: list[str], em: float) -> str:
    def end(place: End) -> str:
        return f"A{place[1]}" if place[0] else at[place[1]]

    head = "equals" if cell.is_axiom else "Rightarrow"
    arc = _arc(cell.way, "below" if cell.source == cell.target else None)
    ends = [f"from={end(cell.source)}", f"to={end(cell.target)}", "shorten <=6pt", "shorten >=6pt"]
    text = _label(label(cell.name, cell.words), cell.way, em, cell.source == cell.target)
    return f"\\arrow[{', '.join([text, head, *ends, *arc])}]"
