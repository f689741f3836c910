"""tikz-cd: a learning diagram as a commutative diagram for LaTeX.

>>> from learning_diagrams.regimes import distillation
>>> print(tikz_cd_text(distillation()).splitlines()[-1])
\\end{tikzcd}
"""

from __future__ import annotations

from learning_diagrams.drawing.elements.palette import LIGHT
from learning_diagrams.drawing.elements.plates import Look
from learning_diagrams.drawing.tex.cell_sides import End
from learning_diagrams.drawing.tex.commutative import Bow, Cell, commutative_diagram
from learning_diagrams.drawing.tex.letters import LETTER
from learning_diagrams.drawing.tex.lines import label, printed_size
from learning_diagrams.drawing.tex.loops import loop_of
from learning_diagrams.drawing.tex.meetings import Point
from learning_diagrams.drawing.tex.shapes import STEP
from learning_diagrams.drawing.tex.tikz_arcs import Arc, arc_of, loop_arc
from learning_diagrams.drawing.tex.uncrowded import Way
from learning_diagrams.errors import printable
from learning_diagrams.presentation.presentation import Presentation

CELL, EM = 5, 0.36  # em of a cell of the grid, and centimetres of an em
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
    em = min(CELL, 1000 / max(rows, columns))  # TeX has no longer lengths
    gap = f"{{{em:.3g}em,between origins}}"
    lines += [rf"\begin{{tikzcd}}[row sep={gap}, column sep={gap}]"]
    lines += ["  " + " & ".join(row) + (r" \\" if i + 1 < rows or drawn.arrows else "") for i, row in enumerate(grid)]
    sizes = [printed_size(place.latex) for place in drawn.objects]
    for i, bow in enumerate(drawn.arrows):
        arc = _arc(bow.way, (sizes[bow.source], sizes[bow.target]), em, bow.source == bow.target)
        lines.append(f"  {_arrow(bow, arc, i in crossed, i, at, em)}")
    for cell in drawn.cells:
        first, last = ((0.0, 0.0) if is_arrow else sizes[i] for is_arrow, i in (cell.source, cell.target))
        arc = _arc(cell.way, (first, last), em, cell.source == cell.target)
        lines.append(f"  {_cell(cell, arc, at, em)}")
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


def _arrow(bow: Bow, arc: Arc, crossed: bool, number: int, at: list[str], em: float) -> str:
    options = [_label(bow.latex, bow.way, arc, em)]
    if crossed:
        options.append(f'""{{name=A{number}, anchor=center, inner sep=0}}')
    options += [f"from={at[bow.source]}", f"to={at[bow.target]}", *_style(bow.look), *arc.options]
    return f"\\arrow[{', '.join(options)}]"


def _label(latex: str, way: Way, arc: Arc, em: float) -> str:
    """A label where the layout has it; TikZ would set a corner of it on an arrow that is not level."""
    options = [f"pos={way.slide}"] if way.slide != 0.5 else []
    x, y = (em * wanted - found for wanted, found in zip(way.name, arc.at(way.slide), strict=True))
    options += ["anchor=center", f"xshift={x:.2f}em", f"yshift={-y:.2f}em"]
    return f'"{{{latex}}}"' + "'" * way.right + (f"{{{', '.join(options)}}}" if options else "")


def _arc(way: Way, sizes: tuple[Point, Point], em: float, is_loop: bool) -> Arc:
    (x, y), (right, down) = way.ends
    if is_loop:
        return loop_arc((em * x, em * y), loop_of(way.bend), sizes[0], em)
    return arc_of((em * x, em * y), (em * right, em * down), em * STEP * way.bend, sizes)


def _style(look: Look) -> list[str]:
    wave = ["squiggly"] if look.kind == "kernel" else ["dashed"] * (look.training == "follower")
    if look.training == "trained":
        red, green, blue = (int(LIGHT.hues[look.hue - 1][i : i + 2], 16) for i in (1, 3, 5))
        return [*wave, "thick", f"color={{rgb,255:red,{red};green,{green};blue,{blue}}}"]
    return [*wave, *{"frozen": ["gray"], "follower": ["gray"]}.get(look.training, [])]


def _cell(cell: Cell, arc: Arc, at: list[str], em: float) -> str:
    def end(place: End) -> str:
        return f"A{place[1]}" if place[0] else at[place[1]]

    head = "equals" if cell.is_axiom else "Rightarrow"
    ends = [f"from={end(cell.source)}", f"to={end(cell.target)}", "shorten <=6pt", "shorten >=6pt"]
    text = _label(label(cell.name, cell.words), cell.way, arc, em)
    return f"\\arrow[{', '.join([text, head, *ends, *arc.options])}]"
