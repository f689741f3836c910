"""The trainings of notebook 7: two encoders on emoji, and a speaker that says what one of them sees."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

import learning_diagrams as ld
from course.emoji import FLUENT, NOTO, SIX, TWEMOJI, Emoji
from learning_diagrams.backends.torch import Euclidean, Tokens, TorchFunctor, compile, fit

LENGTH, PADDING, START, END = 9, 0, 1, 2
SEEN = (NOTO, FLUENT)  # two vendors are trained on; the drawings of the third, Twemoji, are for the test


def encoder(inputs: int, outputs: int) -> nn.Module:
    """A small network from vectors to vectors."""
    return nn.Sequential(nn.Linear(inputs, 256), nn.ReLU(), nn.Linear(256, outputs))


def spaces(vocabulary: int = 2) -> dict[ld.Ty, Any]:
    """Sizes: pictures of 16 × 16 pixels, captions as vectors, meanings; and captions as words, for a speaker."""
    words = Tokens(vocabulary, LENGTH, padding=PADDING, reduction="tokens")
    sizes = {"image": Euclidean(768), "text": Euclidean(256), "meaning": Euclidean(64), "words": words}
    return {ld.Ty(name): space for name, space in sizes.items()}


def aligned(diagram: ld.LearningDiagram, data: Emoji, seed: int, epochs: int) -> Any:
    """The objective of a diagram of pairs, after training."""
    torch.manual_seed(seed)
    sizes = spaces()
    modules = {box: encoder(sizes[box.dom].shape[0], sizes[box.cod].shape[0]) for box in diagram.boxes}
    objective = compile(diagram, TorchFunctor(ob=sizes, ar=modules))
    pictures, captions = torch.cat([data.pixels[vendor] for vendor in SEEN]), data.vectors.repeat(len(SEEN), 1)
    rows = {"pairs": {"picture": pictures, "caption": captions}}
    fit(objective, rows, epochs=epochs, batch_size=64, lr=1e-3, seed=seed, progress=False)
    return objective.eval()


@torch.no_grad()
def cosines(objective: Any, data: Emoji, vendor: int = TWEMOJI) -> Tensor:
    """How similar each drawing of a vendor is to each caption, [1563, 1563]."""
    boxes = {box.name: objective.model(box) for box in objective.diagram.boxes if box.name in ("see", "read")}
    meanings = boxes["see"](data.pixels[vendor]), boxes["read"](data.vectors)
    see, read = (functional.normalize(meaning, dim=1) for meaning in meanings)
    return see @ read.T


def retrieval(diagram: ld.LearningDiagram, epochs: int = 25) -> Any:
    """A function from a seed to what a training gives, as plain data."""

    def compute(seed: int) -> dict[str, Any]:
        data = Emoji()
        objective = aligned(diagram, data, seed, epochs)
        similar = cosines(objective, data)
        rank = (similar > similar.diag()[:, None]).sum(1)
        rows = data.rows(SIX)
        return {
            "first": (rank < 1).float().mean().item(),
            "first ten": (rank < 10).float().mean().item(),
            "own cosine": similar.diag().mean().item(),
            "mean cosine": similar.mean().item(),
            "six": [[round(value, 3) for value in row] for row in similar[rows][:, rows].tolist()],
            "loss": objective(batch(data))[0].item(),
        }

    return compute


def batch(data: Emoji, rows: int = 64) -> dict[str, Any]:
    """The first rows of a vendor that was trained on, after a shuffle that is always the same."""
    order = torch.randperm(len(data.captions), generator=torch.Generator().manual_seed(0))[:rows]
    return {"pairs": {"picture": data.pixels[NOTO][order], "caption": data.vectors[order]}}


class Words:
    """The vocabulary of the captions. A caption is its words, then the end, then padding: int64 [1563, 9]."""

    def __init__(self, captions: list[str]) -> None:
        self.known = ["", "<start>", "<end>", *sorted({word for caption in captions for word in caption.split()})]
        number = {word: i for i, word in enumerate(self.known)}
        self.caption = torch.full((len(captions), LENGTH), PADDING)
        for row, caption in enumerate(captions):
            numbers = [*(number[word] for word in caption.split()), END]
            self.caption[row, : len(numbers)] = torch.tensor(numbers)
        self.before = torch.cat([torch.full((len(captions), 1), START), self.caption[:, :-1]], 1)

    def text(self, numbers: Tensor) -> str:
        spoken = [self.known[number] for number in numbers.tolist()]
        return " ".join(spoken[: spoken.index("<end>")] if "<end>" in spoken else spoken).strip()


class Speaker(nn.Module):
    """A recurrent network that starts from a meaning and reads the words so far: logits [rows, 9, vocabulary]."""

    def __init__(self, vocabulary: int, meaning: int = 64, width: int = 96) -> None:
        super().__init__()
        self.embed, self.start = nn.Embedding(vocabulary, 32), nn.Linear(meaning, width)
        self.read, self.out = nn.GRU(32, width, batch_first=True), nn.Linear(width, vocabulary)

    def forward(self, meaning: Tensor, before: Tensor) -> Tensor:
        start = torch.tanh(self.start(4 * functional.normalize(meaning, dim=1)))
        states, _ = self.read(self.embed(before), start[None])
        return self.out(states)


@torch.no_grad()
def spoken(objective: Any, see: ld.Box, speak: ld.Kernel, pictures: Tensor) -> Tensor:
    """Captions said word by word, each time the most probable word."""
    meaning, say = objective.model(see)(pictures), objective.model(speak)
    before = torch.full((len(pictures), LENGTH + 1), PADDING)
    before[:, 0] = START
    for place in range(LENGTH):
        before[:, place + 1] = say(meaning, before[:, :LENGTH])[:, place].argmax(1)
    return before[:, 1:]


def captioning(alignment: ld.LearningDiagram, diagram: ld.LearningDiagram, epochs: int = 12) -> Any:
    """A function from a seed to what a speaker says about drawings by an eye that the alignment trained."""

    def compute(seed: int) -> dict[str, Any]:
        data = Emoji()
        words = Words(data.captions)
        eye = aligned(alignment, data, seed, 25).boxes["see"]
        see, speak = (next(box for box in diagram.boxes if box.name == name) for name in ("see", "speak"))
        functor = TorchFunctor(ob=spaces(len(words.known)), ar={see: eye, speak: Speaker(len(words.known))})
        objective = compile(diagram, functor)
        pictures = torch.cat([data.pixels[vendor] for vendor in SEEN])
        columns = {"picture": pictures, "before": words.before.repeat(2, 1), "caption": words.caption.repeat(2, 1)}
        fit(objective, {"album": columns}, epochs=epochs, batch_size=64, lr=4e-3, seed=seed, progress=False)
        objective.eval()
        test = {"album": {"picture": data.pixels[TWEMOJI], "before": words.before, "caption": words.caption}}
        said = [words.text(row) for row in spoken(objective, see, speak, data.pixels[TWEMOJI])]
        right = [text == caption for text, caption in zip(said, data.captions, strict=True)]
        return {
            "exact": sum(right) / len(right),
            "loss": objective.evaluate(test)["total"],
            "six": [said[row] for row in data.rows(SIX)],
        }

    return compute
