"""Captions for drawings of a vendor that was never seen, word by word; beside retrieval of the nearest training image.

Source: Vinyals et al., *Show and tell: a neural image caption generator* (2015).
"""

from __future__ import annotations

import torch
from emoji import BATCH, HELD_OUT, SEEN, Emoji, Eye, for_choices, nearest_drawing, stream
from experiment import Experiment, carry_out, settle
from torch import Tensor, nn
from torch.nn import functional

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Tokens, TorchFunctor, compile, fit

FEATURES, LENGTH = 128, 9
PADDING, START, END = 0, 1, 2

image, feature, words = ld.Ty("image"), ld.Ty("feature"), ld.Ty("words")
emoji = ld.SampleSpace("emoji")
drawing, other_drawing = emoji.column("drawing", image), emoji.column("other drawing", image)
so_far, following = emoji.column("so far", words), emoji.column("following", words)
see = ld.Box("see", image, feature)
speak = ld.Kernel("speak", feature @ words, words)


def diagram() -> ld.LearningDiagram:
    """The feature of an emoji does not depend on the vendor; the feature and the words so far give the next word."""
    return ld.LearningDiagram(
        ld.Constraint("next word", ld.Copy(emoji.ty) >> (drawing >> see) @ so_far >> speak, following),
        ld.Constraint(
            "same emoji",
            drawing >> see,
            other_drawing >> see,
            divergence={"name": "info_nce", "temperature": 0.1, "symmetric": True},
        ),
        name="captioning",
    )


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
        words = []
        for number in numbers.tolist():
            if number == END:
                break
            words.append(self.known[number])
        return " ".join(words)


class Speaker(nn.Module):
    """A recurrent network, whose first state depends on the feature's direction: logits [rows, length, vocabulary]."""

    def __init__(self, vocabulary: int, width: int = 128) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, 64, padding_idx=PADDING)
        self.first = nn.Linear(FEATURES, width)
        self.recurrent = nn.GRU(64, width, batch_first=True)
        self.drop = nn.Dropout(0.1)
        self.out = nn.Linear(width, vocabulary)

    def forward(self, seen: Tensor, so_far: Tensor) -> Tensor:
        first = torch.tanh(self.first(4 * functional.normalize(seen, dim=1)))
        states, _ = self.recurrent(self.embedding(so_far), first[None])
        spoken = so_far != PADDING  # two places of three are padding, and the last layer is most of the work
        logits = states.new_zeros(*so_far.shape, self.out.out_features)
        logits[spoken] = self.out(self.drop(states[spoken]))
        return logits


def functor(vocabulary: int) -> TorchFunctor:
    spaces = {
        image: Euclidean(3, 32, 32), feature: Euclidean(FEATURES),
        words: Tokens(vocabulary, LENGTH, padding=PADDING, reduction="mean"),
    }  # fmt: skip
    return TorchFunctor(ob=spaces, ar={see: Eye(FEATURES), speak: Speaker(vocabulary)})


def train(drawn: ld.LearningDiagram, data: Emoji, vocabulary: Words, known: Tensor, seed: int, epochs: int):
    settle(seed)
    objective = compile(drawn, functor(len(vocabulary.known)))
    columns = {"so far": vocabulary.so_far, "following": vocabulary.following}
    steps = epochs * -(-len(data.images) // BATCH)
    fit(
        objective, {"emoji": stream(data, known, seed, columns)}, steps=steps, lr=2e-2, seed=seed, progress=False,
        strict=False,  # without “same emoji” no term reads the other drawing
        optimizer=lambda parameters, lr: torch.optim.AdamW(parameters, lr=lr, weight_decay=1e-2),
        scheduler=lambda optimizer: torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-2, steps),
    )  # fmt: skip
    return objective.eval()


@torch.no_grad()
def beam(objective, images: Tensor, width: int) -> Tensor:
    """The captions of a beam with the greatest mean log-probability of a word; a beam of width 1 is greedy."""
    look, say = objective.model(see), objective.model(speak)
    seen = look(images).repeat_interleave(width, 0)
    rows = len(images)
    so_far = torch.full((rows * width, LENGTH), PADDING)
    so_far[:, 0] = START
    caption = torch.full((rows * width, LENGTH), PADDING)
    score = torch.full((rows, width), -torch.inf)
    score[:, 0] = 0.0
    ended = torch.zeros(rows * width, dtype=torch.bool)
    for place in range(LENGTH):
        likely = say(seen, so_far)[:, place].log_softmax(1)
        likely[:, [PADDING, START]] = -torch.inf
        likely[ended] = -torch.inf
        likely[ended, PADDING] = 0.0  # an ended caption is padded
        total = (score.reshape(-1, 1) + likely).reshape(rows, -1)
        score, best = total.topk(width, 1)
        origin = (best // likely.shape[1] + torch.arange(rows)[:, None] * width).reshape(-1)
        word = (best % likely.shape[1]).reshape(-1)
        caption, so_far, ended = caption[origin].clone(), so_far[origin].clone(), ended[origin] | (word == END)
        caption[:, place] = word
        if place + 1 < LENGTH:
            so_far[:, place + 1] = word
    length = (caption != PADDING).sum(1).clamp(min=1).reshape(rows, width)
    chosen = (score / length).argmax(1) + torch.arange(rows) * width
    return caption[chosen]


def scores(answers: list[str], captions: list[str]) -> dict[str, float]:
    """Exact matches, and by sacrebleu chrF and BLEU of up to two words (most captions have no more), all in [0, 1]."""
    from sacrebleu.metrics import BLEU, CHRF

    exact = sum(answer == caption for answer, caption in zip(answers, captions, strict=True)) / len(captions)
    bleu = BLEU(max_ngram_order=2, tokenize="none").corpus_score(answers, [captions]).score
    return {"exact": exact, "BLEU-2": bleu / 100, "chrF": CHRF().corpus_score(answers, [captions]).score / 100}


def run(short: bool = False) -> Experiment:
    """Choose by some drawings held out of two vendors', then train on all of them and caption the third vendor's."""
    experiment = Experiment("captioning", (0,) if short else (0, 1, 2))
    data = Emoji()
    vocabulary = Words(data.captions)
    known, emoji_held_out, images_held_out = for_choices(data)
    every = torch.ones_like(known)

    drawn = {"beam of 4": diagram(), "beam of 4, without “same emoji”": diagram().without("same emoji")}

    def texts(numbers: Tensor) -> list[str]:
        return [vocabulary.text(row) for row in numbers]

    def score(method: str, epochs: int) -> float:
        objective = train(drawn[method], data, vocabulary, known, 10, epochs)
        captions = [data.captions[row] for row in emoji_held_out.tolist()]
        return scores(texts(beam(objective, images_held_out, 1)), captions)["exact"]

    epochs = {  # the control is tuned on the same grid
        method: experiment.choose(f"epochs, {method}", (1,) if short else (30, 60), lambda n, m=method: score(m, n))
        for method in drawn
    }
    rows = torch.arange(100 if short else len(data.images))
    captions = [data.captions[row] for row in rows.tolist()]
    test = data.images[rows, HELD_OUT]
    nearest = nearest_drawing(test, data.images[:, list(SEEN)]).argmax(1)
    by_pixels = [data.captions[row] for row in nearest.tolist()]

    def add(method: str, seed: int, answers: list[str]) -> None:
        experiment.add_answers(method, seed, answers, scores(answers, captions))

    for seed in experiment.seeds:
        for method, learning_diagram in drawn.items():
            experiment.trained(method, learning_diagram)
            objective = train(learning_diagram, data, vocabulary, every, seed, epochs[method])
            if method == "beam of 4":
                add("greedy", seed, texts(beam(objective, test, 1)))
            add(method, seed, texts(beam(objective, test, 4)))
        add("nearest training image", seed, by_pixels)
    return experiment


if __name__ == "__main__":
    carry_out(run)
