"""Masks of positions under divergences of whole rows: absent positions count in no value, no length and no negative."""

import math

import pytest
import torch
from torch import nn
from torch.distributions import Gamma, Independent, MultivariateNormal, Normal, Poisson, kl_divergence
from torch.nn import functional as F

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, Tokens, TorchFunctor, compile, divergence
from learning_diagrams.backends.torch.divergences.samples import SAMPLES
from learning_diagrams.semantics import divergences as semantics

torch.set_num_threads(1)
x, z, rows = ld.Ty("x"), ld.Ty("z"), ld.SampleSpace("rows")
z_of, y_of = rows.column("z", z), rows.column("y", x)
f, p = ld.Box("f", z, x), ld.Kernel("p", z, x)
N, L = 4, 3
MASK = torch.tensor([[1, 1, 1], [1, 0, 1], [0, 0, 1], [0, 0, 0]]).bool()  # ragged rows, one of them absent
ROWS = MASK.any(1)
torch.manual_seed(0)
Z = torch.randn(N, 2, dtype=torch.float64)
Y = torch.rand(N, L, dtype=torch.float64) + 0.5
DATA = {"rows": {"z": Z, "y": (Y.masked_fill(~MASK, math.nan), MASK)}}


@pytest.fixture(autouse=True)
def _clean(monkeypatch):
    """The definitions of a test end with it."""
    monkeypatch.setattr(semantics, "_latest", {})


class Kernel(nn.Module):
    """A kernel by a function from a linear map to a Distribution."""

    def __init__(self, law, size=L):
        super().__init__()
        self.linear, self.law = nn.Linear(2, size).double(), law

    def forward(self, value):
        return self.law(self.linear(value))


def objective(name, lhs=None, rhs=None, space=None, **modules):
    torch.manual_seed(1)
    lhs, rhs = lhs or z_of >> f, rhs or y_of
    made = {key: value() for key, value in ({"f": lambda: nn.Linear(2, L).double()} | modules).items()}
    diagram = ld.LearningDiagram(ld.Constraint("c", lhs, rhs, divergence=name))
    return compile(
        diagram,
        TorchFunctor(
            ob={x: space or Euclidean(L), z: Euclidean(2)}, ar={box.name: made[box.name] for box in diagram.boxes}
        ),
    )


def agrees(loss, expected, batch=DATA):
    """Value and gradient are those of a loss by hand, and gradients are finite."""
    total, _ = loss(batch)
    torch.testing.assert_close(total, expected, rtol=1e-12, atol=1e-12)
    weights = loss.trainable_parameters()
    ours, theirs = torch.autograd.grad(total, weights), torch.autograd.grad(expected, weights, allow_unused=True)
    for left, right in zip(ours, theirs, strict=True):
        torch.testing.assert_close(left, torch.zeros_like(left) if right is None else right, rtol=1e-11, atol=1e-12)


def test_a_cosine_is_that_of_the_features_that_are_there():
    loss = objective("cosine")
    out = loss.boxes.of("f")(Z)
    agrees(loss, sum(1 - F.cosine_similarity(out[i, m], Y[i, m], dim=0) for i, m in enumerate(MASK[:3])) / 3)


@pytest.mark.parametrize("symmetric", [False, True])
def test_info_nce_has_no_absent_position_in_its_vectors_and_no_absent_row_among_its_choices(symmetric):
    loss = objective({"name": "info_nce", "temperature": 0.3, "symmetric": symmetric})
    out, target = loss.boxes.of("f")(Z) * MASK, Y * MASK
    logits = F.normalize(out[ROWS]) @ F.normalize(target[ROWS]).T / 0.3
    values = [F.cross_entropy(side, torch.arange(3)) for side in (logits, logits.T)[: 1 + symmetric]]
    agrees(loss, sum(values) / len(values))


def test_a_row_whose_two_masks_leave_no_position_is_no_negative():
    masks = (
        torch.tensor([[1, 1, 0], [1, 0, 0], [0, 1, 1]]).bool(),
        torch.tensor([[1, 1, 1], [0, 1, 0], [1, 1, 0]]).bool(),
    )
    a, b = rows.column("a", x), rows.column("b", x)
    loss = objective(
        {"name": "info_nce", "temperature": 1.0}, a >> ld.Box("g", x, x), b, g=lambda: nn.Linear(L, L).double()
    )
    batch = {"rows": {"a": (Y[:3], masks[0]), "b": (Y[1:], masks[1])}}
    both, there = masks[0] & masks[1], torch.tensor([0, 2])
    filled = torch.where(masks[0], Y[:3], 0.5)
    out, target = (loss.boxes.of("g")(filled) * both)[there], (Y[1:] * both)[there]
    agrees(loss, F.cross_entropy(F.normalize(out) @ F.normalize(target).T, torch.arange(2)), batch)


LAWS = {
    "Normal": lambda m: Normal(m, 0.5 + m.square()),
    "Independent": lambda m: Independent(Normal(m, 0.5 + m.square()), 1),
    "Independent twice": lambda m: Independent(Independent(Normal(m, 0.5 + m.square()), 1), 0),
    "Gamma": lambda m: Gamma(m.exp(), 1.0),
}


def values_of(function, *laws):
    """The sum over present positions, mean over present rows, of a function of laws without Independent."""
    base = [law.base_dist if isinstance(law, Independent) else law for law in laws]
    base = [law.base_dist if isinstance(law, Independent) else law for law in base]
    return torch.where(MASK, function(*base), 0.0).sum() / 3


@pytest.mark.parametrize("law", LAWS)
def test_a_likelihood_adds_over_the_positions_that_are_there(law):
    loss = objective("nll", z_of >> p, p=lambda: Kernel(LAWS[law]))
    agrees(loss, values_of(lambda law: -law.log_prob(Y), loss.boxes.of("p")(Z)))


def test_what_fills_an_absent_position_lies_in_the_support():
    loss = objective("nll", z_of >> p, p=lambda: Kernel(lambda m: Poisson(m.exp())))
    counts = torch.tensor([[1.0, 0, 3], [2, 0, 0], [0, 0, 4], [0, 0, 0]]).double()
    expected = values_of(lambda law: -law.log_prob(counts), loss.boxes.of("p")(Z))
    agrees(loss, expected, {"rows": {"z": Z, "y": (counts, MASK)}})


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("name", ["kl", "reverse_kl"])
def test_a_divergence_of_distributions_adds_over_the_positions_that_are_there(law, name):
    """The mask of a column of the same space says which positions two kernels are compared at."""
    lhs, rhs = y_of >> ld.Kernel("r", x, x), y_of >> ld.Kernel("s", x, x)
    loss = objective(name, lhs, rhs, r=lambda: Wide(LAWS[law]), s=lambda: Wide(LAWS[law]))
    filled = torch.where(MASK, Y, 0.5)
    prediction, reference = loss.boxes.of("r")(filled), loss.boxes.of("s")(filled)
    ends = (reference, prediction) if name == "kl" else (prediction, reference)
    agrees(loss, values_of(kl_divergence, *ends), {"rows": {"y": DATA["rows"]["y"]}})


class Wide(Kernel):
    """A kernel from rows of L numbers."""

    def __init__(self, law):
        super().__init__(law)
        self.linear = nn.Linear(L, L).double()


@pytest.mark.parametrize("law", [LAWS["Normal"], lambda m: MultivariateNormal(m, torch.eye(L).double())])
def test_the_energy_score_is_that_of_the_marginals(law):
    loss = objective({"name": "energy", "samples": 3}, z_of >> p, p=lambda: Kernel(law))
    torch.manual_seed(7)
    total = loss(DATA)[0]
    torch.manual_seed(7)
    samples = loss.boxes.of("p")(Z).rsample((3,))
    value = 0.0
    for i in range(3):
        own, target = samples[:, i, MASK[i]], Y[i, MASK[i]]
        pairs = sum((own[j] - own[k]).norm() for j in range(3) for k in range(3) if j != k) / 6
        value = value + 2 * (own - target).norm(dim=1).mean() - pairs
    torch.testing.assert_close(total, value / 3, rtol=1e-12, atol=1e-12)


def test_a_law_that_does_not_factor_has_no_density_of_its_positions():
    law = lambda m: MultivariateNormal(m, torch.eye(L).double())  # noqa: E731
    loss = objective("nll", z_of >> p, p=lambda: Kernel(law))
    with pytest.raises(ld.CompileError, match=r"MultivariateNormal of batch shape .4. does not say .* independent"):
        loss(DATA)
    assert loss({"rows": {"z": Z, "y": (Y, ROWS)}})[0].isfinite()  # a mask of rows is no question of positions


# ---- one's own -------------------------------------------------------------------------------------------------------

WORDS = {"formula": "Σ|p − r|", "unit": "units"}


def test_a_divergence_of_ones_own_is_given_the_positions_that_are_there():
    @divergence(**WORDS, row_by_row=True)
    def greatest(reference, prediction, *, power=2, positions=None):
        gap = (prediction - reference).abs() ** power
        return (gap if positions is None else gap.masked_fill(~positions, 0.0)).amax(1)

    loss = objective({"name": "greatest", "power": 3})
    gaps = lambda: (loss.boxes.of("f")(Z) - Y).abs() ** 3  # noqa: E731
    agrees(loss, (gaps() * MASK).amax(1).sum() / 3)
    assert "positions" not in loss.code
    agrees(loss, gaps().amax(1).mean(), {"rows": {"z": Z, "y": Y}})


def test_without_positions_a_mask_finer_than_rows_is_an_error_that_says_what_to_write():
    @divergence(**WORDS, row_by_row=True)
    def whole(reference, prediction):
        return (prediction - reference).abs().sum(1)

    with pytest.raises(ld.DataError, match="let the function take positions=None"):
        objective("whole")(DATA)


@pytest.mark.parametrize("own", [False, True])
def test_a_divergence_across_rows_sees_no_row_that_is_absent(own):
    def centred(gap):
        return (gap - gap.mean(0)).square().sum(1)

    if own:

        @divergence(**WORDS)
        def spread(reference, prediction, *, present=None):
            gap = prediction - reference
            if present is None:
                return centred(gap)
            mean = gap[present].mean(0)
            return (gap - mean).square().sum(1)
    else:

        @divergence(**WORDS)
        def spread(reference, prediction):
            return centred(prediction - reference)

    loss = objective("spread")
    agrees(loss, centred(loss.boxes.of("f")(Z)[ROWS] - Y[ROWS]).mean(), {"rows": {"z": Z, "y": (Y, ROWS)}})
    assert loss({"rows": {"z": Z, "y": (Y, torch.zeros(N).bool())}})[0].item() == 0
    agrees(loss, centred(loss.boxes.of("f")(Z) - Y).mean(), {"rows": {"z": Z, "y": Y}})


def test_a_law_under_a_function_that_may_read_several_rows_is_refused_where_rows_are_absent():
    @divergence(**WORDS, between=[("point", "distribution")])
    def likelihood(reference, prediction):
        return -prediction.log_prob(reference).sum(1)

    loss = objective("likelihood", z_of >> p, p=lambda: Kernel(LAWS["Normal"]))
    assert loss({"rows": {"z": Z, "y": Y}})[0].isfinite()
    with pytest.raises(ld.DataError, match="define it with row_by_row=True, or let its function take present=None"):
        loss({"rows": {"z": Z, "y": (Y, ROWS)}})


# ---- ragged ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["cosine", "info_nce", "squared_error", "mean_squared_error", "absolute", "huber"])
def test_padding_changes_nothing(name):
    a, b = rows.column("a", x), rows.column("b", x)
    g = ld.Box("g", x, x)
    loss = objective(name, a >> g, b, Euclidean(None, 2), g=lambda: nn.Linear(2, 2).double())
    values = torch.randn(2, N, L, 2, dtype=torch.float64)
    longer, mask = F.pad(values, (0, 0, 0, 2), value=math.nan), F.pad(MASK, (0, 2))
    short = {"rows": {"a": (values[0], MASK), "b": (values[1], MASK)}}
    long = {"rows": {"a": (longer[0], mask), "b": (longer[1], mask)}}
    agrees(loss, loss(short)[0], long)


# ---- in law ----------------------------------------------------------------------------------------------------------

WORDS_OF = {"a": [[1, 2, 3], [2, 0, 0], [3, 3, 0], [0, 0, 0]], "b": [[4, 0, 0], [1, 2, 0], [2, 3, 1], [3, 0, 0]]}


def in_law(name, space=None, lhs=None, **modules):
    a, b = rows.column("a", x), rows.column("b", x)
    loss = ld.LearningDiagram(ld.Constraint("c", rows.state >> (lhs or a), rows.state >> b, divergence=name))
    return compile(loss, TorchFunctor(ob={x: space or Tokens(5, None, padding=0)}, ar=modules))


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("more", [0, 2])
def test_sequences_of_any_length_are_compared_in_law_and_padding_is_no_token(name, more):
    sides = {key: F.pad(torch.tensor(value), (0, more)) for key, value in WORDS_OF.items()}
    vectors = {key: F.one_hot(value, 5).double() * (value != 0)[..., None] for key, value in sides.items()}
    there = {key: value[(sides[key] != 0).any(1)][:, :3] for key, value in vectors.items()}
    loss = in_law(name)
    torch.manual_seed(3)
    total = loss({"rows": sides})[0]
    torch.manual_seed(3)
    padded = {key: F.pad(value, (0, 0, 0, more)) for key, value in there.items()}
    expected = SAMPLES[name](padded["b"].float(), padded["a"].float())
    torch.testing.assert_close(total, expected, rtol=1e-5, atol=1e-6)
    assert total > 0 and in_law(name)({"rows": {"a": sides["b"], "b": sides["b"]}})[0].abs() < 1e-6


def test_a_kernel_of_ragged_words_is_compared_in_law_and_gets_a_gradient_where_words_are():
    space = Tokens(5, None, padding=0, sample="straight-through")
    say = ld.Kernel("say", x, x)
    table = nn.Linear(5, 5).double()
    loss = in_law("energy_distance", space, rows.column("a", x) >> say, say=table)
    words = {key: torch.tensor(value) for key, value in WORDS_OF.items()}
    loss({"rows": words})[0].backward()
    assert table.weight.grad.isfinite().all() and table.weight.grad.abs().sum() > 0


def test_masked_pixels_are_compared_in_law():
    space = Finite(3, shape=(2, 2))
    pixels, mask = torch.arange(16).view(4, 2, 2) % 3, torch.rand(4, 2, 2) > 0.4
    mask[:, 0, 0] = True
    total = in_law("mmd", space)({"rows": {"a": (pixels, mask), "b": pixels.flip(0)}})[0]
    vectors = F.one_hot(pixels, 3).float()
    torch.testing.assert_close(total, SAMPLES["mmd"](vectors.flip(0), vectors * mask[..., None]))
