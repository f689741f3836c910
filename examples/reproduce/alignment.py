"""Images and captions in one space: emoji of a vendor that was never seen find their captions, and captions them.

Source: Radford et al., *Learning transferable visual models from natural language supervision* (2021).
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from emoji import HELD_OUT, SEEN, Augment, Emoji, Eye, rank_of_own
from experiment import Experiment, settle
from torch import Tensor, nn
from torch.nn import functional

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile, fit

image, text, meaning = ld.Ty("image"), ld.Ty("text"), ld.Ty("meaning")
pairs = ld.SampleSpace("pairs")
drawing, caption = pairs.column("drawing", image), pairs.column("caption", text)
augment, see, read = ld.Kernel("augment", image, image), ld.Box("see", image, meaning), ld.Box("read", text, meaning)
SPACES = {image: Euclidean(3, 32, 32), text: Euclidean(256), meaning: Euclidean(64)}
BATCH = 128


def diagram(temperature: float = 0.07) -> ld.LearningDiagram:
    """What is seen in an altered drawing is to be what is read in its caption, among the pairs of a batch."""
    return ld.LearningDiagram(
        ld.Constraint(
            "aligned",
            drawing >> augment >> see,
            caption >> read,
            divergence={"name": "info_nce", "temperature": temperature, "symmetric": True},
        ),
        name="alignment",
    )


def stream(data: Emoji, vendors: tuple[int, ...], seed: int) -> Iterator[dict[str, Tensor]]:
    """Epochs over all captions, each with the drawing of a vendor chosen at random."""
    generator = torch.Generator().manual_seed(seed)
    choices = torch.tensor(vendors)
    while True:
        for rows in torch.randperm(len(data.images), generator=generator).split(BATCH):
            vendor = choices[torch.randint(len(choices), (len(rows),), generator=generator)]
            yield {"drawing": data.images[rows, vendor], "caption": data.texts[rows]}


def train(temperature: float, data: Emoji, vendors: tuple[int, ...], seed: int, epochs: int):
    settle(seed)
    modules = {augment: Augment(), see: Eye(64), read: nn.Linear(256, 64)}
    objective = compile(diagram(temperature), TorchFunctor(ob=SPACES, ar=modules))
    steps = epochs * -(-len(data.images) // BATCH)
    fit(
        objective, {"pairs": stream(data, vendors, seed)}, steps=steps, lr=2e-3, seed=seed, progress=False,
        optimizer=lambda parameters, lr: torch.optim.AdamW(parameters, lr=lr, weight_decay=1e-4),
    )  # fmt: skip
    return objective.eval()


def recall(objective, data: Emoji, vendor: int) -> dict[str, float]:
    """How often the own caption is among the k most similar of all 1,563, and the own drawing."""
    with torch.no_grad():
        seen = functional.normalize(objective.model(see)(data.images[:, vendor]), dim=1)
        said = functional.normalize(objective.model(read)(data.texts), dim=1)
    found = {}
    for way, similarity in (("image to text", seen @ said.T), ("text to image", said @ seen.T)):
        rank = rank_of_own(similarity)
        found |= {f"{way} R@{k}": (rank < k).float().mean().item() for k in (1, 10)}
    return found


def run(short: bool = False) -> Experiment:
    """Choose on one seen vendor after training on the other; then train on both and test on the third."""
    experiment = Experiment("alignment", (0,) if short else (0, 1, 2))
    data = Emoji()
    epochs = 1 if short else 30
    one, other = SEEN

    def score(temperature: float, epochs: int) -> float:
        found = recall(train(temperature, data, (one,), 10, epochs), data, other)
        return (found["image to text R@10"] + found["text to image R@10"]) / 2

    temperature = experiment.choose("temperature", (0.07,) if short else (0.05, 0.1, 0.2), lambda t: score(t, epochs))
    length = experiment.choose("epochs", (epochs,) if short else (epochs, 2 * epochs), lambda n: score(temperature, n))
    experiment.trained("alignment", diagram(temperature))
    for seed in experiment.seeds:
        objective = train(temperature, data, SEEN, seed, length)
        experiment.add("alignment", seed, **recall(objective, data, HELD_OUT))
        experiment.add(
            "chance", seed, **{f"{way} R@10": 10 / len(data.images) for way in ("image to text", "text to image")}
        )
    return experiment


if __name__ == "__main__":
    run().write()
