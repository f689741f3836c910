"""The loss of a learning diagram in LaTeX: a line for each term, and what else holds of it beside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from discopy import markov

from learning_diagrams.diagrams.box import Ty, is_deterministic
from learning_diagrams.errors import plural
from learning_diagrams.presentation.presentation import Presentation
from learning_diagrams.schedule import Schedule
from learning_diagrams.semantics.program.latex.symbols import titled, width
from learning_diagrams.semantics.program.latex.terms import Term, Terms, Written, numeral

LONGEST = 70  # letters of a line
PLUS = "{}+{}"


@dataclass(frozen=True)
class Line:
    """A line: what stands before and after the place at which all lines meet, and a remark in text mode."""

    left: str
    right: str
    remark: str = ""


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
            left = PLUS
    if not computed:
        yield Line(left, "0")
    if idle := [constraint.name for constraint in diagram.constraints if constraint.weight == 0]:
        yield Line("", rf"\text{{reported only, with weight 0: {', '.join(map(titled, idle))}}}")
    for target, (source, decay) in diagram.ema.items():
        rate = terms.number(decay, r"\mu", target)
        rest = numeral(round(1 - decay, 12)) if isinstance(decay, float) else f"(1 - {rate})"
        target, source = (rf"\theta_{{{terms.symbols.name(name)}}}" for name in (target, source))
        yield Line(rf"{target} \leftarrow{{}}", f"{rate}\\, {target} + {rest}\\, {source}", "after each step")
    yield from extra_lines(terms)
    for axiom in diagram.axioms:
        yield from term_lines("", terms.equation(axiom), titled(axiom.name), "by construction")
    for player in diagram.players:
        boxes = ", ".join(map(terms.symbols.name, player.boxes))
        weighed = [(numeral(factor), _value(name)) for name, factor in player.terms if name not in idle]
        summands = [("" if n == "1" else "-" if n == "-1" else rf"{n}\, ") + value for n, value in weighed]
        total = " + ".join(summands).replace("+ -", "- ") or "0"
        steps = [f"{plural(player.steps, 'step')} a round"] * (player.steps > 1)
        yield Line("", rf"\min_{{{boxes}}}\ {total}", ", ".join([titled(player.name), *steps]))
    if types:
        yield from (_type(box, terms) for box in diagram.boxes)


def extra_lines(terms: Terms) -> Iterator[Line]:
    """The divergences that are written out, and the numbers that move."""
    yield from (Line(f"{name} ={{}}", text) for name, text in terms.measures.definitions.items())
    yield from (Line(f"{name} ={{}}", _schedule(schedule)) for name, schedule in terms.schedules.items())


def term_lines(left: str, term: Term, *remarks: str) -> Iterator[Line]:
    """A term on as many lines as it needs, then the parts of it that have names of their own."""
    before = term.before
    if left == PLUS and before.startswith("-"):
        left, before = "{}-{}", before[1:]
    pieces = [part for pair in term.pieces for part in _parted(before, *pair)]
    remark = ", ".join([*filter(None, remarks), *term.remarks])
    for i, right in enumerate(_packed([before, *pieces])):
        yield Line("" if i else left, rf"\qquad {right}" if i else right, "" if i else remark)
    parts = [f"{part} = {text}" for text, part in term.parts.items()]
    for i, right in enumerate(_packed([f"{part},\\quad " for part in parts[:-1]] + parts[-1:])):
        yield Line("", (r"\qquad " if i else r"\qquad \text{where } ") + right)


def _parted(before: str, first: str, rest: str) -> Iterable[str]:
    """A summand in two parts where it is too wide beside what stands before it, and its first part is not a scrap."""
    whole = first + rest
    wide = width(before + whole) > LONGEST and (width(first) > 24 or width(whole) > LONGEST)
    return (first, rest) if wide else (whole,)


def _packed(pieces: Iterable[str]) -> Iterator[str]:
    """The pieces on lines, as many on each as fit."""
    line = ""
    for piece in pieces:
        if line and width(line + piece) > LONGEST:
            yield line.rstrip()
            line = ""
        line += piece
    if line:
        yield line


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
    return Line(rf"{terms.symbols.name(box.name)} \colon{{}}", f"{dom} {arrow} {cod}")


def _space(ty: Ty, terms: Terms) -> str:
    """A type, with the sets of the spaces that say theirs."""
    sets = []
    for ob in ty.inside:
        space = terms.spaces.get(ob.name)
        sets.append(space.latex if isinstance(space, Written) else terms.symbols.name(ob.name))
    return r" \times ".join(sets) or "I"
