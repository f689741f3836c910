"""Schedules: numbers at given steps, and what cannot be a schedule."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams.schedule import Schedule, cosine, linear, piecewise

numbers = st.floats(-1e6, 1e6)
paths = st.dictionaries(st.integers(0, 1000), numbers, min_size=1, max_size=5).map(
    lambda d: piecewise(sorted(d.items()))
)
schedules = st.one_of(
    st.builds(linear, numbers, numbers, st.integers(1, 1000)),
    st.builds(cosine, numbers, numbers, st.integers(1, 1000)),
    paths,
)


def test_the_door_shows_the_module():
    assert ld.schedule.linear is linear and "schedule" in ld.__all__


def test_numbers_by_hand():
    assert [linear(1, 3, 4)(k) for k in range(6)] == [1, 1.5, 2, 2.5, 3, 3]
    half = cosine(1, 0, 4)
    assert [half(k) for k in (0, 1, 2, 4, 9)] == pytest.approx([1, (2 + math.sqrt(2)) / 4, 0.5, 0, 0], abs=1e-15)
    path = piecewise({10: 0, 20: 1, 21: 5})
    assert [path(k) for k in (0, 10, 15, 20, 21, 99)] == [0, 0, 0.5, 1, 5, 5]


@given(schedules, st.integers(0, 2000))
def test_a_schedule_starts_and_ends_at_its_points_and_stays_between_them(schedule, steps):
    for at, number in schedule.points:
        assert schedule(at) == number
    low, high = min(schedule.numbers), max(schedule.numbers)
    assert low - 1e-9 * abs(low) <= schedule(steps) <= high + 1e-9 * abs(high)
    assert schedule.scaled(-2.0)(steps) == pytest.approx(-2 * schedule(steps), rel=1e-9, abs=1e-6)


@given(schedules)
def test_plain_data_and_repr_read_back(schedule):
    assert Schedule.read(schedule.to_dict()) == schedule
    assert eval(repr(schedule), {"linear": linear, "cosine": cosine, "piecewise": piecewise}) == schedule


@given(schedules, schedules)
def test_canonical_forms_are_equal_exactly_for_equals(first, second):
    assert (first.canonical == second.canonical) == (first == second)


def test_a_line_is_a_path_through_its_ends():
    assert piecewise([(0, 1.0), (5, 2.0)]) == linear(1, 2, 5) != cosine(1, 2, 5)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: linear(0, 1, 0), ld.TypeMismatch, "steps of a schedule must be a whole number ≥ 1, got 0"),
        (lambda: cosine(0, 1, 2.5), ld.TypeMismatch, "≥ 1, got 2.5"),
        (lambda: linear(0, 1, True), ld.TypeMismatch, "≥ 1, got True"),
        (lambda: linear(math.nan, 1, 5), ld.InvalidWeight, "finite numbers, got nan"),
        (lambda: linear(0, math.inf, 5), ld.InvalidWeight, "finite numbers, got inf"),
        (lambda: linear(0, 10**400, 5), ld.InvalidWeight, "finite numbers, got 1000"),
        (lambda: cosine("0", 1, 5), ld.InvalidWeight, "finite numbers, got '0'"),
        (lambda: piecewise([]), ld.TypeMismatch, "got none"),
        (lambda: piecewise(3), ld.TypeMismatch, "got 3"),
        (lambda: piecewise([(0, 1), (0, 2)]), ld.TypeMismatch, r"increase; got \(0, 2\)"),
        (lambda: piecewise([(-1, 1)]), ld.TypeMismatch, r"got \(-1, 1\)"),
        (lambda: piecewise([(0, 1, 2)]), ld.TypeMismatch, r"got \(0, 1, 2\)"),
        (lambda: Schedule.read({"schedule": "linar"}), ld.UnknownName, "did you mean 'linear'"),
        (lambda: Schedule.read({"schedule": ["linear"]}), ld.UnknownName, "no schedule is named"),
        (lambda: Schedule.read({"schedule": "linear", "start": 0, "end": 1}), ld.TypeMismatch, "lacks the key 'steps'"),
        (lambda: Schedule.read({"schedule": "linear", "stop": 1}), ld.UnknownName, "no key 'stop'"),
    ],
)
def test_what_is_no_schedule_is_a_typed_error(make, error, words):
    with pytest.raises(error, match=words):
        make()
