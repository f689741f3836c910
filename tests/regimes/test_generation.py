"""Regimes that make something, thirty steps beside a loss by hand."""

import re

import pytest
import torch
from torch import nn
from torch.distributions import Independent, Normal
from torch.nn import functional as F

from learning_diagrams import regimes
from learning_diagrams.backends.torch import Bernoulli, Euclidean, Tokens
from twin_training import STEPS, digits, mlp, parameters, pick, read, same, small, train, twins

LENGTH = 4
FILL, OPEN = 0, 1


class Speak(nn.Module):
    """A recurrent net that is shown the image first and then the words so far, as in the paper."""

    def __init__(self, vocabulary):
        super().__init__()
        self.embed = nn.Embedding(vocabulary, 12)
        self.remember = nn.GRU(12, 16, batch_first=True)
        self.say = nn.Linear(16, vocabulary)

    def forward(self, feature, before):
        seen = torch.cat([feature[:, None], self.embed(before)], 1)
        return self.say(self.remember(seen)[0][:, 1:])


def album(rows=200):
    """Emojis, with the first words of their captions as tokens, and the same moved by one place after a first word."""
    images, label = read("emoji32.npz", "images", "label")
    captions = [re.findall(r"\w+", text)[:LENGTH] for text in label[:rows]]
    words = {word: i + 2 for i, word in enumerate(sorted({word for caption in captions for word in caption}))}
    caption = torch.tensor([[words[w] for w in text] + [FILL] * (LENGTH - len(text)) for text in captions])
    before = torch.cat([torch.full((rows, 1), OPEN), caption[:, :-1]], 1)
    picture = small(images[:rows, 0].mean(-1)).flatten(1)
    return {"picture": picture, "before": before, "caption": caption}, len(words) + 2


@pytest.mark.parametrize("fine_tune", [False, True])
def test_image_captioning(fine_tune):
    data, vocabulary = album()

    def by_hand(net, batch):
        """Word by word: the state of the net goes from one place to the next."""
        rows, speak = batch["album"], net["speak"]
        state = speak.remember(net["see"](rows["picture"])[:, None])[1]
        nats = 0.0
        for place in range(LENGTH):
            hidden, state = speak.remember(speak.embed(rows["before"][:, place])[:, None], state)
            word = rows["caption"][:, place]
            log = speak.say(hidden[:, 0]).log_softmax(1).gather(1, word[:, None])[:, 0]
            nats = nats - torch.where(word == FILL, 0.0, log)
        return nats.mean(), {"said": nats.mean()}

    train(
        regimes.image_captioning(fine_tune),
        {"image": Euclidean(256), "feature": Euclidean(12), "words": Tokens(vocabulary, LENGTH, padding=FILL)},
        lambda: {"see": nn.Linear(256, 12), "speak": Speak(vocabulary)},
        {"album": data},
        by_hand,
    )


@pytest.mark.parametrize("critic_steps", [1, 2])
def test_gan(critic_steps):
    """The players take turns, each with its own Adam; the two losses are those of the paper's algorithm 1."""
    x, _ = digits()
    diagram = regimes.gan(critic_steps, lr=0.01)
    torch.manual_seed(0)
    objective, nets = twins(
        diagram,
        {"latent": Euclidean(4), "image": Euclidean(196), "verdict": Bernoulli(1)},
        {
            "noise": lambda: Independent(Normal(torch.zeros(1, 4).double(), 1.0), 1),
            "generate": mlp(4, 16, 196),
            "judge": mlp(196, 16, 1),
            "real": lambda: torch.ones(1, 1).double(),
            "fake": lambda: torch.zeros(1, 1).double(),
        },
    )

    def by_hand(name, image):
        fakes = nets["generate"](torch.randn(len(image), 4, dtype=torch.float64))
        if name == "generator":
            return -F.logsigmoid(nets["judge"](fakes)).mean()
        nature = -F.logsigmoid(nets["judge"](image)).mean()
        return nature - F.logsigmoid(-nets["judge"](fakes.detach())).mean()

    assert "generate_out.detach()" in objective.players["critic"].code
    moved = {"critic": "judge", "generator": "generate"}
    assert {player.name: list(player.boxes) for player in diagram.players} == {k: [v] for k, v in moved.items()}
    assert [player.steps for player in diagram.players] == [critic_steps, 1]
    named = {player.name: dict(player.optimizer.options) for player in diagram.players}
    pairs = {
        name: [
            torch.optim.Adam(trained, **named[name])
            for trained in (objective.players[name].trainable_parameters(), parameters(nets, [box]))
        ]
        for name, box in moved.items()
    }
    for step in range(STEPS):
        name = (["critic"] * critic_steps + ["generator"])[step % (critic_steps + 1)]
        batch = pick({"images": {"pixels": x}}, 16, step)
        torch.manual_seed(step)
        total, _ = objective.players[name](batch)
        torch.manual_seed(step)
        expected = by_hand(name, batch["images"]["pixels"])
        same(total, expected, 1e-12)
        for optimizer, loss in zip(pairs[name], (total, expected), strict=True):
            optimizer.zero_grad()
            loss.backward()
        for mine, his in zip(*(optimizer.param_groups[0]["params"] for optimizer in pairs[name]), strict=True):
            assert mine.grad.abs().sum() > 0
            same(mine.grad, his.grad, 1e-10)
        for optimizer in pairs[name]:
            optimizer.step()
    for mine, his in zip(
        parameters(objective.functor.modules, moved.values()), parameters(nets, moved.values()), strict=True
    ):
        same(mine, his, 1e-9)
