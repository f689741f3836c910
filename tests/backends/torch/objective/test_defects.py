"""Defects: the value of each row; their mean is the term, and a row that is absent has 0."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile

torch.set_num_threads(1)
x, z, y = ld.Ty("x"), ld.Ty("z"), ld.Ty("y")
space, other = ld.SampleSpace("space"), ld.SampleSpace("other")
x_of, label, far = space.column("x", x), space.column("label", y), other.column("far", x)
encode, decode, classify = ld.Box("encode", x, z), ld.Box("decode", z, x), ld.Kernel("classify", z, y)
twice = encode @ encode
MODULES = {"encode": (3, 2), "decode": (2, 3), "classify": (2, 4)}
CONSTRAINTS = {
    "rebuilt": ld.Constraint("rebuilt", encode >> decode, ld.Id(x), over=x_of, weight=0.3),
    "supervised": ld.Constraint("supervised", x_of >> encode >> classify, label, weight=2.0),
    "both": ld.Constraint(
        "both", x_of >> encode >> ld.Copy(z) >> decode @ classify, ld.Copy(space.ty) >> x_of @ label,
        divergence=["huber", {"name": "kl", "label_smoothing": 0.1}],
    ),
    "shuffled": ld.Constraint("shuffled", x_of @ x_of >> twice, x_of @ x_of >> ld.Swap(x, x) >> twice),
    "paired": ld.Constraint("paired", x_of @ far >> twice, x_of @ far >> ld.Swap(x, x) >> twice),
}  # fmt: skip
BY_ITSELF = ["rebuilt", "supervised", "both"]
N = 6


@pytest.fixture(scope="module")
def functor():
    torch.manual_seed(0)
    modules = {name: nn.Linear(*size).double() for name, size in MODULES.items()}
    return TorchFunctor(ob={x: Euclidean(3), z: Euclidean(2), y: Finite(4)}, ar=modules)


@pytest.fixture(scope="module")
def objective(functor):
    return compile(ld.LearningDiagram(*CONSTRAINTS.values()), functor)


def batch(n=N, seed=0):
    draw = torch.Generator().manual_seed(seed)
    values = torch.randn(n, 3, generator=draw, dtype=torch.float64)
    labels = torch.randint(0, 4, (n,), generator=draw)
    return {"space": {"x": values, "label": labels}, "other": {"far": values.flip(0) * 2}}


def test_the_mean_of_a_term_s_defects_is_the_term_unweighted(objective):
    defects, (_, terms) = objective.defects(batch()), objective(batch())
    assert list(defects) == list(terms) == sorted(CONSTRAINTS)
    for name, values in defects.items():
        assert values.shape == (N,) and (values >= 0).all()
        torch.testing.assert_close(values.mean(), terms[name], rtol=1e-12, atol=1e-12)


def test_they_pass_the_gradient_of_the_term(objective):
    parameters = objective.trainable_parameters()
    total = sum(CONSTRAINTS[name].weight * values.mean() for name, values in objective.defects(batch()).items())
    ours, expected = (torch.autograd.grad(value, parameters) for value in (total, objective(batch())[0]))
    torch.testing.assert_close(ours, expected, rtol=1e-12, atol=1e-12)


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 8), st.integers(0, 2**31))
def test_a_row_s_defect_is_the_term_of_that_row_alone(functor, n, seed):
    loss = compile(ld.LearningDiagram(*(CONSTRAINTS[name] for name in BY_ITSELF)), functor)
    columns = {"space": batch(n, seed)["space"]}
    defects = loss.defects(columns)
    for i in range(n):
        _, terms = loss({"space": {name: column[i : i + 1] for name, column in columns["space"].items()}})
        for name in BY_ITSELF:
            torch.testing.assert_close(defects[name][i], terms[name], rtol=1e-12, atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(*[st.lists(st.booleans(), min_size=N, max_size=N)] * 3)
def test_rows_that_are_absent_have_0_and_the_others_what_they_had(objective, mask_of_x, mask_of_labels, mask_of_far):
    """A row is absent where any column that the term reads is: at its own place, or rolled in a product."""
    masks = torch.tensor(mask_of_x), torch.tensor(mask_of_labels), torch.tensor(mask_of_far)
    whole = batch()
    masked = {
        "space": {
            "x": (whole["space"]["x"].masked_fill(~masks[0][:, None], torch.nan), masks[0]),
            "label": (whole["space"]["label"].masked_fill(~masks[1], -100), masks[1]),
        },
        "other": {"far": (whole["other"]["far"].masked_fill(~masks[2][:, None], torch.inf), masks[2])},
    }
    present = {
        "rebuilt": masks[0],
        "supervised": masks[0] & masks[1],
        "both": masks[0] & masks[1],
        "shuffled": masks[0] & masks[0].roll(1),
        "paired": masks[0] & masks[2],
    }
    plain, defects, (_, terms) = objective.defects(whole), objective.defects(masked), objective(masked)
    for name, rows in present.items():
        expected = torch.where(rows, plain[name], 0.0)
        torch.testing.assert_close(defects[name], expected, rtol=1e-12, atol=1e-12)
        mean = expected.sum() / max(int(rows.sum()), 1)
        torch.testing.assert_close(terms[name], mean, rtol=1e-12, atol=1e-12)


def test_terms_in_law_are_left_out_and_a_proved_constraint_has_an_entry_of_0(functor):
    proved = ld.Constraint("proved", encode >> ld.Copy(z), ld.Copy(x) >> encode @ encode, over=x_of)
    in_law = ld.Constraint("in_law", space.state >> x_of, other.state >> far)
    with pytest.warns(UserWarning, match="'proved' is proved by the theory alone"):
        loss = compile(ld.LearningDiagram(CONSTRAINTS["rebuilt"], proved, in_law), functor)
    columns = {"space": {"x": batch()["space"]["x"]}, "other": batch()["other"]}
    mask = torch.arange(N) > 2
    for given_columns in (columns, {**columns, "space": {"x": (columns["space"]["x"], mask)}}):
        defects = loss.defects(given_columns)
        assert set(defects) == {"proved", "rebuilt"} and set(loss(given_columns)[1]) == {"proved", "rebuilt", "in_law"}
        assert defects["proved"].tolist() == [0.0] and defects["rebuilt"].shape == (N,)


def test_two_constants_differ_by_one_entry(functor):
    left, right = ld.Box("left", ld.Ty(), z), ld.Box("right", ld.Ty(), z)
    ends = {"left": lambda: torch.tensor([[1.0, 2.0]]), "right": lambda: torch.tensor([[1.0, 5.0]])}
    constant = ld.Constraint("constant", left, right)
    loss = compile(
        ld.LearningDiagram(CONSTRAINTS["rebuilt"], constant),
        TorchFunctor(ob=functor.spaces, ar={"encode": nn.Linear(3, 2), "decode": nn.Linear(2, 3), **ends}),
    )
    defects = loss.defects({"space": {"x": torch.zeros(N, 3)}})
    assert defects["constant"].tolist() == [9.0] and defects["rebuilt"].shape == (N,)


@pytest.mark.parametrize("name", [None, "total_variation", "hellinger", "jensen_shannon"])
def test_wrong_labels_are_found_by_topk(name):
    """Four separate clusters, of whose 80 labels 5 are wrong."""
    torch.manual_seed(0)
    truth = torch.arange(80) % 4
    wrong = torch.tensor([3, 17, 40, 61, 78])
    labels = truth.index_put((wrong,), (truth[wrong] + 1) % 4)
    net = nn.Linear(4, 4).double()
    kernel = ld.Kernel("net", x, y)
    diagram = ld.LearningDiagram(ld.Constraint("c", x_of >> kernel, label, divergence=name))
    loss = compile(diagram, TorchFunctor(ob={x: Euclidean(4), y: Finite(4)}, ar={kernel: net}))
    values = 3 * nn.functional.one_hot(truth, 4) + torch.randn(80, 4) / 4
    columns = {"space": {"x": values.double(), "label": labels}}
    optimizer = torch.optim.Adam(loss.trainable_parameters(), lr=0.1)
    for _ in range(40):
        optimizer.zero_grad()
        loss(columns)[0].backward()
        optimizer.step()
    assert set(loss.defects(columns)["c"].topk(5).indices.tolist()) == set(wrong.tolist())
    hidden = {"space": columns["space"] | {"label": (labels, torch.isin(torch.arange(80), wrong).logical_not())}}
    assert not torch.isin(loss.defects(hidden)["c"].topk(5).indices, wrong).any()


WRONG = {
    "column 'label' of sample space 'space' is missing": {"space": {"x": batch()["space"]["x"]}},
    "sample space 'other' is missing": {"space": batch()["space"]},
    "has a column 'extra' that the learning diagram does not have": {
        **batch(), "space": batch()["space"] | {"extra": torch.zeros(N)},
    },
    "column 'label' .* holds labels 0 … 9": {
        **batch(), "space": batch()["space"] | {"label": torch.tensor([0, 1, 2, 3, 9, 0])},
    },
    r"the mask of column 'x' .* got \[6\] float32": {
        **batch(), "space": batch()["space"] | {"x": (batch()["space"]["x"], torch.ones(N))},
    },
}  # fmt: skip


@pytest.mark.parametrize("message", WRONG)
def test_a_batch_that_does_not_fit_is_the_error_that_the_objective_gives(objective, message):
    for function in (objective, objective.defects):
        with pytest.raises(ld.DataError, match=message):
            function(WRONG[message])


def test_columns_that_no_term_reads_are_refused_unless_strict_is_off(objective):
    extra = {**batch(), "more": {"x": torch.zeros(1)}}
    with pytest.raises(ld.DataError, match="'more'"):
        objective.defects(extra)
    for name, values in objective.defects(extra, strict=False).items():
        assert torch.equal(values, objective.defects(batch())[name])
