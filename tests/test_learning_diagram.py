"""Learning diagrams: their fields, edits, equality and digest."""

import copy
import json
import os
import pickle
import subprocess
import sys
from itertools import permutations

import pytest
from discopy import markov
from hypothesis import given
from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams.diagrams.box import Box, Id, Kernel, Ty
from learning_diagrams.diagrams.sample_space import SampleSpace
from learning_diagrams.diagrams.structure import Copy, Discard
from learning_diagrams.errors import DuplicateName, InvalidWeight, TypeMismatch, UnknownName
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation
from strategies import learning_diagrams

image, digit = Ty("image"), Ty("digit")
digits = SampleSpace("digits")
pixels, label = digits.column("pixels", image), digits.column("label", digit)
student, teacher = Kernel("student", image, digit), Kernel("teacher", image, digit)
flip = Box("flip", image, image)
supervised = Constraint("supervised", pixels >> student, label)
distilled = Constraint("distilled", pixels >> student, pixels >> teacher, weight=0.5)
involution = Equation(flip >> flip, Id(image))
distillation = LearningDiagram(
    supervised, distilled, frozen=[teacher], axioms={"flip": involution}, name="distillation"
)


def test_fields():
    d = distillation
    assert d.name == "distillation"
    assert [c.name for c in d.constraints] == ["distilled", "supervised"]
    assert [a.name for a in d.axioms] == ["flip"] and d.axioms == (involution,)
    assert d.objects == (digit, image) and d.boxes == (flip, student, teacher)
    assert d.sample_spaces == (digits,) and d.columns == (label, pixels)
    assert d.frozen == {teacher}
    assert d.box("student") == student and d.box(teacher) == teacher


def test_the_empty_learning_diagram():
    empty = LearningDiagram()
    assert (empty.constraints, empty.axioms, empty.boxes, empty.objects, empty.frozen) == ((), (), (), (), frozenset())
    assert empty == LearningDiagram(name="another") != distillation


def test_freeze_and_unfreeze():
    both = distillation.freeze("student")
    assert both.frozen == {student, teacher} and both.freeze(teacher) == both
    assert both.unfreeze(student) == distillation != both
    assert distillation.unfreeze("teacher").frozen == frozenset()
    assert distillation.freeze() == distillation == distillation.unfreeze()


def test_add_and_without():
    assert distillation.without("distilled").constraints == (supervised,)
    assert distillation.without("supervised").add(supervised) == distillation
    assert distillation.without("distilled").frozen == frozenset(), "what is gone is not frozen"
    assert distillation.without("distilled", "supervised").boxes == (flip,), "axioms stay"
    assert distillation.without() == distillation == distillation.add()


def test_restrict():
    assert distillation.restrict("supervised") == distillation.without("distilled")
    assert distillation.restrict("distilled", "supervised") == distillation
    assert distillation.restrict().constraints == () and distillation.restrict().axioms == (involution,)


def test_reweight():
    heavy = distillation.reweight({"distilled": 2, "supervised": 0})
    assert [c.weight for c in heavy.constraints] == [2.0, 0.0]
    assert heavy.frozen == {teacher} and heavy.reweight({"distilled": 0.5, "supervised": 1}) == distillation


@pytest.mark.parametrize(
    ("edit", "error"),
    [
        (lambda d: d.freeze("nobody"), UnknownName),
        (lambda d: d.freeze(Kernel("nobody", image, digit)), UnknownName),
        (lambda d: d.freeze(pixels), UnknownName),
        (lambda d: d.freeze(Box("student", image, digit)), DuplicateName),
        (lambda d: d.freeze(3), TypeMismatch),
        (lambda d: d.unfreeze("student"), UnknownName),
        (lambda d: d.add(supervised), DuplicateName),
        (lambda d: d.add("supervised"), TypeMismatch),
        (lambda d: d.add(Constraint("c", pixels >> Box("student", image, digit), label)), DuplicateName),
        (lambda d: d.without("supervised", "nobody"), UnknownName),
        (lambda d: d.restrict("nobody"), UnknownName),
        (lambda d: d.reweight({"nobody": 1}), UnknownName),
        (lambda d: d.reweight({"supervised": -1}), InvalidWeight),
        (lambda d: d.reweight(2.0), TypeMismatch),
        (lambda d: d.substitute({"nobody": student}), UnknownName),
        (lambda d: d.rename({"nobody": "somebody"}), UnknownName),
        (lambda d: d.box("nobody"), UnknownName),
        (lambda d: LearningDiagram(supervised, frozen="student"), TypeMismatch),
        (lambda d: LearningDiagram(supervised, frozen=[teacher]), UnknownName),
        (lambda d: LearningDiagram(supervised, supervised), DuplicateName),
        (lambda d: LearningDiagram(involution), TypeMismatch),
        (lambda d: LearningDiagram(axioms=[supervised]), TypeMismatch),
        (lambda d: LearningDiagram(axioms={"a": flip}), TypeMismatch),
        (lambda d: LearningDiagram(axioms={1: involution, "a": involution}), TypeMismatch),
        (lambda d: LearningDiagram(Constraint("c", student.dagger() >> student, student.dagger() >> student,
                                              over=label)), TypeMismatch),
        (lambda d: LearningDiagram(Constraint("c", Kernel("k", digits.ty, image), pixels)), TypeMismatch),
        (lambda d: LearningDiagram(Constraint("c", SampleSpace("image").column("p", image) >> flip,
                                              SampleSpace("image").column("p", image))), DuplicateName),
    ],
)  # fmt: skip
def test_what_is_wrong_is_a_typed_error(edit, error):
    with pytest.raises(error):
        edit(distillation)


def test_an_unknown_name_is_answered_with_the_closest():
    with pytest.raises(UnknownName, match="did you mean 'student'"):
        distillation.freeze("studnet")


def test_edits_leave_the_original_alone():
    before = distillation.digest()
    distillation.freeze(student).without("supervised").reweight({"distilled": 7}).rename({"student": "s"})
    assert distillation.digest() == before and distillation.frozen == {teacher}


@pytest.mark.parametrize("field", ["name", "constraints", "frozen", "digest", "brand_new"])
def test_immutable(field):
    with pytest.raises(AttributeError, match="immutable"):
        setattr(distillation, field, ())
    with pytest.raises(AttributeError):
        delattr(distillation, field)


# Equality.


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_order_and_name_are_no_part_of_equality(order):
    constraints = [supervised, distilled, Constraint("third", pixels >> flip, pixels)]
    axioms = [involution, Equation(flip, flip), Equation(flip >> student, student)]
    left = LearningDiagram(*constraints, axioms=axioms, frozen=[teacher, flip])
    right = LearningDiagram(
        *(constraints[i] for i in order), axioms=[axioms[i] for i in order], frozen=["flip", "teacher"], name="other"
    )
    assert left == right and hash(left) == hash(right) and {left: 1}[right] == 1
    assert [c.name for c in left.constraints] == [c.name for c in right.constraints]


def test_layout_and_dead_boxes_are_no_part_of_equality():
    rewritten = Constraint("supervised", Copy(digits.ty) >> pixels @ (label >> Discard(digit)) >> student, label)
    dead = Constraint("supervised", Copy(digits.ty) >> (pixels >> teacher >> Discard(digit)) @ pixels >> student, label)
    assert LearningDiagram(supervised) == LearningDiagram(rewritten) == LearningDiagram(dead)
    assert LearningDiagram(supervised) == LearningDiagram(dead, frozen=[teacher]), "a flag without effect"


def test_a_plain_box_is_a_kernel():
    plain = Constraint("supervised", pixels >> markov.Box("student", image, digit), label)
    assert LearningDiagram(plain) == LearningDiagram(supervised)


def test_every_covered_field_changes_the_digest():
    quiet = Constraint("supervised", pixels >> student, label)
    others = [
        distillation,
        distillation.freeze(student),
        distillation.unfreeze(teacher),
        distillation.without("distilled"),
        distillation.reweight({"distilled": 0.1 + 0.2}),
        distillation.reweight({"distilled": 0.3}),
        distillation.rename({"supervised": "another"}),
        distillation.rename({"student": "another"}),
        distillation.rename({"image": "another"}),
        distillation.rename({"digits": "another"}),
        distillation.rename({"digits.pixels": "another"}),
        distillation.rename({flip: "another"}),
        LearningDiagram(supervised, distilled, frozen=[teacher]),
        LearningDiagram(supervised, distilled, frozen=[teacher], axioms={"other name": involution}),
        LearningDiagram(supervised, distilled, frozen=[teacher], axioms={"flip": Equation(Id(image), flip >> flip)}),
        LearningDiagram(quiet, axioms={"flip": involution}),
        LearningDiagram(Constraint("supervised", label, pixels >> student)),
        LearningDiagram(Constraint("supervised", pixels >> student, label, divergence="kl")),
        LearningDiagram(Constraint("supervised", pixels >> student, label, over=Id(digits.ty))),
        LearningDiagram(Constraint("supervised", pixels >> Box("student", image, digit), label)),
    ]
    digests = [d.digest() for d in others]
    same = {(i, j) for i in range(len(others)) for j in range(i) if digests[i] == digests[j]}
    assert same == {(13, 0), (15, 3)}, "only another name of an axiom, and the two ways to write one thing"


def test_an_axiom_is_its_equation_and_one_without_a_name_counts_once():
    again = Equation(flip >> flip, Id(image))
    unnamed = LearningDiagram(axioms=[involution, again])
    assert len(unnamed.axioms) == 1 and unnamed.axioms[0].name.startswith("axiom_")
    assert unnamed == LearningDiagram(axioms=[involution]) == LearningDiagram(axioms={"any name": again})
    assert len(LearningDiagram(axioms={"a": involution, "b": again}).axioms) == 2


def test_a_digest_is_64_hexadecimal_digits():
    assert len(distillation.digest()) == 64 and int(distillation.digest(), 16) >= 0


def test_a_digest_is_the_same_in_another_process():
    """It travels as text, so that nothing of what this process computed travels with it."""
    read = "ld.LearningDiagram.from_dict(json.load(sys.stdin))"
    program = f"import json, sys, learning_diagrams as ld; print({read}.digest())"
    text = json.dumps(distillation.to_dict())
    for seed in ("1", "2"):
        env = os.environ | {"PYTHONHASHSEED": seed}
        run = [sys.executable, "-c", program]
        done = subprocess.run(run, input=text, text=True, capture_output=True, env=env, check=True)
        assert done.stdout.strip() == distillation.digest()


@given(learning_diagrams(), st.randoms())
def test_pickle_copy_and_order(diagram, random):
    again = [pickle.loads(pickle.dumps(diagram)), copy.copy(diagram), copy.deepcopy(diagram)]
    shuffled = list(diagram.constraints)
    random.shuffle(shuffled)
    again.append(LearningDiagram(*shuffled, axioms=diagram.axioms[::-1], frozen=diagram.frozen))
    for other in again:
        assert other == diagram and hash(other) == hash(diagram) and other.frozen == diagram.frozen
        assert [c.name for c in other.constraints] == sorted(c.name for c in diagram.constraints)
    assert again[0].name == diagram.name


@given(learning_diagrams())
def test_edits_that_undo_each_other(diagram):
    frozen = list(diagram.frozen)
    assert diagram.unfreeze(*frozen).freeze(*frozen) == diagram
    assert diagram.reweight({c.name: c.weight for c in diagram.constraints}) == diagram
    assert diagram.restrict(*(c.name for c in diagram.constraints)) == diagram
    assert diagram.substitute({}) == diagram == diagram.rename({})


def test_printing_shows_name_constraints_and_what_is_frozen():
    for text in (
        "distillation",
        "supervised: pixels >> student = label",
        "weight=0.5",
        "frozen: teacher",
        "axiom flip",
    ):
        assert text in str(distillation)
    assert repr(distillation) == "<LearningDiagram 'distillation': distilled, supervised>"


def test_the_door_is_open():
    assert all(getattr(ld, name) is not None for name in ld.__all__) and ld.LearningDiagram is LearningDiagram
