"""The claims of each experiment, and their comparisons, from the results and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from comparisons import Comparison, Figure, compare
from emoji import Emoji
from judged import judged
from measures import Measure, unpacked


class Claim(NamedTuple):
    """A method, what it is compared with, a metric, and whether less of it is better."""

    method: str
    control: str
    metric: str
    less: bool = False


WITHOUT = "without “same emoji”"
CLAIMS = {
    "distillation": [
        Claim("distillation", "plain", "accuracy"),
        Claim("feature distillation", "plain", "accuracy"),
        Claim("mutual learning", "plain", "accuracy"),
        Claim("distillation", "feature distillation", "accuracy"),
    ],
    "few_shot": [
        Claim("both tasks", control, shots)
        for control in ("few-shot", "untrained backbone", "raw pixels")
        for shots in ("1-shot", "5-shot")
    ],
    "alignment": [
        Claim("alignment", control, f"{way} R@{k}")
        for control, ranks in (("chance", (10,)), ("nearest training image", (1, 10)), (WITHOUT, (1, 10)))
        for way in ("image to text", "text to image")
        for k in ranks
    ],
    "captioning": [
        Claim("beam of 4", control, metric)
        for control in ("nearest training image", f"beam of 4, {WITHOUT}", "greedy")
        for metric in ("exact", "BLEU-2", "chrF")
    ]
    + [Claim(f"beam of 4, {WITHOUT}", "nearest training image", metric) for metric in ("exact", "BLEU-2", "chrF")],
    "cycle_consistency": [
        Claim("cycles", control, metric, metric == "error")
        for control in ("nothing done", "no cycle", "paired")
        for metric in ("error", "R@10")
    ],
    "koopman": [
        Claim(f"{system}: Koopman autoencoder", f"{system}: {control}", metric, True)
        for system in ("solvable", "sunspots")
        for control, metrics in (("one-step linear model", ("forecast",)), ("without squares", ("forecast", "defect")))
        for metric in metrics
    ],
}


@cache
def captions() -> list[str]:
    """The captions that the answers are judged by."""
    return Emoji().captions


@cache
def judged_answers(answers: str) -> dict[str, Any]:
    """The figures of the answers in a file of results."""
    lines = unpacked(answers)
    return judged(lines, captions()[: len(lines)])


def figures(result: Mapping[str, Any], method: str, metric: str) -> list[Figure]:
    """A metric of a method as a function of test items, in order of seed."""
    items = [item for item in result["items"] if item["method"] == method]
    if any("answers" in item for item in items):
        return [judged_answers(item["answers"])[metric] for item in items]
    return [Measure.from_data(item[metric]) for item in items if metric in item]


def items_of(result: Mapping[str, Any]) -> list[int]:
    """How many test items the claims rest on, one number for each claim."""
    claims = CLAIMS[result["experiment"]]
    return [len(figures(result, claim.method, claim.metric)[0].sums) for claim in claims]


def compared(result: Mapping[str, Any]) -> list[tuple[Claim, Comparison]]:
    """The claims of an experiment, each with its comparison."""
    return [
        (claim, compare(*(figures(result, method, claim.metric) for method in (claim.method, claim.control))))
        for claim in CLAIMS[result["experiment"]]
    ]
