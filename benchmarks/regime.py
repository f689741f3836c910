"""The training setup that the benchmarks time, as a learning diagram and by hand.

A frozen teacher, and five tasks on one backbone: distillation, classification, regression, a bit, reconstruction.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

import learning_diagrams as ld
from learning_diagrams.backends.torch import Bernoulli, Euclidean, Finite, Objective, TorchFunctor, compile

WEIGHTS = {"classify": 1.0, "regress": 0.5, "bit": 0.7, "reconstruct": 0.3, "distil": 0.9}
TEMPERATURE = 2.0
Columns = dict[str, Tensor]


def modules(width: int) -> dict[str, nn.Module]:
    torch.manual_seed(1)
    return {
        "teacher": nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 10)),
        "backbone": nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()),
        "digit_head": nn.Linear(width, 10),
        "number_head": nn.Linear(width, 1),
        "bit_head": nn.Linear(width, 1),
        "input_head": nn.Linear(width, width),
    }


def batches(width: int, rows: int, count: int = 8) -> list[Columns]:
    torch.manual_seed(0)
    return [
        {
            "x": torch.randn(rows, width),
            "digit": torch.randint(0, 10, (rows,)),
            "number": torch.randn(rows, 1),
            "bit": torch.rand(rows, 1).round(),
        }
        for _ in range(count)
    ]


def diagram() -> ld.LearningDiagram:
    x, z, digit, number, bit = (ld.Ty(name) for name in ("input", "feature", "digit", "number", "bit"))
    rows = ld.SampleSpace("rows")
    read = {name: rows.column(name, ty) for name, ty in (("x", x), ("digit", digit), ("number", number), ("bit", bit))}
    teacher, backbone = ld.Kernel("teacher", x, digit), ld.Box("backbone", x, z)
    digit_head, number_head = ld.Kernel("digit_head", z, digit), ld.Box("number_head", z, number)
    bit_head, input_head = ld.Kernel("bit_head", z, bit), ld.Box("input_head", z, x)
    feature = read["x"] >> backbone
    mean = "mean_squared_error"
    soft = {"name": "kl", "temperature": TEMPERATURE}
    return ld.LearningDiagram(
        ld.Constraint("classify", feature >> digit_head, read["digit"], weight=WEIGHTS["classify"]),
        ld.Constraint("regress", feature >> number_head, read["number"], weight=WEIGHTS["regress"], divergence=mean),
        ld.Constraint("bit", feature >> bit_head, read["bit"], weight=WEIGHTS["bit"]),
        ld.Constraint("reconstruct", feature >> input_head, read["x"], weight=WEIGHTS["reconstruct"], divergence=mean),
        ld.Constraint(
            "distil",
            feature >> digit_head,
            read["x"] >> teacher,
            weight=WEIGHTS["distil"] * TEMPERATURE**2,
            divergence=soft,
        ),
        frozen=[teacher],
        name="five tasks",
    )


def objective(width: int, nets: Mapping[str, nn.Module]) -> Objective:
    spaces = {
        "input": Euclidean(width),
        "feature": Euclidean(width),
        "digit": Finite(10),
        "number": Euclidean(1),
        "bit": Bernoulli(1),
    }
    return compile(diagram(), TorchFunctor(spaces, nets))


def by_hand(nets: Mapping[str, nn.Module], batch: Columns) -> Tensor:
    """The same loss, written without the library."""
    x = batch["x"]
    z = nets["backbone"](x)
    bit = functional.binary_cross_entropy_with_logits(nets["bit_head"](z), batch["bit"])
    answer = nets["digit_head"](z)
    classify = functional.cross_entropy(answer, batch["digit"])
    with torch.no_grad():
        opinion = nets["teacher"](x)
    distil = functional.kl_div(
        functional.log_softmax(answer / TEMPERATURE, -1),
        functional.softmax(opinion / TEMPERATURE, -1),
        reduction="batchmean",
    )
    reconstruct = functional.mse_loss(nets["input_head"](z), x)
    regress = functional.mse_loss(nets["number_head"](z), batch["number"])
    return (
        WEIGHTS["bit"] * bit
        + WEIGHTS["classify"] * classify
        + WEIGHTS["distil"] * TEMPERATURE**2 * distil
        + WEIGHTS["reconstruct"] * reconstruct
        + WEIGHTS["regress"] * regress
    )


def rotated(names: list[str], turn: int) -> list[str]:
    """The names in an order in which each is first, and each is last, equally often."""
    cut = turn % len(names)
    return names[cut:] + names[:cut]
