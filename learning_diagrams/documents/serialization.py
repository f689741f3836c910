"""A learning diagram as plain data: what its files hold, and what is kept beside its weights.

>>> from learning_diagrams.diagrams.box import Kernel, Ty
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> rows = SampleSpace("rows")
>>> x, y = rows.column("x", Ty("a")), rows.column("y", Ty("b"))
>>> d = LearningDiagram(Constraint("fit", x >> Kernel("f", Ty("a"), Ty("b")), y))
>>> to_dict(d)["constraints"]
{'fit': {'lhs': 'x >> f', 'rhs': 'y'}}
>>> from_dict(to_dict(d)) == d
True
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from learning_diagrams.diagrams.box import Box, Diagram, Kernel, Ty
from learning_diagrams.diagrams.sample_space import SampleSpace
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.documents.document import (
    FORMAT,
    AxiomShape,
    ChoiceShape,
    ConstraintShape,
    Document,
    Place,
    SchemaError,
    read_document,
)
from learning_diagrams.errors import FileError, LearningDiagramError, UnknownName, brief, did_you_mean
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.presentation.moving_average import read_moving_averages
from learning_diagrams.presentation.player import read_players
from learning_diagrams.terms.parser import TermReader
from learning_diagrams.terms.printer import RESERVED, is_name, print_term

# What DisCoPy makes in some seconds; a file of ten thousand boxes is well below.
THINGS = 20_000
WIRES = 50_000


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
    if diagram.ema:
        data["ema"] = {name: {"source": source, "decay": decay} for name, (source, decay) in diagram.ema.items()}
    if diagram.players:
        data["players"] = {player.name: player.to_dict() for player in diagram.players}
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


def from_dict(data: Mapping[str, Any], where: Callable[[Place], str] | None = None) -> LearningDiagram:
    """Read what `to_dict` wrote.

    Parameters
    ----------
    where : how a place in the data is written at the head of an error; by default as a path, such as `boxes.f.dom`.

    Raises
    ------
    FileError : the data has another shape.
    LearningDiagramError : it has the shape and no meaning; errors of terms and constraints keep their type.
    """
    where = where or written
    return from_document(read_shape(data, where), where)


def read_shape(data: Any, where: Callable[[Place], str]) -> Document:
    """The document that plain data is; `FileError` where it has another shape."""
    with _located(where, ()):
        return read_document(data)


def from_document(document: Document, where: Callable[[Place], str]) -> LearningDiagram:
    """The learning diagram that a document of the right shape stands for; errors as in `from_dict`."""
    reader = TermReader(signature_of(document, where))

    def terms(shape: ConstraintShape | AxiomShape, keys: Sequence[str], *place: str) -> dict[str, Diagram]:
        read = {}
        for key in keys:
            with _located(where, (*place, key)):
                read[key] = reader.read(getattr(shape, key))
        return read

    constraints, axioms = [], {}
    for name, shape in document.constraints.items():
        given = [key for key in ("lhs", "rhs", "over") if key in shape.model_fields_set]
        options: dict[str, Any] = {"weight": shape.weight, "detach": shape.detach}
        if "divergence" in shape.model_fields_set:
            options["divergence"] = plain_choice(shape.divergence)
        sides = terms(shape, given, "constraints", name)
        with _located(where, ("constraints", name)):
            constraints.append(Constraint(name, **sides, **options))
    for name, axiom in document.axioms.items():
        sides = terms(axiom, ("lhs", "rhs"), "axioms", name)
        with _located(where, ("axioms", name)):
            axioms[name] = Equation(sides["lhs"], sides["rhs"], name)
    signature = Signature.of([part for c in constraints for part in c.diagrams]
                             + [side for a in axioms.values() for side in (a.lhs, a.rhs)])  # fmt: skip
    for i, name in enumerate(document.frozen):
        if name not in signature.boxes:
            with _located(where, ("frozen", i)):
                known = did_you_mean(name, signature.boxes)
                raise UnknownName(f"no box that a term uses is named {brief(name)}; {known}")
    ema = {target: (shape.source, shape.decay) for target, shape in document.ema.items()}
    players = {name: shape.model_dump(exclude_unset=True) for name, shape in document.players.items()}
    with _located(where, ("ema",)):
        read_moving_averages(ema, signature)
    with _located(where, ("players",)):
        read_players(players, constraints)
    with _located(where, ()):
        return LearningDiagram(
            *constraints,
            axioms=axioms,
            frozen=dict.fromkeys(document.frozen),
            ema=ema,
            players=players,
            name=document.name,
        )


def plain_choice(given: Any) -> Any:
    """A divergence or an optimizer of a document as constraints and players take it."""
    if isinstance(given, list):
        return [plain_choice(one) for one in given]
    return given.model_dump() if isinstance(given, ChoiceShape) else given


def written(place: Place) -> str:
    """A place as a path.

    >>> written(("constraints", "f >> g = h", "divergence", 0))
    "constraints['f >> g = h'].divergence[0]"
    """
    text = ""
    for step in place:
        plain = isinstance(step, str) and is_name(step) and len(step) <= 60
        text += f".{step}" if plain and text else str(step) if plain else f"[{brief(step)}]"
    return text or "the document"


def signature_of(document: Document, where: Callable[[Place], str] = written) -> Signature:
    """What a document declares."""
    signature = Signature()
    columns = sum(map(len, document.sample_spaces.values()))
    things = len(document.objects) + len(document.sample_spaces) + columns + len(document.boxes)
    wires = sum(len(shape.dom) + len(shape.cod) for shape in document.boxes.values())
    for count, limit, what in ((things, THINGS, "declarations"), (wires, WIRES, "inputs and outputs of boxes")):
        if count > limit:
            with _located(where, ()):
                raise FileError(f"there are {count:,} {what}; at most {limit:,} are read")

    def ty(names: Sequence[str], *place: str | int) -> Ty:
        for i, name in enumerate(names):
            if name not in signature.objects:
                with _located(where, (*place, i) if place[-1] in ("dom", "cod") else place):
                    raise FileError(f"{brief(name)} is not among the objects; {did_you_mean(name, signature.objects)}")
        return Ty(*names)

    def speakable(name: str, *place: str | int) -> None:
        if not is_name(name):
            with _located(where, place):
                raise FileError(
                    f"{brief(name)} cannot stand in a term: a name is words of letters, digits and underscores, joined "
                    f"by dots, and none of {', '.join(sorted(RESERVED))}"
                )

    for i, name in enumerate(document.objects):
        speakable(name, "objects", i)
        signature.add_type(Ty(name))
    for space, own in document.sample_spaces.items():
        speakable(space, "sample_spaces", space)
        with _located(where, ("sample_spaces", space)):
            signature.add_type(SampleSpace(space).ty)
        for name, ob in own.items():
            speakable(name, "sample_spaces", space, name)
            column = SampleSpace(space).column(name, ty([ob], "sample_spaces", space, name))
            signature.add_box(column)
    for name, shape in document.boxes.items():
        speakable(name, "boxes", name)
        dom, cod = ty(shape.dom, "boxes", name, "dom"), ty(shape.cod, "boxes", name, "cod")
        signature.add_box((Kernel if shape.kernel else Box)(name, dom, cod))
    return signature


@contextmanager
def _located(where: Callable[[Place], str], place: Place) -> Iterator[None]:
    """Errors inside say at their head where they come from."""
    try:
        yield
    except SchemaError as error:
        raise FileError(f"{where((*place, *error.place))}: {error}") from None
    except LearningDiagramError as error:
        message = str(error)
        short = message if len(message) <= 2_000 else f"{message[:1_000]} … {message[-900:]}"
        raise type(error)(f"{where(place)}: {short}") from None
