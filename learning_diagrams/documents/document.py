"""The shape of a learning diagram's files: which keys there are, and what may stand under each.

Reading checks data against these models, strictly, so that `true` is no number and `3` no name; the JSON Schema that
ships is made from them.

>>> read_document({"format": FORMAT, "constraints": {"fit": {"lhs": "x >> f", "rhs": "y"}}}).constraints["fit"].weight
1.0
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    WithJsonSchema,
)
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import PydanticCustomError

from learning_diagrams.errors import FileError, brief, did_you_mean

FORMAT = "learning-diagram/1"
Place = tuple[str | int, ...]


def _optional(schema: dict[str, Any]) -> None:
    schema.pop("default")  # the default of a key that may be left out, which is not to be written


def _option(value: Any) -> Any:
    for part in value if isinstance(value, list) else [value]:
        if not isinstance(part, str | int | float) or (isinstance(part, float) and not math.isfinite(part)):
            raise PydanticCustomError("option", "a string, a finite number, true or false, or a list of these")
    return value


_SCALAR: dict[str, Any] = {"type": ["string", "number", "boolean"]}
Option = Annotated[
    Any, AfterValidator(_option), WithJsonSchema({"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR}]})
]
Term = Annotated[str, Field(description="a term, such as: pixels >> student")]


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ChoiceShape(Shape):
    """A divergence or an optimizer by name, and its options beside the name."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    __pydantic_extra__: dict[str, Option]

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


class ConstraintShape(Shape):
    """An equation to be learned: lhs is the prediction, rhs the reference."""

    lhs: Term
    rhs: Term
    over: str = Field(
        default="", description="a term from data into the domain of both sides", json_schema_extra=_optional
    )
    divergence: SomeDivergences = Field(
        default="",
        description="a name, a mapping with a name and options, or a list of these, one for each output wire",
        json_schema_extra=_optional,
    )
    weight: float = Field(default=1.0, ge=0, allow_inf_nan=False, description="what its term is multiplied by")
    detach: list[str] = Field(default=[], description="lhs, rhs, or boxes: what passes no gradient in this term")


class AxiomShape(Shape):
    """An equation that holds by construction."""

    lhs: Term
    rhs: Term


class MovingAverageShape(Shape):
    """Whose parameters a box follows: it becomes decay · itself + (1 − decay) · source after each step."""

    source: str = Field(description="the box that is followed")
    decay: float = Field(ge=0, le=1, description="how much stays")


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

    format: Literal["learning-diagram/1"]
    name: str = Field(default="", description="a title")
    objects: list[str] = Field(default=[], description="the types of data")
    sample_spaces: dict[str, dict[str, str]] = Field(
        default={}, description="for each data set its columns, and the object that each ends in"
    )
    boxes: dict[str, BoxShape] = {}
    frozen: list[str] = Field(default=[], description="the boxes that are not trained")
    ema: dict[str, MovingAverageShape] = Field(default={}, description="the boxes that follow another box")
    constraints: dict[str, ConstraintShape]
    axioms: dict[str, AxiomShape] = {}
    players: dict[str, PlayerShape] = Field(default={}, description="for a game, who trains what")


class SchemaError(FileError):
    """Data of another shape, and the path to the place."""

    def __init__(self, message: str, place: Place) -> None:
        super().__init__(message)
        self.place = place


def read_document(data: Any) -> Document:
    """Check the shape of plain data; `SchemaError` where it has another one."""
    try:
        return Document.model_validate(dict(data) if isinstance(data, Mapping) else data)
    except ValidationError as error:
        errors = error.errors(include_url=False)
    first = errors[0]
    if first["type"] == "missing":  # rather the key that was written in its place
        beside = (e for e in errors if e["type"] == "extra_forbidden" and e["loc"][:-1] == first["loc"][:-1])
        first = next(beside, first)
    limits = first.get("ctx", {})
    raise _explained(first["type"], first["msg"], first["loc"], first["input"], data, limits)


_WANTED = {
    "string_type": "a string",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "float_type": "a finite number",
    "finite_number": "a finite number",
    "int_type": "a whole number",
    "greater_than_equal": "a number ≥ {ge:g}",
    "less_than_equal": "a number ≤ {le:g}",
}
_SHAPES: dict[Any, type[Shape]] = {
    "boxes": BoxShape,
    "ema": MovingAverageShape,
    "constraints": ConstraintShape,
    "axioms": AxiomShape,
    "players": PlayerShape,
}


def _explained(kind: str, message: str, loc: Place, given: Any, data: Any, limits: Mapping[str, Any]) -> SchemaError:
    if kind == "invalid_key" or loc[-1:] == ("[key]",):
        key = loc[-1] if kind == "invalid_key" else given
        return SchemaError(f"a key must be a string, got {brief(key)}", _place(loc[:-2], data))
    if kind == "missing":
        return SchemaError(f"lacks the key {loc[-1]!r}", _place(loc[:-1], data))
    place = _place(loc, data)
    if kind == "extra_forbidden":
        shape = _SHAPES.get(place[0], Document) if len(place) > 1 else Document
        return SchemaError(f"unknown key {brief(loc[-1])}; {did_you_mean(str(loc[-1]), shape.model_fields)}", place)
    if kind == "literal_error":
        return SchemaError(f"format is {brief(given)}; this version reads {FORMAT!r}", place)
    hint = "; put it in quotes" if kind == "string_type" and isinstance(given, int | float) else ""
    wanted = _WANTED[kind].format(**limits) if kind in _WANTED else message
    return SchemaError(f"must be {wanted}, got {brief(given)}{hint}", place)


def _place(loc: Place, data: Any) -> Place:
    """A location of pydantic's as a path in the data: it names the member of a union too."""
    place: list[str | int] = []
    for step in loc:
        if (isinstance(data, Mapping) and step in data) or (isinstance(data, list) and isinstance(step, int)):
            place.append(step)
            data = data[step]  # type: ignore[index]
    return tuple(place)


class _Schema(GenerateJsonSchema):
    schema_dialect: ClassVar[str] = "https://json-schema.org/draft/2020-12/schema"  # type: ignore[misc]

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a file, for editors and for other programs."""
    made = Document.model_json_schema(schema_generator=_Schema)
    return {"$schema": _Schema.schema_dialect, **made, "title": "Learning diagram"}
