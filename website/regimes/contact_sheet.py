"""The contact sheet of the regimes: the graph of each one, and its definition, by field."""

from __future__ import annotations

import inspect
import sys
from dataclasses import replace
from itertools import groupby

from learning_diagrams import regimes
from learning_diagrams.drawing.graph.graph_picture import learning_graph
from learning_diagrams.drawing.picture import Picture
from learning_diagrams.regimes.annotated_file import read_docstring
from learning_diagrams.regimes.catalogue import NAMES

TALLEST = 0.7  # height of a picture for each pixel of its width
INTRODUCTION = """\
# Regimes

A regime is a training setup of the literature, written as a learning diagram: a function in
`learning_diagrams.regimes`. Each page has its graph and equations, its formula and code, what to measure, what it
reaches, and three edits with what they change. The command `learning-diagrams regimes show NAME` prints a regime as a
file, which is yours to edit.
"""


def sheet() -> str:
    """The page that lists all regimes."""
    parts = [INTRODUCTION]
    for module, names in groupby(NAMES, lambda name: getattr(regimes, name).__module__):
        definition = (sys.modules[module].__doc__ or "").splitlines()[0]
        parts.append(f"## {module.rpartition('.')[2].capitalize()}\n\n{definition}\n")
        parts += ['<div class="cards contact" markdown>\n', *map(_card, names), "</div>\n"]
    return "\n".join(parts)


def title(name: str) -> str:
    """The name of a regime as a heading."""
    diagram = getattr(regimes, name)()
    return diagram.name[0].upper() + diagram.name[1:]


def graph(name: str) -> Picture:
    """The learning graph alone; of a tall one with charts the top, where the graph is."""
    scene = learning_graph(getattr(regimes, name)())
    top = replace(scene, height=min(scene.height, TALLEST * scene.width))
    return Picture(top, title(name), "the learning graph")


def _card(name: str) -> str:
    sentence = read_docstring(inspect.getdoc(getattr(regimes, name)) or "")[0][0]
    picture = f'[![]({name}_graph.svg){{ loading=lazy }}]({name}.md){{ tabindex="-1" aria-hidden="true" }}'
    return f'<div class="card" markdown>\n\n{picture}\n\n**[{title(name)}]({name}.md)**\n\n{sentence}\n\n</div>\n'
