"""Every public object is readable: `repr` is one line, and a notebook shows a picture or the printed text."""

import dataclasses
import inspect
import io
import re
import sys
import tarfile
import tempfile
import typing
from functools import partial
from html import escape
from pathlib import Path
from types import SimpleNamespace

import pytest
import sympy
import torch
from torch import nn

import learning_diagrams as ld
import small_plan
from learning_diagrams import backends, regimes
from learning_diagrams.backends import symbolic
from learning_diagrams.backends.finite import FiniteFunctor
from learning_diagrams.backends.symbolic import SymbolicFunctor
from learning_diagrams.backends.torch import (
    ArrowRows,
    Bernoulli,
    Euclidean,
    Finite,
    JoinedObjective,
    Mask,
    ParquetRows,
    Progress,
    Rows,
    TarShards,
    Tokens,
    TorchFunctor,
    Validation,
    from_sequential,
    plans,
    run_plan,
)
from learning_diagrams.backends.torch.functor.tensor_map import WireDistribution
from learning_diagrams.drawing.drawn import Drawn
from learning_diagrams.editing.symbol import Symbol
from learning_diagrams.errors import printable
from learning_diagrams.notebook import register
from learning_diagrams.presentation.choice import Optimizer
from learning_diagrams.presentation.pasting import TwoCell, whisker
from learning_diagrams.proof.derivation import Derivation
from learning_diagrams.semantics.functor.space import Positions

DisplayFormatter = pytest.importorskip("IPython.core.formatters").DisplayFormatter
pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
feather = pytest.importorskip("pyarrow.feather")

LONG = "n\n\x1b[31m" + "w" * 60
x, y, nothing = ld.Ty(f"{LONG}x"), ld.Ty(f"{LONG}y"), ld.Ty()
f, g = (ld.Box(LONG + name, x, x) for name in "fg")
k = ld.Kernel(f"{LONG}k", x, y)
rows = ld.SampleSpace(f"{LONG}rows")
point, label = rows.column(f"{LONG}point", x), rows.column(f"{LONG}label", y)
fit = ld.LearningDiagram(ld.Constraint(f"{LONG}fit", point >> f >> k, label), name=LONG)
inverse = ld.Equation(g >> f, ld.Id(x), f"{LONG}inverse")


def public_values():
    """A value of every public class, most with a long and hostile name."""
    proof = ld.prove(ld.Equation(f >> g >> f, f), [ld.Equation(f >> g, ld.Id(x), LONG)])
    finite = ld.prove(ld.Equation(f, g), [])
    paths = ld.prove(ld.Equation(f >> g, ld.Id(x)), [inverse])
    unknown = ld.prove(ld.Equation(f >> g, ld.Id(x)), [inverse], budget=1)
    twice = fit.add(ld.Constraint(f"{LONG}twice", point >> f >> k, label))
    derivation = Derivation(f >> g >> f, {LONG: ld.Equation(f >> g, ld.Id(x))}).rewrite(LONG)
    evidence = ld.equal(f >> g, g, evidence=True)
    yield from (f, k, point, rows, rows.state, f >> g, ld.Id(x), ld.Copy(x), ld.Swap(x, y), ld.Discard(x), x, nothing)
    yield from (fit, fit.constraints[0], fit.constraints[0].reading, fit.signature, *fit.listed, inverse)
    yield from (proof, derivation, *proof.steps, proof.steps[0].before, finite, finite.model, paths.model, unknown)
    yield from (evidence, evidence.model, ld.equal(f, f, evidence=True), *fit.constraints[0].listed())
    yield from (ld.check({}), *ld.review(twice))
    reading = ld.interprets({}, fit, fit)
    union = ld.colimit({"a": fit, "b": fit}, [])
    yield from (reading, reading.translation, union, *union.injections.values(), Symbol("box", LONG))
    yield ld.Square(f, g, g, f, LONG)
    yield whisker(f, TwoCell(LONG, f, g), g)
    yield from (*regimes.gan().players, Optimizer.read({"name": LONG, "lr": 0.1}), ld.schedule.linear(0, 1, 10))
    changed = ld.difference(fit, fit.reweight({fit.constraints[0].name: 2.0}))
    yield from (fit.draw(), fit.draw().scene, ld.draw(f >> g), changed, *changed.changes, ld.formula(fit))
    yield from (asked := ld.exercise(LONG, f, hint=LONG), asked(...), asked(g))
    stage = ld.Stage(fit, steps=2, optimizer="sgd")
    yield from (stage, plan := ld.Plan(stage, name=LONG))
    wires = []
    ld.diagram(x, x)(lambda wire: wires.append(wire) or wire)
    yield from (wires[0], wires[0].tracer)
    exact = FiniteFunctor({x: 2, y: 3}, {k: [["1/2", "1/2", 0], [0, 0, 1]], f: lambda i: 1 - i})
    yield from (exact, exact(f >> k), exact(ld.Id(x) @ f))
    spaces = (Euclidean(2), Finite(3, sample="gumbel"), Bernoulli(2), Mask(2), Tokens(5, 3))
    functor = TorchFunctor({x: spaces[0], y: spaces[1]}, {f: nn.Linear(2, 2), k: nn.Linear(2, 3)})
    data = {rows.name: {point.name: torch.zeros(8, 2), label.name: torch.zeros(8, dtype=torch.int64)}}
    run = run_plan(plan, functor, data, progress=False)
    objective, history = run.objective, run.histories[0]
    optimizer = torch.optim.SGD(objective.parameters(), lr=0.1)
    yield from (*spaces, spaces[1].sampling("k"), functor, objective, objective.layout, run, history)
    yield from (history.steps, JoinedObjective(objective), objective.model(f >> k))
    yield Progress(objective, optimizer, history, 1, 1)
    validation = Validation(data)
    yield from (validation, validation.open(objective, True), Rows([(1, 2)], (LONG, None)))
    yield Positions(((LONG, LONG, 0),), 1, 3)
    yield from_sequential(nn.Sequential(nn.Linear(2, 2)), torch.zeros(1, 2))
    yield WireDistribution(LONG, spaces[1], torch.zeros(2, 3))
    ob, ar = {x: symbolic.Euclidean(), y: symbolic.Finite(2)}, {f: lambda v: sympy.Symbol(LONG) * v, g: lambda v: v}
    closed, same = SymbolicFunctor(ob, ar), ld.LearningDiagram(ld.Constraint("same", point >> f, point >> g))
    formula = symbolic.loss(same, closed, {rows.name: {point.name: [1]}})
    yield from (closed, *closed(x @ y), symbolic.Bernoulli(3), symbolic.Moments(0, 1), formula, *formula.minimisers())
    yield from (symbolic.compare(inverse, closed), symbolic.Unsolved(LONG), closed.forms, closed.forms.reals)
    for name in ld.__all__:
        kind = getattr(ld, name)
        if inspect.isclass(kind) and issubclass(kind, Exception):
            yield kind(LONG * 20)


def streamed():
    """Rows that are read from files."""
    folder = Path(tempfile.mkdtemp())
    table = pyarrow.table({LONG: [1.0]})
    parquet.write_table(table, folder / "rows.parquet")
    feather.write_feather(table, str(folder / "rows.feather"), compression="uncompressed")
    with tarfile.open(folder / "rows.tar", "w") as archive:
        head = tarfile.TarInfo("a.cls")
        head.size = 1
        archive.addfile(head, io.BytesIO(b"1"))
    return ParquetRows(folder), ArrowRows(folder), TarShards(folder, {"cls": LONG})


def planned():
    """What belongs to experiments from files."""
    folder = Path(tempfile.mkdtemp())
    experiment = plans.Experiment.load(small_plan.written(folder, lambda plan: plan.update(name=LONG)))
    table = plans.SweepTable((({LONG: LONG}, 0.5),), LONG)
    ends = plans.BoxEnds(LONG, (Euclidean(2),), (Finite(2),), kernel=True)
    return experiment, plans.prepare(experiment), plans.train(experiment, progress=False), table, ends


VALUES = [*public_values(), *streamed(), *planned()]


@pytest.fixture(scope="module")
def shown():
    formatter = DisplayFormatter()
    register(SimpleNamespace(display_formatter=formatter))
    return lambda value: formatter.format(value)[0]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_public_object_is_readable(value, shown):
    text, bundle = repr(value), shown(value)
    if type(value).__module__.startswith("learning_diagrams"):
        assert len(text) < 400 and text.isprintable(), text
        assert " at 0x" not in text and "mappingproxy" not in text
    assert set(bundle) <= {"text/html", "text/plain", "text/latex"}
    printed = bundle["text/plain"]
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f]", printed) and "object at 0x" not in printed
    if "text/html" in bundle:
        page = bundle["text/html"]
        assert ("<svg" in page or escape(printed) in page) and "\x1b" not in page
    else:
        assert printed == ("I" if value == nothing else printable(text_of(value)))


def picture_of(value):
    """The picture of a value; None where there is none."""
    try:
        return ld.draw(value)
    except ld.TypeMismatch:
        return None


PICTURES = [(value, picture) for value in VALUES if (picture := picture_of(value))]
DRAWN = {
    *("Box", "Column", "Composite", "Constraint", "Countermodel", "Derivation", "Difference", "Equation", "Evidence"),
    *("FiniteModel", "Kernel", "LearningDiagram", "Colimit", "PortGraph", "Proof", "Square", "State", "StochasticMap"),
    *("TermModel",),
}
STILL = {"FiniteModel", "StochasticMap"}  # tables, which have no direction; cells of long names are string diagrams


def test_the_kinds_that_have_pictures():
    assert {type(value).__name__ for value, _ in PICTURES} >= DRAWN
    assert all(any(value is each for each, _ in PICTURES) for value in VALUES if isinstance(value, Drawn))


@pytest.mark.parametrize(("value", "picture"), PICTURES, ids=lambda value: type(value).__name__)
def test_each_kind_of_picture_takes_the_same_options(value, picture, shown):
    assert picture.svg in shown(value)["text/html"]
    for direction in ("right", "down", "up"):
        turned = ld.draw(value, direction=direction)
        assert (turned.svg == picture.svg) == (direction == "right" or type(value).__name__ in STILL)
    for wrong in (
        *({"direction": d} for d in ("left", 1)),
        *({"width": width} for width in (0, -1, float("nan"), 10**9, True, "wide")),
        *({"notation": notation} for notation in (3, "f", {"nobody": 3}, {f: "$f$"}, {f: r"\input{x}"}, {f: "f_"})),
        *({"theme": "blue"}, {"nope": 1}, {"notation": {"nobody": "f"}}),
    ):
        for draw in (partial(ld.draw, value), *([value.draw] if isinstance(value, Drawn) else [])):
            with pytest.raises((ld.TypeMismatch, ld.UnknownName)):
                draw(**wrong)


def text_of(value):
    """The printed text: that of an error or of a tuple is its `repr`."""
    return repr(value) if isinstance(value, Exception | tuple) else str(value)


def own(kind):
    return inspect.isclass(kind) and kind.__module__.startswith("learning_diagrams")


def hints(value):
    """The annotations of a function or a class, with the names that only type checkers import."""
    try:
        return typing.get_type_hints(value)
    except NameError:
        known = {**vars(typing), **vars(sys.modules[value.__module__])}
        texts = {key: text for key, text in value.__annotations__.items() if isinstance(text, str)}
        return {key: eval(text, known) for key, text in texts.items() if re.fullmatch(r"\w+", text) and text in known}


def parts(hint):
    """The classes of this library in an annotation."""
    if own(hint):
        yield hint
    for part in typing.get_args(hint):
        yield from parts(part)


def reachable():
    """The public classes, and whatever their public methods, properties and fields return, and so on."""
    rooms = [ld, regimes, ld.schedule, backends.finite, backends.symbolic, backends.torch]
    public = [getattr(room, name) for room in rooms for name in getattr(room, "__all__", vars(room))]
    todo = [part for value in public for part in ([value] if own(value) else parts(returned(value)))]
    seen = set()
    while todo:
        kind = todo.pop()
        if kind not in seen:
            seen.add(kind)
            for base in filter(own, kind.__mro__):
                for name, value in vars(base).items():
                    if not name.startswith("_") or name in ("__call__", "__rshift__"):
                        todo += parts(returned(value))
                if dataclasses.is_dataclass(base):
                    todo += [part for name, hint in hints(base).items() if name[0] != "_" for part in parts(hint)]
    return seen


def returned(value):
    value = getattr(value, "__func__", getattr(value, "fget", getattr(value, "func", value)))
    return hints(value).get("return") if inspect.isfunction(value) else None


def test_every_reachable_class_is_among_the_values():
    kinds = {kind for kind in reachable() if not getattr(kind, "_is_protocol", False)}
    missing = {kind.__qualname__ for kind in kinds if not any(isinstance(value, kind) for value in VALUES)}
    assert len(kinds) > 60 and missing == set()
