"""A learning diagram as plain data, for its files and beside saved weights.

>>> from learning_diagrams.diagrams.box import Kernel, Ty
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> rows = SampleSpace("rows")
>>> x, y = rows.column("x", Ty("a")), rows.column("y", Ty("b"))
>>> d = Presentation(Constraint("fit", x >> Kernel("f", Ty("a"), Ty("b")), y))
>>> to_dict(d)["constraints"]
{'fit': {'lhs': 'x >> f', 'rhs': 'y'}}
>>> from_dict(to_dict(d), Presentation) == d
True
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from graphlib import CycleError, TopologicalSorter
from typing import Any, TypeVar

from discopy import markov

from learning_diagrams.diagrams.box import Box, Diagram, Kernel, Ty
from learning_diagrams.diagrams.sample_space import SampleSpace
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.diagrams.uses import uses_of
from learning_diagrams.documents.document import (
    FORMAT,
    BoxShape,
    Document,
    NumberShape,
    Place,
    ScheduleShape,
    SchemaError,
    Shape,
    read_document,
)
from learning_diagrams.errors import FileError, LearningDiagramError, brief, did_you_mean
from learning_diagrams.errors.collected import Collected, together
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.presentation.presentation import Presentation
from learning_diagrams.schedule import Schedule
from learning_diagrams.terms.parser import TermReader
from learning_diagrams.terms.printer import RULE, is_name, print_term

# DisCoPy builds this many in some seconds. A file of ten thousand boxes is well below.
THINGS = 20_000
WIRES = 50_000

P = TypeVar("P", bound=Presentation)


def to_dict(diagram: Presentation) -> dict[str, Any]:
    """The learning diagram as nested dicts, lists, strings and numbers.

    Raises `ParseError` where a name cannot be written in a term.
    """
    signature = diagram.signature
    spaces: dict[str, dict[str, str]] = {space.name: {} for space in diagram.sample_spaces}
    for column in diagram.columns:
        spaces[column.space.name][column.name] = column.cod.inside[0].name

    def written_out(value: Any) -> Any:
        if isinstance(value, markov.Diagram):
            return print_term(value, signature)
        if isinstance(value, dict):
            return {key: written_out(part) for key, part in value.items()}
        return [written_out(part) for part in value] if isinstance(value, list) else value

    def entry(statement: Constraint | Equation, options: Mapping[str, Any]) -> dict[str, Any]:
        values = {"lhs": statement.lhs, "rhs": statement.rhs, **options}
        return {key: written_out(value) for key, value in values.items()}

    fields = {field.name: written_out(field.plain(value)) for field, value in diagram.annotations}
    required = [field.name for field in diagram.listed if field.plain(field.default) is not None]
    data: dict[str, Any] = {
        "format": FORMAT,
        "name": diagram.name,
        "objects": [ty.inside[0].name for ty in diagram.objects],
        "sample_spaces": spaces,
        "boxes": {box.name: written_box(box) for box in diagram.boxes},
        **{name: fields[name] for name in required},
        "constraints": {constraint.name: entry(constraint, constraint.options) for constraint in diagram.constraints},
        "axioms": {axiom.name: entry(axiom, {}) for axiom in diagram.axioms},
    }
    return data | {name: value for name, value in fields.items() if value is not None}


def written_box(box: markov.Box) -> dict[str, Any]:
    """A box as a file holds it, below its name."""
    ends = {end: [ob.name for ob in ty.inside] for end, ty in (("dom", box.dom), ("cod", box.cod))}
    uses = {"uses": [use.name for use in uses_of(box)]} if uses_of(box) else {}
    return {**ends, "kernel": not isinstance(box, Box), **uses}


def from_dict(data: Mapping[str, Any], make: type[P], where: Callable[[Place], str] | None = None) -> P:
    """Read plain data that `to_dict` wrote.

    Parameters
    ----------
    make : the class of the result.
    where : a function from a place in the data to its text at the head of an error; by default a path, such as
        `boxes.f.dom`.

    Raises
    ------
    FileError : the data has another shape.
    LearningDiagramError : the data has the shape and no meaning; errors of terms and constraints keep their type.
    """
    where = where or written
    return from_document(read_shape(data, where, make), where, make)


def read_shape(data: Any, where: Callable[[Place], str], make: type[Presentation] = Presentation) -> Document:
    """The document that plain data is; `FileError` where it has another shape."""
    with _located(where, ()):
        return read_document(data, make)


def from_document(document: Document, where: Callable[[Place], str], make: type[P]) -> P:
    """The learning diagram that a document of the right shape stands for; errors as in `from_dict`.

    The faults of all terms and statements are told at once, and then those of all annotations.
    """
    reader, faults = TermReader(signature_of(document, where)), Collected()

    def value_at(value: Any, *place: str) -> Any:
        with _located(where, place):
            return plain(value, reader.read)

    def term(text: str, *place: str) -> Any:
        with _located(where, place):
            return reader.read(text)

    constraints, axioms = [], {}
    terms = {"lhs", "rhs", *(field.name for field in make.constraint_type.listed() if field.shape is Diagram)}
    statements = [(("constraints", name), shape) for name, shape in document.constraints.items()]
    for place, shape in statements + [(("axioms", name), axiom) for name, axiom in document.axioms.items()]:
        if faults.is_full:
            break
        values: dict[str, Any] = {}
        said = [key for key in type(shape).model_fields if key in shape.model_fields_set]
        for key in said:
            with faults.below():
                values[key] = (term if key in terms else value_at)(getattr(shape, key), *place, key)
        if len(values) == len(said):
            with faults.below(), _located(where, place):
                if place[0] == "axioms":
                    axioms[place[1]] = Equation(values["lhs"], values["rhs"], place[1])
                else:
                    constraints.append(make.constraint_type(place[1], **values))
    faults.require_none()
    with _located(where, ()):
        diagram = make(*constraints, axioms=axioms, name=document.name)
    annotations: dict[str, Any] = {}
    for field in diagram.listed:
        with faults.below():
            annotations[field.name] = field.argument(value_at(getattr(document, field.name), field.name))
    for field in reversed(diagram.listed):  # the boxes of `ema` may be frozen
        value = annotations.get(field.name)
        items = [((i,), [item]) for i, item in enumerate(value)] if isinstance(value, list) else [((), value)]
        for index, part in items if field.name in annotations else ():
            with faults.below(), _located(where, (field.name, *index)):
                field.read(part, diagram)
    faults.require_none()
    with _located(where, ()):
        diagram._annotate(annotations)
    return diagram


def plain(value: Any, read: Callable[[str], Diagram]) -> Any:
    """A value of a document as plain data: shapes become the mappings that they were read from.

    Parameters
    ----------
    read : function from a term to its diagram, for the boxes in the place of numbers.
    """
    if isinstance(value, NumberShape):
        return read(value.box)
    if isinstance(value, ScheduleShape):
        return Schedule.read(value.model_dump())
    if isinstance(value, Shape):
        return {key: plain(item, read) for key, item in value if key in value.model_fields_set}
    if isinstance(value, dict):
        return {key: plain(item, read) for key, item in value.items()}
    return [plain(item, read) for item in value] if isinstance(value, list) else value


def written(place: Place) -> str:
    """The text of a place.

    >>> written(("constraints", "f >> g = h", "divergence", 0))
    "constraints['f >> g = h'].divergence[0]"
    """
    text = ""
    for step in place:
        plain = isinstance(step, str) and is_name(step) and len(step) <= 60
        text += f".{step}" if plain and text else str(step) if plain else f"[{brief(step)}]"
    return text or "the document"


def signature_of(document: Document, where: Callable[[Place], str] = written) -> Signature:
    """The signature that a document declares."""
    signature = Signature()
    columns = sum(map(len, document.sample_spaces.values()))
    symbols = len(document.objects) + len(document.sample_spaces) + columns + len(document.boxes)
    wires = sum(len(shape.dom) + len(shape.cod) + len(shape.uses) for shape in document.boxes.values())
    for count, limit, what in ((symbols, THINGS, "declarations"), (wires, WIRES, "inputs, outputs and uses of boxes")):
        if count > limit:
            with _located(where, ()):
                raise FileError(f"there are {count:,} {what}; at most {limit:,} are read")

    def ty(names: Sequence[str], *place: str | int) -> Ty:
        for i, name in enumerate(names):
            if name not in signature.objects:
                with _located(where, (*place, i) if place[-1] in ("dom", "cod") else place):
                    raise FileError(f"{brief(name)} is not among the objects; {did_you_mean(name, signature.objects)}")
        return Ty(*names)

    def require_name(name: str, *place: str | int) -> None:
        if not is_name(name):
            with _located(where, place):
                raise FileError(f"{brief(name)} cannot stand in a term: {RULE}")

    for i, name in enumerate(document.objects):
        require_name(name, "objects", i)
        signature.add_type(Ty(name))
    for space, own in document.sample_spaces.items():
        require_name(space, "sample_spaces", space)
        with _located(where, ("sample_spaces", space)):
            signature.add_type(SampleSpace(space).ty)
        for name, ob in own.items():
            require_name(name, "sample_spaces", space, name)
            column = SampleSpace(space).column(name, ty([ob], "sample_spaces", space, name))
            signature.add_box(column)
    for name in document.boxes:
        require_name(name, "boxes", name)
    for name in _users_last(document.boxes, where):
        shape = document.boxes[name]
        dom, cod = ty(shape.dom, "boxes", name, "dom"), ty(shape.cod, "boxes", name, "cod")
        with _located(where, ("boxes", name, "uses")):
            box = (Kernel if shape.kernel else Box)(name, dom, cod, uses=[signature.boxes[use] for use in shape.uses])
        signature.add_box(box)
    return signature


def _users_last(boxes: Mapping[str, BoxShape], where: Callable[[Place], str]) -> list[str]:
    """The boxes in an order in which each comes after those that it uses; `FileError` where there is none."""
    for name, shape in boxes.items():
        for i, use in enumerate(shape.uses):
            if use not in boxes:
                with _located(where, ("boxes", name, "uses", i)):
                    raise FileError(f"{brief(use)} is not among the boxes; {did_you_mean(use, boxes)}")
    try:
        return list(TopologicalSorter({name: shape.uses for name, shape in boxes.items()}).static_order())
    except CycleError as error:
        circle = error.args[1]
        with _located(where, ("boxes", circle[-1], "uses")):
            raise FileError(f"boxes use each other in a circle: {', '.join(map(brief, circle))}") from None


@contextmanager
def _located(where: Callable[[Place], str], place: Place) -> Iterator[None]:
    """Put the text of a place at the head of errors that are raised inside."""
    try:
        yield
    except SchemaError as error:
        faults: Any = error.faults or (error,)
        raise together([FileError(f"{where((*place, *each.place))}: {each}") for each in faults]) from None
    except LearningDiagramError as error:
        message = str(error)
        short = message if len(message) <= 2_000 else f"{message[:1_000]} … {message[-900:]}"
        raise type(error)(f"{where(place)}: {short}") from None
