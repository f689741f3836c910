"""A divergence of one's own: found by name, printed, measured row by row, kept in data; and what is refused."""

import copy
import pickle

import pytest
import torch
from torch import nn
from torch.distributions import Normal

import learning_diagrams as ld
from learning_diagrams.backends.torch import (
    Bernoulli,
    Euclidean,
    Finite,
    Space,
    Tokens,
    TorchFunctor,
    compile,
    divergence,
)
from learning_diagrams.semantics import divergences as semantics
from learning_diagrams.semantics.divergences import latest_definitions
from learning_diagrams.semantics.program.explanation import explain

torch.set_num_threads(1)
x, y, rows = ld.Ty("x"), ld.Ty("y"), ld.SampleSpace("rows")
x_of, other_of, y_of = rows.column("x", x), rows.column("other", x), rows.column("y", y)
k, m = ld.Kernel("k", x, y), ld.Kernel("m", x, x)
WORDS = {"formula": "Σ max(|p − r| − width, 0)", "unit": "units"}


@pytest.fixture(autouse=True)
def _clean(monkeypatch):
    """Each test begins without a definition, and its definitions end with it."""
    monkeypatch.setattr(semantics, "_latest", {})


def tube(reference, prediction, *, width=0.1, power=1):
    return ((prediction - reference).abs() - width).clamp(min=0).pow(power).sum(1)


def objective(lhs=other_of, rhs=x_of, name="tube", space=None, **ar):
    diagram = ld.LearningDiagram(ld.Constraint("c", lhs, rhs, divergence=name))
    return compile(diagram, TorchFunctor(ob={x: Euclidean(2), y: space or Finite(3)}, ar=ar))


BATCH = {"rows": {"x": torch.zeros(3, 2), "other": torch.tensor([[1.0, 0.0], [0.2, 0.4], [3.0, 3.0]])}}


def test_it_is_found_by_name_with_its_options_in_code_value_defects_and_masks():
    assert divergence(**WORDS, jointly_convex=True)(tube) is tube
    loss = objective(name={"name": "tube", "width": 0.5, "power": 2})
    assert "c = tube(x, other, power=2, width=0.5)" in loss.code
    assert loss.defects(BATCH)["c"].tolist() == pytest.approx([0.25, 0, 12.5])
    assert loss(BATCH)[0].item() == pytest.approx(12.75 / 3)
    masked = {"rows": BATCH["rows"] | {"x": (BATCH["rows"]["x"], torch.tensor([True, True, False]))}}
    assert loss(masked)[0].item() == pytest.approx(0.125)
    assert objective()(BATCH)[0].item() == pytest.approx((0.9 + 0.1 + 0.3 + 5.8) / 3)


def test_what_it_says_and_claims_is_kept():
    divergence(**WORDS, jointly_convex=True, infinite="never")(tube)
    kind = latest_definitions()["tube"]
    words = (kind.formula, kind.unit, kind.reduction, kind.infinite)
    assert words == ("Σ max(|p − r| − width, 0)", "units", "mean over rows", "never")
    assert kind.capabilities({}) == kind.laws and kind.laws.jointly_convex and not kind.laws.separating


def test_a_learning_diagram_with_it_is_plain_data():
    divergence(**WORDS)(tube)
    loss = objective(name={"name": "tube", "width": 0.5})
    read = ld.LearningDiagram.from_dict(loss.diagram.to_dict())
    assert read == loss.diagram and read.digest() == loss.diagram.digest() != objective().diagram.digest()
    again = compile(read, loss.functor)
    assert again.code == loss.code and torch.equal(again(BATCH)[0], loss(BATCH)[0])


@pytest.mark.parametrize(
    ("on", "space", "module"),
    [("labels", Finite(3), nn.Linear(2, 3)), ("bits", Bernoulli(3), nn.Linear(2, 3)),
     ("tokens", Tokens(3, 2), nn.Sequential(nn.Linear(2, 6), nn.Unflatten(1, (2, 3))))],
)  # fmt: skip
def test_laws_reach_it_as_logits_and_data_as_points(on, space, module):
    @divergence(formula="Σ |logits|", unit="no unit", on=on, between=[("point", "law")])
    def size(reference, prediction):
        assert reference.shape == (3, *space.point_shape) and prediction.shape == (3, *space.distribution_shape)
        return prediction.abs().flatten(1).sum(1)

    loss = objective(x_of >> k, y_of, "size", space, k=module)
    labels = torch.zeros(3, *space.point_shape, dtype=space.dtype or torch.float32)
    total, _ = loss({"rows": {"x": BATCH["rows"]["other"], "y": labels}}, strict=False)
    torch.testing.assert_close(total, module(BATCH["rows"]["other"]).abs().flatten(1).sum(1).mean())


def test_distributions_reach_it_as_they_are():
    @divergence(formula="|μ − r|", unit="units", between=[("point", "law"), ("law", "law")])
    def off(reference, prediction):
        at = reference if isinstance(reference, torch.Tensor) else reference.mean
        return (prediction.mean - at).abs().sum(1)

    q = ld.Kernel("q", x, x)
    laws = {"m": lambda v: Normal(v + 1, 1.0), "q": lambda v: Normal(v, 2.0)}
    assert objective(x_of >> m, x_of, "off", m=laws["m"])(BATCH, strict=False)[0].item() == 2
    assert objective(x_of >> m, x_of >> q, "off", **laws)(BATCH, strict=False)[0].item() == 2
    with pytest.raises(ld.CompileError, match="'off' does not fit"):
        objective(name="off")


def absolute_gap(reference, prediction):
    return (prediction - reference).abs().sum(1)


def square_gap(reference, prediction):
    return (prediction - reference).square().sum(1)


@pytest.fixture
def gaps(monkeypatch):
    """Two functions, both named "mine"; a pickle finds each by its qualified name."""
    for function in (absolute_gap, square_gap):
        monkeypatch.setattr(function, "__name__", "mine")
    return absolute_gap, square_gap


MINE = ld.LearningDiagram(ld.Constraint("c", other_of, x_of, divergence="mine"))
THREE = {"rows": {"x": torch.zeros(2, 2), "other": torch.tensor([[3.0, 0.0], [0.0, 3.0]])}}


def value(loss):
    return loss(THREE)[0].item()


def compiled(**more):
    return compile(MINE, TorchFunctor(ob={x: Euclidean(2)}, ar={}, **more))


def test_an_objective_keeps_its_divergence_through_copy_pickle_and_update(gaps):
    first = divergence(**WORDS)(gaps[0])
    old = compiled()
    before = pickle.dumps(old)
    divergence(**WORDS)(gaps[1])
    copies = [old, copy.deepcopy(old), pickle.loads(pickle.dumps(old)), pickle.loads(before)]
    assert [value(loss) for loss in copies] == [3.0] * 4
    for loss in copies:
        assert value(loss.update(MINE.reweight({"c": 2.0}))) == 6.0
        assert loss.defects(THREE)["c"].tolist() == [3.0, 3.0]
    assert value(compiled()) == 9.0
    assert value(compiled(divergences=[first])) == 3.0


def test_an_update_that_asks_for_a_divergence_for_the_first_time_takes_the_latest(gaps):
    old = compile(ld.LearningDiagram(ld.Constraint("c", other_of, x_of)), TorchFunctor(ob={x: Euclidean(2)}, ar={}))
    for function in gaps:
        divergence(**WORDS)(function)
    assert value(old.update(MINE)) == 9.0


def test_the_players_of_a_game_keep_their_divergence_too(gaps):
    p = ld.Box("p", x, x)
    divergence(**WORDS)(gaps[0])
    game = ld.LearningDiagram(
        ld.Constraint("c", other_of >> p, x_of, divergence="mine"), players={"a": {"terms": ["c"], "boxes": [p]}}
    )
    objective = compile(game, TorchFunctor(ob={x: Euclidean(2)}, ar={p: nn.Identity()}))
    divergence(**WORDS)(gaps[1])
    assert value(copy.deepcopy(objective).players["a"]) == 3.0
    assert value(objective.update(game.reweight({"c": 2.0})).players["a"]) == 6.0


def test_a_functor_names_its_divergences(gaps):
    first, second = (divergence(**WORDS)(function) for function in gaps)
    assert value(compiled(divergences=[first])) == 3.0
    assert value(compiled(divergences=[second])) == value(compiled()) == 9.0
    with pytest.raises(ld.DuplicateName, match="two divergences named 'mine'"):
        compiled(divergences=[first, second])
    for wrong in ([named("mine")], ["mine"], first, "mine"):
        with pytest.raises(ld.TypeMismatch, match="divergences= of TorchFunctor"):
            compiled(divergences=wrong)


def test_options_are_those_of_the_definition_that_the_functor_names():
    first = divergence(**WORDS)(named("tube"))
    divergence(**WORDS)(tube)
    wide = ld.LearningDiagram(ld.Constraint("c", other_of, x_of, divergence={"name": "tube", "width": 0.5}))
    with pytest.raises(ld.CompileError, match="'tube' takes no options, got 'width'"):
        compile(wide, TorchFunctor(ob={x: Euclidean(2)}, ar={}, divergences=[first]))
    assert value(compile(wide, TorchFunctor(ob={x: Euclidean(2)}, ar={}))) == 2.5


def test_only_the_definitions_that_are_asked_for_reserve_a_name():
    plain = ld.LearningDiagram(ld.Constraint("tube", other_of, x_of))
    before = compile(plain, TorchFunctor(ob={x: Euclidean(2)}, ar={})).code
    divergence(**WORDS)(tube)
    assert compile(plain, TorchFunctor(ob={x: Euclidean(2)}, ar={})).code == before
    assert (
        "tube2 = tube(x, other)"
        in compile(
            ld.LearningDiagram(ld.Constraint("tube", other_of, x_of, divergence="tube")),
            TorchFunctor(ob={x: Euclidean(2)}, ar={}),
        ).code
    )


def test_the_divergence_of_a_space_may_be_of_ones_own():
    divergence(**WORDS)(tube)
    space = Space((2,), divergence="tube")
    plain = ld.LearningDiagram(ld.Constraint("c", other_of, x_of))
    assert compile(plain, TorchFunctor(ob={x: space}, ar={})).code.count("= tube(") == 1


def test_review_and_explain_read_the_latest_definition():
    asked = ld.LearningDiagram(*(ld.Constraint(name, other_of, x_of, divergence="tube") for name in ("once", "twice")))
    kinds = []
    for laws in ({}, {"separating": True}, {"separating": True, "least_at_equality": True}):
        divergence(**WORDS, **laws)(tube)
        kinds.append([finding.kind for finding in ld.review(asked)])
        assert ("laws: separating" in explain(asked)) == bool(laws)
        assert ("least at equality" in explain(asked)) == ("least_at_equality" in laws)
    assert ["redundant on the data" in found for found in kinds] == [False, False, True]


def test_a_redefinition_for_other_ends_forgets_the_first():
    divergence(**WORDS)(tube)
    divergence(**WORDS, between=[("point", "law")])(tube)
    declares = r"between=\[\('point', 'distribution'\)\]; declare on='points', between=\[\('point', 'point'\)\]"
    with pytest.raises(ld.CompileError, match=declares):
        objective()


SHAPES = {
    r"'bad' must return one value a row, \[3\], and it returned shape \[3, 2\]": lambda r, p: (p - r).abs(),
    r"and it returned shape \[\]; sum over the features of each row": lambda r, p: (p - r).abs().sum(),
    "and it returned a float": lambda r, p: 0.0,
}


@pytest.mark.parametrize("message", SHAPES)
def test_a_value_of_another_shape_is_a_typed_error(message):
    function = SHAPES[message]
    function.__name__ = "bad"
    divergence(**WORDS)(function)
    loss = objective(name="bad")
    for evaluate in (loss, loss.defects):
        with pytest.raises(ld.CompileError, match=message):
            evaluate(BATCH)


def named(name, function=tube):
    def copy(reference, prediction):
        return function(reference, prediction)

    copy.__name__ = name
    return copy


def no_default(reference, prediction, *, width):
    return reference


def odd_default(reference, prediction, *, width="wide"):
    return reference


def flag(reference, prediction, *, squared=True):
    return reference


def anything(reference, prediction, **options):
    return reference


def three(reference, prediction, width=0.1):
    return reference


REFUSED = [
    (lambda r, p: r, {}, ld.TypeMismatch, "a divergence is a function with a name"),
    (named("class"), {}, ld.TypeMismatch, "a divergence is a function with a name"),
    (three, {}, ld.TypeMismatch, r"must be a function \(reference, prediction, \*, options…\)"),
    (anything, {}, ld.TypeMismatch, "must be a function"),
    (no_default, {}, ld.TypeMismatch, "option 'width' of divergence 'no_default' needs a number as its default"),
    (odd_default, {}, ld.TypeMismatch, "needs a number as its default"),
    (flag, {}, ld.TypeMismatch, "option 'squared' .* needs a number as its default"),
    *((named(name), {}, ld.DuplicateName, f"'{name}' is a name of the library's own")
      for name in ("kl", "energy", "cross_entropy", "kl_rows", "draw", "torch", "batch", "mmd")),
    (tube, {"on": "point"}, ld.TypeMismatch, "on= of divergence 'tube' is 'points', .* or 'tokens', got 'point'"),
    (tube, {"between": [("data", "law")]}, ld.TypeMismatch, "between= of divergence 'tube' .* got \\('data', 'law'\\)"),
    (tube, {"between": ("point", "law")}, ld.TypeMismatch, "between= of divergence 'tube' .* got 'point'"),
    (tube, {"between": []}, ld.TypeMismatch, "between= of divergence 'tube'"),
]  # fmt: skip


@pytest.mark.parametrize("key", ["formula", "unit", "reduction", "infinite"])
@pytest.mark.parametrize(("word", "shown"), [("", "''"), (" ", "' '"), (3, "3")])
def test_a_word_that_is_empty_or_no_text_is_refused_by_its_name(key, word, shown):
    message = f"^{key}= of a divergence must be a text that is not empty, got {shown};"
    with pytest.raises(ld.TypeMismatch, match=message):
        divergence(**{**WORDS, key: word})(tube)
    assert not latest_definitions()


@pytest.mark.parametrize(("function", "more", "error", "message"), REFUSED)
def test_what_is_no_divergence_is_a_typed_error_and_changes_nothing(function, more, error, message):
    with pytest.raises(error, match=message):
        divergence(**WORDS, **more)(function)
    assert not latest_definitions()


def test_a_name_taken_by_the_rows_of_another_is_a_clash():
    divergence(**WORDS)(named("tube_rows"))
    with pytest.raises(ld.DuplicateName, match="'tube' is a name"):
        divergence(**WORDS)(tube)


def test_without_its_registration_the_name_is_unknown():
    with pytest.raises(ld.UnknownName, match="no divergence named 'tuba'"):
        objective(name="tuba")
    remedies = r"named 'mse'; it is 'mean_squared_error' here; known: .*; your own divergence is known once"
    with pytest.raises(ld.UnknownName, match=remedies):
        objective(name="mse")


@pytest.mark.parametrize("value", ["wide", True, [1.0]])
def test_its_options_are_numbers(value):
    divergence(**WORDS)(tube)
    with pytest.raises(ld.CompileError, match="width of divergence 'tube' must be a number, got"):
        objective(name={"name": "tube", "width": value})
