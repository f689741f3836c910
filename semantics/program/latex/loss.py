"""The loss of a learning diagram in LaTeX: a line for each term, and what else holds of it beside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from discopy import markov

from learning_diagrams.diagrams.box import Ty, is_deterministic
from learning_diagrams.errors import plural
from learning_diagrams.presentation.presentation import Presentation
from learning_diagrams.schedule import Schedule
from learning_diagrams.semantics.program.latex.lines import SUMMANDS, Line
from learning_diagrams.semantics.program.latex.measures import Pieces
from learning_diagrams.semantics.program.latex.symbols import titled, width
from learning_diagrams.semantics.program.latex.terms import Term, Terms, Written, numeral

_OPEN, _CLOSED = ("(", "[", "{", r"\langle"), (")", "]", "}", r"\rangle")


def loss_lines(diagram: Presentation, terms: Terms, factors: Mapping[str, float], types: bool) -> Iterator[Line]:
    """The terms, then their schedules and divergences, moving averages, axioms, players, and types of boxes.

    factors : mapping from the names of constraints to factors of their weights.
    """
    computed = [constraint for constraint in diagram.constraints if constraint.weight != 0]
    used = {name for constraint in computed for name in constraint.boxes}
    trained = [box for box in diagram.boxes if box.name in used and box not in diagram.frozen]
    left = rf"\mathcal{{L}}{_arguments(trained, terms)} ={{}}"
    for constraint in computed:
        term = terms.term(constraint, factors.get(constraint.name, 1.0))
        if diagram.players:
            yield from term_lines(rf"{_value(constraint.name)} ={{}}", term)
        else:
            yield from term_lines(left, term, titled(constraint.name))
            left = SUMMANDS[0]
    if not computed:
        yield Line(left, "0")
    if idle := [constraint.name for constraint in diagram.constraints if constraint.weight == 0]:
        yield Line("", r"\text{reported only, with weight 0: }", _listed(rf"\text{{{titled(name)}}}" for name in idle))
    for target, (source, decay) in diagram.ema.items():
        rate = terms.number(decay, r"\mu", target)
        rest = numeral(round(1 - decay, 12)) if isinstance(decay, float) else f"(1 - {rate})"
        target, source = (rf"\theta_{{{terms.symbols.name(name)}}}" for name in (target, source))
        pieces = [(f" + {rest}\\, {source}", "")]
        yield Line(rf"{target} \leftarrow{{}}", f"{rate}\\, {target}", pieces, ["after each step"])
    yield from extra_lines(terms)
    for axiom in diagram.axioms:
        yield from term_lines("", terms.equation(axiom), titled(axiom.name), "by construction")
    for player in diagram.players:
        boxes = ", ".join(map(terms.symbols.name, player.boxes))
        weighed = [(numeral(factor), _value(name)) for name, factor in player.terms if name not in idle]
        texts = [("" if n == "1" else "-" if n == "-1" else rf"{n}\, ") + value for n, value in weighed]
        first, *others = texts or ["0"]
        pieces = [(f" - {text[1:]}" if text.startswith("-") else f" + {text}", "") for text in others]
        steps = [f"{plural(player.steps, 'step')} a round"] * (player.steps > 1)
        yield Line("", rf"\min_{{{boxes}}}\ {first}", pieces, [titled(player.name), *steps])
    if types:
        yield from (_type(box, terms) for box in diagram.boxes)


def extra_lines(terms: Terms) -> Iterator[Line]:
    """The divergences that are written out, and the numbers that move."""
    for name, text in terms.measures.definitions.items():
        yield Line(f"{name} ={{}}", "", [(clause, "") for clause in _clauses(text)])
    yield from (Line(f"{name} ={{}}", _schedule(schedule)) for name, schedule in terms.schedules.items())


def term_lines(left: str, term: Term, *remarks: str) -> Iterator[Line]:
    """A term, then the parts of it that have names of their own."""
    before = term.before
    if left == SUMMANDS[0] and before.startswith("-"):
        left, before = SUMMANDS[1], before[1:]
    yield Line(left, before, term.pieces, [*filter(None, remarks), *term.remarks])
    if parts := [f"{part} = {text}" for text, part in term.parts.items()]:
        pieces = [(f"{part},\\quad ", "") for part in parts[:-1]] + [(parts[-1], "")]
        yield Line("", "", pieces, indent=r"\qquad \text{where } ")


def _clauses(text: str) -> Iterator[str]:
    """The clauses of a definition, with the commas between them; a comma in brackets is no end of a clause."""
    clause, depth = "", 0
    for token in re.findall(r"\\text\{; [^{}]*\}|,\\?\s*(?:\\quad )?|\\[A-Za-z]+|\\?.", text):
        depth += (token in _OPEN) - (token in _CLOSED)
        if token.startswith(r"\text{;"):
            yield clause
            clause = ""
        clause += token
        if token.startswith(",") and depth == 0:
            yield clause
            clause = ""
    yield clause


def _listed(texts: Iterable[str]) -> list[Pieces]:
    """Texts with commas between them."""
    first, *rest = texts
    return [(first, ""), *((f", {text}", "") for text in rest)]


def _value(name: str) -> str:
    """The value of a term under its name."""
    return rf"\mathcal{{L}}_{{\text{{{titled(name)}}}}}"


def _arguments(trained: Sequence[markov.Box], terms: Terms) -> str:
    """The trained boxes, on which the loss depends, where there are few."""
    text = ", ".join(terms.symbols.name(box.name) for box in trained)
    return f"({text})" if text and width(text) <= 24 else ""


def _schedule(schedule: Schedule) -> str:
    (first, start), *later = schedule.points
    way = "half a cosine" if schedule.smooth else "linear"
    if len(later) == 1 and first == 0:
        ((steps, end),) = later
        return rf"\text{{{way} from }} {numeral(start)} \text{{ to }} {numeral(end)} \text{{ in {steps} steps}}"
    points = ", ".join(f"({steps}, {numeral(number)})" for steps, number in schedule.points)
    return rf"\text{{{way} through the points (step, value) }} {points}"


def _type(box: markov.Box, terms: Terms) -> Line:
    arrow = r"\to" if is_deterministic(box) else r"\rightsquigarrow"
    dom, cod = _space(box.dom, terms), _space(box.cod, terms)
    return Line(rf"{terms.symbols.name(box.name)} \colon{{}}", dom, [(f" {arrow} {cod}", "")])


def _space(ty: Ty, terms: Terms) -> str:
    """A type, with the sets of the spaces that say theirs."""
    sets = []
    for ob in ty.inside:
        space = terms.spaces.get(ob.name)
        sets.append(space.latex if isinstance(space, Written) else terms.symbols.name(ob.name))
    return r" \times ".join(sets) or "I"
