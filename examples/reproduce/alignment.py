"""Images and captions in one space: emoji of a vendor that was never seen find their captions, and captions them.

Source: Radford et al., *Learning transferable visual models from natural language supervision* (2021).
"""

from __future__ import annotations

from functools import cache

import torch
from emoji import BATCH, HELD_OUT, SEEN, Emoji, Eye, for_choices, nearest_drawing, rank_of_own, stream
from experiment import Experiment, carry_out, settle
from measures import Measure
from torch import Tensor, nn
from torch.nn import functional

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile, fit

image, text, meaning = ld.Ty("image"), ld.Ty("text"), ld.Ty("meaning")
emoji = ld.SampleSpace("emoji")
drawing, other_drawing = emoji.column("drawing", image), emoji.column("other drawing", image)
caption = emoji.column("caption", text)
see, read = ld.Box("see", image, meaning), ld.Box("read", text, meaning)


def diagram(temperature: float = 0.1) -> ld.LearningDiagram:
    """The meaning of a drawing equals that of its caption and that of another drawing, in contrast with the batch."""
    divergence = {"name": "info_nce", "temperature": temperature, "symmetric": True}
    return ld.LearningDiagram(
        ld.Constraint("aligned", drawing >> see, caption >> read, divergence=divergence),
        ld.Constraint("same emoji", drawing >> see, other_drawing >> see, divergence=divergence),
        name="alignment",
    )


def functor() -> TorchFunctor:
    reader = nn.Sequential(nn.Linear(256, 512), nn.ReLU(), nn.Linear(512, 128))
    spaces = {image: Euclidean(3, 32, 32), text: Euclidean(256), meaning: Euclidean(128)}
    return TorchFunctor(ob=spaces, ar={see: Eye(128), read: reader})


def train(drawn: ld.LearningDiagram, data: Emoji, known: Tensor, seed: int, epochs: int):
    settle(seed)
    objective = compile(drawn, functor())
    steps = epochs * -(-len(data.images) // BATCH)
    fit(
        objective, {"emoji": stream(data, known, seed, {"caption": data.texts})}, steps=steps, seed=seed, lr=4e-3,
        progress=False, strict=False,  # without “same emoji” no term reads the other drawing
        optimizer=lambda parameters, lr: torch.optim.AdamW(parameters, lr=lr, weight_decay=1e-4),
        scheduler=lambda optimizer: torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, steps),
    )  # fmt: skip
    return objective.eval()


def similarity(objective, images: Tensor, texts: Tensor) -> Tensor:
    """Cosines of drawings and captions, [images, texts]."""
    with torch.no_grad():
        sightings = functional.normalize(objective.model(see)(images), dim=1)
        readings = functional.normalize(objective.model(read)(texts), dim=1)
    return sightings @ readings.T


def recall(similarity: Tensor) -> dict[str, Measure]:
    """How often the own caption is among the k most similar captions, and the own drawing among the drawings.

    An item is an emoji.
    """
    recalls = {}
    for way, similar in (("image to text", similarity), ("text to image", similarity.T)):
        rank = rank_of_own(similar)
        recalls |= {f"{way} R@{k}": Measure.of(rank < k) for k in (1, 10)}
    return recalls


def run(short: bool = False) -> Experiment:
    """Choose by some drawings held out of two vendors', then train on all of them and test on the third vendor's."""
    experiment = Experiment("alignment", (0,) if short else (0, 1, 2))
    data = Emoji()
    known, emoji_held_out, images_held_out = for_choices(data)
    every = torch.ones_like(known)

    def drawn(name: str, temperature: float) -> ld.LearningDiagram:
        whole = diagram(temperature)
        return whole if name == "alignment" else whole.without("same emoji")

    @cache
    def score(name: str, temperature: float, epochs: int) -> float:
        objective = train(drawn(name, temperature), data, known, 10, epochs)
        recalls = recall(similarity(objective, images_held_out, data.texts[emoji_held_out]))
        return (recalls["image to text R@10"].value + recalls["text to image R@10"].value) / 2

    epochs = 1 if short else 20
    chosen = {}
    for name in ("alignment", "without “same emoji”"):  # the control is tuned on the same grid
        temperature = experiment.choose(
            f"temperature, {name}", (0.1,) if short else (0.05, 0.1, 0.2), lambda t, name=name: score(name, t, epochs)
        )
        length = experiment.choose(
            f"epochs, {name}", (epochs,) if short else (epochs, 2 * epochs),
            lambda n, name=name, temperature=temperature: score(name, temperature, n),
        )  # fmt: skip
        chosen[experiment.trained(name, drawn(name, temperature))] = (name, length)
    test = data.images[:, HELD_OUT]
    by_pixels = recall(nearest_drawing(test, data.images[:, list(SEEN)]))
    by_chance = {
        f"{way} R@{k}": Measure.of([k / len(test)] * len(test))
        for way in ("image to text", "text to image")
        for k in (1, 10)
    }
    for seed in experiment.seeds:
        for learning_diagram, (name, length) in chosen.items():
            objective = train(learning_diagram, data, every, seed, length)
            experiment.add(name, seed, **recall(similarity(objective, test, data.texts)))
        experiment.add("nearest training image", seed, **by_pixels)
        experiment.add("chance", seed, **by_chance)
    return experiment


if __name__ == "__main__":
    carry_out(run)
