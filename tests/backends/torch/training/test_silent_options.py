"""Options without effect, and validations without a number, are said."""

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, Validation, compile, fit

X = ld.Ty("x")
s = ld.SampleSpace("s")
f = ld.Box("f", X, X)
A = torch.randn(6, 2)
DATA = {"s": {"a": A, "b": A}}


def line(name="c"):
    diagram = ld.LearningDiagram(ld.Constraint(name, s.column("a", X) >> f, s.column("b", X)))
    return compile(diagram, TorchFunctor(ob={X: Euclidean(2)}, ar={f: nn.Linear(2, 2)}))


def test_validate_every_needs_validation():
    with pytest.raises(ld.DataError, match="validation= is not given"):
        fit(line(), DATA, steps=1, validate_every=1, progress=False)


def test_a_validation_that_is_never_a_number_is_said():
    validation = Validation(metrics={"m": lambda objective: float("nan")}, monitor="m")
    with pytest.warns(UserWarning, match="no validation gave a number for 'm'"):
        history = fit(line(), DATA, epochs=2, validation=validation, progress=False)
    assert history.best is None


def test_a_history_of_any_names_is_written(tmp_path):
    fit(line("\ud800"), DATA, epochs=1, progress=False).to_csv(tmp_path / "h.csv")
    assert "\\ud800" in (tmp_path / "h.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [None, [], 3])
def test_a_file_of_weights_has_a_path(path):
    with pytest.raises(ld.FileError, match="string or a pathlib"):
        line().save(path)
    with pytest.raises(ld.FileError, match="string or a pathlib"):
        line().load(path)
