"""The exercises of notebook 3, a learning diagram and its loss."""

from __future__ import annotations

from math import inf, isnan, log
from numbers import Real
from typing import Any

import torch
from torch import nn
from torch.nn import functional

import learning_diagrams as ld
from course.case import Case
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, by_loss, compile
from learning_diagrams.errors import brief
from learning_diagrams.exercises.graders import by_test

# --- a prediction before the run
triangle_at = ld.exercise(
    "The triangle of this notebook stands at a = 1, b = 2, c = 4. The numbers x have mean 0 and variance 1. Give the "
    "loss and its derivatives by a, b and c, as four numbers.",
    (4.0, -8.0, -4.0, 4.0),
    hint="the loss is (a·b − c)² times the mean of x², and the chain rule gives the derivatives",
)
shifted = ld.exercise(
    "The same triangle at a = 1, b = 2, c = 4, with numbers x of mean 3 and variance 1. Give the loss.",
    40.0,
    hint="what counts is the mean of x², which is the variance plus the square of the mean",
)


# --- the reference goes first
def kl(reference: list[float], prediction: list[float]) -> float:
    """Σ r log(r / p), in nats: 0 where r is 0, and infinite where only p is."""
    pairs = [(r, p) for r, p in zip(reference, prediction, strict=True) if r > 0]
    return inf if any(p <= 0 for _, p in pairs) else sum(r * (log(r) - log(p)) for r, p in pairs)


def _fault_of_coin(answer: Any) -> str | None:
    pair = answer.tolist() if hasattr(answer, "tolist") else answer
    numbers = isinstance(pair, tuple | list) and len(pair) == 2 and all(isinstance(p, Real) for p in pair)
    if not numbers or not abs(sum(pair) - 1) <= 1e-9 or min(pair) < 0:
        return f"the answer is two probabilities with the sum 1, got {brief(answer)}"
    fair, coin = [0.5, 0.5], list(pair)
    if kl(fair, coin) < inf:
        return f"D(fair ‖ coin) is {kl(fair, coin):.3f} nats, and should be infinite"
    return None


infinite = ld.exercise(
    "The reference is a fair coin. Give the two probabilities of a prediction with an infinite loss D(fair ‖ coin), "
    "whose value with the two sides exchanged, D(coin ‖ fair), is finite.",
    (1.0, 0.0),
    by_test(_fault_of_coin),
    hint="Σ r log(r / p) is infinite where the prediction p excludes an outcome that the reference r admits",
)

# --- a loop written by hand
image, code, species = ld.Ty("image"), ld.Ty("code"), ld.Ty("species")
photos = ld.SampleSpace("photos")
pixels, label = photos.column("pixels", image), photos.column("label", species)
encode, decode, classify = (
    ld.Box("encode", image, code),
    ld.Box("decode", code, image),
    ld.Kernel("classify", code, species),
)

with torch.random.fork_rng():
    torch.manual_seed(0)
    encoder, decoder, classifier = nn.Linear(6, 3), nn.Linear(3, 6), nn.Linear(3, 4)


def by_hand(batch: dict[str, dict[str, torch.Tensor]]) -> torch.Tensor:
    x, y = batch["photos"]["pixels"], batch["photos"]["label"]
    h = encoder(x)
    named = functional.cross_entropy(classifier(h), y)
    restored = (decoder(h) - x).square().sum(dim=1).mean()
    return named + 0.1 * restored


modules = TorchFunctor(
    ob={image: Euclidean(6), code: Euclidean(3), species: Finite(4)},
    ar={encode: encoder, decode: decoder, classify: classifier},
)
_named = ld.Constraint("named", pixels >> encode >> classify, label)
_restored = ld.Constraint("restored", pixels >> encode >> decode, pixels, weight=0.1)
_same_loss = by_loss(modules, lambda: {"photos": {"pixels": torch.randn(8, 6), "label": torch.randint(4, (8,))}})


def _fault_of_loop(answer: Any) -> str | None:
    if not isinstance(answer, ld.LearningDiagram):
        return f"the answer is a learning diagram, got {brief(answer)}"
    return _same_loss(by_hand, answer)


loop = ld.exercise(
    "Write the learning diagram whose loss is `by_hand`. Its boxes are tasks.encode, tasks.decode and tasks.classify, "
    "and its columns tasks.pixels and tasks.label.",
    ld.LearningDiagram(_named, _restored),
    by_test(_fault_of_loop),
    hint="a summand is a constraint: what is predicted on the left, what is given on the right, its factor as weight=",
)

# --- a loss of 0, and an equation that is false
number = ld.Ty("number")
table = ld.SampleSpace("table")
x = table.column("x", number)
guess, square = ld.Box("guess", number, number), ld.Box("square", number, number)
squares = ld.LearningDiagram(ld.Constraint("squares", x >> guess, x >> square), frozen=[square], name="squares")
SEEN, UNSEEN = (-1.0, 0.0, 1.0), (2.0,)


def loss_of(function: object, numbers: tuple[float, ...]) -> float:
    """The loss of `squares` at these numbers, with a function in the place of guess."""
    functor = TorchFunctor(ob={number: Euclidean(1)}, ar={guess: function, square: lambda x: x * x})
    return float(compile(squares, functor)({"table": {"x": torch.tensor(numbers).unsqueeze(1)}})[0])


def _fault_of_guess(answer: object) -> str | None:
    if not callable(answer):
        return f"the answer is a function of x, as lambda x: 2 * x, got {brief(answer)}"
    seen, unseen = loss_of(answer, SEEN), loss_of(answer, UNSEEN)
    if not seen <= 1e-9:
        return f"on the data −1, 0, 1 the loss is {seen:.3g}, and should be 0"
    if isnan(unseen):
        return "at x = 2 your function gives no number, so nobody can say that the equation is false there"
    return None if unseen > 1e-3 else f"at x = 2 the loss is {unseen:.3g} too: there the equation should be false"


false_equation = ld.exercise(
    "Give a function `guess` with loss 0 on the data −1, 0, 1, with which the equation guess = square fails at x = 2.",
    lambda x: x.abs(),
    by_test(_fault_of_guess),
    hint="on −1, 0 and 1 the square equals some other functions; guess(x) is written with the operations of PyTorch",
)

CASES = {
    "triangle_at": Case(
        "easy", right=[(4, -8, -4, 4), torch.tensor([4.0, -8.0, -4.0, 4.0])], wrong=[(4, 8, 4, -4), (2, -4, -2, 2), 4]
    ),
    "shifted": Case("easy", right=[40, 4 * (1 + 3**2)], wrong=[4, 36]),
    "infinite": Case(
        "middle",
        right=[(1, 0), [0.0, 1.0], torch.tensor([1.0, 0.0])],
        wrong=[(0.9, 0.1), (1e-310, 1), (0.5, 0.5), (1, 1), (float("nan"), 1), ("1", "0"), "heads"],
    ),
    "loop": Case(
        "middle",
        right=[
            ld.LearningDiagram(_named, _restored),
            ld.LearningDiagram(
                ld.Constraint("a", ld.Copy(photos.ty) >> (pixels >> encode >> classify) @ ld.Discard(photos.ty), label),
                ld.Constraint("b", encode >> decode, ld.Id(image), over=pixels, weight=0.1),
            ),
        ],
        wrong=[
            ld.LearningDiagram(_named),
            ld.LearningDiagram(_named, ld.Constraint("restored", pixels >> encode >> decode, pixels)),
            by_hand,
            4,
        ],
    ),
    "false_equation": Case(
        "hard",
        right=[lambda x: x.abs(), lambda x: x**4, lambda x: (x != 0).float()],
        wrong=[lambda x: x * x, lambda x: x, 3, lambda x: x[0, 5], lambda x: x * x + 0 * x / (x.abs() < 2)],
    ),
}
