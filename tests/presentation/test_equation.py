"""Equations and constraints: parallel sides, divergences, exact weights, and where a constraint is tested."""

import copy
import json
import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning_diagrams.diagrams.box import Box, Id, Kernel, Ty
from learning_diagrams.diagrams.sample_space import SampleSpace
from learning_diagrams.diagrams.structure import Copy, Discard
from learning_diagrams.equality.canonical_form import digest
from learning_diagrams.errors import InvalidWeight, LearningDiagramError, TypeMismatch
from learning_diagrams.presentation.choice import Divergence
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation
from strategies import constraints, equal_pairs, parallel_pairs

image, digit = Ty("image"), Ty("digit")
digits = SampleSpace("digits")
pixels, label = digits.column("pixels", image), digits.column("label", digit)
student, teacher = Kernel("student", image, digit), Kernel("teacher", image, digit)


def fit(**options):
    return Constraint("fit", pixels >> student, label, **options)


@given(equal_pairs(), st.text(max_size=3), st.text(max_size=3))
def test_equations_are_equal_if_their_sides_are(pair, name, other):
    lhs, rhs = pair
    left, right = Equation(lhs, rhs, name), Equation(rhs, lhs, other)
    assert left == right and hash(left) == hash(right)


@given(parallel_pairs())
def test_an_equation_is_ordered(pair):
    lhs, rhs = pair
    assert (Equation(lhs, rhs) == Equation(rhs, lhs)) == (digest(lhs) == digest(rhs))


@pytest.mark.parametrize(
    ("lhs", "rhs"), [(student, pixels), (student, Id(image)), (student, Discard(image)), (Id(image), Id(digit))]
)
def test_sides_must_be_parallel(lhs, rhs):
    for make in (lambda: Equation(lhs, rhs), lambda: Constraint("c", lhs, rhs)):
        with pytest.raises(TypeMismatch, match="not parallel"):
            make()


@pytest.mark.parametrize("thing", [None, "student", 3, image])
def test_sides_must_be_diagrams(thing):
    for make in (lambda: Equation(thing, thing), lambda: Constraint("c", thing, thing)):
        with pytest.raises(TypeMismatch, match="must be a diagram"):
            make()


def test_where_a_constraint_is_tested():
    law = Constraint("c", digits.state >> pixels >> student, digits.state >> label)
    over = Constraint("c", student, teacher, over=pixels)
    assert [c.tested for c in (fit(), law, over)] == ["pointwise", "in law", "over"]
    assert [c.source for c in (fit(), law, over)] == [Id(digits.ty), Id(Ty()), pixels]
    assert over.diagrams == (student, teacher, pixels) and fit().diagrams == (pixels >> student, label)


def test_a_source_may_be_stochastic_and_start_from_i_or_several_spaces():
    other = SampleSpace("other")
    augment = Kernel("augment", image, image)
    for over in (pixels >> augment, Kernel("prior", Ty(), image), digits.state >> pixels):
        assert Constraint("c", student, teacher, over=over).tested == "over"
    pair = pixels @ other.column("pixels", image)
    assert Constraint("c", student @ student, teacher @ teacher, over=pair).tested == "over"
    assert Constraint("c", pair >> student @ student, pair >> teacher @ teacher).tested == "pointwise"


@pytest.mark.parametrize(
    ("over", "message"),
    [
        (None, "give over="),
        (label, "ends in digit"),
        (Box("f", digit, image), "must start from sample spaces"),
        (Id(image), "must start from sample spaces"),
        ("pixels", "must be a diagram"),
        (digits.ty, "must be a diagram"),
    ],
)
def test_a_constraint_without_a_source_says_what_to_give(over, message):
    with pytest.raises(TypeMismatch, match=message):
        Constraint("c", student, teacher, over=over)


def test_a_constraint_that_ends_in_i_has_nothing_to_compare():
    with pytest.raises(TypeMismatch, match="nothing to compare"):
        Constraint("c", Discard(digits.ty), pixels >> Discard(image))


@pytest.mark.parametrize("weight", [-1, -1e-300, math.inf, math.nan, "1", None, True, 1j, 10**400])
def test_a_weight_is_a_finite_number_that_is_not_negative(weight):
    with pytest.raises(InvalidWeight, match="'fit'"):
        fit(weight=weight)


def test_weights_are_exact():
    assert fit(weight=0.1 + 0.2) != fit(weight=0.3)
    assert fit(weight=2) == fit(weight=2.0) and fit() == fit(weight=1)


def test_zero_has_one_sign():
    assert fit(weight=-0.0) == fit(weight=0.0)


def test_a_weight_may_be_a_number_of_numpy():
    numpy = pytest.importorskip("numpy")
    for weight in (numpy.float32(0.1), numpy.float64(0.1), numpy.int64(2)):
        assert fit(weight=weight) == fit(weight=float(weight)) and type(fit(weight=weight).weight) is float
    for weight in (numpy.float32("nan"), numpy.float32("inf"), numpy.float32(-1), numpy.bool_(True)):
        with pytest.raises(InvalidWeight):
            fit(weight=weight)


@given(st.floats(0, allow_infinity=False), st.floats(0, allow_infinity=False))
def test_constraints_differ_if_their_weights_do(a, b):
    assert (fit(weight=a) == fit(weight=b)) == (a == b)


def test_every_field_is_part_of_equality():
    noisy = pixels >> Kernel("noise", image, image)
    others = [
        Constraint("other", pixels >> student, label),
        Constraint("fit", label, pixels >> student),
        Constraint("fit", pixels >> teacher, label),
        Constraint("fit", pixels >> student, label, over=Id(digits.ty)),
        fit(divergence="kl"),
        fit(divergence={"name": "kl", "temperature": 4}),
        fit(divergence={"name": "kl", "temperature": 5}),
        fit(divergence={"name": "kl", "reverse": True}),
        fit(divergence="tv"),
        fit(weight=2),
        Constraint("fit", student, teacher, over=pixels),
        Constraint("fit", student, teacher, over=noisy),
    ]
    assert len({fit(), *others}) == 1 + len(others)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("kl", {"name": "kl"}),
        ({"name": "kl", "temperature": 4}, {"temperature": 4.0, "name": "kl"}),
        ({"name": "kl", "a": 1, "b": 2}, {"b": 2, "a": 1, "name": "kl"}),
        (["kl"], ("kl",)),
        (Divergence("kl"), "kl"),
    ],
)
def test_divergences_written_in_two_ways(left, right):
    assert fit(divergence=left) == fit(divergence=right)
    assert hash(fit(divergence=left)) == hash(fit(divergence=right))


def test_one_divergence_for_each_wire():
    both = Constraint(
        "c", pixels >> Copy(image), pixels @ pixels << Copy(digits.ty), divergence=["mse", {"name": "l1"}]
    )
    assert both.divergence == (Divergence("mse"), Divergence("l1"))
    with pytest.raises(TypeMismatch, match=r"2 divergences for 1 output wire \(digit"):
        fit(divergence=["kl", "kl"])


@pytest.mark.parametrize(
    "divergence",
    [
        3,
        {},
        {"temperature": 4},
        {"name": 3},
        {"name": "kl", "t": None},
        {"name": "kl", "t": [[1]]},
        {"name": "kl", "t": math.inf},
        {"name": "kl", "t": math.nan},
        {"name": "kl", 1: 2},
        {"name": "kl", 1: 2, "t": 3},
        {"name": "kl", "t": 10**400},
        [3],
        [None],
        lambda p, q: 0,
    ],
    ids=lambda case: "a function" if callable(case) else f"{case!r:.40}",
)
def test_what_is_no_divergence_is_a_typed_error(divergence):
    """At once, or at the latest when the constraint is compared."""
    with pytest.raises(LearningDiagramError):
        hash(fit(divergence=divergence))


@pytest.mark.parametrize("name", [None, 3, image, b"fit"])
def test_a_name_is_a_string(name):
    with pytest.raises(TypeMismatch, match="must be a string"):
        Constraint(name, pixels, pixels)


@given(constraints())
def test_constraints_are_picklable_copyable_immutable(constraint):
    for again in (pickle.loads(pickle.dumps(constraint)), copy.deepcopy(constraint), copy.copy(constraint)):
        assert again == constraint and hash(again) == hash(constraint)
        assert (again.weight, again.divergence, again.tested) == (
            constraint.weight, constraint.divergence, constraint.tested)  # fmt: skip
    with pytest.raises(AttributeError):
        constraint.weight = 3


@given(constraints())
def test_a_constraint_prints_in_one_line_and_its_canonical_form_is_json(constraint):
    assert "\n" not in repr(constraint)
    json.dumps(constraint.canonical, allow_nan=False)


def test_a_text_or_a_function_in_place_of_a_diagram_or_a_name_is_told_what_to_write():
    with pytest.raises(TypeMismatch, match=r"'student'; parse reads a diagram from text$"):
        Constraint("fit", "student", label)
    with pytest.raises(TypeMismatch, match=r"; write its name, 'constraints'$"):
        Constraint("fit", pixels >> student, label, divergence=constraints)


def test_smoothed_labels_are_measured_by_cross_entropy():
    options = {"label_smoothing": 0.1}
    measured = {name: fit(divergence={"name": name, **options}).measure for name in ("kl", "nll")}
    assert measured == dict.fromkeys(("kl", "nll"), "CE, label_smoothing 0.1")
    assert fit(divergence={"name": "kl", "temperature": 2}).measure == "KL, temperature 2"
    assert fit(divergence={"name": "kl", "label_smoothing": 0}).measure.startswith("KL")
