"""An interval of a difference has both sources of spread, and covers the truth as often as it says."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

stats = pytest.importorskip("scipy.stats", reason="SciPy comes with the extra dev")


def figures(rows):
    from measures import Measure

    return [Measure.of(row) for row in rows]


def test_without_spread_of_items_the_interval_is_that_of_the_paired_t_test():
    from comparisons import compare

    method, control = [0.7, 0.9, 0.8], [0.4, 0.5, 0.6]
    comparison = compare(*(figures([value] * 40 for value in values) for values in (method, control)))
    expected = stats.ttest_rel(method, control).confidence_interval(0.95)
    assert comparison.item_error == pytest.approx(0, abs=1e-12)
    assert comparison.interval == pytest.approx((expected.low, expected.high))


def test_without_spread_of_seeds_the_interval_is_that_of_the_items():
    from comparisons import compare

    method, control = np.random.default_rng(0).integers(0, 2, (2, 400))
    comparison = compare(*(figures([values] * 3) for values in (method, control)))
    expected = stats.ttest_rel(method, control).confidence_interval(0.95)
    assert comparison.seed_error == 0
    assert comparison.interval == pytest.approx((expected.low, expected.high), abs=0.004)  # 2,000 draws


def test_three_seeds_get_a_quantile_of_t_and_not_of_the_normal_law():
    from comparisons import compare

    comparison = compare(figures([[v] * 9 for v in (1, 2, 3)]), figures([[0] * 9] * 3))
    low, high = comparison.interval
    assert (high - low) / 2 == pytest.approx(4.3027 / math.sqrt(3), rel=1e-4) and comparison.freedom == pytest.approx(2)


@pytest.mark.parametrize("seed, item, both", [(1, 0.05, 0.5), (0.1, 1, 0.5), (0.3, 2, 2)])
def test_the_interval_covers_a_difference_of_nothing_about_as_often_as_it_says(seed, item, both, monkeypatch):
    """Of 200 experiments with a seed part, an item part and a part of both."""
    import comparisons

    monkeypatch.setattr(comparisons, "DRAWS", 150)
    generator, covered = np.random.default_rng(1), 0
    for _ in range(200):
        control = generator.normal(0, 1, (3, 50))
        spread = generator.normal(0, seed, (3, 1)) + generator.normal(0, item, (1, 50))
        method = control + spread + generator.normal(0, both, (3, 50))
        low, high = comparisons.compare(figures(method), figures(control)).interval
        covered += low <= 0 <= high
    assert 0.91 <= covered / 200 <= 0.995


@pytest.mark.parametrize(
    "shift, less, verdict",
    [
        (5, False, "better"),
        (5, True, "worse"),
        (-5, False, "worse"),
        (-5, True, "better"),
        (0, True, "not shown to differ"),
    ],
)
def test_a_verdict_is_the_side_of_nothing_that_the_interval_is_on(shift, less, verdict):
    from comparisons import compare

    control, noise = np.random.default_rng(2).normal(0, 1, (2, 3, 60))
    assert compare(figures(control + noise + shift), figures(control)).verdict(less) == verdict


@pytest.mark.parametrize("method, control", [((1, 9), (1, 9)), ((3, 9), (2, 9)), ((3, 9), (3, 8)), ((3, 1), (3, 1))])
def test_what_cannot_be_compared_is_refused(method, control):
    from comparisons import compare

    with pytest.raises(ValueError, match="same seeds and items"):
        compare(figures(np.zeros(method)), figures(np.zeros(control)))


numbers = st.lists(st.floats(0, 1e6), min_size=1, max_size=20)


@given(numbers, st.sampled_from([None, 1.0, 2.5]), st.data())
def test_a_measure_is_what_its_data_say(sums, unit, data):
    from measures import Measure

    counts = data.draw(st.none() | st.lists(st.integers(1, 99), min_size=len(sums), max_size=len(sums)))
    measure = Measure.of(sums, counts, unit)
    copy = Measure.from_data(measure.to_data())
    assert copy.value == measure.value and copy.sums.tolist() == measure.sums.tolist()
    assert copy.counts.tolist() == measure.counts.tolist() and copy.unit == unit


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_right_and_wrong_are_bits(right):
    from measures import Measure

    measure = Measure.of(right)
    assert len(measure.to_data()["bits"]) == 2 * math.ceil(len(right) / 8)
    assert Measure.from_data(measure.to_data()).sums.tolist() == right


@given(st.lists(st.text(st.characters(exclude_characters="\n\r", codec="utf-8")), min_size=1))
def test_packed_lines_come_back(lines):
    from measures import packed, unpacked

    assert unpacked(packed(lines)) == lines


def test_scores_of_captions_are_those_of_sacrebleu():
    from captioning import scores
    from judged import judged

    captions = ["red apple", "grinning face with big eyes", "dog", "flag of Japan", "waving hand"] * 3
    answers = ["green apple", "grinning cat with eyes", "dog", "", "raised hand"] * 3
    figures = judged(answers, captions)
    assert {name: figure.value for name, figure in figures.items()} == pytest.approx(scores(answers, captions))
    weights = np.zeros((1, 15))
    weights[0, [0, 2, 7]] = 2, 1, 3
    drawn = [place for place, weight in enumerate(weights[0]) for _ in range(int(weight))]
    again = scores([answers[place] for place in drawn], [captions[place] for place in drawn])
    assert {name: figure.resampled(weights)[0] for name, figure in figures.items()} == pytest.approx(again)
