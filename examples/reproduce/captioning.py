"""Captions for drawings of a vendor that was never seen, word by word; beside retrieval of the nearest training image.

Source: Vinyals et al., *Show and tell: a neural image caption generator* (2015).
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from emoji import HELD_OUT, SEEN, Augment, Emoji, Eye
from experiment import Experiment, settle
from torch import Tensor, nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Tokens, TorchFunctor, compile, fit

BATCH, FEATURES, LENGTH = 128, 256, 10
PADDING, START, END = 0, 1, 2

image, feature, words = ld.Ty("image"), ld.Ty("feature"), ld.Ty("words")
pairs = ld.SampleSpace("pairs")
drawing = pairs.column("drawing", image)
so_far, following = pairs.column("so far", words), pairs.column("following", words)
augment, see = ld.Kernel("augment", image, image), ld.Box("see", image, feature)
speak = ld.Kernel("speak", feature @ words, words)


def diagram() -> ld.LearningDiagram:
    """Of an altered drawing and the words so far, the kernel says the word that follows, at each place at once."""
    shown = ld.Copy(pairs.ty) >> (drawing >> augment >> see) @ so_far
    return ld.LearningDiagram(ld.Constraint("next word", shown >> speak, following), name="captioning")


class Words:
    """The vocabulary of the captions; a caption is its words, then the end, then padding."""

    def __init__(self, captions: list[str]) -> None:
        self.known = ["", "<start>", "<end>", *sorted({word for caption in captions for word in caption.split()})]
        number = {word: i for i, word in enumerate(self.known)}
        self.following = torch.zeros(len(captions), LENGTH, dtype=torch.long)
        for row, caption in enumerate(captions):
            numbers = [*(number[word] for word in caption.split()), END]
            self.following[row, : len(numbers)] = torch.tensor(numbers)
        self.so_far = torch.cat([torch.full((len(captions), 1), START), self.following[:, :-1]], 1)

    def text(self, numbers: Tensor) -> str:
        said = []
        for number in numbers.tolist():
            if number == END:
                break
            said.append(self.known[number])
        return " ".join(said)


class Speaker(nn.Module):
    """A recurrent network whose first state is made of the feature: logits [rows, length, vocabulary]."""

    def __init__(self, vocabulary: int, width: int = 256) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, 128, padding_idx=PADDING)
        self.first = nn.Linear(FEATURES, width)
        self.recurrent = nn.GRU(128 + FEATURES, width, batch_first=True)
        self.drop = nn.Dropout(0.3)
        self.out = nn.Linear(width, vocabulary)

    def forward(self, seen: Tensor, so_far: Tensor) -> Tensor:
        word = self.embedding(so_far)
        given = torch.cat([word, seen[:, None].expand(-1, word.shape[1], -1)], 2)
        states, _ = self.recurrent(given, torch.tanh(self.first(seen))[None])
        return self.out(self.drop(states))


def stream(data: Emoji, said: Words, vendors: tuple[int, ...], seed: int) -> Iterator[dict[str, Tensor]]:
    """Epochs over all drawings of some vendors."""
    generator = torch.Generator().manual_seed(seed)
    count = len(data.images)
    while True:
        for chosen in torch.randperm(count * len(vendors), generator=generator).split(BATCH):
            rows, vendor = chosen % count, torch.tensor(vendors)[chosen // count]
            yield {
                "drawing": data.images[rows, vendor], "so far": said.so_far[rows], "following": said.following[rows],
            }  # fmt: skip


def train(data: Emoji, said: Words, vendors: tuple[int, ...], seed: int, epochs: int):
    settle(seed)
    vocabulary = len(said.known)
    spaces = {
        image: Euclidean(3, 32, 32), feature: Euclidean(FEATURES),
        words: Tokens(vocabulary, LENGTH, padding=PADDING, reduction="mean"),
    }  # fmt: skip
    modules = {augment: Augment(), see: Eye(FEATURES), speak: Speaker(vocabulary)}
    objective = compile(diagram(), TorchFunctor(ob=spaces, ar=modules))
    steps = epochs * -(-len(data.images) * len(vendors) // BATCH)
    fit(
        objective, {"pairs": stream(data, said, vendors, seed)}, steps=steps, lr=2e-3, seed=seed, progress=False,
        scheduler=lambda optimizer: torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, steps),
    )  # fmt: skip
    return objective.eval()


@torch.no_grad()
def greedy(objective, images: Tensor) -> Tensor:
    """The likeliest word at each place, [rows, length]."""
    return beam(objective, images, 1)


@torch.no_grad()
def beam(objective, images: Tensor, width: int) -> Tensor:
    """The likeliest caption of those that a beam of some width finds, by its mean log-probability a word."""
    look, say = objective.model(see), objective.model(speak)
    seen = look(images).repeat_interleave(width, 0)
    rows = len(images)
    so_far = torch.full((rows * width, LENGTH), PADDING)
    so_far[:, 0] = START
    said = torch.full((rows * width, LENGTH), PADDING)
    score = torch.full((rows, width), -torch.inf)
    score[:, 0] = 0.0
    ended = torch.zeros(rows * width, dtype=torch.bool)
    for place in range(LENGTH):
        likely = say(seen, so_far)[:, place].log_softmax(1)
        likely[:, [PADDING, START]] = -torch.inf
        likely[ended] = -torch.inf
        likely[ended, PADDING] = 0.0  # an ended caption goes on as it is
        total = (score.reshape(-1, 1) + likely).reshape(rows, -1)
        score, best = total.topk(width, 1)
        origin = (best // likely.shape[1] + torch.arange(rows)[:, None] * width).reshape(-1)
        word = (best % likely.shape[1]).reshape(-1)
        said, so_far, ended = said[origin].clone(), so_far[origin].clone(), ended[origin] | (word == END)
        said[:, place] = word
        if place + 1 < LENGTH:
            so_far[:, place + 1] = word
    length = (said != PADDING).sum(1).clamp(min=1).reshape(rows, width)
    chosen = (score / length).argmax(1) + torch.arange(rows) * width
    return said[chosen]


def nearest(images: Tensor, known: Tensor) -> Tensor:
    """For each image the row of the nearest known one, by pixels; known is [rows, vendors, …]."""
    distance = torch.cdist(images.flatten(1), known.transpose(0, 1).flatten(0, 1).flatten(1))
    return distance.argmin(1) % len(known)


def scores(said: list[str], captions: list[str]) -> dict[str, float]:
    """Exact matches, and by sacrebleu chrF and BLEU of up to two words (most captions have no more), all in [0, 1]."""
    from sacrebleu.metrics import BLEU, CHRF

    exact = sum(one == other for one, other in zip(said, captions, strict=True)) / len(captions)
    bleu = BLEU(max_ngram_order=2, tokenize="none").corpus_score(said, [captions]).score
    return {"exact": exact, "BLEU-2": bleu / 100, "chrF": CHRF().corpus_score(said, [captions]).score / 100}


def run(short: bool = False) -> Experiment:
    """Choose on one seen vendor after training on the other; then train on both and caption the third."""
    experiment = Experiment("captioning", (0,) if short else (0, 1, 2))
    data = Emoji()
    said = Words(data.captions)
    one, other = SEEN

    def texts(numbers: Tensor) -> list[str]:
        return [said.text(row) for row in numbers]

    def score(epochs: int) -> float:
        objective = train(data, said, (one,), 10, epochs)
        return scores(texts(greedy(objective, data.images[:, other])), data.captions)["exact"]

    epochs = experiment.choose("epochs", (1,) if short else (60, 120), score)
    experiment.trained("captioning", diagram())
    test = data.images[:, HELD_OUT]
    found = nearest(test, data.images[:, list(SEEN)])
    control = scores([data.captions[row] for row in found.tolist()], data.captions)
    for seed in experiment.seeds:
        objective = train(data, said, SEEN, seed, epochs)
        experiment.add("greedy", seed, **scores(texts(greedy(objective, test)), data.captions))
        experiment.add("beam of 4", seed, **scores(texts(beam(objective, test, 4)), data.captions))
        experiment.add("nearest training image", seed, **control)
    return experiment


if __name__ == "__main__":
    run().write()
