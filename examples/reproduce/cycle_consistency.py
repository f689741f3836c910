"""Translating between two vendors' emoji without pairs: distributions agree, and there and back is the identity.

An image is its code of 64 numbers in a basis made of both vendors' training drawings; no emoji is in the training data
of both. The true pairs serve the score only, and the upper bound.

Source: Zhu et al., *Unpaired image-to-image translation using cycle-consistent adversarial networks* (2017).
"""

from __future__ import annotations

import torch
from emoji import VENDORS, Emoji, rank_of_own
from experiment import Experiment, carry_out, settle
from measures import Measure
from torch import Tensor, nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile, fit

CODES = 64

noto, fluent = ld.Ty("noto"), ld.Ty("fluent")
here, there, paired = ld.SampleSpace("here"), ld.SampleSpace("there"), ld.SampleSpace("paired")
noto_code, fluent_code = here.column("code", noto), there.column("code", fluent)
translate, back = ld.Box("translate", noto, fluent), ld.Box("back", fluent, noto)


def diagrams(cycle: float = 1.0) -> dict[str, ld.LearningDiagram]:
    """Unpaired with and without the cycles, and the paired upper bound."""
    law = "sliced_wasserstein"
    whole = ld.LearningDiagram(
        ld.Constraint("like fluent", here.state >> noto_code >> translate, there.state >> fluent_code, divergence=law),
        ld.Constraint("like noto", there.state >> fluent_code >> back, here.state >> noto_code, divergence=law),
        ld.Constraint("home from fluent", noto_code >> translate >> back, noto_code, weight=cycle / CODES),
        ld.Constraint("home from noto", fluent_code >> back >> translate, fluent_code, weight=cycle / CODES),
        name="cycle consistency",
    )
    true_noto, true_fluent = paired.column("noto", noto), paired.column("fluent", fluent)
    bound = ld.LearningDiagram(
        ld.Constraint("there", true_noto >> translate, true_fluent),
        ld.Constraint("and back", true_fluent >> back, true_noto),
        name="paired",
    )
    return {
        "cycles": whole,
        "no cycle": whole.without("home from fluent", "home from noto"),
        "paired": bound,
    }


class Residual(nn.Module):
    """A map of codes; before training it is the identity."""

    def __init__(self) -> None:
        super().__init__()
        self.more = nn.Sequential(nn.Linear(CODES, 128), nn.ReLU(), nn.Linear(128, CODES))
        nn.init.zeros_(self.more[2].weight)
        nn.init.zeros_(self.more[2].bias)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.more(x)


class Codes:
    """Codes of both vendors; a fixed split of the emoji: 600 here, 600 there, 163 for choices, 200 for the test."""

    def __init__(self) -> None:
        images = Emoji().images.flatten(2)
        order = torch.randperm(len(images), generator=torch.Generator().manual_seed(7))
        self.here, self.there, self.validation, self.test = order.split([600, 600, 163, 200])
        first, second = (images[:, VENDORS[name]] for name in ("noto", "fluent"))
        seen = torch.cat([first[self.here], second[self.there]])
        centre = seen.mean(0)
        _, _, basis = torch.linalg.svd(seen - centre, full_matrices=False)
        self.noto, self.fluent = ((x - centre) @ basis[:CODES].T for x in (first, second))
        scale = torch.cat([self.noto[self.here], self.fluent[self.there]]).std()
        self.noto, self.fluent = self.noto / scale, self.fluent / scale


def train(diagram: ld.LearningDiagram, data: Codes, seed: int, steps: int):
    settle(seed)
    F = TorchFunctor(
        ob={noto: Euclidean(CODES), fluent: Euclidean(CODES)}, ar={translate: Residual(), back: Residual()}
    )
    both = torch.cat([data.here, data.there])
    every = {
        "here": {"code": data.noto[data.here]},
        "there": {"code": data.fluent[data.there]},
        "paired": {"noto": data.noto[both], "fluent": data.fluent[both]},
    }
    objective = compile(diagram, F)
    chosen = {space.name: every[space.name] for space in diagram.sample_spaces}
    fit(objective, chosen, steps=steps, batch_size=256, optimizer=torch.optim.Adam, lr=1e-3, seed=seed, progress=False)
    return objective.eval()


@torch.no_grad()
def scores(there, back, data: Codes, rows: Tensor) -> dict[str, Measure]:
    """Mean square error of a number of a code on true pairs, and how often the true code is among the ten nearest.

    An item is an emoji, and counts both ways.
    """
    error, right = torch.zeros(len(rows)), torch.zeros(len(rows))
    for source, target, translation in ((data.noto, data.fluent, there), (data.fluent, data.noto, back)):
        image = translation(source[rows])
        error += (image - target[rows]).square().mean(1)
        right += rank_of_own(-torch.cdist(image, target[rows])) < 10
    both = [2] * len(rows)
    return {"error": Measure.of(error, both), "R@10": Measure.of(right, both)}


def run(short: bool = False) -> Experiment:
    """Choose the weight of the cycles and the length by pairs held out of training, then test on 200 others."""
    experiment = Experiment("cycle_consistency", (0,) if short else (0, 1, 2))
    data = Codes()
    steps = 20 if short else 500

    def reached(name: str, seed: int, rows: Tensor, steps: int, cycle: float) -> dict[str, Measure]:
        objective = train(diagrams(cycle)[name], data, seed, steps)
        return scores(objective.model(translate), objective.model(back), data, rows)

    cycle = experiment.choose(
        "weight of the cycles", (1.0,) if short else (1.0, 10.0),
        lambda weight: -reached("cycles", 10, data.validation, steps, weight)["error"].value,
    )  # fmt: skip
    length = {
        name: experiment.choose(
            f"steps, {name}", (steps,) if short else (500, 1500),
            lambda n, name=name: -reached(name, 10, data.validation, n, cycle)["error"].value,
        )
        for name in diagrams()
    }  # fmt: skip
    for seed in experiment.seeds:
        experiment.add("nothing done", seed, **scores(lambda x: x, lambda x: x, data, data.test))
        for name, diagram in diagrams(cycle).items():
            experiment.trained(name, diagram)
            experiment.add(name, seed, **reached(name, seed, data.test, length[name], cycle))
    return experiment


if __name__ == "__main__":
    carry_out(run)
