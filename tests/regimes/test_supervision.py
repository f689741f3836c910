"""Regimes that learn from labels, thirty steps beside a loss by hand."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from learning_diagrams import regimes
from learning_diagrams.backends.torch import Euclidean, Finite
from learning_diagrams.errors import TypeMismatch
from twin_training import digits, mlp, read, small, train


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_supervised(smoothing):
    x, y = digits()

    def by_hand(net, batch):
        rows = batch["digits"]
        loss = F.cross_entropy(net["model"](rows["pixels"]), rows["label"], label_smoothing=smoothing)
        return loss, {"supervised": loss}

    train(
        regimes.supervised(smoothing),
        {"image": Euclidean(196), "digit": Finite(10)},
        lambda: {"model": mlp(196, 16, 10)},
        {"digits": {"pixels": x, "label": y}},
        by_hand,
    )


def glyphs(rows, seed=0):
    """Drawings of characters, [rows, 196], with the numbers of their character and of its script."""
    x, c, a = read("glyphs.npz", "x", "c", "a")
    chosen = np.random.default_rng(seed).permutation(len(x))[:rows]
    return small(x[chosen]).flatten(1), torch.tensor(c[chosen]), torch.tensor(a[chosen])


def test_multi_task_takes_a_mapping():
    with pytest.raises(TypeMismatch, match="weights= maps tasks to weights"):
        regimes.multi_task(["character", "script"])


def test_multi_task():
    x, character, script = glyphs(200)
    seen = []

    def by_hand(net, batch):
        rows = batch["drawings"]
        feature = net["backbone"](rows["pixels"])
        terms = {task: F.cross_entropy(net[f"read_{task}"](feature), rows[task]) for task in ("character", "script")}
        return terms["character"] + 0.5 * terms["script"], terms

    objective = train(
        regimes.multi_task({"character": 1.0, "script": 0.5}),
        {"image": Euclidean(196), "feature": Euclidean(16), "character": Finite(1149), "script": Finite(24)},
        lambda: {
            "backbone": mlp(196, 16),
            "read_character": nn.Linear(16, 1149),
            "read_script": nn.Linear(16, 24),
        },
        {"drawings": {"pixels": x, "character": character, "script": script}},
        by_hand,
    )
    objective.boxes.of("backbone").register_forward_hook(lambda *_: seen.append(1))
    objective({"drawings": {"pixels": x, "character": character, "script": script}})
    assert len(seen) == 1


def episodes(ways, shots, of, rows=40):
    """For each way a class, shown by some drawings and asked for by another one; classes are characters or scripts."""
    rng = np.random.default_rng(0)
    x, c, a = read("glyphs.npz", "x", "c", "a")
    classes = c if of == "character" else a
    columns = {f"support_{i + 1}": [] for i in range(ways * shots)} | {"query": [], "answer": []}
    places = [np.flatnonzero(classes == k) for k in range(24)]
    for _ in range(rows):
        answer = rng.integers(ways)
        drawn = [rng.permutation(places[k])[: shots + 1] for k in rng.permutation(24)[:ways]]
        for i, place in enumerate(np.concatenate([members[:shots] for members in drawn])):
            columns[f"support_{i + 1}"].append(place)
        columns["query"].append(drawn[answer][shots])
        columns["answer"].append(answer)
    answers = torch.tensor(columns.pop("answer"))
    return {name: small(x[places]).flatten(1) for name, places in columns.items()} | {"answer": answers}


def nearest(ways, shots):
    def logits(*points):
        prototypes = torch.stack(points[:-1]).unflatten(0, (ways, shots)).mean(1)
        return -(points[-1] - prototypes).square().sum(-1).T

    return logits


@pytest.mark.parametrize(("ways", "shots"), [(3, 1), (2, 2)])
def test_prototypical(ways, shots):
    def by_hand(net, batch):
        terms = {}
        for task in ("character", "script"):
            rows = batch[f"{task}_episodes"]
            images = torch.stack([rows[f"support_{i + 1}"] for i in range(ways * shots)], 1)
            place = nn.Sequential(net["backbone"], net[f"place_{task}"])
            prototypes = place(images.flatten(0, 1)).unflatten(0, (len(images), ways, shots)).mean(2)
            query = place(rows["query"])
            scores = 2 * torch.einsum("nwd,nd->nw", prototypes, query) - prototypes.square().sum(-1)
            terms[task] = F.cross_entropy(scores, rows["answer"])  # ‖query‖² is the same for all ways
        return sum(terms.values()), terms

    train(
        regimes.prototypical(ways, shots),
        {"image": Euclidean(196), "feature": Euclidean(16), "point": Euclidean(8), "way": Finite(ways)},
        lambda: {
            "backbone": mlp(196, 16, 16),
            "place_character": nn.Linear(16, 8),
            "place_script": nn.Linear(16, 8),
            "nearest": nearest(ways, shots),
        },
        {f"{task}_episodes": episodes(ways, shots, task) for task in ("character", "script")},
        by_hand,
    )


def add(*laws):
    """The law of a sum, as logits: laws of the addends are convolved."""
    total = laws[0]
    for law in laws[1:]:
        n, m = total.shape[1], law.shape[1]
        places = (torch.arange(n)[:, None] + torch.arange(m)).flatten()
        outer = (total[:, :, None] * law[:, None, :]).flatten(1)
        total = torch.zeros(len(law), n + m - 1, dtype=law.dtype).index_add(1, places, outer)
    return total.log()


@pytest.mark.parametrize("addends", [2, 3])
def test_arithmetic_from_images(addends):
    x, y = digits(198)
    total = y.reshape(-1, addends).sum(1)
    images = {f"image_{i + 1}": x[i::addends] for i in range(addends)}

    def by_hand(net, batch):
        """−log of the probability of the total, which is the sum over all ways to reach it."""
        rows = batch["sums"]
        laws = [net["read"](rows[name]).softmax(1) for name in images]
        places = torch.cartesian_prod(*[torch.arange(10)] * addends)
        joint = torch.stack([law[:, places[:, i]] for i, law in enumerate(laws)]).prod(0)
        loss = -(joint * (places.sum(1) == rows["total"][:, None])).sum(1).log().mean()
        return loss, {"sum": loss}

    train(
        regimes.arithmetic_from_images(addends),
        {"image": Euclidean(196), "digit": Finite(10, sample="expectation"), "sum": Finite(9 * addends + 1)},
        lambda: {"read": mlp(196, 16, 10), "add": add},
        {"sums": images | {"total": total}},
        by_hand,
    )


class Number(nn.Module):
    """A number that is learned: one row of one number."""

    def __init__(self, start):
        super().__init__()
        self.value = nn.Parameter(torch.tensor([[float(start)]]))

    def forward(self):
        return self.value


@pytest.mark.parametrize("form, half", [("common", 1.0), ("paper", 0.5)])
def test_uncertainty_weighting(form, half):
    """Σ exp(−s) · L + s, or with log σ: the noises are learned, and the gradient of s is that of the formula."""
    x, y = digits()

    def by_hand(net, batch):
        rows = batch["scenes"]
        feature = net["backbone"](rows["pixels"])
        depth, label = net["depth_noise"].value.squeeze(), net["label_noise"].value.squeeze()
        terms = {
            "depth": (net["measure"](feature) - rows["depth"]).square().sum(1).mean(),
            "depth_price": depth,
            "label": F.cross_entropy(net["classify"](feature), rows["label"]),
            "label_price": label,
        }
        total = half * torch.exp(-depth) * terms["depth"] + half * depth
        total = total + torch.exp(-label) * terms["label"] + half * label
        return total, terms

    objective = train(
        regimes.uncertainty_weighting(form),
        {name: Euclidean(size) for name, size in (("image", 196), ("feature", 16), ("depth", 2), ("number", 1))}
        | {"label": Finite(10)},
        lambda: {
            "backbone": mlp(196, 16),
            "measure": nn.Linear(16, 2),
            "classify": nn.Linear(16, 10),
            "depth_noise": Number(0.5),
            "label_noise": Number(-0.5),
            "precision": lambda s: torch.exp(-s),
            **({"half_precision": lambda s: torch.exp(-s) / 2} if form == "paper" else {}),
            "zero": lambda: torch.zeros(1, 1, dtype=torch.float64),
        },
        {"scenes": {"pixels": x, "label": y, "depth": x[:, [80, 100]]}},
        by_hand,
    )
    assert not any("constants" in line for line in objective.code.splitlines() if line.endswith(" * label"))
    batch = {"scenes": {"pixels": x[:9], "label": y[:9], "depth": x[:9, [80, 100]]}}
    total, terms = objective(batch)
    noise = objective.boxes.of("label_noise").value
    (slope,) = torch.autograd.grad(total, noise)
    torch.testing.assert_close(slope, half - torch.exp(-noise) * terms["label"], rtol=1e-12, atol=1e-12)
