"""The quotient of learning diagrams by a congruence: each class has a name, and each statement stands once.

>>> from learning_diagrams import Box, Constraint, SampleSpace, Ty
>>> x = SampleSpace("rows").column("x", Ty("image"))
>>> d = LearningDiagram(Constraint("c", x >> Box("f", Ty("image"), Ty("image")), x))
>>> print(quotient_of({"a": d, "b": d}, symbol_maps(Congruence({"a": d, "b": d}))))
learning diagram
  a.c: a.rows.x >> a.f = a.rows.x
  b.c: b.rows.x >> b.f = b.rows.x

A class has the name of its first member, unless another class would have it too.

>>> f, g = Symbol("box", "f"), Symbol("box", "g")
>>> choose_names([[("a", f)], [("a", g), ("b", f)], [("b", g)]]), choose_names([[("a", f)], [("b", f)]])
(['f', 'g', 'b.g'], ['a.f', 'b.f'])
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby

from learning_diagrams.composition.congruence import Congruence, Node
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.editing.symbol import Symbol, statements, with_presence
from learning_diagrams.editing.symbol_map import SymbolMap
from learning_diagrams.equality.canonical_form import digest_of
from learning_diagrams.errors import DuplicateName
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.presentation.player import Player
from learning_diagrams.presentation.presentation_field import require_one_meaning

Names = dict[Node, Symbol]
FIRST = "rename one of them with .rename({old: new}) first"


def symbol_maps(glued: Congruence) -> dict[str, SymbolMap]:
    """The new names of the symbols of each diagram; constraints, axioms and players of equal content are glued first.

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


def quotient_of(diagrams: Mapping[str, LearningDiagram], to: Mapping[str, SymbolMap]) -> LearningDiagram:
    """All statements under new names, each once; `DuplicateName` for a player that would count a term twice."""
    parts = [(diagram, to[at]) for at, diagram in diagrams.items()]
    first = next(iter(diagrams.values()), LearningDiagram())
    return first.edited(
        require_one_meaning("constraint", (c.map(new) for part, new in parts for c in part.constraints)),
        require_one_meaning("axiom", (axiom.map(new) for part, new in parts for axiom in part.axioms)),
        " + ".join(dict.fromkeys(part.name for part, _ in parts if part.name)),
        **first.joined_fields([part.mapped_fields(new) for part, new in parts]),
    )


def _name_generators(glued: Congruence) -> Names:
    """New names for objects, sample spaces, boxes and columns."""
    names: Names = {}
    # An object and a sample space of one name are an error, so that they are named together.
    atoms = glued.classes("object") + glued.classes("sample space")
    boxes = glued.classes("box")
    for members, name in [*zip(atoms, choose_names(atoms), strict=True), *zip(boxes, choose_names(boxes), strict=True)]:
        names |= {node: Symbol(node[1].kind, name) for node in members}

    def space(members: list[Node]) -> str:
        at, symbol = members[0]
        return names[at, Symbol("sample space", symbol.space)].name

    for name, group in groupby(sorted(glued.classes("column"), key=space), key=space):
        classes = list(group)
        for members, own in zip(classes, choose_names(classes), strict=True):
            names |= {node: Symbol("column", own, name) for node in members}
    return names


def _by_diagram(glued: Congruence, names: Names) -> dict[str, SymbolMap]:
    by_diagram = {at: {symbol: new for (of, symbol), new in names.items() if of == at} for at in glued.diagrams}
    return {at: SymbolMap(with_presence(images)) for at, images in by_diagram.items()}


def _content(glued: Congruence, names: Names) -> Callable[[Node], str]:
    """The function from a constraint, an axiom or a player to the digest of its content under the new names."""
    to = _by_diagram(glued, names)
    stated = {at: statements(diagram) for at, diagram in glued.diagrams.items()}
    annotated = {at: diagram.annotated_boxes for at, diagram in glued.diagrams.items()}
    known: dict[Node, str] = {}

    def content(node: Node) -> str:
        if node not in known:
            at, statement = node[0], stated[node[0]][node[1]]
            # Of statements with equal content only the first is kept. Dropping the others must not remove a box that
            # an annotation names.
            idle = frozenset[str]()
            if not isinstance(statement, Player):
                idle = annotated[at] & Signature.of(statement.graphs).boxes.keys() - statement.live_boxes
            effects = statement.map(to[at]).effects if isinstance(statement, Equation) else ""
            kept = sorted(to[at].name("box", name) for name in idle)
            known[node] = digest_of([statement.content(to[at]), kept, effects])
        return known[node]

    return content


def _require_writable(glued: Congruence, names: Names) -> None:
    """Raise `DuplicateName` where a column would lose its name in terms, because other symbols take it."""
    boxes = {new.name for new in names.values() if new.kind == "box"}
    after = _nameable(boxes, {new for new in names.values() if new.kind == "column"})
    for at, diagram in glued.diagrams.items():
        own = {symbol for of, symbol in glued.nodes if of == at and symbol.kind == "column"}
        for symbol in sorted(_nameable(diagram.signature.boxes, own)):
            new = names[at, symbol]
            if new not in after:
                others = f"other symbols are named {new.name!r} and {new.called!r}"
                raise DuplicateName(f"{symbol} of {at} would be {new}, and {others}; {FIRST}")


def _nameable(boxes: Iterable[str], columns: Iterable[Symbol]) -> set[Symbol]:
    """The columns that a term can name: bare, or as "space.column"."""
    count = Counter([*boxes, *(name for column in columns for name in (column.name, column.called))])
    return {column for column in columns if min(count[column.name], count[column.called]) == 1}


def choose_names(classes: Sequence[Sequence[Node]]) -> list[str]:
    """A name for each class of symbols that share a space of names.

    The name is that of the first member. Where several classes would have it, a class that is glued of several diagrams
    keeps it, if no other class with that name is glued so. Every other class takes the label of its first member in
    front, as in `a.f`.

    Raises `DuplicateName` where such a name is taken.
    """
    wanted = Counter(members[0][1].name for members in classes)
    glued = Counter(members[0][1].name for members in classes if _is_glued(members))
    taken: dict[str, Node] = {}
    names = []
    for members in classes:
        at, symbol = members[0]
        keeps = wanted[symbol.name] == 1 or (_is_glued(members) and glued[symbol.name] == 1)
        name = symbol.name if keeps else f"{at}.{symbol.name}"
        if name in taken:
            both = " and ".join(f"{symbol} of {at}" for at, symbol in (members[0], taken[name]))
            raise DuplicateName(f"{both} would both be named {name!r}; {FIRST}")
        taken[name] = members[0]
        names.append(name)
    return names


def _is_glued(members: Sequence[Node]) -> bool:
    return len({at for at, _ in members}) > 1
