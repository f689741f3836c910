"""Certificates: a proof as self-contained plain data that any program can read and check.

    {"format": "proof/1", "theory": …, "sample_spaces": […], "boxes": [box, …], "axioms": {name: equation, …},
     "lemmas": [equation with "name" and "steps", …], "statement": equation, "steps": [step, …]}

A box is {"name", "dom", "cod", "kind"}, of kind "box", "kernel", "column" or "state". The keys "data" and "uses" are
optional, and so is "dagger", which is false; "uses" lists earlier places in the list of boxes. An equation is
{"lhs": graph, "rhs": graph}, with the sides as they are written. A graph is {"dom", "boxes", "outputs"}, where an
application of a box is a list: the place of the box in the list of boxes, then the wires at its inputs. Wires are
counted from 0: the inputs, then the outputs of each application in turn.
A step is {"by": name, "backwards", "before": graph, "after": graph}. The step claims that

    before >> bypass @ lhs >> after    may be replaced by    before >> bypass @ rhs >> after.

The signature of the question is that of statement and axioms, with the states of their sample spaces. Lemmas and steps
speak of nothing else. Where a question has further boxes, trivial axioms c = c carry them. Names are in Unicode's form
NFC.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from discopy import markov

from learning_diagrams.diagrams.box import Box, Id, Kernel, Ty
from learning_diagrams.diagrams.labels import label
from learning_diagrams.diagrams.port_graph import PortGraph, PortGraphBuilder
from learning_diagrams.diagrams.sample_space import SampleObject, SampleSpace
from learning_diagrams.diagrams.uses import uses_of, with_uses
from learning_diagrams.errors import LearningDiagramError, ProofError, brief
from learning_diagrams.proof.display import require_shown
from learning_diagrams.proof.rules.question import Symbols, require_spoken, symbols
from learning_diagrams.proof.rules.step import Step

FORMAT = "proof/1"
COST_OF_A_BOX, COST_OF_A_GRAPH = 100, 30  # to read, in wires
Sides = tuple[PortGraph, PortGraph]
T = TypeVar("T")


class Writer:
    """Writes graphs as plain data, over one list of boxes."""

    def __init__(self) -> None:
        self.boxes: list[dict[str, Any]] = []
        self.sample_spaces: set[str] = set()
        self._place: dict[Any, int] = {}
        self._named: dict[str, Any] = {}

    def graph(self, graph: PortGraph) -> dict[str, Any]:
        dom = self._type(graph.dom)
        boxes = [[self._box(box), *arguments] for box, arguments, _ in graph.applications()]
        return {"dom": dom, "boxes": boxes, "outputs": list(graph.outputs)}

    def equation(self, sides: Sides) -> dict[str, Any]:
        return {"lhs": self.graph(sides[0]), "rhs": self.graph(sides[1])}

    def step(self, step: Step) -> dict[str, Any]:
        ends = {"before": self.graph(step.before), "after": self.graph(step.after)}
        return {"by": step.name, "backwards": step.backwards, **ends}

    def _type(self, ty: Ty) -> list[str]:
        for ob in ty.inside:
            require_shown(ob.name, "a type")
        self.sample_spaces |= {ob.name for ob in ty.inside if isinstance(ob, SampleObject)}
        return [ob.name for ob in ty.inside]

    def _box(self, box: markov.Box) -> int:
        of = label(box)
        if of not in self._place:
            require_shown(box.name, "a box")
            name = displayed(box)
            if self._named.setdefault(name, of) != of:
                raise ProofError(f"two different boxes are called {name!r}, which a certificate cannot tell apart")
            entry = {"name": box.name, "dom": self._type(box.dom), "cod": self._type(box.cod), "kind": of[0]}
            if box.data is not None:
                entry["data"] = _plain(box.data, box.name)
            if uses := [self._box(use) for use in uses_of(box)]:
                entry["uses"] = uses
            self._place[of] = len(self.boxes)
            self.boxes.append(entry)
        return self._place[of]


class Reader:
    """Reads graphs from plain data. Malformed data raise `ProofError` with the place."""

    def __init__(self, boxes: Any, sample_spaces: Any, spend: Callable[[int, str], None] = lambda *_: None) -> None:
        self._spend, self.longest_name = spend, 0
        self.question: Symbols | None = None  # once known, graphs speak of nothing else
        self._asked: set[int] = set()  # the boxes of which it speaks, by number
        spaces = _list(sample_spaces, "sample_spaces", str)
        spend(COST_OF_A_BOX * len(spaces), "sample_spaces")
        self._objects = {name: SampleSpace(name).ty for name in spaces}
        self.boxes: list[markov.Box] = []
        for i, entry in enumerate(_list(boxes, "boxes", dict)):
            self.boxes.append(self._box(entry, f"boxes[{i}]"))
        names = [displayed(box) for box in self.boxes]
        if len(set(names)) < len(names):
            twice = Counter(names).most_common(1)[0][0]
            raise ProofError(f"boxes: two of them are called {twice!r}")

    def graph(self, data: Any, place: str) -> PortGraph:
        entry = _object(data, place, {"dom", "boxes", "outputs"})
        self._spend(COST_OF_A_GRAPH, place)
        objects = [*self._type(entry["dom"], f"{place}.dom").inside]
        dom = Ty(*objects)
        if self.question is not None:
            require_spoken(symbols([Id(dom)]), self.question, f"{place}.dom")
        builder = PortGraphBuilder(dom)
        for i, row in enumerate(_list(entry["boxes"], f"{place}.boxes", list)):
            where = f"{place}.boxes[{i}]"
            number, *wires = _list(row, where, int) or [-1]
            self._spend(2 + len(wires), where)
            if not 0 <= number < len(self.boxes):
                raise ProofError(f"{where}: there is no box number {brief(number)}")
            box = self.boxes[number]
            if self.question is not None and number not in self._asked:
                require_spoken(symbols([box]), self.question, where)
                self._asked.add(number)
            _require_wires(wires, objects, box.dom, where)
            builder.add(box, wires)
            self._spend(len(box.cod), where)
            objects += box.cod.inside
        outputs = _list(entry["outputs"], f"{place}.outputs", int)
        self._spend(len(outputs), place)
        _require_wires(outputs, objects, None, f"{place}.outputs")
        return builder.build(Ty(*(objects[wire] for wire in outputs)), outputs)

    def sides(self, data: Any, place: str) -> Sides:
        lhs, rhs = (self.graph(data.get(side), f"{place}.{side}") for side in ("lhs", "rhs"))
        if (lhs.dom, lhs.cod) != (rhs.dom, rhs.cod):
            both = " and ".join(f"{side.dom or 'I'} → {side.cod or 'I'}" for side in (lhs, rhs))
            raise ProofError(f"{place}: the sides are not parallel: {both}")
        return lhs, rhs

    def step(self, data: Any, place: str) -> Step:
        entry = _object(data, place, {"by", "backwards", "before", "after"})
        if not isinstance(entry["by"], str) or not isinstance(entry["backwards"], bool):
            raise ProofError(f"{place}: 'by' is the name of an equation and 'backwards' is true or false")
        ends = (self.graph(entry[side], f"{place}.{side}") for side in ("before", "after"))
        return Step(entry["by"], entry["backwards"], *ends)

    def _require_name(self, name: str, place: str) -> None:
        require_shown(name, place)
        self.longest_name = max(self.longest_name, len(name))

    def _type(self, data: Any, place: str) -> Ty:
        names = _list(data, place, str)
        self._spend(2 * len(names), place)
        for name in names:
            self._require_name(name, place)
        return Ty().tensor(*(self._objects.get(name) or Ty(name) for name in names)) if names else Ty()

    def _box(self, data: Any, place: str) -> markov.Box:
        entry = _object(data, place, {"name", "dom", "cod", "kind"}, {"data", "dagger", "uses"})
        uses = _list(entry.get("uses", []), f"{place}.uses", int)
        self._spend(COST_OF_A_BOX, place)
        name, kind, dagger = entry["name"], entry["kind"], entry.get("dagger", False)
        dom, cod = (self._type(entry[end], f"{place}.{end}") for end in ("dom", "cod"))
        if not all(isinstance(text, str) for text in (name, kind)) or not isinstance(dagger, bool):
            raise ProofError(f"{place}: 'name' and 'kind' are strings and 'dagger' is true or false")
        self._require_name(name, place)
        data = _tuples(entry.get("data"), place, self._spend)
        space = {"column": dom[0].inside[0].name if dom else "", "state": name}.get(kind)
        if space is not None and space not in self._objects:
            raise ProofError(f"{place}: a {kind} belongs to a sample space, and {space!r} is not among sample_spaces")
        if kind not in ("box", "kernel", "column", "state"):
            raise ProofError(f"{place}.kind: there is no kind of box {brief(kind)}")
        for number in uses:
            if not 0 <= number < len(self.boxes) or space is not None:
                raise ProofError(f"{place}.uses: a {kind} does not use box number {brief(number)}")
        try:
            if space is None:
                used: Any = [self.boxes[number] for number in uses]
                make = Box if kind == "box" else Kernel
                box: markov.Box = make(name, dom, cod, data=data, is_dagger=dagger, uses=used)
            else:
                box = SampleSpace(space).state if kind == "state" else SampleSpace(space).column(name, cod)
        except LearningDiagramError as error:
            raise ProofError(f"{place}: {error}") from None
        self._spend(COST_OF_A_BOX * (len(with_uses(box)) - 1), place)
        if (box.dom, box.cod, box.data, box.is_dagger) != (dom, cod, data, dagger):
            raise ProofError(f"{place}: a {kind} does not go from {dom or 'I'} to {cod or 'I'} with these data")
        return box


def displayed(box: markov.Box) -> str:
    """The name of a box in a derivation: `space.column` for a column, `state(space)` for a state."""
    kind, name, dom, *_ = label(box)
    if kind == "column":
        return f"{'@'.join(dom)}.{name}"
    return f"state({name})" if kind == "state" else str(name)


def _object(data: Any, place: str, wanted: set[str], optional: Iterable[str] = ()) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise ProofError(f"{place}: expected a mapping with {', '.join(sorted(wanted))}; got {brief(data)}")
    if missing := wanted - set(data):
        raise ProofError(f"{place}: {sorted(missing)[0]!r} is missing")
    if strange := [key for key in data if key not in wanted and key not in set(optional)]:
        raise ProofError(f"{place}: unknown key {brief(strange[0])}")
    return data


def _list(data: Any, place: str, of: type[T]) -> list[T]:
    if not isinstance(data, list | tuple) or not all(isinstance(item, of) and type(item) is not bool for item in data):
        names = {str: "strings", int: "whole numbers", dict: "mappings", list: "lists"}
        raise ProofError(f"{place}: expected a list of {names[of]}, got {brief(data)}")
    return list(data)


def _require_wires(wires: list[int], objects: list[Any], dom: Ty | None, place: str) -> None:
    for wire in wires:
        if not 0 <= wire < len(objects):
            raise ProofError(f"{place}: there is no wire {brief(wire)} yet; {len(objects)} wires come before")
    if dom is not None and [objects[wire] for wire in wires] != list(dom.inside):
        raise ProofError(f"{place}: the box takes {dom or 'I'}, but gets {Ty(*(objects[w] for w in wires)) or 'I'}")


def _plain(data: Any, name: str) -> Any:
    if isinstance(data, tuple):
        return [_plain(part, name) for part in data]
    if data is not None and not isinstance(data, str | bool | int | float):
        raise ProofError(f"box {name!r} carries {brief(data)}, which a certificate cannot hold")
    return data


def _tuples(data: Any, place: str, spend: Callable[[int, str], None] = lambda *_: None, depth: int = 50) -> Any:
    spend(10 + (len(data) // 10 if isinstance(data, str) else 0), place)
    if isinstance(data, list | tuple) and depth:
        return tuple(_tuples(part, place, spend, depth - 1) for part in data)
    if data is not None and not isinstance(data, str | bool | int | float):
        raise ProofError(f"{place}.data: expected plain values, got {brief(data)}")
    return data
