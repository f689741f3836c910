"""A picture beside its code, in one set of colours: the pointer on a box lights the box everywhere it stands."""

from __future__ import annotations

import re
from html import escape
from typing import Any

import learning_diagrams as ld
from learning_diagrams.drawing.elements.look import looks_of
from learning_diagrams.drawing.elements.palette import DARK, LIGHT, legible

WIDTH = 720  # pixels of the picture


class Lit:
    """What a notebook shows of a learning diagram and of its code; as text it is the code.

    Parameters
    ----------
    diagram : LearningDiagram, whose picture holds the graph, the equations and the loss in one line.
    code : str, the loss as code, in which a variable begins with the name of its box.
    """

    def __init__(self, diagram: ld.LearningDiagram, code: str) -> None:
        self.diagram, self.code = diagram, code
        looks = looks_of(diagram)
        self.hues = {box.name: looks[box.name].hue for box in diagram.boxes if looks[box.name].training == "trained"}

    def __repr__(self) -> str:
        return self.code

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        words = "|".join(map(re.escape, sorted(self.hues, key=len, reverse=True)))
        code = re.sub(rf"\b({words})(?:_out)?\b", self._word, escape(self.code, quote=False))
        picture = self.diagram.draw(width=WIDTH).html
        shown = f'<style>{self._style()}</style><div class="lit">{picture}<pre>{code}</pre></div>'
        return {"text/html": shown, "text/plain": self.code}

    def _word(self, match: re.Match[str]) -> str:
        return f'<b class="text{self.hues[match[1]]}">{match[0]}</b>'

    def _style(self) -> str:
        rules = [
            ".lit{display:flex;flex-wrap:wrap;gap:16px;align-items:center}",
            ".lit pre{font:13px/1.5 monospace;margin:0}",
        ]
        for name, hue in self.hues.items():
            rules += [
                f"{theme} .lit pre .text{hue}{{color:{legible(palette.hues[hue - 1], palette)}}}"
                for theme, palette in (("", LIGHT), ("[data-jp-theme-light=false]", DARK))
            ]
            own = f'[data-box="{escape(name)}"]'
            chosen, spared = f".lit:has({own}:hover,.text{hue}:hover)", f":not({own} *):not(.text{hue})"
            rules += [
                f"{chosen} :is([data-box] text,pre b,tspan[class]){spared}{{opacity:.25}}",
                f"{chosen} [data-box] path{spared}{{stroke-opacity:.25}}",  # the plate still covers the line behind it
            ]
        return "".join(rules)
