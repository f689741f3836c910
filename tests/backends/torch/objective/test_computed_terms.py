"""Terms of equal sides: 0 without a computation where they are least and nothing is drawn, and computed otherwise."""

import warnings

import pytest
import torch

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, Space, TorchFunctor, compile
from learning_diagrams.semantics.program.explanation import explain

x, y = ld.Ty("x"), ld.Ty("y")
rows = ld.SampleSpace("rows")
at = rows.column("at", x)
f, k, g = ld.Box("f", x, y), ld.Kernel("k", x, y), ld.Box("g", y, x)
DATA = {"rows": {"at": torch.tensor([[1.0, 0.0], [0.0, 0.0], [0.0, 2.0]])}}


def term(side, space, divergence=None, modules=None):
    d = ld.LearningDiagram(ld.Constraint("c", side, side, divergence=divergence))
    modules = modules or {"f": torch.nn.Identity()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        objective = compile(d, TorchFunctor(ob={x: Euclidean(2), y: space}, ar=modules))
    return objective(DATA)[1]["c"].item(), objective.code


def test_a_contrast_or_a_cosine_of_a_side_with_itself_is_computed():
    value, code = term(at >> f, Euclidean(2), {"name": "info_nce", "temperature": 1.0})
    z = torch.nn.functional.normalize(DATA["rows"]["at"], dim=1)
    assert value == pytest.approx(torch.nn.functional.cross_entropy(z @ z.T, torch.arange(3)).item())
    assert "info_nce(f_out, f_out" in code and "zero" not in code.split("return")[0].replace("constants['weight", "")
    assert term(at >> f, Space((2,), divergence="info_nce"))[0] > 0.05  # the divergence of the space counts
    assert term(at >> f, Euclidean(2), "cosine")[0] == pytest.approx(1 / 3)  # one vector is 0
    assert term(at >> f, Euclidean(2), "difference")[0] == 0.0


@pytest.mark.parametrize("divergence", [None, "absolute", "huber", "squared_error"])
def test_a_term_that_is_least_is_the_constant_0(divergence):
    value, code = term(at >> f, Euclidean(2), divergence)
    assert value == 0.0 and "c = constants['zero']  # the theory proves it" in code


def test_a_drawn_term_is_computed():
    """Both sides draw: KL of a sure label from another sure label would be infinite."""
    modules = {"k": lambda p: p @ torch.ones(2, 2), "g": torch.nn.Identity()}
    finite = Finite(2, sample="straight-through")
    value, code = term(at >> k, finite, None, {"k": modules["k"]})
    assert value == 0.0 and "zero" in code
    torch.manual_seed(0)
    value, code = term(at >> k >> g, finite, "absolute", modules)
    assert value > 0 and code.count("straight_through(k_out") == 2


def test_explain_says_what_is_computed_and_what_is_least():
    d = ld.LearningDiagram(
        ld.Constraint("contrast", at >> f, at >> f, divergence="info_nce"),
        ld.Constraint("same", at >> f, at >> f, divergence="absolute"),
        ld.Constraint("smooth", at >> k, rows.column("to", y), divergence={"name": "kl", "label_smoothing": 0.1}),
        ld.Constraint("sure", at >> k, rows.column("to", y), divergence={"name": "kl", "temperature": 2.0}),
    )
    text = explain(d)
    assert text.count("so its term is the constant 0") == 1 and "measured  info_nce" in text
    smooth, sure = (text.split(f"  {name}: ")[1].split("weight")[0] for name in ("smooth", "sure"))
    assert "least at equality" not in smooth and "laws: least at equality" in sure
