"""A regression with axioms, for the tests of their check: an inverse pair, a batch, and what its first step says."""

import warnings

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile

torch.set_num_threads(1)
x, z, digit = ld.Ty("x"), ld.Ty("z"), ld.Ty("digit")
rows, other = ld.SampleSpace("rows"), ld.SampleSpace("other")
x_of, y_of, label_of = rows.column("x", x), rows.column("y", x), rows.column("label", digit)
net, turn, back = ld.Box("net", x, x), ld.Box("turn", x, x), ld.Box("back", x, x)
encode, decode = ld.Box("encode", x, z), ld.Box("decode", z, x)
classify, answer = ld.Kernel("classify", x, digit), ld.Kernel("answer", x, digit)
noise, blur = ld.Kernel("noise", x, x), ld.Kernel("blur", x, x)
inverse = ld.Equation(turn >> back, ld.Id(x))
rng = torch.Generator().manual_seed(0)
X, Y = torch.randn(8, 4, generator=rng), torch.randn(8, 4, generator=rng)
BATCH = {"rows": {"x": X, "y": Y, "label": torch.arange(8) % 3}}
FIT = ld.Constraint("fit", x_of >> turn >> net, y_of)


def orthogonal_matrix(seed=0, n=4):
    return torch.linalg.qr(torch.randn(n, n, generator=torch.Generator().manual_seed(seed)).double())[0].float()


Q = orthogonal_matrix()


def times(matrix):
    return lambda value: value @ matrix


def objective_of(axioms, *constraints, axiom_option="check", spaces=None, frozen=(), **modules):
    spaces = {"x": Euclidean(4), "z": Euclidean(4), "digit": Finite(3)} | (spaces or {})
    modules = {"net": nn.Linear(4, 4), "turn": times(Q), "back": times(Q.T)} | modules
    diagram = ld.LearningDiagram(*(constraints or [FIT]), axioms=axioms, frozen=frozen)
    used = {name: module for name, module in modules.items() if name in {box.name for box in diagram.boxes}}
    return compile(diagram, TorchFunctor(spaces, used), axioms=axiom_option)


def checked(axiom, *constraints, batch=BATCH, **options):
    """The defect of one axiom on a batch; no warning is given."""
    objective = objective_of({"axiom": axiom}, *constraints, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        objective(batch, strict=False)
    assert objective.unchecked_axioms == {}
    return objective.axiom_defects["axiom"]


def why_unchecked(axiom, *constraints, batch=BATCH, **options):
    objective = objective_of({"axiom": axiom}, *constraints, **options)
    with pytest.warns(UserWarning, match="taken as given") as caught:
        objective(batch, strict=False)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert objective.axiom_defects == {"axiom": None}
    return objective.unchecked_axioms["axiom"]
