"""DisCoPy's JSON: what `discopy.utils.dumps` writes of a diagram, read without calling what the text names.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> f = Box("f", Ty("x"), Ty("x"))
>>> print(from_discopy_json(to_discopy_json(f >> f), f))
f >> f
"""

from __future__ import annotations

import json
from typing import Any

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.errors import FileError, TypeMismatch, brief
from learning_diagrams.interchange.discopy_diagram import to_discopy
from learning_diagrams.interchange.outside_text import json_value, require_rows
from learning_diagrams.interchange.wired_boxes import WiredBoxes, Wires

WHERE = "the DisCoPy JSON"
_THEORIES = ("monoidal", "symmetric", "markov")


def to_discopy_json(diagram: Diagram) -> str:
    """The JSON of the plain diagram, as `discopy.utils.dumps` writes it; errors as in `to_discopy`.

    `discopy.utils.loads` of DisCoPy 1.2.2 reads it where the diagram has no copy and no discard.
    """
    return json.dumps(to_discopy(diagram).to_tree(), ensure_ascii=False)


def from_discopy_json(text: str, scope: Any = None) -> Diagram:
    """The diagram of a text that `discopy.utils.dumps` wrote; the scope and further errors are those of `from_discopy`.

    Raises
    ------
    FileError : the text is no JSON of a diagram, or its types do not meet.
    TypeMismatch : a part is made by something else than boxes, copies, discards and swaps, is a dagger or has data.
    """
    tree = require_rows(json_value(text, WHERE), dict, WHERE)
    if _factory(tree)[1] == "Box":
        tree = {"factory": "markov.Diagram", "inside": [_alone(tree)], "dom": tree.get("dom"), "cod": tree.get("cod")}
    _require(tree, "Diagram", WHERE)
    reader = _Scan(_type(tree.get("dom"), f"{WHERE}: dom"))
    for i, layer in enumerate(require_rows(tree.get("inside"), list, f"{WHERE}: inside")):
        where = f"{WHERE}: inside[{i}]"
        _require(require_rows(layer, dict, where), "Layer", where)
        reader.layer(require_rows(layer.get("inside"), list, where), where)
    reader.meet(_type(tree.get("cod"), f"{WHERE}: cod"), 0, f"{WHERE}: cod", len(reader.scan))
    outputs = tuple(reader.scan)
    return WiredBoxes(
        tuple(reader.wires), tuple(reader.labels), tuple(reader.ports), tuple(range(reader.inputs)), outputs
    ).diagram(WHERE, scope)


class _Scan:
    """The wires between two layers, and all that was read before."""

    def __init__(self, dom: list[str]) -> None:
        self.wires, self.inputs = list(dom), len(dom)
        self.scan = list(range(len(dom)))
        self.labels: list[str] = []
        self.ports: list[tuple[Wires, Wires]] = []

    def meet(self, names: list[str], at: int, where: str, width: int | None = None) -> list[int]:
        """The wires at a place, which must carry these objects."""
        wires = self.scan[at : at + (len(names) if width is None else width)]
        if [self.wires[wire] for wire in wires] != names:
            carried = " @ ".join(self.wires[wire] for wire in wires[:10]) or "I"
            raise FileError(
                f"{where}: starts from {' @ '.join(names[:10]) or 'I'}, and the wires there carry {carried}"
            )
        return wires

    def layer(self, parts: list[Any], where: str) -> None:
        at = 0
        for i, part in enumerate(parts):
            place = f"{where}.inside[{i}]"
            if i % 2:
                at += self.box(require_rows(part, dict, place), at, place)
            else:
                at += len(self.meet(_type(part, place), at, place))
        if not len(parts) % 2 or at != len(self.scan):
            raise FileError(f"{where}: a layer has types around its boxes, for all {len(self.scan)} wires")

    def box(self, tree: dict[str, Any], at: int, where: str) -> int:
        """Put a box on the wires from a place; the number of its outputs."""
        kind = _factory(tree)[1]
        if _factory(tree)[0] not in _THEORIES or kind not in ("Box", "Swap", "Copy", "Discard"):
            raise TypeMismatch(f"{where}: {brief(tree.get('factory'))} has no meaning in a Markov category")
        if kind == "Swap":
            left, right = (_type(tree.get(side), where) for side in ("left", "right"))
            wires = self.meet(left + right, at, where)
            self.scan[at : at + len(wires)] = wires[len(left) :] + wires[: len(left)]
            return len(wires)
        dom, cod = (_type(tree.get(end), where) for end in ("dom", "cod"))
        wires = self.meet(dom, at, where)
        if kind == "Box":
            if tree.get("is_dagger") or tree.get("data") is not None or tree.get("z"):
                raise TypeMismatch(
                    f"{where}: box {brief(tree.get('name'))} is a dagger or carries data, which is not read"
                )
            if not isinstance(name := tree.get("name"), str):
                raise FileError(f"{where}: the name of a box must be a string, got {brief(name)}")
            self.labels.append(name)
            outputs = list(range(len(self.wires), len(self.wires) + len(cod)))
            self.wires += cod
            self.ports.append((tuple(wires), tuple(outputs)))
        else:
            times = len(cod) // len(dom) if dom else 0
            if len(dom) != 1 or cod != dom * times:
                raise FileError(f"{where}: a copy has one input, and outputs of its type")
            outputs = wires * times
        self.scan[at : at + len(wires)] = outputs
        return len(outputs)


def _alone(box: dict[str, Any]) -> dict[str, Any]:
    nothing: dict[str, Any] = {"factory": "monoidal.Ty", "inside": []}
    return {"factory": "monoidal.Layer", "inside": [nothing, box, nothing]}


def _factory(tree: dict[str, Any]) -> tuple[str, str]:
    theory, _, kind = str(tree.get("factory")).removeprefix("discopy.").rpartition(".")
    return theory, kind


def _require(tree: dict[str, Any], kind: str, where: str) -> None:
    if _factory(tree)[0] not in _THEORIES or _factory(tree)[1] != kind:
        raise FileError(f"{where}: must be a {kind} of {', '.join(_THEORIES)}, got {brief(tree.get('factory'))}")


def _type(tree: Any, where: str) -> list[str]:
    _require(require_rows(tree, dict, where), "Ty", where)
    names = []
    for ob in require_rows(tree.get("inside"), list, where):
        if require_rows(ob, dict, where).get("factory") != "cat.Ob" or not isinstance(ob.get("name"), str):
            raise FileError(f"{where}: an object is a cat.Ob with a name, got {brief(ob)}")
        names.append(ob["name"])
    return names
