"""Weights, options and decays that are schedules or boxes: read, compared, written, renamed, replaced and glued."""

import pickle

import pytest
import yaml

import learning_diagrams as ld
from learning_diagrams.composition.morphism import Morphism
from learning_diagrams.presentation.gradient_reach import reached
from learning_diagrams.semantics.least_term import is_always_zero
from learning_diagrams.semantics.program.explanation import explain
from learning_diagrams.semantics.reasoning.assumption import is_premise

I, x, number, other = ld.Ty(), ld.Ty("x"), ld.Ty("number"), ld.Ty("other")
rows = ld.SampleSpace("rows")
a, b = rows.column("a", x), rows.column("b", x)
f, g = ld.Box("f", x, x), ld.Box("g", x, x)
scale, exp = ld.Box("scale", I, number), ld.Box("exp", number, number)
decay, kernel = ld.Box("decay", I, other), ld.Kernel("noise", I, number)
ramp, fall = ld.schedule.linear(0, 1, 100), ld.schedule.cosine(2, 1, 50)


def constraint(name="c", **options):
    return ld.Constraint(name, a >> f, b, **options)


def huber(delta):
    return {"name": "huber", "delta": delta}


DIAGRAMS = {
    "a weight that follows a schedule": ld.LearningDiagram(constraint(weight=ramp)),
    "a weight of a box": ld.LearningDiagram(constraint(weight=scale)),
    "a weight of a diagram": ld.LearningDiagram(constraint(weight=scale >> exp), frozen=[exp]),
    "an option that follows a schedule": ld.LearningDiagram(constraint(divergence=huber(fall))),
    "an option of a box": ld.LearningDiagram(constraint(divergence=[huber(scale >> exp)], weight=ramp)),
    "a decay that follows a schedule": ld.LearningDiagram(ld.Constraint("c", a >> f, a >> g), ema={g: (f, ramp)}),
    "a decay of a box": ld.LearningDiagram(ld.Constraint("c", a >> f, a >> g), ema={g: (f, decay)}, frozen=[decay]),
}
each = pytest.mark.parametrize("diagram", DIAGRAMS.values(), ids=DIAGRAMS)


@each
def test_files_and_pickles_read_back(diagram, tmp_path):
    assert ld.LearningDiagram.from_dict(diagram.to_dict()) == diagram == pickle.loads(pickle.dumps(diagram))
    for end in ("yaml", "json"):
        ld.save(diagram, tmp_path / f"d.{end}")
        assert ld.load(tmp_path / f"d.{end}").digest() == diagram.digest()
    plan = ld.Plan(ld.Stage(diagram, steps=3, optimizer="sgd"))
    assert ld.Plan.from_dict(plan.to_dict()) == plan


def test_every_one_has_a_digest_of_its_own():
    plain = [
        ld.LearningDiagram(constraint()),
        ld.LearningDiagram(ld.Constraint("c", a >> f, a >> g), ema={g: (f, 0.5)}),
    ]
    later = constraint(weight=ld.schedule.linear(0, 1, 101)), constraint(weight=ld.schedule.cosine(0, 1, 100))
    more = [*DIAGRAMS.values(), *plain, *map(ld.LearningDiagram, later)]
    assert len({diagram.digest() for diagram in more}) == len(more)
    thawed = DIAGRAMS["a decay of a box"].unfreeze("decay")
    assert thawed != DIAGRAMS["a decay of a box"] and "decay" not in {box.name for box in thawed.frozen}


def test_boxes_and_objects_of_numbers_are_those_of_the_diagram():
    boxes = {name: {box.name for box in diagram.boxes} - {"f", "g"} for name, diagram in DIAGRAMS.items()}
    assert list(boxes.values()) == [set(), {"scale"}, {"scale", "exp"}, set(), {"scale", "exp"}, set(), {"decay"}]
    assert [len(diagram.objects) - 1 for diagram in DIAGRAMS.values()] == [bool(own) for own in boxes.values()]


@each
def test_a_renaming_is_an_isomorphism_and_a_union_is_idempotent(diagram):
    names = {"f": "h", "x": "point", "scale": "s", "exp": "e", "number": "real", "decay": "d", "other": "real"}
    known = {box.name for box in diagram.boxes} | {ob.inside[0].name for ob in diagram.objects}
    renamed = diagram.rename({old: new for old, new in names.items() if old in known})
    assert {box.name for box in renamed.boxes}.isdisjoint({"f", "scale", "exp", "decay"})
    assert isinstance(ld.isomorphic(diagram, renamed), Morphism) and ld.isomorphic(renamed, diagram)
    assert diagram + diagram == diagram == diagram + diagram.restrict("c")
    assert {box.name for box in ld.pushout(diagram, diagram, along={"f": "f"}).boxes} >= {"f"}


def test_a_number_that_differs_is_not_isomorphic():
    weighed = DIAGRAMS["a weight that follows a schedule"]
    assert ld.isomorphic(weighed, weighed.reweight({"c": fall})) is None
    assert ld.isomorphic(weighed, weighed.reweight({"c": 1.0})) is None
    with pytest.raises(ld.DuplicateName):
        _ = weighed + weighed.reweight({"c": fall})
    with pytest.raises(ld.DuplicateName):
        _ = DIAGRAMS["a decay of a box"] + DIAGRAMS["a decay that follows a schedule"]


def test_a_substitution_replaces_boxes_in_numbers():
    half = ld.Box("half", number, number)
    weighed = ld.LearningDiagram(constraint(divergence=huber(scale), weight=scale >> exp))
    replaced = weighed.substitute({"scale": scale >> half}).constraints[0]
    assert (
        str(replaced.weight) == "scale >> half >> exp" and str(replaced.divergence.moving["delta"]) == "scale >> half"
    )
    averaged = DIAGRAMS["a decay of a box"]
    assert averaged.substitute({"decay": ld.Box("d", I, other)}).ema["g"][1].name == "d"
    with pytest.raises(ld.TypeMismatch, match="the decay 'decay' is a number, a schedule or one box"):
        averaged.substitute({"decay": ld.Box("d", I, other) >> ld.Box("e", other, other)})
    with pytest.raises(ld.TypeMismatch, match="deterministic"):
        weighed.substitute({"scale": kernel})


def test_reweight_takes_schedules_and_boxes():
    plain = ld.LearningDiagram(constraint())
    for weight in (ramp, scale, scale >> exp):
        changed = plain.reweight({"c": weight})
        assert changed == ld.LearningDiagram(constraint(weight=weight)) and changed.reweight({"c": 1}) == plain
        assert changed.reweight({"c": 1}).boxes == plain.boxes


def test_a_number_that_moves_makes_no_premise_and_proves_nothing_zero():
    for options in ({"weight": ramp}, {"weight": scale}, {"divergence": huber(scale)}, {"divergence": huber(fall)}):
        assert not is_premise(constraint(**options)) and is_premise(constraint())
        assert not is_always_zero(ld.Constraint("c", a >> f, a >> f, **options))
    twice = [ld.Constraint(n, a >> f, b, weight=w) for n, w in (("fixed", 1.0), ("moving", ramp), ("other", 1.0))]
    assert [c.name for c in ld.minimal(ld.LearningDiagram(*twice)).constraints] == ["fixed", "moving"]
    assert not [f for f in ld.review(ld.LearningDiagram(constraint(weight=scale))) if f.kind == "untrained"]


def test_the_gradient_comes_to_the_boxes_of_numbers():
    both = constraint(divergence=huber(scale >> exp), weight=decay)
    assert reached(both) == {"f", "scale", "exp", "decay"} == set(both.boxes)
    assert reached(constraint(weight=scale >> exp, detach=["exp", "f"])) == set()
    with pytest.raises(ld.UnknownName):
        constraint(weight=scale, detach="exp")


def test_a_player_may_move_the_box_of_a_weight():
    players = {"one": {"terms": ["c"], "boxes": ["f", "scale"]}}
    game = ld.LearningDiagram(constraint(weight=scale), players=players)
    assert game.players[0].boxes == ("f", "scale")


def test_numbers_that_move_are_shown():
    shown = ld.LearningDiagram(constraint(divergence=huber(scale >> exp), weight=ramp))
    assert "divergence={'name': 'huber', 'delta': 'scale >> exp'}, weight=linear(0, 1, 100)" in str(shown)
    picture = shown.draw().svg
    assert "delta scale &gt;&gt; exp" in picture and "weight linear(0, 1, 100)" in picture
    text = explain(shown)
    assert "    # c: a >> f = b, delta scale >> exp\n" in text and "delta=exp_out.reshape(())" in text
    assert "constants['weight_c'] * c  # linear(0, 1, 100)\n" in text and "weight    linear(0, 1, 100)" in text
    assert "follows f: after each step the part linear(0, 1, 100) of itself" in explain(
        DIAGRAMS["a decay that follows a schedule"]
    )


BAD = {
    "a box with inputs": (f, "computes none"),
    "a diagram with two outputs": (scale @ scale, "computes none"),
    "a column": (a, "computes none"),
    "a kernel": (kernel, "'noise' would draw it"),
    "an unknown schedule": ({"schedule": "linar"}, "did you mean 'linear'"),
}


@pytest.mark.parametrize(("value", "words"), BAD.values(), ids=BAD)
def test_what_computes_no_number_is_refused(value, words):
    for make in (
        lambda: constraint(weight=value),
        lambda: constraint(divergence=huber(value)),
        lambda: ld.LearningDiagram(ld.Constraint("c", a >> f, a >> g), ema={g: (f, value)}),
    ):
        with pytest.raises((ld.TypeMismatch, ld.UnknownName), match=words):
            make()


def test_schedules_out_of_range_are_refused():
    below = r"; a factor below 0 is what the module of a box from I returns: weight=BOX, in files \{box: BOX\}$"
    words = "the weight of constraint 'c' must be a finite number ≥ 0, got "
    with pytest.raises(ld.InvalidWeight, match=words + r"linear\(1, -1, 5\)" + below):
        constraint(weight=ld.schedule.linear(1, -1, 5))
    with pytest.raises(ld.InvalidWeight, match=words + "-0.01" + below):
        constraint(weight=-0.01)
    for value in (float("nan"), -float("inf"), True, "0.5"):
        with pytest.raises(ld.InvalidWeight, match=words + f"{value!r}$"):
            constraint(weight=value)
    with pytest.raises(ld.InvalidWeight, match=r"is a schedule, as ld\.schedule\.linear\(0, 1, steps=1000\)$"):
        constraint(weight=lambda step: step / 1000)
    with pytest.raises(ld.InvalidWeight, match="the decay of 'g' must be a number from 0 to 1, got linear"):
        ld.LearningDiagram(ld.Constraint("c", a >> f, a >> g), ema={g: (f, ld.schedule.linear(0, 2, 5))})
    with pytest.raises(ld.TypeMismatch):
        ld.Plan(ld.Stage(ld.LearningDiagram(constraint()), 3, {"name": "sgd", "lr": ramp}))


HEAD = """format: learning-diagram/1
objects: [x, number]
sample_spaces: {rows: {a: x, b: x}}
boxes:
  f: {dom: [x], cod: [x]}
  s: {dom: [], cod: [number]}
constraints:
  c:
    lhs: a >> f
    rhs: b
"""


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ("    weight: {schedule: linar, steps: 3}", "11: constraints.c.weight: no schedule is named 'linar'"),
        ("    weight: {schedule: linear, start: 0, end: 1, steps: 0}", "11: constraints.c.weight: steps of a schedule"),
        ("    weight: {start: 0}", "11: constraints.c.weight: lacks the key 'schedule'"),
        ("    weight: {box: t}", "11: constraints.c.weight: "),
        ("    weight: {box: s, more: 1}", "11: constraints.c.weight.more: unknown key 'more'; known: 'box'"),
        ("    weight: s", "11: constraints.c.weight: must be a finite number, got 's'; a box is written {box: name}"),
        ("    weight: -1", "11: constraints.c.weight: must be a number ≥ 0, got -1"),
        ("    divergence:\n      name: huber\n      delta: {schedule: liner}", "constraints.c.divergence"),
        ("    divergence: {name: huber, delta: {box: f}}", "constraints.c"),
    ],
)  # fmt: skip
def test_an_error_in_a_file_names_its_line(lines, error, tmp_path):
    path = tmp_path / "d.yaml"
    path.write_text(HEAD + lines + "\n", encoding="utf-8")
    with pytest.raises(ld.LearningDiagramError) as caught:
        ld.load(path)
    assert error in str(caught.value) and str(path) in str(caught.value)


def test_a_file_of_numbers_that_move():
    delta = "{schedule: cosine, start: 2, end: 1, steps: 50}"
    text = f"{HEAD}    weight: {{box: s}}\n    divergence: {{name: huber, delta: {delta}}}\n"
    assert ld.LearningDiagram.from_dict(yaml.safe_load(text)).constraints[0] == constraint(
        weight=ld.Box("s", I, number), divergence=huber(fall)
    )
