"""How a gluing becomes one learning diagram: names for its classes, and everything said under them, once.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> x = SampleSpace("rows").column("x", Ty("image"))
>>> d = LearningDiagram(Constraint("c", x >> Box("f", Ty("image"), Ty("image")), x))
>>> print(quotient_of({"a": d, "b": d}, symbol_maps(Congruence({"a": d, "b": d}))))
learning diagram
  a.c: x >> a.f = x
  b.c: x >> b.f = x
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import groupby

from learning_diagrams.composition.congruence import Congruence, Node
from learning_diagrams.composition.naming import choose_names
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.editing.support import annotated_boxes
from learning_diagrams.editing.symbol import Symbol
from learning_diagrams.editing.symbol_map import SymbolMap
from learning_diagrams.equality.canonical_form import digest_of
from learning_diagrams.equality.normal_form import normalise
from learning_diagrams.errors import DuplicateName
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.presentation.player import Player

Names = dict[Node, Symbol]


def symbol_maps(glued: Congruence) -> dict[str, SymbolMap]:
    """For each diagram the new names of its things, after constraints, axioms and players that say the same are glued.

    Raises `DuplicateName` where a new name is taken, or leaves a column without a name in terms.
    """
    names = _name_generators(glued)
    for kind in ("constraint", "axiom", "player"):
        glued.match(kind, _content(glued, names))
        classes = glued.classes(kind)
        for members, name in zip(classes, choose_names(classes), strict=True):
            names |= {node: Symbol(kind, name) for node in members}
    _require_writable(glued, names)
    return _by_diagram(glued, names)


def _idle(said: Constraint | Equation) -> frozenset[str]:
    """The boxes that stand in a constraint or an axiom, and in none of its normal forms."""
    parts = said.diagrams if isinstance(said, Constraint) else (said.lhs, said.rhs)
    graphs = [PortGraph.from_diagram(part) for part in parts]
    needed = {box.name for graph in graphs for box in normalise(graph).boxes}
    return frozenset(box.name for graph in graphs for box in graph.boxes) - needed


def quotient_of(diagrams: Mapping[str, LearningDiagram], to: Mapping[str, SymbolMap]) -> LearningDiagram:
    """Everything under its new name, and once.

    Raises `DuplicateName` for a player that would count one term twice.
    """
    constraints: dict[str, Constraint] = {}
    axioms: dict[str, Equation] = {}
    players: dict[str, Player] = {}
    ema: dict[str, tuple[str, float]] = {}
    frozen: set[str] = set()
    for at, diagram in diagrams.items():
        for constraint in diagram.constraints:
            constraints.setdefault(to[at].name("constraint", constraint.name), to[at].constraint(constraint))
        for axiom in diagram.axioms:
            axioms.setdefault(to[at].name("axiom", axiom.name), to[at].axiom(axiom))
        for player in map(to[at].player, diagram.players):
            if len({term for term, _ in player.terms}) < len(player.terms):
                raise DuplicateName(f"player {player.name!r} would count one term with two factors; see {player}")
            players.setdefault(player.name, player)
        ema |= to[at].ema(diagram.ema)
        frozen |= {to[at].name("box", box.name) for box in diagram.frozen}
    titles = dict.fromkeys(diagram.name for diagram in diagrams.values() if diagram.name)
    made = LearningDiagram(*constraints.values(), axioms=axioms)
    return LearningDiagram(
        *constraints.values(),
        axioms=axioms,
        frozen=frozen & made.signature.boxes.keys(),
        ema=ema,
        players=players,
        name=" + ".join(titles),
    )


def _name_generators(glued: Congruence) -> Names:
    """New names for objects, sample spaces, boxes and columns."""
    names: Names = {}
    # An object and a sample space of one name are an error, so that they are named together.
    atoms = glued.classes("object") + glued.classes("sample space")
    boxes = glued.classes("box")
    for members, name in [
        *zip(atoms, choose_names(atoms), strict=True),
        *zip(boxes, choose_names(boxes), strict=True),
    ]:
        names |= {node: Symbol(node[1].kind, name) for node in members}

    def space(members: list[Node]) -> str:
        at, thing = members[0]
        return names[at, Symbol("sample space", thing.space)].name

    for name, group in groupby(sorted(glued.classes("column"), key=space), key=space):
        classes = list(group)
        for members, own in zip(classes, choose_names(classes), strict=True):
            names |= {node: Symbol("column", own, name) for node in members}
    return names


def _by_diagram(glued: Congruence, names: Names) -> dict[str, SymbolMap]:
    return {at: SymbolMap({thing: new for (of, thing), new in names.items() if of == at}) for at in glued.diagrams}


def _content(glued: Congruence, names: Names) -> Callable[[Node], str]:
    """What constraints, axioms and players say under the new names."""
    to = _by_diagram(glued, names)
    said: dict[Node, Constraint | Equation | Player] = {}
    for at, diagram in glued.diagrams.items():
        said |= {(at, Symbol("constraint", c.name)): c for c in diagram.constraints}
        said |= {(at, Symbol("axiom", axiom.name)): axiom for axiom in diagram.axioms}
        said |= {(at, Symbol("player", player.name)): player for player in diagram.players}
    spoken = {at: annotated_boxes(diagram) for at, diagram in glued.diagrams.items()}
    known: dict[Node, str] = {}

    def content(node: Node) -> str:
        if node not in known:
            at, one = node[0], said[node]
            idle = frozenset() if isinstance(one, Player) else spoken[at] & _idle(one)
            # Of two that say the same one goes, and no box may go with it that something else is said of.
            known[node] = digest_of([to[at].content(one), sorted(to[at].name("box", name) for name in idle)])
        return known[node]

    return content


def _require_writable(glued: Congruence, names: Names) -> None:
    """Raise `DuplicateName` where a column would lose its name in terms, because other things take it."""
    boxes = {new.name for new in names.values() if new.kind == "box"}
    after = _told(boxes, {new for new in names.values() if new.kind == "column"})
    for at, diagram in glued.diagrams.items():
        own = {thing for of, thing in glued.nodes if of == at and thing.kind == "column"}
        for thing in sorted(_told(diagram.signature.boxes, own)):
            new = names[at, thing]
            if new not in after:
                raise DuplicateName(
                    f"{thing} of {at} would be {new}, and other things are named {new.name!r} and {new.called!r}; "
                    "rename one of them with .rename({old: new}) first"
                )


def _told(boxes: Iterable[str], columns: Iterable[Symbol]) -> set[Symbol]:
    """The columns that a term can name: bare, or as "space.column"."""
    count = Counter([*boxes, *(name for column in columns for name in (column.name, column.called))])
    return {column for column in columns if min(count[column.name], count[column.called]) == 1}
