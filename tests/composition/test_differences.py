"""Differences: false exactly for equal learning diagrams; each field is named where it changes; pictures show marks."""

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import learning_diagrams as ld
from learning_diagrams import regimes, schedule
from learning_diagrams.cli import app
from learning_diagrams.editing.overlay import overlay_of
from recorded_diagrams import REGIMES, written
from strategies import learning_diagrams, small_learning_diagrams

IMAGE, DIGIT = ld.Ty("image"), ld.Ty("digit")
DIGITS = ld.SampleSpace("digits")
PIXELS, LABEL = DIGITS.column("pixels", IMAGE), DIGITS.column("label", DIGIT)
STUDENT, TEACHER = (ld.Kernel(name, IMAGE, DIGIT) for name in ("student", "teacher"))
FLIP = ld.Box("flip", IMAGE, IMAGE)


def regime(student=STUDENT, label=LABEL, rhs=None, **options):
    said = {key: options.pop(key) for key in ("weight", "divergence", "detach", "over") if key in options}
    sides = {"lhs": PIXELS >> student, "rhs": PIXELS >> FLIP >> TEACHER if rhs is None else rhs}
    constraints = ld.Constraint("fit", PIXELS >> student, label), ld.Constraint("agree", **sides, **said)
    return ld.LearningDiagram(*constraints, **options)


def lines(a, b):
    return [str(change) for change in ld.difference(a, b).changes]


@given(learning_diagrams(), learning_diagrams(), st.booleans())
def test_it_is_false_exactly_for_equal_learning_diagrams(a, b, same):
    b = a.edited(reversed(a.constraints), name="other") if same else b
    changes = ld.difference(a, b)
    assert bool(changes) == (a.digest() != b.digest()) == bool(changes.changes) == bool(ld.difference(b, a).changes)
    assert ("no difference" in str(changes)) == (a == b) and "\n" not in repr(changes)


@given(small_learning_diagrams(), small_learning_diagrams())
def test_there_and_back_the_marks_change_places(a, b):
    there, back = ({(c.mark, c.kind, c.name) for c in ld.difference(*pair).changes} for pair in ((a, b), (b, a)))
    assert back == {({"-": "+", "+": "-"}.get(mark, mark), kind, name) for mark, kind, name in there}


@pytest.mark.thorough
@settings(max_examples=20)  # a picture each
@given(small_learning_diagrams(), small_learning_diagrams())
def test_the_overlay_holds_both(a, b):
    both = overlay_of(a, b)
    names = {c.name for c in both.diagram.constraints}
    assert {c.name for c in a.constraints} | {c.name for c in b.constraints} <= names
    gone = {symbol.name for symbol, mark in both.marks.items() if (symbol.kind, mark) == ("constraint", "-")}
    assert {c.name for c in b.constraints} == names - gone
    ElementTree.fromstring(ld.difference(a, b).draw().svg)


TWICE = ld.Equation(FLIP >> FLIP, ld.Id(IMAGE))
CHANGES = [
    ({"weight": 0.5}, {"weight": 2}, "~ constraint agree: weight 0.5 → 2"),
    ({}, {"weight": schedule.linear(0.0, 1.0, 10)}, "~ constraint agree: weight 1 → "),
    ({}, {"divergence": "kl"}, "~ constraint agree: divergence unset → kl"),
    ({"divergence": "kl"}, {"divergence": {"name": "kl", "temperature": 4}},
     "~ constraint agree: divergence + temperature 4"),
    ({"divergence": {"name": "kl", "class_weight": [1, 2]}}, {"divergence": {"name": "kl", "class_weight": [2, 1]}},
     "~ constraint agree: divergence class_weight 1 and 2 → 2 and 1"),
    ({"detach": "rhs"}, {"detach": "flip"}, "~ constraint agree: detach - rhs; detach + flip"),
    ({}, {"rhs": PIXELS >> TEACHER}, "~ constraint agree: rhs pixels >> flip >> teacher → pixels >> teacher"),
    ({"frozen": [TEACHER]}, {"frozen": [STUDENT]}, "+ frozen student"),
    ({}, {"ema": {TEACHER: (STUDENT, 0.9)}}, "+ ema teacher: source student, decay 0.9"),
    ({"ema": {TEACHER: (STUDENT, 0.9)}}, {"ema": {TEACHER: (STUDENT, 0.99)}}, "~ ema teacher: decay 0.9 → 0.99"),
    ({"players": {"p": {"terms": ["fit"], "boxes": [STUDENT]}}},
     {"players": {"p": {"terms": ["fit"], "boxes": [STUDENT], "steps": 5}}}, "~ players p: + steps 5"),
    ({}, {"axioms": {"twice": TWICE}}, "+ axiom twice: flip >> flip = Id(image)"),
    ({"axioms": {"twice": TWICE}}, {"axioms": {"twice": ld.Equation(FLIP, ld.Id(IMAGE))}},
     "~ axiom twice: lhs flip >> flip → flip"),
    ({}, {"student": ld.Box("student", IMAGE, DIGIT)}, "~ box student: (Kernel image → digit) → (Box image → digit)"),
    ({}, {"label": DIGITS.column("other", DIGIT)}, "- column digits.label: ends in digit"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line"), CHANGES)
def test_every_field_is_named_where_it_changes(old, new, line):
    told = lines(regime(**old), regime(**new))
    assert any(text.startswith(line) for text in told), told
    assert lines(regime(**old), regime(**old)) == []
    ElementTree.fromstring(ld.difference(regime(**old), regime(**new)).draw().svg)


def test_sides_are_compared_up_to_equality():
    again = PIXELS >> ld.Copy(IMAGE) >> (FLIP >> TEACHER) @ ld.Discard(IMAGE)
    assert not ld.difference(regime(), regime(rhs=again)) and not ld.difference(regime(), regime(name="x"))


def test_names_axioms_and_notation_are_told_beside_equality():
    a, b = regime(axioms={"one": TWICE}, name="a"), regime(axioms={"two": TWICE}, notation={STUDENT: "f"})
    difference = ld.difference(a, b)
    assert not difference and list(difference.notes) == [
        "the name 'a' → ''", "the name of axiom 'one' → 'two'", "the notation of + box 'student' f"
    ]  # fmt: skip


def test_the_picture_shows_the_marks():
    a = regime(weight=0.5, frozen=[TEACHER])
    b = ld.LearningDiagram(ld.Constraint("agree", PIXELS >> STUDENT, PIXELS >> FLIP >> TEACHER, weight=2))
    picture = ld.difference(a, b).draw()
    root = ElementTree.fromstring(picture.svg)
    texts = ["".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "weight 0.5 → 2" in texts and "- frozen teacher" in texts and "fit" in texts and "label" in texts
    assert 'stroke-dasharray="2 3"' in picture.svg and "+ " not in "".join(t for t in texts if "only in" not in t)
    back = ld.difference(b, a).draw().svg
    assert "+ fit" in back and "+ label" in back and 'stroke-dasharray="2 3"' not in back
    assert picture.svg == ld.difference(a, b).draw().svg and len(re.findall("data-constraint=\"agree\"", back)) == 2


@pytest.mark.sampled(4)
@pytest.mark.parametrize("name", sorted(REGIMES))
def test_regimes_differ_from_each_other_and_not_from_themselves(name):
    mine, other = REGIMES[name](), REGIMES["distillation"]()
    assert not ld.difference(mine, REGIMES[name]())
    ElementTree.fromstring(ld.difference(mine, other).draw().svg)


def test_hard_cases_have_a_picture():
    diagrams = list(written().values())
    for a, b in zip(diagrams, diagrams[1:] + diagrams[:1], strict=True):
        difference = ld.difference(a, b)
        assert bool(difference) == (a != b)
        ElementTree.fromstring(difference.draw().svg)


@pytest.mark.parametrize("wrong", [None, "a.yaml", regime().constraints[0]])
def test_anything_else_is_refused(wrong):
    with pytest.raises(ld.TypeMismatch, match="of two learning diagrams"):
        ld.difference(regime(), wrong)


def test_the_command_ends_with_1_where_they_differ(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ld.save(regime(weight=0.5), "a.yaml")
    ld.save(regime(weight=2), "b.yaml")
    run = CliRunner().invoke
    done = run(app, ["difference", "a.yaml", "b.yaml", "-o", "c.svg"])
    assert done.exit_code == 1 and "weight 0.5 → 2" in done.stdout and Path("c.svg").read_text().startswith("<svg")
    assert run(app, ["difference", "a.yaml", "a.yaml"]).exit_code == 0
    assert run(app, ["difference", "a.yaml", "nowhere.yaml"]).exit_code == 2


def test_a_picture_shows_the_players():
    gan = regimes.gan()
    critic, generator = gan.players
    slower, plain = gan.edited(players=[replace(critic, steps=5), generator]), gan.edited(players=[])
    other = gan.edited(players=[replace(critic, name="other"), generator])
    titles = "critic lowers: knows_fake + knows_real → knows_fake + knows_real  ×5", "generator lowers: fools"
    svg = ld.difference(gan, slower).draw().svg
    assert all(f">{title}</text>" in svg for title in titles) and svg.count('data-constraint="fools"') == 2
    svg = ld.difference(gan, other).draw().svg
    assert ">critic lowers: knows_fake + knows_real</text><path" in svg  # struck
    assert ">+ other lowers: knows_fake + knows_real</text>" in svg and svg.count('data-constraint="knows_fake"') == 3
    for difference, mark in ((ld.difference(gan, plain), ""), (ld.difference(plain, gan), "+ ")):
        svg = difference.draw().svg  # one graph of all, one for each player, and the rows
        assert f">{mark}generator lowers: fools</text>" in svg and svg.count('data-constraint="fools"') == 3
