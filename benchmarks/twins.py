"""Experiments beside their hand-written twins: the same batches and the same modules, and at each step the same loss.

The twins are written in plain PyTorch and read nothing of the library but its batches.
"""

from __future__ import annotations

import copy
import sys
import warnings
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "examples" / "reproduce"))

import alignment
import captioning
import distillation
import few_shot
from emoji import Emoji, stream
from experiment import digits, settle

from learning_diagrams.backends.torch import TorchFunctor, batches, compile

Step = Callable[[dict[str, Any]], Tensor]


def largest_difference(
    objective, hand: Step, theirs: list[nn.Module], stream: Iterator[dict[str, Any]], lr: float
) -> float:
    """The largest relative difference of the two losses, over the steps of both, each with an Adam of its own.

    In float64: training makes much of little, and float32 would show its rounding.
    """
    objective.double()
    ours, worst = torch.optim.Adam(objective.trainable_parameters(), lr=lr), 0.0
    other = torch.optim.Adam([p for module in theirs for p in module.double().parameters()], lr=lr)
    for step, batch in enumerate(map(doubled, stream)):
        losses = []
        for optimizer, loss_of in ((ours, lambda batch: objective(batch)[0]), (other, hand)):
            torch.manual_seed(step)  # the same dropout
            optimizer.zero_grad()
            loss = loss_of(batch)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        worst = max(worst, abs(losses[0] - losses[1]) / max(1.0, abs(losses[1])))
    return worst


def doubled(batch: dict[str, Any]) -> dict[str, Any]:
    return {
        space: {name: column.double() if column.is_floating_point() else column for name, column in columns.items()}
        for space, columns in batch.items()
    }


def distillation_twin(steps: int) -> float:
    """(1) cross-entropy of 200 labels and 9 T² KL(teacher ‖ student) of all images."""
    settle(0)
    data = digits()
    teacher, student = distillation.teacher_modules(), distillation.student_modules()
    nets = {
        name: module for name, module in (teacher | student).items() if name in ("see", "judge", "encode", "classify")
    }
    mine = copy.deepcopy(nets)
    diagram = distillation.diagrams(temperature=4.0)["distillation"]
    spaces = {ty: space for ty, space in distillation.SPACES.items() if ty in diagram.objects}
    objective = compile(diagram, TorchFunctor(ob=spaces, ar=nets))
    see, judge = mine["see"].eval(), mine["judge"].eval()
    encode, classify = mine["encode"], mine["classify"]

    def hand(batch: dict[str, Any]) -> Tensor:
        x, y, every = batch["labelled"]["pixels"], batch["labelled"]["label"], batch["images"]["pixels"]
        with torch.no_grad():
            opinion = judge(see(every))
        answer = classify(encode(every))
        soft = functional.kl_div(
            functional.log_softmax(answer / 4.0, 1), functional.softmax(opinion / 4.0, 1), reduction="batchmean"
        )
        return 9 * 16.0 * soft + functional.cross_entropy(classify(encode(x)), y)

    stream = batches(
        {"labelled": {"pixels": data["x"][:200], "label": data["y"][:200]}, "images": {"pixels": data["x"]}},
        steps=steps,
    )
    return largest_difference(objective, hand, list(mine.values()), stream, 2e-3)


def few_shot_twin(steps: int) -> float:
    """(2) cross-entropy of the nearest prototype, and .3 of that of the script, on one backbone."""
    settle(0)
    data = few_shot.Glyphs()
    functor = few_shot.functor()
    backbone, head = copy.deepcopy(functor.modules["embed"]), copy.deepcopy(functor.modules["name script"])
    objective = compile(few_shot.tasks(0.3)["both tasks"], functor)
    ways, queries = few_shot.WAYS, few_shot.QUERIES

    def hand(batch: dict[str, Any]) -> Tensor:
        episode = batch["episodes"]
        z = backbone.network(episode["glyphs"].reshape(-1, 1, 28, 28))
        prototypes, asked = z[:ways], z[ways:]
        logits = -(torch.cdist(asked[None], prototypes[None])[0] ** 2) / z.shape[1]
        told = functional.cross_entropy(logits, episode["character"].reshape(-1))
        return 0.3 * functional.cross_entropy(head.linear(asked), episode["script"].reshape(-1)) + told

    every = few_shot.stream(data, "train", 0, {"glyphs", "character", "script"})
    assert ways * queries == 40
    stream = ({"episodes": episode} for episode in islice(every, steps))
    return largest_difference(objective, hand, [backbone, head], stream, 2e-3)


def contrast(first: Tensor, second: Tensor) -> Tensor:
    """Both cross-entropies of a matrix of cosines over a temperature of 0.1."""
    cosines = functional.normalize(first, dim=1) @ functional.normalize(second, dim=1).T / 0.1
    matches = torch.arange(len(first))
    return (functional.cross_entropy(cosines, matches) + functional.cross_entropy(cosines.T, matches)) / 2


def emoji(more: dict[str, Tensor], data: Emoji, steps: int) -> Iterator[dict[str, Any]]:
    every = torch.ones(len(data.images), 2, dtype=torch.bool)
    return ({"emoji": batch} for batch in islice(stream(data, every, 0, more), steps))


def alignment_twin(steps: int) -> float:
    """(3) a drawing beside its caption, and beside another vendor's drawing."""
    settle(0)
    data, functor = Emoji(), alignment.functor()
    eye, reader = (copy.deepcopy(functor.modules[name]) for name in ("see", "read"))
    objective = compile(alignment.diagram(0.1), functor)

    def hand(batch: dict[str, Any]) -> Tensor:
        seen = eye(batch["emoji"]["drawing"])
        read = contrast(seen, reader(batch["emoji"]["caption"]))
        return read + contrast(seen, eye(batch["emoji"]["other drawing"]))

    batches = emoji({"caption": data.texts}, data, steps)
    return largest_difference(objective, hand, [eye, reader], batches, 2e-3)


def captioning_twin(steps: int) -> float:
    """(4) cross-entropy of the words that follow, and a drawing beside another vendor's."""
    settle(0)
    data = Emoji()
    vocabulary = captioning.Words(data.captions)
    functor = captioning.functor(len(vocabulary.known))
    eye, speaker = (copy.deepcopy(functor.modules[name]) for name in ("see", "speak"))
    objective = compile(captioning.diagram(), functor)

    def hand(batch: dict[str, Any]) -> Tensor:
        seen, following = eye(batch["emoji"]["drawing"]), batch["emoji"]["following"]
        logits = speaker(seen, batch["emoji"]["so far"])
        each = functional.cross_entropy(logits.transpose(1, 2), following, ignore_index=0, reduction="none")
        words = (each.sum(1) / (following != 0).sum(1)).mean()
        return words + contrast(seen, eye(batch["emoji"]["other drawing"]))

    batches = emoji({"so far": vocabulary.so_far, "following": vocabulary.following}, data, steps)
    return largest_difference(objective, hand, [eye, speaker], batches, 2e-3)


TWINS = {
    "distillation": distillation_twin,
    "few-shot": few_shot_twin,
    "alignment": alignment_twin,
    "captioning": captioning_twin,
}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print("largest relative difference of the losses of 50 steps, beside a twin written by hand (float64, one thread)")
    for name, twin in TWINS.items():
        print(f"{name:14}{twin(50):.1e}")
