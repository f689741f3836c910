"""The shape of the files of experiments: their keys, and the values that each key takes.

Reading checks data strictly, and the JSON Schema that ships is generated from these models.

>>> shape, faults = read_shape({"format": FORMAT, "stages": [{"steps": 10, "batch": 8}]})
>>> faults[0][0], faults[0][1][:47]
(('stages', 0, 'batch'), "unknown key 'batch'; did you mean 'batch_size'?")
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import reduce
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag, ValidationError

from learning_diagrams.documents.document import WANTED, JsonSchema, Option, Place, Shape, place_in, quotes_hint
from learning_diagrams.errors import brief, did_you_mean
from learning_diagrams.errors.cut_text import comma_hint

FORMAT = "learning-plan/2"

Count = Annotated[int, Field(ge=1)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class NamedShape(Shape):
    """Something by its name, and options beside the name."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    __pydantic_extra__: dict[str, Option]

    name: str

    @property
    def options(self) -> dict[str, Any]:
        return dict(self.model_extra or {})


def _kind(value: Any) -> str:
    return "name" if isinstance(value, str) else "mapping"


Named = Annotated[Annotated[str, Tag("name")] | Annotated[NamedShape, Tag("mapping")], Discriminator(_kind)]


def name_and_options(choice: str | NamedShape) -> tuple[str, dict[str, Any]]:
    """The two parts of a choice, which may be a name alone."""
    return (choice, {}) if isinstance(choice, str) else (choice.name, choice.options)


class CopyShape(Shape):
    """The module of a box as a copy of that of another box: equal at the start, and trained by itself."""

    copy_of: str = Field(description="a box with the same spaces")


def _kind_or_copy(value: Any) -> str:
    copies = isinstance(value, CopyShape) or (isinstance(value, Mapping) and "copy_of" in value)
    return "copy" if copies else _kind(value)


ModuleShape = str | NamedShape | CopyShape
Module = Annotated[
    Annotated[str, Tag("name")] | Annotated[NamedShape, Tag("mapping")] | Annotated[CopyShape, Tag("copy")],
    Discriminator(_kind_or_copy),
]


class ColumnShape(Shape):
    """A column of a source, and how its numbers become those of a space: (number − subtract) / divide."""

    column: str | Annotated[list[str], Field(min_length=1)] = Field(
        description="its name in the source; or a list of columns of numbers, which make one vector in their order"
    )
    subtract: Finite = 0.0
    divide: Finite = 1.0
    shape: list[Count] | None = Field(default=None, description="the shape of a row; null leaves it as it is")

    @property
    def columns(self) -> list[str]:
        """The columns of the source."""
        return [self.column] if isinstance(self.column, str) else self.column


Column = Annotated[Annotated[str, Tag("name")] | Annotated[ColumnShape, Tag("mapping")], Discriminator(_kind)]


class RowsShape(Shape):
    """Which rows of a source are read."""

    split: str = Field(description="one of `splits`")
    part: str | list[str] = Field(description="one of its parts, or a list of them")


class SplitShape(Shape):
    """Parts of the rows of a source, one after the other, that do not overlap."""

    parts: dict[str, Count | Annotated[float, Field(gt=0, lt=1)]] = Field(
        description="for each part the number of its rows, or its share of all rows, a number between 0 and 1"
    )
    shuffle: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="a seed by which the rows are shuffled first; null leaves them in order"
    )


class DataShape(Shape):
    """The data of a sample space."""

    source: Named | None = Field(default=None, description="a registered source: npz, csv, parquet, images, a data set")
    columns: dict[str, Column] | None = Field(
        default=None,
        description="for each column of the sample space, that of the source; null takes those of the same names",
    )
    rows: RowsShape | None = Field(default=None, description="null takes all rows")


class MetricShape(NamedShape):
    """A metric by its name, and the two terms that it compares."""

    prediction: str = Field(description="a term, such as: pixels >> student")
    target: str = Field(description="a term, such as: label")


class ValidationShape(Shape):
    """Measurements while a stage is trained, and the choice of the best state."""

    data: dict[str, DataShape] = Field(
        default={}, description="for sample spaces, their validation data; what an entry leaves out is as in `data`"
    )
    metrics: list[str] | None = Field(default=None, description="some of `metrics`; null measures all of them")
    monitor: str = Field(default="total", description="the measurement that chooses the best state")
    mode: Literal["min", "max"] = "min"
    patience: Count | None = Field(default=None, description="validations without a new best value before the end")
    restore: bool = Field(default=True, description="whether the best state is put back at the end")
    every: Count | None = Field(default=None, description="updates between validations; null: at the end of an epoch")
    batch_size: Count | None = None


class BoxOptionsShape(Shape):
    """Options of the optimizer for a box; with an optimizer or a scheduler among them, the box has its own one."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    __pydantic_extra__: dict[str, Option]

    optimizer: Named | None = Field(default=None, description="a name and options; null is that of the stage")
    scheduler: Named | None = Field(default=None, description="by name; null is that of the stage")

    @property
    def options(self) -> dict[str, Any]:
        return dict(self.model_extra or {})


class StageShape(Shape):
    """A stretch of training; boxes that have one name in two stages are the same, and go on with their parameters."""

    name: str = Field(default="", description="a title")
    diagram: str | dict[str, Any] | None = Field(default=None, description="as that of the plan, which null means")
    steps: Count | None = Field(default=None, description="updates; give steps, epochs or max_time")
    epochs: Count | None = Field(default=None, description="passes over the largest sample space")
    max_time: Amount | None = Field(default=None, description="seconds")
    batch_size: Count | dict[str, Count] = Field(default=64, description="rows, or rows for each sample space")
    drop_last: bool = Field(default=False, description="whether a short batch at the end of an epoch is left out")
    optimizer: Named | None = Field(default=None, description="a name and options; null goes on with that before")
    lr: Amount = Field(
        default=1e-3,
        description="the learning rate of an optimizer that names none; that of the stage before goes on with it",
    )
    no_decay: bool = Field(default=False, description="whether biases and norms have no weight decay")
    groups: dict[str, BoxOptionsShape] = Field(
        default={}, description="for boxes, own options of the optimizer, such as lr; or an own optimizer or scheduler"
    )
    scheduler: Named | None = Field(default=None, description="a schedule of the learning rate, by name")
    scheduler_every: Literal["step", "epoch"] = "step"
    clip_norm: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = Field(
        default=None, description="the greatest norm of the gradient"
    )
    accumulate: Count = Field(default=1, description="batches for one update")
    precision: Literal["bf16", "fp16"] | None = None
    validation: bool = Field(default=True, description="whether the `validation` of the plan is made in this stage")


class CheckpointShape(Shape):
    """When the state of a run that has a folder is kept."""

    every: Count | None = Field(default=None, description="updates between checkpoints; null: at ends of epochs")
    keep: Count = Field(default=3, description="how many stay, beside the best one")


class SweepShape(Shape):
    """Runs with all combinations of some settings."""

    grid: dict[str, list[Option]] = Field(description="for places as `stages.0.lr`, the values that are tried")
    measure: str | None = Field(
        default=None,
        description="a measurement of the state that is kept, to compare by: accuracy, validation/accuracy or "
        "test/accuracy; null means the monitor of `validation`, and total without one",
    )
    mode: Literal["min", "max"] | None = Field(
        default=None, description="null means that of `validation` for its monitor, and min for other measurements"
    )


class ExperimentShape(Shape):
    """A plan: learning diagrams with spaces, modules and data, and how they are trained."""

    format: Literal["learning-plan/2"]
    name: str = Field(default="", description="a title")
    diagram: str | dict[str, Any] | None = Field(
        default=None,
        description="a learning diagram: the path of its file, from the folder of the plan; or the name of a regime; "
        "or the learning diagram itself",
    )
    spaces: dict[str, str] = Field(
        default={},
        description="for each object its space, as Euclidean(3, 32, 32), Finite(10), Tokens(1000, 20), Bernoulli(5)",
    )
    modules: dict[str, Module] = Field(
        default={},
        description="for each box a registered module and its options, or copy_of and a box; a box that follows "
        "another one (ema) is a copy of it where nothing is said",
    )
    splits: dict[str, SplitShape] = Field(default={}, description="partitions of the rows of sources")
    data: dict[str, DataShape] = Field(default={}, description="for each sample space its data")
    stages: list[StageShape] = Field(min_length=1, description="what is trained, one after the other")
    metrics: dict[str, MetricShape] = Field(default={}, description="measured by `validation` and `test`")
    validation: ValidationShape | None = None
    test: dict[str, DataShape] | None = Field(
        default=None, description="data on which the end is measured; what an entry leaves out is as in `data`"
    )
    checkpoints: CheckpointShape = CheckpointShape()
    trackers: list[Named] = Field(default=[], description="where measurements go: csv, tensorboard, wandb, mlflow, aim")
    sweep: SweepShape | None = None
    seed: Annotated[int, Field(ge=0)] = Field(default=0, description="that of modules, orders and draws")
    device: str = Field(default="auto", description="auto takes a GPU if there is one")

    def title_of(self, stage: int) -> str:
        """What a message calls the stage of a number, counted from 0."""
        name = self.stages[stage].name
        return f"stage {stage + 1}" + (f", {name!r}" if name else "")


# The shapes below keys, for hints about unknown keys.
_BELOW: dict[str, type[Shape]] = {
    "stages": StageShape, "data": DataShape, "test": DataShape, "columns": ColumnShape, "rows": RowsShape,
    "splits": SplitShape, "metrics": MetricShape, "validation": ValidationShape, "checkpoints": CheckpointShape,
    "sweep": SweepShape, "modules": NamedShape, "trackers": NamedShape,
}  # fmt: skip
_NAMED = ("data", "test", "columns", "splits", "modules")  # below these stand names of the user's

OF_KEYS = ("missing", "extra_forbidden")
Fault = tuple[Place, str]


def read_shape(data: Any) -> tuple[ExperimentShape | None, list[Fault]]:
    """The shape that plain data has; or None, and its faults, each with its place."""
    try:
        return ExperimentShape.model_validate(data), []
    except ValidationError as error:
        return None, [_fault(each, data) for each in _told(error.errors(include_url=False), data)]


def _told(errors: Sequence[Mapping[str, Any]], data: Any) -> list[dict[str, Any]]:
    """One error for each fault, with all that the value may be as `wanted`.

    A value that may be of several kinds has an error for each of them, and only that of its own kind is told. A key
    that was written in the place of another one has two errors.
    """
    written = {each["loc"][:-1] for each in errors if each["type"] == "extra_forbidden"}
    places = {place_in(each["loc"], data) for each in errors if each["type"] not in OF_KEYS}
    within = {place[:end] for place in places for end in range(len(place))}
    told: dict[Any, dict[str, Any]] = {}
    for each in errors:
        kind, place = each["type"], place_in(each["loc"], data)
        if kind == "missing" and each["loc"][:-1] in written:
            continue
        if kind in OF_KEYS:
            told[kind, each["loc"]] = dict(each)
        elif place not in within:  # else its kind is right, and something inside is wrong
            one = told.setdefault(place, dict(each) | {"wanted": {}})
            one["wanted"].setdefault(kind.endswith("_type"), []).append(_wanted(each))
    return [*told.values()]


def _wanted(error: Mapping[str, Any]) -> str:
    kind = error["type"]
    if kind == "literal_error":
        return str(error["ctx"]["expected"]).replace("'", "")
    return WANTED[kind].format(**error.get("ctx", {})) if kind in WANTED else str(error["msg"])


def _fault(error: Mapping[str, Any], data: Any) -> Fault:
    kind, loc, value = error["type"], error["loc"], error["input"]
    place = place_in(loc, data)
    if kind == "missing":
        return place, f"lacks the key {loc[-1]!r}"
    if kind == "extra_forbidden":
        owner = _owner(loc)
        if loc[:2] == ("test", "data"):  # as below validation
            return place, f"unknown key {brief(loc[-1])}; the sample spaces stand below 'test' at once, without 'data'"
        elsewhere = _option_hint(place, data) if owner is DataShape else _other_place(str(loc[-1]), owner)
        hint = comma_hint(loc) or elsewhere
        return place, f"unknown key {brief(loc[-1])}{hint or f'; {did_you_mean(str(loc[-1]), owner.model_fields)}'}"
    hint = quotes_hint(kind, value) or comma_hint(place)
    wanted = error["wanted"].get(False) or error["wanted"][True]
    return place, f"must be {' or '.join(dict.fromkeys(wanted))}, got {brief(value)}{hint}"


def _owner(loc: Place) -> type[Shape]:
    """The shape that has the last key of a place; a name of the user's, as of a sample space, is no key."""
    owner: type[Shape] = ExperimentShape
    named = False
    for key in loc[:-1]:
        if not named:
            owner = _BELOW.get(str(key), owner)
        named = not named and key in _NAMED
    return owner


def _other_place(key: str, owner: type[Shape]) -> str:
    """The advice for a key of `validation`, as patience, that stands elsewhere."""
    if key not in ValidationShape.model_fields or get_close_matches(key, owner.model_fields, n=1):
        return ""
    return f"; {key!r} is a key of 'validation', as in validation: {{{key}: …}}"


def _option_hint(place: Place, data: Any) -> str:
    """The advice for an option of a source, as a path, that was written beside the source."""
    *above, key = place
    source = reduce(operator.getitem, above, data).get("source")
    name = source.get("name") if isinstance(source, Mapping) else source
    if not isinstance(name, str) or get_close_matches(str(key), DataShape.model_fields, n=1):
        return ""
    return f"; an option of the source is written with its name, as in source: {{name: {name:.60}, {key!s:.60}: …}}"


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the files of experiments."""
    schema = ExperimentShape.model_json_schema(schema_generator=JsonSchema)
    return {"$schema": JsonSchema.schema_dialect, **schema, "title": "Plan"}
