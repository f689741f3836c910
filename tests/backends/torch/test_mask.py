"""Masked columns: a term is what it would be on the rows that are there, value and every gradient (float64, 1e-12)."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.distributions import Normal

import learning_diagrams as ld
from learning_diagrams.backends.torch import Bernoulli, Euclidean, Finite, Space, Tokens, TorchFunctor, compile

torch.set_num_threads(1)
ROWS = 6
x, mark, digit, bits, text = (ld.Ty(name) for name in ("x", "mark", "digit", "bits", "text"))
rows, others = ld.SampleSpace("rows"), ld.SampleSpace("others")
x_of, y_of, z_of = (rows.column(name, x) for name in "xyz")
label, bit, words, marks = (rows.column(ob.inside[0].name, ob) for ob in (digit, bits, text, mark))
w_of = others.column("w", x)
f, join, to_mark = ld.Box("f", x, x), ld.Box("join", x @ x, x), ld.Box("to_mark", x, mark)
k, m = ld.Kernel("k", x, digit), ld.Kernel("m", x, digit)
kb, mb, kt, mt = (ld.Kernel(name, x, ob) for name, ob in (("kb", bits), ("mb", bits), ("kt", text), ("mt", text)))
n, o = ld.Kernel("n", x, x), ld.Kernel("o", x, x)
OB = {
    x: Euclidean(3), mark: Space((2, 2), torch.float64, "absolute"), digit: Finite(4), bits: Bernoulli(3),
    text: Tokens(4, 2, padding=0, reduction="mean"),
}  # fmt: skip


class To(nn.Linear):
    """A linear layer in float64 whose outputs have a shape."""

    def __init__(self, *shape):
        super().__init__(3, math.prod(shape), dtype=torch.float64)
        self.shape = shape

    def forward(self, value):
        return super().forward(value).reshape(-1, *self.shape)


class Noise(To):
    def forward(self, value):
        return Normal(super().forward(value), 0.5)


def functor(**modules):
    torch.manual_seed(0)
    ar = {"f": To(3), "k": To(4), "m": To(4), "kb": To(3), "mb": To(3), "kt": To(2, 4), "mt": To(2, 4)}
    ar |= {"n": Noise(3), "o": Noise(3), "to_mark": To(2, 2), "join": lambda a, b: a * b}
    return TorchFunctor(ob=OB, ar=ar | modules)


def columns():
    torch.manual_seed(1)
    real = {name: torch.randn(ROWS, 3, dtype=torch.float64) for name in "xyz"}
    return real | {
        "digit": torch.tensor([0, 3, 1, 2, 2, 0]), "bits": torch.rand(ROWS, 3).round().double(),
        "text": torch.randint(0, 4, (ROWS, 2)), "mark": torch.randn(ROWS, 2, 2, dtype=torch.float64),
    }  # fmt: skip


def masked(values, mask, junk=(float("nan"), float("inf"))):
    """A column whose absent values are nonsense."""
    mask = torch.tensor(mask)
    values = values.clone()
    nonsense = junk if values.is_floating_point() else (-100, 10**9)
    for i in torch.arange(len(mask))[~mask].tolist():
        values[i] = nonsense[i % 2]
    return values, mask


def value_and_gradients(objective, batch, seed=0):
    torch.manual_seed(seed)
    total, terms = objective(batch)
    parameters = objective.trainable_parameters()
    found = torch.autograd.grad(total, parameters, allow_unused=True)
    zeros = map(torch.zeros_like, parameters)
    return [total, *terms.values()], [zero if g is None else g for g, zero in zip(found, zeros, strict=True)]


def assert_same(ours, expected, atol=1e-12):
    for one, other in zip([*ours[0], *ours[1]], [*expected[0], *expected[1]], strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=atol)


def kl(**options):
    return {"name": "kl", **options}


# What is compared: prediction, reference, divergence, and the columns that are read.
CASES = {
    **{name: (x_of >> f, y_of, name, "xy") for name in ("squared_error", "mean_squared_error", "absolute", "cosine")},
    "huber": (x_of >> f, y_of, {"name": "huber", "delta": 0.3}, "xy"),
    "two boxes": (x_of >> f, y_of >> f >> f, None, "xy"),
    "space": (x_of >> to_mark, marks, None, ["x", "mark"]),
    "cross-entropy": (x_of >> k, label, None, ["x", "digit"]),
    "smoothed": (x_of >> k, label, kl(label_smoothing=0.1, temperature=3.0), ["x", "digit"]),
    "weighed": (x_of >> k, label, kl(class_weight=[1.0, 2.0, 3.0, 0.5]), ["x", "digit"]),
    "distilled": (x_of >> k, y_of >> m, kl(temperature=4.0), "xy"),
    **{name: (x_of >> k, y_of >> m, name, "xy") for name in
       ("reverse_kl", "jensen_shannon", "total_variation", "hellinger", "renyi", "chi_squared")},
    **{f"{name} of a label": (x_of >> k, label, name, ["x", "digit"]) for name in
       ("nll", "jensen_shannon", "total_variation", "hellinger", "renyi", "chi_squared")},
    "bits": (x_of >> kb, bit, None, ["x", "bits"]),
    "two laws of bits": (x_of >> kb, y_of >> mb, kl(temperature=2.0), "xy"),
    "hellinger of bits": (x_of >> kb, bit, "hellinger", ["x", "bits"]),
    "tokens": (x_of >> kt, words, None, ["x", "text"]),
    "two laws of tokens": (x_of >> kt, y_of >> mt, "jensen_shannon", "xy"),
    "likelihood": (x_of >> n, y_of, "nll", "xy"),
    "two distributions": (x_of >> n, y_of >> o, "kl", "xy"),
    "two wires": (ld.Copy(rows.ty) >> (x_of >> f) @ (x_of >> k), ld.Copy(rows.ty) >> y_of @ label, None,
                  ["x", "y", "digit"]),
}  # fmt: skip
MASK = [True, False, True, True, False, True]
MASKS = {"reference": [[True] * ROWS, MASK, MASK], "prediction": [MASK, [True] * ROWS, [True] * ROWS],
         "both": [MASK, [False, True, True, True, True, True], [True] * ROWS]}  # fmt: skip


def objective_of(case, **modules):
    lhs, rhs, divergence, read = CASES[case]
    diagram = ld.LearningDiagram(ld.Constraint("c", lhs, rhs, divergence=divergence, weight=0.7))
    return compile(diagram, functor(**modules)), {name: columns()[name] for name in read}


@pytest.mark.parametrize("absent", MASKS)
@pytest.mark.parametrize("case", CASES)
def test_a_masked_term_is_the_term_on_the_rows_that_are_present(case, absent):
    objective, data = objective_of(case)
    masks = dict(zip(data, MASKS[absent], strict=False))
    kept = torch.tensor([all(here) for here in zip(*masks.values(), strict=True)])
    ours = value_and_gradients(objective, {"rows": {name: masked(v, masks[name]) for name, v in data.items()}})
    expected = value_and_gradients(objective, {"rows": {name: v[kept] for name, v in data.items()}})
    assert_same(ours, expected)
    assert expected[0][0] > 0


@pytest.mark.parametrize("case", CASES)
def test_no_row_present_is_0_with_gradient_0_and_every_row_present_is_no_mask(case):
    objective, data = objective_of(case)
    last = list(data)[-1]
    for absent in ([last], list(data)):
        batch = {name: masked(v, [name not in absent] * ROWS) for name, v in data.items()}
        values, gradients = value_and_gradients(objective, {"rows": batch})
        assert all(one.item() == 0.0 for one in values) and not any(g.abs().sum() for g in gradients)
    every = {name: (v, torch.ones(ROWS, dtype=torch.bool)) for name, v in data.items()}
    assert_same(value_and_gradients(objective, {"rows": every}), value_and_gradients(objective, {"rows": data}))


SINGULAR = {
    "log": lambda v: v.log(),
    "inverse": lambda v: 1 / v,
    "unit vector": lambda v: v / v.norm(dim=1, keepdim=True),
    "root": lambda v: v.sqrt(),
    "log of a difference": lambda v: (v - 0.999 * v.detach()).log(),
}


class Singular(To):
    def __init__(self, function):
        super().__init__(3)
        self.function = function
        nn.init.uniform_(self.weight, 0.1, 1.0)
        nn.init.zeros_(self.bias)

    def forward(self, value):
        return self.function(super().forward(value))


@pytest.mark.parametrize("name", SINGULAR)
def test_modules_that_are_singular_at_0_meet_values_of_a_row_that_is_present(name):
    objective, data = objective_of("squared_error", f=Singular(SINGULAR[name]))
    data["x"] = data["x"].abs() + 0.5
    for junk in ((float("nan"), float("inf")), (0.0, 0.0)):
        batch = {"rows": {"x": masked(data["x"], MASK, junk), "y": data["y"]}}
        ours, kept = value_and_gradients(objective, batch), torch.tensor(MASK)
        assert all(torch.isfinite(one).all() for one in ours[1])
        assert_same(ours, value_and_gradients(objective, {"rows": {key: v[kept] for key, v in data.items()}}))


def test_a_module_of_two_columns_meets_pairs_that_are_present():
    """√|x − y| has no gradient at x = y: the filled value of one column may not meet such a value of another."""
    pair = ld.Copy(rows.ty) >> (x_of >> f) @ (y_of >> f) >> join
    diagram = ld.LearningDiagram(ld.Constraint("c", pair, z_of))
    objective = compile(diagram, functor(join=lambda a, b: (a - b).abs().sqrt()))
    data = {name: columns()[name] for name in "xyz"}
    data["x"][1] = data["y"][0]  # y is absent in row 1, and filled by that of row 0
    batch = {"rows": {"x": data["x"], "y": masked(data["y"], MASK), "z": data["z"]}}
    kept = torch.tensor(MASK)
    expected = value_and_gradients(objective, {"rows": {key: v[kept] for key, v in data.items()}})
    assert_same(value_and_gradients(objective, batch), expected)


masks = st.lists(st.booleans(), min_size=ROWS, max_size=ROWS)


@settings(max_examples=25, deadline=None)
@given(st.fixed_dictionaries({name: st.none() | masks for name in ("x", "y", "digit", "bits")}))
def test_each_term_has_its_own_rows_and_the_total_is_their_weighted_sum_exactly(given):
    weights = {"a": 0.1, "b": 1 / 3, "c": 0.7, "d": 2.0}
    sides = {"a": (x_of >> f, y_of, "xy"), "b": (x_of >> k, label, ["x", "digit"]), "c": (f, ld.Id(x), "x"),
             "d": (y_of >> kb, bit, ["y", "bits"])}  # fmt: skip
    constraints = [
        ld.Constraint(name, lhs, rhs, weight=weights[name], over=x_of if name == "c" else None)
        for name, (lhs, rhs, _) in sides.items()
    ]
    objective = compile(ld.LearningDiagram(*constraints), functor())
    data = {name: columns()[name] for name in given}
    batch = {name: v if given[name] is None else masked(v, given[name]) for name, v in data.items()}
    total, terms = objective({"rows": batch})
    for name, (_, _, read) in sides.items():
        present = [all(given[key] is None or given[key][i] for key in read) for i in range(ROWS)]
        alone = compile(ld.LearningDiagram(*(one for one in constraints if one.name == name)), objective.functor)
        kept = {"rows": {key: data[key][torch.tensor(present)] for key in read}}
        expected = alone(kept)[1][name] if any(present) else torch.zeros((), dtype=torch.float64)
        torch.testing.assert_close(terms[name], expected, rtol=1e-12, atol=1e-13)
    a, b, c, d = terms.values()
    assert torch.equal(total, ((0.1 * a + (1 / 3) * b) + 0.7 * c) + 2.0 * d)


def test_in_a_product_of_a_space_with_itself_a_row_needs_both_of_its_draws():
    """Over Ω ⊗ Ω row i is (i, i − 1)."""
    diagram = ld.LearningDiagram(ld.Constraint("c", join >> f, ld.Discard(x) @ x, over=x_of @ x_of))
    objective = compile(diagram, functor())
    data, here = columns()["x"], torch.tensor(MASK)
    pairs = [i for i in range(ROWS) if here[i] and here[i - 1]]
    assert len(pairs) == 2
    f_of = objective.functor(f)
    expected = sum((f_of((data[i] * data[i - 1])[None])[0] - data[i - 1]).square().sum() for i in pairs) / len(pairs)
    parameters = objective.trainable_parameters()
    total, _ = objective({"rows": {"x": masked(data, MASK)}})
    torch.testing.assert_close(total, expected, rtol=1e-12, atol=0)
    theirs = torch.autograd.grad(expected, parameters)
    for one, other in zip(torch.autograd.grad(total, parameters), theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-13)


def test_in_a_product_of_two_spaces_a_row_needs_both():
    constraint = ld.Constraint("c", join >> f, x @ ld.Discard(x), over=x_of @ w_of)
    objective = compile(ld.LearningDiagram(constraint), functor())
    a, b = columns()["x"], columns()["y"]
    other = MASKS["both"][1]
    kept = torch.tensor(MASK) & torch.tensor(other)
    ours = value_and_gradients(objective, {"rows": {"x": masked(a, MASK)}, "others": {"w": masked(b, other)}})
    assert_same(ours, value_and_gradients(objective, {"rows": {"x": a[kept]}, "others": {"w": b[kept]}}))


@pytest.mark.parametrize("case", ["row by row", "from noise"])
def test_draws_of_present_rows_do_not_see_the_mask(case):
    """With a mask, every row is drawn for; with one seed, the draws of present rows are those without a mask."""
    noise = ld.Kernel("noise", ld.Ty(), x)
    lhs = x_of >> n >> f if case == "row by row" else x_of @ noise >> join >> f
    diagram = ld.LearningDiagram(ld.Constraint("c", lhs, y_of))
    zero = torch.zeros(1, 3, dtype=torch.float64)
    objective = compile(diagram, functor(noise=lambda: Normal(zero, 1.0)))
    data = {name: columns()[name] for name in "xy"}
    torch.manual_seed(0)
    defects = objective.defects({"rows": data})["c"]
    torch.manual_seed(0)
    total, _ = objective({"rows": {"x": masked(data["x"], MASK), "y": data["y"]}})
    torch.testing.assert_close(total, defects[torch.tensor(MASK)].mean(), rtol=1e-12, atol=0)
