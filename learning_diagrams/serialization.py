"""A learning diagram as plain data: what its files hold, and what is kept beside its weights.

>>> from learning_diagrams.box import Kernel, Ty
>>> from learning_diagrams.sample_space import SampleSpace
>>> rows = SampleSpace("rows")
>>> x, y = rows.column("x", Ty("a")), rows.column("y", Ty("b"))
>>> d = LearningDiagram(Constraint("fit", x >> Kernel("f", Ty("a"), Ty("b")), y))
>>> to_dict(d)["constraints"]
{'fit': {'lhs': 'x >> f', 'rhs': 'y'}}
>>> from_dict(to_dict(d)) == d
True
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from learning_diagrams.box import Box, Kernel, Ty
from learning_diagrams.equation import Constraint, Equation
from learning_diagrams.errors import FileError, LearningDiagramError
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.printing import print_term
from learning_diagrams.sample_space import SampleSpace
from learning_diagrams.signature import Signature
from learning_diagrams.text import parse_term

FORMAT = "learning-diagram/1"


def to_dict(diagram: LearningDiagram) -> dict[str, Any]:
    """The learning diagram as nested dicts, lists, strings and numbers.

    Raises `ParseError` where a name cannot be written in a term.
    """
    signature = diagram.signature
    spaces: dict[str, dict[str, str]] = {space.name: {} for space in diagram.sample_spaces}
    for column in diagram.columns:
        spaces[column.space.name][column.name] = column.cod.inside[0].name
    data: dict[str, Any] = {
        "format": FORMAT,
        "name": diagram.name,
        "objects": [ty.inside[0].name for ty in diagram.objects],
        "sample_spaces": spaces,
        "boxes": {
            box.name: {
                "dom": [ob.name for ob in box.dom.inside],
                "cod": [ob.name for ob in box.cod.inside],
                "kernel": not isinstance(box, Box),
            }
            for box in diagram.boxes
        },
        "frozen": sorted(box.name for box in diagram.frozen),
        "constraints": {},
        "axioms": {},
    }
    for constraint in diagram.constraints:
        entry = {"lhs": constraint.lhs, "rhs": constraint.rhs, **constraint.options}
        terms = {key: print_term(entry[key], signature) for key in ("lhs", "rhs", "over") if key in entry}
        data["constraints"][constraint.name] = entry | terms
    for axiom in diagram.axioms:
        data["axioms"][axiom.name] = {
            "lhs": print_term(axiom.lhs, signature),
            "rhs": print_term(axiom.rhs, signature),
        }
    return data


def from_dict(data: Mapping[str, Any]) -> LearningDiagram:
    """Read what `to_dict` wrote.

    Raises `FileError` where the data has another shape, with the path to the place, and the errors of terms and of
    learning diagrams where it has the shape and no meaning.
    """
    top = _record(data, "the document", required={"format": str, "constraints": Mapping}, optional={
        "name": str, "objects": list, "sample_spaces": Mapping, "boxes": Mapping, "frozen": list, "axioms": Mapping,
    })  # fmt: skip
    if top["format"] != FORMAT:
        raise FileError(f"format is {top['format']!r}; this version reads {FORMAT!r}")
    signature = Signature()
    for name in _strings(top.get("objects", []), "objects"):
        signature.add_type(Ty(name))
    for space, columns in top.get("sample_spaces", {}).items():
        signature.add_type(SampleSpace(space).ty)
        for name, ob in _record(columns, f"sample_spaces.{space}").items():
            signature.add_box(SampleSpace(space).column(name, _type([ob], signature, f"sample_spaces.{space}.{name}")))
    for name, entry in top.get("boxes", {}).items():
        where = f"boxes.{name}"
        entry = _record(entry, where, required={"dom": list, "cod": list}, optional={"kernel": bool})
        dom, cod = (_type(entry[key], signature, f"{where}.{key}") for key in ("dom", "cod"))
        signature.add_box((Kernel if entry.get("kernel", False) else Box)(name, dom, cod))
    constraints, axioms = [], {}
    for name, entry in top["constraints"].items():
        where = f"constraints.{name}"
        entry = _record(entry, where, required={"lhs": str, "rhs": str}, optional={
            "over": str, "weight": int | float, "divergence": str | Mapping | list,
        })  # fmt: skip
        terms = {key: _term(entry[key], signature, f"{where}.{key}") for key in ("lhs", "rhs", "over") if key in entry}
        options = {key: entry[key] for key in ("weight", "divergence") if key in entry}
        constraints.append(Constraint(name, **terms, **options))
    for name, entry in top.get("axioms", {}).items():
        entry = _record(entry, f"axioms.{name}", required={"lhs": str, "rhs": str})
        lhs, rhs = (_term(entry[key], signature, f"axioms.{name}.{key}") for key in ("lhs", "rhs"))
        axioms[name] = Equation(lhs, rhs, name)
    frozen = _strings(top.get("frozen", []), "frozen")
    return LearningDiagram(*constraints, axioms=axioms, frozen=frozen, name=top.get("name", ""))


def _record(
    value: Any, where: str, required: Mapping[str, Any] | None = None, optional: Mapping[str, Any] | None = None
) -> Mapping[str, Any]:
    """A mapping from strings, after a check of its keys and of the types of its values."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise FileError(f"{where} must be a mapping from names, got {value!r:.200}")
    if required is None:
        return value
    kinds = {**required, **(optional or {})}
    for key in value:
        if key not in kinds:
            raise FileError(f"{where} has an unknown key {key!r}; known: {', '.join(kinds)}")
        if not isinstance(value[key], kinds[key]):
            raise FileError(f"{where}: {key} is of the wrong type: {value[key]!r:.200}")
    for key in required:
        if key not in value:
            raise FileError(f"{where} lacks the key {key!r}")
    return value


def _strings(value: Any, where: str) -> list[str]:
    for item in value:
        if not isinstance(item, str):
            raise FileError(f"{where} must be a list of names, got {item!r:.200} in it")
    return list(value)


def _type(names: Any, signature: Signature, where: str) -> Ty:
    for name in _strings(names, where):
        if name not in signature.objects:
            raise FileError(f"{where}: {name!r} is not among the objects ({', '.join(signature.objects) or 'none'})")
    return Ty(*names)


def _term(text: str, signature: Signature, where: str) -> Any:
    try:
        return parse_term(text, signature)
    except LearningDiagramError as error:
        raise type(error)(f"{where}: {error}") from None
