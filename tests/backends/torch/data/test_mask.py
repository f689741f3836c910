"""Masks: the loss and every gradient are those on the rows that are there; what lies under a mask reaches neither."""

import copy
import math
import pickle

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.distributions import Normal

import learning_diagrams as ld
from learning_diagrams.backends.torch import Bernoulli, Euclidean, Finite, Tokens, TorchFunctor, compile

torch.set_num_threads(1)
x, y, bits, text, real = map(ld.Ty, ("x", "y", "bits", "text", "real"))
space, other = ld.SampleSpace("space"), ld.SampleSpace("other")
SPACES = {x: Euclidean(2), y: Finite(3), bits: Bernoulli(2), text: Tokens(3, 2, padding=0), real: Euclidean(1)}
x_of, u_of, r_of, far_of = (
    space.column("x", x), space.column("u", x), space.column("r", real), other.column("far", x),
)  # fmt: skip
TARGETS = {name: space.column(f"of_{name}", ty) for ty in SPACES for name in [str(ty)]}
SIZES = {"x": 2, "y": 3, "bits": 2, "text": 6, "real": 2}
N = 5
BAD = math.nan, math.inf, -math.inf, 0.0, 1e300


class Head(nn.Module):
    """A linear map, as points, logits, or a normal law."""

    def __init__(self, kind, seed=0):
        super().__init__()
        self.kind = kind
        draw = torch.Generator().manual_seed(seed)
        self.weight = nn.Parameter(torch.randn(2, SIZES[kind], generator=draw, dtype=torch.float64))

    def forward(self, value):
        out = value @ self.weight
        if self.kind == "text":
            return out.reshape(-1, 2, 3)
        return Normal(out[:, :1], out[:, 1:].exp()) if self.kind == "real" else out


def objective(*constraints, frozen=(), **ar):
    diagram = ld.LearningDiagram(*constraints, frozen=frozen)
    return compile(diagram, TorchFunctor(ob=SPACES, ar=ar))


def points(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def example(kind, n=N, seed=0):
    """Random data for a target."""
    draw = torch.Generator().manual_seed(seed)
    if kind in ("y", "text"):
        return torch.randint(0, 3, (n, 2) if kind == "text" else (n,), generator=draw)
    if kind == "bits":
        return torch.randint(0, 2, (n, 2), generator=draw).double()
    return points(n, 1 if kind == "real" else 2, seed=seed + 1)


def hidden(values, mask, bad=math.nan):
    """A column whose absent rows hold what no module and no divergence can stand."""
    mask = torch.as_tensor(mask)
    bad = bad if values.is_floating_point() else 10**9 if bad != bad else -100
    return values.masked_fill(~mask.reshape(-1, *[1] * (values.dim() - 1)), bad), mask


def learned(objective, batch, strict=True):
    """Total, terms and the gradient of every parameter."""
    total, terms = objective(batch, strict=strict)
    parameters = objective.trainable_parameters()
    gradients = list(torch.autograd.grad(total, parameters, materialize_grads=True))
    return total, terms, gradients


def assert_same(answer, expected):
    torch.testing.assert_close(answer[0], expected[0], rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(answer[1], expected[1], rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(answer[2], expected[2], rtol=1e-12, atol=1e-12)


def assert_nothing(answer):
    assert answer[0].item() == 0 and all(term.item() == 0 for term in answer[1].values())
    assert not any(gradient.any() for gradient in answer[2])


DIVERGENCES = {
    "x": [
        None, "mean_squared_error", "absolute", {"name": "huber", "delta": 0.5}, "cosine",
    ],
    "y": [
        None, "nll", "total_variation", "hellinger", "jensen_shannon", {"name": "kl", "label_smoothing": 0.2},
        {"name": "kl", "class_weight": [0.0, 1.0, 5.0], "temperature": 2.0},
    ],
    "bits": [None, "total_variation", "hellinger", "jensen_shannon"],
    "text": [None, "total_variation", "hellinger", "jensen_shannon"],
    "real": ["nll"],
}  # fmt: skip
CASES = [(kind, divergence) for kind, some in DIVERGENCES.items() for divergence in some]


def single(kind, divergence=None):
    box = ld.Box("f", x, x) if kind == "x" else ld.Kernel("f", x, ld.Ty(kind))
    return objective(ld.Constraint("c", x_of >> box, TARGETS[kind], divergence=divergence), f=Head(kind))


masks = st.lists(st.booleans(), min_size=N, max_size=N)


@settings(max_examples=6, deadline=None)
@given(masks, masks, st.sampled_from(BAD))
@pytest.mark.parametrize(("kind", "divergence"), CASES, ids=str)
def test_loss_and_gradients_are_those_on_the_rows_that_are_there(kind, divergence, mask, other_mask, bad):
    loss, values, target = single(kind, divergence), points(N, 2), example(kind)
    answer = learned(loss, {"space": {"x": hidden(values, mask, bad), f"of_{kind}": hidden(target, other_mask, bad)}})
    present = torch.tensor(mask) & torch.tensor(other_mask)
    if not present.any():
        return assert_nothing(answer)
    assert_same(answer, learned(loss, {"space": {"x": values[present], f"of_{kind}": target[present]}}))


@pytest.mark.parametrize(("kind", "divergence"), CASES, ids=str)
def test_a_mask_that_is_all_true_is_no_mask(kind, divergence):
    loss, columns = single(kind, divergence), {"x": points(N, 2), f"of_{kind}": example(kind)}
    everywhere = torch.ones(N, dtype=torch.bool)
    masked = {name: (column, everywhere) for name, column in columns.items()}
    assert_same(learned(loss, {"space": masked}), learned(loss, {"space": columns}))
    assert_same(learned(loss, {"space": columns | {"x": masked["x"]}}), learned(loss, {"space": columns}))


@pytest.mark.parametrize("options", [{}, {"temperature": 3.0}], ids=str)
def test_two_laws_are_compared_on_the_rows_that_are_there(options):
    student, teacher = ld.Kernel("student", x, y), ld.Kernel("teacher", x, y)
    loss = objective(
        ld.Constraint("c", x_of >> student, u_of >> teacher, divergence={"name": "kl", **options}),
        student=Head("y"), teacher=Head("y", 1), frozen=[teacher],
    )  # fmt: skip
    mask, other_mask = torch.tensor([True, False, True, True, False]), torch.tensor([True, True, False, True, False])
    values, more = points(N, 2), points(N, 2, seed=1)
    answer = learned(loss, {"space": {"x": hidden(values, mask), "u": hidden(more, other_mask)}})
    assert_same(answer, learned(loss, {"space": {"x": values[mask & other_mask], "u": more[mask & other_mask]}}))


class Singular(nn.Module):
    """A module that has no value, or no slope, at 0."""

    def __init__(self, function):
        super().__init__()
        self.function, self.weight = function, nn.Parameter(torch.tensor([1.5, 2.5], dtype=torch.float64))

    def forward(self, value):
        return self.function(self.weight * value)


SINGULAR = {
    "log": torch.log,
    "inverse": lambda value: 1 / value,
    "direction": lambda value: value / value.norm(dim=1, keepdim=True),
    "root": torch.sqrt,
    "log of what is left of 1": lambda value: torch.log1p(-value / 10),
    "logit": lambda value: torch.logit(value / 10),
}


@pytest.mark.parametrize("bad", BAD[:2])
@pytest.mark.parametrize("mask", [[True, False, True], [False, False, True], [False] * 3], ids=str)
@pytest.mark.parametrize("name", SINGULAR)
def test_a_module_that_is_singular_meets_only_rows_that_are_there(name, mask, bad):
    f = ld.Box("f", x, x)
    loss = objective(ld.Constraint("c", x_of >> f, u_of), f=Singular(SINGULAR[name]))
    values, target = torch.tensor([[1.0, 2.0], [0.5, 0.25], [2.0, 1.0]]).double(), points(3, 2)
    answer = learned(loss, {"space": {"x": hidden(values, mask, bad), "u": hidden(target, mask, bad)}})
    if not any(mask):
        return assert_nothing(answer)
    assert_same(answer, learned(loss, {"space": {"x": values[mask], "u": target[mask]}}))


# ---- which rows count -----------------------------------------------------------------------------------------------

f, g, h = ld.Box("f", x, x), ld.Box("g", x, x), ld.Box("h", x, x)


@settings(max_examples=10, deadline=None)
@given(masks, masks, masks)
def test_each_of_several_terms_has_its_own_rows_and_the_total_is_their_weighted_sum(x_mask, u_mask, target_mask):
    constraints = {
        "a": ld.Constraint("a", x_of >> f, u_of, weight=0.3),
        "b": ld.Constraint("b", x_of >> g, TARGETS["x"], weight=2.0),
        "c": ld.Constraint("c", f >> g, f, over=x_of, weight=0.7),
    }
    read = {"a": ("x", "u"), "b": ("x", "of_x"), "c": ("x",)}
    modules = {"f": Head("x"), "g": Head("x", 1)}
    columns = {name: points(N, 2, seed=i) for i, name in enumerate(("x", "u", "of_x"))}
    given_masks = {name: torch.tensor(mask) for name, mask in zip(columns, (x_mask, u_mask, target_mask), strict=True)}
    batch = {"space": {name: hidden(column, given_masks[name]) for name, column in columns.items()}}
    together = objective(*constraints.values(), **modules)
    total, terms, gradients = learned(together, batch)
    assert torch.equal(total, 0.3 * terms["a"] + 2.0 * terms["b"] + 0.7 * terms["c"])
    expected = [torch.zeros_like(gradient) for gradient in gradients]
    for name, columns_read in read.items():
        present = torch.stack([given_masks[column] for column in columns_read]).all(0)
        alone = {"space": {column: columns[column][present] for column in columns_read}}
        if not present.any():
            assert terms[name].item() == 0
            continue
        loss = objective(constraints[name], **{box: modules[box] for box in "fg" if box in str(constraints[name])})
        _, term, slopes = learned(loss, alone)
        torch.testing.assert_close(terms[name], term[name], rtol=1e-12, atol=1e-12)
        parameters = list(together.parameters())
        for parameter, slope in zip(loss.parameters(), slopes, strict=True):
            expected[next(i for i, candidate in enumerate(parameters) if candidate is parameter)] += slope
    torch.testing.assert_close(gradients, expected, rtol=1e-11, atol=1e-12)


@settings(max_examples=10, deadline=None)
@given(masks, masks)
def test_a_product_of_one_space_pairs_each_row_with_the_one_before_it(mask, other_mask):
    """Ω ⊗ Ω: the second factor is rolled by 1, its mask too."""
    loss = objective(ld.Constraint("c", x_of @ u_of >> f @ g, x_of @ u_of), f=Head("x"), g=Head("x", 1))
    plain = objective(
        ld.Constraint("c", ld.Copy(space.ty) >> x_of @ u_of >> f @ g, ld.Copy(space.ty) >> x_of @ u_of),
        **{name: loss.boxes.of(name) for name in "fg"},
    )
    values, more = points(N, 2), points(N, 2, seed=1)
    present = torch.tensor(mask) & torch.tensor(other_mask).roll(1)
    answer = learned(loss, {"space": {"x": hidden(values, mask), "u": hidden(more, other_mask)}})
    if not present.any():
        return assert_nothing(answer)
    assert_same(answer, learned(plain, {"space": {"x": values[present], "u": more.roll(1, 0)[present]}}))


@settings(max_examples=10, deadline=None)
@given(masks)
def test_one_masked_column_drawn_twice_loses_both_rows_that_read_it(flags):
    loss = objective(ld.Constraint("c", x_of @ x_of >> f @ g, x_of @ x_of), f=Head("x"), g=Head("x", 1))
    values, mask = points(N, 2), torch.tensor(flags)
    defects = loss.defects({"space": {"x": values}})["c"]
    present = mask & mask.roll(1)
    total, _ = loss({"space": {"x": hidden(values, flags)}})
    expected = defects[present].mean() if present.any() else torch.zeros(()).double()
    torch.testing.assert_close(total, expected, rtol=1e-12, atol=1e-12)


@settings(max_examples=10, deadline=None)
@given(masks, masks)
def test_a_product_of_two_spaces_pairs_rows_and_masks_by_position(mask, other_mask):
    loss = objective(ld.Constraint("c", x_of @ far_of >> f @ g, x_of @ far_of), f=Head("x"), g=Head("x", 1))
    values, more, present = points(N, 2), points(N, 2, seed=1), torch.tensor(mask) & torch.tensor(other_mask)
    answer = learned(loss, {"space": {"x": hidden(values, mask)}, "other": {"far": hidden(more, other_mask)}})
    if not present.any():
        return assert_nothing(answer)
    assert_same(answer, learned(loss, {"space": {"x": values[present]}, "other": {"far": more[present]}}))


def test_a_column_that_no_term_reads_may_be_masked_or_missing():
    both = ld.Constraint("a", x_of >> f, x_of), ld.Constraint("b", x_of >> f, u_of)
    loss = objective(*both, f=Head("x"))
    alone = compile(loss.diagram.restrict("a"), loss.functor)
    values, nowhere = points(N, 2), torch.zeros(N, dtype=torch.bool)
    plain = learned(alone, {"space": {"x": values}})
    assert_same(learned(alone, {"space": {"x": values, "u": (values, nowhere)}}, strict=False), plain)
    half = {"space": {"x": values, "u": (values * math.nan, nowhere)}}
    total, terms = loss(half)
    assert terms["b"].item() == 0 and torch.equal(total, terms["a"])
    discarding = objective(
        ld.Constraint("a", ld.Copy(space.ty) >> x_of @ u_of >> f @ ld.Discard(x), x_of), f=loss.boxes.of("f")
    )
    for columns in ({"x": values}, half["space"]):
        assert_same(learned(discarding, {"space": columns}), plain)


# ---- as a module ----------------------------------------------------------------------------------------------------


def masked_example():
    mask, label_mask = torch.tensor([True, False, True, True, False]), torch.tensor([True, True, False, True, False])
    return {"space": {"x": hidden(points(N, 2), mask), "of_y": hidden(example("y"), label_mask)}}


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))], ids=["deep", "pickle"])
def test_a_copy_takes_masks(duplicate):
    loss = single("y")
    assert_same(learned(duplicate(loss), masked_example()), learned(loss, masked_example()))


def test_torch_compile_takes_masks():
    loss = single("y")
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    for batch in (masked_example(), {"space": {"x": points(N, 2), "of_y": example("y")}}):
        total, terms = compiled(batch)
        gradients = list(torch.autograd.grad(total, loss.trainable_parameters()))
        assert_same((total, terms, gradients), learned(loss, batch))


def test_a_model_takes_no_mask():
    loss, batch = single("y"), masked_example()
    for diagram, given_value in (
        (x_of >> ld.Kernel("f", x, y), batch["space"]),
        (ld.Kernel("f", x, y), batch["space"]["x"]),
    ):
        with pytest.raises(ld.DataError, match=r"input 1 of the model .* must be a tensor"):
            loss.model(diagram)(given_value)


YES = torch.ones(N, dtype=torch.bool)
WRONG = {
    "got a list": (points(N, 2), [True] * N),
    "got a NoneType": (points(N, 2), None),
    r"got \[5\] float64": (points(N, 2), YES.double()),
    r"got \[5\] int64": (points(N, 2), YES.long()),
    r"got \[5\] uint8": (points(N, 2), YES.to(torch.uint8)),
    r"got \[4\] bool": (points(N, 2), YES[1:]),
    r"got \[5, 1\] bool": (points(N, 2), YES[:, None]),
    r"got \[5, 2, 1\] bool": (points(N, 2), YES[:, None, None].expand(N, 2, 1)),
    r"got \[\] bool": (points(N, 2), YES[0]),
    r"got \[5, 2\] float64": (YES, points(N, 2)),
}


@pytest.mark.parametrize("message", WRONG)
def test_what_is_no_mask_is_a_data_error_that_says_what_is_one(message):
    pattern = rf"the mask of column 'x' of sample space 'space' must be a bool tensor \[rows\], True where .*{message}"
    with pytest.raises(ld.DataError, match=pattern):
        single("y")({"space": {"x": WRONG[message], "of_y": example("y")}})


NO_COLUMN = {
    r"'x' .* has shape \[5\], where Euclidean\(2\) needs \[rows, 2\]": {"x": YES},
    "'of_y' .* has dtype bool, where Finite": {"of_y": YES},
    "'x' .* must be a tensor .rows, …. or .tensor, mask., got a tuple": {"x": (points(N, 2), YES, YES)},
    "'x' .* must be a tensor .rows, …. or .tensor, mask., got a list beside a mask": {
        "x": (points(N, 2).tolist(), YES)
    },
    r"'x' .* has dtype int64": {"x": (points(N, 2).long(), YES)},
    "unequal numbers of rows: 'of_y' has 5, 'x' has 4": {"x": (points(4, 2), YES[1:])},
    "sample space 'space' has no row": {"x": (points(0, 2), YES[:0]), "of_y": (example("y", 0), YES[:0])},
    "requires a gradient": {"x": (points(N, 2).requires_grad_(), YES)},
}


@pytest.mark.parametrize("message", NO_COLUMN)
def test_what_is_no_masked_column_is_a_data_error(message):
    with pytest.raises(ld.DataError, match=message):
        single("y")({"space": {"x": points(N, 2), "of_y": example("y")} | NO_COLUMN[message]})
