"""What an experiment needs before it is trained: all that its file names, made and checked, and every fault found."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence, Sized
from contextlib import suppress
from dataclasses import replace
from math import prod
from typing import Any

import torch

from learning_diagrams import regimes
from learning_diagrams.backends.torch.data.device import device_of
from learning_diagrams.backends.torch.functor.functor import TorchFunctor
from learning_diagrams.backends.torch.functor.space import Space
from learning_diagrams.backends.torch.measuring.compared_ends import readings_of
from learning_diagrams.backends.torch.objective.compiler import compile
from learning_diagrams.backends.torch.objective.explanation import parse_space
from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.backends.torch.optimizers.unused_choice import require_used
from learning_diagrams.backends.torch.plans.constraint_divergences import check_divergences
from learning_diagrams.backends.torch.plans.measured_names import check_measurements, check_names
from learning_diagrams.backends.torch.plans.modules.box_networks import BoxNetworks
from learning_diagrams.backends.torch.plans.names.registry import METRICS, TRACKERS
from learning_diagrams.backends.torch.plans.names.trackers import require_packages
from learning_diagrams.backends.torch.plans.reading.data_reading import DataReading, columns_of
from learning_diagrams.backends.torch.plans.reading.declared_names import DeclaredNames
from learning_diagrams.backends.torch.plans.reading.prepared import Prepared
from learning_diagrams.backends.torch.plans.rehearsal import at_stage, rehearse
from learning_diagrams.backends.torch.plans.stage_choices import (
    check_choices,
    choice_of,
    chosen_groups,
    chosen_optimizer,
)
from learning_diagrams.backends.torch.plans.still_monitors import notes_of_monitors
from learning_diagrams.backends.torch.plans.unread_metrics import all_are_read
from learning_diagrams.backends.torch.plans.unshuffled_streams import notes_of_streams
from learning_diagrams.backends.torch.step.round import make_optimizers
from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.documents.document import Place
from learning_diagrams.errors import (
    DataError,
    FileError,
    LearningDiagramError,
    TypeMismatch,
    UnknownName,
    brief,
    did_you_mean,
)
from learning_diagrams.errors.door import in_words_of_plans
from learning_diagrams.files.experiment import Experiment, Faults
from learning_diagrams.files.experiment_shape import StageShape, name_and_options, read_shape
from learning_diagrams.files.lint_of_plan import StageReading
from learning_diagrams.files.load_save import read_data, read_file
from learning_diagrams.files.plain_file import FORMATS
from learning_diagrams.files.setting import Setting, place_of
from learning_diagrams.learning_diagram import LearningDiagram

COMBINATIONS = 10_000  # of a sweep


@in_words_of_plans()
def prepare(experiment: Experiment) -> Prepared:
    """Make what an experiment names.

    Raises an error with a line for each fault, of the type of the first of them; `TypeMismatch` for another argument.
    """
    if not isinstance(experiment, Experiment):
        raise TypeMismatch(f"an experiment is what Experiment.load(…) reads from a file, got {brief(experiment)}")
    faults = Faults(experiment.where)
    prepared = Preparation(experiment, faults).prepared()
    faults.require_none()
    return prepared


class Preparation:
    """Makes the parts of an experiment, each as far as those that it needs could be made."""

    def __init__(self, experiment: Experiment, faults: Faults) -> None:
        self.experiment, self.shape, self.faults = experiment, experiment.shape, faults
        self._read: dict[str, StageReading] = {}

    def prepared(self) -> Prepared:
        shape, faults = self.shape, self.faults
        device = torch.device("cpu")
        with faults.at("device"):
            device = device_of(shape.device)
        readings = [self._reading(i) for i in range(len(shape.stages))]
        diagrams = [None if reading is None else reading.diagram for reading in readings]
        self._check_stages()
        for i, diagram in enumerate(diagrams):
            for key in ("optimizer", "lr"):
                with faults.at("stages", i, key):
                    require_used_in(diagram, shape.stages[i], key)
        self._check_sweep(diagrams)
        # What stands in a diagram that cannot be read is in no other one: no name is checked against those alone.
        known = [] if None in diagrams else [diagram for diagram in diagrams if diagram is not None]
        declared = DeclaredNames(reading for reading in readings if reading is not None)
        terms = self._terms(declared) if known else {}
        measured = [term for sides in terms.values() for term in sides]
        objects = {ty.inside[0].name for diagram in known for ty in diagram.objects}
        columns, trained = columns_of(known, measured), columns_of(known)
        objects |= {name for own in columns.values() for name in own.values()}
        spaces = self._spaces(objects, declared)
        networks = BoxNetworks(known, shape.modules, spaces, shape.seed, faults, declared)
        modules = networks.make()
        validated = columns_of(known, (term for name in self._validated_metrics() for term in terms.get(name, ())))
        reading = DataReading(self.experiment, spaces, faults, declared)
        data = reading.read(("data",), shape.data, columns, trained)
        of_validation = shape.validation.data if shape.validation else {}
        checks = reading.read(("validation", "data"), of_validation, columns, validated, True)
        test = reading.read(("test",), shape.test or {}, columns, columns, True)
        for name in trained:
            if name not in shape.data and known:
                with faults.at("data"):
                    raise DataError(f"sample space {name!r} has no data; {did_you_mean(name, shape.data)}")
        functor = TorchFunctor(spaces, modules)
        fine = check_divergences(self.experiment, diagrams, faults)
        whole = not faults.errors
        boxes = {box.name for diagram in known for box in diagram.boxes}
        is_made = known and fine and objects <= spaces.keys() and boxes <= modules.keys()
        objectives = self._compile(known, functor, whole) if is_made else []
        metrics = self._metrics(declared if known else None, spaces)
        read = tuple(reading for reading in readings if reading is not None) if known else ()
        prepared = Prepared(self.experiment, tuple(known), functor, data, checks, test, metrics, device, readings=read)
        compared_by: tuple[str, ...] = ()
        unfinished: list[str] = []
        if objectives and not faults.errors and all_are_read(prepared, faults):
            compared_by = check_measurements(prepared, objectives, faults)
        else:
            check_names(shape, diagrams, faults)
        if whole and len(objectives) == len(diagrams):  # beside the faults of what is measured
            unfinished = rehearse(prepared, faults)
        if objectives and not faults.errors:
            where = self.experiment.where
            notes = (
                f"{where(('modules', target))}: box {target!r} follows box {source!r} (ema), and starts from other "
                f"parameters; leave its module out, and it starts as a copy of {source!r}"
                for target, source in networks.starts_elsewhere()
            )
            still = notes_of_monitors(prepared, objectives)
            every = (*notes, *still, *notes_of_streams(prepared))
            prepared = replace(prepared, notes=every, unfinished=tuple(unfinished), compared_by=compared_by)
        return prepared

    def _reading(self, stage: int) -> StageReading | None:
        """The learning diagram of a stage: from a file, a regime, or as it stands in the plan."""
        own = self.shape.stages[stage].diagram
        place: Place = ("diagram",) if own is None else ("stages", stage, "diagram")
        source = self.shape.diagram if own is None else own
        key = repr(source)
        if key in self._read:
            return self._read[key]
        if isinstance(source, str) and not source.endswith(tuple(FORMATS)):
            with self.faults.at(*place):
                name = source.strip().lower().replace(" ", "_").replace("-", "_")
                if name not in regimes.__all__:
                    raise UnknownName(
                        f"{source!r} is no path that ends in {', '.join(FORMATS)}, and no regime; "
                        f"{did_you_mean(name, regimes.__all__)}"
                    )
                self._read[key] = StageReading(self.experiment.where, None, getattr(regimes, name)())
        elif isinstance(source, str):
            with self.faults.at(*place):
                file, document, diagram = read_file(self.experiment.folder / source)
                self._read[key] = StageReading(file.where, document, diagram)
        elif source is None:
            with self.faults.at("stages", stage):
                raise FileError("there is no diagram; give one to the stage, or to the plan for all stages")
        else:

            def where(inner: Place) -> str:
                return self.experiment.where((*place, *inner))

            with self.faults.placed():
                self._read[key] = StageReading(where, *read_data({"format": "learning-diagram/1"} | source, where))
        return self._read.get(key)

    def _check_stages(self) -> None:
        """The options of stages that are names, and those that exclude each other."""
        for i, stage in enumerate(self.shape.stages):
            if (stage.steps, stage.epochs, stage.max_time).count(None) != 2:
                with self.faults.at("stages", i):
                    raise DataError("a stage has one of steps, epochs and max_time")
            for key in ("no_decay", "groups"):
                if i > 0 and stage.optimizer is None and key in stage.model_fields_set:
                    with self.faults.at("stages", i, key):
                        raise DataError(
                            f"the optimizer of the stage before goes on, and {key} is for a new one; name it here, as "
                            "in optimizer: adamw"
                        )
            check_choices(stage, i, self.faults)
        for i, tracker in enumerate(self.shape.trackers):
            with self.faults.at("trackers", i):
                name, options = name_and_options(tracker)
                TRACKERS.require(name, options, taken=1)
                require_packages(name)

    def _check_sweep(self, diagrams: Sequence[LearningDiagram | None]) -> None:
        """Each value of a grid in its place."""
        grid = self.shape.sweep.grid if self.shape.sweep else {}
        with self.faults.at("sweep", "grid"):
            require_combinations(grid)
        for place, values in grid.items():
            for value in values:
                with self.faults.at("sweep", "grid", place):
                    shape, errors = read_shape(Setting(place_of(place), value).put(self.experiment.data))
                    for _, message in errors:
                        raise DataError(f"with the value {brief(value)}: {message}")
                    if shape is not None and place_of(place)[0] == "stages":
                        for diagram, stage in zip(diagrams, shape.stages, strict=False):
                            for key in ("optimizer", "lr"):
                                require_used_in(diagram, stage, key)

    def _spaces(self, objects: set[str], declared: DeclaredNames) -> dict[str, Space]:
        spaces = {}
        for name, text in self.shape.spaces.items():
            with self.faults.at("spaces", name):
                if objects and name not in objects:
                    message = f"no learning diagram has an object {name!r}"
                    raise declared.unknown("objects", name, objects, message)
                spaces[name] = parse_space(text)
        for name in sorted(objects - self.shape.spaces.keys()):
            with self.faults.at("spaces"):
                raise UnknownName(f"object {name!r} has no space; {did_you_mean(name, self.shape.spaces)}")
        return spaces

    def _compile(self, diagrams: list[LearningDiagram], functor: TorchFunctor, whole: bool) -> list[Objective]:
        """Compile every stage, which checks the shapes of all boxes; the objectives.

        whole : bool, whether nothing else has a fault, so that optimizers can be made.
        """
        objectives = []
        for i, diagram in enumerate(diagrams):
            with at_stage(self.experiment, self.faults, i), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the stage is compiled again, with its warnings, when it is trained
                objectives.append(objective := compile(diagram, functor))
                stage = self.shape.stages[i]
                if whole and (i == 0 or stage.optimizer is not None):
                    choice = {None: chosen_optimizer(stage)}
                    make_optimizers(objective, choice, stage.lr, chosen_groups(stage), stage.no_decay)
        return objectives

    def _validated_metrics(self) -> Iterable[str]:
        """The names of the metrics that validation measures."""
        validation = self.shape.validation
        if validation is None:
            return ()
        return self.shape.metrics if validation.metrics is None else validation.metrics

    def _terms(self, declared: DeclaredNames) -> dict[str, list[Diagram]]:
        """The terms of the metrics, as far as they can be read; `_metrics` keeps the faults."""
        terms: dict[str, list[Diagram]] = {name: [] for name in self.shape.metrics}
        for name, entry in self.shape.metrics.items():
            for text in (entry.prediction, entry.target):
                with suppress(LearningDiagramError):
                    terms[name].append(declared.any_term(text))
        return terms

    def _metrics(self, declared: DeclaredNames | None, spaces: Mapping[str, Space]) -> dict[str, tuple[Any, ...]]:
        """The metrics with their terms; without names that are declared, their own names and options are checked."""
        metrics = {}
        for name, entry in self.shape.metrics.items():
            terms = []
            if declared is not None:
                for side in ("prediction", "target"):
                    with self.faults.at("metrics", name, side):
                        terms.append(declared.term(getattr(entry, side)))
            with self.faults.at("metrics", name):
                metric = METRICS.make(entry.name, entry.options)
                if len(terms) == 2:
                    metrics[name] = (metric, *terms)
                    if {ob.name for term in terms for ob in term.cod.inside} <= spaces.keys():
                        readings_of(name, metric, terms, spaces.__getitem__)
        for i, name in enumerate((self.shape.validation and self.shape.validation.metrics) or ()):
            with self.faults.at("validation", "metrics", i):
                if name not in self.shape.metrics:
                    raise UnknownName(f"there is no metric {name!r}; {did_you_mean(name, self.shape.metrics)}")
        return metrics


def require_used_in(diagram: LearningDiagram | None, stage: StageShape, key: str) -> None:
    """Raise `TypeMismatch` if a stage gives `optimizer` or `lr`, as `key` says, and no player uses it."""
    if diagram is not None and key in stage.model_fields_set:
        chosen, rate = (stage.optimizer, None) if key == "optimizer" else (None, stage.lr)
        own = {box: {"optimizer": choice_of(shape.optimizer)} for box, shape in stage.groups.items() if shape.optimizer}
        groups = {box: shape.options | own.get(box, {}) for box, shape in stage.groups.items()}
        require_used(diagram.players, {None: chosen}, rate, groups)


def require_combinations(grid: Mapping[str, Sized]) -> None:
    """Raise `DataError` for a grid without a combination, or with more than can be trained."""
    if (count := prod(map(len, grid.values()))) > COMBINATIONS or not count:
        raise DataError(f"a grid has 1 to {COMBINATIONS:,} combinations, and this one has {count:,}")
