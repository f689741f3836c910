"""Knowledge distillation on real digits: a small student learns from 200 labels and from a teacher.

Run by `make demo`. A teacher (a convolutional network) is trained on 4,000 labelled digits. The student (a perceptron
of 32 hidden units) sees 200 labels; distillation adds the equation that on 4,000 images without labels it agrees with
the teacher. The same loss is written by hand beside it and must give the same number at every step. 500 digits choose
the epoch that is kept, 500 others are looked at once, at the end. Source: Hinton, Vinyals & Dean, 2015.
"""

from __future__ import annotations

import copy
import shutil
import statistics
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, Validation, batches, compile, fit

HERE = Path(__file__).resolve().parent.parent
OUT = HERE / "runs" / "distillation"
SEEDS = (0, 1, 2)
EPOCHS, RATE = 12, 2e-3
TEMPERATURE = 4.0
LABELS, TEACHER = 0.1, 0.9 * TEMPERATURE**2  # weights of the two equations; the factor T² is Hinton's

image, digit = ld.Ty("image"), ld.Ty("digit")
labelled, unlabelled = ld.SampleSpace("labelled"), ld.SampleSpace("unlabelled")
pixels, label = labelled.column("pixels", image), labelled.column("label", digit)
more_pixels = unlabelled.column("more_pixels", image)
teacher, student = ld.Kernel("teacher", image, digit), ld.Kernel("student", image, digit)

school = ld.LearningDiagram(ld.Constraint("supervised", pixels >> teacher, label), name="school")
distillation = ld.LearningDiagram(
    ld.Constraint("supervised", pixels >> student, label, weight=LABELS),
    ld.Constraint(
        "distilled",
        more_pixels >> student,
        more_pixels >> teacher,
        weight=TEACHER,
        divergence={"name": "kl", "temperature": TEMPERATURE},
    ),
    frozen=[teacher],
    name="distillation",
)
plain = distillation.without("distilled")


def main() -> None:
    start = time.perf_counter()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    OUT.mkdir(parents=True, exist_ok=True)
    digits = load_digits()
    print(distillation, "\n")
    distillation.draw(OUT / "diagram.svg")
    results: dict[str, list[float]] = {}
    for seed in SEEDS:
        for name, accuracy in run(seed, digits).items():
            results.setdefault(name, []).append(accuracy)
    print(f"\nAccuracy on {len(digits['test'][0])} test digits, mean ± sd over {len(SEEDS)} seeds:\n")
    for name, values in results.items():
        print(f"  {name:42s} {statistics.mean(values):.3f} ± {statistics.stdev(values):.3f}")
    spent = time.perf_counter() - start
    print(f"\nPicture, histories, weights and digest are in {OUT.relative_to(HERE)}/; {spent:.0f} s.")
    print(f"Look at the run of seed {SEEDS[0]} in a browser: {OUT / 'report.html'}")


def load_digits() -> dict[str, tuple[Tensor, Tensor]]:
    """5,000 MNIST digits: 4,000 to learn from (200 of them labelled for the student), 500 to choose, 500 to test."""
    with np.load(HERE / "data" / "mnist5k.npz") as file:
        x = torch.tensor(file["x"]).float().view(-1, 1, 28, 28) / 255
        y = torch.tensor(file["y"]).long()
    generator = torch.Generator().manual_seed(1234)
    parts: dict[str, list[Tensor]] = {"validation": [], "test": [], "labelled": [], "train": []}
    for k in range(10):
        of_class = (y == k).nonzero()[:, 0]
        of_class = of_class[torch.randperm(len(of_class), generator=generator)]
        parts["validation"].append(of_class[:50])
        parts["test"].append(of_class[50:100])
        parts["labelled"].append(of_class[100:120])
        parts["train"].append(of_class[100:])
    return {name: (x[torch.cat(index)], y[torch.cat(index)]) for name, index in parts.items()}


def run(seed: int, digits: dict[str, tuple[Tensor, Tensor]]) -> dict[str, float]:
    """Test accuracies of one seed, by way of learning."""
    torch.manual_seed(seed)
    teacher_net, first = make_teacher(), make_student()
    x, y = digits["train"]
    data = {
        "labelled": dict(zip(("pixels", "label"), digits["labelled"], strict=True)),
        "unlabelled": {"more_pixels": x},
    }
    spaces = {image: Euclidean(1, 28, 28), digit: Finite(10)}

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # dropout of the teacher is not a function; from here on the teacher is frozen
        lesson = compile(school, TorchFunctor(spaces, {teacher: teacher_net}))
    fit(
        lesson, {"labelled": {"pixels": x, "label": y}}, epochs=5, seed=seed, optimizer=torch.optim.Adam, progress=False
    )

    scores = {"teacher, 4,000 labels": accuracy(teacher_net, *digits["test"])}
    for name, diagram in (("student, 200 labels", plain), ("student, 200 labels and the teacher", distillation)):
        net = copy.deepcopy(first)
        objective = compile(diagram, TorchFunctor(spaces, {teacher: teacher_net, student: net}))
        validation = Validation(
            metrics={"accuracy": lambda _, net=net: accuracy(net, *digits["validation"])},
            monitor="accuracy",
            mode="max",
        )
        history = fit(
            objective,
            data,
            steps=EPOCHS * steps_an_epoch(data),
            strict=False,  # plain training does not read the unlabelled digits
            optimizer=torch.optim.Adam,
            lr=RATE,
            seed=seed,
            validation=validation,
            progress=sys.stderr.isatty(),
            run=new_folder(OUT / "run") if diagram is distillation and seed == SEEDS[0] else None,
        )
        scores[name] = accuracy(net, *digits["test"])
    if seed == SEEDS[0]:
        print(objective.code)
        history.report(OUT / "report.html")
    history.to_csv(OUT / f"history-{seed}.csv")
    objective.save(OUT / f"weights-{seed}.safetensors")
    (OUT / "digest.txt").write_text(distillation.digest() + "\n")

    net = copy.deepcopy(first)
    totals = by_hand(net, teacher_net, data, digits["validation"], seed)
    steps = [row["total"] for row in history.steps]
    difference = max(abs(a - b) for a, b in zip(totals, steps, strict=True))
    print(f"seed {seed}: {len(steps)} steps, greatest difference from the loop by hand: {difference}")
    if difference != 0:
        raise SystemExit("the loss of the diagram is not the loss by hand")
    scores["the same, in a loop by hand"] = accuracy(net, *digits["test"])
    return scores


def new_folder(folder: Path) -> Path:
    """A folder without what an earlier demo kept there."""
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def by_hand(
    net: nn.Module, teacher_net: nn.Module, data: dict, held_out: tuple[Tensor, Tensor], seed: int
) -> list[float]:
    """Distillation written without the library; the total of each step."""
    optimizer = torch.optim.Adam(net.parameters(), RATE)
    totals, best, kept = [], 0.0, copy.deepcopy(net.state_dict())
    for step, batch in enumerate(batches(data, epochs=EPOCHS, seed=seed), start=1):
        with torch.no_grad():
            opinion = teacher_net(batch["unlabelled"]["more_pixels"])
        answer = net(batch["unlabelled"]["more_pixels"])
        distilled = functional.kl_div(
            functional.log_softmax(answer / TEMPERATURE, -1),
            functional.softmax(opinion / TEMPERATURE, -1),
            reduction="batchmean",
        )
        supervised = functional.cross_entropy(net(batch["labelled"]["pixels"]), batch["labelled"]["label"])
        total = TEACHER * distilled + LABELS * supervised
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        totals.append(total.item())
        if step % steps_an_epoch(data) == 0 and (now := accuracy(net, *held_out)) > best:
            best, kept = now, copy.deepcopy(net.state_dict())
    net.load_state_dict(kept)
    return totals


def steps_an_epoch(data: dict) -> int:
    return -(-len(data["unlabelled"]["more_pixels"]) // 64)


def accuracy(net: nn.Module, x: Tensor, y: Tensor) -> float:
    training = net.training
    net.eval()
    with torch.no_grad():
        right = (net(x).argmax(-1) == y).float().mean().item()
    net.train(training)
    return right


def make_teacher() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(1568, 128), nn.ReLU(), nn.Dropout(0.3), nn.Linear(128, 10),
    )  # fmt: skip


def make_student() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 10))


if __name__ == "__main__":
    main()
