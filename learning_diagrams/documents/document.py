"""The shape of a learning diagram's files: their keys, and the values that each key takes.

Reading checks data against these models strictly: `true` is not a number, and `3` is not a name. The JSON Schema that
ships is generated from the models.

>>> read_document({"format": FORMAT, "constraints": {"fit": {"lhs": "x >> f", "rhs": "y"}}}).constraints["fit"].weight
1.0
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    WithJsonSchema,
    create_model,
)
from pydantic.json_schema import GenerateJsonSchema

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.errors import FileError, brief, did_you_mean
from learning_diagrams.errors.collected import LISTED, together
from learning_diagrams.errors.cut_text import comma_hint
from learning_diagrams.presentation.choice import Divergences
from learning_diagrams.presentation.fields.constraint_field import ConstraintField
from learning_diagrams.presentation.fields.weight import NonNegative
from learning_diagrams.presentation.moving_average import MovingAverages
from learning_diagrams.presentation.player import Player
from learning_diagrams.presentation.presentation import Presentation
from learning_diagrams.presentation.presentation_field import PresentationField

FORMAT = "learning-diagram/1"
Place = tuple[str | int, ...]
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|true|false")


Term = Annotated[str, Field(description="a term, such as: pixels >> student")]


def _optional(schema: dict[str, Any]) -> None:
    schema.pop("default")  # the default means that the key is absent, and cannot be written


def _option(value: Any) -> Any:
    for part in value if isinstance(value, list) else [value]:
        if not isinstance(part, str | int | float) or (isinstance(part, float) and not math.isfinite(part)):
            raise ValueError("a string, a finite number, true or false, or a list of these")
    return value


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ScheduleShape(Shape):
    """A number that follows the steps of training: linear and cosine from start to end, piecewise through points."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    __pydantic_extra__: dict[str, Any]

    schedule: str = Field(
        description="linear or cosine, with start, end and steps; or piecewise, with points, a list of [steps, number]",
        json_schema_extra={"enum": ["linear", "cosine", "piecewise"]},
    )


class NumberShape(Shape):
    """A number that a box, or a deterministic term, computes from I."""

    box: Term


def _or_moving(number: Any) -> Any:
    """A fixed number, a schedule, or a box in the place of a number."""
    return Annotated[
        Annotated[number, Tag("a number")]
        | Annotated[ScheduleShape, Tag("a schedule")]
        | Annotated[NumberShape, Tag("a box")],
        Discriminator(_kind_of_quantity),
    ]


def _kind_of_quantity(value: Any) -> str:
    return ("a box" if "box" in value else "a schedule") if isinstance(value, Mapping) else "a number"


_SCALAR: dict[str, Any] = {"type": ["string", "number", "boolean"]}
Option = Annotated[
    Any, AfterValidator(_option), WithJsonSchema({"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR}]})
]


class ChoiceShape(Shape):
    """A divergence or an optimizer by name, and its options beside the name."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    __pydantic_extra__: dict[str, _or_moving(Option)]  # type: ignore[valid-type]

    name: str


def _kind(value: Any) -> str:
    return "name" if isinstance(value, str) else "list" if isinstance(value, list) else "mapping"


OneChoice = Annotated[
    Annotated[str, Tag("name")] | Annotated[ChoiceShape, Tag("mapping")],
    Discriminator(_kind, custom_error_type="choice", custom_error_message="a name, or a mapping with a name"),
]
SomeDivergences = Annotated[
    Annotated[str, Tag("name")] | Annotated[ChoiceShape, Tag("mapping")]
    | Annotated[list[OneChoice], Tag("list")],
    Discriminator(_kind),
]  # fmt: skip


def _kind_of_terms(value: Any) -> str | None:
    return "list" if isinstance(value, list) else "mapping" if isinstance(value, Mapping) else None


Factor = Annotated[float, Field(allow_inf_nan=False)]
Terms = Annotated[
    Annotated[list[str], Tag("list")] | Annotated[dict[str, Factor], Tag("mapping")],
    Discriminator(
        _kind_of_terms, custom_error_type="terms", custom_error_message="a list of names, or a mapping from names"
    ),
]


class BoxShape(Shape):
    """A box: a deterministic function, or a kernel."""

    dom: list[str] = Field(description="the objects of its inputs")
    cod: list[str] = Field(description="the objects of its outputs")
    kernel: bool = Field(default=False, description="whether it returns a probability distribution")
    uses: list[str] = Field(default=[], description="the boxes that its module calls by name")


class AxiomShape(Shape):
    """An equation that holds by construction."""

    lhs: Term
    rhs: Term


class ConstraintShape(AxiomShape):
    """An equation to be learned: lhs is the prediction, rhs the reference."""

    # The fields of `Constraint.listed` follow.


class MovingAverageShape(Shape):
    """Whose parameters a box follows: it becomes decay · itself + (1 − decay) · source after each step."""

    source: str = Field(description="the box that is followed")
    decay: _or_moving(Annotated[float, Field(ge=0, le=1)]) = Field(description="how much stays")  # type: ignore[valid-type]


class PlayerShape(Shape):
    """Who trains some boxes on some terms, in turn with others."""

    terms: Terms = Field(description="constraints; or a mapping from these to factors, where one is negative")
    boxes: list[str] = Field(description="the boxes that it trains")
    optimizer: OneChoice = Field(
        default="", description="a name, or a mapping with a name and options", json_schema_extra=_optional
    )
    steps: int = Field(default=1, ge=1, description="how many updates it makes in a round")


class Document(Shape):
    """A learning diagram: training setups written as string diagrams, and equations between them."""

    # The fields of `Presentation.listed` follow.

    format: Literal["learning-diagram/1"]
    name: str = Field(default="", description="a title")
    objects: list[str] = Field(default=[], description="the types of data")
    sample_spaces: dict[str, dict[str, str]] = Field(
        default={}, description="for each data set its columns, and the object that each ends in"
    )
    boxes: dict[str, BoxShape] = {}
    constraints: dict[str, ConstraintShape]
    axioms: dict[str, AxiomShape] = {}


# How a file holds the types of the presentation.
SHAPES: dict[Any, Any] = {
    Diagram: Term,
    Divergences: SomeDivergences,
    NonNegative: _or_moving(Annotated[float, Field(ge=0, allow_inf_nan=False)]),
    MovingAverages: dict[str, MovingAverageShape],
    dict[str, Player]: dict[str, PlayerShape],
}


def document_shape(make: type[Presentation]) -> type[Document]:
    """The shape of the documents of a class of presentations, with the fields that the class lists."""
    return _document_shape(make.constraint_type.listed(), make.listed)


@cache
def _document_shape(
    of_constraint: tuple[ConstraintField, ...], of_presentation: tuple[PresentationField, ...]
) -> type[Document]:
    constraint: Any = create_model(
        "ConstraintShape", __base__=ConstraintShape, __doc__=ConstraintShape.__doc__, **_shapes(of_constraint)
    )
    return create_model(
        "Document", __base__=Document, __doc__=Document.__doc__, constraints=(dict[str, constraint], ...),
        **_shapes(of_presentation),
    )  # fmt: skip


def _shapes(listed: Iterable[ConstraintField | PresentationField]) -> dict[str, Any]:
    shapes = {}
    for field in listed:
        empty: dict[Any, Any] = {list: [], dict: {}, Mapping: {}}
        default = empty.get(get_origin(field.shape), field.default)
        extra = _optional if field.default is None else None
        shape = SHAPES.get(field.shape, field.shape)
        shapes[field.name] = (shape, Field(default=default, description=field.description, json_schema_extra=extra))
    return shapes


class SchemaError(FileError):
    """A fault in the shape of data, with the path to its place."""

    def __init__(self, message: str, place: Place = ()) -> None:
        super().__init__(message)
        self.place = place


def read_document(data: Any, make: type[Presentation] = Presentation) -> Document:
    """The document that plain data is; `SchemaError`, which lists all faults, for data of another shape."""
    document = document_shape(make)
    try:
        return document.model_validate(dict(data) if isinstance(data, Mapping) else data)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        written = {each["loc"][:-1] for each in errors if each["type"] == "extra_forbidden"}
        # A key that was written in the place of one that is missing is the better report.
        told = [each for each in errors if each["type"] != "missing" or each["loc"][:-1] not in written]
        raise together(
            [
                _explained(each["type"], each["msg"], each["loc"], each["input"], data, each.get("ctx", {}), document)
                for each in told[:LISTED]
            ]
        ) from None


WANTED = {
    "string_type": "a string",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "float_type": "a finite number",
    "finite_number": "a finite number",
    "int_type": "a whole number",
    "greater_than": "a number > {gt:g}",
    "less_than": "a number < {lt:g}",
    "greater_than_equal": "a number ≥ {ge:g}",
    "too_short": "a list that is not empty",
    "less_than_equal": "a number ≤ {le:g}",
    "value_error": "{error}",
}


def _explained(
    kind: str, message: str, loc: Place, value: Any, data: Any, limits: Mapping[str, Any], document: type[Document]
) -> SchemaError:
    if kind == "invalid_key" or loc[-1:] == ("[key]",):
        key = loc[-1] if kind == "invalid_key" else value
        return SchemaError(f"a key must be a string, got {brief(key)}", place_in(loc[:-2], data))
    if kind == "missing":
        return SchemaError(f"lacks the key {loc[-1]!r}", place_in(loc[:-1], data))
    place = place_in(loc, data)
    if kind == "extra_forbidden":
        entries = get_args(document.model_fields[str(place[0])].annotation)[1:] if len(place) > 1 else ()
        shape = NumberShape if "a box" in loc else next((s for s in entries if issubclass(s, Shape)), document)
        known = shape.model_fields
        hint = comma_hint(loc) or f"; {did_you_mean(str(loc[-1]), known)}"
        return SchemaError(f"unknown key {brief(loc[-1])}{hint}", place)
    if kind == "literal_error":
        is_certificate = isinstance(value, str) and value.startswith(("proof/", "countermodel/", "term-countermodel/"))
        hint = "; this is a certificate, which check-proof reads" if is_certificate else ""
        return SchemaError(f"format is {brief(value)}; this version reads {FORMAT!r}{hint}", place)
    hint = quotes_hint(kind, value) or comma_hint(loc)
    hint = "; a box is written {box: name}" if isinstance(value, str) and "a number" in loc else hint
    hint = f"; write [{value:.60}]" if kind == "list_type" and isinstance(value, str) else hint
    wanted = WANTED[kind].format(**limits) if kind in WANTED else message
    return SchemaError(f"must be {wanted}, got {brief(value)}{hint}", place)


def quotes_hint(kind: str, value: Any) -> str:
    """What to do about quotes where a string is lacking, or stands where a number is needed."""
    if kind == "string_type" and isinstance(value, int | float):
        return "; put it in quotes"
    if kind in ("float_type", "int_type", "bool_type", "finite_number") and isinstance(value, str):
        return "; this is a text; write it without quotes" if _NUMBER.fullmatch(value) else ""
    return ""


def place_in(loc: Place, data: Any) -> Place:
    """The path in the data of a location of pydantic's, which also names members of unions."""
    place: list[str | int] = []
    for step in loc:
        if (isinstance(data, Mapping) and step in data) or (isinstance(data, list) and isinstance(step, int)):
            place.append(step)
            data = data[step]  # type: ignore[index]
    return tuple(place)


class JsonSchema(GenerateJsonSchema):
    """Writes schemas in the dialect of 2020-12, whose fields have no titles."""

    schema_dialect: ClassVar[str] = "https://json-schema.org/draft/2020-12/schema"  # type: ignore[misc]

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def json_schema(make: type[Presentation] = Presentation) -> dict[str, Any]:
    """The JSON Schema of a file, for editors and for other programs."""
    schema = document_shape(make).model_json_schema(schema_generator=JsonSchema)
    return {"$schema": JsonSchema.schema_dialect, **schema, "title": "Learning diagram"}
