"""A learning diagram explained for a reviewer: its constraints, where each is tested, the loss as code, and its cost.

>>> from learning_diagrams.diagrams.box import Kernel, Ty
>>> from learning_diagrams.presentation.constraint import Constraint
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> rows = SampleSpace("rows")
>>> x, y = rows.column("x", Ty("a")), rows.column("y", Ty("b"))
>>> print(explain(LearningDiagram(Constraint("fit", x >> Kernel("f", Ty("a"), Ty("b")), y))).split("\\n\\n")[2])
constraints
  fit: x >> f = y
    tested    at every row of rows
    measured  by the divergence that the space of b has
    weight    1.0
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from discopy import markov

from learning_diagrams.diagrams.box import Box, Diagram
from learning_diagrams.diagrams.sample_space import Column, State
from learning_diagrams.diagrams.uses import uses_of
from learning_diagrams.errors import ParseError, plural, printable
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.choice import Divergence
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.player import Player
from learning_diagrams.semantics.divergences import divergence as divergence_kind
from learning_diagrams.semantics.functor.space import Space
from learning_diagrams.semantics.least_term import is_always_zero
from learning_diagrams.semantics.program.loss_program import LossProgram, lower_loss
from learning_diagrams.semantics.program.lowering import DivergenceTable
from learning_diagrams.semantics.program.player_share import share_of
from learning_diagrams.semantics.program.printer import Printer, Term
from learning_diagrams.semantics.program.program_builder import SAMPLES
from learning_diagrams.semantics.program.statement import Apply, Draw
from learning_diagrams.semantics.program.unknown_space import NamedDivergences, UnknownSpace
from learning_diagrams.terms.printer import print_term


def explain(
    diagram: LearningDiagram,
    spaces: Mapping[str, Space] | None = None,
    measures: DivergenceTable | None = None,
    printer: Printer | None = None,
    parameters: tuple[str, ...] = (),
) -> str:
    """A learning diagram as text for its reviewer.

    Parameters
    ----------
    spaces : mapping from the names of some objects to their Space; the other objects have an `UnknownSpace`.
    measures : DivergenceTable of a back end; by default each divergence is called by its name.
    printer : Printer of the back end.
    parameters : tuple of str, lines about the parameters of boxes.
    """
    known = {ty.inside[0].name: UnknownSpace(ty.inside[0].name) for ty in diagram.objects} | dict(spaces or {})
    printer = printer or Printer({"torch", "batch", "boxes", "constants", "total", "loss", "draw", "expand"}, str)
    measures = measures or NamedDivergences()
    program = lower_loss(diagram, known, measures, printer.reserved)
    terms = {term.name: term for term in program.terms}
    parts = [_head(diagram), _signature(diagram)]
    parts.append(
        "\n".join(["constraints", *(_constraint(c, diagram, known, terms[c.name]) for c in diagram.constraints)])
    )
    if diagram.axioms:
        axioms = [f"  {a.name}: {_term(a.lhs, diagram)} = {_term(a.rhs, diagram)}" for a in diagram.axioms]
        parts.append("\n".join(["axioms: they hold by construction, and are no terms of the loss", *axioms]))
    if diagram.players:
        parts.append("\n".join(["players, in this order", *map(_player, diagram.players), *_unlowered(diagram)]))
    counts = [_boxes_counted(diagram)]
    if not diagram.players:
        parts.append("the loss\n" + printer.loss(program.terms, frozenset()).rstrip())
        counts += _step_counted(diagram, program, known)
    for player in diagram.players:  # no step lowers the sum of all terms
        share = share_of(diagram, player)
        columns, factors = diagram.signature.columns, dict(player.terms)
        own = lower_loss(share, known, measures, printer.reserved, columns, factors)
        parts.append(f"the loss of {player.name}\n" + printer.loss(own.terms, frozenset()).rstrip())
        counts += [f"  {player.name}: {line.strip()}" for line in _step_counted(share, own, known)]
    parts.append("\n".join(["counts", *counts, *parameters]))
    return printable("\n\n".join(parts))


def _head(diagram: LearningDiagram) -> str:
    return f"{diagram.name or 'learning diagram'}\n  digest {diagram.digest()}"


def _signature(diagram: LearningDiagram) -> str:
    spaces = []
    for space in diagram.sample_spaces:
        columns = [f"{c.name} → {c.cod}" for c in diagram.columns if c.space == space]
        spaces.append(f"  {space.name}: {', '.join(columns) or 'no column'}")
    boxes = [
        f"  {box.name}: {box.dom or 'I'} → {box.cod or 'I'}, "
        f"{'function' if isinstance(box, Box) else 'kernel'}, {_learning(box, diagram)}{_uses(box)}"
        for box in diagram.boxes
    ]
    objects = ", ".join(str(ty) for ty in diagram.objects)
    return "\n".join([f"objects  {objects or 'none'}", "data", *spaces, "boxes", *boxes])


def _learning(box: markov.Box, diagram: LearningDiagram) -> str:
    if box.name in diagram.ema:
        source, decay = diagram.ema[box.name]
        if not isinstance(decay, float):
            return f"follows {source}: after each step the part {decay} of itself, and the rest of that"
        return f"follows {source}: after each step {decay} of itself and {1 - decay:.12g} of that"
    if box in diagram.frozen:
        return "frozen"
    return "in axioms alone" if box.name in _untested(diagram) else "trained"


def _untested(diagram: LearningDiagram) -> set[str]:
    """The boxes that are not frozen and stand in no constraint."""
    tested = frozenset[str]().union(*(constraint.boxes for constraint in diagram.constraints))
    return {box.name for box in diagram.boxes if box not in diagram.frozen} - tested


def _uses(box: markov.Box) -> str:
    names = ", ".join(use.name for use in uses_of(box))
    return f", calls {names}" if names else ""


def _player(player: Player) -> str:
    terms = " + ".join(term if factor == 1.0 else f"{factor} · {term}" for term, factor in player.terms)
    chosen = "the optimizer of the training loop" if player.optimizer is None else str(player.optimizer.to_dict())
    steps = plural(player.steps, "step")
    return f"  {player.name}: {steps} a round, lowers {terms} in {', '.join(player.boxes)}, by {chosen}"


def _unlowered(diagram: LearningDiagram) -> list[str]:
    lowered = {name for player in diagram.players for name, _ in player.terms}
    left = [constraint.name for constraint in diagram.constraints if constraint.name not in lowered]
    return [f"  no player lowers {', '.join(left)}: no step computes {'it' if len(left) == 1 else 'them'}"] * bool(left)


def _constraint(constraint: Constraint, diagram: LearningDiagram, spaces: Mapping[str, Space], term: Term) -> str:
    lines = [f"  {constraint.name}: {_term(constraint.lhs, diagram)} = {_term(constraint.rhs, diagram)}"]
    lines.append(f"    tested    {_tested(constraint, diagram)}")
    if is_always_zero(constraint, spaces=spaces):
        lines.append("    measured  not at all: the theory proves it, so its term is the constant 0")
    else:
        lines += _measured(constraint, spaces, term)
    lines += _present(term)
    for meaning, value in reversed(constraint.annotations):
        lines += [f"    {heading:<9} {text}" for heading, text in meaning.explanations(value).items()]
    return "\n".join(lines)


def _tested(constraint: Constraint, diagram: LearningDiagram) -> str:
    if constraint.tested == "in law":
        return "in law: the sides are compared as distributions, by samples where no closed form is known"
    names = constraint.reading.sample_spaces
    rows = f"every row of {' and '.join(names)}" if names else f"{SAMPLES} draws"
    drawn = "independent draws" if len(set(names)) == len(names) else "different rows of one space"
    rows += f" ({drawn}, paired by position)" if len(names) > 1 else ""
    if constraint.over is None:
        return f"at {rows}"
    return f"over {_term(constraint.over, diagram)}, drawn once for {rows}; both sides see that draw"


def _measured(constraint: Constraint, spaces: Mapping[str, Space], term: Term) -> list[str]:
    choice = constraint.divergence
    if term.in_law and choice is None:
        default = "energy_distance, or kl between average distributions on a finite space"
        return [f"    measured  by the default in law: {default}"]
    blocks: dict[tuple[str, ...], list[int]] = {}  # the wires that are measured alike
    names = [ob.name for ob in constraint.lhs.cod.inside]
    choices = choice if isinstance(choice, tuple) else [choice] * len(names)
    for i, (name, divergence) in enumerate(zip(names, choices, strict=True)):
        divergence = divergence or (Divergence(str(spaces[name].divergence)) if spaces[name].divergence else None)
        if divergence is None:
            blocks.setdefault((f"by the divergence that the space of {name} has", ""), []).append(i)
            continue
        kind = divergence_kind(divergence.name, f"constraint {constraint.name!r}")
        options = "".join(f", {key} {value}" for key, value in divergence.options)
        chosen = dict(divergence.options)
        capabilities = vars(kind.capabilities(chosen))
        laws = [law.replace("_", " ") for law, holds in capabilities.items() if holds]
        block = (
            f"{kind.name}{options}",
            f": {kind.value(chosen)}",
            f"              in {kind.unit}, {kind.reduction}; {kind.infinite}",
            f"              laws: {', '.join(laws) or 'none'}" + (f"; {kind.note}" if kind.note else ""),
        )
        blocks.setdefault(block, []).append(i)
    lines = []
    for (measure, formula, *laws), wires in blocks.items():
        if formula and len(wires) == len(names):
            on = " on every wire" if len(names) > 1 else ""
        else:
            said = not formula and len(wires) == names.count(names[wires[0]])  # the object says which wires
            on = "" if said else f" on {_wires(names, wires)}"
        lines += [f"    measured  {measure}{on}{formula}", *laws]
    return lines


def _wires(names: list[str], wires: list[int]) -> str:
    """Some wires by the names of their objects, and by their numbers where an object has several."""
    *others, last = (names[i] if names.count(names[i]) == 1 else f"{names[i]} (wire {i + 1})" for i in wires)
    return f"{', '.join(others)} and {last}" if others else last


def _present(term: Term) -> list[str]:
    """What a term is a mean over where positions of a row may be absent."""
    lines = []
    for distance in term.distances:
        positions = distance.positions
        if positions is None or (distance.whole and not positions.counted):  # a mask of positions is an error there
            continue
        columns = ", ".join(dict.fromkeys(f"{space}.{column}" for space, column, _ in positions.keys))
        if columns and not term.in_law:
            of = "positions at which" if positions.counted else "rows; of a row, the positions count at which"
            lines.append(f"    mean over {of} {columns} {'are' if ',' in columns else 'is'} present")
    return list(dict.fromkeys(lines))


def _boxes_counted(diagram: LearningDiagram) -> str:
    boxes, frozen, untested = (len(some) for some in (diagram.boxes, diagram.frozen, _untested(diagram)))
    counted = [f"{boxes - frozen - untested} trained", f"{frozen} frozen"]
    counted += [f"{untested} in axioms alone"] * bool(untested)
    return f"  {'1 box' if boxes == 1 else f'{boxes} boxes'}: {', '.join(counted)}"


def _step_counted(diagram: LearningDiagram, program: LossProgram, spaces: Mapping[str, Space]) -> list[str]:
    """The calls and draws of a step that lowers the loss of a learning diagram."""
    calls = Counter(statement.box for statement in program.statements if isinstance(statement, Apply))
    each = ", ".join(f"{name} {count}" for name, count in sorted(calls.items()))
    computed = [each for each in diagram.constraints if not is_always_zero(each, spaces=spaces)]
    graphs = (graph for each in computed for graph in (*each.reading.joints, *each.numbers))
    alone = sum(_is_called(box) for graph in graphs for box in graph.boxes)
    draws = sum(isinstance(statement, Draw) for statement in program.statements)
    users = [(box.name, [use.name for use in uses_of(box)]) for box in diagram.boxes if box.name in calls]
    within = " and ".join(f"{name} makes of {', '.join(used)}" for name, used in users if used)
    besides = f", besides those that {within}" if within else ""  # only the module knows how many
    counted = f"{plural(calls.total(), 'call')} of a box a step ({each or 'none'}){besides}"
    return [
        f"  {counted}; {alone} if nothing were shared",
        f"  {plural(draws, 'draw')} a step",
    ]


def _is_called(box: markov.Box) -> bool:
    return not isinstance(box, Column | State)


def _term(diagram: Diagram, whole: LearningDiagram) -> str:
    """A diagram as a term; in the notation of DisCoPy if a name cannot be written in a term."""
    try:
        return print_term(diagram, whole.signature)
    except ParseError:
        return str(diagram)
