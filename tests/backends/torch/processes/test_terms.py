"""Two and three processes have the loss and the gradients of one on the joined batch, for every term there is."""

import warnings
from functools import partial

import pytest
import torch
from torch import distributed, nn
from torch.distributions import Gamma, Independent, Normal

import learning_diagrams as ld
from learning_diagrams.backends.torch import Bernoulli, Euclidean, Finite, Tokens, TorchFunctor, compile, divergence
from learning_diagrams.backends.torch.divergences.samples import AVERAGES, SAMPLES
from learning_diagrams.backends.torch.divergences.table import LIBRARY
from learning_diagrams.backends.torch.processes.joined_objective import JoinedObjective
from process_pool import Pool

CARRIERS = {
    "points": (Euclidean(2), (2,)),
    "complex": (Euclidean(2, dtype=torch.complex128), (2,)),
    "labels": (Finite(3), (3,)),
    "probabilities": (Finite(3, soft=True), (3,)),
    "bits": (Bernoulli(2), (2,)),
    "tokens": (Tokens(3, 2, padding=0), (2, 3)),
}
x, y = ld.Ty("x"), ld.Ty("y")
rows, more = ld.SampleSpace("rows"), ld.SampleSpace("more")


class Head(nn.Module):
    """A map of vectors: points, logits, probabilities, or a normal law."""

    def __init__(self, carrier, kind, seed):
        super().__init__()
        self.carrier, self.kind, self.shape = carrier, kind, CARRIERS[carrier][1]
        draws = torch.Generator().manual_seed(seed)
        self.weight = nn.Parameter(torch.randn(2, *self.shape, generator=draws, dtype=torch.float64))

    def forward(self, value):
        out = torch.tensordot(value, self.weight, 1)
        if self.kind == "distribution":
            return Independent(Normal(out, 0.5 + out.square()), 1) if self.carrier == "points" else out
        if self.carrier == "complex":
            return torch.complex(out, out.square())
        return torch.softmax(out, -1) if self.carrier == "probabilities" else out


def example(carrier, count):
    shape = CARRIERS[carrier][1]
    if carrier in ("labels", "tokens"):
        return torch.randint(0, 3, (count, *shape[:-1]))
    if carrier == "bits":
        return torch.randint(0, 2, (count, *shape)).double()
    values = torch.randn(count, *shape, dtype=torch.complex128 if carrier == "complex" else torch.float64)
    return values.softmax(-1) if carrier == "probabilities" else values


def pointwise(key):
    name, carrier, reference, prediction = key
    start = rows.column("x", x)
    modules, sides = {}, []
    for side, kind, seed in (("lhs", prediction, 1), ("rhs", reference, 2)):
        if kind == "point" and (side == "rhs" or carrier in ("labels", "tokens")):
            sides.append(rows.column(side, y))
        else:
            box = (ld.Kernel if kind == "distribution" else ld.Box)(f"of_{side}", x, y)
            modules[box] = Head(carrier, kind, seed)
            sides.append(start >> box)
    return [ld.Constraint("c", *sides, divergence=name)], modules, {x: Euclidean(2), y: CARRIERS[carrier][0]}


def batch_of(diagram, spaces, counts, masks):
    """Columns for all sample spaces; each second one masked if asked for, with unequal shares."""
    batch = {}
    for (space, name), column in sorted(diagram.signature.columns.items()):
        kind = spaces[next(ty for ty in spaces if ty.inside[0].name == column.cod.inside[0].name)]
        carrier = next(carrier for carrier, (each, _) in CARRIERS.items() if each == kind)
        values = example(carrier, counts[space])
        mask = torch.arange(counts[space]) % 3 != len(batch) % 3
        mask[-1] = False
        batch.setdefault(space, {})[name] = (values, mask) if masks else values
    return batch


BATCHES = [(masks, counts) for masks in (False, True) for counts in ((7, 5), (2, 9))]


def learned(name):
    """For each batch total, terms and the gradient of every parameter, as the mean over the processes."""
    torch.manual_seed(0)
    constraints, modules, spaces = CASES[name]()
    diagram = ld.LearningDiagram(*constraints)
    used = {box: module for box, module in modules.items() if box.name in diagram.signature.boxes}
    objective = compile(diagram, TorchFunctor(ob=spaces, ar=used)).double()
    joined, parameters = JoinedObjective(objective, rows="all"), objective.trainable_parameters()
    results = []
    for masks, counts in BATCHES:
        batch = batch_of(diagram, spaces, dict(zip(("rows", "more"), counts, strict=True)), masks)
        torch.manual_seed(1)
        total, terms = joined(batch)
        gradients = []
        if total.requires_grad:
            gradients = torch.autograd.grad(total, parameters, materialize_grads=True)
        for gradient in gradients if distributed.is_initialized() else ():
            distributed.all_reduce(gradient)
            gradient /= distributed.get_world_size()
        results += [total.detach(), *(term.detach() for term in terms.values()), *gradients, torch.rand(1)]
    return results


def in_law(name):
    carrier = "labels" if name.endswith("_in_law") else "points"
    box, other = ld.Kernel("f", x, y), ld.Kernel("g", x, y)
    modules = {box: Head(carrier, "distribution", 1), other: Head(carrier, "distribution", 2)}
    lhs, rhs = (space.state >> space.column("x", x) >> each for space, each in ((rows, box), (more, other)))
    constraint = ld.Constraint("c", lhs, rhs, divergence=name.removesuffix("_in_law"))
    return [constraint], modules, {x: Euclidean(2), y: CARRIERS[carrier][0]}


f, g, noise, k = ld.Box("f", x, x), ld.Box("g", x @ x, x), ld.Kernel("noise", ld.Ty(), x), ld.Kernel("k", x, x)
size = ld.Box("size", ld.Ty(), ld.Ty("r"))
point, target, other_point = rows.column("x", x), rows.column("z", x), more.column("x", x)
PLANE = {x: Euclidean(2)}


def linear(seed=3):
    torch.manual_seed(seed)
    return nn.Linear(2, 2).double()


def pair():
    torch.manual_seed(4)
    return nn.Bilinear(2, 2, 2).double()


@divergence(formula="Σ (p − r − mean)²", unit="squares", name="centred")
def centred(reference, prediction):
    gap = prediction - reference
    return (gap - gap.mean(0)).square().sum(1)


class Noise(nn.Module):
    def __init__(self):
        super().__init__()
        self.mean = nn.Parameter(torch.ones(1, 2).double())

    def forward(self):
        return Independent(Normal(self.mean, 1.0), 1)


class Law(nn.Module):
    """A normal law round a linear map."""

    def __init__(self):
        super().__init__()
        self.linear = linear(5)

    def forward(self, value):
        return Independent(Normal(self.linear(value), 0.5), 1)


class Size(nn.Module):
    def __init__(self):
        super().__init__()
        self.log = nn.Parameter(torch.tensor([0.5]).double())

    def forward(self):
        return self.log.exp()


class Dropping(nn.Module):
    """Everything of PyTorch that draws in a module, and what depends on the values of all rows."""

    def __init__(self):
        super().__init__()
        self.linear = linear(6)
        self.attention = nn.MultiheadAttention(2, 1, dropout=0.4, batch_first=True).double()
        self.drops = nn.ModuleList([nn.Dropout(0.3), nn.AlphaDropout(0.3), nn.RReLU()])

    def forward(self, value):
        value = self.linear(value)
        for drop in self.drops:
            value = drop(value)
        value = value + 0.1 * torch.rand(len(value), 2, dtype=value.dtype) + 0.1 * torch.randn_like(value)
        value = value + 0.1 * Gamma(value.square() + 0.3, 1.0).rsample()
        three = torch.stack([value, 2 * value, value * value], 1)
        return value + self.attention(three, three, three)[0].sum(1)


def two(space=rows):
    return space.column("x", x) @ space.column("x", x) >> g, space.column("x", x) @ ld.Discard(space.ty)


OWN = {
    "pairs": lambda: ([ld.Constraint("c", *two())], {g: pair()}, PLANE),
    "two columns": lambda: ([ld.Constraint("c", ld.Copy(rows.ty) >> point @ target >> g, point)], {g: pair()}, PLANE),
    "draws": lambda: ([ld.Constraint("c", point >> k >> f, target)], {f: linear(), k: Law()}, PLANE),
    "noise": lambda: (
        [ld.Constraint("c", point @ noise >> g, target)], {g: pair(), noise: Noise()}, PLANE,
    ),
    "noise in law": lambda: (
        [ld.Constraint("c", noise >> f, rows.state >> point, divergence="mmd")], {f: linear(), noise: Noise()}, PLANE,
    ),
    "samples": lambda: (
        [ld.Constraint("c", noise >> f, noise, divergence={"name": "energy_distance", "samples": 6})],
        {f: linear(), noise: Noise()}, PLANE,
    ),
    "modules that draw": lambda: ([ld.Constraint("c", point >> f, target)], {f: Dropping()}, PLANE),
    "symmetric contrast": lambda: (
        [ld.Constraint("c", point >> f, target, divergence={"name": "info_nce", "symmetric": True})],
        {f: linear()}, PLANE,
    ),
    "a divergence of one's own": lambda: (
        [ld.Constraint("c", point >> f, target, divergence="centred")], {f: linear()}, PLANE,
    ),
    "several": lambda: (
        [
            ld.Constraint("a", point >> f, target, weight=0.5),
            ld.Constraint("b", other_point >> f, other_point, weight=size),
            ld.Constraint("c", point >> f, target, divergence="info_nce"),
            ld.Constraint("d", point >> f, target, divergence="absolute", weight=0),
        ],
        {f: linear(), size: Size()}, PLANE | {ld.Ty("r"): Euclidean(1)},
    ),
}  # fmt: skip
CASES = {
    **{": ".join(key): partial(pointwise, key) for key in LIBRARY},
    **{name: partial(in_law, name) for name in (*SAMPLES, *AVERAGES)},
    **OWN,
}


def learned_all(names):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # modules that draw are no functions of their input
        return {name: learned(name) for name in names}


@pytest.mark.parametrize(
    ("size", "names"),
    [(3, [*CASES][::3]), *(pytest.param(size, [*CASES], marks=pytest.mark.thorough) for size in (2, 3))],
    ids=["some, 3 processes", "all, 2 processes", "all, 3 processes"],
)
def test_loss_and_gradients_are_those_of_one_process(size, names):
    """Of 2 rows, one of three processes has none; and all have drawn the same."""
    of_one = learned_all(names)
    with Pool(size) as pool:
        for answers in pool.run(learned_all, names):
            for name in names:
                text = f"{name}: {{}}".format
                torch.testing.assert_close(answers[name], of_one[name], rtol=1e-12, atol=1e-12, msg=text)
