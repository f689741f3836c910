"""A term without a row has the value 0, which a warning keeps from looking like a perfect fit."""

import warnings

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile, fit

x, kind = ld.Ty("x"), ld.Ty("kind")
rows, net = ld.SampleSpace("rows"), ld.Kernel("net", x, kind)
points, label, other = rows.column("x", x), rows.column("label", kind), rows.column("other", kind)


def compiled():
    labels = ld.Constraint("labels", points >> net, label)
    diagram = ld.LearningDiagram(labels, ld.Constraint("others", points >> net, other))
    return compile(diagram, TorchFunctor(ob={x: Euclidean(2), kind: Finite(2)}, ar={net: nn.Linear(2, 2)}))


def data(present):
    masked = (torch.zeros(8, dtype=torch.int64), torch.tensor(present))
    return {"rows": {"x": torch.randn(8, 2), "label": masked, "other": torch.zeros(8, dtype=torch.int64)}}


def absent(caught):
    return [str(each.message).partition(":")[0] for each in caught]


def test_training_warns_once_of_a_term_without_a_row():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        history = fit(compiled(), data([False] * 8), epochs=3, batch_size=4, progress=False)
    assert absent(caught) == ["term 'labels' has no row in this epoch"]
    assert [row["labels"] for row in history.epochs] == [0.0] * 3


def test_one_row_in_an_epoch_is_enough():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(compiled(), data([True] + [False] * 7), epochs=2, batch_size=4, progress=False)


def test_validation_warns_once_of_a_term_without_a_row():
    with pytest.warns(UserWarning, match="'labels' has no row in the validation data") as caught:
        fit(compiled(), data([True] * 8), epochs=3, validation=data([False] * 8), progress=False)
    assert len(caught) == 1
    with pytest.warns(UserWarning, match="'labels' has no row in the measured data"):
        assert compiled().evaluate(data([False] * 8))["labels"] == 0.0
