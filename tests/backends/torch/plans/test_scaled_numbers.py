"""Numbers of a source that a plan scales: labels that are counted from 1, and labels that scaling would spoil."""

import numpy as np
import pytest
import torch

import learning_diagrams as ld
import small_plan
from learning_diagrams.backends.torch.functor.discrete import Bernoulli, Finite, Tokens
from learning_diagrams.backends.torch.functor.space import Euclidean
from learning_diagrams.backends.torch.plans import Experiment, prepare, train
from learning_diagrams.backends.torch.plans.reading.columns import read_for
from learning_diagrams.files.experiment_shape import ColumnShape


def read(values, space, **options):
    return read_for("column 'y'", ColumnShape(column="y", **options), values, space, numbers=np.arange(10, 20))


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.int16])
@pytest.mark.parametrize("subtract", [1, 1.0])
def test_labels_that_are_counted_from_1_are_labels_after_subtract(dtype, subtract):
    labels = read(np.array([1, 2, 3], dtype), Finite(3), subtract=subtract)
    assert labels.dtype == torch.int64 and labels.tolist() == [0, 1, 2]
    assert read(np.array([[1, 5]], dtype), Tokens(5, 2), subtract=subtract).tolist() == [[0, 4]]
    assert read(np.array([-2, -1, 0], np.int8), Finite(3), subtract=-2).tolist() == [0, 1, 2]


def test_a_row_without_a_label_stays_one_after_subtract():
    labels = read(np.array([1, -100, 3]), Finite(3, padding=-100), subtract=1)
    assert labels.tolist() == [0, -100, 2]
    values, present = read((np.array([0, 3]), np.array([False, True])), Finite(3), subtract=1)
    assert values.tolist() == [0, 2] and present.tolist() == [False, True]


def test_numbers_and_bits_are_scaled_as_before():
    assert read(np.array([1, 3]), Euclidean(), subtract=1, divide=4).tolist() == [0.0, 0.5]
    assert read(np.array([[1], [2]]), Bernoulli(1), subtract=1).tolist() == [[0.0], [1.0]]


@pytest.mark.parametrize(
    ("values", "options", "space", "message"),
    [
        ([0, 10], {"divide": 10}, Finite(2), "is divided by 10, which makes numbers that are no labels, and Finite"),
        ([1, 2], {"subtract": 0.5}, Finite(3), "subtract is 0.5 for column 'y', which makes numbers that are no"),
        ([1, 2], {"subtract": 1e300}, Finite(3), "subtract a whole number, as 1 where labels are counted from 1"),
        ([1.0, 2.0], {"subtract": 1}, Finite(3), "has dtype float64, where Finite.3. needs int64; labels are whole"),
        ([1, 2, 3], {}, Finite(3), "labels from 1 to 3, .* is 3 in row 12 .*; labels that are counted from 1 are "
         "counted from 0 by subtract: 1 in columns"),
        ([0, 2, 3], {}, Finite(3), r"takes 0 to 2; the first that it does not take is 3 in row 12 \(counted from 0\)$"),
        ([1, 5, 3], {}, Finite(3), r"the first that it does not take is 5 in row 11 \(counted from 0\)$"),
        ([1, 2, 4], {"subtract": 1}, Finite(3), "labels from 0 to 3, .* is 3 in row 12"),
        ([[1, 2], [1, 9]], {}, Tokens(5, 2), "labels from 1 to 9, .* is 9 in row 11"),
    ],
)  # fmt: skip
def test_what_is_no_label_after_scaling_is_refused(values, options, space, message):
    with pytest.raises(ld.DataError, match=message):
        read(np.array(values), space, **options)


def written(folder, kinds, columns=None):
    """A plan that takes a shuffled part of a file of CSV."""

    def change(plan):
        plan["spaces"]["point"] = "Euclidean(1)"
        plan["splits"] = {"s": {"parts": {"train": 0.5, "test": 0.5}, "shuffle": 0}}
        plan["data"]["rows"] = {
            "source": {"name": "csv", "path": "rows.csv"},
            "columns": {"x": {"column": "x", "shape": [1]}, "y": "kind"} | (columns or {}),
            "rows": {"split": "s", "part": "train"},
        }

    lines = [f"{i / 40},{kind}" for i, kind in enumerate(kinds)]
    (folder / "rows.csv").write_text("\n".join(["x,kind", *lines]), encoding="utf-8")
    return Experiment.load(small_plan.written(folder, change))


def test_a_plan_trains_on_labels_that_are_counted_from_1(tmp_path):
    kinds = [i % 3 + 1 for i in range(40)]
    run = train(written(tmp_path, kinds, {"y": {"column": "kind", "subtract": 1}}), progress=False)
    assert run.finished
    with pytest.raises(ld.DataError, match=r"columns\.y: column 'kind' has labels from 1 to 3.* by subtract: 1"):
        prepare(written(tmp_path, kinds))


def test_a_fault_of_a_shuffled_part_names_the_row_of_the_file(tmp_path):
    row = int(np.random.default_rng(0).permutation(40)[4])
    assert row != 4
    kinds = [i % 3 for i in range(40)]
    for wrong, message in (
        (7, f"the first that it does not take is 7 in row {row} (counted from 0)"),
        ("gp", f"column 'kind' holds the text 'gp' in row {row}, among numbers"),
    ):
        kinds[row] = wrong
        with pytest.raises(ld.DataError) as caught:
            prepare(written(tmp_path, kinds))
        assert message in str(caught.value)
    with pytest.raises(ld.DataError, match=f"the text 'gp' in row {row}, among numbers"):  # as inside a vector
        prepare(written(tmp_path, kinds, {"x": {"column": ["kind"]}}))
