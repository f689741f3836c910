"""Gluing: which things of some learning diagrams are one, as a partition that respects domains and codomains.

Gluing two boxes glues the objects of their domains and codomains, wire by wire; gluing columns glues their sample
spaces and their objects; gluing moving averages glues what they follow.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.presentation.constraint import Constraint
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> def one(name, a):
...     box, x = Box(name, a, a), SampleSpace("rows").column("x", a)
...     return LearningDiagram(Constraint("c", x >> box, x))
>>> glued = Congruence({"a": one("f", Ty("image")), "b": one("g", Ty("picture"))})
>>> glued.glue(("a", Symbol("box", "f")), ("b", Symbol("box", "g")))
>>> [[f"{thing} of {at}" for at, thing in members] for members in glued.classes("object")]
[["object 'image' of a", "object 'picture' of b"]]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from discopy import markov
from networkx.utils import UnionFind

from learning_diagrams.diagrams.label import label
from learning_diagrams.diagrams.signature import describe
from learning_diagrams.editing.symbol import GENERATORS, Symbol, generator, object_symbol, things
from learning_diagrams.errors import TypeMismatch
from learning_diagrams.learning_diagram import LearningDiagram

# A thing of one of the diagrams, which is told by its label.
Node = tuple[str, Symbol]


class Congruence:
    """What is one among the things of some diagrams.

    Parameters
    ----------
    diagrams : by label; members of a class are in the order of the labels, and of names under one label.
    """

    def __init__(self, diagrams: Mapping[str, LearningDiagram]) -> None:
        self.diagrams = diagrams
        self.order = {at: i for i, at in enumerate(diagrams)}
        self.nodes: list[Node] = [(at, thing) for at, diagram in diagrams.items() for thing in things(diagram)]
        self._one, self._asked = UnionFind(), UnionFind()

    def glue(self, one: Node, other: Node) -> None:
        """Make two things one, and what that forces.

        Raises `TypeMismatch` where they differ in kind, number of wires, data, or in what trains them.
        """
        self._asked.union(one, other)
        waiting = [(one, other)]
        while waiting:
            one, other = waiting.pop()
            if self._one[one] != self._one[other]:
                self._require_alike(one, other)
                self._one.union(one, other)
                waiting += zip(self._under(one), self._under(other), strict=True)

    def require_asked(self) -> None:
        """Raise `TypeMismatch` where two things of one diagram have become one without being asked for."""
        for kind in GENERATORS:
            for members in self.classes(kind):
                first: dict[str, Node] = {}
                for node in members:
                    known = first.setdefault(node[0], node)
                    if self._asked[known] != self._asked[node]:
                        forced = " and ".join(f"{thing} of {at}" for at, thing in members)
                        raise TypeMismatch(
                            f"what is glued forces {forced} to be one: the types do not fit; glue things whose types "
                            f"differ in names only, or glue {known[1]} with {node[1]} of {node[0]} as well"
                        )

    def classes(self, kind: str) -> list[list[Node]]:
        """The classes of things of a kind, in the order of their first members."""
        found: dict[Node, list[Node]] = {}
        for node in self.nodes:
            if node[1].kind == kind:
                found.setdefault(self._one[node], []).append(node)
        return list(found.values())

    def match(self, kind: str, content: Callable[[Node], str]) -> None:
        """Glue what says the same in different diagrams, one to one, things of equal names first.

        Parameters
        ----------
        content : what a thing says, after gluing.

        Raises `TypeMismatch` where things that are one say different things.
        """
        saying: dict[str, list[list[Node]]] = {}
        for members in self.classes(kind):
            (at, thing), *others = members
            for node in others:
                if content(node) != content((at, thing)):
                    raise TypeMismatch(
                        f"{thing} of {at} cannot be glued with {node[1]} of {node[0]}, which says something else"
                    )
            saying.setdefault(content((at, thing)), []).append(members)
        for alike in saying.values():
            for by_name in (True, False):
                kept: list[list[Node]] = []
                for members in alike:
                    partner = next((other for other in kept if _match(other, members, by_name)), None)
                    if partner is None:
                        kept.append(members)
                    else:
                        self._one.union(partner[0], members[0])
                        partner += members
                alike = kept

    def _under(self, node: Node) -> list[Node]:
        """What is glued with a thing: the objects of its ends, and what it follows."""
        at, thing = node
        if thing.kind not in ("box", "column"):
            return []
        box, ema = self._box(node), self.diagrams[at].ema
        under = [(at, object_symbol(ob)) for ob in (*box.dom.inside, *box.cod.inside)]
        if thing.kind == "box" and thing.name in ema:
            under.append((at, Symbol("box", ema[thing.name][0])))
        return under

    def _box(self, node: Node) -> markov.Box:
        at, thing = node
        return generator(self.diagrams[at], thing)

    def _require_alike(self, one: Node, other: Node) -> None:
        (at, thing), (at_, thing_) = one, other
        who = f"{thing} of {at} cannot be glued with {thing_} of {at_}"
        if thing.kind != thing_.kind:
            raise TypeMismatch(f"{who}: only things of one kind are")
        if thing.kind == "box":
            box, box_ = self._box(one), self._box(other)
            if (len(box.dom), len(box.cod)) != (len(box_.dom), len(box_.cod)) or label(box)[0] != label(box_)[0]:
                raise TypeMismatch(f"{who}: they are {describe(box)} and {describe(box_)}")
            if label(box)[-1] != label(box_)[-1]:
                raise TypeMismatch(f"{who}: they carry the data {box.data!r:.60} and {box_.data!r:.60}")
            does, does_ = self.diagrams[at].training(thing.name), self.diagrams[at_].training(thing_.name)
            if does != does_:
                raise TypeMismatch(f"{who}: the first {does}, the second {does_}")


def _match(one: Iterable[Node], other: Iterable[Node], by_name: bool) -> bool:
    """Whether two classes share no diagram, and, if so asked, a name."""
    apart = {at for at, _ in one}.isdisjoint(at for at, _ in other)
    return apart and (not by_name or not {thing for _, thing in one}.isdisjoint(thing for _, thing in other))
