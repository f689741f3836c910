"""Each divergence by name, through `compile`, against a number worked out by hand; and every entry of the table."""

import itertools
import math

import pytest
import torch
from torch import nn
from torch.distributions import Independent, Normal

import learning_diagrams as ld
from learning_diagrams.backends.torch import Bernoulli, Euclidean, Finite, Tokens, TorchFunctor, compile
from learning_diagrams.backends.torch.divergences.table import LIBRARY, TorchDivergences
from learning_diagrams.semantics.divergences import KINDS

torch.set_num_threads(1)
FUNCTIONS = TorchDivergences().functions()
x, rows = ld.Ty("x"), ld.SampleSpace("rows")
input_of, r_of, p_of = rows.column("input", ld.Ty("input")), rows.column("r", x), rows.column("p", x)
r_law, p_law = ld.Kernel("r_law", ld.Ty("input"), x), ld.Kernel("p_law", ld.Ty("input"), x)


class Logits(nn.Module):
    """The same logits at every row."""

    def __init__(self, logits):
        super().__init__()
        self.logits = nn.Parameter(logits)

    def forward(self, value):
        return self.logits.expand(len(value), *self.logits.shape)


class Gauss(nn.Module):
    """A normal law at every row."""

    def __init__(self, mean, scale):
        super().__init__()
        self.mean, self.scale = nn.Parameter(mean), scale

    def forward(self, value):
        return Independent(Normal(self.mean.expand(len(value), *self.mean.shape), self.scale), 1)


def term(space, divergence, kinds, modules=None, in_law=False):
    """The objective of prediction = reference, each a column or a kernel."""
    ends = [
        column if kind == "point" else input_of >> law
        for kind, column, law in zip(kinds, (r_of, p_of), (r_law, p_law), strict=True)
    ]
    reference, prediction = [rows.state >> end for end in ends] if in_law else ends
    diagram = ld.LearningDiagram(ld.Constraint("c", prediction, reference, divergence=divergence))
    ar = {box: module for box, module in (modules or {}).items() if box in diagram.boxes}
    return compile(diagram, TorchFunctor(ob={x: space, ld.Ty("input"): Euclidean(1)}, ar=ar))


def data(r=None, p=None, n=2, dtype=torch.float64):
    columns = {"input": torch.zeros(n, 1, dtype=dtype), "r": r, "p": p}
    return {"rows": {name: value for name, value in columns.items() if value is not None}}


def logs(*law):
    return Logits(torch.tensor(law, dtype=torch.float64).log())


FAIR, SURE = (0.5, 0.5), (0.9, 0.1)
# r = (.5, .5), p = (.9, .1), in nats.
ON_LABELS = {
    "kl": 0.510826, "reverse_kl": 0.368064, "total_variation": 0.4, "renyi": 1.021651, "jensen_shannon": 0.101749,
    "hellinger": 0.105573, "chi_squared": 1.777778,
}  # fmt: skip
# r = (0, 0) and p = (3, 4); for cosine r = (1, 0).
ON_POINTS = {
    "squared_error": 25, "mean_squared_error": 12.5, "absolute": 7, "huber": 2.5 + 3.5, "cosine": 1 - 3 / 5,
    "difference": 7,
}  # fmt: skip
# r = {0, 2} and p = {1, 3}.
IN_LAW = {
    "mmd": 1 + math.exp(-2) - 1.5 * math.exp(-0.5) - 0.5 * math.exp(-4.5), "energy_distance": 3 - 1 - 1,
    "sliced_wasserstein": 1,
}  # fmt: skip
# Of data 0 or label 1, or of a law without width.
OF_DATA = {"nll": -math.log(0.1), "energy": 2 * 5}


def test_every_divergence_has_an_oracle():
    assert set(KINDS) == {*ON_LABELS, *ON_POINTS, *IN_LAW, *OF_DATA, "info_nce"}  # the last one in test_contrast.py


@pytest.mark.parametrize("name", ON_LABELS)
def test_oracles_on_labels(name):
    objective = term(Finite(2), name, ("distribution", "distribution"), {r_law: logs(*FAIR), p_law: logs(*SURE)})
    assert objective(data(), strict=False)[0].item() == pytest.approx(ON_LABELS[name], abs=1e-6)


@pytest.mark.parametrize("name", ON_LABELS)
def test_oracles_on_bits_and_tokens(name):
    """Two bits of the same laws are worth twice as much; two tokens too."""
    for space, r, p in (
        (Bernoulli(2), Logits(torch.zeros(2).double()), Logits(torch.tensor([1 / 9, 1 / 9]).double().log())),
        (Tokens(2, 2), logs(FAIR, FAIR), logs(SURE, SURE)),
    ):
        objective = term(space, name, ("distribution", "distribution"), {r_law: r, p_law: p})
        assert objective(data(), strict=False)[0].item() == pytest.approx(2 * ON_LABELS[name], abs=2e-6)


@pytest.mark.parametrize("name", ON_POINTS)
def test_oracles_on_points(name):
    r = torch.tensor([[1.0, 0.0]] if name == "cosine" else [[0.0, 0.0]])
    total, _ = term(Euclidean(2), name, ("point", "point"))(data(r, torch.tensor([[3.0, 4.0]]), n=1), strict=False)
    assert total.item() == pytest.approx(ON_POINTS[name], rel=1e-6)


@pytest.mark.parametrize("name", IN_LAW)
def test_oracles_in_law(name):
    objective = term(Euclidean(1), name, ("point", "point"), in_law=True)
    total, _ = objective(data(torch.tensor([[0.0], [2.0]]), torch.tensor([[1.0], [3.0]])), strict=False)
    assert total.item() == pytest.approx(IN_LAW[name], rel=1e-5)


@pytest.mark.parametrize("name", ON_LABELS)
def test_average_laws_are_compared_in_law(name):
    """Two rows (1, 0) and (0, 1) are on average (.5, .5)."""
    objective = term(Finite(2), name, ("point", "distribution"), {p_law: logs(*SURE)}, in_law=True)
    total, _ = objective(data(torch.tensor([0, 1])), strict=False)
    assert total.item() == pytest.approx(ON_LABELS[name], abs=1e-6)


def test_oracles_of_data():
    labels = term(Finite(2), "nll", ("point", "distribution"), {p_law: logs(*SURE)})
    assert labels(data(torch.tensor([1, 1])))[0].item() == pytest.approx(OF_DATA["nll"])
    narrow = {p_law: Gauss(torch.tensor([3.0, 4.0]).double(), 1e-12)}
    energy = term(Euclidean(2), "energy", ("point", "distribution"), narrow)
    assert energy(data(torch.zeros(2, 2).double()))[0].item() == pytest.approx(OF_DATA["energy"], rel=1e-9)


# ---- every entry of the table ---------------------------------------------------------------------------------------

SPACES = {
    "points": Euclidean(3), "labels": Finite(3), "bits": Bernoulli(3), "tokens": Tokens(3, 2),
    "probabilities": Finite(3, shape=(2,), soft=True), "complex": Euclidean(3, dtype=torch.complex128),
}  # fmt: skip
ENDS = tuple(itertools.product(("point", "distribution"), repeat=2))


def column(carrier, seed, n=6):
    generator = torch.Generator().manual_seed(seed)
    if carrier in ("points", "complex"):
        return torch.randn(n, 3, generator=generator, dtype=SPACES[carrier].dtype or torch.float64)
    if carrier == "probabilities":
        return torch.randn(n, 2, 3, generator=generator, dtype=torch.float64).softmax(-1)
    shape = (n,) if carrier == "labels" else (n, SPACES[carrier].shape[0])
    values = torch.randint(0, 2 if carrier == "bits" else 3, shape, generator=generator)
    return values.double() if carrier == "bits" else values


class Linear(nn.Module):
    """A law that depends on the row."""

    def __init__(self, carrier, seed, scale=1.0):
        super().__init__()
        torch.manual_seed(seed)
        self.carrier, self.scale = carrier, scale
        self.shape = SPACES[carrier].distribution_shape or (3,)
        self.linear = nn.Linear(1, math.prod(self.shape)).double()

    def forward(self, value):
        ends = self.linear(value).reshape(len(value), *self.shape)
        return Normal(ends, self.scale) if self.carrier in ("points", "complex") else ends


def example(key):
    """An objective for an entry of the table, its batch, and the ends that it compares."""
    name, carrier, *kinds = key
    scale = 1e-12 if name == "energy" else 1.0  # whose value does not depend on the draw
    modules = {r_law: Linear(carrier, 0, scale), p_law: Linear(carrier, 1, scale)}
    batch = data(column(carrier, 0), column(carrier, 1))
    batch["rows"]["input"] = torch.linspace(-1, 1, 6, dtype=torch.float64)[:, None]
    ends = [
        batch["rows"][at] if kind == "point" else modules[law](batch["rows"]["input"])
        for kind, at, law in zip(kinds, "rp", (r_law, p_law), strict=True)
    ]
    return term(SPACES[carrier], name, kinds, modules), batch, ends


ENTRIES = [key for key in LIBRARY if key[0] in KINDS]


@pytest.mark.parametrize("key", ENTRIES, ids="-".join)
def test_every_entry_compiles_and_its_mask_removes_rows(key):
    """The term is the function of its ends; `defects` are its rows; a masked batch is the batch without those rows."""
    objective, batch, ends = example(key)
    exact = {"rel": 1e-6 if key[0] == "energy" or key[2:] == ("point", "point") else 1e-12, "abs": 1e-12}
    total, _ = objective(batch, strict=False)
    assert f"{LIBRARY[key].name}(" in objective.code
    assert total.item() == pytest.approx(FUNCTIONS[LIBRARY[key].name](*ends).item(), **exact)
    defects = objective.defects(batch, strict=False)["c"]
    assert defects.shape == (6,) and defects.mean().item() == pytest.approx(total.item(), **exact)

    present = torch.tensor([True, False, True, True, False, True])
    read = objective.layout.read["rows"][0]
    masked = {"rows": batch["rows"] | {read: (batch["rows"][read], present)}}
    fewer = {"rows": {name: values[present] for name, values in batch["rows"].items()}}
    total, _ = objective(masked, strict=False)
    assert total.item() == pytest.approx(objective(fewer, strict=False)[0].item(), **exact)
    assert objective.defects(masked, strict=False)["c"][~present].tolist() == [0, 0]
    nothing = {"rows": batch["rows"] | {read: (batch["rows"][read], ~present & present)}}
    assert objective(nothing, strict=False)[0].item() == 0


@pytest.mark.sampled(40)
@pytest.mark.parametrize("carrier", SPACES)
@pytest.mark.parametrize("name", KINDS)
def test_what_is_in_no_table_is_a_typed_error_that_says_what_fits(name, carrier):
    for kinds in ENDS:
        if (name, carrier, *kinds) not in LIBRARY:
            modules = {r_law: Linear(carrier, 0), p_law: Linear(carrier, 1)}
            with pytest.raises(ld.CompileError, match=rf"constraint 'c': divergence '{name}' does not fit"):
                term(SPACES[carrier], name, kinds, modules)
