"""Rows without a label: absent by an empty field, by null or by the padding of the space, and advice for all others."""

import re

import numpy as np
import pytest

import learning_diagrams as ld
import small_plan
from learning_diagrams.backends.torch.plans import Experiment, prepare, train

LABELS = np.where(np.arange(40) % 2, np.arange(40) % 3, -100)


def csv(folder, empty):
    lines = [f"{i / 40},{empty if label == -100 else label}" for i, label in enumerate(LABELS)]
    (folder / "rows.csv").write_text("\n".join(["x,y", *lines]), encoding="utf-8")


def parquet(folder, _):
    pyarrow = pytest.importorskip("pyarrow")
    table = {"x": pyarrow.array(np.arange(40) / 40), "y": pyarrow.array(LABELS, mask=LABELS == -100)}
    pytest.importorskip("pyarrow.parquet").write_table(pyarrow.table(table), folder / "rows.parquet")


def load(folder, kind, space):
    def change(plan):
        plan["spaces"] = {"point": "Euclidean(1)", "kind": space}
        plan["data"]["rows"]["source"] = {"name": kind, "path": f"rows.{kind}"}
        plan["data"]["rows"]["columns"]["x"] = {"column": "x", "shape": [1]}

    return Experiment.load(small_plan.written(folder, change))


@pytest.mark.parametrize("place", ["data", "validation", "test"])
@pytest.mark.parametrize("value", [np.nan, -np.inf])
def test_a_value_that_is_not_finite_is_a_fault_with_its_row_in_the_source(tmp_path, place, value):
    def change(plan):
        plan["splits"] = {"s": {"parts": {"train": 0.5, "test": 0.5}, "shuffle": 3}}
        other = {"rows": {"source": {"name": "npz", "path": "other.npz"}, "rows": {"split": "s", "part": "test"}}}
        plan |= {"data": {"rows": plan["data"]["rows"] | other["rows"]}} if place == "data" else {}
        plan |= {"validation": {"data": other}} if place == "validation" else {"test": other} if place == "test" else {}

    path = small_plan.written(tmp_path, change)
    points = np.zeros((40, 2))
    np.savez(tmp_path / "other.npz", x=points, y=np.arange(40) % 3)
    prepare(Experiment.load(path))
    wrong = np.random.default_rng(3).permutation(40)[[3, 25, 30]]  # the first one is in the other part
    points[wrong, 1] = value
    np.savez(tmp_path / "other.npz", x=points, y=np.arange(40) % 3)
    with pytest.raises(ld.DataError) as caught:
        prepare(Experiment.load(path))
    fault = rf"rows\.columns\.x: column 'x' holds NaN or ∞ in 2 rows, the first of which is row {wrong[1]} \("
    assert re.search(fault, str(caught.value)) and f": {place}." in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("write", "empty", "space"),
    [(csv, "", "Finite(3)"), (csv, "-100", "Finite(3, padding=-100)"), (parquet, "", "Finite(3)")],
)
def test_a_row_without_a_label_is_absent_from_the_terms_that_read_it(tmp_path, write, empty, space):
    write(tmp_path, empty)
    history = train(load(tmp_path, write.__name__, space), progress=False).histories[0]
    assert sum(row["fit"] for row in history.counts) == 2 * (LABELS != -100).sum()


@pytest.mark.parametrize(
    ("empty", "message"),
    [
        ("-100", "columns.y: .*labels from -100 to 2.*; a row without a label has the label -100 in Finite"),
        ("-1", r"from -1 to 2.* the label -100 in Finite\(3, padding=-100\), or it is absent: an empty field"),
        ("nan", r"columns.y: .*a row without a label has the label -100 in Finite\(3, padding=-100\)"),
        ("1.5", "columns.y: .*labels are whole numbers; write them without a point"),
    ],
)
def test_labels_of_another_kind_are_explained(tmp_path, empty, message):
    csv(tmp_path, empty)
    with pytest.raises(ld.DataError, match=message):
        prepare(load(tmp_path, "csv", "Finite(3)"))
