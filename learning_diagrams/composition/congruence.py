"""Congruences: an equivalence of the symbols of some learning diagrams that respects domains and codomains.

Gluing two boxes glues the objects of their domains and codomains, wire by wire; gluing columns glues their sample
spaces and their objects; gluing moving averages glues what they follow; gluing boxes glues what they use, in order.

>>> from learning_diagrams import Box, Constraint, SampleSpace, Ty
>>> def looped(name, a):
...     box, x = Box(name, a, a), SampleSpace("rows").column("x", a)
...     return LearningDiagram(Constraint("c", x >> box, x))
>>> glued = Congruence({"a": looped("f", Ty("image")), "b": looped("g", Ty("picture"))})
>>> glued.glue(("a", Symbol("box", "f")), ("b", Symbol("box", "g")))
>>> [[f"{symbol} of {at}" for at, symbol in members] for members in glued.classes("object")]
[["object 'image' of a", "object 'picture' of b"]]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from discopy import markov
from networkx.utils import UnionFind

from learning_diagrams.diagrams.box import Box
from learning_diagrams.diagrams.labels import label
from learning_diagrams.diagrams.signature import describe
from learning_diagrams.diagrams.uses import uses_of
from learning_diagrams.editing.symbol import GENERATORS, Symbol, generator, object_symbol, symbols
from learning_diagrams.errors import TypeMismatch
from learning_diagrams.learning_diagram import LearningDiagram

# The label of a diagram, and a symbol of that diagram.
Node = tuple[str, Symbol]


class Congruence:
    """Classes of symbols of some diagrams; a symbol that is never glued is a class of its own.

    diagrams : mapping from labels to learning diagrams. Members of a class stand in the order of the labels, then of
        names.
    """

    def __init__(self, diagrams: Mapping[str, LearningDiagram]) -> None:
        self.diagrams = diagrams
        self.order = {at: i for i, at in enumerate(diagrams)}
        self.nodes: list[Node] = [(at, symbol) for at, diagram in diagrams.items() for symbol in symbols(diagram)]
        self._glued, self._asked = UnionFind(), UnionFind()

    def glue(self, node: Node, other: Node) -> None:
        """Glue two symbols, and all symbols under them.

        Raises `TypeMismatch` where two of these differ in kind, number of wires, data, or training.
        """
        self._asked.union(node, other)
        waiting = [(node, other)]
        while waiting:
            node, other = waiting.pop()
            if self._glued[node] != self._glued[other]:
                self._require_alike(node, other)
                self._glued.union(node, other)
                waiting += zip(self._under(node), self._under(other), strict=True)

    def require_asked(self) -> None:
        """Raise `TypeMismatch` where the gluing forces two symbols of one diagram into one class."""
        for kind in GENERATORS:
            for members in self.classes(kind):
                first: dict[str, Node] = {}
                for node in members:
                    known = first.setdefault(node[0], node)
                    if self._asked[known] != self._asked[node]:
                        forced = " and ".join(f"{symbol} of {at}" for at, symbol in members)
                        raise TypeMismatch(
                            f"the gluing forces {forced} to be one: the types do not fit; glue symbols whose types "
                            f"differ in names only, or glue {known[1]} with {node[1]} of {node[0]} as well"
                        )

    def classes(self, kind: str) -> list[list[Node]]:
        """The classes of symbols of a kind, in the order of their first members."""
        classes: dict[Node, list[Node]] = {}
        for node in self.nodes:
            if node[1].kind == kind:
                classes.setdefault(self._glued[node], []).append(node)
        return list(classes.values())

    def match(self, kind: str, content: Callable[[Node], str]) -> None:
        """Glue statements of equal content in different diagrams, one to one, statements of equal names first.

        content : function from a node to the digest of its statement after gluing.

        Raises `TypeMismatch` where glued statements differ in content.
        """
        by_content: dict[str, list[list[Node]]] = {}
        for members in self.classes(kind):
            (at, symbol), *others = members
            for node in others:
                if content(node) != content((at, symbol)):
                    who = f"{symbol} of {at} cannot be glued with {node[1]} of {node[0]}"
                    raise TypeMismatch(f"{who}, which says something else")
            by_content.setdefault(content((at, symbol)), []).append(members)
        for alike in by_content.values():
            for by_name in (True, False):
                kept: list[list[Node]] = []
                for members in alike:
                    partner = next((other for other in kept if _match(other, members, by_name)), None)
                    if partner is None:
                        kept.append(members)
                    else:
                        self._glued.union(partner[0], members[0])
                        partner += members
                alike = kept

    def _under(self, node: Node) -> list[Node]:
        """What gluing a symbol glues too: the objects of its ends, the boxes that it uses, its source and its decay."""
        at, symbol = node
        if symbol.kind not in ("box", "column"):
            return []
        box, ema = self._box(node), self.diagrams[at].ema
        under = [(at, object_symbol(ob)) for ob in (*box.dom.inside, *box.cod.inside)]
        under += [(at, Symbol("box", use.name)) for use in uses_of(box)]
        if symbol.kind == "box" and symbol.name in ema:
            source, decay = ema[symbol.name]
            under += [(at, Symbol("box", name)) for name in (source, decay.name if isinstance(decay, Box) else source)]
        return under

    def _box(self, node: Node) -> markov.Box:
        at, symbol = node
        return generator(self.diagrams[at], symbol)

    def _require_alike(self, node: Node, other: Node) -> None:
        (at, symbol), (at_, symbol_) = node, other
        who = f"{symbol} of {at} cannot be glued with {symbol_} of {at_}"
        if symbol.kind != symbol_.kind:
            raise TypeMismatch(f"{who}: only symbols of one kind can be")
        if symbol.kind == "box":
            box, box_ = self._box(node), self._box(other)
            shape, shape_ = ((len(of.dom), len(of.cod), len(uses_of(of)), label(of)[0]) for of in (box, box_))
            if shape != shape_:
                raise TypeMismatch(f"{who}: they are {describe(box)} and {describe(box_)}")
            if label(box)[-1] != label(box_)[-1]:
                raise TypeMismatch(f"{who}: they carry the data {box.data!r:.60} and {box_.data!r:.60}")
            does, does_ = self.diagrams[at].training(symbol.name), self.diagrams[at_].training(symbol_.name)
            if does != does_:
                raise TypeMismatch(f"{who}: the first {does}, the second {does_}")


def _match(node: Iterable[Node], other: Iterable[Node], by_name: bool) -> bool:
    """Whether two classes share no diagram and, if `by_name`, share a name."""
    apart = {at for at, _ in node}.isdisjoint(at for at, _ in other)
    return apart and (not by_name or not {symbol for _, symbol in node}.isdisjoint(symbol for _, symbol in other))
