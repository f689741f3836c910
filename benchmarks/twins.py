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
import distillation
import few_shot
from emoji import SEEN, Augment, Emoji, Eye
from experiment import digits, settle

from learning_diagrams.backends.torch import TorchFunctor, batches, compile

Step = Callable[[dict[str, Any]], Tensor]


def largest_difference(
    objective, hand: Step, theirs: list[nn.Parameter], stream: Iterator[dict[str, Any]], lr: float
) -> float:
    """The largest relative difference of the two losses, over the steps of both, each with an Adam of its own."""
    ours, worst = torch.optim.Adam(objective.trainable_parameters(), lr=lr), 0.0
    other = torch.optim.Adam(theirs, lr=lr)
    for step, batch in enumerate(stream):
        losses = []
        for optimizer, loss_of in ((ours, lambda batch: objective(batch)[0]), (other, hand)):
            torch.manual_seed(step)  # the same augmentation and the same dropout
            optimizer.zero_grad()
            loss = loss_of(batch)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        worst = max(worst, abs(losses[0] - losses[1]) / max(1.0, abs(losses[1])))
    return worst


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
    return largest_difference(objective, hand, [*encode.parameters(), *classify.parameters()], stream, 2e-3)


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
    return largest_difference(objective, hand, [*backbone.parameters(), *head.parameters()], stream, 2e-3)


def alignment_twin(steps: int) -> float:
    """(3) both cross-entropies of a matrix of cosines over a temperature."""
    settle(0)
    data = Emoji()
    see, read = Eye(64), nn.Linear(256, 64)
    eye, reader = copy.deepcopy(see), copy.deepcopy(read)
    modules = {alignment.augment: Augment(), alignment.see: see, alignment.read: read}
    objective = compile(alignment.diagram(0.07), TorchFunctor(ob=alignment.SPACES, ar=modules))
    augment = Augment()

    def hand(batch: dict[str, Any]) -> Tensor:
        seen = functional.normalize(eye(augment(batch["pairs"]["drawing"]).rsample()), dim=1)
        said = functional.normalize(reader(batch["pairs"]["caption"]), dim=1)
        cosines, own = seen @ said.T / 0.07, torch.arange(len(seen))
        return (functional.cross_entropy(cosines, own) + functional.cross_entropy(cosines.T, own)) / 2

    stream = ({"pairs": pairs} for pairs in islice(alignment.stream(data, SEEN, 0), steps))
    return largest_difference(objective, hand, [*eye.parameters(), *reader.parameters()], stream, 2e-3)


TWINS = {"distillation": distillation_twin, "few-shot": few_shot_twin, "alignment": alignment_twin}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print("largest relative difference of the losses of 50 steps, beside a twin written by hand (float32, one thread)")
    for name, twin in TWINS.items():
        print(f"{name:14}{twin(50):.1e}")
