"""InfoNCE and signed differences: values by plain Python, gradients, and rows that are absent."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile
from learning_diagrams.backends.torch.divergences.contrast import ACROSS, info_nce_rows

torch.set_num_threads(1)


def plain(r, p, temperature, present, symmetric=False):
    """Of each row that is present, by lists of numbers."""

    def cosine(a, b):
        return sum(x * y for x, y in zip(a, b, strict=True)) / (math.hypot(*a) * math.hypot(*b))

    def value(i, of, among):
        own = math.exp(cosine(of[i], among[i]) / temperature)
        return -math.log(own / sum(math.exp(cosine(of[i], among[j]) / temperature) for j in present))

    return [(value(i, p, r) + value(i, r, p)) / 2 if symmetric else value(i, p, r) for i in present]


vectors = st.lists(st.lists(st.sampled_from([-2.0, -0.5, 1.0, 3.0]), min_size=3, max_size=3), min_size=4, max_size=4)


@given(vectors, vectors, st.sets(st.integers(0, 3), min_size=1), st.booleans(), st.sampled_from([0.07, 0.5, 1.0]))
def test_values_are_the_formula_and_absent_rows_are_nobodys_alternative(r, p, chosen, symmetric, temperature):
    ends = [torch.tensor(end, dtype=torch.float64) for end in (r, p)]
    options = {"temperature": temperature, "symmetric": symmetric}
    every = plain(r, p, temperature, range(4), symmetric)
    assert info_nce_rows(*ends, **options).tolist() == pytest.approx(every, abs=1e-12)
    assert ACROSS[0].mean(*ends, **options).item() == pytest.approx(sum(every) / 4, abs=1e-12)
    present = torch.tensor([i in chosen for i in range(4)])
    rows = info_nce_rows(*ends, **options, present=present)
    assert rows[present].tolist() == pytest.approx(plain(r, p, temperature, sorted(chosen), symmetric), abs=1e-12)
    assert rows.isfinite().all()


@pytest.mark.parametrize("symmetric", [False, True])
def test_gradients_are_those_of_finite_differences(symmetric):
    torch.manual_seed(0)
    ends = [torch.randn(4, 3, dtype=torch.float64, requires_grad=True) for _ in range(2)]
    present = torch.tensor([True, False, True, True])
    assert torch.autograd.gradcheck(lambda r, p: ACROSS[0].mean(r, p, temperature=0.5, symmetric=symmetric), ends)
    assert torch.autograd.gradcheck(lambda r, p: info_nce_rows(r, p, 0.5, symmetric, present).sum(), ends)


image, text, point = ld.Ty("image"), ld.Ty("text"), ld.Ty("point")
pairs = ld.SampleSpace("pairs")
see, read = ld.Box("see", image, point), ld.Box("read", text, point)
alignment = ld.LearningDiagram(
    ld.Constraint(
        "aligned",
        pairs.column("image", image) >> see,
        pairs.column("text", text) >> read,
        divergence={"name": "info_nce", "temperature": 0.5, "symmetric": True},
    )
)


def objective():
    torch.manual_seed(1)
    modules = {see: nn.Linear(4, 3), read: nn.Linear(2, 3)}
    F = TorchFunctor(ob={image: Euclidean(4), text: Euclidean(2), point: Euclidean(3)}, ar=modules)
    return compile(alignment, F)


def batch(rows=6):
    torch.manual_seed(2)
    return {"image": torch.randn(rows, 4), "text": torch.randn(rows, 2)}


def test_masked_rows_count_nowhere_neither_as_rows_nor_as_alternatives():
    loss, data = objective(), batch()
    for mask in (torch.tensor([True, True, False, True, False, True]), torch.zeros(6, dtype=torch.bool)):
        holes = data["text"].masked_fill(~mask[:, None], torch.nan)
        total, _ = loss({"pairs": data | {"text": (holes, mask)}})
        total.backward()
        gradients = [parameter.grad.clone() for parameter in loss.parameters()]
        loss.zero_grad()
        if mask.any():
            few, _ = loss({"pairs": {name: column[mask] for name, column in data.items()}})
            few.backward()
            torch.testing.assert_close(total, few)
        for parameter, gradient in zip(loss.parameters(), gradients, strict=True):
            expected = parameter.grad if mask.any() else torch.zeros_like(parameter)
            torch.testing.assert_close(gradient, expected, atol=1e-6, rtol=1e-5)
        loss.zero_grad()


def test_the_values_of_rows_have_the_term_as_their_mean():
    loss, data = objective(), batch()
    total, _ = loss({"pairs": data})
    torch.testing.assert_close(loss.defects({"pairs": data})["aligned"].mean(), total)


def test_a_label_is_no_point():
    with pytest.raises(ld.CompileError, match="info_nce"):
        digit = ld.Ty("digit")
        rows = ld.SampleSpace("rows")
        k = ld.Kernel("k", image, digit)
        d = ld.LearningDiagram(
            ld.Constraint("c", rows.column("x", image) >> k, rows.column("y", digit), divergence="info_nce")
        )
        from learning_diagrams.backends.torch import Finite

        compile(d, TorchFunctor(ob={image: Euclidean(4), digit: Finite(3)}, ar={k: nn.Linear(4, 3)}))


def test_energies_stand_against_the_zero_box_and_against_each_other():
    """E(x) − 0 is the energy itself, negative or not; a critic lowers E(made) − E(real)."""
    real_line, x = ld.Ty("real"), pairs.column("image", image)
    energy, zero, make = (
        ld.Box("energy", image, real_line),
        ld.Box("zero", ld.Ty(), real_line),
        ld.Box("make", image, image),
    )
    low = ld.Constraint("low", x >> energy, ld.Discard(pairs.ty) >> zero, divergence="difference")
    critic = ld.Constraint("critic", x >> make >> energy, x >> energy, divergence="difference")
    modules = {energy: nn.Linear(4, 1), make: nn.Linear(4, 4), zero: lambda: torch.zeros(1, 1)}
    loss = compile(
        ld.LearningDiagram(low, critic), TorchFunctor(ob={image: Euclidean(4), real_line: Euclidean(1)}, ar=modules)
    )
    data = batch()["image"]
    _, terms = loss({"pairs": {"image": data}})
    torch.testing.assert_close(terms["low"], modules[energy](data).mean())
    torch.testing.assert_close(
        terms["critic"], modules[energy](modules[make](data)).mean() - modules[energy](data).mean()
    )
