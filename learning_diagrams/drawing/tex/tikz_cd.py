"""tikz-cd: a learning diagram as a commutative diagram for LaTeX.

>>> from learning_diagrams.regimes import distillation
>>> print(tikz_cd_text(distillation()).splitlines()[-1])
\\end{tikzcd}
"""

from __future__ import annotations

from learning_diagrams.drawing.elements.palette import LIGHT
from learning_diagrams.drawing.elements.plates import Look
from learning_diagrams.drawing.tex.cell_sides import End
from learning_diagrams.drawing.tex.commutative import Bow, Cell, commutative_diagram, label_right
from learning_diagrams.drawing.tex.letters import LETTER, in_latex, symbol
from learning_diagrams.errors import printable
from learning_diagrams.presentation.presentation import Presentation

BEND, MOST = 55, 130  # degrees of a step, and where steps become small: an arc of 180 degrees has no end
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
    gap = 16 if columns < 6 else 60 // columns  # TeX computes no arc across more
    lines += [rf"\begin{{tikzcd}}[row sep=7em, column sep={gap}em]"]
    lines += ["  " + " & ".join(row) + (r" \\" if i + 1 < rows or drawn.arrows else "") for i, row in enumerate(grid)]
    lines += [
        f"  {_arrow(bow, label_right(bow, drawn.arrows), i in crossed, i, at)}" for i, bow in enumerate(drawn.arrows)
    ]
    lines += [f"  {_cell(cell, at)}" for cell in drawn.cells]
    text = "\n".join([*lines, r"\end{tikzcd}", ""])
    if not standalone:
        return text
    packages = [
        f"[paperwidth={4 + 9 * columns}cm, paperheight={8 + 4 * rows}cm, margin=1cm]{{geometry}}",
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


def label(cell: Cell) -> str:
    """The name of an equation, and what its fields say, in math mode."""
    words = "".join(f" \\\\ \\textrm{{{in_latex(word)}}}" for word in cell.words)
    return f"\\substack{{{symbol(cell.name)}{words}}}"


def _arrow(bow: Bow, right: bool, crossed: bool, number: int, at: list[str]) -> str:
    options = [f'"{{{bow.latex}}}"' + ("'" if right else "")]
    if crossed:
        options.append(f'""{{name=A{number}, anchor=center, inner sep=0}}')
    options += [f"from={at[bow.source]}", f"to={at[bow.target]}", *_style(bow.look)]
    if bow.source == bow.target:
        options.append(f"loop {('above', 'below', 'left', 'right')[turn_of(bow)]}")
    elif bow.bend:
        step = abs(bow.bend)
        options.append(f"bend {'left' if bow.bend < 0 else 'right'}={min(BEND * step, MOST + 4 * step)}")
    return f"\\arrow[{', '.join(options)}]"


def turn_of(bow: Bow) -> int:
    """On which side of its object a loop lies, of four; further loops lie on the same sides again."""
    return (2 * abs(bow.bend) - 2 + (bow.bend > 0)) % 4


def _style(look: Look) -> list[str]:
    wave = ["squiggly"] if look.kind == "kernel" else ["dashed"] * (look.training == "follower")
    if look.training == "trained":
        red, green, blue = (int(LIGHT.hues[look.hue - 1][i : i + 2], 16) for i in (1, 3, 5))
        return [*wave, "thick", f"color={{rgb,255:red,{red};green,{green};blue,{blue}}}"]
    return [*wave, *{"frozen": ["gray"], "follower": ["gray"]}.get(look.training, [])]


def _cell(cell: Cell, at: list[str]) -> str:
    def end(place: End) -> str:
        return f"A{place[1]}" if place[0] else at[place[1]]

    head = "equals" if cell.is_axiom else "Rightarrow"
    moved = f", shift left={3 * cell.offset}ex" if cell.offset else ""
    moved += ", loop below" if cell.source == cell.target else ", bend right=40" * cell.is_bent
    ends = f"from={end(cell.source)}, to={end(cell.target)}, shorten <=6pt, shorten >=6pt{moved}"
    return f'\\arrow["{{{label(cell)}}}", {head}, {ends}]'
