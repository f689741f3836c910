"""Few-shot learning with two tasks on one backbone: telling characters of scripts that were never seen.

Each task is a learning diagram of its own. Their pushout along the backbone and the data shares the backbone: its
parameters exist once, and get the gradients of both tasks. An episode is one row: the images of its support, then its
queries.

Source: Snell, Swersky & Zemel, *Prototypical networks for few-shot learning* (2017).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import torch
from experiment import ROOT, Experiment, carry_out, settle
from measures import Measure
from torch import Tensor, nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Tokens, TorchFunctor, compile, fit

WAYS, QUERIES, DRAWINGS = 10, 4, 20
SCRIPTS = 24

glyphs, codes, character, script = (ld.Ty(name) for name in ("glyphs", "codes", "character", "script"))
episodes = ld.SampleSpace("episodes")
drawn = episodes.column("glyphs", glyphs)
embed = ld.Box("embed", glyphs, codes)
nearest, name_script = ld.Kernel("nearest", codes, character), ld.Kernel("name script", codes, script)


def tasks(weight: float = 0.3) -> dict[str, ld.LearningDiagram]:
    """A learning diagram for each task, and their pushout along the backbone and the data."""
    few_shot = ld.LearningDiagram(
        ld.Constraint("told apart", drawn >> embed >> nearest, episodes.column("character", character)), name="few-shot"
    )
    scripts = ld.LearningDiagram(
        ld.Constraint("script", drawn >> embed >> name_script, episodes.column("script", script), weight=weight),
        name="scripts",
    )
    both = ld.pushout(few_shot, scripts, along={embed: embed, drawn: drawn})
    return {"few-shot": few_shot, "both tasks": both}


class EachImage(nn.Module):
    """A network of images, on sets of images: [rows, images, 28, 28] to [rows, images, features]."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 1
        for width in (16, 32, 32):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(2)]
            channels = width
        self.network = nn.Sequential(*layers, nn.Flatten())

    def forward(self, x: Tensor) -> Tensor:
        return self.network(x.reshape(-1, 1, 28, 28)).reshape(*x.shape[:2], -1)


def to_prototypes(codes: Tensor, ways: int, shots: int) -> Tensor:
    """Logits [rows, queries, ways]: minus the squared distance of each query to each prototype, over the features."""
    rows, _, features = codes.shape
    prototypes = codes[:, : ways * shots].reshape(rows, ways, shots, features).mean(2)
    return -(torch.cdist(codes[:, ways * shots :], prototypes) ** 2) / features


class Head(nn.Module):
    """A linear map of the queries of an episode."""

    def __init__(self, skip: int) -> None:
        super().__init__()
        self.skip, self.linear = skip, nn.Linear(288, SCRIPTS)

    def forward(self, codes: Tensor) -> Tensor:
        return self.linear(codes[:, self.skip :])


class Glyphs:
    """1,149 characters of 24 scripts, 20 drawings of each; six scripts are for the test, three others for choices."""

    def __init__(self) -> None:
        with np.load(ROOT / "data" / "glyphs.npz") as file:
            count = len(file["names"])
            self.images = torch.tensor(file["x"]).float().reshape(count, DRAWINGS, 28, 28) / 255
            self.script = torch.tensor(file["a"]).reshape(count, DRAWINGS)[:, 0]
        scripts = self.script.unique()
        self.of = {
            "train": self._characters(scripts[:-6]),
            "rehearsal": self._characters(scripts[:-9]),
            "validation": self._characters(scripts[-9:-6]),
            "test": self._characters(scripts[-6:]),
        }

    def _characters(self, scripts: Tensor) -> Tensor:
        return torch.isin(self.script, scripts).nonzero()[:, 0]

    def episode(
        self, among: Tensor, ways: int, shots: int, queries: int, generator: torch.Generator
    ) -> dict[str, Tensor]:
        """A row: ways · shots images to learn from, then the queries, with way, script and character of each."""
        characters = among[torch.randperm(len(among), generator=generator)[:ways]]
        drawings = torch.stack([torch.randperm(DRAWINGS, generator=generator)[: shots + queries] for _ in range(ways)])
        images = self.images[characters[:, None], drawings]
        flat = [images[:, :shots].reshape(-1, 28, 28), images[:, shots:].reshape(-1, 28, 28)]
        return {
            "glyphs": torch.cat(flat)[None],
            "character": torch.arange(ways).repeat_interleave(queries)[None],
            "script": self.script[characters].repeat_interleave(queries)[None],
            "which": characters.repeat_interleave(queries)[None],
        }


def functor() -> TorchFunctor:
    """Spaces and fresh modules for training episodes of one shot."""
    images = WAYS * (1 + QUERIES)
    spaces = {
        glyphs: Euclidean(images, 28, 28),
        codes: Euclidean(images, 288),
        character: Tokens(WAYS, WAYS * QUERIES, reduction="mean"),
        script: Tokens(SCRIPTS, WAYS * QUERIES, reduction="mean"),
    }
    modules = {embed: EachImage(), nearest: lambda codes: to_prototypes(codes, WAYS, 1), name_script: Head(WAYS)}
    return TorchFunctor(ob=spaces, ar=modules)


def stream(data: Glyphs, among: str, seed: int, columns: set[str]) -> Iterator[dict[str, Tensor]]:
    generator = torch.Generator().manual_seed(seed)
    while True:
        episode = data.episode(data.of[among], WAYS, 1, QUERIES, generator)
        yield {name: column for name, column in episode.items() if name in columns}


def train(diagram: ld.LearningDiagram, data: Glyphs, among: str, seed: int, steps: int) -> nn.Module:
    """The backbone after training on episodes."""
    settle(seed)
    used = {box.name for box in diagram.boxes}
    every = functor()
    chosen = TorchFunctor(
        ob={name: space for name, space in every.spaces.items() if name in {str(ty) for ty in diagram.objects}},
        ar={name: module for name, module in every.modules.items() if name in used},
    )
    objective = compile(diagram, chosen)
    columns = {column.name for column in diagram.columns}
    fit(
        objective, {"episodes": stream(data, among, seed, columns)}, steps=steps,
        optimizer=torch.optim.Adam, lr=2e-3, seed=seed, progress=False,
    )  # fmt: skip
    return objective.boxes.of("embed")


def accuracy(backbone, data: Glyphs, among: str, shots: int, episodes: int) -> Measure:
    """How often the nearest prototype is right, in 5-way episodes of unseen scripts; an item is a character."""
    generator = torch.Generator().manual_seed(99)
    if isinstance(backbone, nn.Module):
        backbone.eval()
    right, queries = (torch.zeros(len(data.images)) for _ in range(2))
    with torch.no_grad():
        for _ in range(episodes):
            episode = data.episode(data.of[among], 5, shots, 10, generator)
            answers = to_prototypes(backbone(episode["glyphs"]), 5, shots).argmax(-1)
            which = episode["which"][0]
            right.index_add_(0, which, (answers == episode["character"])[0].float())
            queries.index_add_(0, which, torch.ones(len(which)))
    return Measure.of(right[queries > 0], queries[queries > 0].int())


def raw_pixels(x: Tensor) -> Tensor:
    return x.flatten(2)


def run(short: bool = False) -> Experiment:
    """Choose weight and length on three scripts that are held out of training, then test on the six unseen ones."""
    experiment = Experiment("few_shot", (0,) if short else (0, 1, 2))
    data = Glyphs()
    steps, episodes_of_test = (10, 5) if short else (300, 150)

    @cache
    def score(weight: float, steps: int, name: str = "both tasks") -> float:
        backbone = train(tasks(weight)[name], data, "rehearsal", 10, steps)
        return accuracy(backbone, data, "validation", 1, episodes_of_test).value

    weight = experiment.choose(
        "weight of the second task", (0.3,) if short else (0.1, 0.3, 1.0), lambda w: score(w, steps)
    )
    lengths = (steps,) if short else (steps, 2 * steps)
    length = {
        name: experiment.choose(f"steps of {name}", lengths, lambda n, name=name: score(weight, n, name))
        for name in tasks()
    }
    for seed in experiment.seeds:
        settle(seed)
        backbones = {"raw pixels": raw_pixels, "untrained backbone": EachImage()}
        for name, diagram in tasks(weight).items():
            backbones[name] = train(experiment.trained(name, diagram), data, "train", seed, length[name])
        for name, backbone in backbones.items():
            scores = {f"{k}-shot": accuracy(backbone, data, "test", k, episodes_of_test) for k in (1, 5)}
            experiment.add(name, seed, **scores)
    return experiment


if __name__ == "__main__":
    carry_out(run)
