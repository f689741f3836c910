"""The formula of a loss and of its gradient against PyTorch, on random values, to 1e-12 in float64."""

import random

import pytest
import sympy
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends import symbolic
from learning_diagrams.backends import torch as pytorch

torch.set_num_threads(1)
x, y, d, bits, number = map(ld.Ty, ("x", "y", "d", "bits", "number"))
rows, others = ld.SampleSpace("rows"), ld.SampleSpace("others")
of_x, of_y, of_d, of_z = rows.column("x", x), rows.column("y", y), rows.column("d", d), others.column("z", x)
of_bits = rows.column("bits", bits)
student, teacher = ld.Kernel("student", x, d), ld.Kernel("teacher", x, d)
flip, guess = ld.Kernel("flip", x, bits), ld.Kernel("guess", x, bits)
f, g, join, scale = ld.Box("f", x, y), ld.Box("g", x, y), ld.Box("join", x @ x, y), ld.Box("scale", ld.Ty(), number)
SIZES = {"student": (3, 1), "teacher": (3, 1), "flip": (2, 1), "guess": (2, 1), "f": (2, 1), "g": (2, 1)} | {
    "join": (2, 2)
}
ROWS = 2


class Linear(nn.Module):
    """A matrix that is applied to the concatenation of all inputs."""

    def __init__(self, matrix):
        super().__init__()
        self.matrix = nn.Parameter(torch.tensor(matrix, dtype=torch.float64))

    def forward(self, *values):
        return torch.cat(values, 1) @ self.matrix.T


class Number(nn.Module):
    def __init__(self, value):
        super().__init__()
        self.value = nn.Parameter(torch.tensor(value, dtype=torch.float64))

    def forward(self):
        return self.value.unsqueeze(0)


def matrix_of(name):
    height, width = SIZES[name]
    return sympy.Matrix(height, width, lambda i, j: sympy.Symbol(f"{name}_{i}{j}"))


def closed(name, values):
    logits = matrix_of(name) * sympy.Matrix.vstack(*values)
    if name in ("student", "teacher"):
        return symbolic.softmax(logits)
    return logits.applyfunc(lambda logit: 1 / (1 + sympy.exp(-logit))) if name in ("flip", "guess") else logits


def numbers(seed):
    """A matrix for each box, and two tables."""
    draw = random.Random(seed)

    def array(height, width):
        return [[round(draw.uniform(-2, 2), 2) for _ in range(width)] for _ in range(height)]

    columns = {
        "x": array(ROWS, 1),
        "y": (array(ROWS, 2), [True, draw.random() < 0.5]),
        "d": [draw.randrange(3) for _ in range(ROWS)],
        "bits": [[float(draw.randrange(2)) for _ in range(2)] for _ in range(ROWS)],
    }
    return {name: array(*size) for name, size in SIZES.items()}, {"rows": columns, "others": {"z": array(ROWS, 1)}}


def both(diagram, seed, factor=0.7):
    """Total and gradient, from the formula and from PyTorch."""
    matrices, data = numbers(seed)
    read = {(column.space.name, column.name) for column in diagram.columns}
    data = {s: {n: c for n, c in columns.items() if (s, n) in read} for s, columns in data.items()}
    data = {space: columns for space, columns in data.items() if columns}
    spaces = {x: (1,), y: (2,), number: ()}
    ob = {ty: symbolic.Euclidean(*shape) for ty, shape in spaces.items()}
    ar = {name: lambda *values, name=name: closed(name, values) for name in SIZES}
    ar |= {"scale": sympy.Symbol("scale"), "point": [1, 2]}
    F = symbolic.SymbolicFunctor(ob | {d: symbolic.Finite(3), bits: symbolic.Bernoulli(2)}, ar)
    loss = symbolic.loss(diagram, F, data)
    at = {matrix_of(n)[i, j]: m[i][j] for n, m in matrices.items() for i in range(len(m)) for j in range(len(m[0]))}
    at[sympy.Symbol("scale")] = factor
    formula = sympy.lambdify(list(at), [loss.total, *loss.gradient(*at)], "math", cse=True)
    ours = formula(*at.values())

    def tensor(column):
        values, mask = column if isinstance(column, tuple) else (column, None)
        values = torch.tensor(values, dtype=torch.int64 if isinstance(values[0], int) else torch.float64)
        return values if mask is None else (values, torch.tensor(mask))

    ob = {ty: pytorch.Euclidean(*shape) for ty, shape in spaces.items()}
    modules = {name: Linear(matrix) for name, matrix in matrices.items()} | {"scale": Number(factor)}
    constant = {"point": lambda: torch.tensor([[1.0, 2.0]], dtype=torch.float64)}
    F = pytorch.TorchFunctor(ob | {d: pytorch.Finite(3), bits: pytorch.Bernoulli(2)}, modules | constant)
    objective = pytorch.compile(diagram, F)
    batch = {space: {name: tensor(column) for name, column in columns.items()} for space, columns in data.items()}
    total, _ = objective(batch)
    parameters = [p for module in modules.values() for p in module.parameters()]
    wanted = [p for p in parameters if p.requires_grad]
    slopes = dict(zip(map(id, wanted), torch.autograd.grad(total, wanted, allow_unused=True), strict=True))
    theirs = [total.detach().reshape(1)]
    for parameter in parameters:
        slope = slopes.get(id(parameter))
        theirs.append((torch.zeros_like(parameter) if slope is None else slope).flatten())
    frozen = {symbol for box in diagram.frozen for symbol in matrix_of(box.name)}
    ours = [0.0 if symbol in frozen else value for symbol, value in zip([None, *at], ours, strict=True)]
    return torch.tensor(ours, dtype=torch.float64), torch.cat(theirs)


def assert_agree(ours, theirs):
    assert torch.allclose(ours, theirs, rtol=1e-12, atol=1e-12), (ours - theirs).abs().max()


def constraint(kind, divergence, **options):
    sides = {
        "label": (of_x >> student, of_d),
        "kernels": (of_x >> student, of_x >> teacher),
        "points": (of_x >> f, of_y),
        "bits": (of_x >> flip, of_bits),
        "two kernels of bits": (of_x >> flip, of_x >> guess),
    }
    return ld.Constraint(kind, *sides[kind], divergence=divergence, **options)


SMOOTH = {"name": "kl", "label_smoothing": 0.1, "class_weight": [1, 0.5, 2]}
BOTH = ["kl", "jensen_shannon", "total_variation", "hellinger", "chi_squared", {"name": "renyi", "alpha": 0.5}]
POINTS = ["squared_error", "mean_squared_error", "absolute", {"name": "huber", "delta": 0.7}, "cosine", "difference"]
POINTS += ["info_nce", {"name": "info_nce", "temperature": 0.5, "symmetric": True}]
CASES = [("label", each) for each in ["nll", {"name": "kl", "temperature": 1.5}, SMOOTH, *BOTH]]
CASES += [("kernels", each) for each in ["reverse_kl", "renyi", {"name": "kl", "temperature": 3.0}, *BOTH]]
CASES += [("points", each) for each in POINTS] + [("bits", each) for each in ["nll", *BOTH]]
CASES += [("two kernels of bits", each) for each in ["reverse_kl", *BOTH]]


@pytest.mark.sampled(7)
@pytest.mark.parametrize(("kind", "divergence"), CASES, ids=str)
def test_each_divergence_has_the_value_and_the_gradient_of_pytorch(kind, divergence):
    assert_agree(*both(ld.LearningDiagram(constraint(kind, divergence, weight=0.3)), seed=1))


pair, scaled = of_x @ of_x, {"name": "kl", "temperature": scale}
constant = ld.Discard(rows.ty) >> ld.Box("point", ld.Ty(), y)
mean_embedding = {"name": "mmd", "bandwidth": 2.0}
WHOLE = {
    "two rows of one space": [ld.Constraint("pairs", pair >> join, pair >> ld.Discard(x) @ f)],
    "rows of two spaces": [ld.Constraint("paired", join, ld.Discard(x) @ g, over=of_x @ of_z)],
    "a detached side": [constraint("kernels", "kl", detach="rhs"), constraint("points", "squared_error")],
    "a detached box": [ld.Constraint("c", of_x >> f, of_x >> ld.Copy(x) >> join, detach=f), constraint("points", None)],
    "a number of boxes": [constraint("points", None, weight=scale), constraint("label", scaled)],
    "a constant side": [ld.Constraint("c", of_x >> ld.Copy(x) >> join, constant)],
    "in law, averages": [ld.Constraint("c", rows.state >> of_x >> student, others.state >> of_z >> teacher)],
    "in law, samples": [ld.Constraint("c", rows.state >> of_x >> f, others.state >> of_z >> g)],
    "in law, mmd": [ld.Constraint("c", rows.state >> of_x >> f, rows.state >> of_y, divergence=mean_embedding)],
    "a schedule": [constraint("points", None, weight=ld.schedule.linear(0.25, 1, steps=10))],
}


def frozen_or_not(name, frozen):
    diagram = ld.LearningDiagram(*WHOLE[name])
    return diagram.freeze(*(box for box in diagram.boxes if frozen and box in (teacher, g)))


@pytest.mark.sampled(4)
@pytest.mark.parametrize("name", WHOLE)
def test_each_kind_of_loss_has_the_value_and_the_gradient_of_pytorch(name):
    assert_agree(*both(frozen_or_not(name, frozen=False), seed=1))


@settings(max_examples=8)
@given(st.sampled_from(list(WHOLE)), st.integers(0, 10**6), st.booleans())
def test_losses_on_random_values_are_those_of_pytorch(name, seed, frozen):
    assert_agree(*both(frozen_or_not(name, frozen), seed))


@pytest.mark.thorough
@given(st.sampled_from(CASES), st.integers(0, 10**6))
def test_divergences_on_random_values_are_those_of_pytorch(case, seed):
    assert_agree(*both(ld.LearningDiagram(constraint(*case)), seed))
