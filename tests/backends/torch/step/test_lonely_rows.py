"""Batches of one row, in which a term that compares rows with each other has one value only."""

import warnings

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Rows, TorchFunctor, compile, fit

x = ld.Ty("x")
rows = ld.SampleSpace("rows")
f, column = ld.Box("f", x, x), rows.column("x", x)
X = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))


def trained(divergence, source, **options):
    diagram = ld.LearningDiagram(ld.Constraint("match", column >> f, column, divergence=divergence))
    objective = compile(diagram, TorchFunctor(ob={x: Euclidean(3)}, ar={f: nn.Linear(3, 3)}))
    return fit(objective, {"rows": source}, epochs=1, progress=False, **options)


LONELY = {
    "table": ({"x": X}, {"batch_size": 1}),
    "one row": ({"x": X[:1]}, {}),
    "rows": ([{"x": row} for row in X], {"batch_size": {"rows": 1}}),
    "loader": (Rows(DataLoader(TensorDataset(X)), ("x",)), {}),
}


@pytest.mark.parametrize("name", LONELY)
def test_a_contrast_of_single_rows_is_warned_of_once(name):
    source, options = LONELY[name]
    with pytest.warns(UserWarning, match=r"'match' .* by info_nce, and a batch of 'rows' has one row: .* batch_size"):
        history = trained("info_nce", source, **options)
    assert {row["match"] for row in history.steps} == {0}


def test_other_terms_and_a_last_batch_of_one_row_are_not_warned_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trained("squared_error", {"x": X}, batch_size=1)
        trained("info_nce", {"x": X}, batch_size=4)
