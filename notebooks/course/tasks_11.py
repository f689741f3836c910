"""The exercises of notebook 11: changing a model while it trains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

import learning_diagrams as ld
from course.case import Case
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile
from learning_diagrams.errors import brief
from learning_diagrams.exercises.graders import by_test, by_value

image, code, digit = ld.Ty("image"), ld.Ty("code"), ld.Ty("digit")
encode, decode, name = ld.Box("encode", image, code), ld.Box("decode", code, image), ld.Kernel("name", code, digit)
deepen, blur = ld.Box("deepen", code, code), ld.Box("blur", image, image)
digits = ld.SampleSpace("digits")
pixels, label = digits.column("pixels", image), digits.column("label", digit)
start = ld.LearningDiagram(
    ld.Constraint("named", pixels >> encode >> name, label),
    ld.Constraint("restored", pixels >> encode >> decode, pixels, weight=0.1),
    name="start",
)

# ---- easy: a rate in place of a weight ------------------------------------------------------------------------------

same_rate = ld.exercise(
    "With the weights of all constraints times ten, SGD with the learning rate 0.01 ends at some model. Give the "
    "learning rate with which SGD ends at the same model from the same start with the old weights.",
    0.1,
    by=by_value(
        slips={
            "with the old weights a gradient is ten times shorter, so the same rate makes shorter steps": 0.01,
            "with the old weights a gradient is ten times shorter, so the rate has to grow, not to fall": 0.001,
        }
    ),
    hint="a step of SGD is the learning rate times the gradient, and the gradient is linear in the weights",
)

# ---- middle: which edits commute ------------------------------------------------------------------------------------

Edit = Callable[[ld.LearningDiagram], ld.LearningDiagram]
PAIRS: dict[str, tuple[Edit, Edit]] = {
    "a": (lambda d: d.freeze("decode"), lambda d: d.reweight({"restored": 2.0})),
    "b": (lambda d: d.substitute({encode: encode >> deepen}), lambda d: d.freeze("encode")),
    "c": (lambda d: d.substitute({encode: encode >> deepen}), lambda d: d.substitute({encode: blur >> encode})),
    "d": (lambda d: d.freeze("encode"), lambda d: d.unfreeze("encode")),
    "e": (lambda d: d.substitute({encode: encode >> deepen}), lambda d: d.substitute({deepen: deepen >> deepen})),
}


def in_both_orders(letter: str) -> tuple[ld.LearningDiagram, ld.LearningDiagram] | None:
    """What a pair of edits makes of `start`, in both orders; None where one order is an error."""
    first, second = PAIRS[letter]
    try:
        return second(first(start)), first(second(start))
    except ld.LearningDiagramError:
        return None


def _commute(letter: str) -> bool:
    results = in_both_orders(letter)
    return results is not None and results[0] == results[1]


def _fault_of_letters(answer: Any) -> str | None:
    if not isinstance(answer, str | set | frozenset | list | tuple) or any(letter not in [*PAIRS] for letter in answer):
        return f"the answer is a set of the letters {', '.join(PAIRS)}, got {brief(answer)}"
    for letter in PAIRS:
        if (letter in answer) != _commute(letter):
            results = in_both_orders(letter)
            if results is None:
                return f"look at {letter} again: one order ends in an error, the other one does not"
            difference = ld.difference(*results)
            ends = f"the two orders end apart:\n{difference}" if difference else "both orders end at one digest"
            return f"look at {letter} again: {ends}"
    return None


commuting = ld.exercise(
    "Give the set of the letters of those pairs of edits that commute on tasks.start.",
    {"a", "c"},
    by=by_test(_fault_of_letters),
    hint="an edit reads names: what does the second edit find under the name, after the first one?",
)

# ---- middle: a schedule ---------------------------------------------------------------------------------------------

fading = ld.exercise(
    "Edit tasks.start: over the first 100 steps the weight of `restored` falls linearly from 0.1 to 0.02.",
    start.reweight({"restored": ld.schedule.linear(0.1, 0.02, steps=100)}),
    hint="a schedule stands where a number stands: ld.schedule.linear(start, end, steps=…)",
)

# ---- hard: a swap that keeps the loss bit for bit -------------------------------------------------------------------

x, y = ld.Ty("x"), ld.Ty("y")
f = ld.Box("f", x, y)
rows = ld.SampleSpace("rows")
fitted = ld.LearningDiagram(ld.Constraint("fitted", rows.column("x", x) >> f, rows.column("y", y)), name="fitted")


def small() -> nn.Module:
    """The module that is to be swapped: 3 → 2, with a ReLU."""
    return nn.Sequential(nn.Linear(3, 2), nn.ReLU())


def _fault_of_swap(answer: Any) -> str | None:
    if not callable(answer):
        return f"the answer is a function from the old module to the new one, got {brief(answer)}"
    with torch.random.fork_rng():
        torch.manual_seed(0)
        old = small()
        batch = {"rows": {"x": torch.randn(16, 3), "y": torch.randn(16, 2)}}
        objective = compile(fitted, TorchFunctor({x: Euclidean(3), y: Euclidean(2)}, {f: old}))
        before, count = objective(batch)[0].item(), sum(p.numel() for p in old.parameters())
        new = answer(old)
        if not isinstance(new, nn.Module):
            return f"the function returns a module, got {brief(new)}"
        objective.update(fitted, modules={f: new})
        total = objective(batch)[0]
    if total.item() != before:
        return f"the loss was {before:.6f}, and after the swap it is {total.item():.6f}"
    if (more := sum(p.numel() for p in objective.trainable_parameters()) - count) <= 0:
        return f"the new module trains {-more} parameters less than the old one" if more else "no parameter is new"
    total.backward()
    if any(p.grad is None or not p.grad.any() for p in objective.trainable_parameters()):
        return "some parameter gets no gradient, so it would not learn"
    return None


def with_identity(old: nn.Module) -> nn.Module:
    """The old module, and then a linear layer that is the identity."""
    layer = nn.Linear(2, 2)
    nn.init.eye_(layer.weight)
    nn.init.zeros_(layer.bias)
    return nn.Sequential(old, layer)


class WithShift(nn.Module):
    """The old module plus a trainable shift, which starts at 0."""

    def __init__(self, old: nn.Module) -> None:
        super().__init__()
        self.old, self.shift = old, nn.Parameter(torch.zeros(2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.old(x) + self.shift


swap = ld.exercise(
    "Give a function from the old module (3 numbers to 2) to a new one, which has more parameters, all of which get a "
    "gradient, and with which the loss of tasks.fitted stays the same bit for bit.",
    with_identity,
    by=by_test(_fault_of_swap),
    hint="put the old module inside the new one, and let what is new begin as the identity, or as 0",
)


CASES = {
    "same_rate": Case(
        "easy", right=[0.1, 10 * 0.01, torch.tensor(0.1, dtype=torch.float64)], wrong=[0.001, 0.01, "slow"]
    ),
    "commuting": Case(
        "middle",
        right=[{"a", "c"}, "ac", ["c", "a"]],
        wrong=[{"a"}, {"a", "b", "c"}, "acd", "acez", [["a"]], 2],
    ),
    "fading": Case(
        "middle",
        right=[
            start.reweight({"restored": ld.schedule.linear(0.1, 0.02, steps=100)}),
            start.without("restored").add(
                ld.Constraint(
                    "restored", pixels >> encode >> decode, pixels, weight=ld.schedule.linear(0.1, 0.02, steps=100)
                )
            ),
        ],
        wrong=[start.reweight({"restored": ld.schedule.linear(0.02, 0.1, steps=100)}), start, 0.02],
    ),
    "swap": Case(
        "hard",
        right=[with_identity, WithShift],
        wrong=[
            lambda old: old,
            lambda old: nn.Sequential(old, nn.Linear(2, 2)),
            lambda old: nn.Sequential(old.requires_grad_(False), nn.Identity()),
            lambda old: nn.Linear(3, 2),
            lambda old: nn.Linear(5, 2),
            lambda: small(),
            small(),
            4,
        ],
    ),
}
