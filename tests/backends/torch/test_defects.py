"""Defects: how far each row is from each equation."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.distributions import Normal

import learning_diagrams as ld
from learning_diagrams.backends.torch import Bernoulli, Euclidean, Finite, Tokens, TorchFunctor, compile

torch.set_num_threads(1)
x, digit, bits, text = (ld.Ty(name) for name in ("x", "digit", "bits", "text"))
rows = ld.SampleSpace("rows")
x_of, y_of, label = rows.column("x", x), rows.column("y", x), rows.column("label", digit)
bit, words = rows.column("bits", bits), rows.column("words", text)
f, k, m = ld.Box("f", x, x), ld.Kernel("k", x, digit), ld.Kernel("m", x, digit)
kb, kt, n = ld.Kernel("kb", x, bits), ld.Kernel("kt", x, text), ld.Kernel("n", x, x)
POINTWISE = {
    "absolute": (x_of >> f, y_of, "absolute"),
    "bits": (x_of >> kb, bit, None),
    "distilled": (x_of >> k, y_of >> m, {"name": "kl", "temperature": 2.0}),
    "labelled": (x_of >> k, label, {"name": "kl", "label_smoothing": 0.2}),
    "likely": (x_of >> n, y_of, "nll"),
    "words": (x_of >> kt, words, None),
    "two wires": (ld.Copy(rows.ty) >> (x_of >> f) @ (x_of >> k), ld.Copy(rows.ty) >> y_of @ label, None),
}
SAME = ld.Constraint("same", f >> f, f >> f, over=x_of)
IN_LAW = ld.Constraint("in law", rows.state >> x_of >> f, rows.state >> y_of)


class Sequence(nn.Linear):
    def forward(self, value):
        return super().forward(value).reshape(-1, 2, 4)


class Noise(nn.Linear):
    def forward(self, value):
        return Normal(super().forward(value), 0.5)


@pytest.fixture(scope="module")
def objective():
    torch.manual_seed(0)
    ar = {"f": nn.Linear(3, 3), "k": nn.Linear(3, 4), "m": nn.Linear(3, 4), "kb": nn.Linear(3, 2)}
    ar = {name: module.double() for name, module in (ar | {"kt": Sequence(3, 8), "n": Noise(3, 3)}).items()}
    spaces = {x: Euclidean(3), digit: Finite(4), bits: Bernoulli(2), text: Tokens(4, 2, padding=0)}
    constraints = [
        ld.Constraint(name, lhs, rhs, divergence=divergence, weight=0.5)
        for name, (lhs, rhs, divergence) in POINTWISE.items()
    ]
    with pytest.warns(UserWarning, match="proved by the theory"):
        return compile(ld.LearningDiagram(*constraints, SAME, IN_LAW), TorchFunctor(ob=spaces, ar=ar))


def batch():
    torch.manual_seed(1)
    return {
        "x": torch.randn(5, 3).double(), "y": torch.randn(5, 3).double(), "label": torch.tensor([0, 3, 1, 2, 2]),
        "bits": torch.rand(5, 2).round().double(), "words": torch.tensor([[1, 2], [3, 0], [0, 0], [2, 2], [1, 0]]),
    }  # fmt: skip


def test_row_i_is_the_objective_on_row_i_and_the_mean_is_the_term(objective):
    data = batch()
    defects, (_, terms) = objective.defects({"rows": data}), objective({"rows": data})
    for i in range(5):
        _, alone = objective({"rows": {name: column[i : i + 1] for name, column in data.items()}})
        for name in POINTWISE:
            assert defects[name].shape == (5,)
            torch.testing.assert_close(defects[name][i], alone[name], rtol=1e-12, atol=1e-14)
    for name in POINTWISE:
        torch.testing.assert_close(defects[name].mean(), terms[name], rtol=1e-12, atol=1e-14)


def test_terms_in_law_are_left_out_and_a_proved_term_is_0(objective):
    defects = objective.defects({"rows": batch()})
    assert list(defects) == sorted([*POINTWISE, "same"])
    assert set(objective({"rows": batch()})[1]) == {*defects, "in law"}
    assert defects["same"].tolist() == [0.0]


@settings(max_examples=15, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(batch())), st.lists(st.booleans(), min_size=5, max_size=5)))
def test_absent_rows_are_0_and_the_others_as_without_a_mask(objective, masks):
    data = batch()
    read = {"absolute": "xy", "bits": ["x", "bits"], "distilled": "xy", "labelled": ["x", "label"], "likely": "xy",
            "words": ["x", "words"], "two wires": ["x", "y", "label"]}  # fmt: skip
    given = {name: (v, torch.tensor(masks[name])) if name in masks else v for name, v in data.items()}
    whole, found = objective.defects({"rows": data}), objective.defects({"rows": given})
    for name, columns in read.items():
        present = [all(masks.get(column, [True] * 5)[i] for column in columns) for i in range(5)]
        expected = torch.where(torch.tensor(present), whole[name], 0.0)
        torch.testing.assert_close(found[name], expected, rtol=1e-12, atol=1e-14)
        term = objective({"rows": given})[1][name]
        torch.testing.assert_close(found[name].sum() / max(1, sum(present)), term, rtol=1e-12, atol=1e-14)


def test_defects_carry_gradients_of_their_rows_alone(objective):
    data = batch()
    weight = objective.boxes.of("f").weight
    one = torch.autograd.grad(objective.defects({"rows": data})["absolute"][2], weight)[0]
    alone = {name: column[2:3] for name, column in data.items()}
    torch.testing.assert_close(one, torch.autograd.grad(objective({"rows": alone})[1]["absolute"], weight)[0])


def test_a_closed_form_from_nothing_has_one_value():
    p, q = ld.Kernel("p", ld.Ty(), x), ld.Kernel("q", ld.Ty(), x)
    laws = {"p": lambda: Normal(torch.zeros(1, 3), 1.0), "q": lambda: Normal(torch.ones(1, 3), 1.0)}
    objective = compile(
        ld.LearningDiagram(ld.Constraint("c", p, q, divergence="kl")), TorchFunctor(ob={x: Euclidean(3)}, ar=laws)
    )
    assert objective.defects({})["c"].tolist() == [1.5] and objective({})[0].item() == 1.5


def test_wrong_labels_are_the_greatest_defects():
    """A classifier that is right, and three labels that are not: exactly these rows break the equation most."""
    labels = torch.arange(40) % 4
    spoiled = [5, 17, 30]
    given = labels.clone()
    given[spoiled] = (given[spoiled] + 1) % 4
    classify = ld.Kernel("classify", digit, digit)
    true = rows.column("true", digit)
    objective = compile(
        ld.LearningDiagram(ld.Constraint("right", true >> classify, label)),
        TorchFunctor(ob={digit: Finite(4)}, ar={classify: lambda v: 3.0 * nn.functional.one_hot(v, 4).float()}),
    )
    defects = objective.defects({"rows": {"true": labels, "label": given}})["right"]
    assert sorted(defects.topk(3).indices.tolist()) == spoiled
    assert (defects[spoiled] - 3.0).sub(defects[0]).abs().max() < 1e-6  # the logits differ by 3


def test_a_batch_that_does_not_fit_is_a_data_error(objective):
    with pytest.raises(ld.DataError, match="column 'words'"):
        objective.defects({"rows": {name: v for name, v in batch().items() if name != "words"}})
    with pytest.raises(ld.DataError, match="strict=False"):
        objective.defects({"rows": batch() | {"other": torch.ones(5)}})
    assert objective.defects({"rows": batch() | {"other": torch.ones(5)}}, strict=False)["likely"].shape == (5,)
    with pytest.raises(ld.DataError, match="labels 0 … 7"):
        objective.defects({"rows": batch() | {"label": torch.tensor([0, 1, 7, 1, 0])}})
