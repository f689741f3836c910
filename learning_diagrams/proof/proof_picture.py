"""The picture of a proof: a strip for each lemma, and a strip for the statement.

>>> print(description("f >> g = g in the theory markov, by 1 step\\n    f >> g\\n  = g    by unit"))
f >> g = g in the theory markov, by 1 step. f >> g equals g, by unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import shown_label, text_width
from learning_diagrams.drawing.elements.plates import Look
from learning_diagrams.drawing.elements.stacking import below
from learning_diagrams.drawing.elements.svg import MARGIN, Scene
from learning_diagrams.drawing.strings.pen import Direction
from learning_diagrams.drawing.strip.change import Change
from learning_diagrams.drawing.strip.strip_picture import strip
from learning_diagrams.equality.theory import Theory, TheoryOps
from learning_diagrams.errors import LimitExceeded, plural
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.proof.identity import change_by_laws, change_of, graph_after
from learning_diagrams.proof.rules.step import Step

MOST_STEPS, MOST_PLATES = 24, 600  # of a strip; the steps in the middle of a longer one are left out
MOST_LEMMAS = 8
MOST_LINES = 60  # of a description
MOST_BOXES = 2_000  # in all diagrams of a strip


class Strip(NamedTuple):
    """A statement, and the steps from its left-hand side to its right-hand side."""

    name: str
    statement: Equation
    steps: tuple[Step, ...]


def picture_of(
    strips: Sequence[Strip],
    equations: Mapping[str, Equation],
    theory: Theory,
    looks: Mapping[str, Look],
    direction: Direction = "right",
) -> Scene:
    """The strips below one another, each under its name; the last one is that of the whole proof.

    equations : the axioms and lemmas of the steps, by name.
    looks : mapping from names of boxes to looks, such as `Looks` with the symbols of the author.

    Raises `LimitExceeded` for diagrams with more than 2,000 boxes, and for wires without room beside one another,
    `ProofError` for steps that do not fit together.
    """
    *lemmas, last = strips
    parts = []
    for part in [*lemmas[:MOST_LEMMAS], last]:
        if part is last and len(lemmas) > MOST_LEMMAS:
            parts.append(_line(f"… {plural(len(lemmas) - MOST_LEMMAS, 'lemma')} …"))
        parts += [_heading(part, theory), _strip(part, equations, theory, looks, direction)]
    parts.append(_line("on sand: what a step rewrites   → from left to right   ← from right to left"))
    inner = below(parts, 22)
    return Scene(inner.width + 2 * MARGIN, inner.height + 2 * MARGIN, (inner.at(MARGIN, MARGIN),))


def description(text: str) -> str:
    """The printed proof in sentences, for readers who do not see the picture."""
    lines = text.replace("\n  =", " equals").split("\n")
    shown = [line.replace("    by ", ", by ").strip() for line in lines[:MOST_LINES]]
    return ". ".join([*shown, *([f"{len(lines) - MOST_LINES} more lines"] if len(lines) > MOST_LINES else [])]) + "."


def _heading(part: Strip, theory: Theory) -> Scene:
    line = f"{plural(len(part.steps), 'step')} in the theory {theory}"
    words = [svg.text(0, 15, part.name, 18, "ink", bold=True), svg.line_of_text(0, 36, line, 12, "muted")]
    return Scene(max(text_width(shown_label(part.name), 18, bold=True), text_width(line, 12)), 40, tuple(words))


def _line(text: str) -> Scene:
    return Scene(text_width(text, 12), 16, (svg.line_of_text(0, 12, text, 12, "muted"),))


def _strip(
    part: Strip, equations: Mapping[str, Equation], theory: Theory, looks: Mapping[str, Look], direction: Direction
) -> Scene:
    rows, changes = rows_and_changes(part, equations, theory)
    if (count := sum(len(graph.boxes) for graph in rows)) > MOST_BOXES:
        raise LimitExceeded(
            f"the diagrams of the proof have {count:,} boxes, and a picture shows at most {MOST_BOXES:,}; print(proof) "
            "shows all of them"
        )
    return strip(rows, changes, looks, direction)


def rows_and_changes(
    part: Strip, equations: Mapping[str, Equation], theory: Theory
) -> tuple[list[PortGraph], list[Change | str]]:
    """The diagrams that a strip shows, and what happens between two of them."""
    ops, steps = TheoryOps(theory), part.steps
    first, last = map(ops.graph, part.statement.diagrams)
    form = ops.reduce(first)
    rows, changes = [first], list[Change | str]()

    def go(graph: PortGraph, change: Change | str) -> None:
        rows.append(graph)
        changes.append(change)

    if not steps:
        go(last, change_by_laws(first, last, ops))
    elif len(form.boxes) < len(first.boxes):
        go(form, change_by_laws(first, form, ops))
    else:
        rows[0] = form
    widest = max([1, *(len(step.before.boxes) + len(step.after.boxes) for step in steps)])
    most = max(2, min(MOST_STEPS, MOST_PLATES // widest))
    left_out = max(0, len(steps) - most)
    start = most // 2 if left_out else 0
    for number, step in enumerate(steps):
        form = graph_after(step, equations[step.name], ops)
        if start <= number < start + left_out:
            if number + 1 == start + left_out:
                go(form, f"… {plural(left_out, 'step')} …")
        else:
            go(form, change_of(step, equations[step.name], rows[-1], ops))
    if steps and len(last.boxes) > len(form.boxes):
        go(last, change_by_laws(form, last, ops))
    return rows, changes
