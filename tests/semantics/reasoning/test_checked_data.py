"""Data given to a review in Python are checked as a file of columns is."""

import numpy
import pytest
import torch

import learning_diagrams as ld

x, y = ld.Ty("x"), ld.Ty("y")
rows = ld.SampleSpace("rows")
scan, truth, opinion = rows.column("scan", x), rows.column("truth", y), rows.column("opinion", y)
f = ld.Box("f", x, y)
TWO = ld.LearningDiagram(ld.Constraint("one", scan >> f, truth), ld.Constraint("two", scan >> f, opinion))
GOOD = {"truth": [1, 2], "opinion": [1, 3]}


@pytest.mark.parametrize("array", [list, numpy.array, torch.tensor], ids=["lists", "numpy", "torch"])
def test_columns_are_lists_or_arrays(array):
    def refuted(opinion):
        return [finding.kind for finding in ld.review(TWO, {"rows": {"truth": array([1, 2]), "opinion": opinion}})]

    assert refuted(array([1, 3])) == ["inconsistent"] and refuted(array([1, 2])) == []
    vectors = {"rows": {name: [array([0]), array([value])] for name, value in (("truth", 1), ("opinion", 2))}}
    assert [finding.kind for finding in ld.review(TWO, vectors)] == ["inconsistent"]
    assert refuted((array([1, 3]), array([True, False]))) == []
    assert refuted((array([2, 3]), array([True, False]))) == ["inconsistent"]
    assert refuted((array([2, float("nan")]), array([True, False]))) == ["inconsistent"]  # an absent value may be any


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        ({"rows": {"truth": [1, 2], "opinion": [1, 2, 3]}}, ld.DataError, "unequal numbers of rows"),
        ({"rows": {"truth": [1, 2], "opinion": ([1, 2], [True])}}, ld.DataError, "2 rows, and a mask of 1 row"),
        ({"rows": {"truth": [1, 2], "opinion": ([1, 2], [1, 0])}}, ld.TypeMismatch, "a mask is true or false"),
        ({"rows": {"truth": [1, 2], "opinion": ([1, 2], None, 3)}}, ld.TypeMismatch, "a list or an array"),
        ({"rows": {"truht": [1, 2]}}, ld.UnknownName, "did you mean 'truth'"),
        ({"row": {"truth": [1, 2]}}, ld.UnknownName, "did you mean 'rows'"),
        ({"rows": {"truth": [1, float("nan")]}}, ld.DataError, r"data=\['rows'\]\['truth'\]\[1\]: expected finite"),
        ({"rows": {"truth": torch.tensor([1, float("inf")])}}, ld.DataError, "expected finite"),
        ({"rows": {"truth": [[1, 2], [3]]}}, ld.DataError, "one shape"),
        ({"rows": {"truth": [1, {}]}}, ld.DataError, "expected finite numbers, strings"),
        ({"rows": {"truth": 3}}, ld.TypeMismatch, "a list or an array"),
        ({"rows": {"truth": torch.tensor(3)}}, ld.TypeMismatch, "a list or an array"),
        ({"rows": [1]}, ld.TypeMismatch, "data= takes"),
        ([1], ld.TypeMismatch, "data= takes"),
    ],
    ids=str,
)
def test_wrong_data_are_a_typed_error(data, error, message):
    for what in (ld.review, lambda diagram, data: ld.minimal(diagram, data=data)):
        with pytest.raises(error, match=message) as caught:
            what(TWO, data)
        assert type(caught.value) is error
