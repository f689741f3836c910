"""Terms over time: levels by shares of the start, values that are carried on, and few chosen steps of many."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning_diagrams.drawing.elements.palette import contrast
from learning_diagrams.report.run_folder import read_run
from learning_diagrams.report.timeline import BOUNDS, LEVELS, MOST, Timeline, choose, level_of


def test_the_five_colours_are_told_apart_and_carry_text():
    brightness = [contrast(colour, "#000000") for colour in LEVELS]
    assert len(LEVELS) == len(BOUNDS) + 1 and brightness == sorted(brightness)
    assert all(after / before > 1.5 for before, after in pairwise(brightness))
    assert all(max(contrast(colour, text) for text in ("#000000", "#ffffff")) >= 4.5 for colour in LEVELS)


@given(st.floats(1e-6, 1e6), st.floats(0, 2))
def test_a_level_is_the_number_of_bounds_that_the_share_reaches(start, share):
    assert level_of(share * start, start) in range(5)
    assert level_of(start, start) == 4 and level_of(0.0, start) == level_of(-1.0, start) == 0


@pytest.mark.parametrize(("value", "start"), [(1.0, 0.0), (1.0, -1.0), (float("nan"), 1.0), (1.0, float("inf"))])
def test_without_a_share_there_is_no_level(value, start):
    assert level_of(value, start) is None


@given(st.integers(0, 5000), st.integers(2, 400))
def test_chosen_rows_are_in_order_with_both_ends(length, most):
    rows = choose(length, most)
    assert rows == sorted(set(rows)) and len(rows) == min(length, most)
    assert not length or (rows[0], rows[-1]) == (0, length - 1)


def test_the_terms_of_a_run(written):
    timeline = Timeline.of(read_run(written()))
    assert timeline.steps == (1, 2, 3, 4, 5) and len(choose(10**6)) == MOST
    assert [moment.level for moment in timeline.terms["falls"]] == [4, 3, 2, 1, 0]
    assert [moment.level for moment in timeline.terms["rises"]] == [4, 4, None, 4, 4]
    assert [moment.share for moment in timeline.terms["falls"]][-1] == "5 %"


def test_in_a_game_a_term_keeps_its_value_while_another_player_moves(written):
    run = read_run(written())
    run.measurements.steps["falls"][1:4] = [None, 0.5, None]
    assert [moment.value for moment in Timeline.of(run).terms["falls"]] == ["1", "1", "0.5", "0.5", "0.05"]
